//! The hash of each row as it is stored, from which the content digest is made.
//!
//! In: the arrays of a batch. Out: one 128-bit hash a row, in row order. Two passes over an unchanged table give the same
//! hashes, so that a retry can tell what it has already.

use arrow::array::{Array, ArrayData, ArrayRef};
use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};
use shared::snapshot::{RowHash, RowHasher};

/// Rows that one task hashes: enough that the hand-over does not count.
const TASK_ROWS: usize = 512;

/// Hashes `rows` rows, on rayon's current pool. Values are taken from memory as they are: Arrow's layout and the digest's
/// definition agree on a little-endian machine, and no other builds this.
pub fn hash_rows(arrays: &[ArrayRef], rows: usize) -> Vec<RowHash> {
    const { assert!(cfg!(target_endian = "little"), "the digest takes little-endian values from memory") };
    let data: Vec<ArrayData> = arrays.iter().map(|array| array.to_data()).collect();
    let columns: Vec<View<'_>> = data.iter().map(View::of).collect();
    let starts = (0..rows).step_by(TASK_ROWS).collect::<Vec<_>>();
    let hash = |start: usize| {
        let mut hasher = RowHasher::default();
        let hash_row = |row| {
            for column in &columns {
                column.add(row, &mut hasher);
            }
            hasher.finish_row()
        };
        (start..rows.min(start + TASK_ROWS)).map(hash_row).collect::<Vec<_>>()
    };
    let hashed: Vec<Vec<RowHash>> = starts.into_par_iter().with_max_len(1).map(hash).collect();
    hashed.concat()
}

/// The memory of one column.
struct View<'a> {
    nulls: Option<&'a arrow::buffer::NullBuffer>,
    values: ViewValues<'a>,
}

/// Values of a known width are taken as arrays, so that no length has to be looked at for each of them.
enum ViewValues<'a> {
    Of1(&'a [[u8; 1]]),
    Of2(&'a [[u8; 2]]),
    Of4(&'a [[u8; 4]]),
    Of8(&'a [[u8; 8]]),
    Of16(&'a [[u8; 16]]),
    Variable { ends: &'a [i32], bytes: &'a [u8] },
}

impl<'a> View<'a> {
    fn of(data: &'a ArrayData) -> Self {
        fn fixed<const WIDTH: usize>(data: &ArrayData) -> &[[u8; WIDTH]] {
            let (values, _) = data.buffers()[0].as_slice().as_chunks();
            &values[data.offset()..data.offset() + data.len()]
        }
        let values = match data.data_type().primitive_width() {
            Some(1) => ViewValues::Of1(fixed(data)),
            Some(2) => ViewValues::Of2(fixed(data)),
            Some(4) => ViewValues::Of4(fixed(data)),
            Some(8) => ViewValues::Of8(fixed(data)),
            Some(_) => ViewValues::Of16(fixed(data)),
            // Texts and bytes are the only other types that are stored.
            None => ViewValues::Variable { ends: data.buffer::<i32>(0), bytes: data.buffers()[1].as_slice() },
        };
        Self { nulls: data.nulls(), values }
    }

    fn add(&self, row: usize, hasher: &mut RowHasher) {
        if self.nulls.is_some_and(|nulls| nulls.is_null(row)) {
            return hasher.null();
        }
        match self.values {
            ViewValues::Of1(values) => hasher.fixed(values[row]),
            ViewValues::Of2(values) => hasher.fixed(values[row]),
            ViewValues::Of4(values) => hasher.fixed(values[row]),
            ViewValues::Of8(values) => hasher.fixed(values[row]),
            ViewValues::Of16(values) => hasher.fixed(values[row]),
            ViewValues::Variable { ends, bytes } => {
                hasher.bytes(&bytes[ends[row].unsigned_abs() as usize..ends[row + 1].unsigned_abs() as usize]);
            }
        }
    }
}

/// Bytes of a column's values: texts and bytes by their length, others by their width; NULL counts nothing.
pub fn value_bytes(array: &ArrayRef) -> u64 {
    let data = array.to_data();
    let bytes = match data.data_type().primitive_width() {
        Some(width) => (data.len() - data.null_count()) * width,
        None => match data.buffer::<i32>(0) {
            [first, .., last] => first.abs_diff(*last) as usize,
            _ => 0,
        },
    };
    bytes as u64
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Int16Array, StringArray};

    use super::*;

    #[test]
    fn rows_hash_by_their_values_however_batches_are_cut() {
        let rows = 2 * TASK_ROWS + 3;
        let numbers: ArrayRef = Arc::new((0..rows).map(|n| (n % 3 != 0).then_some(n as i16)).collect::<Int16Array>());
        let texts: ArrayRef =
            Arc::new((0..rows).map(|n| (n % 2 != 0).then(|| format!("é{n}"))).collect::<StringArray>());
        let all = hash_rows(&[numbers.clone(), texts.clone()], rows);
        assert_eq!(all.len(), rows);
        let tail: Vec<ArrayRef> = [&numbers, &texts].map(|array| array.slice(100, rows - 100)).to_vec();
        assert_eq!(hash_rows(&tail, rows - 100), all[100..]);

        let mut hasher = RowHasher::default();
        hasher.fixed(1_i16.to_le_bytes());
        hasher.bytes("é1".as_bytes());
        assert_eq!(all[1], hasher.finish_row());
        assert_eq!(value_bytes(&numbers), 2 * (rows - rows.div_ceil(3)) as u64);
        assert_eq!(value_bytes(&texts.slice(1, 1)), 3);
    }
}
