//! Progress as plain lines, for logs and pipes.
//!
//! A line when a stage starts, one every few seconds while it runs, and one with the rate when it ends. Nothing that moves
//! the cursor and no colour, so that the output reads well in a file.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::{Progress, Total, Unit, figures, human_duration, write_stderr};

/// Often enough to see that it lives, rarely enough for a log: a full extraction gives a handful of lines.
const INTERVAL: Duration = Duration::from_secs(5);

/// Prints a line every few seconds.
#[derive(Default)]
pub struct Lines {
    running: Mutex<Option<Stage>>,
}

struct Stage {
    name: String,
    total: Total,
    unit: Unit,
    done: u64,
    message: String,
    started: Instant,
    last_line: Instant,
}

impl Lines {
    /// Lines on standard error.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl Progress for Lines {
    fn start(&self, stage: &str, total: Total, unit: Unit) {
        self.finish();
        let now = Instant::now();
        let stage = Stage {
            name: stage.to_owned(),
            total,
            unit,
            done: 0,
            message: String::new(),
            started: now,
            last_line: now,
        };
        write_stderr(&stage.first_line());
        *self.running.lock().unwrap_or_else(PoisonError::into_inner) = Some(stage);
    }

    fn advance(&self, done: u64) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(stage) = running.as_mut() else { return };
        stage.done = stage.done.saturating_add(done);
        if stage.last_line.elapsed() >= INTERVAL {
            stage.last_line = Instant::now();
            write_stderr(&stage.line());
        }
    }

    fn set_message(&self, message: &str) {
        if let Some(stage) = self.running.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            message.clone_into(&mut stage.message);
        }
    }

    fn finish(&self) {
        if let Some(stage) = self.running.lock().unwrap_or_else(PoisonError::into_inner).take() {
            write_stderr(&stage.last_line());
        }
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        self.finish();
    }
}

impl Stage {
    fn first_line(&self) -> String {
        let total = match self.total {
            Total::Exact(total) => format!(": {}", self.amount(total)),
            Total::Estimate(total) => format!(": about {}", self.amount(total)),
            Total::Unknown => String::new(),
        };
        format!("{}{total}\n", self.name)
    }

    fn line(&self) -> String {
        let elapsed = self.started.elapsed();
        let of = match self.total {
            Total::Exact(total) => format!(" of {}", self.amount(total)),
            Total::Estimate(total) => format!(" of about {}", self.amount(total)),
            Total::Unknown => String::new(),
        };
        let remaining = match self.total {
            Total::Exact(total) | Total::Estimate(total) if total > self.done && self.done > 0 => {
                let left = elapsed.as_secs_f64() * (total - self.done) as f64 / self.done as f64;
                format!(", about {} left", human_duration(Duration::try_from_secs_f64(left).unwrap_or(Duration::MAX)))
            }
            _ => String::new(),
        };
        format!(
            "{}: {}{of} ({}{}){remaining}\n",
            self.name,
            self.amount(self.done),
            figures::rate(self.done, elapsed, self.unit),
            self.suffix()
        )
    }

    fn last_line(&self) -> String {
        figures::finished(&self.name, self.done, self.unit, self.started.elapsed(), &self.message)
    }

    fn amount(&self, amount: u64) -> String {
        figures::amount(amount, self.unit)
    }

    fn suffix(&self) -> String {
        if self.message.is_empty() { String::new() } else { format!(", {}", self.message) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_stage_amount_total_and_rate() {
        let started = Instant::now().checked_sub(Duration::from_secs(2)).unwrap();
        let stage = Stage {
            name: "reading".into(),
            total: Total::Estimate(4_000),
            unit: Unit::Count("rows"),
            done: 1_000,
            message: "1.20 MB".into(),
            started,
            last_line: started,
        };
        assert_eq!(stage.first_line(), "reading: about 4,000 rows\n");
        let line = stage.line();
        assert!(line.starts_with("reading: 1,000 rows of about 4,000 rows ("), "{line}");
        assert!(line.contains("/s, 1.20 MB), about 6."), "{line}");
    }
}
