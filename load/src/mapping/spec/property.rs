//! Properties of a target, as typed, and the constraints and indexes on them.
//!
//! In: `properties` and `schema` of a target. Out: plain structures. A type is read in either case, as the specification
//! writes it in capitals; a type that is not one must never be taken for another.

use serde::Deserialize;

use crate::graph_table::manifest::PropertyType;

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
