//! What a program says of its work on standard error: lines for people, or one JSON object a line for programs.
//!
//! In: `tracing` events of our crates, and [`Event`]s, the few steps of the work that a program may want to follow. Out: log
//! lines above a running progress bar, or objects of the one schema in `docs/log-format.md`; never both. The level comes
//! from `-v` and `-q`, or from `ROWGRAPH_LOG`, which takes the filter syntax of `tracing-subscriber`. Nothing here carries
//! secrets: passwords travel as [`crate::secret::Secret`], which shows stars.

mod event;
mod json;

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

pub(crate) use event::write_object;
pub use event::{Event, LOG_VERSION, Level, Total, emit};

/// The values of `--log`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum LogFormat {
    /// Lines for people
    #[default]
    Text,
    /// One JSON object a line
    Json,
}

static JSON: AtomicBool = AtomicBool::new(false);

/// Whether standard error is for programs.
#[must_use]
pub fn is_json() -> bool {
    JSON.load(Ordering::Relaxed)
}

/// Installs the log for this process. `verbosity` is the number of `-v` less that of `-q`: 0 shows warnings.
pub fn install(verbosity: i8, format: LogFormat) {
    let level = match verbosity {
        ..=-1 => "error",
        0 => "warn",
        1 => "info",
        2 => "debug",
        _ => "trace",
    };
    // Only our own crates: a driver's debug lines may quote packets, and packets hold people's data.
    let ours = ["extract", "load", "shared"].map(|name| format!("{name}={level}")).join(",");
    let filter = match std::env::var("ROWGRAPH_LOG") {
        Ok(directives) if !directives.is_empty() => EnvFilter::new(directives),
        _ => EnvFilter::new(ours),
    };
    JSON.store(format == LogFormat::Json, Ordering::Relaxed);
    let installed = match format {
        LogFormat::Json => tracing_subscriber::registry().with(filter).with(json::Objects).try_init(),
        LogFormat::Text => {
            let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
            let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(Screen).with_target(false);
            lines.with_ansi(io::stderr().is_terminal() && !no_color).finish().try_init()
        }
    };
    // A second call (tests) keeps the first log.
    drop(installed);
}

/// Writes whole lines to standard error without tearing a progress bar.
struct Screen;

impl<'a> MakeWriter<'a> for Screen {
    type Writer = ScreenLine;

    fn make_writer(&'a self) -> Self::Writer {
        ScreenLine(Vec::new())
    }
}

struct ScreenLine(Vec<u8>);

impl Write for ScreenLine {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for ScreenLine {
    fn drop(&mut self) {
        crate::progress::write_stderr(&String::from_utf8_lossy(&self.0));
    }
}
