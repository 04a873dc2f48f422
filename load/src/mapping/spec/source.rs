//! Sources, as typed: a table of a snapshot, what is made of its records, or records that stand in the mapping.
//!
//! In: the items of `sources`. Out: plain structures. Which words go together is for `resolve` to say, so that all findings
//! come at once; a word that no source has must never be passed over.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value as Json;

use super::timeline::TimelineSpec;
use crate::mapping::field::{Condition, FieldSpec};

/// A source: what one record is.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
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
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExplodeSpec {
    /// The column.
    pub column: String,
    /// Separator of a list in a text.
    #[serde(default)]
    pub split: Option<String>,
    /// Of a split: whether blanks at both ends of an item go.
    #[serde(default)]
    pub trim: bool,
    /// Of a split: whether empty items go.
    #[serde(default)]
    pub drop_empty: bool,
    /// `array`: the cell is a JSON array of objects.
    #[serde(default)]
    pub json: Option<JsonShape>,
    /// Where the items stand in a JSON cell, at any depth: `$.orders[*].items[*]`.
    #[serde(default)]
    pub path: Option<String>,
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
#[derive(Debug, Clone, Deserialize, JsonSchema)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum JsonShape {
    /// An array of objects.
    Array,
}

/// What is derived.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeriveSpec {
    /// Periods without a hole.
    pub timeline: TimelineSpec,
}
