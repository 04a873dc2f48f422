//! The words of a mapping file, as typed: the vocabulary of Neo4j's public import specification (version "1") and what ours
//! adds on sources and targets.
//!
//! In: YAML or JSON. Out: plain structures. Nothing is checked here but the shape; `compile` decides what it means.

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::Value as Json;

use super::field::{Condition, FieldSpec};
use crate::graph_table::manifest::{OnUpsert, PropertyType};

/// A whole mapping file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// Always "1".
    pub version: String,
    /// Settings of ours that belong to no single source or target.
    #[serde(default)]
    pub config: Config,
    /// Where records come from.
    pub sources: Vec<SourceSpec>,
    /// What becomes of them.
    pub targets: TargetsSpec,
    /// One-off actions of the specification; this version runs none and says so.
    #[serde(default)]
    pub actions: Vec<Json>,
}

/// Settings of a mapping.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Name for people.
    #[serde(default)]
    pub name: Option<String>,
    /// Texts that mean "no value", compared without case and without the blanks around them.
    #[serde(default)]
    pub nothing: Vec<String>,
    /// Longest key or indexed text in bytes of UTF-8; Neo4j's indexes take a little more than 8,000.
    #[serde(default = "default_longest_key_bytes")]
    pub longest_key_bytes: usize,
    /// Years that dates are taken of; all of them by default.
    #[serde(default)]
    pub years: Option<YearsSpec>,
    /// Tables to look values up in, by name.
    #[serde(default)]
    pub lookups: IndexMap<String, LookupSpec>,
}

fn default_longest_key_bytes() -> usize {
    8_000
}

/// The years that dates are taken of: anything else is missing, and counted.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct YearsSpec {
    /// First year.
    pub first: i16,
    /// Years after that of the as-of date.
    pub after_as_of: i16,
}

/// A CSV file to look values up in.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LookupSpec {
    /// Path, relative to the mapping file. `countries.csv` is shipped with the program.
    pub file: String,
}

/// A source: what one record is.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceSpec {
    /// Name that targets refer to.
    pub name: String,
    /// `snapshot` or `inline`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Table of the snapshot: one record a row, or a group of rows.
    #[serde(default)]
    pub table: Option<String>,
    /// Field whose equal values join rows to one record.
    #[serde(default)]
    pub group_by: Option<String>,
    /// Source that this one is made of: one record an item or a period of it.
    #[serde(default)]
    pub of: Option<String>,
    /// Items of a column.
    #[serde(default)]
    pub explode: Option<ExplodeSpec>,
    /// Records derived from those of another source.
    #[serde(default)]
    pub derive: Option<DeriveSpec>,
    /// Only records for which this holds.
    #[serde(default, rename = "where")]
    pub filter: Option<Condition>,
    /// Fields, computed in the order in which they need each other.
    #[serde(default)]
    pub fields: IndexMap<String, FieldSpec>,
    /// Records of an `inline` source.
    #[serde(default)]
    pub rows: Vec<IndexMap<String, Json>>,
}

/// How the cells of a column become items.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExplodeSpec {
    /// The column.
    pub column: String,
    /// Separator of a list in a text.
    #[serde(default)]
    pub split: Option<String>,
    /// `array`: the cell is a JSON array of objects.
    #[serde(default)]
    pub json: Option<JsonShape>,
    /// Name of the item of a split.
    #[serde(default, rename = "as")]
    pub item: Option<String>,
    /// Field that tells items apart: a repeated one only votes.
    #[serde(default)]
    pub distinct: Option<String>,
    /// Distinct items taken of one record.
    #[serde(default)]
    pub limit: Option<usize>,
    /// Name of a field that numbers the items: their own number where it is free, else the smallest free one from 1.
    #[serde(default)]
    pub index: Option<IndexSpec>,
}

/// How items are numbered.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IndexSpec {
    /// Name of the field.
    #[serde(rename = "as")]
    pub name: String,
    /// Member of the item that may hold its own number.
    #[serde(default)]
    pub from: Option<String>,
}

/// Shape of a JSON cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JsonShape {
    /// An array of objects.
    Array,
}

/// What is derived.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeriveSpec {
    /// Periods without a hole.
    pub timeline: TimelineSpec,
}

/// A timeline: dated entries become periods that follow each other.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimelineSpec {
    /// How entries become periods.
    pub kind: TimelineKind,
    /// The source whose records are the entries.
    pub entries: String,
    /// Date field of an entry.
    pub start: String,
    /// Date field of an entry.
    pub end: String,
    /// Stages: what begins on an entry's start.
    #[serde(default)]
    pub opens: Option<Phase>,
    /// Stages: what begins on an entry's end.
    #[serde(default)]
    pub closes: Option<ClosingPhase>,
    /// Spans: what lasts from an entry's start to its end.
    #[serde(default)]
    pub entry: Option<Phase>,
    /// An entry without usable dates.
    pub undated: Phase,
    /// Spans: what comes before the first entry.
    #[serde(default)]
    pub lead: Option<LeadPhase>,
    /// What stands between two entries that are far apart; `{days}` in the text is the length.
    pub gap: GapPhase,
    /// Spans: what follows the last entry.
    #[serde(default)]
    pub tail: Option<Phase>,
    /// The only period of a record that has no other.
    pub fallback: Phase,
    /// Field of the record that the last period's state is compared with, and differences counted.
    #[serde(default)]
    pub compare_with: Option<String>,
}

/// How entries become periods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimelineKind {
    /// An entry opens one state on its start and perhaps another on its end; the latest opening rules.
    Stages,
    /// An entry rules from its start to its end; the one that started last rules.
    Spans,
}

/// State and text of a period.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Phase {
    /// The state.
    pub state: Operand,
    /// Text for people.
    pub text: Operand,
}

/// State and text of a period that begins on an entry's end.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClosingPhase {
    /// Boolean field of the entry: whether its end begins a period.
    pub when: String,
    /// The state.
    pub state: Operand,
    /// Text for people.
    pub text: Operand,
}

/// State and text of the time before the first entry.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeadPhase {
    /// Its length.
    pub days: i32,
    /// The state.
    pub state: Operand,
    /// Text for people.
    pub text: Operand,
}

/// State and text of a gap.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GapPhase {
    /// A gap of more days than this is a period.
    pub longer_than_days: i32,
    /// The state.
    pub state: Operand,
    /// Text for people; `{days}` stands for the length.
    pub text: String,
}

/// A constant, or the value of a field.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Operand {
    /// The value of a field.
    Field {
        /// Its name.
        field: String,
    },
    /// A truth value.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A number.
    Float(f64),
    /// A text.
    Text(String),
}

/// All targets.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetsSpec {
    /// Node targets.
    #[serde(default)]
    pub nodes: Vec<NodeSpec>,
    /// Relationship targets.
    #[serde(default)]
    pub relationships: Vec<RelationshipSpec>,
    /// Query targets of the specification; this version runs none and says so.
    #[serde(default)]
    pub queries: Vec<Json>,
}

fn yes() -> bool {
    true
}

/// A node target.
#[derive(Debug, Clone, Deserialize)]
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
    #[serde(default)]
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
#[derive(Debug, Clone, Deserialize)]
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
    #[serde(default)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnConflict {
    /// The first one that is there.
    #[default]
    First,
    /// The one mentioned most often; among equals the smallest.
    MostFrequent,
}

/// Reference to a node target.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
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
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyMapping {
    /// Field of the relationship's source.
    pub source_field: String,
    /// Key property of the node.
    pub node_property: String,
}

/// One property of a target.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PropertySpec {
    /// Field of the source.
    pub source_field: String,
    /// Property in Neo4j.
    pub target_property: String,
    /// Type in Neo4j; by default that of the field.
    #[serde(default)]
    pub target_property_type: Option<PropertyTypeSpec>,
}

/// A property type in either case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PropertyTypeSpec(pub PropertyType);

impl<'de> Deserialize<'de> for PropertyTypeSpec {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?.to_ascii_lowercase();
        PropertyType::deserialize(serde::de::value::StrDeserializer::<D::Error>::new(&word)).map(Self)
    }
}

/// Constraints and indexes of a target.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SchemaSpec {
    /// Node keys: not in Community.
    #[serde(default)]
    pub key_constraints: Vec<SchemaElementSpec>,
    /// Uniqueness.
    #[serde(default)]
    pub unique_constraints: Vec<SchemaElementSpec>,
    /// Existence: not in Community.
    #[serde(default)]
    pub existence_constraints: Vec<SchemaElementSpec>,
    /// Range indexes.
    #[serde(default)]
    pub range_indexes: Vec<SchemaElementSpec>,
    /// Text indexes.
    #[serde(default)]
    pub text_indexes: Vec<SchemaElementSpec>,
}

/// One constraint or index.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SchemaElementSpec {
    /// Name in the database.
    pub name: String,
    /// Label, for nodes.
    #[serde(default)]
    pub label: Option<String>,
    /// Properties.
    #[serde(default)]
    pub properties: Vec<String>,
    /// The one property of an existence constraint or a text index.
    #[serde(default)]
    pub property: Option<String>,
}
