//! A batch: whole units of one table that go into one transaction.
//!
//! In: a run of units from the reader. Out: the rows to send, in an order in which two batches in flight never wait for each
//! other in a circle; halves of the batch; the batch without what is applied already. A unit is never split.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::compute::{SortColumn, lexsort_to_indices};
use arrow::util::display::array_value_to_string;

use crate::graph_table::reader::{Unit, UnitRun};
use crate::ledger::{AppliedUnit, RefusedRow};

/// A unit of a batch.
#[derive(Debug, Clone)]
pub struct BatchUnit {
    /// Number in its table.
    pub number: u32,
    /// Rows in it.
    pub rows: u32,
    /// Rows that are not sent, since the server refuses them.
    pub refused: Vec<RefusedRow>,
}

/// Whole units and their rows.
#[derive(Debug, Clone)]
pub struct Batch {
    /// The units.
    pub units: Vec<BatchUnit>,
    /// Their rows, one unit after the other.
    pub rows: RecordBatch,
    /// Units of the relationships that start at these nodes, where both are written together.
    pub attached: Vec<Attached>,
}

/// Units of a relationship table that follow those of a batch of nodes.
#[derive(Debug, Clone)]
pub struct Attached {
    /// Name of the table.
    pub table: Arc<str>,
    /// The units.
    pub units: Vec<BatchUnit>,
    /// For each of them, the unit of nodes that it follows.
    pub follows: Vec<u32>,
    /// Their rows, one unit after the other.
    pub rows: RecordBatch,
}

impl From<Unit> for BatchUnit {
    fn from(unit: Unit) -> Self {
        Self { number: unit.number, rows: unit.rows, refused: Vec::new() }
    }
}

impl From<UnitRun> for Batch {
    fn from(run: UnitRun) -> Self {
        Self { units: run.units.into_iter().map(BatchUnit::from).collect(), rows: run.rows, attached: Vec::new() }
    }
}

impl Attached {
    /// The units that follow those before `unit`, and the rest.
    fn split(&self, unit: u32) -> (Self, Self) {
        let units = self.follows.partition_point(|follows| *follows < unit);
        let rows: usize = self.units[..units].iter().map(|unit| unit.rows as usize).sum();
        let part = |units: Range<usize>, rows: RecordBatch| Self {
            table: Arc::clone(&self.table),
            units: self.units[units.clone()].to_vec(),
            follows: self.follows[units].to_vec(),
            rows,
        };
        let all = self.units.len();
        (part(0..units, self.rows.slice(0, rows)), part(units..all, self.rows.slice(rows, self.rows.num_rows() - rows)))
    }
}

impl Batch {
    /// The rows to send, sorted by the columns of the end node's key, if there is one: two batches share no start node, and
    /// when both lock end nodes in one order they may wait for each other, but never in a circle.
    pub fn order(&self, end_key: Option<Range<usize>>) -> Vec<u32> {
        let refused = self.refused_rows();
        let is_sent = |row: &u32| !refused.contains(row);
        let all = u32::try_from(self.rows.num_rows()).expect("a batch has fewer rows than 2^32");
        let Some(columns) = end_key else { return (0..all).filter(is_sent).collect() };
        let columns: Vec<SortColumn> = self.rows.columns()[columns]
            .iter()
            .map(|column| SortColumn { values: column.clone(), options: None })
            .collect();
        match lexsort_to_indices(&columns, None) {
            Ok(sorted) => sorted.values().iter().copied().filter(is_sent).collect(),
            // Only types that keys do not have cannot be sorted; then a deadlock costs a retry.
            Err(_) => (0..all).filter(is_sent).collect(),
        }
    }

    fn refused_rows(&self) -> Vec<u32> {
        let mut first = 0;
        let mut rows = Vec::new();
        for unit in &self.units {
            rows.extend(unit.refused.iter().map(|refused| first + refused.row));
            first += unit.rows;
        }
        rows
    }

    /// Marks a row as refused.
    pub fn refuse(&mut self, row: u32, reason: String) {
        let (index, row) = self.locate(row);
        self.units[index].refused.push(RefusedRow { row, reason });
    }

    /// The unit of a row, by its place among the units, and the row's place in it.
    pub fn locate(&self, row: u32) -> (usize, u32) {
        let mut left = row;
        for (index, unit) in self.units.iter().enumerate() {
            if left < unit.rows {
                return (index, left);
            }
            left -= unit.rows;
        }
        unreachable!("row {row} is beyond the batch")
    }

    /// Two halves; `None` for a single unit.
    pub fn split(&self) -> Option<(Self, Self)> {
        if self.units.len() < 2 {
            return None;
        }
        let (left, right) = self.units.split_at(self.units.len() / 2);
        let rows: usize = left.iter().map(|unit| unit.rows as usize).sum();
        let (before, after) = self.attached.iter().map(|attached| attached.split(right[0].number)).unzip();
        let first = Self { units: left.to_vec(), rows: self.rows.slice(0, rows), attached: before };
        let rest = self.rows.slice(rows, self.rows.num_rows() - rows);
        Some((first, Self { units: right.to_vec(), rows: rest, attached: after }))
    }

    /// The single units that are not among `applied`, each as a batch. Not for a batch of several tables.
    pub fn without(&self, applied: &[AppliedUnit]) -> Vec<Self> {
        let mut rest = Vec::new();
        let mut first = 0;
        for unit in &self.units {
            let rows = unit.rows as usize;
            if !applied.iter().any(|applied| applied.unit == unit.number) {
                let rows = self.rows.slice(first, rows);
                rest.push(Self { units: vec![unit.clone()], rows, attached: Vec::new() });
            }
            first += rows;
        }
        rest
    }

    /// What the ledger shall say of the units of a table, and of those that follow them.
    pub fn applied(&self, table: &str) -> Vec<AppliedUnit> {
        let unit = |table: &str, unit: &BatchUnit| AppliedUnit {
            table: table.to_owned(),
            unit: unit.number,
            rows: u64::from(unit.rows) - unit.refused.len() as u64,
            refused: unit.refused.clone(),
        };
        let attached =
            self.attached.iter().flat_map(|attached| attached.units.iter().map(|of| unit(&attached.table, of)));
        self.units.iter().map(|of| unit(table, of)).chain(attached).collect()
    }

    /// Rows of all tables.
    pub fn all_rows(&self) -> usize {
        self.rows.num_rows() + self.attached_rows()
    }

    /// Rows of the tables that follow.
    pub fn attached_rows(&self) -> usize {
        self.attached.iter().map(|attached| attached.rows.num_rows()).sum()
    }

    /// The units of all tables; `table` is the one of the batch itself.
    pub fn all_units<'a>(&'a self, table: &'a str) -> impl Iterator<Item = (&'a str, u32)> {
        let attached = self.attached.iter().flat_map(|own| own.units.iter().map(|unit| (&*own.table, unit.number)));
        self.units.iter().map(move |unit| (table, unit.number)).chain(attached)
    }

    /// Numbers of the units.
    pub fn numbers(&self) -> Vec<u32> {
        self.units.iter().map(|unit| unit.number).collect()
    }
}

/// The values of some columns of a row as one text that tells two keys apart.
pub fn key_text(columns: &[ArrayRef], row: usize) -> String {
    let mut text = String::new();
    for column in columns {
        let value = array_value_to_string(column, row).unwrap_or_default();
        text.push_str(&format!("{}:{value}", value.len()));
    }
    text
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Int64Array, StringArray};

    use super::*;
    use crate::graph_table::reader::Unit;

    fn batch() -> Batch {
        let starts: ArrayRef = Arc::new(StringArray::from(vec!["a", "a", "b", "c", "d", "d"]));
        let ends: ArrayRef = Arc::new(StringArray::from(vec!["z", "x", "y", "x", "z", "w"]));
        let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(0..6));
        let rows = RecordBatch::try_from_iter([("source.k", starts), ("target.k", ends), ("rel.n", numbers)]).unwrap();
        let units = [(4, 2), (5, 1), (9, 3)].map(|(number, rows)| Unit { number, rows });
        Batch::from(UnitRun { units: units.to_vec(), rows })
    }

    #[test]
    fn rows_are_sent_sorted_by_the_end_key_without_the_refused_ones() {
        let mut batch = batch();
        let order = batch.order(Some(1..2));
        let ends: Vec<u32> = order.iter().map(|row| [3, 1, 2, 1, 3, 0][*row as usize]).collect();
        assert_eq!(ends, [0, 1, 1, 2, 3, 3]);
        batch.refuse(3, "no".into());
        assert_eq!(batch.units[2].refused, [RefusedRow { row: 0, reason: "no".into() }]);
        assert_eq!(batch.order(None), [0, 1, 2, 4, 5]);
        assert_eq!(batch.applied("T")[2].rows, 2);
    }

    #[test]
    fn halves_and_rests_hold_whole_units() {
        let batch = batch();
        let (left, right) = batch.split().unwrap();
        assert_eq!((left.numbers(), left.rows.num_rows()), (vec![4], 2));
        assert_eq!((right.numbers(), right.rows.num_rows()), (vec![5, 9], 4));
        assert!(left.split().is_none());
        let applied = AppliedUnit { table: "T".into(), unit: 5, rows: 1, refused: Vec::new() };
        let rest: Vec<_> = batch.without(&[applied]).iter().map(|b| (b.numbers(), b.rows.num_rows())).collect();
        assert_eq!(rest, [(vec![4], 2), (vec![9], 3)]);
    }
}
