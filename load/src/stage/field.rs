//! Computes fields: an origin gives a value, steps change it.
//!
//! In: a resolved field and the record at hand. Out: its value, borrowed from the cells or from the record's arena. A value
//! that a step throws away is counted, so that nothing vanishes in silence.

mod reading;

use std::borrow::Cow;
use std::cell::Cell;

use bumpalo::Bump;
use bumpalo::collections::String as ArenaString;

use super::cell::{Cells, as_text};
use super::condition;
use super::fault::apply_strictly;
use super::item::Items;
use super::json_cell::Entry;
use super::setting::{Setting, is_nothing};
use super::tally::Tally;
use super::text::{
    case_fold, collapse_blanks, contains_keyword, each_once, equals_ignoring_case, keep, nfkc, pieces, replace_runs,
    sha256_hex, slug, trimmed,
};
use super::value::{Value, compare};
use crate::mapping::resolved::{Bound, Field, Origin, Piece, Ref, Step};
use reading::{is_none_of, to_boolean, to_date, to_float, to_integer, to_typed};

/// One row of the table.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    /// The columns that are read.
    pub cells: &'a [Cells],
    /// Its place in them.
    pub at: usize,
    /// Its place in the table, from 0.
    pub ordinal: u64,
}

/// The object that an item is, while its fields are read.
#[derive(Clone, Copy)]
pub struct OpenEntry<'s, 'a> {
    /// Its members.
    pub entry: &'s Entry<'a>,
    /// The place behind the member that was read last.
    pub next: &'s Cell<usize>,
}

/// The record at hand: what a field may read.
pub struct Scope<'s, 'a> {
    /// Where new texts live.
    pub bump: &'a Bump,
    /// The row, or the first row of a group; absent for items.
    pub row: Option<Row<'a>>,
    /// The object that the item is.
    pub entry: Option<OpenEntry<'s, 'a>>,
    /// Slots computed so far.
    pub own: &'s [Value<'a>],
    /// Slots of the record that an item is of.
    pub parent: &'s [Value<'a>],
    /// Items of the record.
    pub children: &'s [Items<'a>],
}

impl<'a> Scope<'_, 'a> {
    /// The value at a place.
    pub fn get(&self, field: Ref, setting: &Setting<'_>) -> Value<'a> {
        match field {
            Ref::Own(slot) => self.own[slot],
            Ref::Parent(slot) => self.parent[slot],
            Ref::AsOf => Value::Date(setting.as_of),
        }
    }

    /// A field's value or a constant.
    pub fn bound(&self, bound: &'a Bound, setting: &Setting<'_>) -> Value<'a> {
        match bound {
            Bound::Field(field) => self.get(*field, setting),
            Bound::Constant(value) => value.as_value(),
        }
    }
}

/// Computes a field.
pub fn compute<'a>(field: &'a Field, scope: &Scope<'_, 'a>, setting: &Setting<'_>, tally: &mut Tally) -> Value<'a> {
    let mut value = origin(&field.origin, scope, setting);
    for step in &field.steps {
        // Keywords are also looked for in other fields; no other step has anything to do without a value.
        if value.is_missing() && !matches!(step, Step::Keywords { .. }) {
            continue;
        }
        value = match &field.strict {
            None => apply(step, value, scope, setting, tally),
            Some(strict) => apply_strictly(strict, step, value, scope, setting, tally),
        };
    }
    match (&field.default, value) {
        (Some(default), Value::Missing) => default.as_value(),
        _ => value,
    }
}

fn origin<'a>(origin: &'a Origin, scope: &Scope<'_, 'a>, setting: &Setting<'_>) -> Value<'a> {
    let get = |field: &Ref| scope.get(*field, setting);
    match origin {
        Origin::Column { column, as_text } => scope.row.map_or(Value::Missing, |row| {
            let cells = &row.cells[*column];
            if *as_text { cells.text(row.at, scope.bump) } else { cells.value(row.at) }
        }),
        Origin::Member(name) => member(scope, name).flatten().map_or(Value::Missing, Value::Text),
        Origin::Field(field) => get(field),
        Origin::Constant(value) => value.as_value(),
        Origin::Template(templates) => {
            let texts = templates.iter().find_map(|template| fill(&template.0, scope, setting));
            texts.map_or(Value::Missing, Value::Text)
        }
        Origin::FirstOf(fields) => fields.iter().map(get).find(|value| !value.is_missing()).unwrap_or(Value::Missing),
        Origin::SmallestOf(fields) => fields
            .iter()
            .map(get)
            .filter(|value| !value.is_missing())
            .min_by(|a, b| compare(*a, *b))
            .unwrap_or(Value::Missing),
        Origin::Case(cases, otherwise) => {
            let case = cases.iter().find(|(test, _)| condition::holds(test, scope, setting)).map(|(_, value)| value);
            case.or(otherwise.as_ref()).map_or(Value::Missing, |bound| scope.bound(bound, setting))
        }
        Origin::Test(test) => Value::Boolean(condition::holds(test, scope, setting)),
        Origin::Count { child, filter } => Value::Integer(scope.children[*child].passing(*filter).count() as i64),
        Origin::First { child, slot, filter } => {
            let mut passing = scope.children[*child].passing(*filter);
            passing.next().map_or(Value::Missing, |item| item[*slot])
        }
        Origin::CountTrue(fields) => Value::Integer(fields.iter().filter(|field| get(field).is_true()).count() as i64),
        Origin::HasMember(names) => Value::Boolean(names.iter().any(|name| member(scope, name).is_some())),
        Origin::Span { from, to, unit_days, minimum } => match (get(from).day(), get(to).day()) {
            (Some(from), Some(to)) if from <= to => {
                Value::Integer(((i64::from(to) - i64::from(from)) / i64::from(*unit_days)).max(*minimum))
            }
            _ => Value::Missing,
        },
    }
}

fn member<'a>(scope: &Scope<'_, 'a>, name: &str) -> Option<Option<&'a str>> {
    let OpenEntry { entry: Entry { members, .. }, next } = scope.entry?;
    // Mappings name the members of an object mostly in their order, so the next one is near.
    let (before, after) = members.split_at(next.get().min(members.len()));
    let found = match after.iter().position(|member| member.name == name) {
        Some(place) => before.len() + place,
        None => before.iter().position(|member| member.name == name)?,
    };
    next.set(found + 1);
    Some(members[found].value)
}

fn fill<'a>(pieces: &[Piece], scope: &Scope<'_, 'a>, setting: &Setting<'_>) -> Option<&'a str> {
    let mut text = ArenaString::new_in(scope.bump);
    for piece in pieces {
        match piece {
            Piece::Literal(literal) => text.push_str(literal),
            Piece::Field(field) => text.push_str(as_text(scope.get(*field, setting), scope.bump).text()?),
        }
    }
    Some(text.into_bump_str())
}

/// Keeps a borrowed text and takes an owned one into the arena.
fn kept<'a>(text: Cow<'a, str>, bump: &'a Bump) -> Value<'a> {
    match text {
        Cow::Borrowed(text) => Value::Text(text),
        Cow::Owned(text) => Value::Text(bump.alloc_str(&text)),
    }
}

/// An empty text is no value: once a step has made it, there is nothing left of what was written.
fn non_empty(value: Value<'_>) -> Value<'_> {
    if value == Value::Text("") { Value::Missing } else { value }
}

/// Applies one step to a value.
pub(super) fn apply<'a>(
    step: &'a Step,
    value: Value<'a>,
    scope: &Scope<'_, 'a>,
    setting: &Setting<'_>,
    tally: &mut Tally,
) -> Value<'a> {
    let bump = scope.bump;
    match step {
        Step::ToBoolean { true_values, false_values, nothing, counter } => {
            if is_none_of(nothing, value, bump) {
                return Value::Missing;
            }
            return to_boolean(value, true_values, false_values, *counter, bump, tally);
        }
        Step::ToInteger { nothing, counter } => return to_integer(value, nothing, *counter, bump, tally),
        Step::ToFloat { nothing, counter } => return to_float(value, nothing, *counter, bump, tally),
        Step::ToDate { nothing, counter } => return to_date(value, nothing, *counter, setting, tally),
        Step::ToTyped { kind, counter } => return to_typed(*kind, value, *counter, bump, tally),
        Step::ToText => return as_text(value, bump),
        _ => {}
    }
    let Some(text) = value.text() else {
        return match step {
            Step::Keywords { .. } => keywords(step, "", scope, setting),
            _ => value,
        };
    };
    match step {
        Step::Trim => Value::Text(trimmed(text)),
        Step::Nothing => {
            if is_nothing(text, setting) {
                Value::Missing
            } else {
                value
            }
        }
        Step::Lower => changed_case(text, |byte| byte.is_ascii_uppercase(), str::to_lowercase, bump),
        Step::Upper => changed_case(text, |byte| byte.is_ascii_lowercase(), str::to_uppercase, bump),
        Step::Nfkc => kept(nfkc(text), bump),
        Step::CaseFold => kept(case_fold(text), bump),
        Step::CollapseBlanks => non_empty(kept(collapse_blanks(text), bump)),
        Step::Keep(set) => {
            if text.chars().all(|c| set.contains(c)) {
                value
            } else {
                non_empty(Value::Text(bump.alloc_str(&keep(text, set))))
            }
        }
        Step::ReplaceRuns(set, with) => {
            if text.chars().any(|c| set.contains(c)) {
                non_empty(Value::Text(bump.alloc_str(&replace_runs(text, set, with))))
            } else {
                value
            }
        }
        Step::TrimOf(characters) => non_empty(Value::Text(text.trim_matches(characters.as_slice()))),
        Step::Keywords { .. } => keywords(step, text, scope, setting),
        Step::Words { separator, classes, otherwise } => Value::Text(words(text, separator, classes, otherwise)),
        Step::OneOf { values, counter } => {
            if values.iter().any(|allowed| allowed == text) {
                value
            } else {
                tally.count(*counter);
                Value::Missing
            }
        }
        Step::Spelling(spellings) => {
            let known = spellings.iter().find(|known| *known == text);
            let known = known.or_else(|| spellings.iter().find(|known| equals_ignoring_case(known, text)));
            known.map_or(value, |known| Value::Text(known))
        }
        Step::Lookup { index, unknown_prefix, optional, counter } => {
            let found = tally.looked_up(*counter, text, |text| match (index.get(text), unknown_prefix) {
                (Some(found), _) => (Some(found.to_owned()), true),
                (None, Some(prefix)) => (Some(format!("{prefix}{}", slug(text))), *optional),
                (None, None) => (None, *optional),
            });
            found.map_or(Value::Missing, |found| Value::Text(bump.alloc_str(found)))
        }
        Step::Slug => Value::Text(bump.alloc_str(&slug(text))),
        Step::Hash(digits) => Value::Text(bump.alloc_str(&sha256_hex(text, *digits))),
        Step::Split { by, trim, drop_empty, distinct } => {
            let pieces = pieces(text, by, *trim, *drop_empty).map(|(_, piece)| piece);
            list(&if *distinct { each_once(pieces) } else { pieces.collect() }, bump)
        }
        Step::MaxBytes { bytes, counter } => {
            if text.len() <= *bytes {
                value
            } else {
                tally.count(*counter);
                Value::Missing
            }
        }
        Step::ToText
        | Step::ToBoolean { .. }
        | Step::ToInteger { .. }
        | Step::ToFloat { .. }
        | Step::ToDate { .. }
        | Step::ToTyped { .. } => value,
    }
}

/// A list of texts as graph tables keep it; one without pieces is no value.
fn list<'a>(pieces: &[&str], bump: &'a Bump) -> Value<'a> {
    if pieces.is_empty() {
        return Value::Missing;
    }
    Value::Text(bump.alloc_str(&serde_json::to_string(pieces).expect("texts are plain data")))
}

fn changed_case<'a>(text: &'a str, changes: fn(&u8) -> bool, change: fn(&str) -> String, bump: &'a Bump) -> Value<'a> {
    if text.is_ascii() && !text.as_bytes().iter().any(changes) {
        return Value::Text(text);
    }
    Value::Text(bump.alloc_str(&change(text)))
}

fn keywords<'a>(step: &'a Step, text: &str, scope: &Scope<'_, 'a>, setting: &Setting<'_>) -> Value<'a> {
    let Step::Keywords { also, classes, otherwise } = step else { return Value::Missing };
    let others = also.iter().filter_map(|field| scope.get(*field, setting).text());
    let texts: smallvec::SmallVec<[&str; 4]> = std::iter::once(text).chain(others).collect();
    let found = classes.iter().find(|(_, words)| {
        words.iter().any(|(word, not_after)| texts.iter().any(|text| contains_keyword(text, word, not_after)))
    });
    Value::Text(found.map_or(otherwise, |(class, _)| class))
}

fn words<'c>(text: &str, separator: &str, classes: &'c [(String, Vec<Vec<String>>)], otherwise: &'c str) -> &'c str {
    let words: smallvec::SmallVec<[&str; 8]> = text.split(separator).filter(|word| !word.is_empty()).collect();
    let has = |neighbours: &[String]| words.windows(neighbours.len().max(1)).any(|window| window == neighbours);
    classes.iter().find(|(_, list)| list.iter().any(|neighbours| has(neighbours))).map_or(otherwise, |(class, _)| class)
}
