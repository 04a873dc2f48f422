//! Log lines on standard error.
//!
//! In: `tracing` events of our crates. Out: one line each, above a running progress bar. The level comes from `-v` and
//! `-q`, or from `ROWGRAPH_LOG`, which takes the filter syntax of `tracing-subscriber`. Events never carry secrets:
//! passwords travel as [`crate::secret::Secret`], which shows stars.

use std::io::{self, IsTerminal, Write};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// Installs the log for this process. `verbosity` is the number of `-v` less that of `-q`: 0 shows warnings.
pub fn install(verbosity: i8) {
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
    let coloured = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let installed = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(Screen)
        .with_ansi(coloured)
        .with_target(false)
        .try_init();
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
