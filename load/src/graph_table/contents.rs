//! What a set of graph tables amounts to in a graph: labels, types, units, and the numbers to expect.
//!
//! In: the description of the tables. Out: sums over it. Nothing is read from disk.

use std::collections::BTreeMap;

use super::manifest::{GraphManifest, NodeTable, RelationshipTable};

/// Either kind of table.
#[derive(Debug, Clone, Copy)]
pub enum AnyTable<'a> {
    /// Nodes.
    Nodes(&'a NodeTable),
    /// Relationships.
    Relationships(&'a RelationshipTable),
}

impl<'a> AnyTable<'a> {
    /// Name of the table.
    pub fn name(self) -> &'a str {
        match self {
            Self::Nodes(table) => &table.table,
            Self::Relationships(table) => &table.table,
        }
    }

    /// Rows.
    pub fn rows(self) -> u64 {
        match self {
            Self::Nodes(table) => table.rows,
            Self::Relationships(table) => table.rows,
        }
    }

    /// Rows of each unit.
    pub fn unit_rows(self) -> &'a [u32] {
        match self {
            Self::Nodes(table) => &table.unit_rows,
            Self::Relationships(table) => &table.unit_rows,
        }
    }
}

impl GraphManifest {
    /// All tables of nodes and relationships in the order in which they are loaded.
    pub fn tables(&self) -> impl Iterator<Item = AnyTable<'_>> {
        self.nodes.iter().map(AnyTable::Nodes).chain(self.relationships.iter().map(AnyTable::Relationships))
    }

    /// Labels of the node tables, each once.
    pub fn labels(&self) -> Vec<String> {
        unique(self.nodes.iter().flat_map(|table| &table.labels))
    }

    /// Types of the relationship tables, each once.
    pub fn types(&self) -> Vec<String> {
        unique(self.relationships.iter().map(|table| &table.rel_type))
    }

    /// Number of units of each table, those of queries among them.
    pub fn units(&self) -> BTreeMap<&str, usize> {
        let queries = self.queries.iter().map(|table| (table.table.as_str(), table.unit_rows.len()));
        self.tables().map(|table| (table.name(), table.unit_rows().len())).chain(queries).collect()
    }

    /// Rows of all node tables.
    pub fn node_rows(&self) -> u64 {
        self.nodes.iter().map(|table| table.rows).sum()
    }

    /// Rows of all relationship tables.
    pub fn relationship_rows(&self) -> u64 {
        self.relationships.iter().map(|table| table.rows).sum()
    }
}

fn unique<'a>(names: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for name in names {
        if !found.contains(name) {
            found.push(name.clone());
        }
    }
    found
}
