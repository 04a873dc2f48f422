//! One Parquet file, row group by row group.
//!
//! In: arrays of a batch, in row order. Out: a finished part. Columns are encoded in parallel as batches come, so that of an
//! open row group only its compressed pages are held; a row group is closed by us, by bytes of values, because the writer's
//! own limit counts encoded bytes. A failed write leaves no part.

mod properties;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow::array::ArrayRef;
use arrow::datatypes::SchemaRef;
use parquet::arrow::ArrowSchemaConverter;
use parquet::arrow::arrow_writer::{ArrowColumnChunk, ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterPropertiesPtr;
use parquet::file::writer::SerializedFileWriter;
use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, IntoParallelRefMutIterator, ParallelIterator};
use shared::snapshot::{Part, PartFile, SnapshotError};

pub use properties::decide_properties;

use crate::error::ExtractError;

/// A part that is being written.
pub struct PartWriter {
    file: SerializedFileWriter<PartFile>,
    row_groups: ArrowRowGroupWriterFactory,
    schema: SchemaRef,
    columns: Vec<ArrowColumnWriter>,
    group_bytes: u64,
    bytes: u64,
    rows: u64,
    first_row: u64,
    writing: Duration,
    name: Name,
}

/// What errors call the part.
#[derive(Clone)]
struct Name {
    part: String,
    path: PathBuf,
}

impl PartWriter {
    /// Starts a part whose first row has the ordinal `first_row`.
    ///
    /// # Errors
    /// When the head of the file cannot be written.
    pub fn new(
        file: PartFile,
        folder: &Path,
        schema: SchemaRef,
        properties: WriterPropertiesPtr,
        first_row: u64,
    ) -> Result<Self, ExtractError> {
        let name = Name { part: file.name().to_owned(), path: folder.join(file.name()) };
        let parquet_schema = ArrowSchemaConverter::new().convert(&schema).map_err(|error| name.failed(error))?;
        let file = SerializedFileWriter::new(file, parquet_schema.root_schema_ptr(), properties);
        let file = file.map_err(|error| name.failed(error))?;
        let row_groups = ArrowRowGroupWriterFactory::new(&file, Arc::clone(&schema));
        Ok(Self {
            file,
            row_groups,
            schema,
            columns: Vec::new(),
            group_bytes: 0,
            bytes: 0,
            rows: 0,
            first_row,
            writing: Duration::ZERO,
            name,
        })
    }

    /// Bytes of values so far.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Bytes of values in the open row group.
    pub fn group_bytes(&self) -> u64 {
        self.group_bytes
    }

    /// Adds `rows` rows of `bytes` bytes of values, each column on a thread of rayon's current pool.
    ///
    /// # Errors
    /// When a column cannot be encoded.
    pub fn write(&mut self, arrays: &[ArrayRef], rows: usize, bytes: u64) -> Result<(), ExtractError> {
        if self.columns.is_empty() {
            let group = self.file.flushed_row_groups().len();
            self.columns = self.row_groups.create_column_writers(group).map_err(|error| self.name.failed(error))?;
        }
        let encode =
            |((column, field), array): ((&mut ArrowColumnWriter, &Arc<arrow::datatypes::Field>), &ArrayRef)| {
                // A column without nested types is one leaf.
                compute_leaves(field, array)?.iter().try_for_each(|leaf| column.write(leaf))
            };
        let fields = self.schema.fields();
        let columns = self.columns.par_iter_mut().with_max_len(1).zip(fields.as_ref()).zip(arrays);
        columns.map(encode).collect::<Result<(), ParquetError>>().map_err(|error| self.name.failed(error))?;
        self.group_bytes += bytes;
        self.bytes += bytes;
        self.rows += rows as u64;
        Ok(())
    }

    /// Closes the open row group and writes it out.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn close_group(&mut self) -> Result<(), ExtractError> {
        let columns = std::mem::take(&mut self.columns);
        if columns.is_empty() {
            return Ok(());
        }
        self.group_bytes = 0;
        let close = |column: ArrowColumnWriter| column.close();
        let chunks: Result<Vec<ArrowColumnChunk>, _> = columns.into_par_iter().with_max_len(1).map(close).collect();
        let append = || {
            let mut group = self.file.next_row_group()?;
            chunks?.into_iter().try_for_each(|chunk| chunk.append_to_row_group(&mut group))?;
            group.close().map(drop)
        };
        let started = Instant::now();
        let appended = append();
        self.writing += started.elapsed();
        appended.map_err(|error| self.name.failed(error))
    }

    /// Ends the part: footer, sync, final name. Says how long the system took for it and all before.
    ///
    /// # Errors
    /// When the file cannot be written, synced or renamed.
    pub fn finish(mut self) -> Result<(Part, Duration), ExtractError> {
        self.close_group()?;
        let started = Instant::now();
        // Not `into_inner`: it hides behind a text of its own that the last bytes could not be written.
        self.file.finish().map_err(|error| self.name.failed(error))?;
        let part = self.file.inner_mut().finish(self.first_row, self.rows)?;
        Ok((part, self.writing + started.elapsed()))
    }
}

impl Name {
    /// A full disk reaches us wrapped by the Parquet writer.
    fn failed(&self, error: ParquetError) -> ExtractError {
        match error {
            ParquetError::External(inner) => match inner.downcast::<std::io::Error>() {
                Ok(source) => {
                    let source = *source;
                    SnapshotError::Write { action: "write part", path: self.path.clone(), source }.into()
                }
                Err(inner) => ExtractError::Encode { part: self.part.clone(), source: ParquetError::External(inner) },
            },
            source => ExtractError::Encode { part: self.part.clone(), source },
        }
    }
}
