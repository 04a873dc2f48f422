//! Our hold on the open run: its creation, its takeover, its heartbeat, and the changes of its state.
//!
//! In: graph tables to load, or a run that somebody left. Out: a lease, an epoch with which every statement proves that it
//! still comes from the owner. Each change here is one transaction that looks at the run only after locking it. When the
//! answer to one is lost, the run itself tells whether it was applied.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use shared::interrupt::Interrupt;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::admission::activity;
use super::owner::Owner;
use super::{GraphCounts, Mode, RunError, RunRecord, SnapshotName, State, open_run};
use crate::graph_table::manifest::GraphManifest;
use crate::ledger;
use crate::target::check::runs;
use crate::target::cypher::{self, Counted};
use crate::target::error::TargetError;
use crate::target::failure::{Class, Failure};
use crate::target::retry::repeat;
use crate::target::sink::{GraphSink, GraphTxn, Statement, update};
use crate::target::value::Value;

/// How often the owner shows that it lives.
const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(10);
/// Limit of one heartbeat. One that hangs in a connection is given up and shown over another while the run is still ours.
const HEARTBEAT_LIMIT: Duration = Duration::from_secs(20);
/// Silence after which a run may be taken over: several heartbeats, and longer than any pause of a healthy server.
const SILENCE_LIMIT: Duration = Duration::from_secs(60);
/// How often a run that we wait for is looked at.
const WATCH_INTERVAL: Duration = Duration::from_secs(2);

/// Labels and types counted in one statement. Each exchange costs the way there and back, each branch of a statement its planning.
const COUNTED_AT_ONCE: usize = 24;

/// Our hold on the open run.
#[derive(Debug, Clone)]
pub struct Lease {
    /// Id of the run.
    pub run: String,
    /// The epoch in which it is ours.
    pub epoch: i64,
}

/// What came of an attempt to get the run.
#[derive(Debug)]
pub enum Grant {
    /// It is ours.
    Ours(Lease),
    /// The database changed meanwhile: look at it again.
    LookAgain,
}

impl Lease {
    /// A statement with the parameters by which a lease proves itself.
    pub fn statement(&self, text: impl Into<Arc<str>>) -> Statement {
        Statement::new(text).with("run", self.run.as_str()).with("epoch", self.epoch)
    }

    fn taken_over(&self) -> RunError {
        RunError::TakenOver { run: self.run.clone() }
    }

    /// Ends what the owner before us left open. The fence makes it harmless, but its locks would hold us up. Best effort.
    async fn end_earlier_transactions<S: GraphSink>(&self, sink: &mut S) {
        if let Err(failure) = update(sink, self.statement(cypher::TERMINATE_EARLIER)).await {
            tracing::info!(%failure, "transactions of the owner before us could not be ended");
            sink.release().await;
        }
    }

    /// One change of the run's node. Applied twice it must do the same as once.
    async fn change<S: GraphSink>(&self, sink: &mut S, doing: &str, statement: Statement) -> Result<(), RunError> {
        let changed = repeat(sink, async |sink| update(sink, statement.clone()).await).await;
        let changed = changed.map_err(|failure| TargetError::during(doing, failure))?;
        if changed.is_empty() { Err(self.taken_over()) } else { Ok(()) }
    }

    /// Notes the constraints and indexes that are about to be created.
    ///
    /// # Errors
    /// When the target is lost, or somebody took over.
    pub async fn note_created_schema<S: GraphSink>(&self, sink: &mut S, names: &[String]) -> Result<(), RunError> {
        let statement = self.statement(cypher::SET_CREATED_SCHEMA).with("createdSchema", Value::texts(names));
        self.change(sink, "note the constraints of the run", statement).await
    }

    /// All units are written and counted.
    ///
    /// # Errors
    /// As above.
    pub async fn set_verified<S: GraphSink>(&self, sink: &mut S, refused: u64) -> Result<(), RunError> {
        let statement =
            self.statement(cypher::SET_VERIFIED).with("refused", i64::try_from(refused).unwrap_or(i64::MAX));
        self.change(sink, "note that the graph is verified", statement).await
    }

    /// The refused rows are on disk.
    ///
    /// # Errors
    /// As above.
    pub async fn set_rejects_written<S: GraphSink>(&self, sink: &mut S) -> Result<(), RunError> {
        self.change(sink, "note that the refused rows are on disk", self.statement(cypher::SET_REJECTS_WRITTEN)).await
    }

    /// The ledger is gone: the run is done and the slot free.
    ///
    /// # Errors
    /// As above.
    pub async fn set_done<S: GraphSink>(&self, sink: &mut S, counts: &GraphCounts) -> Result<(), RunError> {
        let counts = serde_json::to_string(counts).unwrap_or_default();
        let statement = self.statement(cypher::SET_DONE).with("finalCounts", counts);
        match self.change(sink, "note that the run is done", statement).await {
            // A lost answer and a second try: the first one freed the slot.
            Err(RunError::TakenOver { .. }) if self.state(sink).await? == Some(State::Done) => Ok(()),
            other => other,
        }
    }

    /// The state of the run in our epoch; `None` when it is not ours any more.
    async fn state<S: GraphSink>(&self, sink: &mut S) -> Result<Option<State>, RunError> {
        let statement = self.statement(cypher::RUN_STATE);
        let records = repeat(sink, async |sink| update(sink, statement.clone()).await).await;
        let records = records.map_err(|failure| TargetError::during("tell the state of the run", failure))?;
        let ours = records.iter().find(|record| record.get(1).and_then(Value::as_integer) == Some(self.epoch));
        Ok(ours.and_then(|record| record.first()).and_then(Value::as_text).map(State::from_name))
    }

    /// Shows every few seconds that we live, until the handle is aborted. Sets `lost` when somebody took over.
    pub fn keep_alive<S: GraphSink>(&self, mut sink: S, lost: Arc<AtomicBool>) -> JoinHandle<()> {
        let lease = self.clone();
        tokio::spawn(async move {
            loop {
                sleep(HEARTBEAT_INTERVAL).await;
                let shown = timeout(HEARTBEAT_LIMIT, update(&mut sink, lease.statement(cypher::HEARTBEAT))).await;
                match shown.unwrap_or_else(|_| Err(Failure::timed_out("a heartbeat", HEARTBEAT_LIMIT))) {
                    Ok(records) if records.is_empty() => lost.store(true, Ordering::SeqCst),
                    Ok(_) => {}
                    Err(failure) => {
                        // The fence protects the graph; a heartbeat that fails may at most cost us the run.
                        tracing::info!(%failure, "the heartbeat failed");
                        sink.release().await;
                    }
                }
            }
        })
    }
}

/// Creates the run of these graph tables. The slot is taken first and the labels are counted in the same transaction, so
/// that no other run can slip in between.
///
/// # Errors
/// When create mode finds its labels held, or the target refuses.
pub async fn create<S: GraphSink>(
    sink: &mut S,
    graph: &GraphManifest,
    mode: Mode,
    last_run: Option<&RunRecord>,
) -> Result<Grant, RunError> {
    let (run, owner) = (graph.run_id(), Owner::this_process());
    let creation = creation(&run, &owner, graph, mode);
    let created = repeat(sink, async |sink| try_create(sink, &run, &creation, graph, mode).await).await;
    match created {
        Ok(Creation::Created(epoch)) => Ok(Grant::Ours(Lease { run, epoch })),
        Ok(Creation::LabelsHeld(counts)) => Err(RunError::labels_held(counts, last_run)),
        Err(failure) if failure.class == Class::Constraint => {
            // Another run holds the slot; or ours does, and only the answer was lost.
            let known = runs(sink).await?;
            match open_run(&known) {
                Some(open) if open.id == run && open.owner.as_ref() == Some(&owner) => {
                    Ok(Grant::Ours(Lease { run, epoch: open.epoch }))
                }
                _ => Ok(Grant::LookAgain),
            }
        }
        Err(failure) => Err(TargetError::during("create the run", failure).into()),
    }
}

enum Creation {
    /// In this epoch.
    Created(i64),
    /// Nothing was left behind.
    LabelsHeld(BTreeMap<String, u64>),
}

async fn try_create<S: GraphSink>(
    sink: &mut S,
    run: &str,
    creation: &Statement,
    graph: &GraphManifest,
    mode: Mode,
) -> Result<Creation, Failure> {
    let mut txn = sink.begin().await?;
    let created = txn.fetch(creation.clone()).await?;
    let epoch = created.first().and_then(|record| record.first()?.as_integer()).unwrap_or_default();
    txn.fetch(Statement::new(cypher::DELETE_ORPHANS).with("prefix", ledger::prefix(run, None))).await?;
    let baseline = count(&mut txn, &graph.labels(), &graph.types()).await?;
    let held: BTreeMap<String, u64> =
        baseline.labels.iter().filter(|(_, count)| **count > 0).map(|(label, count)| (label.clone(), *count)).collect();
    if mode == Mode::Create && !held.is_empty() {
        txn.rollback().await?;
        return Ok(Creation::LabelsHeld(held));
    }
    let baseline = serde_json::to_string(&baseline).unwrap_or_default();
    txn.fetch(Statement::new(cypher::SET_BASELINE).with("id", run).with("baselineCounts", baseline)).await?;
    txn.commit().await?;
    Ok(Creation::Created(epoch))
}

fn creation(run: &str, owner: &Owner, graph: &GraphManifest, mode: Mode) -> Statement {
    let inputs = &graph.inputs;
    let sources = inputs.sources.iter().map(|source| SnapshotName::text(&source.table, &source.content_digest));
    let digests: Vec<&str> = inputs.sources.iter().map(|source| source.content_digest.as_str()).collect();
    let snapshots: Vec<String> = inputs
        .sources
        .iter()
        .map(|source| format!("{} {}", source.table, &source.content_digest[..6.min(source.content_digest.len())]))
        .collect();
    let units: BTreeMap<&str, usize> = graph.units();
    Statement::new(cypher::CREATE_RUN)
        .with("id", run)
        .with("mode", mode.name())
        .with("snapshot", snapshots.join(", "))
        .with("contentDigest", digests.join(","))
        .with("graphDigest", inputs.graph_digest())
        .with("mapping", inputs.mapping.as_str())
        .with("mappingDigest", inputs.mapping_digest.as_str())
        .with("sources", Value::texts(sources))
        .with("asOf", inputs.as_of.to_string())
        .with("sample", inputs.sample.and_then(|rows| i64::try_from(rows).ok()))
        .with("labels", Value::texts(graph.labels()))
        .with("types", Value::texts(graph.types()))
        .with("units", serde_json::to_string(&units).unwrap_or_default())
        .with("createdSchema", Value::List(Vec::new()))
        .with("owner", owner.to_string())
        .with("program", env!("CARGO_PKG_VERSION"))
}

/// Counts nodes by label and relationships by type inside a transaction.
///
/// # Errors
/// As the driver says.
pub async fn count<T: GraphTxn>(txn: &mut T, labels: &[String], types: &[String]) -> Result<GraphCounts, Failure> {
    let of_labels = labels.iter().map(|label| Counted::Label(label));
    let all: Vec<Counted<'_>> = of_labels.chain(types.iter().map(|rel_type| Counted::Type(rel_type))).collect();
    let mut counts = GraphCounts::default();
    for some in all.chunks(COUNTED_AT_ONCE) {
        let mut found: BTreeMap<u64, u64> = BTreeMap::new();
        for record in txn.fetch(Statement::new(cypher::count_each(some))).await? {
            found.extend(record.first().and_then(Value::as_count).zip(record.get(1).and_then(Value::as_count)));
        }
        for (place, counted) in (0..).zip(some) {
            let Some(count) = found.remove(&place) else {
                return Err(Failure::new(Class::Refused, format!("the server did not count the {counted}")));
            };
            match counted {
                Counted::Label(label) => counts.labels.insert((*label).to_owned(), count),
                Counted::Type(rel_type) => counts.types.insert((*rel_type).to_owned(), count),
            };
        }
    }
    Ok(counts)
}

/// Takes over the open run `seen`, once its owner is gone or silent for long enough; says so when it has to wait.
///
/// # Errors
/// When the target refuses or is lost, or somebody asked to stop.
pub async fn take_over<S: GraphSink>(
    sink: &mut S,
    seen: &RunRecord,
    interrupt: &Interrupt,
    say: &(dyn Fn(&str) + Sync),
) -> Result<Grant, RunError> {
    let mut seen = seen.clone();
    let mut has_said = false;
    loop {
        let is_gone = seen.owner.as_ref().is_none_or(Owner::is_gone);
        if is_gone || seen.silence >= SILENCE_LIMIT {
            let owner = Owner::this_process();
            let silence = if is_gone { Duration::ZERO } else { SILENCE_LIMIT };
            let statement = Statement::new(cypher::TAKE_OVER)
                .with("run", seen.id.as_str())
                .with("epoch", seen.epoch)
                .with("owner", owner.to_string())
                .with("silence", i64::try_from(silence.as_millis()).unwrap_or(i64::MAX));
            let taken = repeat(sink, async |sink| update(sink, statement.clone()).await).await;
            if !taken.map_err(|failure| TargetError::during("hand over the run", failure))?.is_empty() {
                let lease = Lease { run: seen.id, epoch: seen.epoch + 1 };
                lease.end_earlier_transactions(sink).await;
                return Ok(Grant::Ours(lease));
            }
        } else if !has_said {
            say(&format!(
                "waiting: run {}{}; it may be taken over after {} s of silence",
                seen.id,
                activity(&seen),
                SILENCE_LIMIT.as_secs()
            ));
            has_said = true;
        }
        sleep(WATCH_INTERVAL).await;
        interrupt.check()?;
        let known = repeat(sink, async |sink| update(sink, Statement::new(cypher::RUNS)).await).await;
        let known = known.map_err(|failure| TargetError::during("tell its runs", failure))?;
        let known: Vec<RunRecord> = known.iter().map(RunRecord::from_record).collect();
        match open_run(&known) {
            Some(open) if open.id == seen.id && open.state != State::Clearing => seen = open.clone(),
            _ => return Ok(Grant::LookAgain),
        }
    }
}
