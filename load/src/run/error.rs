//! Why a run may not start or go on.
//!
//! In: what the target holds. Out: one variant a diagnosis, each naming both sides and the way out.

use std::collections::BTreeMap;

use shared::exit::{Diagnosis, ExitCode};
use shared::interrupt::Interrupted;

use super::RunRecord;
use crate::target::error::TargetError;
use crate::way_on;

/// The state of the target forbids it.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// This graph was begun and not finished.
    #[error("{run} is unfinished in this database (state {state}){activity}")]
    Unfinished {
        /// The run.
        run: String,
        /// Its state.
        state: String,
        /// Whether somebody is at it.
        activity: String,
    },
    /// Another graph was begun and not finished.
    #[error("this database holds the unfinished {open}{activity}; what was asked for is {wanted}")]
    AnotherRun {
        /// The run that holds the slot.
        open: String,
        /// Whether somebody is at it.
        activity: String,
        /// What was asked for.
        wanted: String,
    },
    /// The clearing of a run was not finished.
    #[error("the clearing of {run} is unfinished in this database")]
    Clearing {
        /// The run.
        run: String,
    },
    /// The open run was begun in another mode.
    #[error("{run} was begun with --mode {begun}, not {asked}")]
    OtherMode {
        /// The run.
        run: String,
        /// Its mode.
        begun: &'static str,
        /// The mode asked for.
        asked: &'static str,
    },
    /// Create mode needs empty labels.
    #[error("this database already holds nodes with labels of the mapping: {}{last}", list(counts))]
    LabelsHeld {
        /// Nodes by label.
        counts: BTreeMap<String, u64>,
        /// The run done last, as an addition to the sentence.
        last: String,
        /// Whether a run of this program may have written them.
        is_ours: bool,
    },
    /// Somebody else took the run over.
    #[error("somebody else took over run {run}: this load has stopped and wrote nothing since")]
    TakenOver {
        /// The run.
        run: String,
    },
    /// Somebody else writes the run.
    #[error("run {run} is owned by {owner}, which showed {silence_secs} s ago that it lives")]
    Owned {
        /// The run.
        run: String,
        /// Who.
        owner: String,
        /// Time since its last heartbeat.
        silence_secs: u64,
    },
    /// The graph tables on disk are not those that the run was begun with.
    #[error(
        "the graph tables of {run} came out differently now (run id {found}): another version of this program made them"
    )]
    OtherTables {
        /// The run.
        run: String,
        /// The id that they have now.
        found: String,
    },
    /// Somebody asked to stop.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
    /// The target refused or was lost.
    #[error(transparent)]
    Target(#[from] TargetError),
}

impl RunError {
    /// Labels are held; `last` is the run that was done last.
    pub fn labels_held(counts: BTreeMap<String, u64>, last: Option<&RunRecord>) -> Self {
        let is_ours = last.is_some();
        let last = last.map(|run| format!("; {} was done last", run.describe())).unwrap_or_default();
        Self::LabelsHeld { counts, last, is_ours }
    }
}

impl Diagnosis for RunError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Unfinished { .. } => ExitCode::Unfinished,
            Self::OtherMode { .. } => ExitCode::Usage,
            Self::Target(error) => error.exit_code(),
            Self::Interrupted(error) => error.exit_code(),
            _ => ExitCode::TargetHeld,
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Unfinished { .. } => {
                format!("go on with: {} (or remove what it wrote with: load clear)", way_on::resume())
            }
            Self::AnotherRun { .. } => {
                "finish it with: load --resume (same mapping and as-of date), or remove what it wrote with: load clear"
                    .into()
            }
            Self::Clearing { .. } => "finish it with: load clear".into(),
            Self::OtherMode { begun, .. } => {
                format!("give --mode {begun} and --resume, or remove what it wrote with: load clear")
            }
            Self::LabelsHeld { is_ours: true, .. } => {
                "update what is there with --mode upsert, or remove what an earlier run wrote with: load clear".into()
            }
            // The graph of an earlier program, for example.
            Self::LabelsHeld { counts, .. } => {
                let label = counts.keys().next().map_or("", String::as_str).replace('`', "``");
                format!(
                    "no run of this program wrote them: update them with --mode upsert, take an empty database \
                     (--database), or remove them yourself, label by label: MATCH (n:`{label}`) CALL (n) {{ DETACH \
                     DELETE n }} IN TRANSACTIONS OF 10000 ROWS"
                )
            }
            Self::TakenOver { .. } => "see who owns it now with: load status".into(),
            Self::Owned { .. } => "wait until it ends, or stop it; see: load status".into(),
            Self::OtherTables { .. } => {
                "go on with the version that began it, or remove what it wrote with: load clear".into()
            }
            Self::Interrupted(_) => way_on::go_on(),
            Self::Target(error) => return error.hint(),
        })
    }
}

fn list(counts: &BTreeMap<String, u64>) -> String {
    counts.iter().map(|(label, count)| format!("{label} {count}")).collect::<Vec<_>>().join(", ")
}
