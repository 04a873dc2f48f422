//! Nodes written together with the relationships that start at them: a star a node, many stars a transaction.
//!
//! In: a node table, the relationship tables whose units follow its units, and the ledger. Out: batches of whole units of all
//! these tables, and the form in which they are sent. The server then finds no start node twice, and touches its record once:
//! that saves a quarter of its work (ADR 0013). It is the quick way, not the only one: what cannot be written so, since a row
//! is refused, an end is not there or a node has too much around it, is left to be written table by table, which finds out why. A
//! transaction of stars is applied as a whole or not at all.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::thread;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::row::{Row, RowConverter, Rows, SortField};
use tokio::sync::{Mutex, mpsc};

use super::actions;
use super::attempt::Sent;
use super::batch::{Attached, Batch, BatchUnit};
use super::pace::Pace;
use super::table::TableWork;
use super::writer::Batches;
use crate::graph_table::manifest::{GraphManifest, GraphTablesError, NodeTable, RelationshipTable};
use crate::graph_table::reader::{TableSource, Unit, UnitReader};
use crate::graph_table::row::values;
use crate::ledger::TableLedger;
use crate::run::Mode;
use crate::target::sink::{AttachedRows, RowBlock};
use crate::target::value::Value;

/// Nodes bring this share of a batch's bytes, their relationships the rest.
const NODE_SHARE: usize = 4;
/// Rows that a unit of nodes may have with all units that follow it. What is denser is written table by table, in batches
/// of the usual size.
const MOST_ROWS: u64 = 50_000;
/// Units of all tables that a batch has at most, if it has several units of nodes: a unit holds up to a megabyte.
const MOST_UNITS: u32 = 64;

/// What is written with one unit of nodes, itself included.
#[derive(Debug, Clone, Copy, Default)]
pub struct Size {
    /// Rows of all tables.
    pub rows: u64,
    units: u32,
}

/// The size of each unit of nodes with all units that follow it.
fn sizes(nodes: &NodeTable, relationships: &[RelationshipTable]) -> Vec<Size> {
    let mut sizes: Vec<Size> = nodes.unit_rows.iter().map(|rows| Size { rows: u64::from(*rows), units: 1 }).collect();
    for table in relationships {
        for (rows, start) in table.unit_rows.iter().zip(units_followed(table)) {
            let size = &mut sizes[*start as usize];
            size.rows += u64::from(*rows);
            size.units += 1;
        }
    }
    sizes
}

/// Whether a load writes all tables apart: an update looks at what is there, table by table, and an action between nodes and
/// relationships finds nodes alone.
pub fn is_apart(graph: &GraphManifest, mode: Mode, asked: bool) -> bool {
    asked || mode != Mode::Create || actions::any_at(graph, actions::BEFORE_RELATIONSHIPS)
}

/// The tables that can be written together with `nodes`.
pub fn tables_of(graph: &GraphManifest, nodes: &NodeTable) -> Vec<RelationshipTable> {
    let follow = graph.relationships.iter().filter(|table| {
        table.follows.as_ref().is_some_and(|follows| {
            follows.table == nodes.table
                && follows.units.len() == table.unit_rows.len()
                && follows.units.is_sorted()
                && follows.units.last().is_none_or(|last| (*last as usize) < nodes.unit_rows.len())
        })
    });
    follow.cloned().collect()
}

/// The size of each unit of nodes that is to be written with what follows it: none of all these is in the ledger, and they are
/// not too many. `None` for the others.
pub fn wanted_units(
    nodes: &NodeTable,
    relationships: &[RelationshipTable],
    ledgers: &BTreeMap<String, TableLedger>,
) -> Vec<Option<Size>> {
    let is_applied = |table: &str, unit: u32| ledgers.get(table).is_some_and(|ledger| ledger.units.contains_key(&unit));
    let is_wanted = |(unit, size): &(u32, Size)| !is_applied(&nodes.table, *unit) && size.rows <= MOST_ROWS;
    let sizes = (0..).zip(sizes(nodes, relationships));
    let mut wanted: Vec<Option<Size>> = sizes.map(|unit| is_wanted(&unit).then_some(unit.1)).collect();
    for table in relationships {
        for (unit, start) in (0u32..).zip(units_followed(table)) {
            if is_applied(&table.table, unit) {
                wanted[*start as usize] = None;
            }
        }
    }
    wanted
}

/// For each unit of a table, the one that it follows.
fn units_followed(table: &RelationshipTable) -> &[u32] {
    table.follows.as_ref().map_or(&[], |follows| &follows.units)
}

/// A thread that decodes stars one batch ahead of the writers.
pub fn read_ahead(
    dir: &Path,
    work: &Arc<TableWork>,
    relationships: &[RelationshipTable],
    wanted: Vec<Option<Size>>,
    pace: &Arc<Pace>,
) -> (Batches, thread::JoinHandle<()>) {
    let nodes = work.source.read(|unit| wanted[unit as usize].is_some());
    let followers = relationships.iter().map(|table| {
        let follows = units_followed(table).to_vec();
        let rows = TableSource::of_relationships(dir, table)
            .read(|unit| follows.get(unit as usize).is_some_and(|start| wanted[*start as usize].is_some()));
        Follower { table: table.table.as_str().into(), follows, rows }
    });
    let mut stars = Stars { nodes, followers: followers.collect(), wanted };
    let (work, pace) = (Arc::clone(work), Arc::clone(pace));
    let (sender, receiver) = mpsc::channel::<Result<Batch, GraphTablesError>>(1);
    let handle = thread::spawn(move || {
        while let Some(batch) = stars.next(&pace).transpose().filter(|_| !work.is_rest_left()) {
            let failed = batch.is_err();
            if sender.blocking_send(batch).is_err() || failed {
                return;
            }
        }
    });
    (Arc::new(Mutex::new(receiver)), handle)
}

/// The tables of the stars, read side by side.
struct Stars {
    nodes: UnitReader,
    followers: Vec<Follower>,
    /// Sizes of the units of nodes that are read.
    wanted: Vec<Option<Size>>,
}

struct Follower {
    table: Arc<str>,
    follows: Vec<u32>,
    rows: UnitReader,
}

impl Stars {
    fn next(&mut self, pace: &Pace) -> Result<Option<Batch>, GraphTablesError> {
        let mut all = Size::default();
        let has_room = |unit: Unit| {
            let size = self.wanted[unit.number as usize].unwrap_or_default();
            all = Size { rows: all.rows + size.rows, units: all.units + size.units };
            all.rows <= pace.rows() as u64 && all.units <= MOST_UNITS
        };
        let Some(run) = self.nodes.next_with_room(has_room, pace.bytes() / NODE_SHARE)? else { return Ok(None) };
        let mut batch = Batch::from(run);
        let last = batch.units.last().map_or(0, |unit| unit.number);
        for Follower { table, follows, rows } in &mut self.followers {
            let run = rows.next_while(|unit| follows[unit as usize] <= last)?;
            batch.attached.push(Attached {
                table: Arc::clone(table),
                follows: run.units.iter().map(|unit| follows[unit.number as usize]).collect(),
                units: run.units.into_iter().map(BatchUnit::from).collect(),
                rows: run.rows,
            });
        }
        Ok(Some(batch))
    }
}

/// The stars of a batch as they are sent.
///
/// # Errors
/// When a relationship's start node is not in the batch: the graph tables are not what their description says.
pub fn sent(dir: &Path, relationships: &[RelationshipTable], batch: &Batch) -> Result<Sent, GraphTablesError> {
    let (mut ends, mut attached) = (Vec::new(), Vec::new());
    for (table, own) in relationships.iter().zip(&batch.attached) {
        let starts = table.start.key.len();
        let keys = starts + table.end.key.len();
        let of_row = rows_of_nodes(&batch.rows, &own.rows, starts).ok_or_else(|| GraphTablesError::Damaged {
            path: dir.to_owned(),
            what: format!("does not hold the relationships of {} in the order of their start nodes", table.table),
        })?;
        let (places, firsts) = places(&own.rows, starts..keys);
        ends.push(Value::List(
            firsts.into_iter().map(|row| Value::List(values(&own.rows, row, starts..keys))).collect(),
        ));
        attached.push(AttachedRows { batch: own.rows.clone(), first_column: keys, of_row, ends: places });
    }
    let all = u32::try_from(batch.rows.num_rows()).expect("a batch has fewer rows than 2^32");
    let rows = RowBlock { attached, ..RowBlock::flat(batch.rows.clone(), (0..all).collect()) };
    Ok(Sent { rows, ends: Some(Value::List(ends)) })
}

/// The relationships of each node, both in one order; `None` where they are not.
fn rows_of_nodes(nodes: &RecordBatch, relationships: &RecordBatch, key: usize) -> Option<Vec<Range<u32>>> {
    let converter = converter(&nodes.columns()[..key])?;
    let nodes = converter.convert_columns(&nodes.columns()[..key]).ok()?;
    let starts = converter.convert_columns(&relationships.columns()[..key]).ok()?;
    let mut next = 0;
    let of_row = nodes.iter().map(|node| {
        let first = next;
        while next < starts.num_rows() && starts.row(next) == node {
            next += 1;
        }
        first as u32..next as u32
    });
    let of_row = of_row.collect();
    (next == starts.num_rows()).then_some(of_row)
}

/// The place of each row's key among the different ones, and for each of these its first row.
fn places(rows: &RecordBatch, key: Range<usize>) -> (Vec<u32>, Vec<usize>) {
    let columns = &rows.columns()[key];
    let keys: Option<Rows> = converter(columns).and_then(|converter| converter.convert_columns(columns).ok());
    let keys = keys.expect("keys are of types that can be compared");
    let mut known: HashMap<Row<'_>, u32> = HashMap::new();
    let mut firsts = Vec::new();
    let places = keys.iter().enumerate().map(|(row, key)| {
        *known.entry(key).or_insert_with(|| {
            firsts.push(row);
            firsts.len() as u32 - 1
        })
    });
    (places.collect(), firsts)
}

fn converter(columns: &[ArrayRef]) -> Option<RowConverter> {
    RowConverter::new(columns.iter().map(|column| SortField::new(column.data_type().clone())).collect()).ok()
}

#[cfg(test)]
mod tests {
    use arrow::array::StringArray;

    use super::*;

    fn texts(columns: &[(&str, &[&str])]) -> RecordBatch {
        let column = |values: &[&str]| -> ArrayRef { Arc::new(StringArray::from(values.to_vec())) };
        RecordBatch::try_from_iter(columns.iter().map(|(name, values)| (*name, column(values)))).unwrap()
    }

    #[test]
    fn each_node_has_its_own_relationships_and_each_end_one_place() {
        let nodes = texts(&[("k", &["a", "b", "c"])]);
        let rows = texts(&[("source.k", &["a", "a", "c"]), ("target.k", &["x", "y", "x"])]);
        assert_eq!(rows_of_nodes(&nodes, &rows, 1), Some(vec![0..2, 2..2, 2..3]));
        assert_eq!(places(&rows, 1..2), (vec![0, 1, 0], vec![0, 1]));
        let other_order = texts(&[("source.k", &["c", "a"]), ("target.k", &["x", "y"])]);
        assert_eq!(rows_of_nodes(&nodes, &other_order, 1), None);
    }
}
