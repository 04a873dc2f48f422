//! One Parquet file of a graph table, counted and hashed as it is written.
//!
//! In: pieces of rows, each a whole part of a row group. Out: a file that is synced, with its rows, bytes and SHA-256 for the
//! manifest. It must never write over a file that is there, and never report one that has not reached the disk.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::{FieldRef, SchemaRef};
use parquet::arrow::ArrowSchemaConverter;
use parquet::arrow::arrow_writer::{ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterPropertiesPtr;
use parquet::file::writer::SerializedFileWriter;
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use crate::graph_table::manifest::TableFile;

/// Rows of a row group: large enough to compress well, small enough that one in progress for every table fits easily.
const ROW_GROUP_ROWS: usize = 131_072;

/// A Parquet file being written.
pub(super) struct OpenFile {
    name: String,
    pub(super) path: PathBuf,
    writer: SerializedFileWriter<HashingFile>,
    factory: ArrowRowGroupWriterFactory,
    columns: Vec<ArrowColumnWriter>,
    row_group_rows: usize,
    /// Row groups that are complete.
    pub(super) row_groups: usize,
    rows: u64,
}

impl OpenFile {
    /// Creates a file that is not there yet, and the folder that it lies in. `name` is its path as the manifest gives it.
    pub(super) fn create(
        name: String,
        path: &Path,
        schema: &SchemaRef,
        properties: &WriterPropertiesPtr,
    ) -> Result<Self, ParquetError> {
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        let file = HashingFile::create(path)?;
        let root = ArrowSchemaConverter::new().convert(schema)?.root_schema_ptr();
        let writer = SerializedFileWriter::new(file, root, Arc::clone(properties))?;
        let factory = ArrowRowGroupWriterFactory::new(&writer, Arc::clone(schema));
        let columns = factory.create_column_writers(0)?;
        Ok(Self { name, path: path.to_owned(), writer, factory, columns, row_group_rows: 0, row_groups: 0, rows: 0 })
    }

    /// Encodes a piece, all columns at once, and closes the row group that it fills.
    pub(super) fn write(&mut self, batch: &RecordBatch, schema: &SchemaRef) -> Result<(), ParquetError> {
        let encode = |(writer, (array, field)): (&mut ArrowColumnWriter, (&ArrayRef, &FieldRef))| {
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

    /// Writes the footer and syncs the file.
    pub(super) fn finish(mut self) -> Result<TableFile, ParquetError> {
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
