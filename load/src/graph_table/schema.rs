//! Constraints, indexes and actions: what a load does in the target beside writing rows.
//!
//! In: nothing; these are plain structures, read and written as part of `_graph.json`. Out: the same to those who do it. What
//! the server is told of them in Cypher stands elsewhere.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::property::PropertyType;

/// Kind of a schema element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SchemaKind {
    /// Uniqueness constraint (every edition).
    UniqueConstraint,
    /// Node key constraint (not in Community).
    KeyConstraint,
    /// Existence constraint (not in Community).
    ExistenceConstraint,
    /// Range index.
    RangeIndex,
    /// Text index.
    TextIndex,
    /// Point index.
    PointIndex,
    /// Fulltext index, over one label or several.
    FulltextIndex,
    /// Vector index.
    VectorIndex,
    /// Property type constraint (not in Community).
    TypeConstraint,
}

/// Whether a schema element is on a label or on a relationship type.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SchemaOn {
    /// A node label.
    Label(String),
    /// Several node labels, for a fulltext index.
    Labels(Vec<String>),
    /// A relationship type.
    Type(String),
}

impl SchemaOn {
    /// Labels or types.
    pub fn names(&self) -> Vec<&str> {
        match self {
            Self::Label(name) | Self::Type(name) => vec![name],
            Self::Labels(names) => names.iter().map(String::as_str).collect(),
        }
    }
}

/// One constraint or index that the load creates before it writes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SchemaItem {
    /// Kind.
    pub kind: SchemaKind,
    /// Name in the database: ours, so that `load clear` knows it again.
    pub name: String,
    /// Label or type.
    pub on: SchemaOn,
    /// Properties, in order.
    pub properties: Vec<String>,
    /// Options of the mapping, as JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub options: Option<String>,
    /// Type that a type constraint asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub property_type: Option<PropertyType>,
}

/// When an action of the mapping is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActionStage {
    /// Before the first node.
    Start,
    /// The same: sources are on disk by then.
    PostSources,
    /// The same, after those of `start` and `post_sources`.
    PreNodes,
    /// After the last node.
    PostNodes,
    /// The same, after those of `post_nodes`.
    PreRelationships,
    /// After the last relationship, once the graph has been compared with the tables.
    PostRelationships,
    /// After those of `post_relationships`.
    PreQueries,
    /// After those of `pre_queries`.
    PostQueries,
    /// Last of all.
    End,
}

/// One action of the mapping: Cypher that is run once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Action {
    /// Its name.
    pub name: String,
    /// When.
    pub stage: ActionStage,
    /// Cypher.
    pub query: String,
    /// Whether it opens transactions of its own, so that it may be done twice after a lost answer.
    pub autocommit: bool,
}
