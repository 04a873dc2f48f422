//! The rows that the server refused, as a file: `<work>/runs/<run id>/server-rejects.parquet`.
//!
//! In: the units of the ledger that stand for refused rows. Out: one row each with table, row ordinal and reason, written and
//! synced before those ledger nodes go. The `rejects.parquet` of staging is never touched.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray, UInt64Array};
use parquet::arrow::ArrowWriter;

use super::error::WriteError;
use crate::graph_table::manifest::GraphManifest;
use crate::ledger::AppliedUnit;

/// Where the refused rows of a run go.
pub fn path(work: &Path, run: &str) -> PathBuf {
    work.join("runs").join(run).join("server-rejects.parquet")
}

/// Writes the file and returns the number of rows.
///
/// # Errors
/// When it cannot be written.
pub fn write(path: &Path, graph: &GraphManifest, units: &[AppliedUnit]) -> Result<u64, WriteError> {
    let fail = |source: io::Error| WriteError::Rejects { path: path.to_owned(), source };
    let mut rows: Vec<(&str, u64, &str)> = Vec::new();
    for unit in units {
        let Some(table) = graph.tables().find(|table| table.name() == unit.table) else { continue };
        let first: u64 = table.unit_rows().iter().take(unit.unit as usize).map(|rows| u64::from(*rows)).sum();
        rows.extend(
            unit.refused.iter().map(|refused| (table.name(), first + u64::from(refused.row), refused.reason.as_str())),
        );
    }
    rows.sort_unstable();
    let columns: [(&str, ArrayRef); 3] = [
        ("table", Arc::new(StringArray::from_iter_values(rows.iter().map(|row| row.0)))),
        ("row", Arc::new(UInt64Array::from_iter_values(rows.iter().map(|row| row.1)))),
        ("reason", Arc::new(StringArray::from_iter_values(rows.iter().map(|row| row.2)))),
    ];
    let write = || -> io::Result<()> {
        let batch = RecordBatch::try_from_iter(columns).map_err(io::Error::other)?;
        let folder = path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        // Complete under its name or not there at all.
        let staged = folder.join(".server-rejects.parquet");
        let mut writer = ArrowWriter::try_new(File::create(&staged)?, batch.schema(), None)?;
        writer.write(&batch)?;
        writer.into_inner()?.sync_all()?;
        fs::rename(&staged, path)?;
        File::open(folder)?.sync_all()
    };
    write().map_err(fail)?;
    Ok(rows.len() as u64)
}
