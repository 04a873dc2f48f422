//! The last lines: what was read and written, and how fast.

use std::fmt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use shared::progress::{human_bytes, human_count, human_duration};
use shared::snapshot::SealedSnapshot;

use crate::time_split::TimeSplit;

/// A finished extraction.
#[derive(Debug)]
pub struct Summary {
    /// The snapshot.
    pub snapshot: SealedSnapshot,
    /// From start to seal.
    pub elapsed: Duration,
    /// From the first row to the last, by when the connection was closed.
    pub connected: Duration,
    /// Passes over the table: one, and one more for each lost connection.
    pub passes: usize,
    /// Highest resident set.
    pub peak_rss_bytes: Option<u64>,
    /// Where the time went, over all passes.
    pub time: TimeSplit,
    /// Old snapshots that were removed.
    pub removed: Vec<PathBuf>,
}

/// When it started, and how often.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// Before the first connection.
    pub started: Instant,
    /// Passes over the tables.
    pub passes: usize,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let manifest = &self.snapshot.manifest;
        let seconds = self.elapsed.as_secs_f64().max(0.001);
        let (rows, bytes) = (manifest.rows, manifest.source_bytes);
        let (rate, byte_rate) = ((rows as f64 / seconds) as u64, (bytes as f64 / seconds) as u64);
        let written = manifest.parts.iter().map(|part| part.bytes).sum();
        let table = format!("{}.{}", manifest.source.database, manifest.source.table);
        writeln!(
            f,
            "{table}: {} rows, {} in {} ({} rows/s, {}/s; {} connected)",
            human_count(rows),
            human_bytes(bytes),
            human_duration(self.elapsed),
            human_count(rate),
            human_bytes(byte_rate),
            human_duration(self.connected),
        )?;
        let parts = manifest.parts.len();
        write!(f, "snapshot: {} in {parts} {}", human_bytes(written), if parts == 1 { "part" } else { "parts" })?;
        write!(f, ", content {}", manifest.content_digest.short())?;
        if let Some(bytes) = self.peak_rss_bytes {
            write!(f, ", peak memory {}", human_bytes(bytes))?;
        }
        if self.passes > 1 {
            let lost = self.passes - 1;
            write!(f, ", after {lost} lost {}", if lost == 1 { "connection" } else { "connections" })?;
        }
        writeln!(f)?;
        writeln!(f, "time: {}", self.time)?;
        for bad in &manifest.bad_values {
            let count = human_count(bad.count);
            writeln!(
                f,
                "warning: column {}: {count} values stored as {} ({}, first in row {})",
                bad.column, bad.stored_as, bad.reason, bad.first_row
            )?;
        }
        for path in &self.removed {
            writeln!(f, "removed: {}", path.display())?;
        }
        if !manifest.selection.is_all() {
            writeln!(f, "selected: {}", manifest.selection)?;
        }
        if rows == 0 {
            writeln!(f, "warning: table {table} has no rows; the snapshot is empty")?;
        }
        Ok(())
    }
}
