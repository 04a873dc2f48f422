//! Progress as JSON objects, for programs that show it in their own way.
//!
//! A `progress` event when a stage starts, one every second while it runs, and one with `finished` when it ends.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::{Progress, Total, Unit};
use crate::telemetry::{self, Event};

/// Often enough for a bar in another program.
const INTERVAL: Duration = Duration::from_secs(1);

/// Prints an object every second.
#[derive(Default)]
pub struct Objects {
    running: Mutex<Option<Stage>>,
}

struct Stage {
    name: String,
    total: Total,
    unit: Unit,
    done: u64,
    note: String,
    started: Instant,
    last: Instant,
}

impl Objects {
    /// Objects on standard error.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn with_running(&self, act: impl FnOnce(&mut Stage)) {
        if let Some(stage) = self.running.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            act(stage);
        }
    }
}

impl Progress for Objects {
    fn start(&self, stage: &str, total: Total, unit: Unit) {
        self.finish();
        let now = Instant::now();
        let stage =
            Stage { name: stage.to_owned(), total, unit, done: 0, note: String::new(), started: now, last: now };
        stage.write(false);
        *self.running.lock().unwrap_or_else(PoisonError::into_inner) = Some(stage);
    }

    fn advance(&self, done: u64) {
        self.with_running(|stage| {
            stage.done = stage.done.saturating_add(done);
            if stage.last.elapsed() >= INTERVAL {
                stage.last = Instant::now();
                stage.write(false);
            }
        });
    }

    fn set_message(&self, message: &str) {
        self.with_running(|stage| message.clone_into(&mut stage.note));
    }

    fn finish(&self) {
        if let Some(stage) = self.running.lock().unwrap_or_else(PoisonError::into_inner).take() {
            stage.write(true);
        }
    }
}

impl Drop for Objects {
    fn drop(&mut self) {
        self.finish();
    }
}

impl Stage {
    fn write(&self, finished: bool) {
        let (total, total_is) = match self.total {
            Total::Exact(total) => (Some(total), telemetry::Total::Exact),
            Total::Estimate(total) => (Some(total), telemetry::Total::Estimate),
            Total::Unknown => (None, telemetry::Total::Unknown),
        };
        let unit = match self.unit {
            Unit::Bytes => "bytes",
            Unit::Count(name) => name,
        };
        telemetry::write_object(&Event::Progress {
            stage: &self.name,
            done: self.done,
            total,
            total_is,
            unit,
            elapsed: self.started.elapsed(),
            finished,
            note: &self.note,
        });
    }
}
