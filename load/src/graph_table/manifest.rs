//! `_graph.json`: the description of a set of graph tables, and their seal.
//!
//! In: what staging counted. Out: a canonical JSON document whose SHA-256 names the run that loads it.
//! It must never hold a time, a path or a host name: the same inputs give the same bytes, years later.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub use super::property::{Property, PropertyType};
pub use super::schema::{Action, ActionStage, SchemaItem, SchemaKind, SchemaOn};

/// Name of the manifest inside the folder of a set of graph tables.
pub const GRAPH_MANIFEST: &str = "_graph.json";
/// Version of the layout of graph tables and of this document.
pub const FORMAT_VERSION: u32 = 1;
/// The reason in `counts` of relationships that have no end node among the tables.
pub const NO_END: &str = "an end node does not exist";
/// Raised whenever a change of the code changes what staging writes for the same inputs.
pub const RULES_VERSION: u32 = 2;

/// One Parquet file of a graph table, in table order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableFile {
    /// Path relative to the folder of the graph tables, with `/`.
    pub file: String,
    /// Rows in the file.
    pub rows: u64,
    /// Size of the file in bytes.
    pub bytes: u64,
    /// SHA-256 of the file, in hex.
    pub sha256: String,
}

/// What upsert does with relationships of a start node that the new graph tables no longer hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnUpsert {
    /// They stay.
    #[default]
    Keep,
    /// They are deleted.
    Replace,
}

/// A table of nodes. Its Parquet columns are the `properties` in order, each under its own name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeTable {
    /// Name of the table: unique among all tables, safe in a file name and in a ledger id.
    pub table: String,
    /// Labels of every node of the table; the first one carries the key.
    pub labels: Vec<String>,
    /// Names of the key properties, never missing, unique together; they are the first columns.
    pub key: Vec<String>,
    /// All properties, the key first.
    pub properties: Vec<Property>,
    /// Rows in all files.
    pub rows: u64,
    /// The files, in table order.
    pub files: Vec<TableFile>,
    /// Rows of each unit, in table order; their sum is `rows`.
    pub unit_rows: Vec<u32>,
}

/// One end of a relationship table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndPoint {
    /// Label by which the node is matched.
    pub label: String,
    /// Key properties of the node with their types; the columns are `source.<name>` or `target.<name>`.
    pub key: Vec<Property>,
}

/// A table of relationships. Its Parquet columns are `source.<key>`..., `target.<key>`..., then `rel.<property>`...:
/// the names that the Neo4j connector for Apache Spark uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelationshipTable {
    /// Name of the table: unique among all tables, safe in a file name and in a ledger id.
    pub table: String,
    /// Relationship type.
    #[serde(rename = "type")]
    pub rel_type: String,
    /// Start node.
    pub start: EndPoint,
    /// End node.
    pub end: EndPoint,
    /// Names of the properties that tell two relationships of one type and pair apart; empty: one a pair.
    pub identity: Vec<String>,
    /// All properties.
    pub properties: Vec<Property>,
    /// What upsert does with vanished ones.
    pub on_upsert: OnUpsert,
    /// Rows in all files.
    pub rows: u64,
    /// The files, in table order.
    pub files: Vec<TableFile>,
    /// Rows of each unit, in table order. A unit never splits the relationships of one start node.
    pub unit_rows: Vec<u32>,
    /// The table of its start nodes, where units are cut along theirs: both can then be written together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follows: Option<Follows>,
}

/// How the units of a relationship table follow those of its start nodes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Follows {
    /// The node table.
    pub table: String,
    /// For each of our units, the number of the unit there that holds all its start nodes; it never falls.
    pub units: Vec<u32>,
}

/// A table of rows for a query. Its Parquet columns are the `fields` in order, each under its own name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueryTable {
    /// Name of the table: unique among all tables, safe in a file name and in a ledger id.
    pub table: String,
    /// Cypher; `$rows` is a list of maps.
    pub query: String,
    /// What each row has.
    pub fields: Vec<Property>,
    /// Rows in all files.
    pub rows: u64,
    /// The files, in table order.
    pub files: Vec<TableFile>,
    /// Rows of each unit, in table order. The query is run once for each.
    pub unit_rows: Vec<u32>,
}

/// One source of the mapping and the content it was staged from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceInput {
    /// Table of the mapping.
    pub table: String,
    /// Content digest of the snapshot, in hex.
    pub content_digest: String,
    /// Rows of the snapshot.
    pub rows: u64,
}

/// All that the graph digest is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inputs {
    /// One entry a table, by name.
    pub sources: Vec<SourceInput>,
    /// Name of the mapping, for people.
    pub mapping: String,
    /// SHA-256 of the resolved mapping as canonical JSON, lookups included, in hex.
    pub mapping_digest: String,
    /// "Today" of every rule that needs one.
    pub as_of: Date,
    /// Rows taken of each table, where not all were.
    pub sample: Option<u64>,
    /// [`RULES_VERSION`] of the program that staged.
    pub rules_version: u32,
}

impl Inputs {
    /// Rows that are taken of a table that has so many.
    pub fn taken(&self, rows: u64) -> u64 {
        self.sample.map_or(rows, |sample| sample.min(rows))
    }

    /// Rows that are taken of all tables.
    pub fn all_taken(&self) -> u64 {
        self.sources.iter().map(|source| self.taken(source.rows)).sum()
    }

    /// The graph digest: SHA-256 over what decides the tables, in hex. It names the staging folder. Names for people are
    /// not in it, so the same content with the same mapping is the same graph wherever it lies and whatever it is called.
    pub fn graph_digest(&self) -> String {
        let contents: BTreeMap<&str, &str> =
            self.sources.iter().map(|source| (source.table.as_str(), source.content_digest.as_str())).collect();
        let decisive = (contents, &self.mapping_digest, self.as_of, self.sample, self.rules_version);
        let json = serde_json::to_vec(&decisive).expect("inputs are plain data");
        hex::encode(Sha256::digest(json))
    }
}

/// The document `_graph.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GraphManifest {
    /// [`FORMAT_VERSION`].
    pub format_version: u32,
    /// What the tables were made of.
    pub inputs: Inputs,
    /// Node tables, in the order in which they are loaded.
    pub nodes: Vec<NodeTable>,
    /// Relationship tables, in the order in which they are loaded.
    pub relationships: Vec<RelationshipTable>,
    /// Rows for queries, in the order in which these are run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub queries: Vec<QueryTable>,
    /// Constraints and indexes.
    pub schema: Vec<SchemaItem>,
    /// Actions, in the order of the mapping.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<Action>,
    /// Rows, elements and cells that were rejected, one row each.
    pub rejects: TableFile,
    /// Values and records that staging left out and did not reject, by `<source>.<field>` or `<source> <target>` and reason.
    pub counts: BTreeMap<String, BTreeMap<String, u64>>,
    /// What staging noticed and left out nothing for, in the same form.
    pub notes: BTreeMap<String, BTreeMap<String, u64>>,
}

impl GraphManifest {
    /// The bytes of `_graph.json`.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut json = serde_json::to_vec_pretty(self).expect("a manifest is plain data");
        json.push(b'\n');
        json
    }

    /// The id of the run that loads these tables: first 16 hex digits of the SHA-256 of `_graph.json`.
    pub fn run_id(&self) -> String {
        hex::encode(Sha256::digest(self.to_bytes()))[..16].to_owned()
    }
}

/// A sealed set of graph tables on disk.
#[derive(Debug, Clone)]
pub struct GraphTables {
    /// Folder that holds `_graph.json`.
    pub dir: PathBuf,
    /// What the folder holds.
    pub manifest: GraphManifest,
}

/// Why a folder does not hold a set of graph tables that can be trusted.
#[derive(Debug, thiserror::Error)]
pub enum GraphTablesError {
    /// A file could not be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// `_graph.json` is not what this program writes.
    #[error("{} is not a description of graph tables that this version reads", path.display())]
    Manifest {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: serde_json::Error,
    },
    /// A table file is missing or differs from what was sealed.
    #[error("graph table file {} {what}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// A table file is not readable as Parquet.
    #[error("graph table file {} cannot be read as Parquet", path.display())]
    Parquet {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: parquet::errors::ParquetError,
    },
}

impl GraphTables {
    /// Opens a sealed set; `Ok(None)` where the folder holds none.
    ///
    /// # Errors
    /// When `_graph.json` is there but cannot be read or understood.
    pub fn open(dir: &Path) -> Result<Option<Self>, GraphTablesError> {
        let path = dir.join(GRAPH_MANIFEST);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(GraphTablesError::Read { path, source }),
        };
        let manifest = serde_json::from_slice(&bytes).map_err(|source| GraphTablesError::Manifest { path, source })?;
        Ok(Some(Self { dir: dir.to_owned(), manifest }))
    }

    /// Checks that every file has the size and the SHA-256 that `_graph.json` says.
    ///
    /// # Errors
    /// Names the first file that differs.
    pub fn verify(&self) -> Result<(), GraphTablesError> {
        let nodes = self.manifest.nodes.iter().flat_map(|table| &table.files);
        let relationships = self.manifest.relationships.iter().flat_map(|table| &table.files);
        let queries = self.manifest.queries.iter().flat_map(|table| &table.files);
        let files: Vec<&TableFile> =
            nodes.chain(relationships).chain(queries).chain([&self.manifest.rejects]).collect();
        files.par_iter().try_for_each(|file| {
            let path = self.dir.join(&file.file);
            let differs = |what: &str| GraphTablesError::Damaged { path: path.clone(), what: what.to_owned() };
            let mut opened = fs::File::open(&path).map_err(|error| match error.kind() {
                std::io::ErrorKind::NotFound => differs("is missing"),
                _ => GraphTablesError::Read { path: path.clone(), source: error },
            })?;
            let mut hash = Sha256::new();
            let mut buffer = vec![0; 1 << 20];
            let mut bytes = 0;
            loop {
                let read = opened.read(&mut buffer);
                match read.map_err(|source| GraphTablesError::Read { path: path.clone(), source })? {
                    0 => break,
                    read => {
                        hash.update(&buffer[..read]);
                        bytes += read as u64;
                    }
                }
            }
            if bytes != file.bytes {
                return Err(differs(&format!("has {bytes} bytes where {} were sealed", file.bytes)));
            }
            if hex::encode(hash.finalize()) != file.sha256 {
                return Err(differs("has another SHA-256 than when it was sealed"));
            }
            Ok(())
        })
    }
}
