//! Keys of node targets: which properties they are, and from which fields a relationship reads them.
//!
//! In: node targets and references to them, as typed. Out: names of properties and fields, nothing looked up yet. All targets
//! with the same labels must have one key: one that names none has that of another.

use indexmap::IndexMap;

use crate::mapping::spec::{NodeReference, NodeSpec};

/// Names of the key properties of a node target: those of its key constraint, else of its first uniqueness constraint,
/// else those of another target with the same labels.
pub(super) fn key_names(node: &NodeSpec, all: &[&NodeSpec]) -> Vec<String> {
    let own = |node: &NodeSpec| {
        let constraint = node.schema.key_constraints.first().or(node.schema.unique_constraints.first());
        constraint.map(|constraint| constraint.properties.clone())
    };
    let same_labels = |other: &&&NodeSpec| other.labels == node.labels;
    own(node).or_else(|| all.iter().filter(same_labels).find_map(|other| own(other))).unwrap_or_default()
}

/// For each key property of the node, the field of the relationship's source; or what is wrong with it.
pub(super) fn key_fields(
    reference: &NodeReference,
    node: &NodeSpec,
    key: &[String],
) -> Vec<Result<(String, String), String>> {
    let by_mapping: IndexMap<&str, &str> = match reference {
        NodeReference::Name(_) => node
            .properties
            .iter()
            .map(|property| (property.target_property.as_str(), property.source_field.as_str()))
            .collect(),
        NodeReference::Mapped { key_mappings, .. } => {
            key_mappings.iter().map(|mapping| (mapping.node_property.as_str(), mapping.source_field.as_str())).collect()
        }
    };
    key.iter()
        .map(|name| match by_mapping.get(name.as_str()) {
            Some(field) => Ok((name.clone(), (*field).to_owned())),
            None => Err(format!("key property `{name}` of node target `{}` has no field", node.name)),
        })
        .collect()
}
