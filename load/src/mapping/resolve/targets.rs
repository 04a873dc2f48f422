//! Targets: those of one label and key, or of one type and ends, become one table; each keeps what it makes of a record. A
//! query has a table of its own.
//!
//! In: the active targets of the mapping. Out: [`Targets`], the tables with their constraints and what makes their rows; or
//! findings. Node tables take their properties from all their targets before any row of theirs is resolved; relationship
//! tables may still grow, and an earlier row has no value there. Nodes come first: an end must never be looked up too early.

mod key;
mod node;
mod order;
mod property;
mod query;
mod relationship;
mod schema;

use super::Resolver;
use crate::graph_table::manifest::SchemaItem;
use crate::mapping::field::Condition;
use crate::mapping::resolved::{Emit, Makes, NodePlan, QueryPlan, Ref, RelationshipPlan};
use crate::mapping::spec::NodeSpec;
use crate::specification::Code;

/// All tables, and what makes their rows.
#[derive(Default)]
pub(super) struct Targets {
    pub nodes: Vec<NodePlan>,
    pub relationships: Vec<RelationshipPlan>,
    pub queries: Vec<QueryPlan>,
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
    filter: Option<Condition>,
}

impl Resolver<'_> {
    /// Resolves all active targets.
    pub(super) fn targets(&mut self) -> Targets {
        let spec = &self.mapping.spec;
        let mut targets = Targets::default();
        let merged = self.merged_ends();
        let own = order::in_order(spec.targets.nodes.iter().filter(|node| node.active));
        let relationships = order::in_order(spec.targets.relationships.iter().filter(|target| target.active));
        let queries = order::in_order(spec.targets.queries.iter().filter(|target| target.active));
        let nodes: Vec<&NodeSpec> = own.iter().copied().chain(&merged).collect();
        if nodes.is_empty() && queries.is_empty() {
            self.finding(Code::NothingActive, "targets", "there is no active node target, and no query");
        }
        for node in &nodes {
            self.node_table(&mut targets, node, &nodes);
        }
        // What a table has, and which of it belongs together, is known once all its targets are.
        for node in &nodes {
            self.groups(&mut targets, node);
        }
        for node in &nodes {
            node::single_choices(&mut targets, node);
            self.node_emit(&mut targets, node);
        }
        for relationship in &relationships {
            self.relationship(&mut targets, relationship);
        }
        for query in &queries {
            self.query(&mut targets, query);
        }
        self.check_order(&targets, &own);
        self.check_order(&targets, &relationships);
        self.check_order(&targets, &queries);
        self.settle(&mut targets);
        targets
    }

    /// What is known only once all targets are: which tables stream, and which properties are indexed.
    fn settle(&self, targets: &mut Targets) {
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
            plan.indexed = schema::indexed(plan, &targets.schema);
        }
        for (at, plan) in targets.relationships.iter_mut().enumerate() {
            let mut makers = targets
                .emits
                .iter()
                .filter(|(_, emit)| matches!(&emit.makes, Makes::Relationship { table, .. } if *table == at))
                .map(|(source, _)| self.root(*source));
            // Two sources of rows may come to one start node in different places.
            let first = makers.next();
            plan.streams &= makers.all(|root| Some(root) == first);
        }
    }

    /// Keeps what a target makes, and makes sure that the records of its source are computed.
    #[expect(clippy::too_many_arguments, reason = "the parts of one emit, known one by one")]
    fn emit(
        &mut self,
        targets: &mut Targets,
        source: usize,
        target: &str,
        filter: Option<&Condition>,
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

    /// A name that no other table has, safe in a file name and in a ledger id.
    fn table_name(&self, targets: &Targets, name: &str) -> String {
        let safe: String =
            name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' || c == '-' { c } else { '_' }).collect();
        let nodes = targets.nodes.iter().map(|table| &table.table);
        let others = targets.relationships.iter().map(|table| &table.table);
        let queries = targets.queries.iter().map(|table| &table.table);
        let taken: Vec<String> = nodes.chain(others).chain(queries).map(|name| name.to_lowercase()).collect();
        let numbered = (2..).map(|number| format!("{safe}_{number}"));
        std::iter::once(safe.clone())
            .chain(numbered)
            .find(|name| !taken.contains(&name.to_lowercase()))
            .expect("numbers do not end")
    }
}
