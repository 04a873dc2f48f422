//! Properties of a target, as typed, and the constraints and indexes on them.
//!
//! In: `properties` and `schema` of a target. Out: plain structures. A type is read in either case, as the specification
//! writes it in capitals; a type that is not one must never be taken for another.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::Value as Json;

use crate::graph_table::manifest::PropertyType;

/// One property of a target.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
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

/// A property type in either case, as a text or as `{name: ...}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PropertyTypeSpec {
    /// One that graph tables can hold.
    Known(PropertyType),
    /// Another one of the specification: bytes and vectors.
    Other(String),
}

impl<'de> Deserialize<'de> for PropertyTypeSpec {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Text(String),
            Map { name: String },
        }
        let (Written::Text(word) | Written::Map { name: word }) = Written::deserialize(deserializer)?;
        let word = word.to_ascii_lowercase();
        let known = PropertyType::deserialize(serde::de::value::StrDeserializer::<D::Error>::new(&word));
        Ok(known.map_or(Self::Other(word), Self::Known))
    }
}

impl JsonSchema for PropertyTypeSpec {
    fn schema_name() -> Cow<'static, str> {
        "PropertyType".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let scalars =
            "boolean date duration float integer local_datetime local_time point string zoned_datetime zoned_time";
        let words: Vec<String> = scalars
            .split(' ')
            .flat_map(|word| [word.to_owned(), format!("{word}_array")])
            // These are words of the specification too; the program says of them that it does not honour them.
            .chain(["byte_array".to_owned()])
            .chain(
                ["integer", "float", "float32", "integer8", "integer16", "integer32"]
                    .map(|word| format!("{word}_vector")),
            )
            .flat_map(|word| [word.to_uppercase(), word])
            .collect();
        json_schema!({
            "anyOf": [
                {"type": "string", "enum": words},
                {"type": "object", "properties": {"name": {"type": "string", "enum": words}}, "required": ["name"]}
            ]
        })
    }
}

/// Constraints and indexes of a target.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
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
    /// Property types: not in Community.
    #[serde(default)]
    pub type_constraints: Vec<SchemaElementSpec>,
    /// Point indexes.
    #[serde(default)]
    pub point_indexes: Vec<SchemaElementSpec>,
    /// Fulltext indexes.
    #[serde(default)]
    pub fulltext_indexes: Vec<SchemaElementSpec>,
    /// Vector indexes.
    #[serde(default)]
    pub vector_indexes: Vec<SchemaElementSpec>,
}

/// One constraint or index.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SchemaElementSpec {
    /// Name in the database.
    pub name: String,
    /// Label, for nodes.
    #[serde(default)]
    pub label: Option<String>,
    /// Labels of a fulltext index.
    #[serde(default)]
    pub labels: Vec<String>,
    /// What the server is told besides.
    #[serde(default)]
    pub options: Option<Json>,
    /// Properties.
    #[serde(default)]
    pub properties: Vec<String>,
    /// The one property of an existence constraint or a text index.
    #[serde(default)]
    pub property: Option<String>,
}
