//! Cypher about the elements of the graph: writing, looking up, reading back, clearing.
//!
//! In: the descriptions of graph tables. Out: statements that are the same for every batch of a table.
//!
//! **The fence.** A data statement first matches the open run with its own epoch, then creates its ledger nodes, and only
//! then matches the run again. The ledger's constraint makes a second attempt at a unit wait for the first; because the
//! run is read again *after* that lock is held, a statement of an owner who was replaced meanwhile writes nothing, even
//! when it was held up so long that the ledger was removed already.

use std::fmt::{self, Write as _};

use super::quote;
use crate::graph_table::manifest::{EndPoint, NodeTable, RelationshipTable};

macro_rules! mark {
    () => {
        "CALL tx.setMetaData({rowgraphRun: $run, rowgraphEpoch: $epoch, rowgraphWriter: $writer}) WITH 1 AS marked "
    };
}

/// Marks a transaction, so that it can be found and ended when its client is gone. The procedure looks through all transactions of
/// the server for the one that it is called in, and fails with `Transaction.Terminated` where it meets one that somebody ended
/// and whose client has not noticed (seen on 5.26.30: in four calls of five, until that client is gone). What is begun after that
/// goes without the mark (docs/adr/0015).
pub const MARK: &str = mark!();

/// Marks a transaction, where it can be marked, and does nothing else in it.
pub const MARK_ONLY: &str = concat!(mark!(), "RETURN 1 AS row");

/// What every data statement starts with (see the fence, above).
const FENCE_AND_LEDGER: &str = concat!(
    mark!(),
    "MATCH (o:_RowgraphRun {slot: 'open'}) \
     WHERE o.id = $run AND o.epoch = $epoch AND o.state = 'writing' \
     UNWIND $lists.units AS unit \
     CREATE (:_RowgraphBatch {id: unit[0], rows: unit[1], refused: unit[2], reasons: unit[3]}) \
     WITH count(*) AS units \
     MATCH (f:_RowgraphRun {slot: 'open'}) WHERE f.id = $run AND f.epoch = $epoch AND f.state = 'writing' "
);

/// The ledger nodes alone, with the answer whether the fence still stands.
pub fn create_ledger() -> String {
    format!("{FENCE_AND_LEDGER}RETURN units AS row")
}

/// Creates the nodes of a batch.
pub fn create_nodes(table: &NodeTable) -> String {
    let properties = property_map(table.properties.iter().map(|property| property.name.as_str()), 0);
    format!("{FENCE_AND_LEDGER}UNWIND $lists.rows AS r CREATE (n{} {properties})", labels(&table.labels))
}

/// Creates the relationships of a batch; a row whose end does not exist creates nothing.
pub fn create_relationships(table: &RelationshipTable) -> String {
    format!("{FENCE_AND_LEDGER}{}", create_grouped(table))
}

/// Creates the nodes of a batch with all relationships of these tables that start at them. `$lists.ends` holds, for each table, the
/// keys at which its relationships of this batch end, each once; a row is a node's properties and then, for each table, the
/// list of its relationships: the place of the end among the keys, that place plus one, and the properties. Where one of the
/// ends is not there, or not where its key is, no relationship of that table is created.
pub fn create_star(nodes: &NodeTable, relationships: &[RelationshipTable]) -> String {
    let mut text = format!("{FENCE_AND_LEDGER}WITH ");
    for (place, table) in relationships.iter().enumerate() {
        let comma = if place == 0 { "" } else { ", " };
        let key = key_map(&table.end, "k", 0);
        let label = quote(&table.end.label);
        let _ = write!(
            text,
            "{comma}COLLECT {{ UNWIND $lists.ends[{place}] AS k MATCH (b:{label} {key}) RETURN b }} AS b{place}"
        );
    }
    text.push_str(" WITH ");
    for (place, table) in relationships.iter().enumerate() {
        let comma = if place == 0 { "" } else { ", " };
        let same: Vec<String> = table
            .end
            .key
            .iter()
            .enumerate()
            .map(|(part, property)| format!("b{place}[i].{} = $lists.ends[{place}][i][{part}]", quote(&property.name)))
            .collect();
        let _ = write!(
            text,
            "{comma}CASE WHEN size(b{place}) = size($lists.ends[{place}]) AND all(i IN range(0, size(b{place}) - 1) WHERE {}) \
             THEN b{place} ELSE [] END AS b{place}",
            same.join(" AND "),
        );
    }
    let properties = property_map(nodes.properties.iter().map(|property| property.name.as_str()), 0);
    let _ = write!(text, " UNWIND $lists.rows AS r CREATE (n{} {properties})", labels(&nodes.labels));
    for (place, table) in relationships.iter().enumerate() {
        let names = table.properties.iter().enumerate();
        let properties: Vec<String> =
            names.map(|(index, property)| format!("{}: x[{}]", quote(&property.name), index + 2)).collect();
        let _ = write!(
            text,
            " FOREACH (x IN r[{}] | FOREACH (b IN b{place}[x[0]..x[1]] | CREATE (n)-[:{} {{{}}}]->(b)))",
            nodes.properties.len() + place,
            quote(&table.rel_type),
            properties.join(", "),
        );
    }
    text
}

/// Creates or updates the nodes of a batch, inside a transaction that [`create_ledger`] has fenced; answers how many.
pub fn merge_nodes(table: &NodeTable) -> String {
    let (first, others) = table.labels.split_first().map_or(("", &[][..]), |(first, others)| (first.as_str(), others));
    let mut sets = Vec::new();
    if !others.is_empty() {
        sets.push(format!("n{}", labels(others)));
    }
    for (index, property) in table.properties.iter().enumerate().skip(table.key.len()) {
        sets.push(format!("n.{} = r[{index}]", quote(&property.name)));
    }
    let set = if sets.is_empty() { String::new() } else { format!("SET {} ", sets.join(", ")) };
    let key = property_map(table.key.iter().map(String::as_str), 0);
    format!("UNWIND $lists.rows AS r MERGE (n:{} {key}) {set}RETURN count(n) AS row", quote(first))
}

/// Creates relationships, inside a transaction that [`create_ledger`] has fenced.
pub fn add_relationships(table: &RelationshipTable) -> String {
    create_grouped(table)
}

/// The relationships of a table that start at one of `$lists.starts`, with their ids: `[id, start key, end key, properties]`.
pub fn relationships_of_starts(table: &RelationshipTable) -> String {
    format!(
        "UNWIND $lists.starts AS s MATCH (a:{} {})-[x:{}]->(b:{}) RETURN [elementId(x)] + {} AS row",
        quote(&table.start.label),
        key_map(&table.start, "s", 0),
        quote(&table.rel_type),
        quote(&table.end.label),
        relationship_fields(table),
    )
}

/// Sets the properties of relationships by id: rows are `[id, property, ...]`.
pub fn update_relationships(table: &RelationshipTable) -> String {
    let sets: Vec<String> = table
        .properties
        .iter()
        .enumerate()
        .map(|(index, property)| format!("x.{} = r[{}]", quote(&property.name), index + 1))
        .collect();
    format!(
        "UNWIND $lists.changes AS r MATCH ()-[x]->() WHERE elementId(x) = r[0] SET {} RETURN count(x) AS row",
        sets.join(", ")
    )
}

/// Deletes all relationships of a table that start at one of `$lists.starts`: `[start nodes, deleted]`, the first 0 when the
/// run is not ours any more. The run's node stays locked meanwhile, so that nobody takes over in between.
pub fn delete_of_starts(table: &RelationshipTable) -> String {
    format!(
        "MATCH (o:_RowgraphRun {{slot: 'open'}}) SET o.locked = true \
         WITH o WHERE o.id = $run AND o.epoch = $epoch AND o.state = 'writing' \
         UNWIND $lists.starts AS s OPTIONAL MATCH (a:{} {})-[x:{}]->(b:{}) DELETE x RETURN [count(o), count(x)] AS row",
        quote(&table.start.label),
        key_map(&table.start, "s", 0),
        quote(&table.rel_type),
        quote(&table.end.label),
    )
}

/// Deletes relationships by id.
pub const DELETE_RELATIONSHIPS: &str =
    "UNWIND $lists.ids AS id MATCH ()-[x]->() WHERE elementId(x) = id DELETE x RETURN count(x) AS row";

/// Rows of a batch of which an end does not exist: `[place in $lists.rows, start is missing, end is missing]`.
pub fn missing_ends(table: &RelationshipTable) -> String {
    format!(
        "UNWIND range(0, size($lists.rows) - 1) AS i WITH i, $lists.rows[i] AS r \
         OPTIONAL MATCH (a:{} {}) OPTIONAL MATCH (b:{} {}) WITH i, a, b WHERE a IS NULL OR b IS NULL \
         RETURN [i, a IS NULL, b IS NULL] AS row",
        quote(&table.start.label),
        key_map(&table.start, "r", 0),
        quote(&table.end.label),
        key_map(&table.end, "r", table.start.key.len()),
    )
}

/// All nodes of a table, without those that have a label of another one: `[property, ..., number of properties]`.
pub fn read_nodes(table: &NodeTable, others: &[String]) -> String {
    let others: Vec<String> = others.iter().map(|label| format!("NOT n:{}", quote(label))).collect();
    let filter = if others.is_empty() { String::new() } else { format!("WHERE {} ", others.join(" AND ")) };
    format!("MATCH (n{}) {filter}RETURN {} AS row", labels(&table.labels), node_fields(table))
}

/// The nodes with the keys of `$lists.rows`, as [`read_nodes`].
pub fn look_up_nodes(table: &NodeTable) -> String {
    let key = property_map(table.key.iter().map(String::as_str), 0);
    let first = table.labels.first().map_or("", String::as_str);
    let others = labels(table.labels.get(1..).unwrap_or_default());
    let filter = if others.is_empty() { String::new() } else { format!("WHERE n{others} ") };
    format!("UNWIND $lists.rows AS r MATCH (n:{} {key}) {filter}RETURN {} AS row", quote(first), node_fields(table))
}

/// All relationships of a table: `[start key, end key, property, ..., number of properties]`.
pub fn read_relationships(table: &RelationshipTable) -> String {
    format!(
        "MATCH (a:{})-[x:{}]->(b:{}) RETURN {} AS row",
        quote(&table.start.label),
        quote(&table.rel_type),
        quote(&table.end.label),
        relationship_fields(table),
    )
}

/// What is counted from the count store.
#[derive(Debug, Clone, Copy)]
pub enum Counted<'n> {
    /// Nodes with this label.
    Label(&'n str),
    /// Relationships of this type.
    Type(&'n str),
}

impl fmt::Display for Counted<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Label(label) => write!(out, "nodes with label {label}"),
            Self::Type(rel_type) => write!(out, "relationships of type {rel_type}"),
        }
    }
}

/// The number of each of these: `[its place, number]`, all in one exchange.
pub fn count_each(all: &[Counted<'_>]) -> String {
    let one = |(place, counted): (usize, &Counted<'_>)| {
        let pattern = match counted {
            Counted::Label(label) => format!("(x:{})", quote(label)),
            Counted::Type(rel_type) => format!("()-[x:{}]->()", quote(rel_type)),
        };
        format!("MATCH {pattern} WITH count(x) AS found RETURN [{place}, found] AS row")
    };
    all.iter().enumerate().map(one).collect::<Vec<_>>().join(" UNION ALL ")
}

/// Number of relationships of a table's type from its start label to its end label.
pub fn count_relationships(table: &RelationshipTable) -> String {
    format!(
        "MATCH (:{})-[x:{}]->(:{}) RETURN count(x) AS row",
        quote(&table.start.label),
        quote(&table.rel_type),
        quote(&table.end.label)
    )
}

/// Deletes some relationships of a type between nodes of a run that is being cleared.
pub fn clear_relationships(rel_type: &str, run_labels: &[String]) -> String {
    let of =
        |node: &str| run_labels.iter().map(|label| format!("{node}:{}", quote(label))).collect::<Vec<_>>().join(" OR ");
    format!(
        "MATCH (o:_RowgraphRun {{slot: 'open'}}) WHERE o.id = $run AND o.epoch = $epoch AND o.state = 'clearing' \
         MATCH (a)-[x:{}]->(b) WHERE ({}) AND ({}) WITH x LIMIT $limit DELETE x RETURN count(*) AS row",
        quote(rel_type),
        of("a"),
        of("b"),
    )
}

/// Deletes some nodes of a run that is being cleared; one that still has relationships stays.
pub fn clear_nodes(label: &str) -> String {
    format!(
        "MATCH (o:_RowgraphRun {{slot: 'open'}}) WHERE o.id = $run AND o.epoch = $epoch AND o.state = 'clearing' \
         MATCH (n:{}) WHERE NOT EXISTS {{ (n)--() }} WITH n LIMIT $limit DELETE n RETURN count(*) AS row",
        quote(label),
    )
}

fn labels(labels: &[String]) -> String {
    labels.iter().fold(String::new(), |mut text, label| {
        let _ = write!(text, ":{}", quote(label));
        text
    })
}

/// `{a: r[0], b: r[1]}`; a null leaves the property out.
fn property_map<'a>(names: impl Iterator<Item = &'a str>, first: usize) -> String {
    let entries: Vec<String> =
        names.enumerate().map(|(index, name)| format!("{}: r[{}]", quote(name), first + index)).collect();
    format!("{{{}}}", entries.join(", "))
}

fn key_map(end: &EndPoint, row: &str, first: usize) -> String {
    let entries: Vec<String> = end
        .key
        .iter()
        .enumerate()
        .map(|(index, property)| format!("{}: {row}[{}]", quote(&property.name), first + index))
        .collect();
    format!("{{{}}}", entries.join(", "))
}

/// Creates relationships from rows grouped by end node, so that each end is looked up and locked once a batch: that saves
/// the server an eighth of its work (5.26, 3,000 ends in batches of 10,000).
fn create_grouped(table: &RelationshipTable) -> String {
    let properties =
        property_map(table.properties.iter().map(|property| property.name.as_str()), table.start.key.len());
    format!(
        "UNWIND $lists.rows AS g MATCH (b:{} {}) UNWIND g[{}] AS r MATCH (a:{} {}) CREATE (a)-[:{} {properties}]->(b)",
        quote(&table.end.label),
        key_map(&table.end, "g", 0),
        table.end.key.len(),
        quote(&table.start.label),
        key_map(&table.start, "r", 0),
        quote(&table.rel_type),
    )
}

fn node_fields(table: &NodeTable) -> String {
    let mut fields: Vec<String> =
        table.properties.iter().map(|property| format!("n.{}", quote(&property.name))).collect();
    fields.push("size(keys(n))".to_owned());
    format!("[{}]", fields.join(", "))
}

fn relationship_fields(table: &RelationshipTable) -> String {
    let mut fields: Vec<String> = Vec::new();
    fields.extend(table.start.key.iter().map(|property| format!("a.{}", quote(&property.name))));
    fields.extend(table.end.key.iter().map(|property| format!("b.{}", quote(&property.name))));
    fields.extend(table.properties.iter().map(|property| format!("x.{}", quote(&property.name))));
    fields.push("size(keys(x))".to_owned());
    format!("[{}]", fields.join(", "))
}
