//! Writes one graph table: record batches in table order come in, Parquet files and the cut into units go out.
//!
//! Row groups, files and units are cut by the rows alone, never by how the rows arrive: the same rows give the same bytes
//! however many threads made them. Columns are encoded in parallel. It must never reorder a row.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::concat_batches;
use arrow::datatypes::{DataType, SchemaRef};
use parquet::arrow::arrow_writer::{ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves};
use parquet::arrow::{ArrowSchemaConverter, add_encoded_arrow_schema_to_metadata};
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesPtr, WriterVersion};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::ColumnPath;
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::manifest::TableFile;

/// Rows of a row group: large enough to compress well, small enough that one in progress for every table fits easily.
const ROW_GROUP_ROWS: usize = 131_072;
/// Rows handed to the encoders at once. They end pages where a piece ends, so pieces have to be cut by the rows too; a row
/// group is a whole number of pieces.
const PIECE_ROWS: usize = 8_192;
/// Row groups of a file: a file then stays below some 500 MB and readers can share a table by files.
const FILE_ROW_GROUPS: usize = 16;
/// Rows of a unit at most: what a ledger node stands for, and the least that one transaction writes.
const UNIT_ROWS: u32 = 1_000;
/// Bytes of a unit at most, as counted by [`row_bytes`].
const UNIT_BYTES: usize = 1 << 20;

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

struct OpenFile {
    name: String,
    path: PathBuf,
    writer: SerializedFileWriter<HashingFile>,
    factory: ArrowRowGroupWriterFactory,
    columns: Vec<ArrowColumnWriter>,
    row_group_rows: usize,
    row_groups: usize,
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

    /// Appends rows. Columns as in the schema.
    ///
    /// # Errors
    /// When the file cannot be written, a full disk among the causes.
    pub fn append(&mut self, batch: &RecordBatch) -> Result<(), WriteTableError> {
        self.units.push(batch);
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
        Ok(WrittenTable { rows: self.rows, files: self.files, unit_rows: self.units.finish() })
    }

    fn create_file(&self) -> Result<OpenFile, WriteTableError> {
        let name = match self.file_row_groups {
            usize::MAX => self.stem.clone(),
            _ => format!("{}-{:05}.parquet", self.stem, self.files.len()),
        };
        let path = self.dir.join(&name);
        let open = || -> Result<OpenFile, ParquetError> {
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)?;
            }
            let file = HashingFile::create(&path)?;
            let root = ArrowSchemaConverter::new().convert(&self.schema)?.root_schema_ptr();
            let writer = SerializedFileWriter::new(file, root, Arc::clone(&self.properties))?;
            let factory = ArrowRowGroupWriterFactory::new(&writer, Arc::clone(&self.schema));
            let columns = factory.create_column_writers(0)?;
            Ok(OpenFile {
                name,
                path: path.clone(),
                writer,
                factory,
                columns,
                row_group_rows: 0,
                row_groups: 0,
                rows: 0,
            })
        };
        open().map_err(|source| WriteTableError { path: path.clone(), source })
    }

    fn close_file(&mut self) -> Result<(), WriteTableError> {
        if let Some(open) = self.open.take() {
            let path = open.path.clone();
            self.files.push(open.finish().map_err(|source| WriteTableError { path, source })?);
        }
        Ok(())
    }
}

impl OpenFile {
    fn write(&mut self, batch: &RecordBatch, schema: &SchemaRef) -> Result<(), ParquetError> {
        let encode =
            |(writer, (array, field)): (&mut ArrowColumnWriter, (&ArrayRef, &Arc<arrow::datatypes::Field>))| {
                compute_leaves(field, array)?.iter().try_for_each(|leaf| writer.write(leaf))
            };
        let columns = batch.columns().par_iter().zip(schema.fields().par_iter());
        self.columns.par_iter_mut().zip(columns).try_for_each(encode)?;
        self.row_group_rows += batch.num_rows();
        self.rows += batch.num_rows() as u64;
        if self.row_group_rows == ROW_GROUP_ROWS {
            self.close_row_group()?;
            self.columns = self.factory.create_column_writers(self.row_groups)?;
        }
        Ok(())
    }

    fn close_row_group(&mut self) -> Result<(), ParquetError> {
        let chunks = std::mem::take(&mut self.columns)
            .into_par_iter()
            .map(ArrowColumnWriter::close)
            .collect::<Result<Vec<_>, _>>()?;
        let mut row_group = self.writer.next_row_group()?;
        for chunk in chunks {
            chunk.append_to_row_group(&mut row_group)?;
        }
        row_group.close()?;
        self.row_groups += 1;
        self.row_group_rows = 0;
        Ok(())
    }

    fn finish(mut self) -> Result<TableFile, ParquetError> {
        if self.row_group_rows > 0 {
            self.close_row_group()?;
        }
        let (bytes, sha256) = self.writer.into_inner()?.finish()?;
        Ok(TableFile { file: self.name, rows: self.rows, bytes, sha256 })
    }
}

/// A file that counts and hashes what is written to it.
struct HashingFile {
    file: BufWriter<File>,
    hash: Sha256,
    bytes: u64,
}

impl HashingFile {
    fn create(path: &Path) -> io::Result<Self> {
        let file = File::options().write(true).create_new(true).open(path)?;
        Ok(Self { file: BufWriter::with_capacity(1 << 20, file), hash: Sha256::new(), bytes: 0 })
    }

    fn finish(self) -> io::Result<(u64, String)> {
        let file = self.file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.sync_all()?;
        Ok((self.bytes, hex::encode(self.hash.finalize())))
    }
}

impl Write for HashingFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hash.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Cuts the rows of a table into units.
struct UnitCutter {
    owner_columns: usize,
    /// Owner of the last row, where rows have one.
    owner: Vec<u8>,
    /// The unit being filled, and in it the rows of the last owner.
    unit: Extent,
    group: Extent,
    unit_rows: Vec<u32>,
}

#[derive(Default, Clone, Copy)]
struct Extent {
    rows: u32,
    bytes: usize,
}

impl UnitCutter {
    fn new(owner_columns: usize) -> Self {
        Self {
            owner_columns,
            owner: Vec::new(),
            unit: Extent::default(),
            group: Extent::default(),
            unit_rows: Vec::new(),
        }
    }

    fn push(&mut self, batch: &RecordBatch) {
        let sizes = row_bytes(batch);
        let mut key = Vec::new();
        for (row, bytes) in sizes.into_iter().enumerate() {
            if self.owner_columns > 0 {
                key.clear();
                for column in batch.columns().iter().take(self.owner_columns) {
                    push_key(column, row, &mut key);
                }
                if key != self.owner {
                    self.close_group();
                    std::mem::swap(&mut key, &mut self.owner);
                }
            } else {
                self.close_group();
            }
            self.group.rows += 1;
            self.group.bytes += bytes;
        }
    }

    /// The rows of one owner are complete: they join the unit being filled if they fit, else they start the next one.
    fn close_group(&mut self) {
        let group = std::mem::take(&mut self.group);
        if group.rows == 0 {
            return;
        }
        let fits = self.unit.rows + group.rows <= UNIT_ROWS && self.unit.bytes + group.bytes <= UNIT_BYTES;
        if !fits && self.unit.rows > 0 {
            self.unit_rows.push(self.unit.rows);
            self.unit = Extent::default();
        }
        self.unit.rows += group.rows;
        self.unit.bytes += group.bytes;
    }

    fn finish(mut self) -> Vec<u32> {
        self.close_group();
        if self.unit.rows > 0 {
            self.unit_rows.push(self.unit.rows);
        }
        self.unit_rows
    }
}

/// Appends the value of a key column, so that different keys give different bytes.
fn push_key(column: &ArrayRef, row: usize, key: &mut Vec<u8>) {
    match column.data_type() {
        DataType::Boolean => key.push(u8::from(column.as_boolean().value(row))),
        DataType::Utf8 => {
            let text = column.as_string::<i32>().value(row);
            key.extend_from_slice(&(text.len() as u64).to_le_bytes());
            key.extend_from_slice(text.as_bytes());
        }
        _ => {
            let slice = column.slice(row, 1).to_data();
            for buffer in slice.buffers() {
                let width = column.data_type().primitive_width().unwrap_or(1);
                let at = slice.offset() * width;
                key.extend_from_slice(&buffer.as_slice()[at..at + width]);
            }
        }
    }
}

/// Bytes that each row stands for in a message to the server: text by its length, everything else by eight.
fn row_bytes(batch: &RecordBatch) -> Vec<usize> {
    let mut sizes = vec![0; batch.num_rows()];
    for column in batch.columns() {
        if let Some(texts) = column.as_string_opt::<i32>() {
            for (size, ends) in sizes.iter_mut().zip(texts.value_offsets().windows(2)) {
                *size += (ends[1] - ends[0]) as usize + 1;
            }
        } else {
            for (row, size) in sizes.iter_mut().enumerate() {
                *size += if column.is_null(row) { 1 } else { 8 };
            }
        }
    }
    sizes
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{Int64Array, StringArray};
    use arrow::datatypes::{Field, Schema};

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
    fn a_unit_never_splits_a_start_node() {
        let owners: Vec<String> = (0..2_500).map(|row| format!("owner {}", row / 7)).collect();
        let owners: Vec<&str> = owners.iter().map(String::as_str).collect();
        let numbers: Vec<i64> = (0..2_500).collect();
        let written = write(&[batch(&owners, &numbers)], 1);
        assert_eq!(written.unit_rows, [994, 994, 512]);
        assert_eq!(write(&[batch(&owners, &numbers)], 0).unit_rows, [1_000, 1_000, 500]);
    }

    #[test]
    fn a_start_node_larger_than_a_unit_is_its_own_unit() {
        let owners: Vec<&str> =
            std::iter::repeat_n("a", 3).chain(std::iter::repeat_n("hub", 5_000)).chain(["z"]).collect();
        let numbers: Vec<i64> = (0..5_004).collect();
        assert_eq!(write(&[batch(&owners, &numbers)], 1).unit_rows, [3, 5_000, 1]);
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
