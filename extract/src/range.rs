//! A table in ranges of its key, so that several connections read it side by side.
//!
//! In: a table with an integer primary key, and how many readers there are. Out: the statements whose results, one after the
//! other, are the rows of the whole statement in the same order. Ranges neither overlap nor leave a hole, whatever keys the
//! table has; where keys are dense or sparse a range has many rows or none, which costs time and changes nothing.

use crate::layout::Layout;
use crate::source::{Split, Table};

/// Bytes of the table in a range, about: a few batches, so that readers work near each other and none waits for long.
const RANGE_BYTES: u64 = 16 << 20;

/// Ranges a reader has at least, where the size of the table is not known or small.
const LEAST_RANGES: u64 = 4;

/// More would only cost statements.
const MOST_RANGES: u64 = 1 << 16;

/// The statements that read the table, in row order: one, where it is not split.
pub fn statements(table: &Table, layout: &Layout, readers: usize) -> Vec<String> {
    match &table.split {
        Some(split) if readers > 1 && split.bounds.is_some() => {
            let bytes = table.estimated_bytes.unwrap_or(0);
            ranges(split, bytes, readers as u64).into_iter().map(|(low, high)| layout.range(low, high)).collect()
        }
        _ => vec![layout.statement.clone()],
    }
}

/// Closed ranges from the lowest key to the highest.
fn ranges(split: &Split, bytes: u64, readers: u64) -> Vec<(i128, i128)> {
    let Some((lowest, highest)) = split.bounds else { return Vec::new() };
    let wanted = (bytes / RANGE_BYTES).clamp(LEAST_RANGES * readers, MOST_RANGES);
    // Keys are of at most 64 bits, so nothing here comes near the limits of 128.
    let keys = highest - lowest + 1;
    let count = i128::from(wanted).min(keys);
    let start = |number: i128| lowest + keys * number / count;
    (0..count).map(|number| (start(number), start(number + 1) - 1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_cover_every_key_once() {
        for (lowest, highest, bytes) in [
            (1, 1, 0),
            (-5, 5, 0),
            (0, 1_000_003, 500 << 20),
            (i128::from(i64::MIN), i128::from(i64::MAX), u64::MAX),
            (0, i128::from(u64::MAX), 1 << 40),
        ] {
            let split = Split { key: "id".into(), bounds: Some((lowest, highest)) };
            let ranges = ranges(&split, bytes, 3);
            assert!(!ranges.is_empty() && ranges.len() as u64 <= MOST_RANGES);
            assert_eq!((ranges[0].0, ranges[ranges.len() - 1].1), (lowest, highest));
            assert!(ranges.iter().all(|(low, high)| low <= high));
            assert!(ranges.windows(2).all(|pair| pair[0].1 + 1 == pair[1].0));
        }
        assert!(ranges(&Split { key: "id".into(), bounds: None }, 1, 2).is_empty());
    }
}
