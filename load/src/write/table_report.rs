//! What writing took, table by table.
//!
//! In: what each writer did, and what the ledger says at the end. Out: numbers for the report of the run. A table that is
//! stopped in the middle is reported as well.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::Settings;
use super::writer::Written;
use crate::graph_table::contents::AnyTable;
use crate::journal::Journal;
use crate::ledger::TableLedger;

/// What the rows of a table are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Holds {
    /// Nodes.
    #[default]
    Nodes,
    /// Relationships.
    Relationships,
    /// Rows that a query was given; what it made of them is not known.
    QueryRows,
}

impl Holds {
    /// In reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nodes => "nodes",
            Self::Relationships => "relationships",
            Self::QueryRows => "query rows",
        }
    }
}

/// What writing a table took.
#[derive(Debug, Clone, Default)]
pub struct TableReport {
    /// Table.
    pub table: String,
    /// What its rows are.
    pub holds: Holds,
    /// Rows written by this process.
    pub rows: u64,
    /// Rows that were applied before.
    pub rows_before: u64,
    /// Rows refused, by whichever process.
    pub refused: u64,
    /// Transactions.
    pub batches: u64,
    /// Wall time.
    pub elapsed: Duration,
    /// Time of all writers.
    pub writer_time: Duration,
    /// Time that the writers spent in exchanges with the server.
    pub waited: Duration,
    /// The node table with which its rows were written: the time is counted there.
    pub written_with: Option<String>,
    /// How many of its rows that were.
    pub rows_with: u64,
}

impl TableReport {
    /// Nothing is written yet.
    pub fn new(table: AnyTable<'_>, ledger: &TableLedger) -> Self {
        Self {
            table: table.name().to_owned(),
            holds: match table {
                AnyTable::Nodes(_) => Holds::Nodes,
                AnyTable::Relationships(_) => Holds::Relationships,
            },
            rows_before: ledger.rows() + ledger.refused_rows(),
            ..Self::default()
        }
    }

    /// Rows a second in the time of this table, which is one of `all`: rows of other tables that were written with its own count
    /// here, and not there.
    pub fn rows_per_second(&self, all: &[Self]) -> Option<u64> {
        let along = all.iter().filter(|other| other.written_with.as_ref() == Some(&self.table));
        let rows = self.rows - self.rows_with + along.map(|other| other.rows_with).sum::<u64>();
        let seconds = self.elapsed.as_secs_f64();
        (rows > 0 && seconds > 0.0).then(|| (rows as f64 / seconds) as u64)
    }

    /// What a writer did, but for its rows.
    pub fn add(&mut self, part: &Written) {
        self.batches += part.batches;
        self.waited += part.waited;
        self.writer_time += part.total;
    }

    /// What is known at the end of a table, or where it stopped, also for the run's own report.
    pub fn note(&mut self, ledger: &TableLedger, started: Instant, settings: &Settings) {
        self.refused = ledger.refused_rows();
        self.elapsed += started.elapsed();
        settings.journal.note(|entries| {
            entries.tables.push(self.clone());
            for refused in ledger.refused.values().flatten() {
                *entries.refused.entry(refused.kind()).or_default() += 1;
            }
        });
    }
}

/// Reports of tables that were written along with others and whose own turn is still to come. If it never comes, they are
/// noted as they are: their rows are in the target.
pub struct Begun<'a> {
    /// By table.
    pub reports: BTreeMap<String, TableReport>,
    journal: &'a Journal,
}

impl<'a> Begun<'a> {
    /// None yet.
    pub fn new(journal: &'a Journal) -> Self {
        Self { reports: BTreeMap::new(), journal }
    }

    /// The report of a table, which may have been begun.
    pub fn take(&mut self, table: AnyTable<'_>, ledger: &TableLedger) -> TableReport {
        self.reports.remove(table.name()).unwrap_or_else(|| TableReport::new(table, ledger))
    }
}

impl Drop for Begun<'_> {
    fn drop(&mut self) {
        let left = std::mem::take(&mut self.reports).into_values().filter(|report| report.rows > 0);
        self.journal.note(|entries| entries.tables.extend(left));
    }
}

/// What writing a graph took.
#[derive(Debug, Clone, Default)]
pub struct GraphReport {
    /// Table by table, in the order in which they were written.
    pub tables: Vec<TableReport>,
    /// Failures that were overcome.
    pub retries: BTreeMap<String, u64>,
    /// The ledger, table by table.
    pub ledgers: BTreeMap<String, TableLedger>,
}
