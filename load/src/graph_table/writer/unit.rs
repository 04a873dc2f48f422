//! The cut into units: what one transaction writes at the least, and what the ledger remembers as done or not.
//!
//! In: the rows of a table, in table order. Out: how many rows each unit has. A unit ends by rows or by bytes, whichever comes
//! first. It must never split the rows of one start node: a start node with more rows than a unit makes a larger one. Where
//! start nodes come in the order of their own table, a unit ends with theirs, too, so that both can be written together.

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::DataType;

/// Rows of a unit at most: what a ledger node stands for, and the least that one transaction writes.
const UNIT_ROWS: u32 = 1_000;
/// Bytes of a unit at most, as counted by [`row_bytes`].
const UNIT_BYTES: usize = 1 << 20;

/// Keys of start nodes in table order, each with the number of its unit there.
#[derive(Default)]
pub struct NumberedKeys {
    /// Columns of the key, and the unit of each row.
    batches: Vec<(Vec<ArrayRef>, Vec<u32>)>,
}

impl NumberedKeys {
    pub(super) fn push(&mut self, key: &[ArrayRef], units: Vec<u32>) {
        self.batches.push((key.to_vec(), units));
    }

    /// From the first one on.
    pub fn walk(&self) -> Walk<'_> {
        Walk { keys: self, batch: 0, row: 0, key: Vec::new() }
    }
}

/// A way along start nodes that never goes back.
pub struct Walk<'k> {
    keys: &'k NumberedKeys,
    batch: usize,
    row: usize,
    key: Vec<u8>,
}

impl Walk<'_> {
    /// The unit of the start node with this key, if it is still to come.
    fn find(&mut self, wanted: &[u8]) -> Option<u32> {
        while let Some((columns, units)) = self.keys.batches.get(self.batch) {
            while let Some(unit) = units.get(self.row) {
                self.key.clear();
                for column in columns {
                    push_key(column, self.row, &mut self.key);
                }
                self.row += 1;
                if self.key == wanted {
                    return Some(*unit);
                }
            }
            self.batch += 1;
            self.row = 0;
        }
        None
    }
}

/// Cuts the rows of a table into units.
pub(super) struct UnitCutter {
    owner_columns: usize,
    /// Owner of the last row, where rows have one.
    owner: Vec<u8>,
    /// The unit being filled, and in it the rows of the last owner.
    unit: Extent,
    group: Extent,
    unit_rows: Vec<u32>,
    /// For each unit, the one of its start nodes, as long as all of them were found.
    start_units: Option<Vec<u32>>,
}

#[derive(Default, Clone, Copy)]
struct Extent {
    rows: u32,
    bytes: usize,
    /// The unit of its start nodes.
    start_unit: u32,
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
            start_units: None,
        }
    }

    /// The same for rows whose start nodes are known when they come.
    pub(super) fn along(owner_columns: usize) -> Self {
        Self { start_units: Some(Vec::new()), ..Self::new(owner_columns) }
    }

    /// Adds rows of which each is its own, and tells the unit of each.
    pub(super) fn number(&mut self, batch: &RecordBatch) -> Vec<u32> {
        let sizes = row_bytes(batch).into_iter();
        sizes
            .map(|bytes| {
                self.group = Extent { rows: 1, bytes, start_unit: 0 };
                self.close_group();
                self.unit_rows.len() as u32
            })
            .collect()
    }

    /// Adds rows, however many at once; `starts` are the start nodes that came with them.
    pub(super) fn push(&mut self, batch: &RecordBatch, mut starts: Option<&mut Walk<'_>>) {
        if self.owner_columns == 0 {
            self.number(batch);
            return;
        }
        let sizes = row_bytes(batch);
        let mut key = Vec::new();
        for (row, bytes) in sizes.into_iter().enumerate() {
            key.clear();
            for column in batch.columns().iter().take(self.owner_columns) {
                push_key(column, row, &mut key);
            }
            if key != self.owner || self.group.rows == 0 {
                self.close_group();
                std::mem::swap(&mut key, &mut self.owner);
                self.group.start_unit = self.find(starts.as_deref_mut());
            }
            self.group.rows += 1;
            self.group.bytes += bytes;
        }
    }

    /// The unit of the start node whose rows begin. Once one is not found, the table follows none.
    fn find(&mut self, starts: Option<&mut Walk<'_>>) -> u32 {
        if self.start_units.is_none() {
            return 0;
        }
        let found = starts.and_then(|starts| starts.find(&self.owner));
        if found.is_none() {
            self.start_units = None;
        }
        found.unwrap_or_default()
    }

    /// The rows of one owner are complete: they join the unit being filled if they fit, else they start the next one.
    fn close_group(&mut self) {
        let group = std::mem::take(&mut self.group);
        if group.rows == 0 {
            return;
        }
        let fits = self.unit.rows + group.rows <= UNIT_ROWS
            && self.unit.bytes + group.bytes <= UNIT_BYTES
            && self.unit.start_unit == group.start_unit;
        if !fits {
            self.close_unit();
        }
        self.unit.rows += group.rows;
        self.unit.bytes += group.bytes;
        self.unit.start_unit = group.start_unit;
    }

    fn close_unit(&mut self) {
        let unit = std::mem::take(&mut self.unit);
        if unit.rows > 0 {
            self.unit_rows.push(unit.rows);
            if let Some(start_units) = &mut self.start_units {
                start_units.push(unit.start_unit);
            }
        }
    }

    /// Rows of each unit, and the units of their start nodes.
    pub(super) fn finish(mut self) -> (Vec<u32>, Option<Vec<u32>>) {
        self.close_group();
        self.close_unit();
        (self.unit_rows, self.start_units)
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
        units.push(batch, None);
        units.finish().0
    }

    #[test]
    fn a_unit_ends_with_that_of_its_start_nodes() {
        let nodes: Vec<String> = (0..2_500).map(|node| format!("node {node}")).collect();
        let nodes: Vec<&str> = nodes.iter().map(String::as_str).collect();
        let mut cutter = UnitCutter::new(0);
        let units = cutter.number(&batch(&nodes, &vec![0; 2_500]));
        assert_eq!((units[999], units[1_000], units[2_499]), (0, 1, 2));
        assert_eq!(cutter.finish().0, [1_000, 1_000, 500]);
        let mut keys = NumberedKeys::default();
        keys.push(&batch(&nodes, &vec![0; 2_500]).columns()[..1], units);

        // Each third node has two rows, in two batches of which the second goes on with the first one's last node.
        let owners: Vec<&str> = nodes.iter().step_by(3).flat_map(|node| [*node, *node]).collect();
        let (first, second) = owners.split_at(801);
        let mut cutter = UnitCutter::along(1);
        let mut walk = keys.walk();
        for part in [first, second] {
            cutter.push(&batch(part, &vec![0; part.len()]), Some(&mut walk));
        }
        // 334 of the first thousand nodes are thirds, 333 of the second, 167 of the last 500.
        assert_eq!(cutter.finish(), (vec![668, 666, 334], Some(vec![0, 1, 2])));

        let mut cutter = UnitCutter::along(1);
        cutter.push(&batch(&["node 7", "node 5"], &[0, 0]), Some(&mut keys.walk()));
        assert_eq!(cutter.finish(), (vec![2], None), "node 5 has passed by");
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
