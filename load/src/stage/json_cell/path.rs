//! Items at the end of a path into a JSON cell, at any depth: what stands there, with what is read of the levels above.
//!
//! In: the text of one cell and a path. Out: one entry an item, in the order of the cell, and what is wrong on the way. Only
//! what is read is kept: all else is passed over where it stands, and texts without an escape are borrowed from the cell. Each
//! level is scanned once more than the one above it; the recursion is as deep as the path, never as deep as the cell. No
//! message ever quotes the cell.

use bumpalo::Bump;
use bumpalo::collections::Vec as BumpVec;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use smallvec::{SmallVec, smallvec};

use super::{CellFault, Entry, Member, TextSeed, check_surrogates, first_byte, read_whole, text_of};
use crate::mapping::json_path::{JsonPath, Level, Step};

/// What a cell has at the end of a path.
#[derive(Debug)]
pub struct PathItems<'a> {
    /// The items; the members of each are what is read, where it is there.
    pub items: Vec<Entry<'a>>,
    /// What cannot be read, with the place of the item where it is one, and the reason.
    pub faults: Vec<(Option<u32>, String)>,
}

/// The items of a cell. What means nothing, as a text or as a JSON string, has none; an object or array in a JSON string is
/// decoded once more.
pub fn path_items<'a>(
    text: &'a str,
    path: &'a JsonPath,
    bump: &'a Bump,
    is_nothing: &dyn Fn(&str) -> bool,
) -> PathItems<'a> {
    let mut walk = Walk {
        path,
        bump,
        texts: vec![None; path.reads.len()],
        trail: Vec::new(),
        place: 0,
        found: PathItems { items: Vec::new(), faults: Vec::new() },
    };
    match walk.cell(text, is_nothing) {
        Ok(()) => walk.found,
        Err(fault) => PathItems { items: Vec::new(), faults: vec![(None, format!("the cell is {fault}"))] },
    }
}

/// A value as it stands in the cell, by place of the pick; none where its object has no such member.
type Picked<'a> = SmallVec<[Option<&'a str>; 8]>;

struct Walk<'a> {
    path: &'a JsonPath,
    bump: &'a Bump,
    /// What was read last, by place: nothing where the member is not there, else its text, if it has one.
    texts: Vec<Option<Option<&'a str>>>,
    /// Places of the elements on the way.
    trail: Vec<u32>,
    /// Items met so far.
    place: u32,
    found: PathItems<'a>,
}

impl<'a> Walk<'a> {
    fn cell(&mut self, text: &'a str, is_nothing: &dyn Fn(&str) -> bool) -> Result<(), CellFault> {
        if is_nothing(text) {
            return Ok(());
        }
        let mut value = whole(text)?;
        if value.starts_with('"') {
            let decoded = read_whole(value, TextSeed { bump: self.bump })?;
            if is_nothing(decoded) {
                return Ok(());
            }
            if matches!(first_byte(decoded), Some(b'{' | b'[')) {
                value = whole(decoded)?;
            }
        }
        self.walk(0, value)
    }

    fn walk(&mut self, at: usize, value: &'a str) -> Result<(), CellFault> {
        let path = self.path;
        let level = &path.levels[at];
        let is_element = at > 0 && path.levels[at - 1].next == Some(Step::Each);
        if value == "null" && !is_element {
            return Ok(());
        }
        match &level.next {
            Some(Step::Each) if !value.starts_with('[') => self.fault(at, "array"),
            Some(Step::Each) => {
                let elements: Vec<&'a RawValue> = serde_json::from_str(value)?;
                for (place, element) in (0u32..).zip(elements) {
                    self.trail.push(place);
                    self.walk(at + 1, element.get())?;
                    self.trail.pop();
                }
            }
            Some(Step::Member(_)) if !value.starts_with('{') => self.fault(at, "object"),
            Some(Step::Member(_)) => {
                let picked = self.read(level, value)?;
                if let Some(next) = level.next_pick.and_then(|pick| picked[pick]) {
                    self.walk(at + 1, next)?;
                }
            }
            None => self.item(at, level, value)?,
        }
        Ok(())
    }

    fn item(&mut self, at: usize, level: &'a Level, value: &'a str) -> Result<(), CellFault> {
        let place = self.place;
        self.place += 1;
        if !level.reads.is_empty() {
            if !value.starts_with('{') {
                let reason = match self.trail.is_empty() {
                    true => format!("{} is not a JSON object", self.name(at)),
                    false => "the element is not a JSON object".to_owned(),
                };
                self.found.faults.push((Some(place), reason));
                return Ok(());
            }
            self.read(level, value)?;
        }
        if let Some(whole) = level.whole {
            self.texts[whole] = Some(text_of(value, self.bump)?);
        }
        let mut members = BumpVec::with_capacity_in(self.texts.len(), self.bump);
        let there = self.path.reads.iter().zip(&self.texts);
        members.extend(there.filter_map(|(name, text)| text.map(|value| Member { name, value })));
        self.found.items.push(Entry { place, members: members.into_bump_slice() });
        Ok(())
    }

    /// Reads what is read of an object, and gives all members that were looked at.
    fn read(&mut self, level: &'a Level, object: &'a str) -> Result<Picked<'a>, CellFault> {
        let picked = pick(object, &level.picks, self.bump)?;
        for read in &level.reads {
            let mut value = picked[read.pick];
            for name in &read.inside {
                value = match value {
                    Some(object) if object.starts_with('{') => pick(object, std::slice::from_ref(name), self.bump)?[0],
                    _ => None,
                };
            }
            self.texts[read.place] = value.map(|value| text_of(value, self.bump)).transpose()?;
        }
        Ok(picked)
    }

    fn fault(&mut self, at: usize, kind: &str) {
        let reason = format!("{} is not a JSON {kind}", self.name(at));
        self.found.faults.push((None, reason));
    }

    /// Where a level stands: `$.orders[2].items`.
    fn name(&self, at: usize) -> String {
        if at == 0 {
            return "the cell".to_owned();
        }
        let mut places = self.trail.iter();
        let steps = self.path.levels[..at].iter().filter_map(|level| level.next.as_ref());
        let steps: String = steps
            .map(|step| match step {
                Step::Member(name) => format!(".{name}"),
                Step::Each => places.next().map_or_else(String::new, |place| format!("[{place}]")),
            })
            .collect();
        format!("`${steps}`")
    }
}

/// All of a text as one JSON value, without the blanks around it.
fn whole(text: &str) -> Result<&str, CellFault> {
    let value: &RawValue = serde_json::from_str(text)?;
    check_surrogates(text)?;
    Ok(value.get())
}

/// Some members of an object, as they stand there. Of equal names the last counts.
fn pick<'a>(object: &'a str, names: &[String], bump: &'a Bump) -> serde_json::Result<Picked<'a>> {
    read_whole(object, PickSeed { names, bump })
}

struct PickSeed<'n, 'a> {
    names: &'n [String],
    bump: &'a Bump,
}

impl<'a> DeserializeSeed<'a> for PickSeed<'_, 'a> {
    type Value = Picked<'a>;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'a> Visitor<'a> for PickSeed<'_, 'a> {
    type Value = Picked<'a>;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        let mut picked: Picked<'a> = smallvec![None; self.names.len()];
        while let Some(name) = object.next_key_seed(TextSeed { bump: self.bump })? {
            match self.names.iter().position(|wanted| wanted == name) {
                Some(place) => picked[place] = Some(object.next_value::<&'a RawValue>()?.get()),
                None => {
                    object.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(picked)
    }
}
