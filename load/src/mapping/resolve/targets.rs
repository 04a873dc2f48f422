//! Targets: those of one label and key, or of one type and ends, become one table; each keeps what it makes of a record.

use indexmap::{IndexMap, IndexSet};

use super::conditions::word;
use super::{Resolver, nearest};
use crate::graph_table::manifest::{EndPoint, Property, PropertyType, SchemaItem, SchemaKind, SchemaOn};
use crate::mapping::field::{FieldSpec, FieldType};
use crate::mapping::resolved::{Choice, Emit, EndCheck, ExpectKey, Makes, NodePlan, Origin, Ref, RelationshipPlan};
use crate::mapping::spec::{
    NodeMatchMode, NodeReference, NodeSpec, OnConflict, PropertySpec, RelationshipSpec, SchemaSpec,
};

/// All tables, and what makes their rows.
#[derive(Default)]
pub(super) struct Targets {
    pub nodes: Vec<NodePlan>,
    pub relationships: Vec<RelationshipPlan>,
    pub schema: Vec<SchemaItem>,
    /// By source.
    pub emits: Vec<(usize, Emit)>,
    /// Node targets by name: table, source, key and filter, to tell whether an end surely exists.
    made: Vec<MadeNode>,
}

struct MadeNode {
    table: usize,
    source: usize,
    key: Vec<Ref>,
    filter: Option<crate::mapping::field::Condition>,
}

impl Resolver<'_> {
    /// Resolves all active targets.
    pub(super) fn targets(&mut self) -> Targets {
        let spec = &self.mapping.spec;
        self.check_target_names();
        for (what, some) in
            [("targets.queries", !spec.targets.queries.is_empty()), ("actions", !spec.actions.is_empty())]
        {
            if some {
                self.finding(what, "this version runs no Cypher of a mapping; remove it");
            }
        }
        let mut targets = Targets::default();
        let merged = self.merged_ends();
        let nodes: Vec<&NodeSpec> = spec.targets.nodes.iter().filter(|node| node.active).chain(&merged).collect();
        if nodes.is_empty() {
            self.finding("targets.nodes", "there is no active node target");
        }
        for node in &nodes {
            self.node_table(&mut targets, node, &nodes);
        }
        // What a table has, and which of it belongs together, is known once all its targets are.
        for node in &nodes {
            self.groups(&mut targets, node);
        }
        for node in &nodes {
            single_choices(&mut targets, node);
            self.node_emit(&mut targets, node);
        }
        for relationship in spec.targets.relationships.iter().filter(|relationship| relationship.active) {
            self.relationship(&mut targets, relationship);
        }
        self.settle(&mut targets);
        targets
    }

    fn check_target_names(&mut self) {
        let targets = &self.mapping.spec.targets;
        let nodes = targets.nodes.iter().map(|node| (&node.name, &node.depends_on));
        let relationships = targets.relationships.iter().map(|target| (&target.name, &target.depends_on));
        let all: Vec<_> = nodes.chain(relationships).collect();
        let names: IndexSet<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
        for (place, (name, depends_on)) in all.iter().enumerate() {
            if all[..place].iter().any(|(other, _)| other == name) {
                self.finding(&format!("targets.{name}"), "two targets have this name");
            }
            for other in *depends_on {
                if !names.contains(other.as_str()) {
                    let nearest = nearest(other, names.iter().copied());
                    self.finding(
                        &format!("targets.{name}.depends_on"),
                        format!("there is no target `{other}`{nearest}"),
                    );
                }
            }
        }
    }

    /// `node_match_mode: merge` means node targets of which only the key is known.
    fn merged_ends(&self) -> Vec<NodeSpec> {
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
                    expect_key: None,
                    properties,
                    schema: SchemaSpec::default(),
                });
            }
        }
        merged
    }

    /// Adds a node target's properties and schema to the table of its labels.
    fn node_table(&mut self, targets: &mut Targets, node: &NodeSpec, all: &[&NodeSpec]) {
        let place = format!("targets.nodes.{}", node.name);
        let Some(source) = self.source(&node.source, &place) else { return };
        let key = key_names(node, all);
        if key.is_empty() {
            let hint = "give it a `schema` with `unique_constraints` (or `key_constraints`) on its key";
            self.finding(&place, format!("nothing says which properties are the key: {hint}"));
            return;
        }
        let Some(label) = node.labels.first() else {
            self.finding(&place, "there is no label");
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
        let properties: Vec<&PropertySpec> = keyed.chain(others).collect();
        for name in &key {
            if !node.properties.iter().any(|property| &property.target_property == name) {
                self.finding(&place, format!("the key property `{name}` is not among its properties"));
                return;
            }
        }
        for property in properties {
            let Some((_, kind)) = self.property(source, property, &place) else { continue };
            let plan = &mut targets.nodes[table];
            match plan.properties.iter().find(|known| known.name == property.target_property) {
                None => plan.properties.push(Property { name: property.target_property.clone(), kind }),
                Some(known) if known.kind != kind => {
                    let (one, other) = (word(known.kind), word(kind));
                    let name = &property.target_property;
                    self.finding(
                        &place,
                        format!("property `{name}` of `{label}` is a {one} in one target and a {other} here"),
                    );
                }
                Some(_) => {}
            }
        }
        targets.nodes[table].inline &= self.sources[source].spec.kind == "inline";
        self.schema(targets, &node.schema, &SchemaOn::Label(label.clone()), &place);
    }

    /// Adds the properties that a target wants chosen as one value.
    fn groups(&mut self, targets: &mut Targets, node: &NodeSpec) {
        let place = format!("targets.nodes.{}", node.name);
        let Some(table) = targets.nodes.iter_mut().find(|table| table.labels == node.labels) else { return };
        for group in &node.together {
            let at = |name: &String| table.properties.iter().position(|property| &property.name == name);
            let places: Option<Vec<usize>> = group.iter().map(|name| at(name).filter(|at| *at >= table.key)).collect();
            let Some(properties) = places else {
                return self.finding(&place, "`together` names what is no property beside the key");
            };
            if table.choices.iter().any(|choice| choice.properties == properties) {
                continue;
            }
            if table.choices.iter().any(|choice| choice.properties.iter().any(|at| properties.contains(at))) {
                return self.finding(&place, "`together` names a property of another group");
            }
            table.choices.push(Choice { properties, by_votes: false });
        }
    }

    fn node_emit(&mut self, targets: &mut Targets, node: &NodeSpec) {
        let place = format!("targets.nodes.{}", node.name);
        let Some(source) = self.sources.iter().position(|source| source.spec.name == node.source) else { return };
        let Some(table) = targets.nodes.iter().position(|table| table.labels == node.labels) else { return };
        let plan = &targets.nodes[table];
        let names: Vec<String> = plan.properties.iter().map(|property| property.name.clone()).collect();
        let key_length = plan.key;
        let Some(properties) = self.values(source, &names, &node.properties, &place) else { return };
        let Some(key) = properties[..key_length].iter().copied().collect::<Option<Vec<Ref>>>() else { return };
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

    fn relationship(&mut self, targets: &mut Targets, spec: &RelationshipSpec) {
        let place = format!("targets.relationships.{}", spec.name);
        let Some(source) = self.source(&spec.source, &place) else { return };
        let start = self.end(targets, source, &spec.start_node_reference, &place);
        let end = self.end(targets, source, &spec.end_node_reference, &place);
        let (Some((start_table, start)), Some((end_table, end))) = (start, end) else { return };
        let table = match targets.relationships.iter().position(|table| {
            table.rel_type == spec.rel_type && table.start_table == start_table && table.end_table == end_table
        }) {
            Some(table) => table,
            None => {
                let end_point = |at: usize| {
                    let plan: &NodePlan = &targets.nodes[at];
                    EndPoint { label: plan.labels[0].clone(), key: plan.properties[..plan.key].to_vec() }
                };
                targets.relationships.push(RelationshipPlan {
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
        };
        for property in &spec.properties {
            let Some((_, kind)) = self.property(source, property, &place) else { continue };
            let plan = &mut targets.relationships[table];
            match plan.properties.iter().find(|known| known.name == property.target_property) {
                None => plan.properties.push(Property { name: property.target_property.clone(), kind }),
                Some(known) if known.kind != kind => {
                    let (one, other) = (word(known.kind), word(kind));
                    let name = &property.target_property;
                    self.finding(
                        &place,
                        format!("property `{name}` of `{}` is a {one} in one target and a {other} here", spec.rel_type),
                    );
                }
                Some(_) => {}
            }
        }
        let identity: Option<Vec<usize>> = spec
            .identity
            .iter()
            .map(|name| targets.relationships[table].properties.iter().position(|property| &property.name == name))
            .collect();
        match identity {
            None => self.finding(&place, "`identity` names a property that the target does not have"),
            Some(identity) => {
                let plan = &mut targets.relationships[table];
                let first = !targets
                    .emits
                    .iter()
                    .any(|(_, emit)| matches!(emit.makes, Makes::Relationship { table: other, .. } if other == table));
                if first {
                    plan.identity = identity;
                } else if plan.identity != identity {
                    self.finding(&place, format!("targets of type `{}` differ in `identity`", spec.rel_type));
                }
            }
        }
        let plan = &targets.relationships[table];
        let checks =
            [(start_table, &start), (end_table, &end)].map(|(at, key)| self.check(targets, source, at, key, spec));
        let owned = self.is_owned(targets, source, start_table, &start);
        let names: Vec<String> = plan.properties.iter().map(|property| property.name.clone()).collect();
        let plan = &mut targets.relationships[table];
        plan.start_check = weakest(plan.start_check, checks[0]);
        plan.end_check = weakest(plan.end_check, checks[1]);
        plan.streams &= owned;
        if targets.relationships[table].on_upsert != spec.on_upsert {
            self.finding(&place, format!("targets of type `{}` differ in `on_upsert`", spec.rel_type));
        }
        self.schema(targets, &spec.schema, &SchemaOn::Type(spec.rel_type.clone()), &place);
        let Some(properties) = self.values(source, &names, &spec.properties, &place) else { return };
        let no_end = self.counter(format!("{} {}", spec.source, spec.name), "an end node does not exist");
        let repeated =
            self.counter(format!("{} {}", spec.source, spec.name), "repeats the identity of another relationship");
        let column = self.column_of(source, end[0]);
        let makes = Makes::Relationship { table, start, end, properties, no_end, repeated };
        self.emit(targets, source, &spec.name, spec.filter.as_ref(), makes, column, &place);
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
            self.finding(place, format!("there is no node target `{}`{nearest}", reference.name()));
            return None;
        };
        let Some(table) = targets.nodes.iter().position(|table| table.labels == node.labels) else {
            if !node.active {
                self.finding(place, format!("node target `{}` is not active", node.name));
            }
            return None;
        };
        let mut key = Vec::new();
        for field in key_fields(reference, node, &key_names(node, &nodes)) {
            match field {
                Ok((_, field)) => key.push(self.field(source, &field, place)?),
                Err(message) => {
                    self.finding(place, message);
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

    /// What is known only once all targets are: which tables stream, and which properties are indexed.
    fn settle(&mut self, targets: &mut Targets) {
        for (at, plan) in targets.nodes.iter_mut().enumerate() {
            let makers: Vec<&(usize, Emit)> = targets
                .emits
                .iter()
                .filter(|(_, emit)| matches!(&emit.makes, Makes::Node { table, .. } if *table == at))
                .collect();
            plan.streams = match makers.as_slice() {
                [(source, emit)] if emit.child.is_none() => {
                    let group_by = self.sources[*source].group_by;
                    matches!(&emit.makes, Makes::Node { key, .. } if group_by.is_some_and(|slot| *key == [Ref::Own(slot)]))
                }
                _ => false,
            };
            plan.indexed = plan
                .properties
                .iter()
                .enumerate()
                .map(|(place, property)| {
                    let in_index = |item: &SchemaItem| {
                        let on_label = matches!(&item.on, SchemaOn::Label(label) if plan.labels.contains(label));
                        let kind = item.kind != SchemaKind::ExistenceConstraint && item.kind != SchemaKind::TextIndex;
                        on_label && kind && item.properties.contains(&property.name)
                    };
                    place < plan.key || targets.schema.iter().any(in_index)
                })
                .collect();
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one emit, known one by one")]
    fn emit(
        &mut self,
        targets: &mut Targets,
        source: usize,
        target: &str,
        filter: Option<&crate::mapping::field::Condition>,
        makes: Makes,
        column: String,
        place: &str,
    ) {
        self.need(source);
        let filter = match filter {
            None => None,
            Some(condition) => match self.test(source, condition, &format!("{place}.where")) {
                None => return,
                found => found,
            },
        };
        let child = self.sources[source].parent.map(|_| self.child_place(source));
        targets.emits.push((source, Emit { child, filter, makes, target: target.to_owned(), column }));
    }

    /// For each property of a table, where this target has its value.
    fn values(
        &mut self,
        source: usize,
        names: &[String],
        specs: &[PropertySpec],
        place: &str,
    ) -> Option<Vec<Option<Ref>>> {
        names
            .iter()
            .map(|name| match specs.iter().find(|property| &property.target_property == name) {
                None => Some(None),
                Some(property) => self.property(source, property, place).map(|(field, _)| Some(field)),
            })
            .collect()
    }

    /// Place and type of a property's value; a type that differs from the field's makes a field of its own.
    fn property(&mut self, source: usize, spec: &PropertySpec, place: &str) -> Option<(Ref, PropertyType)> {
        let field = self.field(source, &spec.source_field, place)?;
        let kind = self.kind_of(source, field);
        let Some(wanted) = spec.target_property_type.map(|wanted| wanted.0).filter(|wanted| *wanted != kind) else {
            return Some((field, kind));
        };
        let to = match wanted {
            PropertyType::String => FieldType::Text,
            PropertyType::Boolean => FieldType::Boolean,
            PropertyType::Integer => FieldType::Integer,
            PropertyType::Float => FieldType::Float,
            PropertyType::Date => FieldType::Date,
            PropertyType::LocalDatetime | PropertyType::ZonedDatetime => {
                self.finding(place, format!("a {} cannot be read as a {}", word(kind), word(wanted)));
                return None;
            }
        };
        let name = format!("{} as {}", spec.source_field, word(wanted));
        if let Some(known) = self.sources[source].slots.get(&name) {
            return match known {
                super::Slot::Done(slot) => Some((Ref::Own(*slot), wanted)),
                _ => None,
            };
        }
        // A decimal or a number of a column is read anew, so that no digit is lost on the way.
        let reread = match field {
            Ref::Own(slot) => slot.checked_sub(self.sources[source].own.len()).and_then(|at| {
                let field = &self.sources[source].fields[at];
                matches!(field.origin, Origin::Column { .. } if field.steps.is_empty())
                    .then(|| self.column_of(source, Ref::Own(slot)))
            }),
            _ => None,
        };
        let spec = match reread {
            Some(column) => FieldSpec { column: Some(column), kind: Some(to), ..FieldSpec::default() },
            None => FieldSpec { field: Some(spec.source_field.clone()), kind: Some(to), ..FieldSpec::default() },
        };
        self.add_field(source, &name, &spec).map(|field| (field, wanted))
    }

    /// A name that no other table has, safe in a file name and in a ledger id.
    fn table_name(&self, targets: &Targets, name: &str) -> String {
        let safe: String =
            name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' || c == '-' { c } else { '_' }).collect();
        let nodes = targets.nodes.iter().map(|table| table.table.to_lowercase());
        let taken: Vec<String> =
            nodes.chain(targets.relationships.iter().map(|table| table.table.to_lowercase())).collect();
        let numbered = (2..).map(|number| format!("{safe}_{number}"));
        std::iter::once(safe.clone())
            .chain(numbered)
            .find(|name| !taken.contains(&name.to_lowercase()))
            .expect("numbers do not end")
    }

    fn schema(&mut self, targets: &mut Targets, spec: &SchemaSpec, on: &SchemaOn, place: &str) {
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
                        self.finding(place, format!("two constraints or indexes have the name `{}`", item.name));
                    }
                    Some(_) => {}
                }
            }
        }
    }
}

/// Adds the properties that are chosen alone, and lets votes decide where the target says so.
fn single_choices(targets: &mut Targets, node: &NodeSpec) {
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

/// Names of the key properties of a node target: those of its key constraint, else of its first uniqueness constraint,
/// else those of another target with the same labels.
fn key_names(node: &NodeSpec, all: &[&NodeSpec]) -> Vec<String> {
    let own = |node: &NodeSpec| {
        let constraint = node.schema.key_constraints.first().or(node.schema.unique_constraints.first());
        constraint.map(|constraint| constraint.properties.clone())
    };
    let same_labels = |other: &&&NodeSpec| other.labels == node.labels;
    own(node).or_else(|| all.iter().filter(same_labels).find_map(|other| own(other))).unwrap_or_default()
}

/// For each key property of the node, the field of the relationship's source; or what is wrong with it.
fn key_fields(reference: &NodeReference, node: &NodeSpec, key: &[String]) -> Vec<Result<(String, String), String>> {
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

fn weakest(one: EndCheck, other: EndCheck) -> EndCheck {
    match (one, other) {
        (EndCheck::AfterScan, _) | (_, EndCheck::AfterScan) => EndCheck::AfterScan,
        (EndCheck::Inline, _) | (_, EndCheck::Inline) => EndCheck::Inline,
        _ => EndCheck::Proven,
    }
}
