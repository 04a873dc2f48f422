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
mod table_report;
mod tables;
#[cfg(test)]
mod tests;
mod upsert;
mod vanished;
mod writer;

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crew::{Crew, Writers};
pub use error::WriteError;
pub use pace::MAX_BYTES as MAX_BATCH_BYTES;
use schema::Due;
use shared::interrupt::Interrupt;
use shared::progress::Progress;
use shared_state::Shared;
use table::TableWork;
use table_report::Begun;
pub use table_report::{GraphReport, Holds, TableReport};
use tables::{write_stars, write_table};

use crate::graph_table::contents::AnyTable;
use crate::graph_table::manifest::{GraphTables, OnUpsert};
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
            told: Mutex::new(None),
        })
    };
    let mut reports = Vec::new();
    let graph = &tables.manifest;
    let do_actions = async |sink: &mut S, stages| actions::run(sink, lease, graph, stages, &settings.interrupt).await;
    do_actions(&mut sinks[0], actions::BEFORE_NODES).await?;
    let for_nodes = shared(HashSet::new());
    let is_apart = star::is_apart(graph, settings.mode, settings.apart);
    let mut begun = Begun::new(&settings.journal);
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
    schema::create(&mut sinks[0], lease, graph, settings.mode, Due::AfterNodes).await?;
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
    schema::create(&mut sinks[0], lease, graph, settings.mode, Due::AfterRelationships).await?;
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
