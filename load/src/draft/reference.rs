//! References: which columns hold the keys of other tables.
//!
//! In: tables as they were looked at. Out: their keys, and the columns that refer to one: those that are declared, and those whose
//! names say so and whose values stand in it. A name alone is not enough where there are values, and values alone are never
//! enough: small numbers stand in every key.

use super::key::{self, Key};
use super::naming::{common_prefix, is_bare_key, is_key_of, is_short_key_of, singular_words, stem, words};
use super::profile::TableProfile;
use crate::stage::StageError;

/// Names of columns that refer to another row of their own table.
const OWN_ROWS: [&str; 13] = [
    "parent",
    "manager",
    "supervisor",
    "boss",
    "superior",
    "lead",
    "reports_to",
    "reply_to",
    "in_reply_to",
    "belongs_to",
    "replaced_by",
    "successor",
    "predecessor",
];
/// Words behind which `ship_via` says that it refers to `shippers`.
const RELATING: [&str; 7] = ["via", "by", "to", "from", "of", "for", "at"];
/// Of a column that is named for what it refers to, so many in a hundred values must stand there: some tables have rows that
/// refer to what is gone.
const NAMED_PERCENT: usize = 90;

/// A column that refers to the key of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The column.
    pub column: usize,
    /// The table that it refers to.
    pub to: usize,
    /// Different values of it.
    pub values: usize,
    /// How many of them are keys there.
    pub found: usize,
}

/// How sure a name makes: the smaller the surer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Sureness {
    /// The table declares it.
    Declared,
    /// It has the name of the key itself.
    SameName,
    /// It is named for the table.
    Named,
    /// Its name ends as the table's: `billing_customer_id`.
    NamedLast,
    /// It has the table's name without a word for a key, or a word for another row of its own table.
    Alike,
    /// Its name is cut short: `cat_id`.
    Shortened,
}

/// Keys of all tables, and what refers to them.
///
/// # Errors
/// When a part of a snapshot cannot be read.
pub fn find(tables: &[TableProfile]) -> Result<(Vec<Key>, Vec<Vec<Reference>>), StageError> {
    let names: Vec<Vec<String>> = tables.iter().map(|table| words(&table.table)).collect();
    let prefix = common_prefix(&names);
    let rows: Vec<Vec<String>> = tables.iter().map(|table| singular_words(&table.table).split_off(prefix)).collect();
    let key_of = |(table, row): (&TableProfile, &Vec<String>)| {
        key::declared(table).or_else(|| key::named(table, row).map(|column| Key::Columns(vec![column])))
    };
    let mut keys: Vec<Option<Key>> = tables.iter().zip(&rows).map(key_of).collect();
    // What refers to the keys that are known so far tells which columns can be keys of their own tables, and so on.
    let known = columns_of(&references(tables, &rows, &keys)?);
    for (at, table) in tables.iter().enumerate() {
        if keys[at].is_none() {
            keys[at] = key::first(table, &known[at]).map(|column| Key::Columns(vec![column]));
        }
    }
    let known = columns_of(&references(tables, &rows, &keys)?);
    for (at, table) in tables.iter().enumerate() {
        if keys[at].is_none() {
            keys[at] = Some(key::unnamed(table, &known[at])?);
        }
    }
    let all = references(tables, &rows, &keys)?;
    Ok((keys.into_iter().map(|key| key.unwrap_or(Key::Row)).collect(), all))
}

fn columns_of(references: &[Vec<Reference>]) -> Vec<Vec<usize>> {
    references.iter().map(|of| of.iter().map(|reference| reference.column).collect()).collect()
}

/// The references of each table, by the keys that are known so far.
fn references(
    tables: &[TableProfile],
    rows: &[Vec<String>],
    keys: &[Option<Key>],
) -> Result<Vec<Vec<Reference>>, StageError> {
    let mut all = Vec::new();
    for (from, table) in tables.iter().enumerate() {
        let mut found = Vec::new();
        for column in table.readable().filter(|at| table.columns[*at].may_refer()) {
            let mut best: Option<(Sureness, Reference)> = None;
            for (to, key) in keys.iter().enumerate() {
                let Some(key) = key.as_ref().and_then(Key::single) else { continue };
                let is_own_key = keys[from].as_ref().and_then(Key::single) == Some(column);
                let name = &table.columns[column].name;
                let is_named_own = is_key_of(name, &rows[from]) || is_short_key_of(name, &rows[from]);
                let Some(sureness) = by_name(tables, rows, (from, column), (to, key)) else { continue };
                if is_own_key && (to == from || is_named_own) && sureness != Sureness::Declared {
                    continue;
                }
                let Some(reference) = by_values(tables, (from, column), (to, key), sureness)? else { continue };
                if best.as_ref().is_none_or(|(known, _)| sureness < *known) {
                    best = Some((sureness, reference));
                }
            }
            found.extend(best.map(|(_, reference)| reference));
        }
        all.push(found);
    }
    Ok(all)
}

/// What is declared of a column's referring to a key, or else what its name says.
fn by_name(
    tables: &[TableProfile],
    rows: &[Vec<String>],
    (from, column): (usize, usize),
    (to, key): (usize, usize),
) -> Option<Sureness> {
    let is_declared = tables[from].snapshot.manifest.keys.foreign.iter().any(|foreign| {
        let source = &tables[to].snapshot.manifest.source;
        let is_to = foreign.table == source.table && foreign.database == source.database;
        let (column, key) = (&tables[from].columns[column].name, &tables[to].columns[key].name);
        is_to && foreign.columns == [column.as_str()] && foreign.references == [key.as_str()]
    });
    let (column, key) = (&tables[from].columns[column], &tables[to].columns[key]);
    let row = &rows[to];
    if column.holds() != key.holds() {
        return None;
    }
    if is_declared {
        return Some(Sureness::Declared);
    }
    if from != to && column.name.eq_ignore_ascii_case(&key.name) && !is_bare_key(&key.name) {
        return Some(Sureness::SameName);
    }
    if from != to && is_key_of(&column.name, row) {
        return Some(Sureness::Named);
    }
    let all = words(&column.name);
    let last_of_row = row.last()?;
    match stem(&column.name) {
        Some(stem) if stem.is_empty() => None,
        Some(stem) => {
            if from == to && OWN_ROWS.contains(&stem.join("_").as_str()) {
                return Some(Sureness::Alike);
            }
            if stem.len() > row.len() && stem.ends_with(row) {
                return Some(Sureness::NamedLast);
            }
            (from != to && is_short_key_of(&column.name, row)).then_some(Sureness::Shortened)
        }
        None => {
            let is_own = from == to && OWN_ROWS.contains(&all.join("_").as_str());
            let is_same = from != to && (all == *row || (all.len() > row.len() && all.ends_with(row)));
            let is_related = match all.as_slice() {
                [word, relating] => {
                    from != to
                        && RELATING.contains(&relating.as_str())
                        && word.len() >= 4
                        && (last_of_row.starts_with(word.as_str()) || word.starts_with(last_of_row.as_str()))
                }
                _ => false,
            };
            (is_own || is_same || is_related).then_some(Sureness::Alike)
        }
    }
}

/// What the values of a column say, after its name has said something.
fn by_values(
    tables: &[TableProfile],
    (from, column): (usize, usize),
    (to, key): (usize, usize),
    sureness: Sureness,
) -> Result<Option<Reference>, StageError> {
    let wanted = &tables[from].columns[column].values;
    let found = tables[to].holds_of(key, wanted)?;
    // Of a table that was not read to its end many keys are missing.
    let is_part = !tables[to].snapshot.manifest.selection.is_all();
    let is_reference = match (wanted.len(), sureness) {
        (_, Sureness::Declared) => true,
        (0, _) => sureness < Sureness::Alike,
        (_, Sureness::SameName | Sureness::Named) if is_part => found > 0,
        (values, Sureness::SameName | Sureness::Named | Sureness::NamedLast) => found * 100 >= values * NAMED_PERCENT,
        (values, _) => found == values,
    };
    Ok(is_reference.then_some(Reference { column, to, values: wanted.len(), found }))
}
