//! What a load has done so far, kept while it works so that it can be told however the load ends.
//!
//! In: stages as they begin, and what each found out. Out: one [`Entries`] for the run's report. Nothing is decided by it, and
//! no secret and no value of a row goes in.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use shared::snapshot::SealedSnapshot;

use crate::graph_table::manifest::{GraphManifest, Inputs};
use crate::run::{GraphCounts, Mode};
use crate::target::check::Server;
use crate::target::retry::Tally;
use crate::verify::Absent;
use crate::write::TableReport;

/// The parts of a load, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Looking at the target.
    Contact,
    /// Verifying snapshots and making graph tables.
    Staging,
    /// Creating or taking over the run, and the constraints of run and ledger.
    Run,
    /// Constraints and indexes.
    Constraints,
    /// Writing graph tables.
    Writing,
    /// Comparing the target with the graph tables.
    Verification,
    /// Removing the ledger.
    Ledger,
}

/// What is known of a load.
#[derive(Debug, Clone, Default)]
pub struct Entries {
    /// When the program began with it.
    pub started: Option<Timestamp>,
    /// Time of each stage that was begun.
    pub stages: Vec<(Stage, Duration)>,
    /// The server.
    pub server: Option<Server>,
    /// Folder of graph tables and runs.
    pub work: Option<PathBuf>,
    /// What names the graph.
    pub inputs: Option<Inputs>,
    /// The snapshots, by the names that the mapping has for their tables.
    pub snapshots: Vec<(String, SealedSnapshot)>,
    /// The graph tables.
    pub graph: Option<Arc<GraphManifest>>,
    /// Folder of the graph tables.
    pub tables_dir: Option<PathBuf>,
    /// Whether the tables were staged before.
    pub tables_found: bool,
    /// Mode of the run.
    pub mode: Option<Mode>,
    /// Whether an earlier process had begun the run.
    pub resumed: bool,
    /// Connections that write.
    pub writers: usize,
    /// What writing each table took, the last perhaps in part.
    pub tables: Vec<TableReport>,
    /// Rows that the server refused, by what it said first: the code of its error.
    pub refused: BTreeMap<String, u64>,
    /// Elements of the mapping's labels and types that the snapshot does not have (upsert).
    pub absent: Option<Absent>,
    /// Numbers in the target at the end.
    pub counts: Option<GraphCounts>,
}

impl Entries {
    /// What a stage took so far.
    pub fn time(&self, stage: Stage) -> Duration {
        self.stages.iter().filter(|(other, _)| *other == stage).map(|(_, time)| *time).sum()
    }
}

/// A load's own notes.
#[derive(Debug, Default)]
pub struct Journal {
    entries: Mutex<Entries>,
    running: Mutex<Option<(Stage, Instant)>>,
    /// Failures that were overcome.
    pub tally: Arc<Tally>,
}

impl Journal {
    /// A journal that begins now.
    pub fn begin() -> Arc<Self> {
        let journal = Self::default();
        journal.note(|entries| entries.started = Some(Timestamp::now()));
        Arc::new(journal)
    }

    /// Notes something.
    pub fn note(&self, change: impl FnOnce(&mut Entries)) {
        change(&mut self.entries.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// A stage begins; the one before ends.
    pub fn enter(&self, stage: Stage) {
        self.switch(Some(stage));
    }

    /// All that is known; the running stage ends.
    pub fn entries(&self) -> Entries {
        self.switch(None);
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn switch(&self, next: Option<Stage>) {
        let next = next.map(|stage| (stage, Instant::now()));
        let ended = std::mem::replace(&mut *self.running.lock().unwrap_or_else(PoisonError::into_inner), next);
        if let Some((stage, since)) = ended {
            self.note(|entries| entries.stages.push((stage, since.elapsed())));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_ends_when_the_next_begins_or_the_load_does() {
        let journal = Journal::begin();
        journal.enter(Stage::Contact);
        journal.enter(Stage::Staging);
        let stages = |journal: &Journal| journal.entries().stages.iter().map(|(stage, _)| *stage).collect::<Vec<_>>();
        assert_eq!(stages(&journal), [Stage::Contact, Stage::Staging]);
        assert_eq!(stages(&journal).len(), 2, "nothing is counted twice");
    }
}
