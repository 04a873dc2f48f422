//! The recipe of `load`, and that of `load verify`.
//!
//! In: a plan. Out: a graph in the target, or one compared with it. The target is looked at first and let go; then the
//! snapshot is staged, which may take long and needs no target; then it is written over connections opened for that.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use shared::exit::{Diagnosis, ExitCode};
use shared::interrupt::{Interrupt, Interrupted};
use shared::progress::{Progress, write_stderr};
use shared::snapshot::SealedSnapshot;
use tokio::runtime::Runtime;

use crate::failpoint;
use crate::graph_table::manifest::GraphTables;
use crate::journal::{Journal, Stage};
use crate::load::{LoadError, LoadOptions, LoadReport, Loaded, load};
use crate::plan::{GraphPlan, LoadPlan};
use crate::run::admission::{Admission, Wanted, activity, admit};
use crate::run::{Mode, RunError, RunRecord, State, last_done, open_run};
use crate::selection::{Selection, SelectionError};
use crate::stage::{StageError, stage};
use crate::target::check::{self, Server};
use crate::target::endpoint::Endpoint;
use crate::target::error::TargetError;
use crate::verify::deep::{self, RefusedRows, TableVerdict};
use crate::verify::{self, Absent, VerifyError, look_up};
use crate::way_on;
use crate::write::rejects;

/// Time that batches in flight are given to end after somebody asked to stop; then they are abandoned, which the ledger
/// settles at the next start.
const STOP_GRACE: Duration = Duration::from_secs(3);

/// The job ended early.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// There are no such snapshots.
    #[error(transparent)]
    Selection(#[from] SelectionError),
    /// There are no graph tables.
    #[error(transparent)]
    Stage(#[from] StageError),
    /// The state of the target forbids it.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The target refused or was lost.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// The load stopped.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The graph does not verify.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// The threads for the connections could not be started.
    #[error("cannot start the threads for the connections")]
    Runtime(#[source] std::io::Error),
    /// Somebody asked to stop.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

impl JobError {
    fn inner(&self) -> Option<&dyn Diagnosis> {
        Some(match self {
            Self::Selection(error) => error,
            Self::Stage(error) => error,
            Self::Run(error) => error,
            Self::Target(error) => error,
            Self::Load(error) => error,
            Self::Verify(error) => error,
            Self::Interrupted(error) => error,
            Self::Runtime(_) => return None,
        })
    }
}

impl Diagnosis for JobError {
    fn exit_code(&self) -> ExitCode {
        self.inner().map_or(ExitCode::Failed, Diagnosis::exit_code)
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Interrupted(_) => Some(format!("what is done is kept; {}", way_on::go_on())),
            _ => self.inner().and_then(Diagnosis::hint),
        }
    }
}

/// What came of `load`.
pub enum JobOutcome {
    /// The graph is there now.
    Loaded {
        /// The load.
        report: Box<LoadReport>,
        /// Its tables.
        tables: Box<GraphTables>,
        /// The server.
        server: Server,
        /// Where the refused rows are, if there are any.
        rejects: std::path::PathBuf,
    },
    /// It was there already.
    Already(Box<RunRecord>),
}

/// Loads.
///
/// # Errors
/// See [`JobError`].
pub fn run_load(
    plan: &LoadPlan,
    interrupt: &Interrupt,
    progress: &Arc<dyn Progress>,
    journal: &Arc<Journal>,
) -> Result<JobOutcome, JobError> {
    journal.enter(Stage::Contact);
    let newest = Selection::newest(&plan.graph);
    // A run that goes on may have a snapshot where there is no newest one; anything else ends here.
    let newest = if plan.resume { newest } else { Ok(newest?) };
    let runtime = runtime(plan.writers.most())?;
    let (server, runs) = until_stopped(&runtime, interrupt, first_look(&plan.endpoint))?;
    journal.note(|entries| entries.server = Some(server.clone()));
    let selection = match open_run(&runs) {
        Some(open) if plan.resume && open.mapping_digest == plan.graph.mapping.digest() => {
            Selection::of_run(&plan.graph, open)?
        }
        _ => newest?,
    };
    selection.snapshots.iter().for_each(|snapshot| warn(selected_warning(snapshot).as_deref()));
    let (inputs, description) = selection.name(&plan.graph);
    let wanted = Wanted::new(&inputs, description, plan.resume, plan.mode);
    match admit(&runs, &wanted)? {
        Admission::AlreadyLoaded(run) => {
            let drift = until_stopped(&runtime, interrupt, drift(&plan.endpoint, &server, &run))?;
            warn(drift.as_deref());
            return Ok(JobOutcome::Already(run));
        }
        Admission::GoOn(_) => {}
        Admission::Start(mode) => {
            until_stopped(&runtime, interrupt, prepare(&plan.endpoint, &server, mode, &plan.graph, last_done(&runs)))?;
        }
    }
    journal.note(|entries| {
        entries.work = Some(selection.work.clone());
        entries.inputs = Some(inputs);
        entries.snapshots = plan.graph.mapping.tables().into_iter().zip(selection.snapshots.iter().cloned()).collect();
    });
    journal.enter(Stage::Staging);
    let staged = stage(&selection.request(&plan.graph, interrupt), progress.as_ref())?;
    journal.note(|entries| {
        entries.graph = Some(Arc::new(staged.tables.manifest.clone()));
        entries.tables_dir = Some(staged.tables.dir.clone());
        entries.tables_found = staged.found;
    });
    failpoint::reach("staged");
    warn(tier_warning(&staged.tables).as_deref());
    let options = LoadOptions {
        writers: plan.writers,
        batch_rows: plan.batch_rows,
        apart: plan.apart,
        max_rejects: plan.max_rejects,
        interrupt: interrupt.clone(),
        progress: Arc::clone(progress),
        journal: Arc::clone(journal),
    };
    let loading = load(&plan.endpoint, &server, &staged.tables, &wanted, &selection.work, &options);
    match until_stopped(&runtime, interrupt, async { Ok::<_, JobError>(loading.await?) })? {
        Loaded::Already(run) => Ok(JobOutcome::Already(run)),
        Loaded::Done(report) => {
            let rejects = rejects::path(&selection.work, &report.run);
            let tables = Box::new(staged.tables);
            Ok(JobOutcome::Loaded { report, tables, server, rejects })
        }
    }
}

/// What came of `load verify`.
pub struct Verdict {
    /// The run that was compared.
    pub run: RunRecord,
    /// Table by table, where everything was read back.
    pub tables: Vec<TableVerdict>,
    /// What the target holds beside the snapshot, where the run updated it.
    pub absent: Option<Absent>,
}

/// Compares the target with the graph tables.
///
/// # Errors
/// [`VerifyError::Differs`] among others.
pub fn run_verify(
    plan: &GraphPlan,
    endpoint: &Endpoint,
    deep: bool,
    interrupt: &Interrupt,
    progress: &dyn Progress,
    on_tables: impl Fn(&[TableVerdict]),
) -> Result<Verdict, JobError> {
    let runtime = runtime(1)?;
    let (server, runs) = until_stopped(&runtime, interrupt, first_look(endpoint))?;
    let selection = Selection::newest(plan)?;
    let (inputs, description) = selection.name(plan);
    let digest = inputs.graph_digest();
    let Some(run) = runs.iter().rev().find(|run| run.graph_digest == digest).cloned() else {
        let holds = open_run(&runs).or_else(|| last_done(&runs));
        let holds = holds.map(|run| format!("; it holds {}", run.describe())).unwrap_or_default();
        return Err(VerifyError::NotLoaded { wanted: description, holds }.into());
    };
    if matches!(run.state, State::Writing | State::Clearing) {
        let unfinished =
            RunError::Unfinished { run: run.describe(), state: run.state.to_string(), activity: activity(&run) };
        return Err(unfinished.into());
    }
    let staged = stage(&selection.request(plan, interrupt), progress)?;
    let tables = staged.tables;
    let refused = match run.refused {
        0 => RefusedRows::new(),
        _ => rejects::read(&rejects::path(&selection.work, &run.id)).map_err(VerifyError::from)?,
    };
    let comparing = async {
        let mut sink = check::connect(endpoint, &server)?;
        match run.mode {
            Mode::Upsert => {
                let ledgers = verify::ledgers_of(&tables.manifest, &refused);
                look_up::look_up(&mut sink, &tables, &ledgers, interrupt, progress).await?;
                let absent = verify::absent(&mut sink, &tables.manifest, &ledgers).await?;
                Ok::<_, JobError>((Vec::new(), Some(absent)))
            }
            Mode::Create if deep => {
                let (verdicts, differences) = deep::compare(&mut sink, &tables, &refused, interrupt, progress).await?;
                on_tables(&verdicts);
                if differences.is_empty() && verdicts.iter().all(TableVerdict::is_same) {
                    return Ok((verdicts, None));
                }
                Err(VerifyError::Differs { differences }.into())
            }
            Mode::Create => {
                let graph = &tables.manifest;
                let found = verify::counts(&mut sink, &graph.labels(), &graph.types()).await?;
                let added = verify::expected(graph, &verify::ledgers_of(graph, &refused));
                verify::compare(&found, &run.baseline, &added)?;
                Ok((Vec::new(), None))
            }
        }
    };
    let (tables, absent) = until_stopped(&runtime, interrupt, comparing)?;
    Ok(Verdict { run, tables, absent })
}

/// Threads for connections: one each, and one for the heartbeat.
///
/// # Errors
/// When the system gives none.
pub fn runtime(writers: usize) -> Result<Runtime, JobError> {
    let threads = writers.clamp(1, 16) + 1;
    let built = tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build();
    built.map_err(JobError::Runtime)
}

/// The target and its runs, over a connection that is thrown away.
///
/// # Errors
/// When it cannot be reached or does not let us in.
pub async fn first_look(endpoint: &Endpoint) -> Result<(Server, Vec<RunRecord>), JobError> {
    let server = check::look(endpoint).await?;
    let runs = check::runs(&mut check::connect(endpoint, &server)?).await?;
    Ok((server, runs))
}

/// Before the long work: are the labels free, and may we create constraints?
async fn prepare(
    endpoint: &Endpoint,
    server: &Server,
    mode: Mode,
    plan: &GraphPlan,
    last: Option<&RunRecord>,
) -> Result<(), JobError> {
    let mut sink = check::connect(endpoint, server)?;
    if mode == Mode::Create {
        let held = verify::held(&mut sink, &plan.mapping.labels()).await?;
        if !held.is_empty() {
            return Err(RunError::labels_held(held, last).into());
        }
    }
    Ok(check::create_ledger_schema(&mut sink).await?)
}

/// Whether something else changed the target since a run was done, as far as numbers tell.
async fn drift(endpoint: &Endpoint, server: &Server, run: &RunRecord) -> Result<Option<String>, JobError> {
    let mut sink = check::connect(endpoint, server)?;
    let now = verify::counts(&mut sink, &run.labels, &run.types).await?;
    Ok(run.final_counts.as_ref().and_then(|left| verify::drift(&run.id, left, &now)))
}

/// Does the work; when somebody asks to stop it has a little time to come to an end by itself.
///
/// # Errors
/// Those of the work, or that somebody asked to stop.
pub fn until_stopped<T, E: Into<JobError>>(
    runtime: &Runtime,
    interrupt: &Interrupt,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, JobError> {
    let stopped = async {
        while interrupt.requested().is_none() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        tokio::time::sleep(STOP_GRACE).await;
    };
    runtime.block_on(async {
        tokio::select! {
            done = work => done.map_err(Into::into),
            () = stopped => Err(interrupt.check().err().unwrap_or(Interrupted(ExitCode::Interrupted)).into()),
        }
    })
}

/// Whether the graph will be of a part of a table.
fn selected_warning(snapshot: &SealedSnapshot) -> Option<String> {
    let manifest = &snapshot.manifest;
    (!manifest.selection.is_all()).then(|| {
        let (source, path) = (&manifest.source, snapshot.path.display());
        format!("{path} is not all of table {}.{}: {}", source.database, source.table, manifest.selection)
    })
}

/// Whether the graph is larger than the free tier of Aura holds.
fn tier_warning(tables: &GraphTables) -> Option<String> {
    const FREE_NODES: u64 = 200_000;
    const FREE_RELATIONSHIPS: u64 = 400_000;
    let (nodes, relationships) = (tables.manifest.node_rows(), tables.manifest.relationship_rows());
    (nodes > FREE_NODES || relationships > FREE_RELATIONSHIPS).then(|| {
        use shared::progress::human_count as count;
        format!(
            "the graph has {} nodes and {} relationships: more than Aura Free holds ({} and {})",
            count(nodes),
            count(relationships),
            count(FREE_NODES),
            count(FREE_RELATIONSHIPS)
        )
    })
}

fn warn(text: Option<&str>) {
    if let Some(text) = text {
        write_stderr(&format!("warning: {text}\n"));
    }
}
