//! Writes graph tables into the target: node tables, then relationship tables, one at a time, each by several writers. Where
//! relationships follow their start nodes, both are written together first (see [`star`]).
//!
//! In: graph tables, a lease and what the ledger says is applied. Out: every unit applied exactly once, and what that took.
//! It must never send a row outside the transaction that creates the ledger node of its unit.

pub mod actions;
mod attempt;
pub mod batch;
pub mod crew;
mod error;
mod pace;
pub mod queries;
mod refuse;
pub mod rejects;
pub mod schema;
mod shared_state;
pub mod star;
pub mod table;
#[cfg(test)]
mod tests;
mod upsert;
mod vanished;
mod writer;

use std::collections::{BTreeMap, HashSet};
use std::iter;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::thread;
use std::time::{Duration, Instant};

use crew::{Crew, Writers};
pub use error::WriteError;
pub use pace::MAX_BYTES as MAX_BATCH_BYTES;
use pace::Pace;
use schema::Due;
use shared::interrupt::Interrupt;
use shared::progress::{Progress, Total, Unit};
use shared_state::Shared;
use table::TableWork;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;
use writer::{Batches, Writer, Written};

use crate::graph_table::contents::AnyTable;
use crate::graph_table::manifest::{GraphTables, GraphTablesError, NodeTable, OnUpsert, RelationshipTable};
use crate::journal::Journal;
use crate::ledger::{self, TableLedger};
use crate::run::Mode;
use crate::run::lease::Lease;
use crate::target::check::await_indexes;
use crate::target::error::TargetError;
use crate::target::sink::{GraphSink, GraphTxn};

/// How to write.
#[derive(Clone)]
pub struct Settings {
    /// Mode of the run.
    pub mode: Mode,
    /// Connections that write at the same time.
    pub writers: Writers,
    /// Rows of the first batch of a table, where it should not be ours to choose.
    pub batch_rows: Option<usize>,
    /// Whether each table is written by itself, also where relationships could go with their start nodes.
    pub apart: bool,
    /// Rows that the server may refuse.
    pub max_rejects: u64,
    /// Somebody asked to stop.
    pub interrupt: Interrupt,
    /// Somebody took the run over.
    pub lost: Arc<AtomicBool>,
    /// Where rows are reported to.
    pub progress: Arc<dyn Progress>,
    /// What is kept for the report.
    pub journal: Arc<Journal>,
}

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
}

impl TableReport {
    /// Nothing is written yet.
    fn new(table: AnyTable<'_>, ledger: &TableLedger) -> Self {
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

    /// What a writer did, but for its rows.
    fn add(&mut self, part: &Written) {
        self.batches += part.batches;
        self.waited += part.waited;
        self.writer_time += part.total;
    }

    /// What is known at the end of a table, or where it stopped, also for the run's own report.
    fn note(&mut self, ledger: &TableLedger, started: Instant, settings: &Settings) {
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
struct Begun<'a> {
    reports: BTreeMap<String, TableReport>,
    journal: &'a Journal,
}

impl Begun<'_> {
    fn take(&mut self, table: AnyTable<'_>, ledger: &TableLedger) -> TableReport {
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

/// Writes what the ledger does not name yet.
///
/// # Errors
/// When a batch can be neither applied nor set aside. The run is then resumable.
pub async fn write_graph<S: GraphSink>(
    connect: &(dyn Fn() -> Result<S, TargetError> + Sync),
    tables: &GraphTables,
    lease: &Lease,
    settings: &Settings,
) -> Result<GraphReport, WriteError> {
    let mut sinks = (0..settings.writers.most()).map(|_| connect()).collect::<Result<Vec<S>, _>>()?;
    let mut ledgers = ledger::read(&mut sinks[0], &lease.run).await?;
    let tally = Arc::clone(&settings.journal.tally);
    let own_refusals = ledgers.values().flat_map(|ledger| ledger.refused.values().flatten());
    let refused = Arc::new(AtomicU64::new(own_refusals.filter(|row| !row.is_loose_end()).count() as u64));
    let crew = Arc::new(Crew::new(settings.writers, round_trip(&mut sinks[0], settings.writers).await));
    let shared = |refused_nodes| {
        Arc::new(Shared {
            lease: lease.clone(),
            tally: Arc::clone(&tally),
            refused: Arc::clone(&refused),
            max_rejects: settings.max_rejects,
            refused_nodes,
            crew: Arc::clone(&crew),
            stop: AtomicBool::new(false),
            lost: Arc::clone(&settings.lost),
            interrupt: settings.interrupt.clone(),
            progress: Arc::clone(&settings.progress),
            told: std::sync::Mutex::new(None),
        })
    };
    let mut reports = Vec::new();
    let graph = &tables.manifest;
    let do_actions = async |sink: &mut S, stages| actions::run(sink, lease, graph, stages, &settings.interrupt).await;
    do_actions(&mut sinks[0], actions::BEFORE_NODES).await?;
    let for_nodes = shared(HashSet::new());
    let is_apart = star::is_apart(graph, settings.mode, settings.apart);
    let mut begun = Begun { reports: BTreeMap::new(), journal: &settings.journal };
    for nodes in &tables.manifest.nodes {
        let followers = if is_apart { Vec::new() } else { star::tables_of(graph, nodes) };
        if !followers.is_empty() {
            write_stars(&mut sinks, &for_nodes, tables, nodes, followers, &mut ledgers, settings, &mut begun).await?;
        }
        let table = AnyTable::Nodes(nodes);
        let ledger = ledgers.entry(table.name().to_owned()).or_default();
        let report = begun.take(table, ledger);
        reports.push(write_table(&mut sinks, &for_nodes, tables, table, ledger, report, settings).await?);
    }
    // Built beside the relationships, but for actions, which may look nodes up.
    schema::create(&mut sinks[0], graph, settings.mode, Due::AfterNodes).await?;
    if !graph.actions.is_empty() {
        await_indexes(&mut sinks[0]).await?;
    }
    do_actions(&mut sinks[0], actions::BEFORE_RELATIONSHIPS).await?;
    let for_relationships = shared(refused_nodes(tables, &ledgers)?);
    for relationships in &tables.manifest.relationships {
        let table = AnyTable::Relationships(relationships);
        let ledger = ledgers.entry(table.name().to_owned()).or_default();
        let report = begun.take(table, ledger);
        reports.push(write_table(&mut sinks, &for_relationships, tables, table, ledger, report, settings).await?);
        if settings.mode == Mode::Upsert && relationships.on_upsert == OnUpsert::Replace {
            let deleted = vanished::delete(&mut sinks[0], lease, tables, relationships, &settings.interrupt).await?;
            tracing::info!(table = relationships.table, deleted, "vanished relationships of start nodes without rows");
        }
    }
    settings.progress.finish();
    schema::create(&mut sinks[0], graph, settings.mode, Due::AfterRelationships).await?;
    await_indexes(&mut sinks[0]).await?;
    Ok(GraphReport { tables: reports, retries: tally.counts(), ledgers })
}

/// How long the server takes to answer when it has nothing to do: the shortest of some empty transactions. Where the number of
/// writers is given, nobody asks.
async fn round_trip<S: GraphSink>(sink: &mut S, writers: Writers) -> Duration {
    let mut shortest = Duration::ZERO;
    for attempt in 0..if writers == Writers::Auto { 4 } else { 0 } {
        let began = Instant::now();
        // What fails here fails again where it is dealt with.
        let Ok(txn) = sink.begin().await else { break };
        let took = began.elapsed();
        drop(txn.rollback().await);
        // The first one may have connected.
        shortest = if attempt < 2 { took } else { shortest.min(took) };
    }
    shortest
}

/// Writes nodes together with the relationships that follow them, as far as no unit of theirs is in the ledger and nothing
/// goes wrong with them. Adds to the ledgers, and a report for each table to `begun`.
#[allow(clippy::too_many_arguments, reason = "several tables are written at once")]
async fn write_stars<S: GraphSink>(
    sinks: &mut Vec<S>,
    shared: &Arc<Shared>,
    tables: &GraphTables,
    nodes: &NodeTable,
    followers: Vec<RelationshipTable>,
    ledgers: &mut BTreeMap<String, TableLedger>,
    settings: &Settings,
    begun: &mut Begun<'_>,
) -> Result<(), WriteError> {
    let started = Instant::now();
    let wanted = star::wanted_units(nodes, &followers, ledgers);
    let all = iter::once(AnyTable::Nodes(nodes)).chain(followers.iter().map(AnyTable::Relationships));
    let mut reports: BTreeMap<String, TableReport> = all
        .map(|table| {
            let ledger = ledgers.entry(table.name().to_owned()).or_default();
            (table.name().to_owned(), TableReport::new(table, ledger))
        })
        .collect();
    let rows = wanted.iter().flatten().map(|size| size.rows).sum();
    if rows == 0 {
        return Ok(());
    }
    settings.progress.start(
        &format!("write {} and what starts there", nodes.table),
        Total::Exact(rows),
        Unit::Count("rows"),
    );
    let work = Arc::new(TableWork::star(&tables.dir, nodes, followers.clone()));
    let pace = Arc::new(Pace::new(settings.batch_rows.unwrap_or_else(|| work.first_batch_rows())));
    let (batches, reader) = star::read_ahead(&tables.dir, &work, &followers, wanted, &pace);
    let (parts, stopped) = run_writers(sinks, shared, &work, &pace, &batches).await;
    // The reader ends when nobody takes its batches any more.
    drop(batches);
    drop(reader.join());
    settings.journal.note(|entries| entries.writers = shared.crew.active());
    for part in parts {
        if let Some(report) = reports.get_mut(&nodes.table) {
            report.add(&part);
        }
        for unit in part.units {
            if let Some(report) = reports.get_mut(&unit.table) {
                report.rows += unit.rows;
            }
            ledgers.entry(unit.table.clone()).or_default().add(unit);
        }
    }
    for (table, report) in &mut reports {
        match *table == nodes.table {
            true => report.elapsed = started.elapsed(),
            false => report.written_with = (report.rows > 0).then(|| nodes.table.clone()),
        }
    }
    if let Some(error) = stopped {
        for (table, mut report) in reports {
            report.note(ledgers.entry(table).or_default(), Instant::now(), settings);
        }
        return Err(error);
    }
    begun.reports.append(&mut reports);
    Ok(())
}

/// Writes the units of a table that `ledger` does not name, and adds them to it; goes on with a report that was begun.
async fn write_table<S: GraphSink>(
    sinks: &mut Vec<S>,
    shared: &Arc<Shared>,
    tables: &GraphTables,
    table: AnyTable<'_>,
    ledger: &mut TableLedger,
    mut report: TableReport,
    settings: &Settings,
) -> Result<TableReport, WriteError> {
    let started = Instant::now();
    let applied = ledger.rows() + ledger.refused_rows();
    if applied < table.rows() {
        let work = Arc::new(TableWork::new(&tables.dir, table, settings.mode));
        let left = Total::Exact(table.rows() - applied);
        settings.progress.start(&format!("write {}", work.name), left, Unit::Count("rows"));
        let pace = Arc::new(Pace::new(settings.batch_rows.unwrap_or_else(|| work.first_batch_rows())));
        let (batches, reader) = read_ahead(&work, &pace, ledger);
        let (parts, stopped) = run_writers(sinks, shared, &work, &pace, &batches).await;
        // The reader ends when nobody takes its batches any more.
        drop(batches);
        drop(reader.join());
        settings.journal.note(|entries| entries.writers = shared.crew.active());
        for part in parts {
            report.add(&part);
            for unit in part.units {
                report.rows += unit.rows;
                ledger.add(unit);
            }
        }
        if let Some(error) = stopped {
            report.note(ledger, started, settings);
            return Err(error);
        }
    }
    report.note(ledger, started, settings);
    Ok(report)
}

/// A thread that decodes the wanted units one batch ahead of the writers.
fn read_ahead(work: &Arc<TableWork>, pace: &Arc<Pace>, ledger: &TableLedger) -> (Batches, thread::JoinHandle<()>) {
    let mut reader = work.source.read(|unit| !ledger.units.contains_key(&unit));
    let pace = Arc::clone(pace);
    let (sender, receiver) = mpsc::channel::<Result<batch::Batch, GraphTablesError>>(1);
    let handle = thread::spawn(move || {
        while let Some(run) = reader.next(pace.rows(), pace.bytes()).transpose() {
            let failed = run.is_err();
            if sender.blocking_send(run.map(batch::Batch::from)).is_err() || failed {
                return;
            }
        }
    });
    (Arc::new(Mutex::new(receiver)), handle)
}

async fn run_writers<S: GraphSink>(
    sinks: &mut Vec<S>,
    shared: &Arc<Shared>,
    work: &Arc<TableWork>,
    pace: &Arc<Pace>,
    batches: &Batches,
) -> (Vec<Written>, Option<WriteError>) {
    let mut writers = JoinSet::new();
    shared.crew.begin_table();
    for (number, sink) in sinks.drain(..).enumerate() {
        let writer = Writer::new(sink, number, Arc::clone(shared), Arc::clone(work), Arc::clone(pace));
        writers.spawn(writer.run(Arc::clone(batches)));
    }
    let (mut parts, mut stopped) = (Vec::new(), None);
    while let Some(joined) = writers.join_next().await {
        let (sink, written, result) = match joined {
            Ok(finished) => finished,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        };
        sinks.push(sink);
        parts.push(written);
        match result {
            // The first writer that stopped for a reason of its own tells why.
            Err(error) if stopped.is_none() || matches!(stopped, Some(WriteError::Stopped)) => stopped = Some(error),
            _ => {}
        }
    }
    (parts, stopped)
}

/// Label and key of every refused node, from the graph tables and the ledger.
fn refused_nodes(
    tables: &GraphTables,
    ledgers: &BTreeMap<String, TableLedger>,
) -> Result<HashSet<(String, String)>, WriteError> {
    let mut keys = HashSet::new();
    for table in &tables.manifest.nodes {
        let Some(ledger) = ledgers.get(&table.table).filter(|ledger| !ledger.refused.is_empty()) else { continue };
        let work = TableWork::new(&tables.dir, AnyTable::Nodes(table), Mode::Create);
        let mut reader = work.source.read(|unit| ledger.refused.contains_key(&unit));
        while let Some(run) = reader.next(1, usize::MAX)? {
            let columns = &run.rows.columns()[..table.key.len()];
            for refused in run.units.iter().filter_map(|unit| ledger.refused.get(&unit.number)).flatten() {
                let key = batch::key_text(columns, refused.row as usize);
                keys.extend(table.labels.iter().map(|label| (label.clone(), key.clone())));
            }
        }
    }
    Ok(keys)
}
