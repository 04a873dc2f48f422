//! One table, looked at: a snapshot comes in, what its columns hold goes out.
//!
//! The first rows are read, column by column; of a larger table the rest is not, and the draft says so. What has to be asked
//! again is asked of the same rows: whether columns together tell rows apart, and whether values stand in a column, for
//! which that column is read to its end.

use bumpalo::Bump;
use hashbrown::HashSet;
use shared::progress::Progress;
use shared::snapshot::SealedSnapshot;

use super::column::{ColumnProfile, Holds, ValueHash, value_hash, value_of};
use crate::mapping::resolve::{ColumnKind, Columns};
use crate::stage::StageError;
use crate::stage::cell::{self, Cells};
use crate::stage::scan::SnapshotRows;

/// Rows that are looked at of each table: enough to tell columns by, and 60 columns of them take less than 100 MB.
pub const PROFILED_ROWS: u64 = 100_000;

/// A table and its columns.
#[derive(Debug)]
pub struct TableProfile {
    /// As a mapping names it.
    pub name: String,
    /// The table alone.
    pub table: String,
    /// Its newest snapshot.
    pub snapshot: SealedSnapshot,
    /// Rows of that.
    pub rows: u64,
    /// Rows that were looked at.
    pub seen: u64,
    /// The columns, in order.
    pub columns: Vec<ColumnProfile>,
}

/// Looks at a table.
///
/// # Errors
/// When its parts cannot be read.
pub fn profile(name: &str, snapshot: &SealedSnapshot, progress: &dyn Progress) -> Result<TableProfile, StageError> {
    let rows = SnapshotRows::open(snapshot, Some(PROFILED_ROWS))?;
    let schema = rows.schema();
    let kind = |column: &str| {
        let field = schema.as_ref().and_then(|schema| schema.field_with_name(column).ok());
        field.map_or(ColumnKind::Bytes, |field| cell::kind(field.data_type()))
    };
    let described = &snapshot.manifest.columns;
    let mut columns: Vec<ColumnProfile> =
        described.iter().map(|column| ColumnProfile::new(column, kind(&column.name))).collect();
    let readable: Vec<usize> = (0..columns.len()).filter(|at| columns[*at].kind != ColumnKind::Bytes).collect();
    let names: Vec<String> = readable.iter().map(|at| columns[*at].name.clone()).collect();
    rows.read(&names, |cells, count| {
        for (at, cells) in readable.iter().zip(&cells) {
            texts(cells, count, |text| columns[*at].see(text));
        }
        progress.advance(count as u64);
        Ok(())
    })?;
    let table = snapshot.manifest.source.table.clone();
    let (name, snapshot) = (name.to_owned(), snapshot.clone());
    Ok(TableProfile { name, table, rows: snapshot.manifest.rows, seen: rows.rows, columns, snapshot })
}

/// Hands over every cell of a column as text.
fn texts(cells: &Cells, count: usize, mut take: impl FnMut(Option<&str>)) {
    let mut bump = Bump::new();
    for row in 0..count {
        take(cells.text(row, &bump).text());
        bump.reset();
    }
}

impl TableProfile {
    /// Whether all rows were looked at.
    pub fn is_whole(&self) -> bool {
        self.seen == self.rows
    }

    /// Name and kind of every column, as a mapping is resolved against.
    pub fn kinds(&self) -> Columns {
        self.columns.iter().map(|column| (column.name.clone(), column.kind)).collect()
    }

    /// Places of columns by their names; none where one is not there or can be no part of a key.
    pub fn places(&self, names: &[String]) -> Option<Vec<usize>> {
        let place = |name: &String| {
            let at = self.columns.iter().position(|column| column.name == *name)?;
            (self.columns[at].may_refer() || self.columns[at].is_time()).then_some(at)
        };
        names.iter().map(place).collect()
    }

    /// Columns that a property can hold.
    pub fn readable(&self) -> impl Iterator<Item = usize> {
        (0..self.columns.len()).filter(move |at| self.columns[*at].holds() != Holds::Bytes)
    }

    /// Whether each row that was looked at has a value in all of these columns, and no two rows have the same ones.
    ///
    /// # Errors
    /// When a part cannot be read.
    pub fn are_unique_together(&self, columns: &[usize]) -> Result<bool, StageError> {
        let may_be = |column: &ColumnProfile| (column.may_refer() || column.is_time()) && column.missing == 0;
        if !columns.iter().all(|at| may_be(&self.columns[*at])) {
            return Ok(false);
        }
        let names: Vec<String> = columns.iter().map(|at| self.columns[*at].name.clone()).collect();
        let rows = SnapshotRows::open(&self.snapshot, Some(PROFILED_ROWS))?;
        let mut known: HashSet<ValueHash> = HashSet::new();
        rows.read(&names, |cells, count| {
            let mut hashes: Vec<Vec<u8>> = vec![Vec::new(); count];
            for cells in &cells {
                let mut row = 0;
                texts(cells, count, |text| {
                    let value = text.and_then(value_of).unwrap_or_default();
                    hashes[row].extend_from_slice(&value_hash(value).to_le_bytes());
                    row += 1;
                });
            }
            known.extend(hashes.iter().map(|hashes| {
                let hash = blake3::hash(hashes);
                let (half, _) = hash.as_bytes().split_first_chunk::<8>().expect("a BLAKE3 hash has 32 bytes");
                ValueHash::from_le_bytes(*half)
            }));
            Ok(())
        })?;
        Ok(known.len() as u64 == self.seen)
    }

    /// How many of these values stand in a column, anywhere in the table.
    ///
    /// # Errors
    /// When a part cannot be read.
    pub fn holds_of(&self, column: usize, wanted: &HashSet<ValueHash>) -> Result<usize, StageError> {
        let column = &self.columns[column];
        let left: HashSet<ValueHash> = wanted.difference(&column.values).copied().collect();
        if left.is_empty() || self.is_whole() {
            return Ok(wanted.len() - left.len());
        }
        let mut left = left;
        let rows = SnapshotRows::open(&self.snapshot, None)?;
        rows.read(std::slice::from_ref(&column.name), |cells, count| {
            for cells in &cells {
                texts(cells, count, |text| {
                    if let Some(value) = text.and_then(value_of) {
                        left.remove(&value_hash(value));
                    }
                });
            }
            Ok(())
        })?;
        Ok(wanted.len() - left.len())
    }
}
