//! Looks up every element of an upsert run: the target holds others beside them, so numbers say nothing.
//!
//! In: graph tables, unit by unit, and what the ledger says was refused. Out: nothing, or the first elements that are missing
//! or differ. Only mapped properties are compared; others belong to somebody else.

use std::collections::{BTreeMap, HashMap};

use shared::interrupt::Interrupt;
use shared::progress::{Progress, Total, Unit};

use super::VerifyError;
use crate::graph_table::contents::AnyTable;
use crate::graph_table::manifest::{GraphTables, NodeTable, RelationshipTable};
use crate::graph_table::reader::{TableSource, UnitRun};
use crate::graph_table::row;
use crate::ledger::TableLedger;
use crate::target::cypher;
use crate::target::error::TargetError;
use crate::target::retry::repeat;
use crate::target::sink::{GraphSink, RowBlock, Statement, update};
use crate::target::value::{Record, Value};

/// Rows that are looked up in one transaction.
const LOOK_UP_ROWS: usize = 5_000;
/// Bytes of such rows at most.
const LOOK_UP_BYTES: usize = 4 << 20;
/// Differences that are named; more of them tell nothing new.
const NAMED: usize = 10;

/// Looks up every row that was written.
///
/// # Errors
/// When something is missing or differs, or the target or the tables cannot be read.
pub async fn look_up<S: GraphSink>(
    sink: &mut S,
    tables: &GraphTables,
    ledgers: &BTreeMap<String, TableLedger>,
    interrupt: &Interrupt,
    progress: &dyn Progress,
) -> Result<(), VerifyError> {
    let rows = tables.manifest.node_rows() + tables.manifest.relationship_rows();
    progress.start("look up what was written", Total::Exact(rows), Unit::Count("rows"));
    let mut differences = Vec::new();
    for table in tables.manifest.tables() {
        let refused = |unit: u32, row: u32| {
            let rows = ledgers.get(table.name()).and_then(|ledger| ledger.refused.get(&unit));
            rows.is_some_and(|rows| rows.iter().any(|refused| refused.row == row))
        };
        let source = match table {
            AnyTable::Nodes(nodes) => TableSource::of_nodes(&tables.dir, nodes),
            AnyTable::Relationships(relationships) => TableSource::of_relationships(&tables.dir, relationships),
        };
        let mut reader = source.read(|_| true);
        while let Some(run) = reader.next(LOOK_UP_ROWS, LOOK_UP_BYTES)? {
            interrupt.check()?;
            let order = sent(&run, refused);
            let found = match table {
                AnyTable::Nodes(nodes) => nodes_of(sink, nodes, &run, &order).await?,
                AnyTable::Relationships(relationships) => relationships_of(sink, relationships, &run).await?,
            };
            compare(table, &run, &order, found, &mut differences);
            if differences.len() >= NAMED {
                return Err(VerifyError::Differs { differences });
            }
            progress.advance(run.rows.num_rows() as u64);
        }
    }
    progress.finish();
    if differences.is_empty() { Ok(()) } else { Err(VerifyError::Differs { differences }) }
}

/// The rows of a run of units that were not refused.
fn sent(run: &UnitRun, is_refused: impl Fn(u32, u32) -> bool) -> Vec<u32> {
    let mut order = Vec::with_capacity(run.rows.num_rows());
    let mut first = 0;
    for unit in &run.units {
        order.extend((0..unit.rows).filter(|row| !is_refused(unit.number, *row)).map(|row| first + row));
        first += unit.rows;
    }
    order
}

async fn nodes_of<S: GraphSink>(
    sink: &mut S,
    table: &NodeTable,
    run: &UnitRun,
    order: &[u32],
) -> Result<Vec<Record>, TargetError> {
    let block = RowBlock::flat(run.rows.clone(), order.to_vec());
    let statement = Statement::new(cypher::look_up_nodes(table)).with_rows(block);
    let found = repeat(sink, async |sink| update(sink, statement.clone()).await).await;
    found.map_err(|failure| TargetError::during("look up nodes", failure))
}

async fn relationships_of<S: GraphSink>(
    sink: &mut S,
    table: &RelationshipTable,
    run: &UnitRun,
) -> Result<Vec<Record>, TargetError> {
    let keys = table.start.key.len();
    let mut starts: Vec<Value> =
        (0..run.rows.num_rows()).map(|index| Value::List(row::values(&run.rows, index, 0..keys))).collect();
    starts.dedup();
    let statement = Statement::new(cypher::relationships_of_starts(table)).with_list("starts", Value::List(starts));
    let found = repeat(sink, async |sink| update(sink, statement.clone()).await).await;
    let found = found.map_err(|failure| TargetError::during("look up relationships", failure))?;
    // The id in front is of no use here.
    Ok(found.into_iter().map(|mut record| record.drain(..).skip(1).collect()).collect())
}

/// Each row sent must be among the records found, with equal mapped properties.
fn compare(table: AnyTable<'_>, run: &UnitRun, order: &[u32], found: Vec<Record>, differences: &mut Vec<String>) {
    let columns = run.rows.num_columns();
    let mut left: HashMap<Vec<u8>, u64> = HashMap::with_capacity(found.len());
    for record in found {
        let values = record.get(..columns).unwrap_or_default();
        *left.entry(row::identity(values, columns, &[])).or_default() += 1;
    }
    for index in order {
        let wanted = row::values(&run.rows, *index as usize, 0..columns);
        match left.get_mut(&row::identity(&wanted, columns, &[])) {
            Some(count) if *count > 0 => *count -= 1,
            _ if differences.len() < NAMED => {
                differences.push(format!("{} {}: missing or different", table.name(), describe_key(table, &wanted)));
            }
            _ => return,
        }
    }
}

/// The key of an element for people.
pub fn describe_key(table: AnyTable<'_>, values: &[Value]) -> String {
    let text = |values: &[Value]| values.iter().map(describe_value).collect::<Vec<_>>().join(", ");
    match table {
        AnyTable::Nodes(nodes) => text(&values[..nodes.key.len().min(values.len())]),
        AnyTable::Relationships(relationships) => {
            let (start, end) = (relationships.start.key.len(), relationships.end.key.len());
            let identity: Vec<Value> = relationships
                .properties
                .iter()
                .zip(values.get(start + end..).unwrap_or_default())
                .filter(|(property, _)| relationships.identity.contains(&property.name))
                .map(|(_, value)| value.clone())
                .collect();
            let arrow = if identity.is_empty() { "->".to_owned() } else { format!("-[{}]->", text(&identity)) };
            format!("({}){arrow}({})", text(&values[..start]), text(&values[start..start + end]))
        }
    }
}

/// A value for people.
pub fn describe_value(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Boolean(truth) => truth.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Float(number) => format!("{number:?}"),
        Value::Text(text) if text.chars().count() > 60 => format!("{:?}...", text.chars().take(60).collect::<String>()),
        Value::Text(text) => format!("{text:?}"),
        other => format!("{other:?}"),
    }
}
