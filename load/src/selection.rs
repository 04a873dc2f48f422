//! Which snapshots, and so which graph.
//!
//! In: the folder of snapshots, the mapping, and the run that is to go on, if one is. Out: one snapshot a table and the
//! inputs that name the graph. A run goes on with the very snapshots it was begun with, whatever came later; anything else
//! takes the newest.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use shared::exit::{Diagnosis, ExitCode};
use shared::interrupt::Interrupt;
use shared::snapshot::{SealedSnapshot, SnapshotError, find_newest, list, survey};

use crate::graph_table::manifest::Inputs;
use crate::mapping::{DEFAULT_NAME, Mapping};
use crate::plan::GraphPlan;
use crate::run::{RunRecord, SnapshotName};
use crate::specification::nearest;
use crate::stage::{StageError, StageRequest, default_work, inputs};

/// There are no such snapshots.
#[derive(Debug, thiserror::Error)]
pub enum SelectionError {
    /// The snapshot of a run is not there.
    #[error("the snapshot of {run}, {table} {digest}, is not under {}", from.display())]
    SnapshotOfRun {
        /// The run.
        run: String,
        /// The table.
        table: String,
        /// First digits of its content digest.
        digest: String,
        /// Where it was looked for.
        from: PathBuf,
    },
    /// A table of the mapping has no snapshot.
    #[error("there is no sealed snapshot of table {table} under {}, and mapping {mapping} reads it", from.display())]
    NoSnapshot {
        /// The table.
        table: String,
        /// Where it was looked for.
        from: PathBuf,
        /// Name of the mapping.
        mapping: String,
        /// Whether that is the one that is taken where none is given.
        is_shipped: bool,
        /// Tables that have one there.
        known: Vec<String>,
    },
    /// Snapshots cannot be found or read.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// As staging says it.
    #[error(transparent)]
    Stage(#[from] StageError),
}

impl Diagnosis for SelectionError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::SnapshotOfRun { .. } | Self::NoSnapshot { .. } => ExitCode::NoSnapshot,
            Self::Snapshot(error) => error.exit_code(),
            Self::Stage(error) => error.exit_code(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::SnapshotOfRun { .. } => {
                Some("point --from at the folder that holds it, or remove what the run wrote with: load clear".into())
            }
            Self::NoSnapshot { is_shipped: true, from, known, .. } if !known.is_empty() => Some(format!(
                "{DEFAULT_NAME} is the shipped mapping, taken where there is no --mapping; give your own by --mapping FILE, \
                 or draft one with: load init --from {}",
                from.display()
            )),
            Self::NoSnapshot { table, from, known, .. } => match nearest(table, known.iter().map(String::as_str)) {
                Some(name) => Some(format!("did you mean {name}? Then correct `table` of the source in the mapping")),
                None => SnapshotError::NotFound { from: from.clone(), table: table.clone() }.hint(),
            },
            Self::Snapshot(error) => error.hint(),
            Self::Stage(error) => error.hint(),
        }
    }
}

/// The snapshots of a graph and what else names it.
#[derive(Debug)]
pub struct Selection {
    /// One a table of the mapping, in its order.
    pub snapshots: Vec<SealedSnapshot>,
    /// "Today", where it is not the snapshots' own.
    pub as_of: Option<Date>,
    /// Rows of each table, where not all.
    pub sample: Option<u64>,
    /// Folder of all graph tables.
    pub work: PathBuf,
}

impl Selection {
    /// The newest snapshots.
    ///
    /// # Errors
    /// When a table has none.
    pub fn newest(plan: &GraphPlan) -> Result<Self, SelectionError> {
        let newest = |table: String| match find_newest(&plan.from, &table) {
            Err(SnapshotError::NotFound { from, table }) => {
                let known = tables_under(&from);
                let is_shipped = Mapping::load(None).is_ok_and(|shipped| shipped.digest() == plan.mapping.digest());
                let mapping = plan.mapping.name().to_owned();
                Err(SelectionError::NoSnapshot { table, from, mapping, is_shipped, known })
            }
            found => Ok(found?),
        };
        let snapshots = plan.mapping.tables().into_iter().map(newest).collect::<Result<_, _>>()?;
        Ok(Self::new(plan, snapshots, plan.as_of, plan.sample))
    }

    /// The snapshots of a run of this mapping; its as-of date and its sample too, where none are asked for.
    ///
    /// # Errors
    /// When one of them is not there.
    pub fn of_run(plan: &GraphPlan, run: &RunRecord) -> Result<Self, SelectionError> {
        let all = list(&plan.from)?;
        let mut snapshots = Vec::new();
        for table in plan.mapping.tables() {
            let Some(name) = run.sources.get(&table) else { return Self::newest(plan) };
            let Some(snapshot) = all.iter().find(|snapshot| is_named(snapshot, name)) else {
                let digest = name.content_digest.get(..6).unwrap_or_default().to_owned();
                return Err(SelectionError::SnapshotOfRun {
                    run: run.describe(),
                    table,
                    digest,
                    from: plan.from.clone(),
                });
            };
            snapshots.push(snapshot.clone());
        }
        Ok(Self::new(plan, snapshots, plan.as_of.or_else(|| run.as_of.parse().ok()), plan.sample.or(run.sample)))
    }

    fn new(plan: &GraphPlan, snapshots: Vec<SealedSnapshot>, as_of: Option<Date>, sample: Option<u64>) -> Self {
        let work = plan.work.clone().unwrap_or_else(|| default_work(&plan.from, &snapshots));
        Self { snapshots, as_of, sample, work }
    }

    /// What staging is asked for.
    pub fn request<'a>(&'a self, plan: &'a GraphPlan, interrupt: &'a Interrupt) -> StageRequest<'a> {
        StageRequest {
            mapping: &plan.mapping,
            snapshots: &self.snapshots,
            as_of: self.as_of,
            sample: self.sample,
            work: Path::new(&self.work),
            threads: plan.threads,
            interrupt,
        }
    }

    /// What names the graph, and the same for people.
    pub fn name(&self, plan: &GraphPlan) -> (Inputs, String) {
        let interrupt = Interrupt::never();
        let inputs = inputs(&self.request(plan, &interrupt));
        let sources: Vec<String> = inputs
            .sources
            .iter()
            .map(|source| format!("{} {}", source.table, source.content_digest.get(..6).unwrap_or_default()))
            .collect();
        let sample = inputs.sample.map(|rows| format!(", first {rows} rows")).unwrap_or_default();
        let text =
            format!("mapping {}, snapshot {}, as of {}{sample}", inputs.mapping, sources.join(", "), inputs.as_of);
        (inputs, text)
    }
}

/// The tables that have a sealed snapshot in a folder.
pub fn tables_under(from: &Path) -> Vec<String> {
    let sealed = survey(from).map(|survey| survey.sealed).unwrap_or_default();
    let tables: BTreeSet<String> = sealed.into_iter().map(|snapshot| snapshot.manifest.source.table).collect();
    tables.into_iter().collect()
}

fn is_named(snapshot: &SealedSnapshot, name: &SnapshotName) -> bool {
    snapshot.manifest.content_digest.to_string() == name.content_digest
}
