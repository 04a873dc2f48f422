//! Targets, as typed: the nodes and relationships that records become, and the queries that they are given to.
//!
//! In: `targets` of a mapping. Out: plain structures, with the defaults that the specification gives. What it allows but this
//! version does not do is read all the same, so that `resolve` can say so; it must never be ignored.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use super::expectation::ExpectSpec;
use super::property::{PropertySpec, SchemaSpec};
use crate::graph_table::manifest::OnUpsert;
use crate::mapping::field::Condition;

/// All targets.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TargetsSpec {
    /// Node targets.
    #[serde(default)]
    pub nodes: Vec<NodeSpec>,
    /// Relationship targets.
    #[serde(default)]
    pub relationships: Vec<RelationshipSpec>,
    /// Query targets.
    #[serde(default)]
    pub queries: Vec<QuerySpec>,
}

fn yes() -> bool {
    true
}

/// A node target.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NodeSpec {
    /// Name that relationships refer to.
    pub name: String,
    /// Source of its records.
    pub source: String,
    /// An inactive target is checked but not loaded.
    #[serde(default = "yes")]
    pub active: bool,
    /// Targets loaded before this one.
    #[serde(default, alias = "dependencies")]
    pub depends_on: Vec<String>,
    /// Labels; the first carries the key.
    pub labels: Vec<String>,
    /// `create`: every record is a node of its own; `merge`: records with one key are one node.
    #[serde(default)]
    pub write_mode: WriteMode,
    /// Which value of a property wins where records with one key differ.
    #[serde(default)]
    pub on_conflict: OnConflict,
    /// Properties chosen as one value.
    #[serde(default)]
    pub together: Vec<Vec<String>>,
    /// Only records for which this holds.
    #[serde(default, rename = "where")]
    pub filter: Option<Condition>,
    /// How many nodes its labels must have before anything is written.
    #[serde(default)]
    pub expect: Option<ExpectSpec>,
    /// A record without a key is counted where this holds; by default every item of an `explode` and no row.
    #[serde(default)]
    pub expect_key: Option<Condition>,
    /// Properties.
    pub properties: Vec<PropertySpec>,
    /// Constraints and indexes.
    #[serde(default)]
    pub schema: SchemaSpec,
}

/// A relationship target.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RelationshipSpec {
    /// Name.
    pub name: String,
    /// Source of its records.
    pub source: String,
    /// An inactive target is checked but not loaded.
    #[serde(default = "yes")]
    pub active: bool,
    /// Targets loaded before this one.
    #[serde(default, alias = "dependencies")]
    pub depends_on: Vec<String>,
    /// Relationship type.
    #[serde(rename = "type")]
    pub rel_type: String,
    /// `create` or `merge`; either way relationships of one identity are made once.
    #[serde(default)]
    pub write_mode: WriteMode,
    /// What happens where an end node does not exist.
    #[serde(default)]
    pub node_match_mode: NodeMatchMode,
    /// Start node.
    pub start_node_reference: NodeReference,
    /// End node.
    pub end_node_reference: NodeReference,
    /// How many relationships its table must have before anything is written.
    #[serde(default)]
    pub expect: Option<ExpectSpec>,
    /// Properties that tell relationships of one pair apart.
    #[serde(default)]
    pub identity: Vec<String>,
    /// What upsert does with vanished ones.
    #[serde(default)]
    pub on_upsert: OnUpsert,
    /// Only records for which this holds.
    #[serde(default, rename = "where")]
    pub filter: Option<Condition>,
    /// Properties.
    #[serde(default)]
    pub properties: Vec<PropertySpec>,
    /// Constraints and indexes.
    #[serde(default)]
    pub schema: SchemaSpec,
}

/// A query target: Cypher that is given the records, batch by batch.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QuerySpec {
    /// Name.
    pub name: String,
    /// Source of its records.
    pub source: String,
    /// An inactive target is checked but not loaded.
    #[serde(default = "yes")]
    pub active: bool,
    /// Targets loaded before this one.
    #[serde(default, alias = "dependencies")]
    pub depends_on: Vec<String>,
    /// Cypher; `$rows` is a list of maps, one a record.
    pub query: String,
    /// What each of the maps has; by default all fields and columns of the source.
    #[serde(default)]
    pub fields: Option<Vec<String>>,
    /// Only records for which this holds.
    #[serde(default, rename = "where")]
    pub filter: Option<Condition>,
}

/// `create` or `merge`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub enum WriteMode {
    /// Every record is an element of its own.
    #[serde(rename = "create", alias = "CREATE")]
    Create,
    /// Records with one key are one element.
    #[default]
    #[serde(rename = "merge", alias = "MERGE")]
    Merge,
}

/// What happens where an end node does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub enum NodeMatchMode {
    /// The relationship is counted and left out.
    #[default]
    #[serde(rename = "match", alias = "MATCH")]
    Match,
    /// The node is made with its key.
    #[serde(rename = "merge", alias = "MERGE")]
    Merge,
}

/// Which value wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnConflict {
    /// The first one that is there.
    #[default]
    First,
    /// The one mentioned most often; among equals the smallest.
    MostFrequent,
}

/// Reference to a node target.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged, deny_unknown_fields)]
pub enum NodeReference {
    /// By name: the key is read from the fields of the same names.
    Name(String),
    /// With fields of the relationship's own source.
    Mapped {
        /// Name of the node target.
        name: String,
        /// Fields for the key properties.
        key_mappings: Vec<KeyMapping>,
    },
}

impl NodeReference {
    /// Name of the node target.
    pub fn name(&self) -> &str {
        match self {
            Self::Name(name) | Self::Mapped { name, .. } => name,
        }
    }
}

/// One key property of a reference.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyMapping {
    /// Field of the relationship's source.
    pub source_field: String,
    /// Key property of the node.
    pub node_property: String,
}

/// Words that are taken in small letters and in capitals.
macro_rules! words_in_either_case {
    ($kind:ty, $name:literal, $words:tt) => {
        impl JsonSchema for $kind {
            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({"type": "string", "enum": $words})
            }
        }
    };
}

words_in_either_case!(WriteMode, "WriteMode", ["create", "CREATE", "merge", "MERGE"]);
words_in_either_case!(NodeMatchMode, "NodeMatchMode", ["match", "MATCH", "merge", "MERGE"]);
