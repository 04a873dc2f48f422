//! Keys: what tells the rows of a table apart.
//!
//! In: a table as it was looked at. Out: the column or columns whose values are all there and all different, those with the
//! name of a key first: that values happen to differ, as they do in every small table, is not enough. A table without any
//! is keyed by a hash of its rows.

use super::naming::{is_bare_key, is_key_of, is_short_key_of, stem};
use super::profile::TableProfile;
use crate::stage::StageError;

/// What tells the rows of a table apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// Columns, by place.
    Columns(Vec<usize>),
    /// All columns: equal rows are one.
    Row,
}

impl Key {
    /// The column, where it is one.
    pub fn single(&self) -> Option<usize> {
        match self {
            Self::Columns(columns) => match columns.as_slice() {
                [one] => Some(*one),
                _ => None,
            },
            Self::Row => None,
        }
    }
}

/// The key that the table declares: the primary one, else one of the others; none where no property can hold it.
pub fn declared(table: &TableProfile) -> Option<Key> {
    let keys = &table.snapshot.manifest.keys;
    let mut all = std::iter::once(&keys.primary).chain(&keys.unique).filter(|key| !key.is_empty());
    all.find_map(|key| table.places(key)).map(Key::Columns)
}

/// The key that its name gives away: `order_id` in `orders`, `id`, or `dept_no` in `departments`. `row` is what a row of the
/// table is, in words.
pub fn named(table: &TableProfile, row: &[String]) -> Option<usize> {
    let find = |is_named: &dyn Fn(&str) -> bool| unique(table).find(|at| is_named(&table.columns[*at].name));
    find(&|name| is_key_of(name, row))
        .or_else(|| find(&is_bare_key))
        .or_else(|| find(&|name| is_short_key_of(name, row)))
}

/// The first column, where it is one that tells rows apart: tables are mostly written with their key first.
pub fn first(table: &TableProfile, references: &[usize]) -> Option<usize> {
    unique(table).next().filter(|first| *first == 0 && !references.contains(first))
}

fn unique(table: &TableProfile) -> impl Iterator<Item = usize> {
    table.readable().filter(move |at| table.columns[*at].is_unique())
}

/// The key of a table in which no name gives it away. `references` are the columns that refer to other tables.
///
/// # Errors
/// When a part of the snapshot cannot be read.
pub fn unnamed(table: &TableProfile, references: &[usize]) -> Result<Key, StageError> {
    for (place, one) in references.iter().enumerate() {
        for other in &references[place + 1..] {
            if table.are_unique_together(&[*one, *other])? {
                return Ok(Key::Columns(vec![*one, *other]));
            }
        }
    }
    if references.len() > 2 && table.are_unique_together(references)? {
        return Ok(Key::Columns(references.to_vec()));
    }
    if let Some(column) = unique(table).find(|at| stem(&table.columns[*at].name).is_some()) {
        return Ok(Key::Columns(vec![column]));
    }
    // A line of an order, a price since a day: what it refers to, and one column more.
    for length in [2, 1] {
        let Some(own) = references.get(..length) else { continue };
        for other in by_likelihood(table, references) {
            let together: Vec<usize> = own.iter().copied().chain([other]).collect();
            if table.are_unique_together(&together)? {
                return Ok(Key::Columns(together));
            }
        }
    }
    let any = unique(table).next().filter(|_| table.seen > 0);
    Ok(any.map_or(Key::Row, |column| Key::Columns(vec![column])))
}

/// Columns that refer to nothing: first those that are named like keys, then days and moments, then the others.
fn by_likelihood(table: &TableProfile, references: &[usize]) -> Vec<usize> {
    let mut columns: Vec<usize> = table.readable().filter(|at| !references.contains(at)).collect();
    columns.sort_by_key(|at| match &table.columns[*at] {
        column if stem(&column.name).is_some() => 0,
        column if column.is_time() => 1,
        _ => 2,
    });
    columns
}
