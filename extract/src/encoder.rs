//! Batches in, parts out.
//!
//! In: row batches, in row order. Out: finished parts, the content digest, the counts of bad values. Columns are decoded and
//! encoded in parallel, and rows are hashed beside that; the order of rows never depends on timing. After a broken pass the
//! finished parts can be handed to the next encoder, which keeps those that the new pass repeats.

use std::fs::File;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::SchemaRef;
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterPropertiesPtr;
use rayon::ThreadPool;
use rayon::iter::{IndexedParallelIterator, IntoParallelRefIterator, IntoParallelRefMutIterator, ParallelIterator};
use shared::snapshot::{BadValues, ContentDigest, ContentHasher, Part, SnapshotError, Staging, Writing, value_bytes};
use shared::telemetry::{self, Event};

use crate::batch::{RowBatch, Spent};
use crate::column::{BadValue, Decoded, Tally, decode};
use crate::error::ExtractError;
use crate::layout::Layout;
use crate::part::{PartWriter, decide_properties};
use crate::plan::Cut;
use crate::reuse::{Kept, Mark, PassLog};
use crate::time_split::TimeSplit;

/// What a whole pass has given.
#[derive(Debug)]
pub struct Encoded {
    /// The parts, in row order.
    pub parts: Vec<Part>,
    /// Rows in them.
    pub rows: u64,
    /// Bytes of their values.
    pub source_bytes: u64,
    /// Values that could not be stored as they were.
    pub bad_values: Vec<BadValues>,
    /// The digest of all.
    pub content_digest: ContentDigest,
    /// How long was encoded and written.
    pub time: TimeSplit,
    /// Marks for another pass, should there have to be one.
    log: PassLog,
}

/// Encodes one pass over the table.
pub struct Encoder<'a> {
    layout: &'a Layout,
    cut: Cut,
    pool: &'a ThreadPool,
    staging: &'a Staging<Writing>,
    schema: SchemaRef,
    properties: Option<WriterPropertiesPtr>,
    writer: Option<PartWriter>,
    parts: Vec<Part>,
    kept: Option<Kept>,
    log: PassLog,
    content: ContentHasher,
    tallies: Vec<Tally>,
    rows: u64,
    source_bytes: u64,
    busy: Duration,
    writing: Duration,
}

impl<'a> Encoder<'a> {
    /// An encoder for a first pass, or for one more, with what the one before has left.
    pub fn new(layout: &'a Layout, cut: Cut, pool: &'a ThreadPool, staging: &'a Staging<Writing>, left: Left) -> Self {
        let Left { kept, log } = left;
        Self {
            layout,
            cut,
            pool,
            staging,
            schema: layout.schema(),
            properties: None,
            writer: None,
            parts: Vec::new(),
            kept,
            log,
            content: ContentHasher::new(&layout.manifest_columns()),
            tallies: vec![Tally::default(); layout.columns.len()],
            rows: 0,
            source_bytes: 0,
            busy: Duration::ZERO,
            writing: Duration::ZERO,
        }
    }

    /// Takes the next batch, and gives its memory back.
    ///
    /// # Errors
    /// When a value may not be stored, or a part cannot be written.
    pub fn take(&mut self, batch: RowBatch) -> Result<Spent, ExtractError> {
        let (pool, started) = (self.pool, Instant::now());
        let spent = pool.install(|| {
            let rows = batch.rows;
            let decoded = self.decode(batch)?;
            let arrays: Vec<ArrayRef> = decoded.iter().map(|column| Arc::clone(&column.array)).collect();
            self.take_arrays(&arrays, rows)?;
            drop(arrays);
            Ok(Spent(decoded.into_iter().map(Decoded::spend).collect()))
        });
        self.busy += started.elapsed();
        spent
    }

    fn take_arrays(&mut self, arrays: &[ArrayRef], rows: usize) -> Result<(), ExtractError> {
        let bytes = arrays.iter().map(value_bytes).sum();
        if self.properties.is_none() {
            self.properties = Some(decide_properties(&self.schema, arrays, self.cut.compression));
        }
        if self.kept.is_none() {
            self.open_if_closed()?;
            let Self { content, writer, .. } = self;
            let write = || writer.as_mut().map_or(Ok(()), |writer| writer.write(arrays, rows, bytes));
            let ((), written) = rayon::join(|| content.add(arrays), write);
            written?;
        } else {
            self.content.add(arrays);
            if self.agrees(rows) {
                self.count(rows, bytes);
                return if self.is_at_end_of_kept() { self.part_with_kept() } else { Ok(()) };
            }
            self.part_with_kept()?;
            self.write(arrays, rows, bytes)?;
        }
        self.count(rows, bytes);
        self.log.append(Mark { rows: self.rows, digest: self.content.digest() });
        self.close_what_is_full()
    }

    /// Ends a pass whose stream ended well.
    ///
    /// # Errors
    /// When the last part cannot be written.
    pub fn finish(mut self) -> Result<Encoded, ExtractError> {
        let (pool, started) = (self.pool, Instant::now());
        pool.install(|| {
            self.part_with_kept()?;
            if self.writer.is_none() && self.parts.is_empty() {
                // An empty table has one part all the same: it carries the schema.
                self.open_part(0)?;
            }
            self.finish_part()
        })?;
        self.busy += started.elapsed();
        let time = self.time();
        let columns = self.layout.columns.iter().zip(&self.tallies);
        Ok(Encoded {
            bad_values: columns.flat_map(|(column, tally)| tally.describe(&column.source.name)).collect(),
            parts: self.parts,
            rows: self.rows,
            source_bytes: self.source_bytes,
            content_digest: self.content.digest(),
            time,
            log: self.log,
        })
    }

    /// How long was encoded and written so far.
    pub fn time(&self) -> TimeSplit {
        let encoding = self.busy.saturating_sub(self.writing);
        TimeSplit { encoding, writing: self.writing, ..TimeSplit::default() }
    }

    /// Ends a pass that broke: what the next one may keep.
    pub fn give_up(self) -> Left {
        // While the passes agreed nothing was written, so all that was kept still stands.
        let parts = self.kept.map_or(self.parts, |kept| kept.parts);
        Left { kept: Kept::of(parts), log: self.log }
    }

    /// Rows taken so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Bytes of the values taken so far.
    pub fn source_bytes(&self) -> u64 {
        self.source_bytes
    }

    fn decode(&mut self, batch: RowBatch) -> Result<Vec<Decoded>, ExtractError> {
        let RowBatch { first_row, columns: cells, .. } = batch;
        let (layout, on_bad_value) = (self.layout, self.layout.on_bad_value);
        let columns = layout.columns.par_iter().with_max_len(1).zip(cells).zip(self.tallies.par_iter_mut());
        let decoded: Vec<Result<Decoded, BadValue>> =
            columns.map(|((column, cells), tally)| decode(column, cells, first_row, on_bad_value, tally)).collect();
        // The first by row, then by column, so that the same table always gives the same error.
        let bad =
            decoded.iter().zip(&layout.columns).filter_map(|(array, column)| Some((array.as_ref().err()?, column)));
        if let Some((bad, column)) = bad.min_by_key(|(bad, _)| bad.row) {
            return Err(ExtractError::BadValue {
                table: layout.table.clone(),
                column: column.source.name.clone(),
                row: bad.row,
                reason: bad.reason,
            });
        }
        Ok(decoded.into_iter().flatten().collect())
    }

    fn count(&mut self, rows: usize, bytes: u64) {
        self.rows += rows as u64;
        self.source_bytes += bytes;
    }

    /// Whether the pass before had the next `rows` rows, hashed already, at this place, in parts that were kept.
    fn agrees(&self, rows: usize) -> bool {
        let mark = Mark { rows: self.rows + rows as u64, digest: self.content.digest() };
        self.kept.as_ref().is_some_and(|kept| mark.rows <= kept.rows) && self.log.holds(mark)
    }

    fn is_at_end_of_kept(&self) -> bool {
        self.kept.as_ref().is_some_and(|kept| kept.rows == self.rows)
    }

    fn write(&mut self, arrays: &[ArrayRef], rows: usize, bytes: u64) -> Result<(), ExtractError> {
        self.open_if_closed()?;
        match &mut self.writer {
            Some(writer) => writer.write(arrays, rows, bytes),
            None => Ok(()),
        }
    }

    fn open_if_closed(&mut self) -> Result<(), ExtractError> {
        if self.writer.is_none() { self.open_part(self.rows) } else { Ok(()) }
    }

    fn open_part(&mut self, first_row: u64) -> Result<(), ExtractError> {
        let properties =
            self.properties.get_or_insert_with(|| decide_properties(&self.schema, &[], self.cut.compression));
        let file = self.staging.part(self.parts.len())?;
        let (schema, properties) = (Arc::clone(&self.schema), Arc::clone(properties));
        self.writer = Some(PartWriter::new(file, self.staging.path(), schema, properties, first_row)?);
        Ok(())
    }

    fn close_what_is_full(&mut self) -> Result<(), ExtractError> {
        let Some(writer) = &mut self.writer else { return Ok(()) };
        if writer.bytes() >= self.cut.part_bytes {
            return self.finish_part();
        }
        if writer.group_bytes() >= self.cut.row_group_bytes {
            writer.close_group()?;
        }
        Ok(())
    }

    fn finish_part(&mut self) -> Result<(), ExtractError> {
        if let Some(writer) = self.writer.take() {
            let (part, writing) = writer.finish()?;
            self.writing += writing;
            tracing::debug!("part {} is written: {} rows, {} bytes", part.file, part.rows, part.bytes);
            let Part { file, rows, first_row, bytes, .. } = &part;
            let table = &self.layout.table;
            telemetry::emit(&Event::PartWritten { table, file, rows: *rows, first_row: *first_row, bytes: *bytes });
            self.parts.push(part);
        }
        Ok(())
    }

    /// The passes agree up to here and no further: keeps the parts that lie before, and writes the head of the one that
    /// does not end here anew, from itself.
    fn part_with_kept(&mut self) -> Result<(), ExtractError> {
        let Some(kept) = self.kept.take() else { return Ok(()) };
        let here = self.rows;
        self.log.cut(here);
        let (whole, rest): (Vec<_>, Vec<_>) =
            kept.parts.into_iter().partition(|part| part.first_row + part.rows <= here);
        tracing::info!("{} of {} parts are kept from the pass before", whole.len(), whole.len() + rest.len());
        self.parts = whole;
        let mut rest = rest.into_iter();
        if let Some(part) = rest.next() {
            if part.first_row < here {
                self.copy_head(&part, here - part.first_row)?;
            } else {
                self.staging.remove_part(&part)?;
            }
        }
        rest.try_for_each(|part| self.staging.remove_part(&part))?;
        Ok(())
    }

    /// Writes the first `rows` rows of a part into a new one of the same name, which goes on from there.
    fn copy_head(&mut self, part: &Part, rows: u64) -> Result<(), ExtractError> {
        let path = self.staging.path().join(&part.file);
        let unreadable = |source: ParquetError| SnapshotError::PartUnreadable { path: path.clone(), source };
        let file = File::open(&path).map_err(|source| SnapshotError::Unreadable { path: path.clone(), source })?;
        let options = ArrowReaderOptions::new().with_schema(Arc::clone(&self.schema));
        let limit = usize::try_from(rows).unwrap_or(usize::MAX);
        let reader = ParquetRecordBatchReaderBuilder::try_new_with_options(file, options)
            .and_then(|builder| builder.with_batch_size(4096).with_limit(limit).build())
            .map_err(unreadable)?;
        self.open_part(part.first_row)?;
        for batch in reader {
            let batch: RecordBatch =
                batch.map_err(|source| ExtractError::Assemble { first_row: part.first_row, source })?;
            let bytes = batch.columns().iter().map(value_bytes).sum();
            self.write(batch.columns(), batch.num_rows(), bytes)?;
            self.close_what_is_full()?;
        }
        Ok(())
    }
}

/// What a pass leaves for the next; nothing, for the first.
#[derive(Default)]
pub struct Left {
    kept: Option<Kept>,
    log: PassLog,
}

impl Left {
    /// A whole pass, whose table has to be read again because another table of the same moment was not.
    pub fn of_whole(encoded: Encoded) -> Self {
        Self { kept: Kept::of(encoded.parts), log: encoded.log }
    }
}

#[cfg(test)]
mod tests;
