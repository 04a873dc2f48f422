//! The steps of the work that a program may want to follow, as `--log json` writes them.
//!
//! In: a step. Out: one line with one JSON object on standard error; nothing at all when the log is for people, who have the
//! summary and the progress. The schema is written down in `docs/log-format.md`: fields are added, never renamed, and
//! [`LOG_VERSION`] is raised when that does not hold. No value of a row and no secret stands in any of them.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use crate::progress::write_line;

/// The version of the schema.
pub const LOG_VERSION: u32 = 1;

/// How serious a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum Level {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

/// How much a stage has to do, and who says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Total {
    /// It is certain.
    Exact,
    /// It is somebody's estimate.
    Estimate,
    /// Nobody knows.
    Unknown,
}

/// A step. Sizes are bytes, times seconds.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[allow(missing_docs)] // docs/log-format.md has a line for each
pub enum Event<'a> {
    Started {
        program: &'a str,
        tool_version: &'a str,
        command: &'a str,
    },
    Connected {
        server_kind: &'a str,
        server_version: &'a str,
        address: &'a str,
        tables: usize,
    },
    PartWritten {
        table: &'a str,
        file: &'a str,
        rows: u64,
        first_row: u64,
        bytes: u64,
    },
    Retry {
        attempt: usize,
        rows: u64,
        message: &'a str,
        #[serde(rename = "pause_seconds", serialize_with = "seconds")]
        pause: Duration,
    },
    Sealed {
        table: &'a str,
        path: &'a Path,
        rows: u64,
        source_bytes: u64,
        bytes: u64,
        parts: usize,
        content_digest: &'a str,
        started_at: Timestamp,
        passes: usize,
        #[serde(rename = "seconds", serialize_with = "seconds")]
        elapsed: Duration,
        peak_rss_bytes: Option<u64>,
        #[serde(rename = "waiting_for_server_seconds", serialize_with = "seconds")]
        waiting_for_server: Duration,
        #[serde(rename = "reading_seconds", serialize_with = "seconds")]
        reading: Duration,
        #[serde(rename = "waiting_for_encoder_seconds", serialize_with = "seconds")]
        waiting_for_encoder: Duration,
        #[serde(rename = "encoding_seconds", serialize_with = "seconds")]
        encoding: Duration,
        #[serde(rename = "writing_seconds", serialize_with = "seconds")]
        writing: Duration,
    },
    Removed {
        table: &'a str,
        path: &'a Path,
    },
    Verified {
        path: &'a Path,
        rows: u64,
        content_digest: &'a str,
    },
    Progress {
        stage: &'a str,
        done: u64,
        total: Option<u64>,
        total_is: Total,
        unit: &'a str,
        #[serde(rename = "seconds", serialize_with = "seconds")]
        elapsed: Duration,
        finished: bool,
        note: &'a str,
    },
    Plan {
        lines: Vec<&'a str>,
    },
    Message {
        level: Level,
        message: &'a str,
    },
    Failed {
        exit_code: u8,
        message: &'a str,
        causes: Vec<String>,
        hint: Option<&'a str>,
    },
    Finished {
        exit_code: u8,
    },
}

fn seconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    // Thousandths are enough, and short.
    serializer.serialize_f64((duration.as_secs_f64() * 1_000.0).round() / 1_000.0)
}

#[derive(Serialize)]
struct Line<'a> {
    log_version: u32,
    time: Timestamp,
    #[serde(flatten)]
    event: &'a Event<'a>,
}

/// Writes the event, where standard error is for programs.
pub fn emit(event: &Event<'_>) {
    if super::is_json() {
        write_object(event);
    }
}

/// Writes the event, whatever standard error is for: for `--progress json`.
pub(crate) fn write_object(event: &Event<'_>) {
    if let Some(text) = line(event, Timestamp::now()) {
        write_line(&text);
    }
}

/// A path that is not UTF-8 cannot be written as JSON; its event is left out rather than bent.
fn line(event: &Event<'_>, time: Timestamp) -> Option<String> {
    let mut text = serde_json::to_string(&Line { log_version: LOG_VERSION, time, event }).ok()?;
    text.push('\n');
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_version_time_and_name_first() {
        let time = "2026-11-22T11:15:30Z".parse().unwrap();
        let event = Event::Retry { attempt: 2, rows: 7, message: "lost\n\"it\"", pause: Duration::from_millis(1_500) };
        assert_eq!(
            line(&event, time).unwrap(),
            concat!(
                r#"{"log_version":1,"time":"2026-11-22T11:15:30Z","event":"retry","attempt":2,"rows":7,"#,
                r#""message":"lost\n\"it\"","pause_seconds":1.5}"#,
                "\n"
            )
        );
    }
}
