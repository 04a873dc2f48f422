//! The graph model of a mapping or of graph tables: which nodes there are and what ties them together.
//!
//! In: a mapping, or the description of graph tables, which also knows how many. Out: labels with their keys and
//! relationship types with their ends, each once, to be drawn as a picture, as Mermaid or as lines of text. Nothing is
//! read from disk, and no value of a row is in it.

mod layout;
mod mermaid;
mod picture;

use std::fmt;

use crate::graph_table::manifest::GraphManifest;
use crate::mapping::Mapping;

pub use mermaid::mermaid;
pub use picture::picture;

/// A graph model.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Model {
    /// Kinds of nodes.
    pub nodes: Vec<NodeKind>,
    /// Kinds of relationships.
    pub relationships: Vec<RelationshipKind>,
}

/// Nodes with the same labels and key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeKind {
    /// Labels; the first one carries the key.
    pub labels: Vec<String>,
    /// Key properties.
    pub key: Vec<String>,
    /// Number of other properties.
    pub others: usize,
    /// How many there are, where that is known.
    pub count: Option<u64>,
}

/// Relationships of one type between two kinds of nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelationshipKind {
    /// Type.
    pub name: String,
    /// Place of the start among the nodes.
    pub start: usize,
    /// Place of the end among the nodes.
    pub end: usize,
    /// Number of properties.
    pub properties: usize,
    /// How many there are, where that is known.
    pub count: Option<u64>,
}

impl NodeKind {
    /// Its labels as people write them.
    pub fn name(&self) -> String {
        self.labels.join(":")
    }
}

impl Model {
    /// The model of graph tables, with numbers.
    pub fn of_tables(graph: &GraphManifest) -> Self {
        let mut model = Self::default();
        for table in &graph.nodes {
            let others = table.properties.len().saturating_sub(table.key.len());
            model.add_node(&table.labels, &table.key, others, Some(table.rows));
        }
        for table in &graph.relationships {
            let mut end = |point: &crate::graph_table::manifest::EndPoint| {
                let key: Vec<String> = point.key.iter().map(|property| property.name.clone()).collect();
                model.node_found_by(&point.label, &key)
            };
            let (start, end) = (end(&table.start), end(&table.end));
            model.add_relationship(&table.rel_type, start, end, table.properties.len(), Some(table.rows));
        }
        model
    }

    /// The model of a mapping's active targets, without numbers.
    pub fn of_mapping(mapping: &Mapping) -> Self {
        let mut model = Self::default();
        let targets = &mapping.spec.targets;
        let mut places = std::collections::BTreeMap::new();
        for target in targets.nodes.iter().filter(|target| target.active) {
            let constraint = target.schema.key_constraints.first().or(target.schema.unique_constraints.first());
            let key = constraint.map(|constraint| constraint.properties.clone()).unwrap_or_default();
            let others = target.properties.len().saturating_sub(key.len());
            let place = model.add_node(&target.labels, &key, others, None);
            places.insert(target.name.as_str(), place);
        }
        for target in targets.relationships.iter().filter(|target| target.active) {
            let mut end = |name: &str| {
                let of_inactive = targets.nodes.iter().find(|node| node.name == name);
                places.get(name).copied().or_else(|| Some(model.add_node(&of_inactive?.labels, &[], 0, None)))
            };
            let ends = (end(target.start_node_reference.name()), end(target.end_node_reference.name()));
            if let (Some(start), Some(end)) = ends {
                model.add_relationship(&target.rel_type, start, end, target.properties.len(), None);
            }
        }
        model
    }

    /// Adds a kind of nodes, or what is new of one that is there: several targets may make the same nodes.
    fn add_node(&mut self, labels: &[String], key: &[String], others: usize, count: Option<u64>) -> usize {
        if let Some(place) = self.nodes.iter().position(|node| node.labels == labels) {
            let node = &mut self.nodes[place];
            node.others = node.others.max(others);
            if node.key.is_empty() {
                node.key = key.to_vec();
            }
            if let (Some(there), Some(more)) = (&mut node.count, count) {
                *there += more;
            }
            return place;
        }
        self.nodes.push(NodeKind { labels: labels.to_vec(), key: key.to_vec(), others, count });
        self.nodes.len() - 1
    }

    /// The nodes that a label finds; nodes that no table of these makes are there before, and are drawn as well.
    fn node_found_by(&mut self, label: &str, key: &[String]) -> usize {
        let first = self.nodes.iter().position(|node| node.labels.first().is_some_and(|first| first == label));
        let any = || self.nodes.iter().position(|node| node.labels.iter().any(|other| other == label));
        first.or_else(any).unwrap_or_else(|| self.add_node(&[label.to_owned()], key, 0, None))
    }

    fn add_relationship(&mut self, name: &str, start: usize, end: usize, properties: usize, count: Option<u64>) {
        let same = |other: &&mut RelationshipKind| other.name == name && (other.start, other.end) == (start, end);
        if let Some(there) = self.relationships.iter_mut().find(same) {
            there.properties = there.properties.max(properties);
            there.count = there.count.zip(count).map(|(one, other)| one + other);
            return;
        }
        self.relationships.push(RelationshipKind { name: name.to_owned(), start, end, properties, count });
    }
}

/// One line a relationship, as Cypher writes patterns; nodes without any stand alone.
impl fmt::Display for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let node = |place: usize| {
            let node = &self.nodes[place];
            let key = if node.key.is_empty() { String::new() } else { format!(" {{{}}}", node.key.join(", ")) };
            format!("(:{}{key})", node.name())
        };
        let ends = |relationship: &RelationshipKind| node(relationship.start).chars().count();
        let width = self.relationships.iter().map(ends).max().unwrap_or(0);
        for relationship in &self.relationships {
            let start = node(relationship.start);
            writeln!(f, "{start:<width$} -[:{}]-> {}", relationship.name, node(relationship.end))?;
        }
        for place in 0..self.nodes.len() {
            if !self.relationships.iter().any(|other| other.start == place || other.end == place) {
                writeln!(f, "{}", node(place))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_mapping_has_the_graph_of_the_readme() {
        let model = Model::of_mapping(&Mapping::load(None).unwrap());
        let text = model.to_string();
        for line in ["(:Learner {hashedEmail}) -[:HAS_SKILL]-> (:Skill {id})", "-[:IN_COUNTRY]-> (:Country {code})"] {
            assert!(text.contains(line), "{text}");
        }
        assert_eq!((model.nodes.len(), model.relationships.len()), (8, 7), "{text}");
        assert!(!text.contains("STUDIED_AT"), "inactive targets are not loaded: {text}");
    }
}
