//! Progress as a bar on a terminal.
//!
//! An exact total gives a bar with a percentage; an estimate gives a bar that stops at its end and says `about`; without a
//! total there is a spinner. `NO_COLOR` is respected: the bar is drawn without colour anyway.

use std::fmt::Write;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressState, ProgressStyle};

use super::{Progress, Total, Unit, figures, human_bytes, human_count, screen, write_stderr};

/// Draws the running stage on the terminal and leaves one finished line a stage.
#[derive(Default)]
pub struct Bar {
    running: Mutex<Option<(ProgressBar, Unit)>>,
}

impl Bar {
    /// A bar on standard error.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn with_running(&self, act: impl FnOnce(&ProgressBar)) {
        if let Some((bar, _)) = self.running.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
            act(bar);
        }
    }
}

impl Progress for Bar {
    fn start(&self, stage: &str, total: Total, unit: Unit) {
        self.finish();
        let bar = match total {
            Total::Exact(total) | Total::Estimate(total) => ProgressBar::new(total),
            Total::Unknown => ProgressBar::no_length(),
        };
        let bar = screen().add(bar.with_style(style(total, unit)).with_prefix(stage.to_owned()));
        bar.enable_steady_tick(Duration::from_millis(200));
        *self.running.lock().unwrap_or_else(PoisonError::into_inner) = Some((bar, unit));
    }

    fn advance(&self, done: u64) {
        self.with_running(|bar| bar.inc(done));
    }

    fn set_message(&self, message: &str) {
        self.with_running(|bar| bar.set_message(message.to_owned()));
    }

    fn finish(&self) {
        if let Some((bar, unit)) = self.running.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // The bar goes, and one line a stage stays. Clearing a bar also fills it, so the line comes first.
            let line = figures::finished(&bar.prefix(), bar.position(), unit, bar.elapsed(), &bar.message());
            bar.finish_and_clear();
            screen().remove(&bar);
            write_stderr(&line);
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.finish();
    }
}

fn style(total: Total, unit: Unit) -> ProgressStyle {
    let (done, rate, name) = match unit {
        Unit::Bytes => ("{decimal_bytes}", "{decimal_bytes_per_sec}", ""),
        Unit::Count(name) => ("{human_pos}", "{rate}", name),
    };
    let template = match total {
        Total::Exact(_) => {
            let whole = if unit == Unit::Bytes { "{decimal_total_bytes}" } else { "{human_len}" };
            format!("{{prefix}} [{{bar:30}}] {{percent:>3}} % {done} of {whole} {name} {rate} ETA {{eta}} {{msg}}")
        }
        Total::Estimate(total) => {
            let whole = if unit == Unit::Bytes { human_bytes(total) } else { human_count(total) };
            format!("{{prefix}} [{{bar:30}}] {done} of about {whole} {name} {rate} ETA about {{eta}} {{msg}}")
        }
        Total::Unknown => format!("{{prefix}} {{spinner}} {done} {name} {rate} {{msg}}"),
    };
    // The templates above are constants but for figures and a plural; should one not parse, the stock style serves.
    let style = ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar());
    style.progress_chars("=> ").with_key("rate", |state: &ProgressState, text: &mut dyn Write| {
        let _ = write!(text, "{}/s", human_count(state.per_sec() as u64));
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_parses_and_stages_follow_each_other() {
        let bar = Bar::new();
        for total in [Total::Exact(10), Total::Estimate(10), Total::Unknown] {
            for unit in [Unit::Bytes, Unit::Count("rows")] {
                bar.start("reading", total, unit);
                bar.advance(20);
                bar.set_message("12 MB");
                bar.with_running(|bar| assert_eq!(bar.position(), 20));
            }
        }
        bar.finish();
        bar.advance(1);
    }
}
