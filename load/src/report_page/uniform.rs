//! Properties that say nothing: missing in every row of their table, or the same wherever they are there.
//!
//! In: the tables' files. Out: the names of such properties, with the one value. A column like that takes next to no room in
//! its file, so the few that may be one are told by their size and only those are decoded, until a second value turns up.

use std::path::Path;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use serde::Serialize;
use shared::instants::with_offset;
use shared::page::shortened;

use super::columns::{self, ColumnsError};
use crate::graph_table::manifest::{GraphManifest, Property, TableFile};

/// Rows under which a table says little of its properties.
const LEAST_ROWS: u64 = 100;
/// Characters of a value that are shown.
const VALUE_CHARACTERS: usize = 40;

/// A property that says nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Uniform {
    /// Its table.
    pub table: String,
    /// Its name.
    pub property: String,
    /// Its one value; `None` where it is always missing.
    pub value: Option<String>,
}

/// Finds them in one table at a time.
///
/// # Errors
/// When a file cannot be read.
pub fn uniform(dir: &Path, graph: &GraphManifest) -> Result<Vec<Uniform>, ColumnsError> {
    let nodes = graph.nodes.iter().map(|table| {
        (
            &table.table,
            table.rows,
            &table.files,
            table.key.len(),
            &table.properties[table.key.len().min(table.properties.len())..],
        )
    });
    let relationships = graph.relationships.iter().map(|table| {
        let keys = table.start.key.len() + table.end.key.len();
        (&table.table, table.rows, &table.files, keys, table.properties.as_slice())
    });
    let mut found = Vec::new();
    for (table, rows, files, first, properties) in nodes.chain(relationships) {
        if rows >= LEAST_ROWS {
            found.extend(of_table(dir, table, rows, files, first, properties)?);
        }
    }
    Ok(found)
}

fn of_table(
    dir: &Path,
    table: &str,
    rows: u64,
    files: &[TableFile],
    first: usize,
    properties: &[Property],
) -> Result<Vec<Uniform>, ColumnsError> {
    let sizes = columns::sizes(dir, files)?;
    // One bit a row says whether there is a value, one more which of at most two it is; pages have heads of their own.
    let most = rows / 4 + 4_096 * (1 + rows / 131_072);
    let mut found = Vec::new();
    for (place, property) in (first..).zip(properties) {
        if sizes.get(place).is_none_or(|size| *size > most) {
            continue;
        }
        let mut only: Option<String> = None;
        let mut is_uniform = true;
        columns::read(dir, files, &[place], |batch| {
            is_uniform = batch.iter().all(|column| adds_nothing(column, &mut only));
            is_uniform
        })?;
        if is_uniform {
            let value = only.map(|value| shortened(&value, VALUE_CHARACTERS));
            found.push(Uniform { table: table.to_owned(), property: property.name.clone(), value });
        }
    }
    Ok(found)
}

/// Whether no value of the column is another one than the only one so far.
fn adds_nothing(column: &ArrayRef, only: &mut Option<String>) -> bool {
    if let Some(texts) = column.as_string_opt::<i32>() {
        return texts.iter().flatten().all(|text| only.get_or_insert_with(|| text.to_owned()).as_str() == text);
    }
    let (options, column) = (FormatOptions::default(), with_offset(column));
    let Ok(texts) = ArrayFormatter::try_new(column.as_ref(), &options) else { return false };
    (0..column.len()).filter(|row| column.is_valid(*row)).all(|row| {
        let text = texts.value(row).to_string();
        *only.get_or_insert_with(|| text.clone()) == text
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Int64Array, RecordBatch, StringArray};
    use arrow::datatypes::{DataType, Field, Schema};

    use super::*;
    use crate::graph_table::manifest::PropertyType;
    use crate::graph_table::writer::TableWriter;

    #[test]
    fn only_what_never_changes_is_found() {
        let dir = tempfile::tempdir().unwrap();
        let rows = 5_000;
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("key", Arc::new(Int64Array::from_iter_values(0..rows))),
            ("same", Arc::new((0..rows).map(|row| (row % 2 == 0).then_some("<one>")).collect::<StringArray>())),
            ("missing", Arc::new((0..rows).map(|_| None::<&str>).collect::<StringArray>())),
            ("last_differs", Arc::new((0..rows).map(|row| Some(i64::from(row == rows - 1))).collect::<Int64Array>())),
            ("many", Arc::new(Int64Array::from_iter_values((0..rows).map(|row| row * 7)))),
        ];
        let fields: Vec<Field> =
            columns.iter().map(|(name, column)| Field::new(*name, column.data_type().clone(), true)).collect();
        let schema = Arc::new(Schema::new(fields));
        let mut writer = TableWriter::new(dir.path(), "nodes/N", Arc::clone(&schema), 0);
        let batch =
            RecordBatch::try_new(schema, columns.iter().map(|(_, column)| Arc::clone(column)).collect()).unwrap();
        writer.append(&batch).unwrap();
        let files = writer.finish().unwrap().files;
        let properties: Vec<Property> = columns[1..]
            .iter()
            .map(|(name, column)| Property {
                name: (*name).to_owned(),
                kind: if *column.data_type() == DataType::Utf8 { PropertyType::String } else { PropertyType::Integer },
            })
            .collect();
        let found = of_table(dir.path(), "N", rows as u64, &files, 1, &properties).unwrap();
        let found: Vec<(&str, Option<&str>)> =
            found.iter().map(|found| (found.property.as_str(), found.value.as_deref())).collect();
        assert_eq!(found, [("same", Some("<one>")), ("missing", None)]);
    }
}
