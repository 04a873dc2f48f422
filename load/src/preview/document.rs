//! A preview, as programs read it.
//!
//! In: graph tables of a few rows. Out: every node and relationship with its properties, a missing one left out, and the rows
//! that queries are given; times and points as the texts that graph tables hold. Nothing is shortened here.

use std::collections::BTreeMap;
use std::path::Path;

use arrow::array::{ArrayRef, RecordBatch};
use bumpalo::Bump;
use jiff::civil::Date;
use serde::Serialize;
use serde_json::{Map, Value as Json};

use crate::graph_table::manifest::{
    GraphTablesError, Inputs, NodeTable, Property, PropertyType, QueryTable, RelationshipTable,
};
use crate::graph_table::reader::TableSource;
use crate::stage::cell::{Cells, as_text};
use crate::stage::excerpt::Excerpt;
use crate::stage::value::Value;

/// Rows and bytes of a table that are read at once.
const BATCH_ROWS: usize = 10_000;
const BATCH_BYTES: usize = 16 << 20;

/// What becomes of some rows.
#[derive(Debug, Serialize)]
pub struct Preview {
    /// Name of the mapping.
    pub mapping: String,
    /// "Today" of its rules.
    pub as_of: Date,
    /// Rows that were taken, by table.
    pub rows: Vec<(String, u64)>,
    /// Nodes, by table.
    pub nodes: Vec<Nodes>,
    /// Relationships, by table.
    pub relationships: Vec<Relationships>,
    /// Query targets, in the order in which they are run.
    pub queries: Vec<QueryRows>,
    /// What was rejected.
    pub rejects: Vec<Rejected>,
    /// What was left out and counted, by place and reason.
    pub counts: BTreeMap<String, BTreeMap<String, u64>>,
    /// What was only noticed.
    pub notes: BTreeMap<String, BTreeMap<String, u64>>,
}

/// Nodes with the same labels.
#[derive(Debug, Serialize)]
pub struct Nodes {
    /// Their labels.
    pub labels: Vec<String>,
    /// Names of their key properties.
    pub key: Vec<String>,
    /// Their properties that are there for none of them.
    pub never_there: Vec<String>,
    /// The properties of each.
    pub nodes: Vec<Properties>,
}

/// Relationships of one type between nodes of one kind.
#[derive(Debug, Serialize)]
pub struct Relationships {
    /// Type.
    #[serde(rename = "type")]
    pub rel_type: String,
    /// Label of their start nodes.
    pub start_label: String,
    /// Label of their end nodes.
    pub end_label: String,
    /// Their properties that are there for none of them.
    pub never_there: Vec<String>,
    /// Each of them.
    pub relationships: Vec<Relationship>,
}

/// One relationship.
#[derive(Debug, Serialize)]
pub struct Relationship {
    /// Key of its start node.
    pub start: Properties,
    /// Key of its end node.
    pub end: Properties,
    /// Its own properties.
    pub properties: Properties,
}

/// What a query target is given. What it makes of it, only a server knows.
#[derive(Debug, Serialize)]
pub struct QueryRows {
    /// Name of the target's table.
    pub query: String,
    /// Fields that are there in none of the rows.
    pub never_there: Vec<String>,
    /// `$rows`.
    pub rows: Vec<Properties>,
}

/// One reject.
#[derive(Debug, Serialize)]
pub struct Rejected {
    /// Table.
    pub table: String,
    /// Row, from 0.
    pub row: u64,
    /// Column.
    pub column: String,
    /// Place in a list, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<u32>,
    /// Why.
    pub reason: String,
}

/// Properties that are there.
pub type Properties = Map<String, Json>;

impl Preview {
    /// Reads what was made in the folder `dir`.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(
        inputs: &Inputs,
        rows: Vec<(String, u64)>,
        made: &Excerpt,
        dir: &Path,
    ) -> Result<Self, GraphTablesError> {
        let rejects = made.rejects.iter().map(|reject| Rejected {
            table: reject.table.clone(),
            row: reject.row,
            column: reject.column.clone(),
            place: reject.place,
            reason: reject.reason.clone(),
        });
        Ok(Self {
            mapping: inputs.mapping.clone(),
            as_of: inputs.as_of,
            rows,
            nodes: made.nodes.iter().map(|table| nodes(table, dir)).collect::<Result<_, _>>()?,
            relationships: made
                .relationships
                .iter()
                .map(|table| relationships(table, dir))
                .collect::<Result<_, _>>()?,
            queries: made.queries.iter().map(|table| query_rows(table, dir)).collect::<Result<_, _>>()?,
            rejects: rejects.collect(),
            counts: made.counts.clone(),
            notes: made.notes.clone(),
        })
    }
}

fn nodes(table: &NodeTable, dir: &Path) -> Result<Nodes, GraphTablesError> {
    let mut nodes = Vec::new();
    each_batch(&TableSource::of_nodes(dir, table), |batch| {
        nodes.extend(properties(batch.columns(), &table.properties, batch.num_rows()));
    })?;
    let never_there = never_there(&table.properties, &nodes.iter().collect::<Vec<_>>());
    Ok(Nodes { labels: table.labels.clone(), key: table.key.clone(), never_there, nodes })
}

fn relationships(table: &RelationshipTable, dir: &Path) -> Result<Relationships, GraphTablesError> {
    let starts = table.start.key.len();
    let ends = starts + table.end.key.len();
    let mut relationships = Vec::new();
    each_batch(&TableSource::of_relationships(dir, table), |batch| {
        let (columns, rows) = (batch.columns(), batch.num_rows());
        let start = properties(&columns[..starts], &table.start.key, rows);
        let end = properties(&columns[starts..ends], &table.end.key, rows);
        let own = properties(&columns[ends..], &table.properties, rows);
        let all = start.into_iter().zip(end).zip(own);
        relationships.extend(all.map(|((start, end), properties)| Relationship { start, end, properties }));
    })?;
    let there: Vec<&Properties> = relationships.iter().map(|one: &Relationship| &one.properties).collect();
    let never_there = never_there(&table.properties, &there);
    Ok(Relationships {
        rel_type: table.rel_type.clone(),
        start_label: table.start.label.clone(),
        end_label: table.end.label.clone(),
        never_there,
        relationships,
    })
}

fn query_rows(table: &QueryTable, dir: &Path) -> Result<QueryRows, GraphTablesError> {
    let mut rows = Vec::new();
    each_batch(&TableSource::of_query(dir, table), |batch| {
        rows.extend(properties(batch.columns(), &table.fields, batch.num_rows()));
    })?;
    let never_there = never_there(&table.fields, &rows.iter().collect::<Vec<_>>());
    Ok(QueryRows { query: table.table.clone(), never_there, rows })
}

fn each_batch(source: &TableSource, mut take: impl FnMut(&RecordBatch)) -> Result<(), GraphTablesError> {
    let mut reader = source.read(|_| true);
    while let Some(run) = reader.next(BATCH_ROWS, BATCH_BYTES)? {
        take(&run.rows);
    }
    Ok(())
}

fn properties(columns: &[ArrayRef], described: &[Property], rows: usize) -> Vec<Properties> {
    let cells: Vec<Cells> =
        columns.iter().map(|column| Cells::new(column).expect("graph tables hold plain types")).collect();
    let of = |row: usize| {
        let values = described
            .iter()
            .zip(&cells)
            .filter_map(|(property, cells)| Some((property.name.clone(), json(cells.value(row), property.kind)?)));
        values.collect()
    };
    (0..rows).map(of).collect()
}

/// A value as JSON; none where it is missing.
fn json(value: Value<'_>, kind: PropertyType) -> Option<Json> {
    Some(match value {
        Value::Missing => return None,
        Value::Boolean(truth) => truth.into(),
        Value::Integer(number) => number.into(),
        Value::Float(number) => number.into(),
        Value::Text(text) => match kind.element() {
            // Lists stand in graph tables as JSON.
            Some(_) => serde_json::from_str(text).unwrap_or_else(|_| text.into()),
            None => text.into(),
        },
        Value::Date(_) | Value::LocalDatetime(_) | Value::ZonedDatetime(_) => {
            as_text(value, &Bump::new()).text().unwrap_or_default().into()
        }
    })
}

fn never_there(described: &[Property], there: &[&Properties]) -> Vec<String> {
    if there.is_empty() {
        return Vec::new();
    }
    let is_never = |name: &&String| !there.iter().any(|properties| properties.contains_key(*name));
    described.iter().map(|property| &property.name).filter(is_never).cloned().collect()
}
