//! Constraints and indexes: those of all targets are one list, each name once.
//!
//! In: `schema` of a target, as typed. Out: what the loader makes in the database, and which properties are indexed, so that a
//! text that is too long for an index is never sent. One name must never stand for two different things.

use super::super::Resolver;
use super::Targets;
use crate::graph_table::manifest::{SchemaItem, SchemaKind, SchemaOn};
use crate::mapping::resolved::NodePlan;
use crate::mapping::spec::SchemaSpec;
use crate::specification::Code;

impl Resolver<'_> {
    /// Adds the constraints and indexes of a target.
    pub(super) fn schema(&mut self, targets: &mut Targets, spec: &SchemaSpec, on: &SchemaOn, place: &str) {
        let kinds = [
            (&spec.key_constraints, SchemaKind::KeyConstraint),
            (&spec.unique_constraints, SchemaKind::UniqueConstraint),
            (&spec.existence_constraints, SchemaKind::ExistenceConstraint),
            (&spec.range_indexes, SchemaKind::RangeIndex),
            (&spec.text_indexes, SchemaKind::TextIndex),
        ];
        for (elements, kind) in kinds {
            for element in elements {
                let on = match (on, &element.label) {
                    (SchemaOn::Label(_), Some(label)) => SchemaOn::Label(label.clone()),
                    (on, _) => on.clone(),
                };
                let properties = element.properties.iter().chain(&element.property).cloned().collect();
                let item = SchemaItem { kind, name: element.name.clone(), on, properties };
                match targets.schema.iter().find(|known| known.name == item.name) {
                    None => targets.schema.push(item),
                    Some(known) if *known != item => {
                        self.finding(
                            Code::RepeatedDefinitionName,
                            place,
                            format!("two constraints or indexes have the name `{}`", item.name),
                        );
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
                let kind = item.kind != SchemaKind::ExistenceConstraint && item.kind != SchemaKind::TextIndex;
                on_label && kind && item.properties.contains(&property.name)
            };
            place < plan.key || schema.iter().any(in_index)
        })
        .collect()
}
