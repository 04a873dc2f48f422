//! Nodes that may be one and the same: their names differ only in case, spacing or punctuation.
//!
//! In: the node tables that have a name. Out: a few groups of such names, and how many groups there are. Names are compared
//! as hashes; the texts are read a second time for the groups that are shown. Large tables are left alone.

use std::path::Path;

use arrow::array::AsArray;
use hashbrown::HashMap;
use serde::Serialize;
use shared::distinct::{BuildAsItIs, hash};
use shared::page::shortened;

use super::columns::{self, ColumnsError};
use crate::graph_table::manifest::{NodeTable, PropertyType};

/// Nodes of a table whose names are compared at most: 33 bytes each.
const MOST_ROWS: u64 = 1_000_000;
/// Groups and spellings that are shown.
const SHOWN_GROUPS: usize = 4;
const SHOWN_SPELLINGS: usize = 4;
/// Characters of a name that are shown.
const NAME_CHARACTERS: usize = 50;
/// Properties that hold a name.
const NAMES: [&str; 3] = ["name", "title", "label"];

/// Names of one table that may mean the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Spellings {
    /// The table.
    pub table: String,
    /// Groups of names that differ only in case, spacing or punctuation.
    pub groups: u64,
    /// Some of them.
    pub shown: Vec<Vec<String>>,
}

/// A name in its plainest form.
#[derive(Default)]
struct Group {
    first: u64,
    differs: bool,
}

/// Looks for them in a table; `None` where there are none, or no names.
///
/// # Errors
/// When a file cannot be read.
pub fn spellings(dir: &Path, table: &NodeTable) -> Result<Option<Spellings>, ColumnsError> {
    let is_name = |name: &str| NAMES.iter().any(|wanted| name.eq_ignore_ascii_case(wanted));
    let place =
        table.properties.iter().position(|property| property.kind == PropertyType::String && is_name(&property.name));
    let Some(place) = place.filter(|_| table.rows <= MOST_ROWS) else { return Ok(None) };
    let mut groups: HashMap<u64, Group, BuildAsItIs> = HashMap::default();
    each_name(dir, table, place, |name| {
        if let Some(plain) = plain(name) {
            let own = hash(name.as_bytes());
            let group = groups.entry(plain).or_insert(Group { first: own, differs: false });
            group.differs |= group.first != own;
        }
        true
    })?;
    groups.retain(|_, group| group.differs);
    let count = groups.len() as u64;
    if count == 0 {
        return Ok(None);
    }
    let mut shown: Vec<(u64, Vec<String>)> = Vec::new();
    each_name(dir, table, place, |name| {
        let Some(plain) = plain(name).filter(|plain| groups.contains_key(plain)) else { return true };
        let place = shown.iter().position(|(other, _)| *other == plain);
        let place = place.or_else(|| {
            (shown.len() < SHOWN_GROUPS).then(|| {
                shown.push((plain, Vec::new()));
                shown.len() - 1
            })
        });
        if let Some((_, spellings)) = place.and_then(|place| shown.get_mut(place)) {
            let name = shortened(name, NAME_CHARACTERS);
            if spellings.len() < SHOWN_SPELLINGS && !spellings.contains(&name) {
                spellings.push(name);
            }
        }
        true
    })?;
    let shown = shown.into_iter().map(|(_, spellings)| spellings).filter(|spellings| spellings.len() > 1).collect();
    Ok(Some(Spellings { table: table.table.clone(), groups: count, shown }))
}

fn each_name(
    dir: &Path,
    table: &NodeTable,
    place: usize,
    mut take: impl FnMut(&str) -> bool,
) -> Result<(), ColumnsError> {
    columns::read(dir, &table.files, &[place], |batch| {
        let texts = batch.first().and_then(|column| column.as_string_opt::<i32>());
        texts.is_none_or(|texts| texts.iter().flatten().all(&mut take))
    })
}

/// Hash of a name without case, blanks and punctuation; `+` and `#` stay, for C, C++ and C# are three.
fn plain(name: &str) -> Option<u64> {
    let kept = |character: &char| character.is_alphanumeric() || matches!(character, '+' | '#');
    let plain: String = name.chars().filter(kept).flat_map(char::to_lowercase).collect();
    (plain.chars().count() > 1).then(|| hash(plain.as_bytes()))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, RecordBatch, StringArray};

    use super::*;
    use crate::graph_table::manifest::Property;
    use crate::graph_table::writer::TableWriter;

    #[test]
    fn names_that_differ_in_case_or_punctuation_are_one_group() {
        let dir = tempfile::tempdir().unwrap();
        let names = ["Acme, Inc.", "C++", "ACME Inc", "C#", "C", "Globex", "Globex", "acme inc", "Springfield"];
        let keys: ArrayRef = Arc::new((0..names.len()).map(|key| Some(key.to_string())).collect::<StringArray>());
        let names: ArrayRef = Arc::new(StringArray::from(names.to_vec()));
        let batch = RecordBatch::try_from_iter([("id", keys), ("name", names)]).unwrap();
        let mut writer = TableWriter::new(dir.path(), "nodes/Company", batch.schema(), 0);
        writer.append(&batch).unwrap();
        let written = writer.finish().unwrap();
        let property = |name: &str| Property { name: name.to_owned(), kind: PropertyType::String };
        let table = NodeTable {
            table: "Company".into(),
            labels: vec!["Company".into()],
            key: vec!["id".into()],
            properties: vec![property("id"), property("name")],
            rows: written.rows,
            files: written.files,
            unit_rows: written.unit_rows,
        };
        let found = spellings(dir.path(), &table).unwrap().unwrap();
        assert_eq!(found.groups, 1);
        assert_eq!(found.shown, [["Acme, Inc.", "ACME Inc", "acme inc"]]);
    }
}
