//! Targets: the tables of nodes and relationships, and the rows that a record becomes in them.
//!
//! In: from `resolve`, once all targets of a table have been seen. Out: to staging, which makes a row where the condition
//! holds and the key is there, and to the graph tables, which take names, types and ends. The key properties of a node
//! table come first in it, and no choice between values ever touches them.

use super::condition::Test;
use super::field::Ref;
use crate::graph_table::manifest::{EndPoint, OnUpsert, Property};

/// What becomes of a record: one row of one table.
#[derive(Debug)]
pub struct Emit {
    /// The child whose records it is about; the record itself where absent.
    pub child: Option<usize>,
    /// Only records for which this holds.
    pub filter: Option<Test>,
    /// What is made.
    pub makes: Makes,
    /// Name of the target, for rejects and counts.
    pub target: String,
    /// Column that the key comes from, for rejects.
    pub column: String,
}

/// What is made.
#[derive(Debug)]
pub enum Makes {
    /// A node.
    Node {
        /// Place in [`Resolved::nodes`](super::Resolved::nodes).
        table: usize,
        /// The key.
        key: Vec<Ref>,
        /// A value for each property of the table, the key among them.
        properties: Vec<Option<Ref>>,
        /// Counter of indexed texts that were too long.
        too_long: usize,
        /// Counter of records without a key, where one is expected.
        no_key: usize,
        /// Which records are expected to have a key.
        expect_key: ExpectKey,
    },
    /// A relationship.
    Relationship {
        /// Place in [`Resolved::relationships`](super::Resolved::relationships).
        table: usize,
        /// Key of the start node.
        start: Vec<Ref>,
        /// Key of the end node.
        end: Vec<Ref>,
        /// A value for each property of the table.
        properties: Vec<Option<Ref>>,
        /// Counter of those whose end node does not exist.
        no_end: usize,
        /// Counter of those that repeat another one's identity.
        repeated: usize,
    },
    /// A row for a query.
    Row {
        /// Place in [`Resolved::queries`](super::Resolved::queries).
        table: usize,
        /// A value for each field of the table.
        values: Vec<Ref>,
    },
}

/// Which records are expected to have a key, so that one without is counted.
#[derive(Debug)]
pub enum ExpectKey {
    /// All.
    Always,
    /// None.
    Never,
    /// Those for which this holds.
    If(Test),
}

/// A node table.
#[derive(Debug)]
pub struct NodePlan {
    /// Its name.
    pub table: String,
    /// Labels.
    pub labels: Vec<String>,
    /// Number of key properties: they come first.
    pub key: usize,
    /// All properties.
    pub properties: Vec<Property>,
    /// Whether each property is in an index or constraint.
    pub indexed: Vec<bool>,
    /// Whether its rows come out in order and once each, so that nothing has to be remembered.
    pub streams: bool,
    /// Properties chosen together, and whether by votes. The key is in none.
    pub choices: Vec<Choice>,
    /// Whether all its nodes stand in the mapping.
    pub inline: bool,
}

/// Properties chosen as one value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Places among the properties.
    pub properties: Vec<usize>,
    /// By votes; else the first that is there.
    pub by_votes: bool,
}

/// A relationship table.
#[derive(Debug)]
pub struct RelationshipPlan {
    /// Its name.
    pub table: String,
    /// Type.
    pub rel_type: String,
    /// Start node.
    pub start: EndPoint,
    /// End node.
    pub end: EndPoint,
    /// Places of its ends among the node tables.
    pub start_table: usize,
    /// Places of its ends among the node tables.
    pub end_table: usize,
    /// Properties that tell two of one pair apart.
    pub identity: Vec<usize>,
    /// All properties.
    pub properties: Vec<Property>,
    /// What upsert does with vanished ones.
    pub on_upsert: OnUpsert,
    /// Whether each start node's relationships come out together, so that nothing has to be remembered.
    pub streams: bool,
    /// How it is known that the ends exist.
    pub start_check: EndCheck,
    /// How it is known that the ends exist.
    pub end_check: EndCheck,
    /// Whether the mapping names targets that come before it.
    pub has_dependencies: bool,
}

/// A table of rows for a query.
#[derive(Debug)]
pub struct QueryPlan {
    /// Its name.
    pub table: String,
    /// Cypher.
    pub query: String,
    /// What each row has.
    pub fields: Vec<Property>,
}

/// How it is known that an end of a relationship exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndCheck {
    /// The same record makes the node.
    Proven,
    /// The node table is complete before the scan: looked up at once.
    Inline,
    /// Looked up when all tables have been scanned.
    AfterScan,
}
