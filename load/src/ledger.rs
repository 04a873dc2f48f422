//! The ledger: which units of a run are applied, and which rows of them the server refused.
//!
//! In: ledger nodes, created in the same transaction as the rows of their units. Out: what is left to do after an
//! interruption, and the answer to "was it applied?" after a lost one. It is removed, in bounded transactions, only once
//! the run is verified. This file alone gives ledger nodes their ids.

use std::collections::BTreeMap;

use crate::run::RunError;
use crate::run::lease::Lease;
use crate::target::cypher;
use crate::target::error::TargetError;
use crate::target::failure::Failure;
use crate::target::retry::repeat;
use crate::target::sink::{GraphSink, GraphTxn, Statement, update};
use crate::target::value::{Record, Value};

/// Ledger nodes deleted in one transaction.
const DELETE_LIMIT: i64 = 10_000;
/// Characters of a server's message that are kept of a refused row.
const REASON_CHARS: usize = 500;

/// A row that the server refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedRow {
    /// Place in its unit, from 0.
    pub row: u32,
    /// What the server said, or that one of its ends was refused.
    pub reason: String,
}

/// The reason of a relationship whose `start` or `end` node was refused.
pub fn loose_end(end: &str) -> String {
    format!("its {end} node was refused")
}

impl RefusedRow {
    /// What the server said, without its words about the row, which may quote a value: the code of its error.
    pub fn kind(&self) -> String {
        match self.reason.split_once(": ") {
            Some((code, _)) if code.starts_with("Neo.") => code.to_owned(),
            _ if self.is_loose_end() => self.reason.clone(),
            _ => "another reason".to_owned(),
        }
    }

    /// Whether the row is a relationship that lost an end, and so no refusal of its own.
    pub fn is_loose_end(&self) -> bool {
        self.reason == loose_end("start") || self.reason == loose_end("end")
    }
}

/// An applied unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppliedUnit {
    /// Table.
    pub table: String,
    /// Number of the unit in its table.
    pub unit: u32,
    /// Rows that were written.
    pub rows: u64,
    /// Rows that were not.
    pub refused: Vec<RefusedRow>,
}

/// The id of a unit's ledger node.
pub fn id(run: &str, table: &str, unit: u32) -> String {
    format!("{run}/{table}/{unit}")
}

/// What all ids of a run, or of a table of it, start with.
pub fn prefix(run: &str, table: Option<&str>) -> String {
    table.map_or_else(|| format!("{run}/"), |table| format!("{run}/{table}/"))
}

/// The element of `$units` that becomes the ledger node of a unit.
pub fn parameter(run: &str, unit: &AppliedUnit) -> Value {
    let (rows, reasons) = if unit.refused.is_empty() {
        (Value::Null, Value::Null)
    } else {
        let rows = Value::integers(unit.refused.iter().map(|refused| i64::from(refused.row)));
        let reasons = unit.refused.iter().map(|refused| refused.reason.chars().take(REASON_CHARS).collect::<String>());
        (rows, Value::texts(reasons))
    };
    let written = i64::try_from(unit.rows).unwrap_or(i64::MAX);
    Value::List(vec![Value::Text(id(run, &unit.table, unit.unit)), Value::Integer(written), rows, reasons])
}

/// A ledger node as the target tells it; `None` where its id is not of ours.
fn unit_of(record: &Record) -> Option<AppliedUnit> {
    let mut parts = record.first()?.as_text()?.splitn(3, '/').skip(1);
    let (table, unit) = (parts.next()?.to_owned(), parts.next()?.parse().ok()?);
    let list = |index: usize| record.get(index).and_then(Value::as_list).unwrap_or_default();
    let refused = list(2)
        .iter()
        .zip(list(3))
        .filter_map(|(row, reason)| {
            let row = u32::try_from(row.as_integer()?).ok()?;
            Some(RefusedRow { row, reason: reason.as_text()?.to_owned() })
        })
        .collect();
    Some(AppliedUnit { table, unit, rows: record.get(1)?.as_count()?, refused })
}

/// What is applied of one table.
#[derive(Debug, Clone, Default)]
pub struct TableLedger {
    /// Rows written, by unit.
    pub units: BTreeMap<u32, u64>,
    /// Refused rows, by unit.
    pub refused: BTreeMap<u32, Vec<RefusedRow>>,
}

impl TableLedger {
    /// Rows written.
    pub fn rows(&self) -> u64 {
        self.units.values().sum()
    }

    /// Rows refused.
    pub fn refused_rows(&self) -> u64 {
        self.refused.values().map(|rows| rows.len() as u64).sum()
    }

    /// Notes an applied unit.
    pub fn add(&mut self, unit: AppliedUnit) {
        self.units.insert(unit.unit, unit.rows);
        if !unit.refused.is_empty() {
            self.refused.insert(unit.unit, unit.refused);
        }
    }
}

/// The ledger of a run, by table.
///
/// # Errors
/// When the target is lost.
pub async fn read<S: GraphSink>(sink: &mut S, run: &str) -> Result<BTreeMap<String, TableLedger>, TargetError> {
    let statement = Statement::new(cypher::LEDGER).with("prefix", prefix(run, None));
    let read = repeat(sink, async |sink| {
        let mut tables: BTreeMap<String, TableLedger> = BTreeMap::new();
        let mut txn = sink.begin().await?;
        let mut add = |record: Record| {
            if let Some(unit) = unit_of(&record) {
                tables.entry(unit.table.clone()).or_default().add(unit);
            }
        };
        txn.stream(statement.clone(), &mut add).await?;
        txn.rollback().await?;
        Ok(tables)
    });
    read.await.map_err(|failure| TargetError::during("tell what is applied", failure))
}

/// Asks which of these units are applied.
pub fn of_units<'t>(run: &str, units: impl IntoIterator<Item = (&'t str, u32)>) -> Statement {
    let ids = Value::texts(units.into_iter().map(|(table, unit)| id(run, table, unit)));
    Statement::new(cypher::LEDGER_OF_UNITS).with_list("ids", ids)
}

/// Which of these units of a table are applied, read where writes go.
///
/// # Errors
/// As the driver says.
pub async fn read_units<S: GraphSink>(
    sink: &mut S,
    run: &str,
    units: impl IntoIterator<Item = (&str, u32)>,
) -> Result<Vec<AppliedUnit>, Failure> {
    let records = update(sink, of_units(run, units)).await?;
    Ok(records.iter().filter_map(unit_of).collect())
}

/// The units with refused rows.
///
/// # Errors
/// When the target is lost.
pub async fn read_refused<S: GraphSink>(sink: &mut S, run: &str) -> Result<Vec<AppliedUnit>, TargetError> {
    let statement = Statement::new(cypher::LEDGER_REFUSED).with("prefix", prefix(run, None));
    let records = repeat(sink, async |sink| update(sink, statement.clone()).await).await;
    let records = records.map_err(|failure| TargetError::during("tell which rows it refused", failure))?;
    Ok(records.iter().filter_map(unit_of).collect())
}

/// Removes what stands for no refused row from the ledger of a verified run; then, with `refused`, the rest.
///
/// # Errors
/// When the target is lost, or somebody took over.
pub async fn remove<S: GraphSink>(
    sink: &mut S,
    lease: &Lease,
    refused: bool,
    on_removed: &(dyn Fn(u64) + Sync),
) -> Result<(), RunError> {
    let text = if refused { cypher::DELETE_LEDGER_REFUSED } else { cypher::DELETE_LEDGER };
    delete_in_steps(
        sink,
        lease.statement(text).with("prefix", prefix(&lease.run, None)),
        "remove the ledger",
        on_removed,
    )
    .await
}

/// Runs a deleting statement with `$limit` again until it deletes nothing. Also the way of `load clear`.
///
/// # Errors
/// When the target is lost or refuses.
pub async fn delete_in_steps<S: GraphSink>(
    sink: &mut S,
    statement: Statement,
    doing: &str,
    on_removed: &(dyn Fn(u64) + Sync),
) -> Result<(), RunError> {
    let statement = statement.with("limit", DELETE_LIMIT);
    loop {
        let step = repeat(sink, async |sink| update(sink, statement.clone()).await).await;
        let records = step.map_err(|failure| TargetError::during(doing, failure))?;
        match records.first().and_then(|record| record.first()?.as_count()).unwrap_or_default() {
            0 => return Ok(()),
            removed => on_removed(removed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ledger_node_tells_what_its_parameter_said() {
        let refused = vec![RefusedRow { row: 7, reason: "x".repeat(600) }];
        let unit = AppliedUnit { table: "Learner".into(), unit: 12, rows: 999, refused };
        let Value::List(record) = parameter("run", &unit) else { panic!("a list") };
        let read = unit_of(&record).unwrap();
        assert_eq!((read.table.as_str(), read.unit, read.rows), ("Learner", 12, 999));
        assert_eq!((read.refused[0].row, read.refused[0].reason.len()), (7, 500));
        let plain = AppliedUnit { refused: Vec::new(), ..unit };
        let Value::List(record) = parameter("run", &plain) else { panic!("a list") };
        assert_eq!(unit_of(&record).unwrap(), plain);
        assert_eq!(unit_of(&vec![Value::from("nonsense"), Value::Integer(1)]), None);
    }
}
