//! Relationships of start nodes that have none left.
//!
//! In: an upserted relationship table that replaces, and the node table of its start nodes. Out: nothing of that type and
//! table at a start node which is in the node table and has no row in the relationship table: no unit stands for it, so
//! the units' own transactions could not see it. Done twice it is the same as once, so the ledger has no part in it.

use std::collections::HashSet;

use arrow::array::RecordBatch;

use super::error::WriteError;
use crate::graph_table::manifest::{GraphTables, NodeTable, RelationshipTable};
use crate::graph_table::reader::TableSource;
use crate::graph_table::row;
use crate::run::RunError;
use crate::run::lease::Lease;
use crate::target::cypher;
use crate::target::error::TargetError;
use crate::target::retry::repeat;
use crate::target::sink::{GraphSink, update};
use crate::target::value::Value;
use shared::interrupt::Interrupt;

/// Start nodes looked at in one transaction.
const START_NODES: usize = 5_000;
/// Rows decoded at a time.
const READ_ROWS: usize = 50_000;
/// Bytes of such rows at most.
const READ_BYTES: usize = 16 << 20;

/// Deletes them and returns how many there were.
///
/// # Errors
/// When the target is lost, the tables cannot be read, or somebody took the run over.
pub async fn delete<S: GraphSink>(
    sink: &mut S,
    lease: &Lease,
    tables: &GraphTables,
    table: &RelationshipTable,
    interrupt: &Interrupt,
) -> Result<u64, WriteError> {
    let starts = hashes_of_starts(tables, table)?;
    let key: Vec<&str> = table.start.key.iter().map(|property| property.name.as_str()).collect();
    let holds_starts = |nodes: &&NodeTable| nodes.labels.contains(&table.start.label) && nodes.key == key;
    let mut deleted = 0;
    for nodes in tables.manifest.nodes.iter().filter(holds_starts) {
        let mut bare: Vec<Value> = Vec::new();
        let mut reader = TableSource::of_nodes(&tables.dir, nodes).read(|_| true);
        while let Some(run) = reader.next(READ_ROWS, READ_BYTES)? {
            interrupt.check()?;
            for index in 0..run.rows.num_rows() {
                if !starts.contains(&hash(&run.rows, index, key.len())) {
                    bare.push(Value::List(row::values(&run.rows, index, 0..key.len())));
                }
            }
            while bare.len() >= START_NODES {
                let rest = bare.split_off(START_NODES);
                deleted += delete_of(sink, lease, table, std::mem::replace(&mut bare, rest)).await?;
            }
        }
        deleted += delete_of(sink, lease, table, bare).await?;
    }
    Ok(deleted)
}

/// One 128-bit hash a start node: some 40 MB for a million.
fn hashes_of_starts(tables: &GraphTables, table: &RelationshipTable) -> Result<HashSet<u128>, WriteError> {
    let keys = table.start.key.len();
    let mut starts = HashSet::new();
    let mut reader = TableSource::of_relationships(&tables.dir, table).read(|_| true);
    while let Some(run) = reader.next(READ_ROWS, READ_BYTES)? {
        starts.extend((0..run.rows.num_rows()).map(|index| hash(&run.rows, index, keys)));
    }
    Ok(starts)
}

fn hash(rows: &RecordBatch, index: usize, keys: usize) -> u128 {
    let hash = blake3::hash(&row::identity(&row::values(rows, index, 0..keys), keys, &[]));
    u128::from_le_bytes(*hash.as_bytes().first_chunk::<16>().expect("a hash of BLAKE3 has 32 bytes"))
}

async fn delete_of<S: GraphSink>(
    sink: &mut S,
    lease: &Lease,
    table: &RelationshipTable,
    starts: Vec<Value>,
) -> Result<u64, WriteError> {
    if starts.is_empty() {
        return Ok(0);
    }
    let statement = lease.statement(cypher::delete_of_starts(table)).with_list("starts", Value::List(starts));
    let records = repeat(sink, async |sink| update(sink, statement.clone()).await).await;
    let records = records.map_err(|failure| TargetError::during("delete vanished relationships", failure))?;
    let number = |index: usize| records.first().and_then(|record| record.get(index)?.as_count()).unwrap_or_default();
    if number(0) == 0 { Err(RunError::TakenOver { run: lease.run.clone() }.into()) } else { Ok(number(1)) }
}
