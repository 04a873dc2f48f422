//! Constraints and indexes: those of all targets are one list, each name once.
//!
//! In: `schema` of a target, as typed. Out: what the loader makes in the database, and which properties are indexed, so that a
//! text that is too long for an index is never sent. One name must never stand for two different things.

use serde_json::Value as Json;

use super::super::Resolver;
use super::Targets;
use crate::graph_table::manifest::{SchemaItem, SchemaKind, SchemaOn};
use crate::mapping::resolved::NodePlan;
use crate::mapping::spec::{PropertySpec, PropertyTypeSpec, SchemaSpec};
use crate::specification::Code;

impl Resolver<'_> {
    /// Adds the constraints and indexes of a target.
    pub(super) fn schema(
        &mut self,
        targets: &mut Targets,
        spec: &SchemaSpec,
        properties: &[PropertySpec],
        on: &SchemaOn,
        place: &str,
    ) {
        let kinds = [
            (&spec.key_constraints, SchemaKind::KeyConstraint, "key_constraints"),
            (&spec.unique_constraints, SchemaKind::UniqueConstraint, "unique_constraints"),
            (&spec.existence_constraints, SchemaKind::ExistenceConstraint, "existence_constraints"),
            (&spec.range_indexes, SchemaKind::RangeIndex, "range_indexes"),
            (&spec.text_indexes, SchemaKind::TextIndex, "text_indexes"),
            (&spec.type_constraints, SchemaKind::TypeConstraint, "type_constraints"),
            (&spec.point_indexes, SchemaKind::PointIndex, "point_indexes"),
            (&spec.fulltext_indexes, SchemaKind::FulltextIndex, "fulltext_indexes"),
            (&spec.vector_indexes, SchemaKind::VectorIndex, "vector_indexes"),
        ];
        for (elements, kind, key) in kinds {
            for (at, element) in elements.iter().enumerate() {
                let on = match (on, &element.label) {
                    (SchemaOn::Label(_), Some(label)) => SchemaOn::Label(label.clone()),
                    (SchemaOn::Label(_), None) if !element.labels.is_empty() => {
                        SchemaOn::Labels(element.labels.clone())
                    }
                    (on, _) => on.clone(),
                };
                let typed = || properties.iter().find(|own| Some(&own.target_property) == element.property.as_ref());
                let property_type = match kind {
                    SchemaKind::TypeConstraint => match typed().and_then(|own| own.target_property_type.as_ref()) {
                        Some(PropertyTypeSpec::Known(kind)) => Some(*kind),
                        // The property has a finding of its own.
                        _ => continue,
                    },
                    _ => None,
                };
                let options =
                    element.options.as_ref().filter(|options| options.as_object().is_some_and(|o| !o.is_empty()));
                let item = SchemaItem {
                    kind,
                    name: element.name.clone(),
                    on,
                    properties: element.properties.iter().chain(&element.property).cloned().collect(),
                    options: options.map(Json::to_string),
                    property_type,
                };
                match targets.schema.iter().find(|known| known.name == item.name) {
                    None => targets.schema.push(item),
                    Some(known) if *known != item => {
                        let place = format!("{place}.schema.{key}[{at}]");
                        let message = format!("two constraints or indexes have the name `{}`", item.name);
                        self.finding(Code::RepeatedDefinitionName, &place, message);
                    }
                    Some(_) => {}
                }
            }
        }
    }
}

/// For each property of a node table, whether a key, a constraint or an index holds its whole value.
pub(super) fn indexed(plan: &NodePlan, schema: &[SchemaItem]) -> Vec<bool> {
    plan.properties
        .iter()
        .enumerate()
        .map(|(place, property)| {
            let in_index = |item: &SchemaItem| {
                let on_label = matches!(&item.on, SchemaOn::Label(label) if plan.labels.contains(label));
                let kinds = [SchemaKind::UniqueConstraint, SchemaKind::KeyConstraint, SchemaKind::RangeIndex];
                on_label && kinds.contains(&item.kind) && item.properties.contains(&property.name)
            };
            place < plan.key || schema.iter().any(in_index)
        })
        .collect()
}
