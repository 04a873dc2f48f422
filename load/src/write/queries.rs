//! Query targets of a mapping: Cypher that is given the rows of a table, unit by unit.
//!
//! In: tables of rows, a lease and what the ledger says is applied. Out: every unit given to its query exactly once, one after
//! the other: what a query locks is not known, so two of them never wait for each other. A unit shares its transaction with
//! its ledger node. The Cypher is the user's: nothing of it is logged, and what it did cannot be compared with anything.

use std::collections::BTreeMap;
use std::time::Instant;

use arrow::array::RecordBatch;
use shared::progress::{Total, Unit as ProgressUnit};

use super::{Holds, Settings, TableReport, WriteError};
use crate::graph_table::manifest::{GraphTables, QueryTable};
use crate::graph_table::reader::{TableSource, Unit};
use crate::ledger::{self, AppliedUnit, TableLedger};
use crate::run::RunError;
use crate::run::lease::Lease;
use crate::target::cypher;
use crate::target::error::TargetError;
use crate::target::failure::{Class, Failure};
use crate::target::retry::repeat;
use crate::target::sink::{GraphSink, GraphTxn, Statement};
use crate::target::value::Value;

/// Whether an earlier process has begun with the queries.
pub fn any_done(tables: &GraphTables, ledgers: &BTreeMap<String, TableLedger>) -> bool {
    tables.manifest.queries.iter().any(|table| ledgers.get(&table.table).is_some_and(|ledger| !ledger.units.is_empty()))
}

/// Gives the queries the units that the ledger does not name, query by query.
///
/// # Errors
/// When the server refuses one, the target is lost, somebody took the run over or asked to stop.
pub async fn run<S: GraphSink>(
    sink: &mut S,
    lease: &Lease,
    tables: &GraphTables,
    ledgers: &BTreeMap<String, TableLedger>,
    settings: &Settings,
) -> Result<Vec<TableReport>, WriteError> {
    let mut reports = Vec::new();
    for table in &tables.manifest.queries {
        let began = Instant::now();
        let applied = ledgers.get(&table.table).cloned().unwrap_or_default();
        let mut report = TableReport {
            table: table.table.clone(),
            holds: Holds::QueryRows,
            rows_before: applied.rows(),
            ..TableReport::default()
        };
        settings.progress.start(
            &format!("query {}", table.table),
            Total::Exact(table.rows - report.rows_before),
            ProgressUnit::Count("rows"),
        );
        let result = run_table(sink, lease, tables, table, &applied, settings, &mut report).await;
        report.elapsed = began.elapsed();
        settings.journal.note(|entries| entries.tables.push(report.clone()));
        result?;
        settings.progress.finish();
        tracing::info!(query = table.table, rows = report.rows, batches = report.batches, "query target done");
        reports.push(report);
    }
    Ok(reports)
}

async fn run_table<S: GraphSink>(
    sink: &mut S,
    lease: &Lease,
    tables: &GraphTables,
    table: &QueryTable,
    applied: &TableLedger,
    settings: &Settings,
    report: &mut TableReport,
) -> Result<(), WriteError> {
    let source = TableSource::of_query(&tables.dir, table);
    let mut reader = source.read(|unit| !applied.units.contains_key(&unit));
    // No run holds more than one unit: that is what the ledger knows.
    while let Some(run) = reader.next(1, usize::MAX)? {
        settings.interrupt.check()?;
        for unit in &run.units {
            let given = repeat(sink, async |sink| give(sink, lease, table, *unit, &run.rows).await);
            let failed = |failure| TargetError::during(format!("run query {}", table.table), failure);
            if !given.await.map_err(failed)? {
                return Err(RunError::TakenOver { run: lease.run.clone() }.into());
            }
            crate::failpoint::reach("query-batch-done");
            report.batches += 1;
            report.rows += u64::from(unit.rows);
            settings.progress.advance(u64::from(unit.rows));
        }
    }
    Ok(())
}

/// As [`attempt`], and settles what a lost commit that went on leaves behind: its ledger node, which stands in the way of ours.
async fn give<S: GraphSink>(
    sink: &mut S,
    lease: &Lease,
    table: &QueryTable,
    unit: Unit,
    rows: &RecordBatch,
) -> Result<bool, Failure> {
    match attempt(sink, lease, table, unit, rows).await {
        Err(failure) if failure.class == Class::Constraint => {
            sink.release().await;
            let applied = ledger::read_units(sink, &lease.run, [(table.table.as_str(), unit.number)]).await?;
            if applied.is_empty() { Err(failure) } else { Ok(true) }
        }
        outcome => outcome,
    }
}

/// One attempt at one unit; `false` where the run is not ours any more.
async fn attempt<S: GraphSink>(
    sink: &mut S,
    lease: &Lease,
    table: &QueryTable,
    unit: Unit,
    rows: &RecordBatch,
) -> Result<bool, Failure> {
    let mut txn = sink.begin().await?;
    // An attempt whose answer was lost may have been applied.
    if !txn.fetch(ledger::of_units(&lease.run, [(table.table.as_str(), unit.number)])).await?.is_empty() {
        txn.rollback().await?;
        return Ok(true);
    }
    let applied =
        AppliedUnit { table: table.table.clone(), unit: unit.number, rows: u64::from(unit.rows), refused: Vec::new() };
    let units = Value::List(vec![ledger::parameter(&lease.run, &applied)]);
    let fence = lease.statement(cypher::create_ledger()).with("writer", "queries").with_list("units", units);
    if txn.fetch(fence).await?.is_empty() {
        txn.rollback().await?;
        return Ok(false);
    }
    txn.run(Statement::new(table.query.as_str()).with_named_rows(rows.clone())).await?;
    txn.commit().await?;
    Ok(true)
}
