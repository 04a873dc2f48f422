//! From graph tables on disk to a verified graph in the target.
//!
//! In: graph tables, an endpoint, and what the target said about its runs. Out: a run that is done, with a report; or an
//! error after which `load --resume` goes on. The steps and their order are the recipe below.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use shared::exit::{Diagnosis, ExitCode};
use shared::interrupt::Interrupt;
use shared::progress::{Progress, Total, Unit};

use crate::failpoint;
use crate::graph_table::manifest::GraphTables;
use crate::journal::{Journal, Stage};
use crate::ledger;
use crate::run::admission::{Admission, Wanted, admit};
use crate::run::lease::{self, Grant, Lease};
use crate::run::{GraphCounts, Mode, RunError, RunRecord, State, last_done};
use crate::target::check::{self, Server};
use crate::target::endpoint::Endpoint;
use crate::target::error::TargetError;
use crate::verify::{self, Absent, VerifyError, look_up};
use crate::write::crew::Writers;
use crate::write::{self, GraphReport, Settings, WriteError, actions, queries, rejects, schema};

/// The load stopped.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The state of the target forbids it.
    #[error(transparent)]
    Run(#[from] RunError),
    /// Writing stopped.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The graph does not verify.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// The target refused or was lost.
    #[error(transparent)]
    Target(#[from] TargetError),
}

impl LoadError {
    fn inner(&self) -> &dyn Diagnosis {
        match self {
            Self::Run(error) => error,
            Self::Write(error) => error,
            Self::Verify(error) => error,
            Self::Target(error) => error,
        }
    }
}

impl Diagnosis for LoadError {
    fn exit_code(&self) -> ExitCode {
        self.inner().exit_code()
    }

    fn hint(&self) -> Option<String> {
        match self {
            // `load verify` has nothing to go on with, a load has.
            Self::Verify(VerifyError::Interrupted(error)) => RunError::from(*error).hint(),
            _ => self.inner().hint(),
        }
    }
}

/// How to load.
#[derive(Clone)]
pub struct LoadOptions {
    /// Connections that write at the same time.
    pub writers: Writers,
    /// Rows of the first batch of a table, where it should not be ours to choose.
    pub batch_rows: Option<usize>,
    /// Whether each table is written by itself.
    pub apart: bool,
    /// Rows that the server may refuse.
    pub max_rejects: u64,
    /// Somebody asked to stop.
    pub interrupt: Interrupt,
    /// Where progress is reported to.
    pub progress: Arc<dyn Progress>,
    /// What is kept for the report.
    pub journal: Arc<Journal>,
}

/// What a load took and found.
#[derive(Debug, Clone)]
pub struct LoadReport {
    /// Id of the run.
    pub run: String,
    /// Mode of the run.
    pub mode: Mode,
    /// What was written.
    pub graph: GraphReport,
    /// Numbers in the target at the end.
    pub counts: GraphCounts,
    /// Rows that the server refused, and those that lost an end by that.
    pub refused: u64,
    /// What an upsert run left in the target though its snapshot does not have it.
    pub absent: Option<Absent>,
}

/// What came of it.
#[derive(Debug)]
pub enum Loaded {
    /// The graph is there now.
    Done(Box<LoadReport>),
    /// It was there already.
    Already(Box<RunRecord>),
}

/// Loads graph tables; goes on with their run where `wanted` allows that.
///
/// # Errors
/// See [`LoadError`]; whatever was written stays and is known to the ledger.
pub async fn load(
    endpoint: &Endpoint,
    server: &Server,
    tables: &GraphTables,
    wanted: &Wanted,
    work: &Path,
    options: &LoadOptions,
) -> Result<Loaded, LoadError> {
    options.journal.enter(Stage::Run);
    let mut sink = check::connect(endpoint, server)?;
    let connect = || check::connect(endpoint, server);
    let (lease, run) = loop {
        let runs = check::runs(&mut sink).await?;
        let grant = match admit(&runs, wanted)? {
            Admission::AlreadyLoaded(run) => return Ok(Loaded::Already(run)),
            Admission::GoOn(open) => {
                require_same_tables(tables, &open)?;
                options.journal.note(|entries| entries.resumed = true);
                (lease::take_over(&mut sink, &open, &options.interrupt, &say).await?, open)
            }
            Admission::Start(mode) => {
                let present = schema::Present::read(&mut sink).await?;
                schema::check(&tables.manifest, server, &present)?;
                let grant = lease::create(&mut sink, &tables.manifest, mode, last_done(&runs)).await?;
                failpoint::reach("run-created");
                // A clearing that came to its end meanwhile took the constraints of run and ledger with it.
                check::create_ledger_schema(&mut sink).await?;
                let runs = check::runs(&mut sink).await?;
                match crate::run::open_run(&runs) {
                    Some(open) => (grant, Box::new(open.clone())),
                    None => continue,
                }
            }
        };
        if let (Grant::Ours(lease), run) = grant {
            break (lease, run);
        }
    };
    options.journal.note(|entries| entries.mode = Some(run.mode));
    let lost = Arc::new(AtomicBool::new(false));
    let heartbeat = lease.keep_alive(connect()?, Arc::clone(&lost));
    let report = finish(&mut sink, &connect, tables, &lease, &run, work, options, lost).await;
    heartbeat.abort();
    report.map(|report| Loaded::Done(Box::new(report)))
}

/// From a run that is ours to a run that is done.
#[allow(clippy::too_many_arguments, reason = "the recipe of a run names what it needs, once")]
async fn finish(
    sink: &mut crate::target::bolt::BoltSink,
    connect: &(dyn Fn() -> Result<crate::target::bolt::BoltSink, TargetError> + Sync),
    tables: &GraphTables,
    lease: &Lease,
    run: &RunRecord,
    work: &Path,
    options: &LoadOptions,
    lost: Arc<AtomicBool>,
) -> Result<LoadReport, LoadError> {
    options.journal.enter(Stage::Constraints);
    let graph = &tables.manifest;
    let (mut report, mut refused) = (GraphReport::default(), run.refused);
    let mut absent = None;
    if run.state == State::Writing {
        schema::begin(sink, lease, graph, run.mode, &run.created_schema).await?;
        failpoint::reach("schema-created");
        let settings = Settings {
            mode: run.mode,
            writers: options.writers,
            batch_rows: options.batch_rows,
            apart: options.apart,
            max_rejects: options.max_rejects,
            interrupt: options.interrupt.clone(),
            lost,
            progress: Arc::clone(&options.progress),
            journal: Arc::clone(&options.journal),
        };
        options.journal.enter(Stage::Writing);
        report = write::write_graph(connect, tables, lease, &settings).await?;
        failpoint::reach("tables-written");
        options.journal.enter(Stage::Verification);
        refused = report.ledgers.values().map(ledger::TableLedger::refused_rows).sum();
        let changed_since = [actions::BEFORE_QUERIES, actions::AFTER_QUERIES]
            .iter()
            .any(|stages| actions::any_done(graph, &report.ledgers, stages))
            || queries::any_done(tables, &report.ledgers);
        match run.mode {
            // What these actions and queries did is in no graph table: a load that goes on does not compare a second time.
            _ if changed_since => {}
            Mode::Create => {
                let found = verify::counts(sink, &graph.labels(), &graph.types()).await?;
                verify::compare(&found, &run.baseline, &verify::expected(graph, &report.ledgers))?;
            }
            Mode::Upsert => {
                look_up::look_up(sink, tables, &report.ledgers, &options.interrupt, options.progress.as_ref()).await?;
                absent = Some(verify::absent(sink, graph, &report.ledgers).await?);
            }
        }
        actions::run(sink, lease, graph, actions::BEFORE_QUERIES, &options.interrupt).await?;
        report.tables.extend(queries::run(sink, lease, tables, &report.ledgers, &settings).await?);
        actions::run(sink, lease, graph, actions::AFTER_QUERIES, &options.interrupt).await?;
        failpoint::reach("before-verified");
        lease.set_verified(sink, refused).await?;
        failpoint::reach("verified");
    }
    options.journal.enter(Stage::Ledger);
    remove_ledger(sink, tables, lease, run, work, options).await?;
    let counts = verify::counts(sink, &graph.labels(), &graph.types()).await?;
    failpoint::reach("before-done");
    lease.set_done(sink, &counts).await?;
    options.journal.note(|entries| {
        entries.counts = Some(counts.clone());
        entries.absent = absent.clone();
    });
    failpoint::reach("done");
    Ok(LoadReport { run: lease.run.clone(), mode: run.mode, graph: report, counts, refused, absent })
}

/// The ledger of a verified run goes: first what stands for no refused row, then the rest, once it is on disk.
async fn remove_ledger(
    sink: &mut crate::target::bolt::BoltSink,
    tables: &GraphTables,
    lease: &Lease,
    run: &RunRecord,
    work: &Path,
    options: &LoadOptions,
) -> Result<(), LoadError> {
    let units: usize = tables.manifest.units().values().sum();
    options.progress.start("remove the ledger", Total::Exact(units as u64), Unit::Count("entries"));
    let advance = |removed: u64| {
        failpoint::reach("ledger-removal");
        options.progress.advance(removed);
    };
    ledger::remove(sink, lease, false, &advance).await?;
    if !run.rejects_written {
        let units = ledger::read_refused(sink, &lease.run).await?;
        // Also where there are none: a run of the same graph that was cleared may have left its own.
        rejects::write(&rejects::path(work, &lease.run), &tables.manifest, &units)?;
        failpoint::reach("rejects-written");
        lease.set_rejects_written(sink).await?;
    }
    ledger::remove(sink, lease, true, &advance).await?;
    options.progress.finish();
    Ok(())
}

/// A run goes on with the very tables that it was begun with.
fn require_same_tables(tables: &GraphTables, open: &RunRecord) -> Result<(), RunError> {
    let found = tables.manifest.run_id();
    if found == open.id { Ok(()) } else { Err(RunError::OtherTables { run: open.describe(), found }) }
}

/// A line for people, above a running bar.
fn say(text: &str) {
    shared::progress::write_stderr(&format!("{text}\n"));
}
