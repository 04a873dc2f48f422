//! What was not loaded, by reason, with a few rows of each as they stand in the source.
//!
//! In: the rejects of staging, the snapshots they are about, and the rows that the database refused. Out: reasons with how
//! often and some samples. A value is read from the snapshot only where it is shown, cut short; one that cannot be read is
//! left out, for a report must not fail over a sample.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Int64Type, UInt64Type};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReaderBuilder, RowSelection, RowSelector};
use rayon::prelude::*;
use serde::Serialize;
use serde_json::value::RawValue;
use shared::page::shortened;
use shared::snapshot::SealedSnapshot;

use super::columns::{self, ColumnsError};
use crate::graph_table::manifest::{GraphManifest, TableFile};
use crate::ledger::RefusedRow;

/// Samples of a reason.
const SAMPLES: usize = 5;
/// Reasons whose values are looked up; the rest is counted.
const SAMPLED_REASONS: usize = 20;
/// Reasons that are named.
const MOST_REASONS: usize = 50;
/// Characters of a value that are shown.
const VALUE_CHARACTERS: usize = 90;

/// Rejects of one reason.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// Why.
    pub reason: String,
    /// How many.
    pub count: u64,
    /// The first of them.
    pub samples: Vec<Sample>,
}

/// One reject.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Sample {
    /// Table of the source, or graph table.
    pub table: String,
    /// Place of the row, from 0.
    pub row: u64,
    /// Column; none for a row that the database refused.
    pub column: String,
    /// Place in the cell's list or array, from 0.
    pub place: Option<u64>,
    /// The value, shortened; none where it is missing or cannot be read.
    pub value: Option<String>,
}

/// What staging rejected, the most frequent reason first.
///
/// # Errors
/// When the file of rejects cannot be read.
pub fn staged(
    dir: &Path,
    graph: &GraphManifest,
    snapshots: &[(String, SealedSnapshot)],
) -> Result<Vec<Reason>, ColumnsError> {
    let mut reasons: BTreeMap<String, Reason> = BTreeMap::new();
    columns::read(dir, std::slice::from_ref(&graph.rejects), &[0, 1, 2, 3, 4], |batch| {
        let [tables, rows, names, places, whys] = batch else { return false };
        let texts = (tables.as_string_opt::<i32>(), names.as_string_opt::<i32>(), whys.as_string_opt::<i32>());
        let numbers = (rows.as_primitive_opt::<Int64Type>(), places.as_primitive_opt::<Int64Type>());
        let ((Some(tables), Some(names), Some(whys)), (Some(rows), Some(places))) = (texts, numbers) else {
            return false;
        };
        for row in 0..whys.len() {
            // Where in a cell its JSON breaks off is one more sample, not one more reason.
            let why = whys.value(row).split(" at line ").next().unwrap_or_default();
            let reason = counted(&mut reasons, why);
            if reason.samples.len() < SAMPLES {
                reason.samples.push(Sample {
                    table: tables.value(row).to_owned(),
                    row: u64::try_from(rows.value(row)).unwrap_or_default(),
                    column: names.value(row).to_owned(),
                    place: places.is_valid(row).then(|| u64::try_from(places.value(row)).unwrap_or_default()),
                    value: None,
                });
            }
        }
        true
    })?;
    let mut reasons = sorted(reasons);
    let samples = reasons.iter_mut().take(SAMPLED_REASONS).flat_map(|reason| &mut reason.samples);
    samples.collect::<Vec<_>>().into_par_iter().for_each(|sample| {
        let snapshot = snapshots.iter().find(|(table, _)| *table == sample.table);
        sample.value = snapshot.and_then(|(_, snapshot)| value(snapshot, sample));
    });
    Ok(reasons)
}

/// What the database refused, the most frequent kind first.
///
/// # Errors
/// When the file is there and cannot be read.
pub fn refused(folder: &Path, file: &str) -> Result<Vec<Reason>, ColumnsError> {
    if !folder.join(file).is_file() {
        return Ok(Vec::new());
    }
    let file = TableFile { file: file.to_owned(), rows: 0, bytes: 0, sha256: String::new() };
    let mut reasons: BTreeMap<String, Reason> = BTreeMap::new();
    columns::read(folder, &[file], &[0, 1, 2], |batch| {
        let [tables, rows, whys] = batch else { return false };
        let texts = (tables.as_string_opt::<i32>(), whys.as_string_opt::<i32>());
        let ((Some(tables), Some(whys)), Some(rows)) = (texts, rows.as_primitive_opt::<UInt64Type>()) else {
            return false;
        };
        for row in 0..whys.len() {
            // The server's words quote the row; its code does not.
            let words = whys.value(row);
            let kind = RefusedRow { row: 0, reason: words.to_owned() }.kind();
            let reason = counted(&mut reasons, &kind);
            if reason.samples.len() < SAMPLES {
                let (table, value) = (tables.value(row).to_owned(), Some(shortened(words, 2 * VALUE_CHARACTERS)));
                reason.samples.push(Sample { table, row: rows.value(row), value, ..Sample::default() });
            }
        }
        true
    })?;
    Ok(sorted(reasons))
}

fn counted<'r>(reasons: &'r mut BTreeMap<String, Reason>, reason: &str) -> &'r mut Reason {
    let entry =
        reasons.entry(reason.to_owned()).or_insert_with(|| Reason { reason: reason.to_owned(), ..Reason::default() });
    entry.count += 1;
    entry
}

fn sorted(reasons: BTreeMap<String, Reason>) -> Vec<Reason> {
    let mut reasons: Vec<Reason> = reasons.into_values().collect();
    reasons.sort_by_key(|reason| std::cmp::Reverse(reason.count));
    if reasons.len() > MOST_REASONS {
        let rest = reasons.split_off(MOST_REASONS);
        let (count, reason) = (rest.iter().map(|reason| reason.count).sum(), format!("{} more reasons", rest.len()));
        reasons.push(Reason { reason, count, samples: Vec::new() });
    }
    reasons
}

/// The value of one cell, or the element of its array that was rejected.
fn value(snapshot: &SealedSnapshot, sample: &Sample) -> Option<String> {
    let part = snapshot
        .manifest
        .parts
        .iter()
        .find(|part| sample.row >= part.first_row && sample.row < part.first_row + part.rows)?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(File::open(snapshot.path.join(&part.file)).ok()?).ok()?;
    let column = builder.schema().fields().iter().position(|field| *field.name() == sample.column)?;
    let mut row = usize::try_from(sample.row - part.first_row).ok()?;
    let groups = builder.metadata().row_groups().iter().map(|group| usize::try_from(group.num_rows()).unwrap_or(0));
    let group = groups.enumerate().find_map(|(place, rows)| {
        if row < rows {
            return Some(place);
        }
        row -= rows;
        None
    })?;
    let mask = ProjectionMask::roots(builder.parquet_schema(), [column]);
    let only: RowSelection = vec![RowSelector::skip(row), RowSelector::select(1)].into();
    let reader = builder.with_projection(mask).with_row_groups(vec![group]).with_row_selection(only).build();
    let batch = reader.ok()?.next()?.ok()?;
    let text = columns::text(batch.columns().first()?, 0)?;
    let element = sample.place.and_then(|place| element(&text, usize::try_from(place).ok()?));
    Some(shortened(element.as_deref().unwrap_or(&text), VALUE_CHARACTERS))
}

/// An element of a JSON array, as it is written there.
fn element(json: &str, place: usize) -> Option<String> {
    let elements: Vec<&RawValue> = serde_json::from_str(json).ok()?;
    Some(elements.get(place)?.get().to_owned())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray, UInt64Array};
    use parquet::arrow::ArrowWriter;

    use super::*;

    fn write(path: &Path, columns: Vec<(&str, ArrayRef)>) {
        let batch =
            RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true)));
        let batch = batch.unwrap();
        let mut writer = ArrowWriter::try_new(File::create(path).unwrap(), batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
    }

    #[test]
    fn reasons_are_counted_and_five_samples_kept() {
        let dir = tempfile::tempdir().unwrap();
        let texts = |text: &'static str| -> ArrayRef { Arc::new(StringArray::from(vec![text; 9])) };
        let whys = StringArray::from_iter_values((0..9).map(|row| if row == 3 { "rare" } else { "not JSON" }));
        let places = Int64Array::from_iter((0..9).map(|row| (row == 1).then_some(2)));
        write(
            &dir.path().join("rejects.parquet"),
            vec![
                ("table", texts("people")),
                ("row", Arc::new(Int64Array::from_iter_values(10..19))),
                ("column", texts("jobs")),
                ("place", Arc::new(places)),
                ("reason", Arc::new(whys)),
            ],
        );
        let mut graph = crate::report_page::tests::graph();
        graph.rejects.file = "rejects.parquet".into();
        let reasons = staged(dir.path(), &graph, &[]).unwrap();
        let counts: Vec<(&str, u64, usize)> =
            reasons.iter().map(|reason| (reason.reason.as_str(), reason.count, reason.samples.len())).collect();
        assert_eq!(counts, [("not JSON", 8, 5), ("rare", 1, 1)]);
        assert_eq!((reasons[0].samples[1].row, reasons[0].samples[1].place), (11, Some(2)));
        assert_eq!((reasons[1].samples[0].row, reasons[1].samples[0].value.clone()), (13, None));
    }

    #[test]
    fn refusals_are_of_one_kind_whatever_row_they_quote() {
        let dir = tempfile::tempdir().unwrap();
        let code = "Neo.ClientError.Schema.ConstraintValidationFailed";
        let words =
            [7, 8].map(|id| format!("{code}: Node({id}) already exists with label `N` and property `id` = '<b>'"));
        let words = [words[0].as_str(), &words[1], "other"];
        write(
            &dir.path().join("server-rejects.parquet"),
            vec![
                ("table", Arc::new(StringArray::from(vec!["N"; 3]))),
                ("row", Arc::new(UInt64Array::from(vec![1, 2, 3]))),
                ("reason", Arc::new(StringArray::from(words.to_vec()))),
            ],
        );
        let reasons = refused(dir.path(), "server-rejects.parquet").unwrap();
        assert_eq!((reasons[0].reason.as_str(), reasons[0].count), (code, 2));
        assert_eq!(reasons[0].samples[0].value.as_deref(), Some(words[0]));
        assert!(refused(dir.path(), "nothing.parquet").unwrap().is_empty());
    }

    #[test]
    fn the_element_that_was_rejected_is_shown_and_not_the_whole_cell() {
        assert_eq!(element(r#"[{"a": 1}, 7, "x"]"#, 1).as_deref(), Some("7"));
        assert_eq!(element("python, sql", 1), None);
        assert_eq!(element("[1]", 4), None);
    }
}
