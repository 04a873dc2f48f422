//! Progress of long work, told to whoever wants to show it.
//!
//! In: stages with a total (exact, estimated or unknown) and how much of it is done. Out: a bar on a terminal, a plain
//! line every few seconds elsewhere, JSON objects, or nothing. Libraries take `&dyn Progress`; only a binary chooses which.
//! Whatever is printed to standard error must go through [`write_stderr`], or it tears a bar, or a log of JSON.

mod bar;
mod figures;
mod lines;
mod objects;

use std::io::{self, IsTerminal, Write};
use std::sync::OnceLock;

use indicatif::MultiProgress;

pub use bar::Bar;
pub use figures::{human_bytes, human_count, human_duration};
pub use lines::Lines;
pub use objects::Objects;

use crate::telemetry::{self, Event, Level};

/// How much a stage has to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Total {
    /// Known for certain: a percentage is shown.
    Exact(u64),
    /// Somebody's estimate: shown as one, and never as a percentage above 100.
    Estimate(u64),
    /// Nobody knows.
    Unknown,
}

/// What a stage counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Bytes, shown as kB, MB and so on.
    Bytes,
    /// Things with a name in the plural, such as `rows`.
    Count(&'static str),
}

/// Where progress is reported to. One stage runs at a time; `advance` may be called by many threads at once.
pub trait Progress: Send + Sync {
    /// Starts a stage, and finishes the one before if that is still running.
    fn start(&self, stage: &str, total: Total, unit: Unit);
    /// `done` more units of the stage are done.
    fn advance(&self, done: u64);
    /// A few words beside the figures, such as a rate in another unit.
    fn set_message(&self, message: &str);
    /// The stage is over, for good or ill.
    fn finish(&self);
}

/// Reports to nobody.
#[derive(Debug, Default, Clone, Copy)]
pub struct Silent;

impl Progress for Silent {
    fn start(&self, _stage: &str, _total: Total, _unit: Unit) {}
    fn advance(&self, _done: u64) {}
    fn set_message(&self, _message: &str) {}
    fn finish(&self) {}
}

/// The values of `--progress`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Style {
    /// A bar on a terminal, plain lines elsewhere, JSON where the log is JSON
    #[default]
    Auto,
    /// A bar
    Bar,
    /// A line every few seconds
    Plain,
    /// A JSON object every second
    Json,
    /// Nothing
    None,
}

impl Style {
    /// The reporter for this process. A bar without a terminal would be invisible, so it becomes plain lines; and where the
    /// log is JSON, so is progress.
    #[must_use]
    pub fn reporter(self) -> Box<dyn Progress> {
        let on_terminal = io::stderr().is_terminal() && std::env::var("TERM").is_ok_and(|term| term != "dumb");
        match self {
            Self::None => Box::new(Silent),
            Self::Json => Box::new(Objects::new()),
            Self::Auto | Self::Bar | Self::Plain if telemetry::is_json() => Box::new(Objects::new()),
            Self::Auto | Self::Bar if on_terminal => Box::new(Bar::new()),
            Self::Auto | Self::Bar | Self::Plain => Box::new(Lines::new()),
        }
    }
}

/// The one screen of this process; bars are drawn on it, and text is printed above them.
fn screen() -> &'static MultiProgress {
    static SCREEN: OnceLock<MultiProgress> = OnceLock::new();
    SCREEN.get_or_init(MultiProgress::new)
}

/// Prints `text` (with its own line ends) to standard error, above a running bar; where standard error is for programs, each
/// line as a `message` event.
pub fn write_stderr(text: &str) {
    if !telemetry::is_json() {
        return write_line(text);
    }
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let (level, message) = match line.strip_prefix("warning: ") {
            Some(rest) => (Level::Warn, rest),
            None => (Level::Info, line),
        };
        telemetry::emit(&Event::Message { level, message });
    }
}

/// Prints `text` as it is.
pub(crate) fn write_line(text: &str) {
    // Nobody can be told that standard error is closed.
    screen().suspend(|| drop(io::stderr().lock().write_all(text.as_bytes())));
}
