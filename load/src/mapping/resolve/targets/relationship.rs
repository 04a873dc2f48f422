//! Relationship targets: those of one type between the same tables fill one table, and each makes rows of it.
//!
//! In: relationship targets as typed, once all node tables are known. Out: the plan of each table and the rows that records
//! become, with how it is known that both ends exist. An end must never pass for proven unless the same record surely makes
//! its node: what cannot be told is looked up.

use super::super::{Resolver, nearest};
use super::Targets;
use super::key::{key_fields, key_names};
use crate::graph_table::manifest::{EndPoint, NO_END, SchemaOn};
use crate::mapping::resolved::{EndCheck, Makes, NodePlan, Ref, RelationshipPlan};
use crate::mapping::spec::{NodeReference, NodeSpec, RelationshipSpec};
use crate::specification::Code;

impl Resolver<'_> {
    /// Adds a relationship target to the table of its type and ends, and the row that a record of its source becomes.
    pub(super) fn relationship(&mut self, targets: &mut Targets, spec: &RelationshipSpec) {
        let place = format!("targets.relationships.{}", spec.name);
        let Some(source) = self.source(&spec.source, &place) else { return };
        let start = self.end(targets, source, &spec.start_node_reference, &place);
        let end = self.end(targets, source, &spec.end_node_reference, &place);
        let (Some((start_table, start)), Some((end_table, end))) = (start, end) else { return };
        let table = self.relationship_table(targets, spec, start_table, end_table);
        let plan = &mut targets.relationships[table];
        self.add_properties(&mut plan.properties, source, &spec.properties, &spec.rel_type, &place);
        self.identity(targets, table, spec, &place);
        let checks =
            [(start_table, &start), (end_table, &end)].map(|(at, key)| self.check(targets, source, at, key, spec));
        let owned = self.is_owned(targets, source, start_table, &start);
        let plan = &mut targets.relationships[table];
        let names: Vec<String> = plan.properties.iter().map(|property| property.name.clone()).collect();
        plan.start_check = weakest(plan.start_check, checks[0]);
        plan.end_check = weakest(plan.end_check, checks[1]);
        plan.streams &= owned;
        plan.has_dependencies |= !spec.depends_on.is_empty();
        if plan.on_upsert != spec.on_upsert {
            self.finding(
                Code::DifferingTargets,
                &place,
                format!("targets of type `{}` differ in `on_upsert`", spec.rel_type),
            );
        }
        self.schema(targets, &spec.schema, &spec.properties, &SchemaOn::Type(spec.rel_type.clone()), &place);
        let Some(properties) = self.values(source, &names, &spec.properties, &place) else { return };
        let no_end = self.counter(format!("{} {}", spec.source, spec.name), NO_END);
        let repeated =
            self.counter(format!("{} {}", spec.source, spec.name), "repeats the identity of another relationship");
        let column = self.column_of(source, end[0]);
        let makes = Makes::Relationship { table, start, end, properties, no_end, repeated };
        self.emit(targets, source, &spec.name, spec.filter.as_ref(), makes, column, &place);
    }

    /// Place of the table of this type and these ends, made where there is none.
    fn relationship_table(
        &self,
        targets: &mut Targets,
        spec: &RelationshipSpec,
        start_table: usize,
        end_table: usize,
    ) -> usize {
        let known = targets.relationships.iter().position(|table| {
            table.rel_type == spec.rel_type && table.start_table == start_table && table.end_table == end_table
        });
        if let Some(table) = known {
            return table;
        }
        let end_point = |at: usize| {
            let plan: &NodePlan = &targets.nodes[at];
            EndPoint { label: plan.labels[0].clone(), key: plan.properties.iter().take(plan.key).cloned().collect() }
        };
        targets.relationships.push(RelationshipPlan {
            has_dependencies: false,
            table: self.table_name(targets, &spec.rel_type),
            rel_type: spec.rel_type.clone(),
            start: end_point(start_table),
            end: end_point(end_table),
            start_table,
            end_table,
            identity: Vec::new(),
            properties: Vec::new(),
            on_upsert: spec.on_upsert,
            streams: true,
            start_check: EndCheck::Proven,
            end_check: EndCheck::Proven,
        });
        targets.relationships.len() - 1
    }

    /// Gives the table the identity of its first target, which all others must share.
    fn identity(&mut self, targets: &mut Targets, table: usize, spec: &RelationshipSpec, place: &str) {
        if self.lacks_table(&spec.source) {
            return;
        }
        let plan = &mut targets.relationships[table];
        let places: Option<Vec<usize>> = spec
            .identity
            .iter()
            .map(|name| plan.properties.iter().position(|property| &property.name == name))
            .collect();
        let Some(identity) = places else {
            return self.finding(
                Code::UnknownProperty,
                place,
                "`identity` names a property that the target does not have",
            );
        };
        let first = !targets
            .emits
            .iter()
            .any(|(_, emit)| matches!(emit.makes, Makes::Relationship { table: other, .. } if other == table));
        if first {
            plan.identity = identity;
        } else if plan.identity != identity {
            self.finding(
                Code::DifferingTargets,
                place,
                format!("targets of type `{}` differ in `identity`", spec.rel_type),
            );
        }
    }

    /// Table and key fields of an end.
    fn end(
        &mut self,
        targets: &Targets,
        source: usize,
        reference: &NodeReference,
        place: &str,
    ) -> Option<(usize, Vec<Ref>)> {
        let nodes: Vec<&NodeSpec> = self.mapping.spec.targets.nodes.iter().collect();
        let Some(node) = nodes.iter().find(|node| node.name == reference.name()) else {
            let nearest = nearest(reference.name(), nodes.iter().map(|node| node.name.as_str()));
            self.finding_near(
                Code::UnknownNode,
                place,
                format!("there is no node target `{}`", reference.name()),
                nearest,
            );
            return None;
        };
        let Some(table) = targets.nodes.iter().position(|table| table.labels == node.labels) else {
            if !node.active {
                self.finding(Code::InactiveNode, place, format!("node target `{}` is not active", node.name));
            }
            return None;
        };
        let mut key = Vec::new();
        for field in key_fields(reference, node, &key_names(node, &nodes)) {
            match field {
                Ok((_, field)) => key.push(self.field(source, &field, place)?),
                Err(message) => {
                    self.finding(Code::KeyNotMapped, place, message);
                    return None;
                }
            }
        }
        Some((table, key))
    }

    /// How it is known that an end exists.
    fn check(&self, targets: &Targets, source: usize, table: usize, key: &[Ref], spec: &RelationshipSpec) -> EndCheck {
        let parent_key: Option<Vec<Ref>> = key
            .iter()
            .map(|field| match field {
                Ref::Parent(slot) => Some(Ref::Own(*slot)),
                _ => None,
            })
            .collect();
        let proven = targets.made.iter().filter(|made| made.table == table).any(|made| {
            let same = made.source == source && made.key == key;
            let of_parent = self.sources[source].parent == Some(made.source) && Some(&made.key) == parent_key.as_ref();
            (same || of_parent) && (made.filter.is_none() || made.filter == spec.filter)
        });
        match (proven, targets.nodes[table].inline) {
            (true, _) => EndCheck::Proven,
            (false, true) => EndCheck::Inline,
            (false, false) => EndCheck::AfterScan,
        }
    }

    /// Whether all relationships of one start node are made by one record.
    fn is_owned(&self, targets: &Targets, source: usize, table: usize, start: &[Ref]) -> bool {
        let root = self.root(source);
        let Some(group_by) = self.sources[root].group_by else { return false };
        let own = if root == source { Ref::Own(group_by) } else { Ref::Parent(group_by) };
        start == [own] && targets.nodes[table].key == 1
    }
}

fn weakest(one: EndCheck, other: EndCheck) -> EndCheck {
    match (one, other) {
        (EndCheck::AfterScan, _) | (_, EndCheck::AfterScan) => EndCheck::AfterScan,
        (EndCheck::Inline, _) | (_, EndCheck::Inline) => EndCheck::Inline,
        _ => EndCheck::Proven,
    }
}
