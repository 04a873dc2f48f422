//! What writing one graph table takes: its rows, its statements, the columns of its keys.
//!
//! In: the description of a table and the mode. Out: the same for every batch of it, so that statements are planned once.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::graph_table::contents::AnyTable;
use crate::graph_table::manifest::{NodeTable, RelationshipTable};
use crate::graph_table::reader::TableSource;
use crate::run::Mode;
use crate::target::cypher;

/// A node table, or a relationship table.
#[expect(clippy::large_enum_variant, reason = "there is one of them a table, and few tables")]
#[derive(Debug, Clone)]
pub enum Kind {
    /// Nodes.
    Nodes,
    /// Relationships.
    Relationships(RelationshipTable),
    /// Nodes with the relationships of these tables, which follow them.
    Star(Vec<RelationshipTable>),
}

/// Units of nodes that may be left to be written table by table before all that are still to come are.
const MOST_LEFT: u32 = 16;

/// A table to write.
#[derive(Debug)]
pub struct TableWork {
    /// Name of the table.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
    /// Mode.
    pub mode: Mode,
    /// Where its rows are.
    pub source: TableSource,
    /// Create mode: the statement of every batch. Upsert: the one that writes nodes or adds relationships.
    pub write: Arc<str>,
    /// Ordinal of the first row of each unit.
    first_rows: Vec<u64>,
    /// Units of nodes that could not be written with what starts at them.
    left: AtomicU32,
}

impl TableWork {
    /// Prepares a table below `dir`.
    pub fn new(dir: &Path, table: AnyTable<'_>, mode: Mode) -> Self {
        let (kind, source, write) = match table {
            AnyTable::Nodes(nodes) => {
                let write = if mode == Mode::Create { cypher::create_nodes(nodes) } else { cypher::merge_nodes(nodes) };
                (Kind::Nodes, TableSource::of_nodes(dir, nodes), write)
            }
            AnyTable::Relationships(relationships) => {
                let write = match mode {
                    Mode::Create => cypher::create_relationships(relationships),
                    Mode::Upsert => cypher::add_relationships(relationships),
                };
                (Kind::Relationships(relationships.clone()), TableSource::of_relationships(dir, relationships), write)
            }
        };
        let first_rows = first_rows(table.unit_rows());
        let left = AtomicU32::new(0);
        Self { name: table.name().to_owned(), kind, mode, source, write: write.into(), first_rows, left }
    }

    /// Prepares a table of nodes with those of the relationships that follow it.
    pub fn star(dir: &Path, nodes: &NodeTable, relationships: Vec<RelationshipTable>) -> Self {
        Self {
            name: nodes.table.clone(),
            mode: Mode::Create,
            source: TableSource::of_nodes(dir, nodes),
            write: cypher::create_star(nodes, &relationships).into(),
            first_rows: first_rows(&nodes.unit_rows),
            left: AtomicU32::new(0),
            kind: Kind::Star(relationships),
        }
    }

    /// Rows of a batch at first and at most: what a server with little memory bears.
    pub fn first_batch_rows(&self) -> usize {
        match self.kind {
            Kind::Nodes => 5_000,
            Kind::Relationships(_) => 10_000,
            // Nodes and relationships: mostly one unit of nodes.
            Kind::Star(_) => 10_000,
        }
    }

    /// A unit of nodes is left to be written table by table.
    pub fn leave_unit(&self) {
        self.left.fetch_add(1, Ordering::Relaxed);
    }

    /// So are all that are still to come.
    pub fn leave_rest(&self) {
        self.left.store(MOST_LEFT, Ordering::Relaxed);
    }

    /// Whether those that are still to come are left: trying each of them would only cost time.
    pub fn is_rest_left(&self) -> bool {
        self.left.load(Ordering::Relaxed) >= MOST_LEFT
    }

    /// The columns of the end node's key.
    pub fn end_key(&self) -> Option<Range<usize>> {
        match &self.kind {
            Kind::Nodes | Kind::Star(_) => None,
            Kind::Relationships(table) => {
                let start = table.start.key.len();
                Some(start..start + table.end.key.len())
            }
        }
    }

    /// The ordinal in the table of a row of a unit.
    pub fn ordinal(&self, unit: u32, row: u32) -> u64 {
        self.first_rows.get(unit as usize).copied().unwrap_or_default() + u64::from(row)
    }
}

fn first_rows(unit_rows: &[u32]) -> Vec<u64> {
    let firsts = unit_rows.iter().scan(0, |next, rows| {
        let first = *next;
        *next += u64::from(*rows);
        Some(first)
    });
    firsts.collect()
}
