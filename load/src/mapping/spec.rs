//! The words of a mapping file, as typed: the vocabulary of Neo4j's public import specification (version "1") and what ours
//! adds on sources and targets.
//!
//! In: YAML or JSON. Out: plain structures. Nothing is checked here but the shape; `resolve` decides what it means. A word
//! that is not known must never be passed over: every structure refuses it.

mod action;
mod expectation;
mod property;
mod source;
mod target;
mod timeline;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

pub use action::ActionSpec;
pub use expectation::{Amount, ExpectOfAll, ExpectSpec, without_expectations};
pub use property::{PropertySpec, PropertyTypeSpec, SchemaElementSpec, SchemaSpec};
pub use source::{DeriveSpec, ExplodeSpec, IndexSpec, JsonShape, SourceSpec};
pub use target::{
    KeyMapping, NodeMatchMode, NodeReference, NodeSpec, OnConflict, QuerySpec, RelationshipSpec, TargetsSpec, WriteMode,
};
pub use timeline::{ClosingPhase, GapPhase, LeadPhase, Phase, TimelineKind, TimelineSpec};

/// A whole mapping file.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
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
    /// Cypher that is run once, at a stage of the load.
    #[serde(default)]
    pub actions: Vec<ActionSpec>,
}

/// Settings of a mapping.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
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
    /// How many rejects are borne before anything is written.
    #[serde(default)]
    pub expect: Option<ExpectOfAll>,
}

fn default_longest_key_bytes() -> usize {
    8_000
}

/// The years that dates are taken of: anything else is missing, and counted.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct YearsSpec {
    /// First year.
    pub first: i16,
    /// Years after that of the as-of date.
    pub after_as_of: i16,
}

/// A CSV file to look values up in.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LookupSpec {
    /// Path, relative to the mapping file. `countries.csv` is shipped with the program.
    pub file: String,
}

/// A constant, or the value of a field.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged, deny_unknown_fields)]
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
