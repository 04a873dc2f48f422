//! JSON cells (rule 17 of GRAPH.md): the text of one cell comes in, the objects of its array go out, each a list of names
//! with texts. Texts are borrowed from the cell where they hold no escape, otherwise they stand in the caller's arena.
//!
//! A cell is read in one pass; only one that holds something else than objects, or is no JSON, is read again to say what
//! is wrong. Values inside values are passed over by a loop, so depth costs neither stack nor panic. No message ever
//! quotes the cell: it is personal data.

mod entry;
mod index;
mod path;

use std::fmt;

use bumpalo::Bump;
use bumpalo::collections::Vec as BumpVec;
use hashbrown::HashMap;
use hashbrown::hash_map::Entry as Slot;
use memchr::memchr;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

pub use entry::{Entry, Member, entry_hash, same_entry};
pub use index::IndexGiver;
pub use path::{PathItems, path_items};

/// The array of a cell, taken apart.
#[derive(Debug, PartialEq)]
pub struct Cell<'a> {
    pub entries: BumpVec<'a, Entry<'a>>,
    /// The places of what is not an object, ascending.
    pub bad_elements: Vec<u32>,
}

/// Why a whole cell is rejected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CellFault {
    /// With what the parser says, which names a place and never a value.
    #[error("not JSON: {0}")]
    NotJson(String),
    #[error("JSON, but not an array")]
    NotArray,
}

impl From<serde_json::Error> for CellFault {
    fn from(error: serde_json::Error) -> Self {
        Self::NotJson(error.to_string())
    }
}

/// The entries of a cell. What means nothing, as a text or as a JSON string, has none. An array in a JSON string is
/// decoded once more, and not more often.
pub fn parse_cell<'a>(text: &'a str, bump: &'a Bump, is_nothing: &dyn Fn(&str) -> bool) -> Result<Cell<'a>, CellFault> {
    let empty = || Cell { entries: BumpVec::new_in(bump), bad_elements: Vec::new() };
    if is_nothing(text) {
        return Ok(empty());
    }
    match first_byte(text) {
        Some(b'[') => parse_array(text, bump),
        Some(b'"') => {
            let decoded = read_whole(text, TextSeed { bump })?;
            if is_nothing(decoded) {
                Ok(empty())
            } else if first_byte(decoded) == Some(b'[') {
                parse_array(decoded, bump)
            } else {
                // The cell is JSON, a string, and what is in it is no array, whatever else it may be.
                Err(CellFault::NotArray)
            }
        }
        _ => {
            serde_json::from_str::<&RawValue>(text)?;
            check_surrogates(text)?;
            Err(CellFault::NotArray)
        }
    }
}

/// The first byte behind what JSON counts as blank.
fn first_byte(text: &str) -> Option<u8> {
    text.bytes().find(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r'))
}

/// Reads all of a text with a seed; anything but blanks behind the value is an error.
fn read_whole<'a, S: DeserializeSeed<'a>>(text: &'a str, seed: S) -> serde_json::Result<S::Value> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = seed.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

fn parse_array<'a>(text: &'a str, bump: &'a Bump) -> Result<Cell<'a>, CellFault> {
    let cell = match read_whole(text, ArraySeed { bump }) {
        Ok(entries) => Cell { entries, bad_elements: Vec::new() },
        Err(_) => parse_elements(text, bump)?,
    };
    check_surrogates(text)?;
    Ok(cell)
}

/// The slow path: takes the elements apart first, to tell one that is no object from an array that is no JSON.
fn parse_elements<'a>(text: &'a str, bump: &'a Bump) -> Result<Cell<'a>, CellFault> {
    let elements: Vec<&'a RawValue> = serde_json::from_str(text)?;
    let mut cell = Cell { entries: BumpVec::new_in(bump), bad_elements: Vec::new() };
    for (place, element) in (0u32..).zip(elements) {
        if element.get().starts_with('{') {
            let members = read_whole(element.get(), MembersSeed { bump, expected: EXPECTED_MEMBERS })?;
            cell.entries.push(Entry { place, members });
        } else {
            cell.bad_elements.push(place);
        }
    }
    Ok(cell)
}

/// Refuses a `\u` escape of half a surrogate pair, wherever it stands. The text must be JSON apart from that: then a
/// backslash stands in strings only. The parser checks only the strings it decodes, not those it passes over.
fn check_surrogates(text: &str) -> Result<(), CellFault> {
    let bytes = text.as_bytes();
    let unit_at = |at: usize| match bytes.get(at..at + 6) {
        Some([b'\\', b'u', hex @ ..]) => u32::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok(),
        _ => None,
    };
    let mut from = 0;
    while let Some(offset) = memchr(b'\\', &bytes[from..]) {
        let at = from + offset;
        from = match unit_at(at) {
            None => at + 2,
            Some(0xd800..=0xdbff) if matches!(unit_at(at + 6), Some(0xdc00..=0xdfff)) => at + 12,
            Some(0xd800..=0xdfff) => {
                return Err(CellFault::NotJson(format!("unpaired surrogate at byte {at}")));
            }
            Some(_) => at + 6,
        };
    }
    Ok(())
}

/// How many members an object is expected to have before any was seen; a guess that only saves copying.
const EXPECTED_MEMBERS: usize = 8;

/// An array of objects.
struct ArraySeed<'a> {
    bump: &'a Bump,
}

impl<'a> DeserializeSeed<'a> for ArraySeed<'a> {
    type Value = BumpVec<'a, Entry<'a>>;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'a> Visitor<'a> for ArraySeed<'a> {
    type Value = BumpVec<'a, Entry<'a>>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an array of objects")
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
        let mut entries = BumpVec::new_in(self.bump);
        let mut place = 0;
        let mut expected = EXPECTED_MEMBERS;
        while let Some(members) = elements.next_element_seed(MembersSeed { bump: self.bump, expected })? {
            entries.push(Entry { place, members });
            place += 1;
            expected = members.len();
        }
        Ok(entries)
    }
}

/// An object: its members, one a name.
struct MembersSeed<'a> {
    bump: &'a Bump,
    expected: usize,
}

impl<'a> DeserializeSeed<'a> for MembersSeed<'a> {
    type Value = &'a [Member<'a>];

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'a> Visitor<'a> for MembersSeed<'a> {
    type Value = &'a [Member<'a>];

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        let mut members = BumpVec::with_capacity_in(self.expected, self.bump);
        let mut names = NameIndex::default();
        while let Some(name) = object.next_key_seed(TextSeed { bump: self.bump })? {
            let raw: &'a RawValue = object.next_value()?;
            let value = text_of(raw.get(), self.bump).map_err(A::Error::custom)?;
            match names.place_of(name, &members) {
                // Of equal names the last counts.
                Some(place) => members[place] = Member { name, value },
                None => members.push(Member { name, value }),
            }
        }
        Ok(members.into_bump_slice())
    }
}

/// The text of a value: a string's content, a number or boolean as written; none for null, objects and arrays.
fn text_of<'a>(raw: &'a str, bump: &'a Bump) -> serde_json::Result<Option<&'a str>> {
    match raw.as_bytes().first() {
        Some(b'"') if memchr(b'\\', raw.as_bytes()).is_some() => read_whole(raw, TextSeed { bump }).map(Some),
        Some(b'"') => Ok(Some(&raw[1..raw.len() - 1])),
        Some(b'{' | b'[' | b'n') => Ok(None),
        _ => Ok(Some(raw)),
    }
}

/// A string, borrowed from the cell where it holds no escape, else in the arena.
struct TextSeed<'a> {
    bump: &'a Bump,
}

impl<'a> DeserializeSeed<'a> for TextSeed<'a> {
    type Value = &'a str;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'a> Visitor<'a> for TextSeed<'a> {
    type Value = &'a str;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a string")
    }

    fn visit_borrowed_str<E>(self, text: &'a str) -> Result<Self::Value, E> {
        Ok(text)
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(self.bump.alloc_str(text))
    }
}

/// Finds a name again among the members before it, at hardly any cost where no name stands twice: a name is looked for
/// only where one like it was seen, and in a map once an object has grown unusually large.
#[derive(Default)]
struct NameIndex<'a> {
    /// One bit for each kind of name seen.
    kinds: u64,
    places: Option<HashMap<&'a str, usize>>,
}

/// From this many members on, names are kept in a map. Objects of this table have up to 21.
const MANY_MEMBERS: usize = 64;

impl<'a> NameIndex<'a> {
    /// The place of the member of this name; without one, the caller appends it to the members.
    fn place_of(&mut self, name: &'a str, members: &[Member<'a>]) -> Option<usize> {
        if members.len() >= MANY_MEMBERS {
            let all = || members.iter().enumerate().map(|(place, member)| (member.name, place)).collect();
            return match self.places.get_or_insert_with(all).entry(name) {
                Slot::Occupied(slot) => Some(*slot.get()),
                Slot::Vacant(slot) => {
                    slot.insert(members.len());
                    None
                }
            };
        }
        let bytes = name.as_bytes();
        let ends =
            bytes.first().zip(bytes.last()).map_or(0, |(&first, &last)| usize::from(first) + 7 * usize::from(last));
        let kind = 1u64 << ((bytes.len() + ends) % 64);
        let seen = self.kinds & kind != 0;
        self.kinds |= kind;
        if seen { members.iter().position(|member| member.name == name) } else { None }
    }
}

#[cfg(test)]
mod tests;
