//! The scan of one table: row groups of the snapshot come in, the outputs of each go out in row order.
//!
//! A window of row groups is worked on at once, one a thread; what they make is handed on in row order before the next window
//! starts, so memory is bounded by the threads and the outcome does not depend on them.

use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::RecordBatch;
use bumpalo::Bump;
use hashbrown::HashMap;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder, RowSelection, RowSelector,
};
use rayon::prelude::*;
use shared::progress::Progress;
use shared::snapshot::SealedSnapshot;

use super::StageError;
use super::cell::Cells;
use super::field::{Row, Scope, compute};
use super::group::{Groups, KeyHash, key_hash};
use super::record::{Outputs, Recorder};
use super::setting::Setting;
use super::tally::Tally;
use super::value::Value;
use crate::mapping::resolved::{Origin, RecordPlan, TableScan, needed_slots};

/// Rows decoded at once: large enough to be fast, small enough that a batch of long texts stays far below 2 GiB.
const BATCH_ROWS: usize = 2_048;

/// The row groups of a snapshot.
pub struct SnapshotRows {
    parts: Vec<Arc<Part>>,
    groups: Vec<RowGroup>,
    /// Rows that are taken.
    pub rows: u64,
}

struct Part {
    path: PathBuf,
    metadata: ArrowReaderMetadata,
}

#[derive(Clone)]
struct RowGroup {
    part: Arc<Part>,
    index: usize,
    /// Rows before the first that is taken.
    skipped: u64,
    /// Place in the table of the first row that is taken.
    first_row: u64,
    /// Rows that are taken of it.
    rows: u64,
}

fn fault(path: &Path) -> impl Fn(parquet::errors::ParquetError) -> StageError + use<> {
    let path = path.to_owned();
    move |source| StageError::ReadPart { path: path.clone(), source }
}

impl SnapshotRows {
    /// Opens the parts of a snapshot; only the first `sample` rows are taken where that is given.
    pub fn open(snapshot: &SealedSnapshot, sample: Option<u64>) -> Result<Self, StageError> {
        Self::open_range(snapshot, 0..sample.unwrap_or(u64::MAX))
    }

    /// Opens the parts of a snapshot; only rows of this range are taken, each with its own place in the table.
    pub fn open_range(snapshot: &SealedSnapshot, range: Range<u64>) -> Result<Self, StageError> {
        let mut rows = Self { parts: Vec::new(), groups: Vec::new(), rows: 0 };
        let mut group_first = 0;
        for path in snapshot.part_paths() {
            let fault = fault(&path);
            let file = File::open(&path).map_err(|error| fault(error.into()))?;
            let metadata = ArrowReaderMetadata::load(&file, ArrowReaderOptions::default()).map_err(&fault)?;
            let part = Arc::new(Part { path, metadata });
            for (index, group) in part.metadata.metadata().row_groups().iter().enumerate() {
                let group_end = group_first + group.num_rows() as u64;
                let (first_row, end) = (group_first.max(range.start), group_end.min(range.end));
                if first_row < end {
                    let (part, skipped, taken) = (Arc::clone(&part), first_row - group_first, end - first_row);
                    rows.groups.push(RowGroup { part, index, skipped, first_row, rows: taken });
                    rows.rows += taken;
                }
                group_first = group_end;
            }
            rows.parts.push(part);
        }
        Ok(rows)
    }

    /// Reads columns of all rows that are taken, in order, and hands over each batch with its number of rows.
    pub fn read(
        &self,
        columns: &[String],
        mut take: impl FnMut(Vec<Cells>, usize) -> Result<(), StageError>,
    ) -> Result<(), StageError> {
        self.groups.iter().try_for_each(|group| group.read(columns, None, &mut take))
    }

    /// The columns, in order.
    pub fn schema(&self) -> Option<arrow::datatypes::SchemaRef> {
        self.parts.first().map(|part| Arc::clone(part.metadata.schema()))
    }
}

impl RowGroup {
    /// Reads columns of the row group, only the selected rows of it, and hands over each batch with its first row.
    fn read(
        &self,
        columns: &[String],
        selection: Option<Vec<RowSelector>>,
        mut take: impl FnMut(Vec<Cells>, usize) -> Result<(), StageError>,
    ) -> Result<(), StageError> {
        let fault = fault(&self.part.path);
        let file = File::open(&self.part.path).map_err(|error| fault(error.into()))?;
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.part.metadata.clone());
        let schema = self.part.metadata.schema();
        let roots: Vec<usize> = columns.iter().filter_map(|name| schema.index_of(name).ok()).collect();
        let mask = ProjectionMask::roots(builder.parquet_schema(), roots);
        let mut builder = builder
            .with_projection(mask)
            .with_row_groups(vec![self.index])
            .with_batch_size(BATCH_ROWS)
            .with_limit(self.rows as usize);
        if self.skipped > 0 || selection.is_some() {
            let skip = RowSelector::skip(self.skipped as usize);
            let taken = selection.unwrap_or_else(|| vec![RowSelector::select(self.rows as usize)]);
            let selectors: Vec<RowSelector> = std::iter::once(skip).chain(taken).collect();
            builder = builder.with_row_selection(RowSelection::from(selectors));
        }
        for batch in builder.build().map_err(&fault)? {
            let batch = batch.map_err(|error| fault(error.into()))?;
            take(cells(&batch, columns).map_err(|error| fault(error.into()))?, batch.num_rows())?;
        }
        Ok(())
    }
}

/// The columns of a batch in the order in which the mapping names them.
fn cells(batch: &RecordBatch, columns: &[String]) -> Result<Vec<Cells>, arrow::error::ArrowError> {
    columns
        .iter()
        .map(|name| {
            let column = batch.column_by_name(name);
            Cells::new(column.expect("the mapping was resolved against the columns of the snapshot"))
        })
        .collect()
}

/// The records of a table that more than one row makes, for each source that joins rows.
pub struct Joined {
    /// By place of the source; absent where it joins no rows.
    groups: Vec<Option<Groups>>,
    /// Rows that belong to the record of an earlier one.
    followers: Followers,
}

/// By row: the batch that it is in, and its place there.
type Followers = HashMap<u64, (Arc<Vec<Cells>>, usize)>;

impl Joined {
    /// Records with more than one row, and the rows that joined an earlier one.
    pub fn counts(&self) -> (u64, u64) {
        let counts = self.groups.iter().flatten().map(Groups::joined);
        counts.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
    }
}

/// The first pass: finds rows that belong together and reads those that come later than their record.
pub fn join_rows(
    rows: &SnapshotRows,
    scan: &TableScan,
    setting: &Setting<'_>,
    progress: &dyn Progress,
) -> Result<Joined, StageError> {
    let mut joined = Joined { groups: Vec::new(), followers: HashMap::new() };
    let mut followers: Vec<u64> = Vec::new();
    for plan in &scan.records {
        let Some(slot) = plan.group_by else {
            joined.groups.push(None);
            continue;
        };
        let needed = needed_slots(&plan.fields, 0, [slot]);
        let mut groups = Groups::default();
        for window in rows.groups.chunks(rayon::current_num_threads().max(1)) {
            let keys: Vec<Vec<Option<KeyHash>>> = window
                .par_iter()
                .map(|group| {
                    let keys = row_group_keys(group, scan, plan, slot, &needed, setting);
                    progress.advance(group.rows);
                    keys
                })
                .collect::<Result<_, _>>()?;
            for (group, keys) in window.iter().zip(keys) {
                groups.add(group.first_row, &keys);
            }
        }
        followers.extend(groups.followers());
        joined.groups.push(Some(groups));
    }
    followers.sort_unstable();
    followers.dedup();
    joined.followers = read_rows(rows, &scan.columns, &followers)?;
    Ok(joined)
}

fn row_group_keys(
    group: &RowGroup,
    scan: &TableScan,
    plan: &RecordPlan,
    slot: usize,
    needed: &[usize],
    setting: &Setting<'_>,
) -> Result<Vec<Option<KeyHash>>, StageError> {
    // Only the columns that the key needs are read; in their places among all columns stand any others.
    let read: Vec<usize> = needed
        .iter()
        .filter_map(|slot| match plan.fields[*slot].origin {
            Origin::Column { column, .. } => Some(column),
            _ => None,
        })
        .collect();
    let place = |column: usize| read.iter().position(|other| *other == column).unwrap_or(0);
    let columns: Vec<String> =
        (0..scan.columns.len()).map(|column| scan.columns[read[place(column)]].clone()).collect();
    let mut keys = Vec::with_capacity(group.rows as usize);
    // Values that the key's steps throw away are counted, and their records rejected, by the second pass.
    let mut tally = Tally::new(setting.mapping.counters.len());
    let mut bump = Bump::new();
    group.read(&columns, None, |cells, rows| {
        for at in 0..rows {
            keys.push(row_key(&cells, at, plan, slot, needed, &bump, setting, &mut tally));
            tally.forget_faults();
            bump.reset();
        }
        Ok(())
    })?;
    Ok(keys)
}

#[expect(clippy::too_many_arguments, reason = "one row's key: a name for the whole would hide what it takes")]
fn row_key(
    cells: &[Cells],
    at: usize,
    plan: &RecordPlan,
    slot: usize,
    needed: &[usize],
    bump: &Bump,
    setting: &Setting<'_>,
    tally: &mut Tally,
) -> Option<KeyHash> {
    let mut own = vec![Value::Missing; plan.fields.len()];
    let row = Row { cells, at, ordinal: 0 };
    for field in needed {
        let scope = Scope { bump, row: Some(row), entry: None, own: &own, parent: &[], children: &[] };
        own[*field] = compute(&plan.fields[*field], &scope, setting, tally);
    }
    key_hash(own[slot])
}

/// Reads single rows, wherever they are.
fn read_rows(rows: &SnapshotRows, columns: &[String], wanted: &[u64]) -> Result<Followers, StageError> {
    let mut found = HashMap::with_capacity(wanted.len());
    for group in &rows.groups {
        let from = wanted.partition_point(|row| *row < group.first_row);
        let to = wanted.partition_point(|row| *row < group.first_row + group.rows);
        if from == to {
            continue;
        }
        let mut selectors = Vec::new();
        let mut next = group.first_row;
        for row in &wanted[from..to] {
            selectors.push(RowSelector::skip((row - next) as usize));
            selectors.push(RowSelector::select(1));
            next = row + 1;
        }
        let mut ordinals = wanted[from..to].iter();
        group.read(columns, Some(selectors), |cells, count| {
            let cells = Arc::new(cells);
            for (at, ordinal) in ordinals.by_ref().take(count).enumerate() {
                found.insert(*ordinal, (Arc::clone(&cells), at));
            }
            Ok(())
        })?;
    }
    Ok(found)
}

/// The second pass: makes what becomes of every record, and hands it over in row order.
pub fn scan_records(
    rows: &SnapshotRows,
    scan: &TableScan,
    joined: &Joined,
    recorder: &Recorder<'_>,
    progress: &dyn Progress,
    mut hand_over: impl FnMut(Vec<Outputs>) -> Result<(), StageError>,
) -> Result<(), StageError> {
    for window in rows.groups.chunks(rayon::current_num_threads().max(1)) {
        let outputs: Vec<Outputs> = window
            .par_iter()
            .map(|group| scan_row_group(group, scan, joined, recorder, progress))
            .collect::<Result<_, _>>()?;
        hand_over(outputs)?;
    }
    Ok(())
}

fn scan_row_group(
    group: &RowGroup,
    scan: &TableScan,
    joined: &Joined,
    recorder: &Recorder<'_>,
    progress: &dyn Progress,
) -> Result<Outputs, StageError> {
    let mut outputs = Outputs::new(recorder.setting.mapping);
    let mut bump = Bump::new();
    let mut ordinal = group.first_row;
    group.read(&scan.columns, None, |cells, count| {
        for at in 0..count {
            // A value that ends the load has been met: what comes after it does not matter any more.
            if outputs.tally.failure.is_some() {
                break;
            }
            for (plan, groups) in scan.records.iter().zip(&joined.groups) {
                one_record(
                    plan,
                    groups.as_ref(),
                    Row { cells: &cells, at, ordinal },
                    joined,
                    recorder,
                    &bump,
                    &mut outputs,
                );
                bump.reset();
            }
            ordinal += 1;
        }
        progress.advance(count as u64);
        Ok(())
    })?;
    Ok(outputs)
}

fn one_record(
    plan: &RecordPlan,
    groups: Option<&Groups>,
    row: Row<'_>,
    joined: &Joined,
    recorder: &Recorder<'_>,
    bump: &Bump,
    outputs: &mut Outputs,
) {
    let Some(groups) = groups else { return recorder.record(plan, &[row], bump, outputs) };
    if groups.follows(row.ordinal) {
        return;
    }
    let others = groups.others(row.ordinal);
    if others.is_empty() {
        return recorder.record(plan, &[row], bump, outputs);
    }
    let rows: Vec<Row<'_>> = std::iter::once(row)
        .chain(others.iter().map(|ordinal| {
            let (cells, at) = &joined.followers[ordinal];
            Row { cells, at: *at, ordinal: *ordinal }
        }))
        .collect();
    recorder.record(plan, &rows, bump, outputs);
}
