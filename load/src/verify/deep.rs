//! Reads the whole graph back and compares it with the graph tables, every property with its exact type.
//!
//! In: graph tables, the rows that the server refused, and the target. Out: a digest by table for both sides; where they
//! differ, a second pass names the first elements that do. Memory is bounded: digests of buckets, and in the second pass
//! the elements of a few buckets. It needs no order, so the target streams as it likes.

use std::collections::{BTreeMap, HashMap, HashSet};

use shared::interrupt::Interrupt;
use shared::progress::{Progress, Total, Unit};
use tokio::time::sleep;

use super::VerifyError;
use super::digest::{TableDigest, bucket_of};
use super::look_up::{describe_key, describe_value};
use crate::graph_table::contents::AnyTable;
use crate::graph_table::manifest::{GraphManifest, GraphTables, GraphTablesError};
use crate::graph_table::reader::TableSource;
use crate::graph_table::row;
use crate::target::cypher;
use crate::target::error::TargetError;
use crate::target::failure::Failure;
use crate::target::retry::Retry;
use crate::target::sink::{GraphSink, GraphTxn, Statement};
use crate::target::value::{Record, Value};

/// Rows of a table that the server refused, by table.
pub type RefusedRows = BTreeMap<String, HashSet<u64>>;

/// Rows read of a table at a time.
const READ_ROWS: usize = 20_000;
/// Bytes of such rows at most.
const READ_BYTES: usize = 16 << 20;
/// Differing buckets whose elements are looked at one by one.
const BUCKETS_NAMED: usize = 16;
/// Differences that are named of a table.
const NAMED: usize = 10;
/// Elements after which progress is told: often enough for a bar.
const PROGRESS_STEP: u64 = 10_000;

/// What was found of one table.
#[derive(Debug, Clone)]
pub struct TableVerdict {
    /// Table.
    pub table: String,
    /// Elements in the graph tables.
    pub expected: u64,
    /// Elements in the target.
    pub found: u64,
    /// Digest of the graph tables.
    pub expected_digest: String,
    /// Digest of the target.
    pub found_digest: String,
}

impl TableVerdict {
    /// Whether both sides are the same.
    pub fn is_same(&self) -> bool {
        self.expected_digest == self.found_digest
    }
}

/// Compares table by table. The verdicts come back even where they differ, with the differences beside them.
///
/// # Errors
/// When the target or the tables cannot be read, or somebody asked to stop.
pub async fn compare<S: GraphSink>(
    sink: &mut S,
    tables: &GraphTables,
    refused: &RefusedRows,
    interrupt: &Interrupt,
    progress: &dyn Progress,
) -> Result<(Vec<TableVerdict>, Vec<String>), VerifyError> {
    let rows = tables.manifest.node_rows() + tables.manifest.relationship_rows();
    progress.start("read the graph back", Total::Exact(rows), Unit::Count("elements"));
    let (mut verdicts, mut differences) = (Vec::new(), Vec::new());
    for table in tables.manifest.tables() {
        let shape = Shape::new(tables, table);
        let refused = refused.get(table.name());
        let mut expected = TableDigest::default();
        shape.read_table(refused, interrupt, |values| expected.add(&values, &shape.key(&values)))?;
        let found = shape.digest_target(sink, interrupt, progress).await?;
        let buckets = expected.differing(&found, BUCKETS_NAMED);
        if !buckets.is_empty() {
            let mut named = shape.name_differences(sink, &buckets, refused, interrupt).await?;
            if named.len() > NAMED || buckets.len() == BUCKETS_NAMED {
                named.truncate(NAMED);
                named.push(format!("{}: and more", table.name()));
            }
            differences.append(&mut named);
        }
        verdicts.push(TableVerdict {
            table: table.name().to_owned(),
            expected: expected.count(),
            found: found.count(),
            expected_digest: expected.hex(),
            found_digest: found.hex(),
        });
    }
    progress.finish();
    Ok((verdicts, differences))
}

/// How the elements of a table look on both sides: key, properties, number of properties.
struct Shape<'a> {
    table: AnyTable<'a>,
    source: TableSource,
    /// Columns of the key, or of both keys.
    keys: usize,
    /// Columns that are not properties of the element itself.
    ends: usize,
    /// Columns of the identity.
    identity: Vec<usize>,
    read: String,
}

impl<'a> Shape<'a> {
    fn new(tables: &GraphTables, table: AnyTable<'a>) -> Self {
        match table {
            AnyTable::Nodes(nodes) => Self {
                table,
                source: TableSource::of_nodes(&tables.dir, nodes),
                keys: nodes.key.len(),
                ends: 0,
                identity: Vec::new(),
                read: cypher::read_nodes(nodes, &labels_of_others(&tables.manifest, &nodes.labels)),
            },
            AnyTable::Relationships(relationships) => {
                let ends = relationships.start.key.len() + relationships.end.key.len();
                let is_identity = |name: &String| relationships.identity.contains(name);
                let properties = relationships.properties.iter().enumerate();
                Self {
                    table,
                    source: TableSource::of_relationships(&tables.dir, relationships),
                    keys: ends,
                    ends,
                    identity: properties.filter(|(_, p)| is_identity(&p.name)).map(|(index, _)| ends + index).collect(),
                    read: cypher::read_relationships(relationships),
                }
            }
        }
    }

    fn key(&self, values: &[Value]) -> Vec<u8> {
        row::identity(values, self.keys, &self.identity)
    }

    fn read_table(
        &self,
        refused: Option<&HashSet<u64>>,
        interrupt: &Interrupt,
        mut on_element: impl FnMut(Record),
    ) -> Result<(), VerifyError> {
        let mut reader = self.source.read(|_| true);
        let mut ordinal = 0u64;
        while let Some(run) = reader.next(READ_ROWS, READ_BYTES).map_err(|error: GraphTablesError| error)? {
            interrupt.check()?;
            for index in 0..run.rows.num_rows() {
                if !refused.is_some_and(|refused| refused.contains(&ordinal)) {
                    let mut values = row::values(&run.rows, index, 0..run.rows.num_columns());
                    let properties = values[self.ends..].iter().filter(|value| **value != Value::Null).count();
                    values.push(Value::Integer(i64::try_from(properties).unwrap_or(i64::MAX)));
                    on_element(values);
                }
                ordinal += 1;
            }
        }
        Ok(())
    }

    /// Digest of what the target holds.
    async fn digest_target<S: GraphSink>(
        &self,
        sink: &mut S,
        interrupt: &Interrupt,
        progress: &dyn Progress,
    ) -> Result<TableDigest, VerifyError> {
        let (mut seen, mut told) = (0, 0);
        let digest = self
            .read_target(sink, interrupt, TableDigest::default, |digest, record| {
                digest.add(&record, &self.key(&record));
                seen += 1;
                if seen - told >= PROGRESS_STEP {
                    progress.advance(seen - told);
                    told = seen;
                }
            })
            .await?;
        progress.advance(seen - told);
        Ok(digest)
    }

    /// Reads the table in the target into what `empty` gives. A stream cannot go on in the middle, so one that is lost is
    /// begun anew, from empty.
    async fn read_target<S: GraphSink, T: Send>(
        &self,
        sink: &mut S,
        interrupt: &Interrupt,
        empty: impl Fn() -> T,
        mut add: impl FnMut(&mut T, Record) + Send,
    ) -> Result<T, VerifyError> {
        let mut retry = Retry::new(sink.patience());
        loop {
            interrupt.check()?;
            let mut read = empty();
            let failure = match stream(sink, &self.read, &mut |record| add(&mut read, record)).await {
                Ok(()) => return Ok(read),
                Err(failure) => failure,
            };
            sink.release().await;
            let Some(pause) = retry.pause(&failure) else {
                return Err(TargetError::during("read the graph back", failure).into());
            };
            tracing::info!(%failure, table = self.table.name(), "reading it again");
            sleep(pause).await;
        }
    }

    /// Looks at the elements of some buckets one by one.
    async fn name_differences<S: GraphSink>(
        &self,
        sink: &mut S,
        buckets: &[usize],
        refused: Option<&HashSet<u64>>,
        interrupt: &Interrupt,
    ) -> Result<Vec<String>, VerifyError> {
        let is_wanted = |key: &[u8]| buckets.binary_search(&bucket_of(key)).is_ok();
        let mut expected: HashMap<Vec<u8>, Vec<Record>> = HashMap::new();
        self.read_table(refused, interrupt, |values| {
            let key = self.key(&values);
            if is_wanted(&key) {
                expected.entry(key).or_default().push(values);
            }
        })?;
        let collect = |found: &mut HashMap<Vec<u8>, Vec<Record>>, values: Record| {
            let key = self.key(&values);
            if is_wanted(&key) {
                found.entry(key).or_default().push(values);
            }
        };
        let mut found = self.read_target(sink, interrupt, HashMap::new, collect).await?;
        let mut differences = Vec::new();
        for (key, wanted) in &expected {
            self.name(wanted, &found.remove(key).unwrap_or_default(), &mut differences);
        }
        for there in found.values() {
            self.name(&[], there, &mut differences);
        }
        differences.sort();
        Ok(differences)
    }

    /// Names what differs between the elements of one key on both sides.
    fn name(&self, wanted: &[Record], found: &[Record], differences: &mut Vec<String>) {
        let Some(one) = wanted.first().or(found.first()) else { return };
        let element = format!("{} {}", self.table.name(), describe_key(self.table, one));
        let what = match (wanted.len(), found.len()) {
            (_, 0) => "missing".to_owned(),
            (0, 1) => "extra, not in the graph tables".to_owned(),
            (wanted, found) if wanted != found => format!("expected {wanted} times, found {found} times"),
            _ => {
                // Several of one key stand in any order.
                let by_bytes = |records: &[Record]| {
                    let mut records = records.to_vec();
                    records.sort_by_cached_key(|values| row::identity(values, values.len(), &[]));
                    records
                };
                let pairs = by_bytes(wanted).into_iter().zip(by_bytes(found));
                let differing = pairs.filter(|(wanted, found)| !row::is_same(wanted, found));
                let texts: Vec<String> = differing.map(|(wanted, found)| self.describe(&wanted, &found)).collect();
                if texts.is_empty() {
                    return;
                }
                texts.join("; ")
            }
        };
        differences.push(format!("{element}: {what}"));
    }

    /// The properties in which an element differs.
    fn describe(&self, wanted: &[Value], found: &[Value]) -> String {
        let names = match self.table {
            AnyTable::Nodes(nodes) => &nodes.properties,
            AnyTable::Relationships(relationships) => &relationships.properties,
        };
        let pairs = wanted[self.ends..].iter().zip(&found[self.ends..]);
        let mut texts: Vec<String> = names
            .iter()
            .zip(pairs)
            .filter(|(_, (wanted, found))| !row::is_same(std::slice::from_ref(wanted), std::slice::from_ref(found)))
            .map(|(property, (wanted, found))| {
                format!("{} expected {}, found {}", property.name, describe_value(wanted), describe_value(found))
            })
            .collect();
        if texts.is_empty() {
            texts.push("has properties that the graph tables do not have".to_owned());
        }
        texts.join(", ")
    }
}

async fn stream<S: GraphSink>(
    sink: &mut S,
    text: &str,
    on_record: &mut (dyn FnMut(Record) + Send),
) -> Result<(), Failure> {
    let mut txn = sink.begin().await?;
    txn.stream(Statement::new(text), on_record).await?;
    txn.rollback().await
}

/// Labels by which nodes of other tables, which have all of `labels` and more, are told apart.
fn labels_of_others(graph: &GraphManifest, labels: &[String]) -> Vec<String> {
    let others = graph.nodes.iter().filter(|other| labels.iter().all(|label| other.labels.contains(label)));
    let mut more: Vec<String> =
        others.flat_map(|other| &other.labels).filter(|label| !labels.contains(label)).cloned().collect();
    more.sort();
    more.dedup();
    more
}
