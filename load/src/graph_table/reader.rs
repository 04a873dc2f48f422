//! Reads one graph table unit by unit.
//!
//! In: the files of a table, the cut into units, and which units are applied already. Out: runs of whole units as record
//! batches, in table order, none of the applied ones. Only the pages that are needed are decoded, and no more than one run
//! is held. It must never split a unit.

use std::collections::VecDeque;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::concat_batches;
use arrow::datatypes::{Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use parquet::arrow::arrow_reader::{
    ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder, RowSelection, RowSelector,
};
use parquet::errors::ParquetError;

use super::manifest::{GraphTablesError, NodeTable, Property, QueryTable, RelationshipTable, TableFile};

/// Rows that are decoded at a time: a batch for the server takes one or two of these.
const DECODE_ROWS: usize = 8_192;

/// A whole unit of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unit {
    /// Number of the unit in its table, from 0.
    pub number: u32,
    /// Rows in it.
    pub rows: u32,
}

/// Some whole units of a table, in table order, with their rows.
#[derive(Debug, Clone)]
pub struct UnitRun {
    /// The units.
    pub units: Vec<Unit>,
    /// Their rows, one unit after the other.
    pub rows: RecordBatch,
}

/// Where a table is and how its columns look.
#[derive(Debug, Clone)]
pub struct TableSource {
    dir: PathBuf,
    files: Vec<TableFile>,
    unit_rows: Vec<u32>,
    schema: SchemaRef,
}

impl TableSource {
    /// A table of nodes below `dir`.
    pub fn of_nodes(dir: &Path, table: &NodeTable) -> Self {
        let schema = table.properties.iter().map(|property| field(&property.name, property)).collect();
        Self::new(dir, &table.files, &table.unit_rows, schema)
    }

    /// A table of relationships below `dir`.
    pub fn of_relationships(dir: &Path, table: &RelationshipTable) -> Self {
        let start = table.start.key.iter().map(|property| field(&format!("source.{}", property.name), property));
        let end = table.end.key.iter().map(|property| field(&format!("target.{}", property.name), property));
        let properties = table.properties.iter().map(|property| field(&format!("rel.{}", property.name), property));
        Self::new(dir, &table.files, &table.unit_rows, start.chain(end).chain(properties).collect())
    }

    /// A table of rows for a query below `dir`.
    pub fn of_query(dir: &Path, table: &QueryTable) -> Self {
        let schema = table.fields.iter().map(|property| field(&property.name, property)).collect();
        Self::new(dir, &table.files, &table.unit_rows, schema)
    }

    fn new(dir: &Path, files: &[TableFile], unit_rows: &[u32], fields: Vec<Field>) -> Self {
        Self {
            dir: dir.to_owned(),
            files: files.to_vec(),
            unit_rows: unit_rows.to_vec(),
            schema: Arc::new(Schema::new(fields)),
        }
    }

    /// The folder of the graph tables.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Number of units.
    pub fn units(&self) -> usize {
        self.unit_rows.len()
    }

    /// Reads the units for which `is_wanted` says so.
    pub fn read(&self, is_wanted: impl Fn(u32) -> bool) -> UnitReader {
        let mut units = VecDeque::new();
        let mut row = 0u64;
        for (number, rows) in (0u32..).zip(&self.unit_rows) {
            if is_wanted(number) {
                units.push_back((row, Unit { number, rows: *rows }));
            }
            row += u64::from(*rows);
        }
        UnitReader { source: self.clone(), units, next_file: 0, file_row: 0, open: None, pending: VecDeque::new() }
    }
}

fn field(name: &str, property: &Property) -> Field {
    property.kind.arrow_field(name.to_owned())
}

/// Hands out the wanted units of a table in order.
pub struct UnitReader {
    source: TableSource,
    /// Units still to come, with the ordinal of their first row.
    units: VecDeque<(u64, Unit)>,
    next_file: usize,
    /// Ordinal of the first row of `next_file`.
    file_row: u64,
    open: Option<(PathBuf, ParquetRecordBatchReader)>,
    /// Decoded rows that no run holds yet: the rows of `units`, from the first on.
    pending: VecDeque<RecordBatch>,
}

impl UnitReader {
    /// The next whole units: as many as fit into `max_rows` and `max_bytes`, at least one; `None` at the end.
    ///
    /// # Errors
    /// When a file cannot be read, or does not hold what the description says.
    pub fn next(&mut self, max_rows: usize, max_bytes: usize) -> Result<Option<UnitRun>, GraphTablesError> {
        let mut rows = 0;
        let has_room = |unit: Unit| {
            rows += unit.rows as usize;
            rows <= max_rows
        };
        self.next_with_room(has_room, max_bytes)
    }

    /// The next whole units: as long as `has_room`, which is asked about each in turn, and as fit into `max_bytes`; at least
    /// one; `None` at the end.
    ///
    /// # Errors
    /// As above.
    pub fn next_with_room(
        &mut self,
        mut has_room: impl FnMut(Unit) -> bool,
        max_bytes: usize,
    ) -> Result<Option<UnitRun>, GraphTablesError> {
        let mut units = Vec::new();
        let mut parts = Vec::new();
        let mut bytes = 0usize;
        while let Some((_, unit)) = self.units.front().copied() {
            let has_room = has_room(unit);
            if !units.is_empty() && !has_room {
                break;
            }
            let slices = self.rows_of(unit.rows as usize)?;
            let unit_bytes: usize = slices.iter().map(batch_bytes).sum();
            if !units.is_empty() && bytes + unit_bytes > max_bytes {
                // The unit opens the next run.
                for slice in slices.into_iter().rev() {
                    self.pending.push_front(slice);
                }
                break;
            }
            bytes += unit_bytes;
            parts.extend(slices);
            units.push(unit);
            self.units.pop_front();
        }
        if units.is_empty() {
            return Ok(None);
        }
        let rows = concat_batches(&self.source.schema, &parts).map_err(|error| self.mismatch(&error))?;
        Ok(Some(UnitRun { units, rows }))
    }

    /// The next units for whose numbers `is_in` holds, which may be none.
    ///
    /// # Errors
    /// As above.
    pub fn next_while(&mut self, is_in: impl Fn(u32) -> bool) -> Result<UnitRun, GraphTablesError> {
        let mut units = Vec::new();
        let mut parts = Vec::new();
        while let Some((_, unit)) = self.units.front().copied().filter(|(_, unit)| is_in(unit.number)) {
            parts.extend(self.rows_of(unit.rows as usize)?);
            units.push(unit);
            self.units.pop_front();
        }
        let rows = concat_batches(&self.source.schema, &parts).map_err(|error| self.mismatch(&error))?;
        Ok(UnitRun { units, rows })
    }

    /// The next `wanted` decoded rows.
    fn rows_of(&mut self, wanted: usize) -> Result<Vec<RecordBatch>, GraphTablesError> {
        let mut slices = Vec::new();
        let mut missing = wanted;
        while missing > 0 {
            let batch = match self.pending.pop_front() {
                Some(batch) => batch,
                None => self.decode()?,
            };
            if batch.num_rows() > missing {
                self.pending.push_front(batch.slice(missing, batch.num_rows() - missing));
                slices.push(batch.slice(0, missing));
                missing = 0;
            } else {
                missing -= batch.num_rows();
                slices.push(batch);
            }
        }
        Ok(slices)
    }

    /// Decodes the next rows that are wanted.
    fn decode(&mut self) -> Result<RecordBatch, GraphTablesError> {
        loop {
            if let Some((path, reader)) = &mut self.open {
                match reader.next() {
                    Some(Ok(batch)) if batch.num_rows() > 0 => {
                        let path = path.clone();
                        return self.conform(&batch, path);
                    }
                    Some(Ok(_)) => continue,
                    Some(Err(error)) => return Err(unreadable(path, error)),
                    None => self.open = None,
                }
            }
            self.open_next_file()?;
        }
    }

    fn open_next_file(&mut self) -> Result<(), GraphTablesError> {
        let Some(file) = self.source.files.get(self.next_file) else {
            let path = self.source.dir.clone();
            return Err(GraphTablesError::Damaged {
                path,
                what: "holds fewer rows than its description says".to_owned(),
            });
        };
        let (first, rows) = (self.file_row, file.rows);
        let path = self.source.dir.join(&file.file);
        self.next_file += 1;
        self.file_row += rows;
        let selection = self.selection(first, first + rows);
        if !selection.selects_any() {
            return Ok(());
        }
        let opened = File::open(&path).map_err(|source| GraphTablesError::Read { path: path.clone(), source })?;
        let reader = ParquetRecordBatchReaderBuilder::try_new(opened)
            .and_then(|builder| builder.with_batch_size(DECODE_ROWS).with_row_selection(selection).build());
        match reader {
            Ok(reader) => self.open = Some((path, reader)),
            Err(source) => return Err(GraphTablesError::Parquet { path, source }),
        }
        Ok(())
    }

    /// Which rows from `first` to before `end` belong to wanted units. Units before `first` may be pending still, or be in
    /// a run; they were selected in earlier files.
    fn selection(&self, first: u64, end: u64) -> RowSelection {
        let mut selectors = Vec::new();
        let mut at = first;
        for (unit_first, unit) in &self.units {
            let (from, to) = ((*unit_first).max(at), (unit_first + u64::from(unit.rows)).min(end));
            if *unit_first >= end {
                break;
            }
            if from >= to {
                continue;
            }
            if from > at {
                selectors.push(RowSelector::skip(usize::try_from(from - at).unwrap_or(usize::MAX)));
            }
            selectors.push(RowSelector::select(usize::try_from(to - from).unwrap_or(usize::MAX)));
            at = to;
        }
        if at < end {
            selectors.push(RowSelector::skip(usize::try_from(end - at).unwrap_or(usize::MAX)));
        }
        selectors.into()
    }

    /// The rows under the schema that the description gives; names and types must be the same.
    fn conform(&self, batch: &RecordBatch, path: PathBuf) -> Result<RecordBatch, GraphTablesError> {
        let found = batch.schema();
        let wanted = &self.source.schema;
        let is_same = found.fields().len() == wanted.fields().len()
            && found
                .fields()
                .iter()
                .zip(wanted.fields())
                .all(|(a, b)| a.name() == b.name() && a.data_type() == b.data_type());
        let conformed = is_same.then(|| RecordBatch::try_new(Arc::clone(wanted), batch.columns().to_vec()));
        match conformed {
            Some(Ok(batch)) => Ok(batch),
            Some(Err(error)) => Err(unreadable(&path, error)),
            None => {
                Err(GraphTablesError::Damaged { path, what: "has other columns than its description says".to_owned() })
            }
        }
    }

    fn mismatch(&self, error: &ArrowError) -> GraphTablesError {
        GraphTablesError::Damaged { path: self.source.dir.clone(), what: error.to_string() }
    }
}

fn unreadable(path: &Path, error: ArrowError) -> GraphTablesError {
    GraphTablesError::Parquet { path: path.to_owned(), source: ParquetError::External(Box::new(error)) }
}

/// Bytes that rows stand for in a message: text by its length, everything else by eight.
fn batch_bytes(batch: &RecordBatch) -> usize {
    let column_bytes = |column: &Arc<dyn Array>| match column.as_string_opt::<i32>() {
        Some(texts) => {
            let offsets = texts.value_offsets();
            let text = offsets.last().copied().unwrap_or_default() - offsets.first().copied().unwrap_or_default();
            usize::try_from(text).unwrap_or_default() + texts.len()
        }
        None => column.len() * 8,
    };
    batch.columns().iter().map(column_bytes).sum()
}

#[cfg(test)]
mod tests {
    use arrow::array::{ArrayRef, Int64Array, StringArray};

    use super::super::manifest::PropertyType;
    use super::*;
    use crate::graph_table::writer::TableWriter;

    /// A table of `rows` nodes with the keys `k0`, `k1` ... and their numbers.
    fn table(dir: &Path, rows: i64) -> NodeTable {
        let key = Property { name: "key".into(), kind: PropertyType::String };
        let number = Property { name: "number".into(), kind: PropertyType::Integer };
        let schema = Arc::new(Schema::new(vec![field("key", &key), field("number", &number)]));
        let keys: StringArray = (0..rows).map(|row| Some(format!("k{row}"))).collect();
        let columns: Vec<ArrayRef> = vec![Arc::new(keys), Arc::new(Int64Array::from_iter_values(0..rows))];
        let mut writer = TableWriter::new(dir, "nodes/N", Arc::clone(&schema), 0);
        writer.append(&RecordBatch::try_new(schema, columns).unwrap()).unwrap();
        let written = writer.finish().unwrap();
        NodeTable {
            table: "N".into(),
            labels: vec!["N".into()],
            key: vec!["key".into()],
            properties: vec![key, number],
            rows: written.rows,
            files: written.files,
            unit_rows: written.unit_rows,
        }
    }

    fn numbers(reader: &mut UnitReader, max_rows: usize, max_bytes: usize) -> Vec<(Vec<u32>, i64, i64)> {
        let mut runs = Vec::new();
        while let Some(run) = reader.next(max_rows, max_bytes).unwrap() {
            let numbers = run.rows.column(1).as_primitive::<arrow::datatypes::Int64Type>();
            let expected: u32 = run.units.iter().map(|unit| unit.rows).sum();
            assert_eq!(run.rows.num_rows(), expected as usize);
            let numbers_of_units = run.units.iter().map(|unit| unit.number).collect();
            runs.push((numbers_of_units, numbers.value(0), numbers.value(numbers.len() - 1)));
        }
        runs
    }

    #[test]
    fn runs_hold_whole_units_and_leave_out_the_applied_ones() {
        let dir = tempfile::tempdir().unwrap();
        let table = table(dir.path(), 10_500);
        let source = TableSource::of_nodes(dir.path(), &table);
        assert_eq!(source.units(), 11);
        let runs = numbers(&mut source.read(|unit| !matches!(unit, 0 | 3 | 4)), 3_000, usize::MAX);
        assert_eq!(runs, [(vec![1, 2, 5], 1_000, 5_999), (vec![6, 7, 8], 6_000, 8_999), (vec![9, 10], 9_000, 10_499)]);
        assert!(numbers(&mut source.read(|_| false), 3_000, usize::MAX).is_empty());
    }

    #[test]
    fn a_run_is_bounded_in_bytes_but_never_empty() {
        let dir = tempfile::tempdir().unwrap();
        let source = TableSource::of_nodes(dir.path(), &table(dir.path(), 3_000));
        let runs = numbers(&mut source.read(|_| true), 10_000, 1);
        assert_eq!(runs, [(vec![0], 0, 999), (vec![1], 1_000, 1_999), (vec![2], 2_000, 2_999)]);
    }

    #[test]
    fn a_table_in_many_files_reads_as_one() {
        let dir = tempfile::tempdir().unwrap();
        // Two files: the writer closes one after 16 row groups of 131,072 rows.
        let table = table(dir.path(), 2_200_000);
        assert_eq!(table.files.len(), 2);
        let source = TableSource::of_nodes(dir.path(), &table);
        let all = numbers(&mut source.read(|_| true), 20_000, usize::MAX);
        assert_eq!(all.len(), 110);
        assert_eq!((all[0].1, all[109].2), (0, 2_199_999));
        let last = numbers(&mut source.read(|unit| unit >= 2_097), 50_000, usize::MAX);
        assert_eq!((last[0].1, last.last().unwrap().2), (2_097_000, 2_199_999));
    }
}
