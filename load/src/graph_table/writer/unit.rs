//! The cut into units: what one transaction writes at the least, and what the ledger remembers as done or not.
//!
//! In: the rows of a table, in table order. Out: how many rows each unit has. A unit ends by rows or by bytes, whichever comes
//! first. It must never split the rows of one start node: a start node with more rows than a unit makes a larger one.

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::DataType;

/// Rows of a unit at most: what a ledger node stands for, and the least that one transaction writes.
const UNIT_ROWS: u32 = 1_000;
/// Bytes of a unit at most, as counted by [`row_bytes`].
const UNIT_BYTES: usize = 1 << 20;

/// Cuts the rows of a table into units.
pub(super) struct UnitCutter {
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
    /// The first `owner_columns` columns tell which start node a row belongs to; 0 where every row is its own.
    pub(super) fn new(owner_columns: usize) -> Self {
        Self {
            owner_columns,
            owner: Vec::new(),
            unit: Extent::default(),
            group: Extent::default(),
            unit_rows: Vec::new(),
        }
    }

    /// Adds rows, however many at once.
    pub(super) fn push(&mut self, batch: &RecordBatch) {
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

    /// Rows of each unit.
    pub(super) fn finish(mut self) -> Vec<u32> {
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
    use std::sync::Arc;

    fn batch(owners: &[&str], numbers: &[i64]) -> RecordBatch {
        let schema = Schema::new(vec![
            Field::new("source.key", DataType::Utf8, true),
            Field::new("rel.number", DataType::Int64, true),
        ]);
        let columns: Vec<ArrayRef> =
            vec![Arc::new(StringArray::from(owners.to_vec())), Arc::new(Int64Array::from(numbers.to_vec()))];
        RecordBatch::try_new(Arc::new(schema), columns).unwrap()
    }

    fn units(batch: &RecordBatch, owner_columns: usize) -> Vec<u32> {
        let mut units = UnitCutter::new(owner_columns);
        units.push(batch);
        units.finish()
    }

    #[test]
    fn a_unit_never_splits_a_start_node() {
        let owners: Vec<String> = (0..2_500).map(|row| format!("owner {}", row / 7)).collect();
        let owners: Vec<&str> = owners.iter().map(String::as_str).collect();
        let numbers: Vec<i64> = (0..2_500).collect();
        let rows = batch(&owners, &numbers);
        assert_eq!(units(&rows, 1), [994, 994, 512]);
        assert_eq!(units(&rows, 0), [1_000, 1_000, 500]);
    }

    #[test]
    fn a_start_node_larger_than_a_unit_is_its_own_unit() {
        let owners: Vec<&str> =
            std::iter::repeat_n("a", 3).chain(std::iter::repeat_n("hub", 5_000)).chain(["z"]).collect();
        let numbers: Vec<i64> = (0..5_004).collect();
        assert_eq!(units(&batch(&owners, &numbers), 1), [3, 5_000, 1]);
    }
}
