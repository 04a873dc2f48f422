//! How large graph tables are, and what that will cost.
//!
//! In: graph tables, all of them or those of the first rows. Out: rows, bytes and seconds a table. The rates are those of a
//! recorded benchmark; an estimate of time is right within a factor of two on another machine, and says that it is one.

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray};
use arrow::datatypes::DataType;

use crate::graph_table::contents::AnyTable;
use crate::graph_table::manifest::{GraphManifest, GraphTables, NodeTable, RelationshipTable, TableFile};
use crate::graph_table::reader::TableSource;
use crate::stage::StageError;
use crate::write::MAX_BATCH_BYTES;

/// Seconds to write a node without properties, and for each property that is there: by the table of
/// `bench/runs/2026-11-22-9148774/load-1.txt` (two writers, two cores shared with Neo4j 5.26).
const NODE_SECONDS: f64 = 20e-6;
const NODE_PROPERTY_SECONDS: f64 = 1.3e-6;
/// The same of relationships.
const RELATIONSHIP_SECONDS: f64 = 14e-6;
const RELATIONSHIP_PROPERTY_SECONDS: f64 = 1.6e-6;
/// Seconds that the smallest table takes.
const TABLE_SECONDS: f64 = 0.2;

/// Bytes of records in Neo4j's standard store format.
const NODE_BYTES: f64 = 15.0;
const RELATIONSHIP_BYTES: f64 = 34.0;
/// A record of 41 bytes holds two properties on average.
const PROPERTY_BYTES: f64 = 20.5;
/// A longer text goes into blocks of its own.
const SHORT_TEXT_BYTES: f64 = 24.0;
/// An entry of an index beside its key.
const INDEX_ENTRY_BYTES: f64 = 40.0;

/// Rows and bytes that are looked at of a table.
const LOOKED_ROWS: usize = 20_000;
const LOOKED_BYTES: usize = 16 << 20;

/// Graph tables, measured.
pub struct Measure {
    /// Table by table, in the order in which they are loaded.
    pub tables: Vec<TableMeasure>,
    /// The tables as they are described, with constraints and indexes.
    pub graph: GraphManifest,
    /// Bytes of all files.
    pub bytes: u64,
    /// Whether the numbers are counted.
    pub is_exact: bool,
    /// Time that staging took, or would take.
    pub staging_seconds: f64,
}

#[derive(Clone)]
enum Kind {
    Nodes(NodeTable),
    Relationships(RelationshipTable),
}

/// A graph table, measured.
#[derive(Clone)]
pub struct TableMeasure {
    kind: Kind,
    /// Rows.
    pub rows: u64,
    /// Units.
    pub units: u64,
    /// Bytes of a row as it is sent, on average.
    pub sent_bytes: f64,
    /// Properties that are there, a row on average; keys of ends are not among them.
    properties: f64,
    /// Bytes of texts that are too long for a property record, a row on average.
    long_text_bytes: f64,
    /// Constraints and indexes on it.
    indexes: f64,
}

/// Measures graph tables.
///
/// # Errors
/// When they cannot be read.
pub fn of_tables(tables: &GraphTables) -> Result<Measure, StageError> {
    let manifest = &tables.manifest;
    let mut indexes: BTreeMap<&str, u32> = BTreeMap::new();
    for item in &manifest.schema {
        for name in item.on.names() {
            *indexes.entry(name).or_default() += 1;
        }
    }
    let indexes_of = |name: &str| indexes.get(name).copied().unwrap_or_default();
    let mut measured = Vec::new();
    for nodes in &manifest.nodes {
        let indexes = nodes.labels.iter().map(|label| indexes_of(label)).sum();
        let source = TableSource::of_nodes(&tables.dir, nodes);
        measured.push(of_table(Kind::Nodes(nodes.clone()), &source, nodes.rows, nodes.unit_rows.len(), 0, indexes)?);
    }
    for table in &manifest.relationships {
        let keys = table.start.key.len() + table.end.key.len();
        let source = TableSource::of_relationships(&tables.dir, table);
        let (kind, indexes) = (Kind::Relationships(table.clone()), indexes_of(&table.rel_type));
        measured.push(of_table(kind, &source, table.rows, table.unit_rows.len(), keys, indexes)?);
    }
    let files = manifest.nodes.iter().flat_map(|table| &table.files);
    let files = files.chain(manifest.relationships.iter().flat_map(|table| &table.files));
    let files = files.chain(manifest.queries.iter().flat_map(|table| &table.files));
    Ok(Measure {
        tables: measured,
        graph: manifest.clone(),
        bytes: files.map(|file: &TableFile| file.bytes).sum(),
        is_exact: true,
        staging_seconds: 0.0,
    })
}

fn of_table(
    kind: Kind,
    source: &TableSource,
    rows: u64,
    units: usize,
    keys: usize,
    indexes: u32,
) -> Result<TableMeasure, StageError> {
    let (mut seen, mut sent, mut properties, mut long) = (0usize, 0usize, 0usize, 0.0);
    if let Some(run) = source.read(|_| true).next(LOOKED_ROWS, LOOKED_BYTES)? {
        seen = run.rows.num_rows();
        for (index, column) in run.rows.columns().iter().enumerate() {
            let there = column.len() - column.null_count();
            let is_property = index >= keys;
            properties += if is_property { there } else { 0 };
            if *column.data_type() == DataType::Utf8 {
                let texts = column.as_string::<i32>();
                for text in texts.iter().flatten() {
                    sent += text.len() + 2;
                    long += if is_property { (text.len() as f64 - SHORT_TEXT_BYTES).max(0.0) } else { 0.0 };
                }
            } else {
                sent += there * 9;
            }
            sent += column.null_count();
        }
    }
    let of_row = |sum: f64| if seen == 0 { 0.0 } else { sum / seen as f64 };
    Ok(TableMeasure {
        kind,
        rows,
        units: units as u64,
        sent_bytes: of_row(sent as f64),
        properties: of_row(properties as f64),
        long_text_bytes: of_row(long),
        indexes: f64::from(indexes),
    })
}

impl TableMeasure {
    /// The table's description.
    pub fn table(&self) -> AnyTable<'_> {
        match &self.kind {
            Kind::Nodes(table) => AnyTable::Nodes(table),
            Kind::Relationships(table) => AnyTable::Relationships(table),
        }
    }

    /// Whether it holds nodes.
    pub fn is_nodes(&self) -> bool {
        matches!(self.kind, Kind::Nodes(_))
    }

    /// Transactions, if all are as large as the first.
    pub fn batches(&self, first_rows: u64) -> u64 {
        let by_bytes = (self.sent_bytes * self.rows as f64 / MAX_BATCH_BYTES as f64).ceil() as u64;
        // A batch is whole units.
        self.rows.div_ceil(first_rows.max(1)).max(by_bytes).min(self.units.max(u64::from(self.rows > 0)))
    }

    /// Seconds to write it.
    pub fn seconds(&self) -> f64 {
        let (element, property) = match self.kind {
            Kind::Nodes(_) => (NODE_SECONDS, NODE_PROPERTY_SECONDS),
            Kind::Relationships(_) => (RELATIONSHIP_SECONDS, RELATIONSHIP_PROPERTY_SECONDS),
        };
        TABLE_SECONDS + self.rows as f64 * (element + property * self.properties)
    }

    /// Bytes in the store of Neo4j, indexes included.
    pub fn store_bytes(&self) -> u64 {
        let element = if self.is_nodes() { NODE_BYTES } else { RELATIONSHIP_BYTES };
        let row = element + PROPERTY_BYTES * self.properties + self.long_text_bytes + INDEX_ENTRY_BYTES * self.indexes;
        (row * self.rows as f64) as u64
    }
}

impl Measure {
    /// The same of `factor` times as many rows, where `half` is that of half as many: a table that still doubled goes on to
    /// grow with the rows, one that hardly grew has seen almost all of its keys (Heaps' law).
    #[must_use]
    pub fn grown(mut self, half: &Self, factor: f64) -> Self {
        for table in &mut self.tables {
            let before = half.tables.iter().find(|other| other.table().name() == table.table().name());
            let before = before.map_or(0, |table| table.rows);
            if table.rows == 0 {
                continue;
            }
            let exponent = if before == 0 { 1.0 } else { (table.rows as f64 / before as f64).log2().clamp(0.0, 1.0) };
            let grown = factor.powf(exponent);
            table.rows = (table.rows as f64 * grown).round() as u64;
            table.units = ((table.units as f64 * grown).round() as u64).max(1);
        }
        self.bytes = (self.bytes as f64 * factor) as u64;
        // What both took alike, the check of the snapshot above all, does not grow with the rows that are staged.
        let of_half = (self.staging_seconds - half.staging_seconds).max(0.0);
        self.staging_seconds += 2.0 * of_half * (factor - 1.0);
        self.is_exact = false;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph_table::manifest::NodeTable;

    fn measure(rows: [u64; 3], staging_seconds: f64) -> Measure {
        let table = |name: &str, rows: u64| TableMeasure {
            kind: Kind::Nodes(NodeTable {
                table: name.into(),
                labels: vec![name.into()],
                key: vec!["id".into()],
                properties: Vec::new(),
                rows,
                files: Vec::new(),
                unit_rows: Vec::new(),
            }),
            rows,
            units: rows.div_ceil(1_000),
            sent_bytes: 100.0,
            properties: 2.0,
            long_text_bytes: 0.0,
            indexes: 1.0,
        };
        let tables = vec![table("Learner", rows[0]), table("Country", rows[1]), table("Skill", rows[2])];
        let graph = serde_json::json!({
            "format_version": 1,
            "inputs": {"sources": [], "mapping": "m", "mapping_digest": "", "as_of": "2026-11-22", "sample": null,
                       "rules_version": 2},
            "nodes": [], "relationships": [], "schema": [], "counts": {}, "notes": {},
            "rejects": {"file": "", "rows": 0, "bytes": 0, "sha256": ""},
        });
        let graph = serde_json::from_value(graph).unwrap();
        Measure { tables, graph, bytes: 1_000, is_exact: true, staging_seconds }
    }

    #[test]
    fn a_table_goes_on_to_grow_as_it_did() {
        let grown = measure([20_000, 200, 1_414], 3.0).grown(&measure([10_000, 200, 1_000], 2.0), 4.0);
        let rows: Vec<u64> = grown.tables.iter().map(|table| table.rows).collect();
        assert_eq!((rows[0], rows[1]), (80_000, 200));
        assert!((2_827..=2_829).contains(&rows[2]), "{rows:?}");
        assert!(!grown.is_exact && grown.bytes == 4_000 && grown.tables[0].units == 80);
        // One second is the check of the snapshot, two are those of 20,000 rows.
        assert!((grown.staging_seconds - 9.0).abs() < 1e-9, "{}", grown.staging_seconds);
    }

    #[test]
    fn batches_are_cut_by_rows_bytes_and_units() {
        let measure = measure([20_000, 200, 0], 0.0);
        assert_eq!(measure.tables[0].batches(5_000), 4);
        assert_eq!(measure.tables[0].batches(1), 20, "a batch is a unit at least");
        assert_eq!((measure.tables[1].batches(5_000), measure.tables[2].batches(5_000)), (1, 0));
        assert!(measure.tables[0].seconds() > measure.tables[1].seconds());
    }
}
