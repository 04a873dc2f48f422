//! The writing of a table, and of the tables of a star: a thread that reads ahead, writers that take its batches, and a report.
//!
//! In: what the ledger does not name of a table. Out: its units applied and noted in the ledger that we keep, or an error; what
//! was done until then is reported in either case.

use std::collections::BTreeMap;
use std::iter;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use shared::progress::{Total, Unit};
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;

use super::error::WriteError;
use super::pace::Pace;
use super::shared_state::Shared;
use super::table::TableWork;
use super::table_report::{Begun, TableReport};
use super::writer::{Batches, Writer, Written};
use super::{Settings, batch, star};
use crate::graph_table::contents::AnyTable;
use crate::graph_table::manifest::{GraphTables, GraphTablesError, NodeTable, RelationshipTable};
use crate::ledger::TableLedger;
use crate::target::sink::GraphSink;

/// Writes nodes together with the relationships that follow them, as far as no unit of theirs is in the ledger and nothing
/// goes wrong with them. Adds to the ledgers, and a report for each table to `begun`.
#[allow(clippy::too_many_arguments, reason = "several tables are written at once")]
pub async fn write_stars<S: GraphSink>(
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
    let ahead = star::read_ahead(&tables.dir, &work, &followers, wanted, &pace);
    let (parts, stopped) = run_writers(sinks, shared, &work, &pace, ahead, settings).await;
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
            false if report.rows > 0 => {
                (report.written_with, report.rows_with) = (Some(nodes.table.clone()), report.rows);
            }
            false => {}
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
pub async fn write_table<S: GraphSink>(
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
        let ahead = read_ahead(&work, &pace, ledger);
        let (parts, stopped) = run_writers(sinks, shared, &work, &pace, ahead, settings).await;
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

/// All writers, until no batch is left or one of them stops. Gives back what each did.
async fn run_writers<S: GraphSink>(
    sinks: &mut Vec<S>,
    shared: &Arc<Shared>,
    work: &Arc<TableWork>,
    pace: &Arc<Pace>,
    (batches, reader): (Batches, thread::JoinHandle<()>),
    settings: &Settings,
) -> (Vec<Written>, Option<WriteError>) {
    let mut writers = JoinSet::new();
    shared.crew.begin_table();
    for (number, sink) in sinks.drain(..).enumerate() {
        let writer = Writer::new(sink, number, Arc::clone(shared), Arc::clone(work), Arc::clone(pace));
        writers.spawn(writer.run(Arc::clone(&batches)));
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
    // The reader ends when nobody takes its batches any more.
    drop(batches);
    drop(reader.join());
    settings.journal.note(|entries| entries.writers = shared.crew.active());
    (parts, stopped)
}
