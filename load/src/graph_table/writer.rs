//! Writes one graph table: record batches in table order come in, Parquet files and the cut into units go out.
//!
//! Row groups, files and units are cut by the rows alone, never by how the rows arrive: the same rows give the same bytes
//! however many threads made them. Columns are encoded in parallel. It must never reorder a row.

mod file;
mod unit;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use arrow::datatypes::SchemaRef;
use parquet::arrow::add_encoded_arrow_schema_to_metadata;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesPtr, WriterVersion};
use parquet::schema::types::ColumnPath;

use super::manifest::TableFile;
use file::OpenFile;
use unit::UnitCutter;
pub use unit::{NumberedKeys, Walk};

/// Rows handed to the encoders at once. They end pages where a piece ends, so pieces have to be cut by the rows too; a row
/// group is a whole number of pieces.
const PIECE_ROWS: usize = 8_192;
/// Row groups of a file: a file then stays below some 500 MB and readers can share a table by files.
const FILE_ROW_GROUPS: usize = 16;

/// Why a graph table could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write graph table file {}", path.display())]
pub struct WriteTableError {
    /// The file.
    pub path: PathBuf,
    /// The cause.
    #[source]
    pub source: ParquetError,
}

/// What was written of one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenTable {
    /// Rows in all files.
    pub rows: u64,
    /// The files, in table order.
    pub files: Vec<TableFile>,
    /// Rows of each unit.
    pub unit_rows: Vec<u32>,
    /// For each unit the one of its start nodes, where the table was written along theirs.
    pub start_units: Option<Vec<u32>>,
}

/// Writer of one table.
pub struct TableWriter {
    dir: PathBuf,
    /// `nodes/Learner`: files are `<stem>-00000.parquet` below `dir`.
    stem: String,
    schema: SchemaRef,
    properties: WriterPropertiesPtr,
    open: Option<OpenFile>,
    files: Vec<TableFile>,
    file_row_groups: usize,
    /// Rows on their way to the encoders, fewer than a piece.
    pending: Vec<RecordBatch>,
    pending_rows: usize,
    units: UnitCutter,
    rows: u64,
}

impl TableWriter {
    /// A writer of the table `stem` (for example `nodes/Learner`) below `dir`. The first `owner_columns` columns tell which
    /// start node a row belongs to: rows equal in them stand together and share a unit; 0 where every row is its own.
    pub fn new(dir: &Path, stem: &str, schema: SchemaRef, owner_columns: usize) -> Self {
        let mut properties = WriterProperties::builder()
            .set_writer_version(WriterVersion::PARQUET_2_0)
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(1).expect("1 is a level of zstd")))
            .set_created_by("rowgraph graph tables".to_owned())
            .set_statistics_enabled(EnabledStatistics::None);
        // The key of a node table, and the start of a relationship, hardly repeat: a dictionary would only be thrown away.
        let unique = owner_columns.max(1);
        for field in schema.fields().iter().take(unique) {
            properties = properties.set_column_dictionary_enabled(ColumnPath::from(field.name().as_str()), false);
        }
        let mut properties = properties.build();
        add_encoded_arrow_schema_to_metadata(&schema, &mut properties);
        Self {
            dir: dir.to_owned(),
            stem: stem.to_owned(),
            schema,
            properties: Arc::new(properties),
            open: None,
            files: Vec::new(),
            file_row_groups: FILE_ROW_GROUPS,
            pending: Vec::new(),
            pending_rows: 0,
            units: UnitCutter::new(owner_columns),
            rows: 0,
        }
    }

    /// The same, with all rows in one file of just this name.
    #[must_use]
    pub fn in_one_file(mut self) -> Self {
        self.file_row_groups = usize::MAX;
        self
    }

    /// The same for relationships that come in the order of their start nodes, each time with these.
    #[must_use]
    pub fn along_start_nodes(mut self, owner_columns: usize) -> Self {
        self.units = UnitCutter::along(owner_columns);
        self
    }

    /// Appends rows. Columns as in the schema.
    ///
    /// # Errors
    /// When the file cannot be written, a full disk among the causes.
    pub fn append(&mut self, batch: &RecordBatch) -> Result<(), WriteTableError> {
        self.units.push(batch, None);
        self.write(batch)
    }

    /// Appends relationships of the start nodes that come with them.
    ///
    /// # Errors
    /// As above.
    pub fn append_along(&mut self, batch: &RecordBatch, starts: &mut Walk<'_>) -> Result<(), WriteTableError> {
        self.units.push(batch, Some(starts));
        self.write(batch)
    }

    /// Cuts nodes into units and keeps their keys: to be told to [`TableWriter::append_along`] of their relationships. The
    /// nodes still have to be appended by [`TableWriter::append_numbered`].
    pub fn number(&mut self, batch: &RecordBatch, key_columns: usize, keys: &mut NumberedKeys) {
        let units = self.units.number(batch);
        keys.push(&batch.columns()[..key_columns], units);
    }

    /// Appends nodes that were numbered.
    ///
    /// # Errors
    /// As above.
    pub fn append_numbered(&mut self, batch: &RecordBatch) -> Result<(), WriteTableError> {
        self.write(batch)
    }

    fn write(&mut self, batch: &RecordBatch) -> Result<(), WriteTableError> {
        self.rows += batch.num_rows() as u64;
        let mut from = 0;
        while from < batch.num_rows() {
            let rows = (batch.num_rows() - from).min(PIECE_ROWS - self.pending_rows);
            self.pending.push(batch.slice(from, rows));
            self.pending_rows += rows;
            from += rows;
            if self.pending_rows == PIECE_ROWS {
                self.write_piece()?;
            }
        }
        Ok(())
    }

    /// Encodes what is pending.
    fn write_piece(&mut self) -> Result<(), WriteTableError> {
        let pending = std::mem::take(&mut self.pending);
        self.pending_rows = 0;
        if pending.is_empty() {
            return Ok(());
        }
        let open = match self.open.take() {
            Some(open) => self.open.insert(open),
            None => {
                let open = self.create_file()?;
                self.open.insert(open)
            }
        };
        let path = open.path.clone();
        let piece = concat_batches(&self.schema, &pending).map_err(ParquetError::from);
        let written = piece.and_then(|piece| open.write(&piece, &self.schema));
        written.map_err(|source| WriteTableError { path, source })?;
        if open.row_groups == self.file_row_groups {
            self.close_file()?;
        }
        Ok(())
    }

    /// Writes what is pending and syncs the files.
    ///
    /// # Errors
    /// As [`Self::append`].
    pub fn finish(mut self) -> Result<WrittenTable, WriteTableError> {
        self.write_piece()?;
        // A table without rows still has one file: its columns can then be seen, and readers find what they expect.
        if self.open.is_none() && self.files.is_empty() {
            let open = self.create_file()?;
            self.open = Some(open);
        }
        self.close_file()?;
        let (unit_rows, start_units) = self.units.finish();
        Ok(WrittenTable { rows: self.rows, files: self.files, unit_rows, start_units })
    }

    fn create_file(&self) -> Result<OpenFile, WriteTableError> {
        let name = match self.file_row_groups {
            usize::MAX => self.stem.clone(),
            _ => format!("{}-{:05}.parquet", self.stem, self.files.len()),
        };
        let path = self.dir.join(&name);
        OpenFile::create(name, &path, &self.schema, &self.properties).map_err(|source| WriteTableError { path, source })
    }

    fn close_file(&mut self) -> Result<(), WriteTableError> {
        if let Some(open) = self.open.take() {
            let path = open.path.clone();
            self.files.push(open.finish().map_err(|source| WriteTableError { path, source })?);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{ArrayRef, Int64Array, StringArray};
    use arrow::datatypes::{DataType, Field, Schema};

    fn batch(owners: &[&str], numbers: &[i64]) -> RecordBatch {
        let schema = Schema::new(vec![
            Field::new("source.key", DataType::Utf8, true),
            Field::new("rel.number", DataType::Int64, true),
        ]);
        let columns: Vec<ArrayRef> =
            vec![Arc::new(StringArray::from(owners.to_vec())), Arc::new(Int64Array::from(numbers.to_vec()))];
        RecordBatch::try_new(Arc::new(schema), columns).unwrap()
    }

    fn write(batches: &[RecordBatch], owner_columns: usize) -> WrittenTable {
        let dir = tempfile::tempdir().unwrap();
        let mut writer = TableWriter::new(dir.path(), "relationships/T", batches[0].schema(), owner_columns);
        for batch in batches {
            writer.append(batch).unwrap();
        }
        writer.finish().unwrap()
    }

    #[test]
    fn the_bytes_do_not_depend_on_how_rows_arrive() {
        let owners: Vec<String> = (0..300_000).map(|row| format!("owner {}", row / 3)).collect();
        let owners: Vec<&str> = owners.iter().map(String::as_str).collect();
        let numbers: Vec<i64> = (0..300_000).collect();
        let whole = batch(&owners, &numbers);
        let pieces: Vec<RecordBatch> =
            (0..300_000).step_by(7_001).map(|from| whole.slice(from, 7_001.min(300_000 - from))).collect();
        let one = write(&[whole], 1);
        assert_eq!(one.rows, 300_000);
        assert_eq!(one, write(&pieces, 1));
    }

    #[test]
    fn a_table_without_rows_has_one_file() {
        let written = write(&[batch(&[], &[])], 1);
        assert_eq!((written.rows, written.files.len(), written.unit_rows.len()), (0, 1, 0));
    }
}
