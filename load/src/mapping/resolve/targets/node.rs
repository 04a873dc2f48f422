//! Node targets: those with the same labels fill one table, and what each makes of a record is a row of it.
//!
//! In: node targets as typed, and those that `node_match_mode: merge` of a relationship stands for. Out: the plan of each
//! table and the rows that records become. The properties of the key must come first, in the order of the key; a target
//! that lacks one of them must never make a row.

use super::super::Resolver;
use super::key::{key_fields, key_names};
use super::{MadeNode, Targets};
use crate::graph_table::manifest::SchemaOn;
use crate::mapping::resolved::{Choice, ExpectKey, Makes, NodePlan, Ref};
use crate::mapping::spec::{NodeMatchMode, NodeSpec, OnConflict, PropertySpec, RelationshipSpec, SchemaSpec};
use crate::specification::Code;

impl Resolver<'_> {
    /// `node_match_mode: merge` means node targets of which only the key is known.
    pub(super) fn merged_ends(&self) -> Vec<NodeSpec> {
        let targets = &self.mapping.spec.targets;
        let mut merged = Vec::new();
        let merging = |target: &&RelationshipSpec| target.active && target.node_match_mode == NodeMatchMode::Merge;
        for target in targets.relationships.iter().filter(merging) {
            for reference in [&target.start_node_reference, &target.end_node_reference] {
                let Some(node) = targets.nodes.iter().find(|node| node.name == reference.name()) else { continue };
                let properties =
                    key_fields(reference, node, &key_names(node, &targets.nodes.iter().collect::<Vec<_>>()))
                        .into_iter()
                        .flatten()
                        .map(|(property, field)| PropertySpec {
                            source_field: field,
                            target_property: property,
                            target_property_type: None,
                        })
                        .collect();
                merged.push(NodeSpec {
                    name: format!("{} of {}", node.name, target.name),
                    source: target.source.clone(),
                    active: true,
                    depends_on: Vec::new(),
                    labels: node.labels.clone(),
                    write_mode: node.write_mode,
                    on_conflict: node.on_conflict,
                    together: Vec::new(),
                    filter: target.filter.clone(),
                    expect: None,
                    expect_key: None,
                    properties,
                    schema: SchemaSpec::default(),
                });
            }
        }
        merged
    }

    /// Adds a node target's properties and schema to the table of its labels.
    pub(super) fn node_table(&mut self, targets: &mut Targets, node: &NodeSpec, all: &[&NodeSpec]) {
        let place = format!("targets.nodes.{}", node.name);
        let Some(source) = self.source(&node.source, &place) else { return };
        let key = key_names(node, all);
        if key.is_empty() {
            let hint = "give it a `schema` with `unique_constraints` (or `key_constraints`) on its key";
            self.finding(Code::NoKey, &place, format!("nothing says which properties are the key: {hint}"));
            return;
        }
        let Some(label) = node.labels.first() else {
            self.finding(Code::Empty, &place, "there is no label");
            return;
        };
        let table = match targets.nodes.iter().position(|table| table.labels == node.labels) {
            Some(table) => table,
            None => {
                targets.nodes.push(NodePlan {
                    table: self.table_name(targets, &node.labels.join("_")),
                    labels: node.labels.clone(),
                    key: key.len(),
                    properties: Vec::new(),
                    indexed: Vec::new(),
                    streams: false,
                    choices: Vec::new(),
                    inline: true,
                });
                targets.nodes.len() - 1
            }
        };
        let keyed =
            key.iter().filter_map(|name| node.properties.iter().find(|property| &property.target_property == name));
        let others = node.properties.iter().filter(|property| !key.contains(&property.target_property));
        for name in &key {
            if !node.properties.iter().any(|property| &property.target_property == name) {
                self.finding(
                    Code::KeyNotMapped,
                    &place,
                    format!("the key property `{name}` is not among its properties"),
                );
                return;
            }
        }
        self.add_properties(&mut targets.nodes[table].properties, source, keyed.chain(others), label, &place);
        targets.nodes[table].inline &= self.sources[source].spec.kind == "inline";
        self.schema(targets, &node.schema, &node.properties, &SchemaOn::Label(label.clone()), &place);
    }

    /// Adds the properties that a target wants chosen as one value.
    pub(super) fn groups(&mut self, targets: &mut Targets, node: &NodeSpec) {
        let place = format!("targets.nodes.{}", node.name);
        let Some(table) = targets.nodes.iter_mut().find(|table| table.labels == node.labels) else { return };
        if self.lacks_table(&node.source) {
            return;
        }
        for group in &node.together {
            let at = |name: &String| table.properties.iter().position(|property| &property.name == name);
            let places: Option<Vec<usize>> = group.iter().map(|name| at(name).filter(|at| *at >= table.key)).collect();
            let Some(properties) = places else {
                return self.finding(
                    Code::UnknownProperty,
                    &place,
                    "`together` names what is no property beside the key",
                );
            };
            if table.choices.iter().any(|choice| choice.properties == properties) {
                continue;
            }
            if table.choices.iter().any(|choice| choice.properties.iter().any(|at| properties.contains(at))) {
                return self.finding(Code::UnknownProperty, &place, "`together` names a property of another group");
            }
            table.choices.push(Choice { properties, by_votes: false });
        }
    }

    /// Adds the row that a record of its source becomes.
    pub(super) fn node_emit(&mut self, targets: &mut Targets, node: &NodeSpec) {
        let place = format!("targets.nodes.{}", node.name);
        let Some(source) = self.sources.iter().position(|source| source.spec.name == node.source) else { return };
        let Some(table) = targets.nodes.iter().position(|table| table.labels == node.labels) else { return };
        let plan = &targets.nodes[table];
        let names: Vec<String> = plan.properties.iter().map(|property| property.name.clone()).collect();
        let key_length = plan.key;
        let Some(properties) = self.values(source, &names, &node.properties, &place) else { return };
        // Fewer than the key has, where the type of one is not known: that has been said.
        let Some(of_key) = properties.get(..key_length).filter(|_| !self.lacks_table(&node.source)) else { return };
        let Some(key) = of_key.iter().copied().collect::<Option<Vec<Ref>>>() else {
            // The key is that of the first target with these labels, and this one may name another.
            let lacking = names.iter().zip(&properties).find_map(|(name, field)| field.is_none().then_some(name));
            let name = lacking.expect("a property of the key is not there");
            return self.finding(
                Code::KeyNotMapped,
                &place,
                format!("the key property `{name}` is not among its properties"),
            );
        };
        targets.made.push(MadeNode { table, source, key: key.clone(), filter: node.filter.clone() });
        let too_long = self.counter(format!("{} {}", node.source, node.name), "indexed text too long for an index");
        let no_key = self.counter(format!("{} {}", node.source, node.name), "no key: nothing is made of it");
        let expect_key = match &node.expect_key {
            Some(condition) => match self.test(source, condition, &format!("{place}.expect_key")) {
                Some(test) => ExpectKey::If(test),
                None => return,
            },
            None if self.sources[source].parent.is_some() => ExpectKey::Always,
            None => ExpectKey::Never,
        };
        let column = self.column_of(source, key[0]);
        let makes = Makes::Node { table, key, properties, too_long, no_key, expect_key };
        self.emit(targets, source, &node.name, node.filter.as_ref(), makes, column, &place);
    }
}

/// Adds the properties that are chosen alone, and lets votes decide where the target says so.
pub(super) fn single_choices(targets: &mut Targets, node: &NodeSpec) {
    let Some(table) = targets.nodes.iter_mut().find(|table| table.labels == node.labels) else { return };
    for at in table.key..table.properties.len() {
        if !table.choices.iter().any(|choice| choice.properties.contains(&at)) {
            table.choices.push(Choice { properties: vec![at], by_votes: false });
        }
    }
    if node.on_conflict == OnConflict::MostFrequent {
        table.choices.iter_mut().for_each(|choice| choice.by_votes = true);
    }
}
