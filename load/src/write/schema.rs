//! Constraints and indexes: constraints before the first row, indexes by which nothing is looked up after the last one.
//!
//! In: what the mapping asks for, and what the database has. Out: what is missing, created and awaited; its names stand on
//! the run before anything is created, so that `load clear` removes ours and never another's.

use std::collections::BTreeSet;

use crate::graph_table::manifest::{EndPoint, GraphManifest, SchemaItem, SchemaKind, SchemaOn};
use crate::run::lease::Lease;
use crate::run::{Mode, RunError};
use crate::target::check::{Server, await_indexes, create_constraint};
use crate::target::cypher;
use crate::target::error::TargetError;
use crate::target::retry::repeat;
use crate::target::sink::{GraphSink, GraphTxn as _, Statement, update};
use crate::target::value::{Record, Value};

/// What the database has, as far as it matters here.
#[derive(Debug, Default)]
pub struct Present {
    constraints: Vec<Definition>,
    indexes: Vec<Definition>,
}

#[derive(Debug, PartialEq)]
struct Definition {
    name: String,
    kind: String,
    on: String,
    properties: Vec<String>,
}

impl Present {
    /// Reads constraints and indexes.
    ///
    /// # Errors
    /// When the target is lost or refuses.
    pub async fn read<S: GraphSink>(sink: &mut S) -> Result<Self, TargetError> {
        let mut read = async |text: &'static str| {
            let records = repeat(sink, async |sink| update(sink, Statement::new(text)).await).await;
            records.map_err(|failure| TargetError::during("tell its constraints and indexes", failure))
        };
        let constraints = read(cypher::CONSTRAINTS).await?.iter().map(definition).collect();
        let indexes = read(cypher::INDEXES).await?.iter().map(definition).collect();
        Ok(Self { constraints, indexes })
    }

    /// Whether a constraint or index of this kind is there, under whatever name.
    fn has(&self, item: &SchemaItem) -> bool {
        let kinds: &[&str] = match item.kind {
            SchemaKind::UniqueConstraint => &["UNIQUENESS", "NODE_KEY", "RELATIONSHIP_KEY"],
            SchemaKind::KeyConstraint => &["NODE_KEY", "RELATIONSHIP_KEY"],
            SchemaKind::ExistenceConstraint => &["EXISTENCE", "NODE_KEY", "RELATIONSHIP_KEY"],
            SchemaKind::RangeIndex => &["RANGE"],
            SchemaKind::TextIndex => &["TEXT"],
            SchemaKind::PointIndex => &["POINT"],
            SchemaKind::FulltextIndex => &["FULLTEXT"],
            SchemaKind::VectorIndex => &["VECTOR"],
            SchemaKind::TypeConstraint => &["PROPERTY_TYPE"],
        };
        let is_index = matches!(
            item.kind,
            SchemaKind::RangeIndex
                | SchemaKind::TextIndex
                | SchemaKind::PointIndex
                | SchemaKind::FulltextIndex
                | SchemaKind::VectorIndex
        );
        let definitions = if is_index { &self.indexes } else { &self.constraints };
        let on = item.on.names().concat();
        definitions.iter().any(|definition| {
            // FULLTEXT is no TEXT; the names of constraints' kinds differ from version to version in what stands before.
            let is_kind =
                |kind: &&str| if is_index { definition.kind == **kind } else { definition.kind.contains(*kind) };
            definition.on == on && definition.properties == item.properties && kinds.iter().any(is_kind)
        })
    }

    /// Names of constraints and of indexes that no constraint owns.
    pub fn names(&self) -> (BTreeSet<&str>, BTreeSet<&str>) {
        let constraints: BTreeSet<&str> = self.constraints.iter().map(|definition| definition.name.as_str()).collect();
        let indexes = self.indexes.iter().map(|definition| definition.name.as_str());
        (constraints.clone(), indexes.filter(|name| !constraints.contains(name)).collect())
    }
}

fn definition(record: &Record) -> Definition {
    let text = |index: usize| record.get(index).and_then(Value::as_text).unwrap_or_default().to_owned();
    let texts = |index: usize| -> Vec<String> {
        let list = record.get(index).and_then(Value::as_list).unwrap_or_default();
        list.iter().filter_map(|value| value.as_text().map(str::to_owned)).collect()
    };
    Definition { name: text(0), kind: text(1), on: texts(2).concat(), properties: texts(3) }
}

/// Refuses what this server cannot do, before anything is written: constraints of another edition, names that something else
/// has, and relationships whose ends could only be found by looking at every node.
///
/// # Errors
/// When the mapping asks for one of these.
pub fn check(graph: &GraphManifest, server: &Server, present: &Present) -> Result<(), TargetError> {
    for item in &graph.schema {
        let kind = match item.kind {
            SchemaKind::KeyConstraint => "key",
            SchemaKind::ExistenceConstraint => "existence",
            SchemaKind::TypeConstraint => "type",
            _ => continue,
        };
        if !server.has_key_constraints() {
            return Err(TargetError::UnsupportedConstraint {
                kind,
                name: item.name.clone(),
                edition: server.edition.clone(),
            });
        }
    }
    for item in graph.schema.iter().filter(|item| !present.has(item)) {
        if present.constraints.iter().chain(&present.indexes).any(|definition| definition.name == item.name) {
            return Err(TargetError::SchemaNameTaken { name: item.name.clone() });
        }
    }
    for table in &graph.relationships {
        for end in [&table.start, &table.end] {
            if !has_key_index(end, graph, present) {
                return Err(TargetError::NoKeyIndex {
                    table: table.table.clone(),
                    label: end.label.clone(),
                    property: end.key.iter().map(|property| property.name.as_str()).collect::<Vec<_>>().join(", "),
                });
            }
        }
    }
    Ok(())
}

fn has_key_index(end: &EndPoint, graph: &GraphManifest, present: &Present) -> bool {
    let key: BTreeSet<&str> = end.key.iter().map(|property| property.name.as_str()).collect();
    let is_key = |properties: &[String]| properties.iter().map(String::as_str).collect::<BTreeSet<_>>() == key;
    let planned = graph.schema.iter().any(|item| {
        matches!(item.kind, SchemaKind::UniqueConstraint | SchemaKind::KeyConstraint)
            && item.on == SchemaOn::Label(end.label.clone())
            && is_key(&item.properties)
    });
    planned || present.constraints.iter().any(|definition| definition.on == end.label && is_key(&definition.properties))
}

/// When a constraint or index is created.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// Before the first row.
    BeforeRows,
    /// Once all nodes are there.
    AfterNodes,
    /// Once all relationships are there.
    AfterRelationships,
}

impl Due {
    /// An index by which no row of ours is looked up costs the server less when it is built at once from all rows. One with
    /// options comes first all the same: whether the server takes these should not be learned late.
    fn of(item: &SchemaItem, mode: Mode) -> Self {
        let is_plain = matches!(item.kind, SchemaKind::RangeIndex | SchemaKind::TextIndex | SchemaKind::PointIndex);
        match item.on {
            _ if mode == Mode::Upsert || !is_plain => Self::BeforeRows,
            SchemaOn::Type(_) => Self::AfterRelationships,
            SchemaOn::Label(_) | SchemaOn::Labels(_) => Self::AfterNodes,
        }
    }
}

/// Notes on the run what is missing, then creates what is due before the rows and waits until it is built.
///
/// # Errors
/// When the target is lost, the user may not, something stands in the way, or somebody took the run over.
pub async fn begin<S: GraphSink>(
    sink: &mut S,
    lease: &Lease,
    graph: &GraphManifest,
    mode: Mode,
    already_ours: &[String],
) -> Result<(), RunError> {
    let present = Present::read(sink).await?;
    let missing = graph.schema.iter().filter(|item| !present.has(item)).map(|item| &item.name);
    let ours: BTreeSet<&String> = already_ours.iter().chain(missing).collect();
    if ours.len() > already_ours.len() {
        let ours: Vec<String> = ours.into_iter().cloned().collect();
        lease.note_created_schema(sink, &ours).await?;
    }
    create_missing(sink, lease, graph, &present, mode, Due::BeforeRows).await?;
    Ok(await_indexes(sink).await?)
}

/// Creates what is missing of that which is due; the server builds indexes on its own.
///
/// # Errors
/// When the target is lost, the user may not, or something stands in the way.
pub async fn create<S: GraphSink>(
    sink: &mut S,
    lease: &Lease,
    graph: &GraphManifest,
    mode: Mode,
    due: Due,
) -> Result<(), TargetError> {
    if !graph.schema.iter().any(|item| Due::of(item, mode) == due) {
        return Ok(());
    }
    let present = Present::read(sink).await?;
    create_missing(sink, lease, graph, &present, mode, due).await
}

async fn create_missing<S: GraphSink>(
    sink: &mut S,
    lease: &Lease,
    graph: &GraphManifest,
    present: &Present,
    mode: Mode,
    due: Due,
) -> Result<(), TargetError> {
    let missing: Vec<&SchemaItem> =
        graph.schema.iter().filter(|item| Due::of(item, mode) == due && !present.has(item)).collect();
    // What fails together is tried one by one, where it is named. An upsert finds rows, from which each constraint is built at
    // once; in the other mode constraints have none, and plain indexes are built behind.
    if mode == Mode::Create && missing.len() > 1 && create_together(sink, lease, &missing).await {
        return Ok(());
    }
    for item in missing {
        let text = cypher::create_schema(item);
        let created = match item.kind {
            SchemaKind::UniqueConstraint | SchemaKind::KeyConstraint => {
                create_constraint(sink, &item.name, &text).await
            }
            _ => {
                let statement = Statement::new(text);
                let created = repeat(sink, async |sink| update(sink, statement.clone()).await).await;
                created.map(drop)
            }
        };
        created.map_err(|failure| TargetError::during(format!("create constraint or index {}", item.name), failure))?;
    }
    Ok(())
}

/// All in one transaction, which saves most exchanges with the server; whether that worked.
async fn create_together<S: GraphSink>(sink: &mut S, lease: &Lease, items: &[&SchemaItem]) -> bool {
    let create = async |sink: &mut S| {
        let mut txn = sink.begin().await?;
        // It locks the labels until it ends: whoever takes the run over must be able to end it.
        txn.fetch(lease.statement(cypher::MARK_ONLY).with("writer", "schema")).await?;
        for item in items {
            txn.fetch(Statement::new(cypher::create_schema(item))).await?;
        }
        txn.commit().await
    };
    match create(sink).await {
        Ok(()) => {
            tracing::info!(created = items.len(), "constraints and indexes were created in one transaction");
            true
        }
        Err(failure) => {
            tracing::info!(%failure, "constraints and indexes are created one by one");
            sink.release().await;
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_definition_is_found_under_any_name() {
        let record = |name: &str, kind: &str, on: &str, property: &str| -> Record {
            vec![name.into(), kind.into(), Value::texts([on]), Value::texts([property])]
        };
        let present = Present {
            constraints: vec![definition(&record("theirs", "NODE_PROPERTY_UNIQUENESS", "Learner", "key"))],
            indexes: vec![
                definition(&record("theirs", "RANGE", "Learner", "key")),
                definition(&record("index", "RANGE", "City", "name")),
            ],
        };
        let item = |kind, label: &str, property: &str| SchemaItem {
            kind,
            name: "ours".into(),
            on: SchemaOn::Label(label.into()),
            properties: vec![property.into()],
            options: None,
            property_type: None,
        };
        assert!(present.has(&item(SchemaKind::UniqueConstraint, "Learner", "key")));
        assert!(!present.has(&item(SchemaKind::UniqueConstraint, "Learner", "name")));
        assert!(present.has(&item(SchemaKind::RangeIndex, "City", "name")));
        assert!(!present.has(&item(SchemaKind::TextIndex, "City", "name")));
        assert_eq!(Due::of(&item(SchemaKind::RangeIndex, "City", "name"), Mode::Create), Due::AfterNodes);
        assert_eq!(Due::of(&item(SchemaKind::RangeIndex, "City", "name"), Mode::Upsert), Due::BeforeRows);
        assert_eq!(Due::of(&item(SchemaKind::UniqueConstraint, "City", "name"), Mode::Create), Due::BeforeRows);
        let (constraints, indexes) = present.names();
        assert!(constraints.contains("theirs") && !indexes.contains("theirs") && indexes.contains("index"));
    }
}
