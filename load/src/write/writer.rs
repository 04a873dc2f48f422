//! A writer: one connection that takes batches until none is left.
//!
//! In: batches. Out: each applied exactly once, or an error that leaves the run resumable. A failure that leaves it open
//! whether a batch was applied is settled by the ledger, never by guessing; a batch that the server cannot hold is halved; a
//! row that it refuses is found by trials that are rolled back.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;
use tokio::sync::mpsc::Receiver;
use tokio::time::sleep;

use super::attempt::{Outcome, Purpose, Sender, Sent, attempt};
use super::batch::Batch;
use super::error::WriteError;
use super::pace::Pace;
use super::shared_state::Shared;
use super::star;
use super::table::{Kind, TableWork};
use crate::graph_table::manifest::GraphTablesError;
use crate::ledger::{self, AppliedUnit};
use crate::run::RunError;
use crate::target::cypher;
use crate::target::error::TargetError;
use crate::target::failure::{Class, Failure};
use crate::target::retry::Retry;
use crate::target::sink::{GraphSink, update};
use crate::target::value::Value;

/// How often a batch of stars is tried that fails for no reason of its own, before it is halved.
const STAR_TRIES: u32 = 3;

/// Batches on their way to the writers.
pub type Batches = Arc<Mutex<Receiver<Result<Batch, GraphTablesError>>>>;

/// What a writer did for a table.
#[derive(Debug, Default, Clone)]
pub struct Written {
    /// Batches applied.
    pub batches: u64,
    /// Units applied.
    pub units: Vec<AppliedUnit>,
    /// Time spent in exchanges with the server.
    pub waited: Duration,
    /// Time in all.
    pub total: Duration,
}

/// A writer of one table.
pub struct Writer<S> {
    pub(super) sink: S,
    number: usize,
    pub(super) sender: Sender,
    pub(super) shared: Arc<Shared>,
    pub(super) work: Arc<TableWork>,
    pub(super) pace: Arc<Pace>,
    pub(super) retry: Retry,
    /// Time without a turn.
    resting: Duration,
    pub(super) written: Written,
}

impl<S: GraphSink> Writer<S> {
    /// A writer with a connection of its own.
    pub fn new(sink: S, number: usize, shared: Arc<Shared>, work: Arc<TableWork>, pace: Arc<Pace>) -> Self {
        let retry = Retry::new(sink.patience());
        let sender = Sender { lease: shared.lease.clone(), writer: number as i64 };
        Self { sink, number, sender, shared, work, pace, retry, resting: Duration::ZERO, written: Written::default() }
    }

    /// Writes batches until there are no more, or until somebody stops. Gives the connection back.
    pub async fn run(mut self, batches: Batches) -> (S, Written, Result<(), WriteError>) {
        let started = Instant::now();
        let result = self.take_batches(&batches).await;
        if result.is_err() {
            self.shared.stop.store(true, Ordering::SeqCst);
            self.shared.crew.end_table();
        }
        self.written.total = started.elapsed().saturating_sub(self.resting);
        (self.sink, self.written, result)
    }

    async fn take_batches(&mut self, batches: &Batches) -> Result<(), WriteError> {
        loop {
            // Who has no turn is no writer: this time says nothing about whom the others wait for.
            let began = Instant::now();
            self.shared.crew.turn(self.number).await;
            self.resting += began.elapsed();
            self.check_stop()?;
            // The guard goes before the batch is written, so that the other writers get theirs.
            let next = batches.lock().await.recv().await;
            let Some(batch) = next else {
                self.shared.crew.end_table();
                return Ok(());
            };
            let mut left = vec![batch?];
            while let Some(batch) = left.pop() {
                left.extend(self.write(batch).await?);
            }
        }
    }

    fn check_stop(&self) -> Result<(), WriteError> {
        if self.shared.lost.load(Ordering::SeqCst) {
            return Err(self.taken_over());
        }
        self.shared.interrupt.check()?;
        if self.shared.stop.load(Ordering::SeqCst) { Err(WriteError::Stopped) } else { Ok(()) }
    }

    pub(super) fn taken_over(&self) -> WriteError {
        RunError::TakenOver { run: self.shared.lease.run.clone() }.into()
    }

    /// Applies a batch, or returns the parts of it that are still to be written.
    async fn write(&mut self, mut batch: Batch) -> Result<Vec<Batch>, WriteError> {
        let mut tries = 0;
        loop {
            self.check_stop()?;
            let sent = match &self.work.kind {
                Kind::Star(relationships) => star::sent(self.work.source.dir(), relationships, &batch)?,
                Kind::Nodes | Kind::Relationships(_) => {
                    Sent::of_table(&self.work, &batch, batch.order(self.work.end_key()))
                }
            };
            let order = sent.rows.order.clone();
            let began = Instant::now();
            let encoding = self.sink.encoding_time();
            let outcome = attempt(&mut self.sink, &self.sender, &self.work, &batch, sent, Purpose::Apply).await;
            let took = began.elapsed();
            self.written.waited += took.saturating_sub(self.sink.encoding_time() - encoding);
            let failure = match outcome {
                Outcome::Applied => {
                    self.retry.succeeded();
                    self.pace.record(batch.all_rows(), took);
                    self.shared.crew.committed(batch.all_rows());
                    self.note(batch.applied(&self.work.name));
                    crate::failpoint::reach("batch-committed");
                    return Ok(Vec::new());
                }
                Outcome::Fenced => return Err(self.taken_over()),
                Outcome::Miscounted { sent, written } if self.is_star() => {
                    tracing::info!(table = self.work.name, units = ?batch.numbers(), sent, written, "an end is not there");
                    return Ok(self.halves_or_leave(&batch));
                }
                Outcome::Miscounted { sent, written } => {
                    self.refuse_loose_ends(&mut batch, &order, sent, written).await?;
                    continue;
                }
                Outcome::NotBegun(failure) => failure,
                Outcome::Failed(failure) | Outcome::InDoubt(failure) => {
                    tries += 1;
                    failure
                }
            };
            // Fewer writers help where no batch can be smaller.
            if failure.class == Class::MemoryPool && !self.is_star() {
                self.shared.crew.shrink();
            }
            tracing::info!(%failure, table = self.work.name, units = ?batch.numbers(), "a batch failed");
            // Nothing was begun without a login, and each further try counts against the account.
            if failure.class == Class::Login {
                return Err(TargetError::during(format!("write {}", self.work.name), failure).into());
            }
            self.sink.release().await;
            if failure.class == Class::Connection {
                self.end_lost_transaction().await;
            }
            let applied = self.applied_of(&batch).await?;
            if !applied.is_empty() {
                // Our own stars are applied as a whole. What an earlier process left under way may be a part of them: only what
                // the ledger names is done, the rest is written table by table.
                let rest = if self.is_star() { Vec::new() } else { batch.without(&applied) };
                self.shared.going_on(&self.work.name, &failure, Duration::ZERO);
                self.note(applied);
                return Ok(rest);
            }
            match failure.class {
                Class::Refused if self.is_star() => {
                    self.work.leave_rest();
                    return Ok(Vec::new());
                }
                Class::Constraint | Class::Row if self.is_star() => return Ok(self.halves_or_leave(&batch)),
                Class::TooLarge | Class::MemoryPool if self.is_star() => {
                    self.pace.shrink();
                    self.shared.going_on(&self.work.name, &failure, Duration::ZERO);
                    return Ok(self.halves_or_leave(&batch));
                }
                Class::Constraint | Class::Row => match batch.split() {
                    Some((first, second)) => return Ok(vec![second, first]),
                    None => self.find_refused(&mut batch, &failure).await?,
                },
                Class::TooLarge | Class::MemoryPool => {
                    self.pace.shrink();
                    if let Some((first, second)) = batch.split() {
                        self.shared.going_on(&self.work.name, &failure, Duration::ZERO);
                        return Ok(vec![second, first]);
                    }
                    self.pause(&failure).await?;
                }
                _ => {
                    self.pause(&failure).await?;
                    if self.is_star() && tries >= STAR_TRIES {
                        return Ok(self.halves_or_leave(&batch));
                    }
                }
            }
        }
    }

    fn is_star(&self) -> bool {
        matches!(self.work.kind, Kind::Star(_))
    }

    /// Smaller batches of stars. A single unit of nodes is left to those who write table by table, and find out what is wrong.
    fn halves_or_leave(&self, batch: &Batch) -> Vec<Batch> {
        if let Some((first, second)) = batch.split() {
            return vec![second, first];
        }
        self.work.leave_unit();
        Vec::new()
    }

    /// Units that are applied now.
    fn note(&mut self, units: Vec<AppliedUnit>) {
        self.written.batches += 1;
        self.shared.progress.advance(units.iter().map(|unit| unit.rows + unit.refused.len() as u64).sum());
        self.written.units.extend(units);
    }

    /// Waits before the next try, or gives up.
    pub(super) async fn pause(&mut self, failure: &Failure) -> Result<(), WriteError> {
        let Some(pause) = self.retry.pause(failure) else {
            return Err(TargetError::during(format!("write {}", self.work.name), failure.clone()).into());
        };
        self.shared.going_on(&self.work.name, failure, pause);
        sleep(pause).await;
        self.check_stop()
    }

    /// Ends what we left open on a connection that is lost, if the server has not noticed yet: its locks would hold up the
    /// next try. Where that is not possible, the next try waits.
    async fn end_lost_transaction(&mut self) {
        if let Err(failure) = update(&mut self.sink, self.sender.statement(cypher::TERMINATE_OWN)).await {
            tracing::info!(%failure, "a lost transaction could not be ended");
            self.sink.release().await;
        }
    }

    /// Asks the ledger which units of a batch are applied, until it answers.
    async fn applied_of(&mut self, batch: &Batch) -> Result<Vec<AppliedUnit>, WriteError> {
        let run = self.shared.lease.run.clone();
        loop {
            match ledger::read_units(&mut self.sink, &run, batch.all_units(&self.work.name)).await {
                Ok(applied) => return Ok(applied),
                Err(failure) => {
                    self.sink.release().await;
                    self.pause(&failure).await?;
                }
            }
        }
    }

    /// Whether the run is still ours.
    pub(super) async fn check_lease(&mut self) -> Result<(), WriteError> {
        let lease = self.shared.lease.clone();
        loop {
            match update(&mut self.sink, lease.statement(cypher::RUN_STATE)).await {
                Ok(records) => {
                    let is_ours =
                        records.iter().any(|record| record.get(1).and_then(Value::as_integer) == Some(lease.epoch));
                    return if is_ours { Ok(()) } else { Err(self.taken_over()) };
                }
                Err(failure) => {
                    self.sink.release().await;
                    self.pause(&failure).await?;
                }
            }
        }
    }
}
