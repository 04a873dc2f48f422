//! A run: the load of one set of graph tables into one database, from its first write to its last.
//!
//! In: the run's node in the target. Out: its state, who owns it, and whether a load may start, go on or must stay away. One
//! run may be open in a database; the uniqueness constraint on `slot` sees to that, not this program's good will.

pub mod admission;
mod error;
pub mod lease;
pub mod owner;

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

pub use error::RunError;
use owner::Owner;
use serde::{Deserialize, Serialize};

use crate::target::value::{Record, Value};

/// How rows become elements of the graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Mode {
    /// Everything is new: the labels of the mapping are empty.
    #[default]
    Create,
    /// Nodes are found by key and updated; relationships are compared with what is there.
    Upsert,
}

impl Mode {
    /// The name on the command line and on the run's node.
    pub fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Upsert => "upsert",
        }
    }

    fn from_name(name: &str) -> Self {
        if name == "upsert" { Self::Upsert } else { Self::Create }
    }
}

/// Where a run stands. Each change is a transaction of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Units are being written. Set when the run is created.
    Writing,
    /// All units are written and the counts are right; the ledger may go. Set by verification.
    Verified,
    /// The ledger is gone and the slot is free. Set when the last ledger node is deleted.
    Done,
    /// `load clear` is removing it. Nothing leads back from here.
    Clearing,
}

impl State {
    fn from_name(name: &str) -> Self {
        match name {
            "verified" => Self::Verified,
            "done" => Self::Done,
            "clearing" => Self::Clearing,
            _ => Self::Writing,
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Writing => "writing",
            Self::Verified => "verified",
            Self::Done => "done",
            Self::Clearing => "clearing",
        })
    }
}

/// Numbers of nodes by label and of relationships by type.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GraphCounts {
    /// By label.
    pub labels: BTreeMap<String, u64>,
    /// By type.
    pub types: BTreeMap<String, u64>,
}

/// What tells the snapshot of a table from its others. One with the same content gives the same graph, since "today" is the run's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotName {
    /// Content digest, in hex.
    pub content_digest: String,
}

impl SnapshotName {
    /// The text on a run's node.
    pub fn text(table: &str, content_digest: &str) -> String {
        format!("{table}={content_digest}")
    }

    fn parse(text: &str) -> Option<(String, Self)> {
        let (table, content_digest) = text.rsplit_once('=')?;
        Some((table.to_owned(), Self { content_digest: content_digest.to_owned() }))
    }
}

/// A run as its node in the target tells it.
#[derive(Debug, Clone, PartialEq)]
pub struct RunRecord {
    /// Id: first 16 hex digits of the SHA-256 of `_graph.json`.
    pub id: String,
    /// Whether it holds the slot.
    pub is_open: bool,
    /// State.
    pub state: State,
    /// Mode.
    pub mode: Mode,
    /// Graph digest of its tables.
    pub graph_digest: String,
    /// Name of the mapping.
    pub mapping: String,
    /// Digest of the mapping.
    pub mapping_digest: String,
    /// The snapshot of each table.
    pub sources: BTreeMap<String, SnapshotName>,
    /// As-of date.
    pub as_of: String,
    /// Rows taken of each table, where not all were.
    pub sample: Option<u64>,
    /// Labels that it writes.
    pub labels: Vec<String>,
    /// Relationship types that it writes.
    pub types: Vec<String>,
    /// Units of each table.
    pub units: BTreeMap<String, u64>,
    /// What the database held before the first write.
    pub baseline: GraphCounts,
    /// What the database held when the run was done.
    pub final_counts: Option<GraphCounts>,
    /// Raised by each takeover.
    pub epoch: i64,
    /// Who writes it.
    pub owner: Option<Owner>,
    /// Time since the owner last showed that it lives.
    pub silence: Duration,
    /// Constraints and indexes that it created.
    pub created_schema: Vec<String>,
    /// Rows that the server refused; known once verified.
    pub refused: u64,
    /// Whether the refused rows were written to a file already.
    pub rejects_written: bool,
    /// Order in which runs were done.
    pub done_order: Option<i64>,
    /// Version of the program that started it.
    pub program: String,
    /// Milliseconds since 1970 at which it started, by the server's clock.
    pub started_millis: i64,
    /// Milliseconds since 1970 at which it was done.
    pub finished_millis: Option<i64>,
}

impl RunRecord {
    /// Reads the fields in the order of [`crate::target::cypher::RUNS`]. What is missing is empty: a run of another
    /// version must still be shown and cleared.
    pub fn from_record(record: &Record) -> Self {
        let field = |index: usize| record.get(index).unwrap_or(&Value::Null);
        let text = |index: usize| field(index).as_text().unwrap_or_default().to_owned();
        let texts = |index: usize| -> Vec<String> {
            let list = field(index).as_list().unwrap_or_default();
            list.iter().filter_map(|value| value.as_text().map(str::to_owned)).collect()
        };
        let integer = |index: usize| field(index).as_integer();
        let silence_millis = integer(16).and_then(|millis| u64::try_from(millis).ok()).unwrap_or_default();
        Self {
            id: text(0),
            is_open: field(1).as_text() == Some("open"),
            state: State::from_name(&text(2)),
            mode: Mode::from_name(&text(3)),
            graph_digest: text(4),
            mapping: text(5),
            mapping_digest: text(6),
            sources: texts(7).iter().filter_map(|source| SnapshotName::parse(source)).collect(),
            as_of: text(8),
            sample: field(9).as_count(),
            labels: texts(10),
            types: texts(11),
            units: serde_json::from_str(&text(12)).unwrap_or_default(),
            baseline: serde_json::from_str(&text(13)).unwrap_or_default(),
            final_counts: serde_json::from_str(&text(24)).ok(),
            epoch: integer(14).unwrap_or_default(),
            owner: field(15).as_text().map(Owner::parse),
            silence: Duration::from_millis(silence_millis),
            created_schema: texts(17),
            refused: field(18).as_count().unwrap_or_default(),
            done_order: integer(19),
            rejects_written: field(20) == &Value::Boolean(true),
            program: text(21),
            started_millis: integer(22).unwrap_or_default(),
            finished_millis: integer(23),
        }
    }

    /// The run for people: id, mapping, snapshots, as-of date.
    pub fn describe(&self) -> String {
        let short = |name: &SnapshotName| name.content_digest.get(..6).unwrap_or_default().to_owned();
        let sources: Vec<String> =
            self.sources.iter().map(|(table, name)| format!("{table} {}", short(name))).collect();
        let sample = self.sample.map(|rows| format!(", first {rows} rows")).unwrap_or_default();
        format!(
            "run {} (mapping {}, snapshot {}, as of {}{sample})",
            self.id,
            self.mapping,
            sources.join(", "),
            self.as_of
        )
    }
}

/// The open run, if there is one.
pub fn open_run(runs: &[RunRecord]) -> Option<&RunRecord> {
    runs.iter().find(|run| run.is_open)
}

/// The run that was done last, if no run is newer.
pub fn last_done(runs: &[RunRecord]) -> Option<&RunRecord> {
    runs.iter().filter(|run| run.state == State::Done).max_by_key(|run| run.done_order)
}
