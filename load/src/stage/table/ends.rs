//! Relationships whose ends may not exist: their rows are written apart during the scan, and kept or dropped once all nodes are known.

use std::fs;
use std::ops::Range;
use std::path::Path;

use arrow::array::{BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use hashbrown::{HashMap, HashSet};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::graph_table::writer::{TableWriter, WrittenTable};
use crate::mapping::resolved::{EndCheck, RelationshipPlan};
use crate::stage::StageError;
use crate::stage::cell::Cells;
use crate::stage::group::{KeyHash, encoded_key_hash};
use crate::stage::record::encoded;
use crate::stage::value::Value;

/// Whether an end of these relationships can be judged after the scan only.
pub(super) fn must_be_checked(plan: &RelationshipPlan) -> bool {
    plan.start_check == EndCheck::AfterScan || plan.end_check == EndCheck::AfterScan
}

/// Knows which ends of a relationship table exist.
pub(super) struct Ends<'k> {
    plan: &'k RelationshipPlan,
    keys: &'k HashMap<usize, HashSet<KeyHash>>,
}

impl<'k> Ends<'k> {
    /// With the hashes of the keys of those node tables, by place, that are asked for.
    pub(super) fn new(plan: &'k RelationshipPlan, keys: &'k HashMap<usize, HashSet<KeyHash>>) -> Self {
        Self { plan, keys }
    }

    /// Whether the nodes at both ends exist, as far as they have to be judged here.
    pub(super) fn exist(&self, start: &[Value<'_>], end: &[Value<'_>]) -> bool {
        let known = |check: EndCheck, table: usize, key: &[Value<'_>]| {
            check != EndCheck::AfterScan
                || self.keys.get(&table).is_some_and(|keys| keys.contains(&encoded_key_hash(&encoded(key))))
        };
        known(self.plan.start_check, self.plan.start_table, start)
            && known(self.plan.end_check, self.plan.end_table, end)
    }
}

/// Reads an unchecked table again, writes the rows of which both ends exist, and counts the others.
pub(super) fn checked(
    unchecked: &WrittenTable,
    dir: &Path,
    mut writer: TableWriter,
    ends: &Ends<'_>,
) -> Result<(WrittenTable, u64), StageError> {
    let starts = ends.plan.start.key.len();
    let all_ends = starts + ends.plan.end.key.len();
    let mut without_end = 0;
    for file in &unchecked.files {
        let path = dir.join(&file.file);
        let fault = |source| StageError::ReadPart { path: path.clone(), source };
        let file = fs::File::open(&path).map_err(|error| fault(error.into()))?;
        let reader = ParquetRecordBatchReaderBuilder::try_new(file).map_err(fault)?.build().map_err(fault)?;
        for batch in reader {
            let batch = batch.map_err(|error| fault(error.into()))?;
            let keys = key_cells(&batch, 0..all_ends);
            let exist: BooleanArray = (0..batch.num_rows())
                .map(|row| {
                    let key: Vec<Value<'_>> = keys.iter().map(|cells| cells.value(row)).collect();
                    Some(ends.exist(&key[..starts], &key[starts..]))
                })
                .collect();
            without_end += (batch.num_rows() - exist.true_count()) as u64;
            let kept = filter_record_batch(&batch, &exist).map_err(|error| fault(error.into()))?;
            writer.append(&kept)?;
        }
        let _ = fs::remove_file(&path);
    }
    Ok((writer.finish()?, without_end))
}

fn key_cells(batch: &RecordBatch, columns: Range<usize>) -> Vec<Cells> {
    batch.columns()[columns].iter().map(|column| Cells::new(column).expect("graph tables hold plain types")).collect()
}

/// The hashes of the keys in these columns, row by row.
pub(super) fn key_hashes(batch: &RecordBatch, columns: Range<usize>) -> Vec<KeyHash> {
    let keys = key_cells(batch, columns);
    (0..batch.num_rows())
        .map(|row| {
            let key: Vec<Value<'_>> = keys.iter().map(|cells| cells.value(row)).collect();
            encoded_key_hash(&encoded(&key))
        })
        .collect()
}
