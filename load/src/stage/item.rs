//! Items: the records that a source made of another one has for each record of that one: parts of a list, objects of a JSON
//! array, periods of a timeline.
//!
//! In: the rows of a record and its fields. Out: the items with their fields, in row order and place. What cannot be read is
//! rejected with its row, column and place; the rest of the record still loads.

use std::cell::Cell;

use bumpalo::Bump;
use hashbrown::{HashMap, HashSet};
use smallvec::SmallVec;

use super::cell::as_text;
use super::condition;
use super::fault::{Judged, sets_aside};
use super::field::{OpenEntry, Row, Scope, compute};
use super::json_cell::{CellFault, Entry, IndexGiver, entry_hash, parse_cell, path_items, same_entry};
use super::period;
use super::setting::{Setting, is_nothing};
use super::tally::{Reject, Tally};
use super::text::{pieces, trimmed};
use super::value::Value;
use crate::mapping::resolved::{ChildKind, ChildPlan, DistinctPlan, RecordPlan};

/// The items of one record of one source.
#[derive(Default)]
pub struct Items<'a> {
    width: usize,
    values: Vec<Value<'a>>,
    /// Items that repeat an earlier one: they vote for a spelling and do nothing else.
    repeats: Vec<bool>,
    /// Row and place of each item, for rejects.
    origins: Vec<(u64, Option<u32>)>,
}

impl<'a> Items<'a> {
    /// No items of so many slots.
    pub fn new(width: usize) -> Self {
        Self { width, ..Self::default() }
    }

    /// Adds an item.
    pub fn push(&mut self, values: &[Value<'a>], repeats: bool, origin: (u64, Option<u32>)) {
        self.values.extend_from_slice(values);
        self.repeats.push(repeats);
        self.origins.push(origin);
    }

    /// All items: slots, whether it repeats another one, row and place.
    pub fn iter(&self) -> impl Iterator<Item = (&[Value<'a>], bool, (u64, Option<u32>))> {
        self.values
            .chunks_exact(self.width.max(1))
            .zip(&self.repeats)
            .zip(&self.origins)
            .map(|((values, repeats), origin)| (values, *repeats, *origin))
    }

    /// Items that repeat no other.
    pub fn distinct(&self) -> impl Iterator<Item = &[Value<'a>]> {
        self.iter().filter(|(_, repeats, _)| !repeats).map(|(values, ..)| values)
    }

    /// Those of them for which a slot is true; all where there is no slot to ask.
    pub fn passing(&self, filter: Option<usize>) -> impl Iterator<Item = &[Value<'a>]> {
        self.distinct().filter(move |values| filter.is_none_or(|slot| values[slot].is_true()))
    }
}

/// What items are made of.
pub struct Making<'s, 'a> {
    /// Table, for rejects.
    pub table: &'s str,
    /// Where new texts live.
    pub bump: &'a Bump,
    /// Rows of the record, in table order.
    pub rows: &'s [Row<'a>],
    /// Slots of the record.
    pub record: &'s [Value<'a>],
    /// Items computed so far, by place of their source.
    pub done: &'s [Items<'a>],
}

/// The items of one source for one record. A source that nothing needs has none.
pub fn items<'a>(
    plan: &'a ChildPlan,
    making: &Making<'_, 'a>,
    setting: &'a Setting<'_>,
    tally: &mut Tally,
) -> Items<'a> {
    let mut items = Items::new(plan.own_slots + plan.fields.len());
    let mut values = Slots::new();
    match &plan.kind {
        ChildKind::Split { column, separator, trim, drop_empty, distinct, .. } => {
            let mut seen = Seen::new(distinct.as_ref());
            for row in making.rows {
                let Some(cell) = row.cells[*column].text(row.at, making.bump).text() else { continue };
                if is_nothing(cell, setting) {
                    continue;
                }
                for (place, part) in pieces(cell, separator, *trim, *drop_empty) {
                    with_fields(plan, &[Value::Text(part)], None, making, setting, tally, &mut values);
                    let origin = (row.ordinal, Some(place as u32));
                    if !is_set_aside(Judged::Deciding, origin, making, setting, tally)
                        && let Some(repeats) = seen.repeats(&values, making.bump, tally)
                    {
                        keep(plan, &mut items, &values, repeats, origin, making, setting, tally);
                    }
                }
            }
        }
        ChildKind::Json { column, column_name, index } => {
            let mut giver = IndexGiver::default();
            for (row, entry) in entries(*column, column_name, making, setting, tally) {
                let own = index.as_ref().map(|from| next_index(&mut giver, from.as_ref(), &entry));
                with_fields(plan, own.as_slice(), Some(&entry), making, setting, tally, &mut values);
                keep(plan, &mut items, &values, false, (row, Some(entry.place)), making, setting, tally);
            }
        }
        ChildKind::Path { column, column_name, path, index, distinct } => {
            let mut giver = IndexGiver::default();
            let mut seen = Seen::new(distinct.as_ref());
            for row in making.rows {
                let Some(text) = row.cells[*column].text(row.at, making.bump).text() else { continue };
                let text = trimmed(text);
                let found = path_items(text, path, making.bump, &|text| is_nothing(text, setting));
                tally.rejects.extend(found.faults.into_iter().map(|(place, reason)| Reject {
                    table: making.table.to_owned(),
                    row: row.ordinal,
                    column: column_name.clone(),
                    place,
                    reason,
                }));
                for entry in &found.items {
                    let own = index.as_ref().map(|from| next_index(&mut giver, from.as_ref(), entry));
                    with_fields(plan, own.as_slice(), Some(entry), making, setting, tally, &mut values);
                    let origin = (row.ordinal, Some(entry.place));
                    if !is_set_aside(Judged::Deciding, origin, making, setting, tally)
                        && let Some(repeats) = seen.repeats(&values, making.bump, tally)
                    {
                        keep(plan, &mut items, &values, repeats, origin, making, setting, tally);
                    }
                }
            }
        }
        ChildKind::Timeline(timeline) => {
            let row = making.rows.first().map_or(0, |row| row.ordinal);
            period::periods(timeline, making, setting, tally, &mut |own, tally| {
                with_fields(plan, own, None, making, setting, tally, &mut values);
                keep(plan, &mut items, &values, false, (row, None), making, setting, tally);
            });
        }
    }
    items
}

/// All items of a record, by place of their source.
pub fn all_items<'a>(
    plan: &'a RecordPlan,
    timelines: bool,
    making: &Making<'_, 'a>,
    setting: &'a Setting<'_>,
    tally: &mut Tally,
) -> Vec<Items<'a>> {
    let wanted = |child: &&Option<ChildPlan>| match child {
        Some(child) => matches!(child.kind, ChildKind::Timeline(_)) == timelines,
        None => false,
    };
    plan.children
        .iter()
        .map(|child| match child {
            Some(plan) if wanted(&child) => items(plan, making, setting, tally),
            _ => Items::default(),
        })
        .collect()
}

/// Up to so many entries, holding each against all others is cheaper than hashing all that is in them.
const FEW_ENTRIES: usize = 6;

/// The slots of one item; written anew for each, since moving them costs as much as computing some.
type Slots<'a> = SmallVec<[Value<'a>; 48]>;

/// Computes the fields of an item behind its `own` slots.
fn with_fields<'a>(
    plan: &'a ChildPlan,
    own: &[Value<'a>],
    entry: Option<&Entry<'a>>,
    making: &Making<'_, 'a>,
    setting: &'a Setting<'_>,
    tally: &mut Tally,
    values: &mut Slots<'a>,
) {
    values.clear();
    values.extend_from_slice(own);
    let next = Cell::new(0);
    let entry = entry.map(|entry| OpenEntry { entry, next: &next });
    for field in &plan.fields {
        let scope =
            Scope { bump: making.bump, row: None, entry, own: values, parent: making.record, children: making.done };
        let value = compute(field, &scope, setting, tally);
        values.push(value);
    }
}

/// The number of the next item.
fn next_index<'a>(giver: &mut IndexGiver, from: Option<&String>, entry: &Entry<'a>) -> Value<'a> {
    let member = |name: &String| entry.members.iter().find(|member| member.name == *name);
    let number = from.and_then(member).and_then(|member| member.value);
    Value::Integer(giver.next(number))
}

/// The items of a record that were told apart so far.
struct Seen<'p, 'a> {
    plan: Option<&'p DistinctPlan>,
    ids: HashSet<&'a str>,
}

impl<'p, 'a> Seen<'p, 'a> {
    fn new(plan: Option<&'p DistinctPlan>) -> Self {
        Self { plan, ids: HashSet::new() }
    }

    /// Whether an item repeats an earlier one; none where it is past the limit, which is counted.
    fn repeats(&mut self, values: &[Value<'a>], bump: &'a Bump, tally: &mut Tally) -> Option<bool> {
        let Some(plan) = self.plan else { return Some(false) };
        let Some(id) = as_text(values[plan.slot], bump).text() else { return Some(false) };
        let repeats = self.ids.contains(id);
        if !repeats && self.ids.len() == plan.limit {
            tally.count(plan.past_limit);
            tally.forget_faults();
            return None;
        }
        self.ids.insert(id);
        Some(repeats)
    }
}

fn is_set_aside(
    judged: Judged,
    (row, place): (u64, Option<u32>),
    making: &Making<'_, '_>,
    setting: &Setting<'_>,
    tally: &mut Tally,
) -> bool {
    sets_aside(judged, tally, making.table, std::iter::once(row), place, setting)
}

/// Keeps an item that its source wants and that has no fault.
#[expect(clippy::too_many_arguments, reason = "what an item is, and what it is held against")]
fn keep<'a>(
    plan: &'a ChildPlan,
    items: &mut Items<'a>,
    values: &[Value<'a>],
    repeats: bool,
    origin: (u64, Option<u32>),
    making: &Making<'_, 'a>,
    setting: &'a Setting<'_>,
    tally: &mut Tally,
) {
    if is_set_aside(Judged::Deciding, origin, making, setting, tally) {
        return;
    }
    let scope =
        Scope { bump: making.bump, row: None, entry: None, own: values, parent: making.record, children: making.done };
    if plan.filter.as_ref().is_some_and(|test| !condition::holds(test, &scope, setting)) {
        tally.forget_faults();
    } else if !is_set_aside(Judged::All, origin, making, setting, tally) {
        items.push(values, repeats, origin);
    }
}

/// The JSON objects of a record in row and array order, equal ones once, each with its row.
fn entries<'a>(
    column: usize,
    column_name: &str,
    making: &Making<'_, 'a>,
    setting: &'a Setting<'_>,
    tally: &mut Tally,
) -> Vec<(u64, Entry<'a>)> {
    let mut entries: Vec<(u64, Entry<'a>)> = Vec::new();
    for row in making.rows {
        let Some(text) = row.cells[column].text(row.at, making.bump).text() else { continue };
        let mut reject = |place: Option<u32>, reason: String| {
            let (table, column) = (making.table.to_owned(), column_name.to_owned());
            tally.rejects.push(Reject { table, row: row.ordinal, column, place, reason });
        };
        match parse_cell(trimmed(text), making.bump, &|text| is_nothing(text, setting)) {
            Ok(cell) => {
                for place in &cell.bad_elements {
                    reject(Some(*place), "the element is not a JSON object".to_owned());
                }
                entries.extend(cell.entries.into_iter().map(|entry| (row.ordinal, entry)));
            }
            Err(CellFault::NotJson(why)) => reject(None, format!("the cell is not JSON: {why}")),
            Err(CellFault::NotArray) => reject(None, "the cell is not a JSON array".to_owned()),
        }
    }
    if (2..=FEW_ENTRIES).contains(&entries.len()) {
        let mut at = 1;
        while let Some((_, entry)) = entries.get(at) {
            if entries[..at].iter().any(|(_, earlier)| same_entry(earlier, entry)) {
                entries.remove(at);
            } else {
                at += 1;
            }
        }
    } else if entries.len() > FEW_ENTRIES {
        let mut seen: HashMap<u64, Vec<usize>> = HashMap::new();
        let mut place = 0;
        let all: Vec<Entry<'a>> = entries.iter().map(|(_, entry)| *entry).collect();
        entries.retain(|(_, entry)| {
            let alike = seen.entry(entry_hash(entry)).or_default();
            let first = !alike.iter().any(|other| same_entry(&all[*other], entry));
            if first {
                alike.push(place);
            }
            place += 1;
            first
        });
    }
    entries
}
