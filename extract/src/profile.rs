//! What is in the columns of a snapshot: missing values, distinct values, the smallest, the largest, the most frequent.
//!
//! In: the parts of a snapshot, each column read by itself. Out: one profile a column. Memory is bounded, whatever the column
//! holds: past the bounds numbers are estimates and say so. No value is kept longer than what can be shown of it.

mod frequent;
mod range;

use std::fs::File;
use std::path::PathBuf;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::errors::ParquetError;
use rayon::prelude::*;
use serde::Serialize;
use shared::distinct::{DistinctCounts, hash};
use shared::instants::with_offset;
use shared::page::shortened;
use shared::progress::{Progress, Total, Unit};
use shared::snapshot::{SealedSnapshot, SnapshotError};

use frequent::Frequent;
pub use frequent::FrequentValue;
use range::Range;

/// Rows decoded at once: few, for a cell may be large.
const BATCH_ROWS: usize = 1_024;
/// Distinct values that are counted one by one; more are estimated, to within about two percent.
const COUNTED: usize = 65_536;
/// Characters of a value that are shown.
const VALUE_CHARACTERS: usize = 64;

/// What is in a column.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ColumnProfile {
    /// Rows.
    pub rows: u64,
    /// Rows without a value.
    pub missing: u64,
    /// Texts of length 0.
    pub empty: u64,
    /// Distinct values.
    pub distinct: u64,
    /// Whether they were all counted.
    pub distinct_is_exact: bool,
    /// The smallest value: of texts the first in the order of their bytes.
    pub least: Option<String>,
    /// The largest.
    pub most: Option<String>,
    /// Bytes of a text on average, without those that are missing.
    pub mean_bytes: Option<f64>,
    /// Values that occur often.
    pub frequent: Vec<FrequentValue>,
    /// Bytes in the Parquet files.
    pub stored_bytes: u64,
    /// Bytes before compression.
    pub value_bytes: u64,
}

/// Reads a snapshot and profiles each of its columns.
///
/// # Errors
/// When a part cannot be read.
pub fn profile(snapshot: &SealedSnapshot, progress: &dyn Progress) -> Result<Vec<ColumnProfile>, SnapshotError> {
    let columns = snapshot.manifest.columns.len();
    let cells = snapshot.manifest.rows * columns as u64;
    progress.start("profiling the columns", Total::Exact(cells), Unit::Count("values"));
    let profiles: Result<Vec<_>, _> =
        (0..columns).into_par_iter().map(|column| of_column(snapshot, column, progress)).collect();
    progress.finish();
    profiles
}

fn of_column(
    snapshot: &SealedSnapshot,
    column: usize,
    progress: &dyn Progress,
) -> Result<ColumnProfile, SnapshotError> {
    let mut reading = Reading::default();
    for path in snapshot.part_paths() {
        let unreadable =
            |path: &PathBuf, source: ParquetError| SnapshotError::PartUnreadable { path: path.clone(), source };
        let open = || File::open(&path).map_err(|error| unreadable(&path, error.into()));
        let footer = ArrowReaderMetadata::load(&open()?, ArrowReaderOptions::new());
        let footer = footer.map_err(|source| unreadable(&path, source))?;
        for group in footer.metadata().row_groups() {
            if let Some(chunk) = group.columns().get(column) {
                reading.profile.stored_bytes += u64::try_from(chunk.compressed_size()).unwrap_or_default();
                reading.profile.value_bytes += u64::try_from(chunk.uncompressed_size()).unwrap_or_default();
            }
        }
        // A batch across row groups would hold the long texts of both.
        for group in 0..footer.metadata().num_row_groups() {
            let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(open()?, footer.clone());
            let mask = ProjectionMask::roots(builder.parquet_schema(), [column]);
            let batches =
                builder.with_projection(mask).with_row_groups(vec![group]).with_batch_size(BATCH_ROWS).build();
            for batch in batches.map_err(|source| unreadable(&path, source))? {
                let batch = batch.map_err(|error| unreadable(&path, error.into()))?;
                if let Some(values) = batch.columns().first() {
                    reading.add(values);
                    progress.advance(values.len() as u64);
                }
            }
        }
    }
    Ok(reading.finish())
}

/// A column being read.
struct Reading {
    profile: ColumnProfile,
    distinct: DistinctCounts,
    frequent: Frequent,
    range: Range,
    text_bytes: u64,
    is_text: bool,
}

impl Default for Reading {
    fn default() -> Self {
        Self {
            profile: ColumnProfile::default(),
            distinct: DistinctCounts::new(COUNTED),
            frequent: Frequent::default(),
            range: Range::default(),
            text_bytes: 0,
            is_text: false,
        }
    }
}

impl Reading {
    fn add(&mut self, values: &ArrayRef) {
        self.profile.rows += values.len() as u64;
        self.profile.missing += values.null_count() as u64;
        self.range.add(values);
        if let Some(texts) = values.as_string_opt::<i32>() {
            self.is_text = true;
            for text in texts.iter().flatten() {
                self.profile.empty += u64::from(text.is_empty());
                self.text_bytes += text.len() as u64;
                self.value(hash(text.as_bytes()), || shortened(text, VALUE_CHARACTERS));
            }
            return;
        }
        let (options, values) = (FormatOptions::default(), with_offset(values));
        let Ok(texts) = ArrayFormatter::try_new(values.as_ref(), &options) else { return };
        for row in (0..values.len()).filter(|row| values.is_valid(*row)) {
            let text = texts.value(row).to_string();
            self.value(hash(text.as_bytes()), || shortened(&text, VALUE_CHARACTERS));
        }
    }

    fn value(&mut self, hash: u64, shown: impl FnOnce() -> String) {
        self.distinct.add(hash);
        self.frequent.add(hash, shown);
    }

    fn finish(self) -> ColumnProfile {
        let values = self.profile.rows - self.profile.missing;
        let (least, most) = self.range.ends(VALUE_CHARACTERS);
        ColumnProfile {
            distinct: self.distinct.distinct().min(values),
            distinct_is_exact: self.distinct.is_exact(),
            frequent: self.frequent.finish(values),
            mean_bytes: (self.is_text && values > 0).then(|| self.text_bytes as f64 / values as f64),
            least,
            most,
            ..self.profile
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Int32Array, StringArray};

    use super::*;

    fn profiled(columns: &[ArrayRef]) -> ColumnProfile {
        let mut reading = Reading::default();
        columns.iter().for_each(|column| reading.add(column));
        reading.finish()
    }

    #[test]
    fn a_column_of_texts_is_counted() {
        let one: ArrayRef = Arc::new(StringArray::from(vec![Some("b"), None, Some(""), Some("a")]));
        let two: ArrayRef = Arc::new(StringArray::from(vec![Some("b"), Some("b"), Some("<i>")]));
        let profile = profiled(&[one, two]);
        assert_eq!((profile.rows, profile.missing, profile.empty, profile.distinct), (7, 1, 1, 4));
        assert!(profile.distinct_is_exact);
        assert_eq!((profile.least.as_deref(), profile.most.as_deref()), (Some(""), Some("b")));
        assert_eq!(profile.frequent[0], FrequentValue { value: "b".into(), count: 3, is_exact: true });
        assert!((profile.mean_bytes.unwrap() - 7.0 / 6.0).abs() < 1e-9);
    }

    #[test]
    fn numbers_have_ends_and_a_column_without_values_has_none() {
        let profile = profiled(&[Arc::new(Int32Array::from(vec![Some(-3), Some(20), None, Some(100)]))]);
        assert_eq!((profile.least.as_deref(), profile.most.as_deref()), (Some("-3"), Some("100")));
        assert_eq!((profile.distinct, profile.mean_bytes), (3, None));
        let nothing = profiled(&[Arc::new(Int32Array::from(vec![None, None]))]);
        assert_eq!((nothing.missing, nothing.distinct, nothing.least, nothing.frequent), (2, 0, None, Vec::new()));
    }
}
