//! The few things that loading needs of a driver: transactions in which statements run and answers are read.
//!
//! In: statements with parameters, and blocks of rows. Out: counts and records, or a classified failure. An implementation
//! must never repeat a statement by itself, and must never hide that the answer to a commit was lost.

use std::future::Future;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use arrow::array::RecordBatch;

use super::failure::{Class, Failure};
use super::retry::Patience;
use super::value::{Record, Value};

/// Rows of a graph table that become the list `$lists.rows`: a list of lists, one a row, values in column order. Grouped, it
/// is a list of groups: the values of the grouping columns, then the list of the group's rows without those columns.
#[derive(Debug, Clone)]
pub struct RowBlock {
    /// The rows, whole columns.
    pub batch: RecordBatch,
    /// Which rows are sent, in this order; a row that is not listed is not sent.
    pub order: Vec<u32>,
    /// Columns by which neighbours with equal values are grouped.
    pub grouped_by: Option<Range<usize>>,
    /// Rows of other tables, of which each row here has some: after its own values, a list of lists for each table.
    pub attached: Vec<AttachedRows>,
}

/// Rows of a table that belong to the rows of another one.
#[derive(Debug, Clone)]
pub struct AttachedRows {
    /// The rows, in the order of those that they belong to.
    pub batch: RecordBatch,
    /// The first column that is sent.
    pub first_column: usize,
    /// For each row of the other table, which of these are its own.
    pub of_row: Vec<Range<u32>>,
    /// For each of these, the place of its end node: it is sent first, and once more plus one.
    pub ends: Vec<u32>,
}

impl RowBlock {
    /// Rows one by one.
    pub fn flat(batch: RecordBatch, order: Vec<u32>) -> Self {
        Self { batch, order, grouped_by: None, attached: Vec::new() }
    }
}

/// One statement with its parameters.
#[derive(Debug, Clone)]
pub struct Statement {
    /// Cypher. The same text for every batch of a table, so that the server plans it once.
    pub text: Arc<str>,
    /// Parameters by name.
    pub parameters: Vec<(&'static str, Value)>,
    /// Lists by name: `$lists.name`. As a parameter of its own, each would make the server plan the statement anew for every
    /// order of magnitude of its length (5.26: a third of a second each, and code to compile).
    pub lists: Vec<(&'static str, Value)>,
    /// The list `$lists.rows`.
    pub rows: Option<RowBlock>,
    /// The parameter `$rows` for Cypher that is not ours: a list of maps, one a row, values by the names of the columns.
    pub named_rows: Option<RecordBatch>,
}

impl Statement {
    /// A statement without parameters.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Self { text: text.into(), parameters: Vec::new(), lists: Vec::new(), rows: None, named_rows: None }
    }

    /// The same with one more parameter.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.parameters.push((name, value.into()));
        self
    }

    /// The same with one more list.
    #[must_use]
    pub fn with_list(mut self, name: &'static str, list: impl Into<Value>) -> Self {
        self.lists.push((name, list.into()));
        self
    }

    /// The same with rows.
    #[must_use]
    pub fn with_rows(mut self, rows: RowBlock) -> Self {
        self.rows = Some(rows);
        self
    }

    /// The same with rows that have names for their values.
    #[must_use]
    pub fn with_named_rows(mut self, rows: RecordBatch) -> Self {
        self.named_rows = Some(rows);
        self
    }
}

/// What a statement changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Nodes created, ledger nodes among them.
    pub nodes_created: u64,
    /// Nodes deleted.
    pub nodes_deleted: u64,
    /// Relationships created.
    pub relationships_created: u64,
    /// Relationships deleted.
    pub relationships_deleted: u64,
    /// Constraints and indexes created or dropped.
    pub schema_changes: u64,
}

/// A connection of its own to the target.
pub trait GraphSink: Send + 'static {
    /// A transaction of this driver.
    type Txn: GraphTxn;

    /// Opens a transaction, and the connection if there is none.
    fn begin(&mut self) -> impl Future<Output = Result<Self::Txn, Failure>> + Send;

    /// Runs a statement that opens transactions of its own. It may run again where its answer is lost.
    fn autocommit(&mut self, statement: Statement) -> impl Future<Output = Result<Counts, Failure>> + Send {
        let _ = statement;
        async { Err(Failure::new(Class::Refused, "this connection runs no transactions of a statement's own")) }
    }

    /// How long failures in a row are borne.
    fn patience(&self) -> Patience {
        Patience::default()
    }

    /// Time spent so far on bringing rows into the driver's form: ours, not the server's.
    fn encoding_time(&self) -> Duration {
        Duration::ZERO
    }

    /// After a failure: makes the server let go of the transaction and its locks, as far as it can be reached.
    fn release(&mut self) -> impl Future<Output = ()> + Send;
}

/// An open transaction. Dropping it leaves it to [`GraphSink::release`].
pub trait GraphTxn: Send {
    /// Runs a statement and counts what it changed.
    fn run(&mut self, statement: Statement) -> impl Future<Output = Result<Counts, Failure>> + Send;

    /// Runs a statement that returns one list a record and hands the records over one by one, as they come.
    fn stream(
        &mut self,
        statement: Statement,
        on_record: &mut (dyn FnMut(Record) + Send),
    ) -> impl Future<Output = Result<Counts, Failure>> + Send;

    /// As [`GraphTxn::stream`], for few records.
    fn fetch(&mut self, statement: Statement) -> impl Future<Output = Result<Vec<Record>, Failure>> + Send {
        async move {
            let mut records = Vec::new();
            self.stream(statement, &mut |record| records.push(record)).await?;
            Ok(records)
        }
    }

    /// Commits. A failure leaves it open whether the transaction was applied.
    fn commit(self) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Rolls back.
    fn rollback(self) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// One transaction with one statement that returns records; committed when it ran.
///
/// # Errors
/// As the driver says; whether it was applied is open when the failure came from the commit.
pub async fn update<S: GraphSink>(sink: &mut S, statement: Statement) -> Result<Vec<Record>, Failure> {
    let mut txn = sink.begin().await?;
    let records = txn.fetch(statement).await?;
    txn.commit().await?;
    Ok(records)
}
