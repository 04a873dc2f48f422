//! Some columns of a graph table, batch by batch, and what its files say of their size.
//!
//! In: the files of a table and the places of the columns. Out: their values, in table order, until the reader has enough.
//! Nothing else is decoded, and one batch is held.

use std::fs::File;
use std::path::{Path, PathBuf};

use arrow::array::{Array, ArrayRef};
use arrow::error::ArrowError;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::errors::ParquetError;

use shared::instants::with_offset;

use crate::graph_table::manifest::TableFile;

/// Rows of a batch.
const BATCH_ROWS: usize = 1_024;

/// A file of a table could not be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {}", path.display())]
pub struct ColumnsError {
    path: PathBuf,
    #[source]
    source: ParquetError,
}

/// Hands batches of the columns at these places to `take`, in ascending order of place, until it says `false`.
///
/// # Errors
/// When a file cannot be read.
pub fn read(
    dir: &Path,
    files: &[TableFile],
    places: &[usize],
    mut take: impl FnMut(&[ArrayRef]) -> bool,
) -> Result<(), ColumnsError> {
    for file in files {
        let path = dir.join(&file.file);
        let batches = open(&path).and_then(|builder| {
            let mask = ProjectionMask::roots(builder.parquet_schema(), places.iter().copied());
            builder.with_projection(mask).with_batch_size(BATCH_ROWS).build()
        });
        let batches = batches.map_err(|source| ColumnsError { path: path.clone(), source })?;
        for batch in batches {
            let unreadable = |error: ArrowError| ColumnsError { path: path.clone(), source: error.into() };
            if !take(batch.map_err(unreadable)?.columns()) {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Bytes of each column before compression, over all files.
///
/// # Errors
/// When a file cannot be read.
pub fn sizes(dir: &Path, files: &[TableFile]) -> Result<Vec<u64>, ColumnsError> {
    let mut sizes: Vec<u64> = Vec::new();
    for file in files {
        let path = dir.join(&file.file);
        let builder = open(&path).map_err(|source| ColumnsError { path, source })?;
        for group in builder.metadata().row_groups() {
            sizes.resize(group.num_columns(), 0);
            for (size, column) in sizes.iter_mut().zip(group.columns()) {
                *size += u64::try_from(column.uncompressed_size()).unwrap_or_default();
            }
        }
    }
    Ok(sizes)
}

/// A value as people read it; nothing where it is missing.
pub fn text(column: &ArrayRef, row: usize) -> Option<String> {
    let (options, column) = (FormatOptions::default(), with_offset(column));
    let texts = ArrayFormatter::try_new(column.as_ref(), &options).ok()?;
    column.is_valid(row).then(|| texts.value(row).to_string())
}

fn open(path: &Path) -> Result<ParquetRecordBatchReaderBuilder<File>, ParquetError> {
    ParquetRecordBatchReaderBuilder::try_new(File::open(path)?)
}
