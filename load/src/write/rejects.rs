//! The rows that the server refused, as a file: `<work>/runs/<run id>/server-rejects.parquet`.
//!
//! In: the units of the ledger that stand for refused rows. Out: one row each with table, row ordinal and reason, written and
//! synced before those ledger nodes go. The `rejects.parquet` of staging is never touched.

use std::collections::{BTreeMap, HashSet};
use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, RecordBatch, StringArray, UInt64Array};
use arrow::datatypes::UInt64Type;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::errors::ParquetError;

use super::error::WriteError;
use crate::graph_table::manifest::{GraphManifest, GraphTablesError};
use crate::ledger::AppliedUnit;

/// Where the refused rows of a run go.
pub fn path(work: &Path, run: &str) -> PathBuf {
    work.join("runs").join(run).join("server-rejects.parquet")
}

/// Writes the file and returns the number of rows; without any, the file is removed.
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
        if rows.is_empty() {
            return match fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            };
        }
        let batch = RecordBatch::try_from_iter(columns).map_err(io::Error::other)?;
        let folder = path.parent().unwrap_or(Path::new("."));
        // The server's words may quote values: as private as the graph tables.
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
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

/// Ordinals of the refused rows of a run, by table; empty where there is no such file.
///
/// # Errors
/// When the file is there and cannot be read.
pub fn read(path: &Path) -> Result<BTreeMap<String, HashSet<u64>>, GraphTablesError> {
    let mut rows: BTreeMap<String, HashSet<u64>> = BTreeMap::new();
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(rows),
        Err(source) => return Err(GraphTablesError::Read { path: path.to_owned(), source }),
    };
    let fault = |source: ParquetError| GraphTablesError::Parquet { path: path.to_owned(), source };
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).and_then(|builder| builder.build()).map_err(fault)?;
    for batch in reader {
        let batch = batch.map_err(|error| fault(ParquetError::External(Box::new(error))))?;
        let columns = (batch.column_by_name("table"), batch.column_by_name("row"));
        let (Some(tables), Some(ordinals)) = columns else { continue };
        let (Some(tables), Some(ordinals)) = (tables.as_string_opt::<i32>(), ordinals.as_primitive_opt::<UInt64Type>())
        else {
            continue;
        };
        for (table, row) in tables.iter().flatten().zip(ordinals.iter().flatten()) {
            rows.entry(table.to_owned()).or_default().insert(row);
        }
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph_table::manifest::{Inputs, NodeTable, TableFile};
    use crate::ledger::RefusedRow;

    #[test]
    fn refused_rows_come_back_by_their_ordinals() {
        let nodes = NodeTable {
            table: "N".into(),
            labels: vec!["N".into()],
            key: Vec::new(),
            properties: Vec::new(),
            rows: 30,
            files: Vec::new(),
            unit_rows: vec![10, 10, 10],
        };
        let inputs = Inputs {
            sources: Vec::new(),
            mapping: String::new(),
            mapping_digest: String::new(),
            as_of: jiff::civil::date(2026, 11, 22),
            sample: None,
            rules_version: 1,
        };
        let graph = GraphManifest {
            format_version: 1,
            inputs,
            nodes: vec![nodes],
            relationships: Vec::new(),
            queries: Vec::new(),
            schema: Vec::new(),
            actions: Vec::new(),
            rejects: TableFile { file: String::new(), rows: 0, bytes: 0, sha256: String::new() },
            counts: BTreeMap::new(),
            notes: BTreeMap::new(),
        };
        let folder = tempfile::tempdir().unwrap();
        let path = path(folder.path(), "run");
        assert!(read(&path).unwrap().is_empty());
        let refused = |row| RefusedRow { row, reason: "too long".into() };
        let unit = AppliedUnit { table: "N".into(), unit: 2, rows: 8, refused: vec![refused(3), refused(9)] };
        assert_eq!(write(&path, &graph, &[unit]).unwrap(), 2);
        assert_eq!(read(&path).unwrap()["N"], HashSet::from([23, 29]));
    }
}
