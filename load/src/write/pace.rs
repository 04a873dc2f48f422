//! How much is sent in one transaction.
//!
//! In: the time that each batch took. Out: the rows and bytes of the next one, the same for all writers of a table. The cut
//! into units makes this free at any time: neither the ledger nor a resumed load depends on it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Time that a batch should take at most. Longer ones keep locks and memory on the server, and lose more when they fail.
const TARGET: Duration = Duration::from_secs(1);
/// Bytes of a batch at first and at most. A server counts a long list several times over against its memory.
pub const MAX_BYTES: usize = 4 << 20;
/// Bytes of a batch at least, however often the server ran out of memory: one unit may be larger.
const MIN_BYTES: usize = 64 << 10;
/// Rows of a batch at least: one unit.
const MIN_ROWS: usize = 1_000;

/// Size of the next batch of a table.
#[derive(Debug)]
pub struct Pace {
    rows: AtomicUsize,
    max_rows: AtomicUsize,
    max_bytes: AtomicUsize,
}

impl Pace {
    /// Starts with `rows`, and never has more: a transaction lives in the server's memory until it ends, and the more of that
    /// each one holds, the longer its collector works (5.26, all learners: 97 s of processor time with batches of 16,000 rows
    /// and more, 32 s with 7,000).
    pub fn new(rows: usize) -> Self {
        Self { rows: AtomicUsize::new(rows), max_rows: AtomicUsize::new(rows), max_bytes: AtomicUsize::new(MAX_BYTES) }
    }

    /// Rows of the next batch at most.
    pub fn rows(&self) -> usize {
        self.rows.load(Ordering::Relaxed)
    }

    /// Bytes of the next batch at most.
    pub fn bytes(&self) -> usize {
        self.max_bytes.load(Ordering::Relaxed)
    }

    /// A batch was committed. A step changes the size by a half at most, so that one slow batch does not upset it.
    pub fn record(&self, rows: usize, took: Duration) {
        let now = self.rows();
        // A batch that bytes or the end of the table cut short says nothing about longer ones.
        if rows * 2 < now || took.is_zero() {
            return;
        }
        let fitting = rows as f64 * TARGET.as_secs_f64() / took.as_secs_f64();
        let next = fitting.clamp(now as f64 / 1.5, now as f64 * 1.5) as usize;
        self.rows.store(next.clamp(MIN_ROWS, self.max_rows.load(Ordering::Relaxed).max(MIN_ROWS)), Ordering::Relaxed);
    }

    /// The server could not hold a batch: half as much from now on.
    pub fn shrink(&self) {
        let rows = (self.rows() / 2).max(MIN_ROWS);
        self.rows.store(rows, Ordering::Relaxed);
        self.max_rows.store(rows, Ordering::Relaxed);
        self.max_bytes.store((self.bytes() / 2).max(MIN_BYTES), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_follows_the_time_and_stays_small_after_a_lack_of_memory() {
        let pace = Pace::new(40_000);
        pace.record(pace.rows(), Duration::from_secs(10));
        assert_eq!(pace.rows(), 26_666);
        for _ in 0..20 {
            pace.record(pace.rows(), Duration::from_millis(50));
        }
        assert_eq!(pace.rows(), 40_000);
        pace.record(pace.rows(), Duration::from_secs(10));
        pace.shrink();
        assert_eq!((pace.rows(), pace.bytes()), (13_333, 2 << 20));
        pace.record(13_333, Duration::from_millis(50));
        assert_eq!(pace.rows(), 13_333);
        for _ in 0..20 {
            pace.shrink();
        }
        assert_eq!((pace.rows(), pace.bytes()), (1_000, 64 << 10));
    }
}
