//! What a load would do, as one document: JSON for programs, the same as text for people. Its fields are written down in
//! `docs/run-report.md`.
//!
//! In: what was found out. Out: text. Nothing is computed here but how it is shown.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use jiff::civil::Date;
use serde::Serialize;
use shared::progress::{human_bytes, human_count, human_duration};

use crate::columns::in_columns;

/// Version of the document: raised when a field goes or changes its meaning.
pub const PLAN_VERSION: u32 = 1;

/// Whether a number is counted or guessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// Counted.
    Exact,
    /// Reckoned from the first rows.
    Estimate,
}

/// What `load` would do with the target as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Would {
    /// Begin a run.
    Start,
    /// Go on with the open run.
    GoOn,
    /// Nothing: the graph is there.
    DoNothing,
    /// Refuse.
    BeRefused,
}

/// All of it.
#[derive(Debug, Serialize)]
#[allow(missing_docs)] // docs/run-report.md has a line for each
pub struct Document {
    pub plan_version: u32,
    pub snapshots: Vec<SnapshotEntry>,
    pub mapping: String,
    pub mapping_digest: String,
    pub as_of: Date,
    pub sample: Option<u64>,
    pub mode: &'static str,
    pub graph_tables: PathBuf,
    pub staged: bool,
    pub source_rows: u64,
    pub staging_seconds: f64,
    pub graph_table_bytes: u64,
    pub schema: Vec<String>,
    pub writing_seconds: f64,
    pub store_bytes: u64,
    pub tables: Vec<TableEntry>,
    pub queries: Vec<String>,
    pub target: Option<TargetEntry>,
}

/// A snapshot.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct SnapshotEntry {
    pub path: PathBuf,
    pub table: String,
    pub rows: u64,
    pub bytes: u64,
    pub content_digest: String,
    pub selection: Option<String>,
}

/// A graph table.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct TableEntry {
    pub table: String,
    pub holds: &'static str,
    pub rows: u64,
    pub trust: Trust,
    pub written_with: Option<String>,
    pub units: u64,
    pub first_batch_rows: u64,
    pub batches: u64,
    pub bytes_sent: u64,
    pub seconds: f64,
    pub store_bytes: u64,
    pub statements: Vec<String>,
}

/// The target.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct TargetEntry {
    pub address: String,
    pub database: String,
    pub version: String,
    pub edition: String,
    pub would: Would,
    pub reason: Option<String>,
    pub hint: Option<String>,
    pub nodes_held: BTreeMap<String, u64>,
    pub constraints: usize,
    pub indexes: usize,
}

impl Document {
    fn trust(&self) -> Trust {
        let is_exact = self.tables.iter().all(|table| table.trust == Trust::Exact);
        if is_exact { Trust::Exact } else { Trust::Estimate }
    }

    fn about(&self) -> &'static str {
        if self.trust() == Trust::Exact { "" } else { "about " }
    }
}

fn time(seconds: f64) -> String {
    human_duration(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
}

impl fmt::Display for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for snapshot in &self.snapshots {
            writeln!(f, "snapshot: {}", snapshot.path.display())?;
            let (rows, bytes) = (human_count(snapshot.rows), human_bytes(snapshot.bytes));
            writeln!(f, "          {}, {rows} rows, {bytes}", snapshot.table)?;
            if let Some(selection) = &snapshot.selection {
                writeln!(f, "          not all of the table: {selection}")?;
            }
        }
        writeln!(f, "mapping:  {} ({})", self.mapping, self.mapping_digest.get(..12).unwrap_or_default())?;
        let sample = self.sample.map(|rows| format!(", the first {} rows", human_count(rows))).unwrap_or_default();
        writeln!(f, "as of:    {}{sample}", self.as_of)?;
        self.staging(f)?;
        self.show_target(f)?;
        writeln!(f, "\nconstraints and indexes, made where they are missing:")?;
        self.schema.iter().try_for_each(|statement| writeln!(f, "  {statement}"))?;
        writeln!(f, "\nstatements of a batch, by table (mode {}):", self.mode)?;
        for table in &self.tables {
            match &table.written_with {
                Some(nodes) => writeln!(f, "  {} (with {nodes})", table.table)?,
                None => writeln!(f, "  {}", table.table)?,
            }
            table.statements.iter().try_for_each(|statement| writeln!(f, "    {statement}"))?;
        }
        // Last, where it can be read without scrolling back.
        self.table_list(f)?;
        writeln!(f, "\nnothing was written into the target")
    }
}

impl Document {
    fn staging(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let folder = self.graph_tables.display();
        if self.staged {
            return writeln!(f, "staging:  done, {} in {folder}", human_bytes(self.graph_table_bytes));
        }
        writeln!(
            f,
            "staging:  {} rows into {folder}: {}{}, about {}",
            human_count(self.source_rows),
            self.about(),
            human_bytes(self.graph_table_bytes),
            time(self.staging_seconds)
        )
    }

    fn show_target(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(target) = &self.target else {
            return writeln!(f, "target:   none was named (--uri, NEO4J_URI), so none was asked");
        };
        writeln!(
            f,
            "target:   {}: database {}, Neo4j {} {}; {} constraints and {} indexes of their own",
            target.address, target.database, target.version, target.edition, target.constraints, target.indexes
        )?;
        if !target.nodes_held.is_empty() {
            let held: Vec<String> =
                target.nodes_held.iter().map(|(label, count)| format!("{label} {}", human_count(*count))).collect();
            writeln!(f, "          it holds nodes with labels of the mapping: {}", held.join(", "))?;
        }
        let would = match target.would {
            Would::Start => "would begin a run here",
            Would::GoOn => "would go on with the run that is open here",
            Would::DoNothing => "would do nothing: the graph is here already",
            Would::BeRefused => "would be refused",
        };
        writeln!(f, "          load {would}")?;
        for (word, text) in [("because", &target.reason), ("way out", &target.hint)] {
            if let Some(text) = text {
                writeln!(f, "          {word}: {text}")?;
            }
        }
        Ok(())
    }

    fn table_list(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let guessed = if self.trust() == Trust::Exact { "rows" } else { "about rows" };
        let rows = self.tables.iter().map(|table| {
            let [rows, units, batches] = [table.rows, table.units, table.batches].map(human_count);
            let [sent, store] = [table.bytes_sent, table.store_bytes].map(human_bytes);
            [table.table.clone(), rows, units, batches, sent, time(table.seconds), store]
        });
        let heading = ["table", guessed, "units", "batches", "sent", "time", "in store"];
        write!(f, "\n{}", in_columns(heading, rows))?;
        let sum = |nodes: &str| -> u64 {
            self.tables.iter().filter(|table| table.holds == nodes).map(|table| table.rows).sum()
        };
        writeln!(
            f,
            "{}{} nodes and {} relationships; writing about {}, about {} in the store of Neo4j",
            self.about(),
            human_count(sum("nodes")),
            human_count(sum("relationships")),
            time(self.writing_seconds),
            human_bytes(self.store_bytes)
        )?;
        if !self.queries.is_empty() {
            writeln!(f, "then queries, of which nothing is reckoned: {}", self.queries.join(", "))?;
        }
        writeln!(
            f,
            "(batches as large as the first; times as on two cores shared with the server, without a network between)"
        )
    }
}
