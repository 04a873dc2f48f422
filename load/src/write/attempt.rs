//! One attempt at one batch, in one transaction: rows and ledger, or nothing.
//!
//! In: a batch and the rows of it to send. Out: what became of it, told apart by what has to be done next. Nothing is
//! repeated here. A transaction whose counts are not those of the rows sent is rolled back.

use std::sync::Arc;

use super::batch::Batch;
use super::table::{Kind, TableWork};
use super::upsert;
use crate::ledger;
use crate::run::Mode;
use crate::run::lease::Lease;
use crate::target::cypher;
use crate::target::failure::Failure;
use crate::target::sink::{GraphSink, GraphTxn, RowBlock, Statement};
use crate::target::value::{Record, Value};

/// What became of a batch.
#[derive(Debug)]
pub enum Outcome {
    /// It is applied (or would be: a trial is rolled back).
    Applied,
    /// The run is not ours any more. Nothing is applied.
    Fenced,
    /// Fewer or more elements than rows were written, so nothing is applied.
    Miscounted {
        /// Rows sent.
        sent: u64,
        /// Elements that were written.
        written: u64,
    },
    /// The server could not be asked to begin.
    NotBegun(Failure),
    /// Nothing is applied.
    Failed(Failure),
    /// The commit failed, or its answer was lost: only the ledger knows.
    InDoubt(Failure),
}

/// Whether the transaction is committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Committed.
    Apply,
    /// Rolled back: which row is at fault?
    Trial,
}

/// By which a statement proves itself.
#[derive(Debug, Clone)]
pub struct Sender {
    /// Our hold on the run.
    pub lease: Lease,
    /// Number of the writer: no other one of this run has it at the same time.
    pub writer: i64,
}

impl Sender {
    /// A statement of this writer.
    pub fn statement(&self, text: impl Into<Arc<str>>) -> Statement {
        self.lease.statement(text).with("writer", self.writer)
    }
}

/// The rows of a batch in the form in which they are sent.
#[derive(Debug, Clone)]
pub struct Sent {
    /// The rows.
    pub rows: RowBlock,
    /// The keys of the end nodes of each table that is written along, where there are any.
    pub ends: Option<Value>,
}

impl Sent {
    /// The rows `order` of a table that is written by itself.
    pub fn of_table(work: &TableWork, batch: &Batch, order: Vec<u32>) -> Self {
        let rows = RowBlock { grouped_by: work.end_key(), ..RowBlock::flat(batch.rows.clone(), order) };
        Self { rows, ends: None }
    }
}

/// Sends rows of a batch.
pub async fn attempt<S: GraphSink>(
    sink: &mut S,
    sender: &Sender,
    work: &TableWork,
    batch: &Batch,
    sent: Sent,
    purpose: Purpose,
) -> Outcome {
    let mut txn = match sink.begin().await {
        Ok(txn) => txn,
        Err(failure) => return Outcome::NotBegun(failure),
    };
    let written = match work.mode {
        Mode::Create => create(&mut txn, sender, work, batch, sent).await,
        Mode::Upsert => upsert(&mut txn, sender, work, batch, sent.rows).await,
    };
    let outcome = match written {
        Ok(outcome) => outcome,
        Err(failure) => return Outcome::Failed(failure),
    };
    if purpose == Purpose::Apply && matches!(outcome, Outcome::Applied) {
        crate::failpoint::reach("batch-sent");
        return match txn.commit().await {
            Ok(()) => Outcome::Applied,
            Err(failure) => Outcome::InDoubt(failure),
        };
    }
    if txn.rollback().await.is_err() {
        sink.release().await;
    }
    outcome
}

/// The parameter `$units`.
fn units(sender: &Sender, work: &TableWork, batch: &Batch) -> Value {
    Value::List(batch.applied(&work.name).iter().map(|unit| ledger::parameter(&sender.lease.run, unit)).collect())
}

async fn create<T: GraphTxn>(
    txn: &mut T,
    sender: &Sender,
    work: &TableWork,
    batch: &Batch,
    sent: Sent,
) -> Result<Outcome, Failure> {
    let (rows, units) = (sent.rows.order.len() as u64, units(sender, work, batch));
    let units_sent = units.as_list().map_or(0, <[Value]>::len) as u64;
    let mut statement = sender.statement(work.write.clone()).with_list("units", units).with_rows(sent.rows);
    if let Some(ends) = sent.ends {
        statement = statement.with_list("ends", ends);
    }
    let counts = txn.run(statement).await?;
    // No ledger node: the fence was down before anything was written.
    if counts.nodes_created < units_sent {
        return Ok(Outcome::Fenced);
    }
    let nodes = counts.nodes_created - units_sent;
    // Ledger nodes and not a single node: the second look at the run failed.
    if nodes == 0 && !matches!(work.kind, Kind::Relationships(_)) && rows > 0 {
        return Ok(Outcome::Fenced);
    }
    let (sent, written) = match work.kind {
        Kind::Nodes => (rows, nodes),
        Kind::Relationships(_) => (rows, counts.relationships_created),
        Kind::Star(_) => (rows + batch.attached_rows() as u64, nodes + counts.relationships_created),
    };
    Ok(if written == sent { Outcome::Applied } else { Outcome::Miscounted { sent, written } })
}

async fn upsert<T: GraphTxn>(
    txn: &mut T,
    sender: &Sender,
    work: &TableWork,
    batch: &Batch,
    rows: RowBlock,
) -> Result<Outcome, Failure> {
    let fence = sender.statement(cypher::create_ledger()).with_list("units", units(sender, work, batch));
    if txn.fetch(fence).await?.is_empty() {
        return Ok(Outcome::Fenced);
    }
    let sent = rows.order.len() as u64;
    let written = match &work.kind {
        Kind::Nodes | Kind::Star(_) => count(&txn.fetch(Statement::new(work.write.clone()).with_rows(rows)).await?),
        Kind::Relationships(table) => upsert::relationships(txn, table, work.write.clone(), rows).await?,
    };
    Ok(if written == sent { Outcome::Applied } else { Outcome::Miscounted { sent, written } })
}

/// The number in the only record of an answer.
pub fn count(records: &[Record]) -> u64 {
    records.first().and_then(|record| record.first()?.as_count()).unwrap_or_default()
}
