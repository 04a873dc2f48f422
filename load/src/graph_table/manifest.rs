//! `_graph.json`: the description of a set of graph tables, and their seal.
//!
//! In: what staging counted. Out: a canonical JSON document whose SHA-256 names the run that loads it.
//! It must never hold a time, a path or a host name: the same inputs give the same bytes, years later.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use arrow::datatypes::{DataType, Field, TimeUnit};
use jiff::civil::Date;
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Name of the manifest inside the folder of a set of graph tables.
pub const GRAPH_MANIFEST: &str = "_graph.json";
/// Version of the layout of graph tables and of this document.
pub const FORMAT_VERSION: u32 = 1;
/// Raised whenever a change of the code changes what staging writes for the same inputs.
pub const RULES_VERSION: u32 = 1;

/// Type of a property in Neo4j, named as in the import specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PropertyType {
    /// Arrow `Boolean`.
    Boolean,
    /// Arrow `Int64`.
    Integer,
    /// Arrow `Float64`.
    Float,
    /// Arrow `Utf8`.
    String,
    /// Arrow `Date32`: days since 1970-01-01.
    Date,
    /// Arrow `Timestamp(Microsecond, None)`.
    LocalDatetime,
    /// Arrow `Timestamp(Microsecond, "UTC")`.
    ZonedDatetime,
    /// Arrow `Utf8`: `07:05:00.5`. This and all that follow are texts as [`crate::graph_table::typed_text`] writes them.
    LocalTime,
    /// `07:05:00+02:00`.
    ZonedTime,
    /// `P<months>M<days>DT<seconds>S`.
    Duration,
    /// `SRID=4326;POINT(12.5 41.9)`.
    Point,
    /// A JSON array, as all lists.
    BooleanArray,
    /// Whole numbers.
    IntegerArray,
    /// Numbers.
    FloatArray,
    /// Texts.
    StringArray,
    /// Days.
    DateArray,
    /// Dates and times.
    LocalDatetimeArray,
    /// Moments.
    ZonedDatetimeArray,
    /// Times of day.
    LocalTimeArray,
    /// Times of day with an offset.
    ZonedTimeArray,
    /// Durations.
    DurationArray,
    /// Points.
    PointArray,
}

impl PropertyType {
    /// What the members of a list are; `None` for a type that is no list.
    pub fn element(self) -> Option<Self> {
        Some(match self {
            Self::BooleanArray => Self::Boolean,
            Self::IntegerArray => Self::Integer,
            Self::FloatArray => Self::Float,
            Self::StringArray => Self::String,
            Self::DateArray => Self::Date,
            Self::LocalDatetimeArray => Self::LocalDatetime,
            Self::ZonedDatetimeArray => Self::ZonedDatetime,
            Self::LocalTimeArray => Self::LocalTime,
            Self::ZonedTimeArray => Self::ZonedTime,
            Self::DurationArray => Self::Duration,
            Self::PointArray => Self::Point,
            _ => return None,
        })
    }

    /// Whether graph tables hold it as a text that [`crate::graph_table::typed_text`] reads.
    pub fn is_typed_text(self) -> bool {
        matches!(self, Self::LocalTime | Self::ZonedTime | Self::Duration | Self::Point) || self.element().is_some()
    }

    /// Type of its column, and what tells the reader of the column that a text stands for something else.
    pub fn arrow_field(self, name: String) -> Field {
        let data_type = match self {
            Self::Boolean => DataType::Boolean,
            Self::Integer => DataType::Int64,
            Self::Float => DataType::Float64,
            Self::Date => DataType::Date32,
            Self::LocalDatetime => DataType::Timestamp(TimeUnit::Microsecond, None),
            Self::ZonedDatetime => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            _ => DataType::Utf8,
        };
        let field = Field::new(name, data_type, true);
        if !self.is_typed_text() {
            return field;
        }
        let word = serde_json::to_value(self).ok().and_then(|word| word.as_str().map(str::to_owned));
        let metadata: HashMap<String, String> = word.map(|word| (TYPE_KEY.to_owned(), word)).into_iter().collect();
        field.with_metadata(metadata)
    }

    /// The type that a column of texts stands for, where it is not just text.
    pub fn of_typed_text(field: &Field) -> Option<Self> {
        let word = field.metadata().get(TYPE_KEY)?;
        serde_json::from_value(serde_json::Value::from(word.as_str())).ok()
    }
}

/// Key of a column's metadata with the type that its texts stand for.
const TYPE_KEY: &str = "rowgraph.type";

/// One property of a graph table: its name in Neo4j and its type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Property {
    /// Name in Neo4j.
    pub name: String,
    /// Type in Neo4j.
    #[serde(rename = "type")]
    pub kind: PropertyType,
}

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

/// Kind of a schema element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SchemaKind {
    /// Uniqueness constraint (every edition).
    UniqueConstraint,
    /// Node key constraint (not in Community).
    KeyConstraint,
    /// Existence constraint (not in Community).
    ExistenceConstraint,
    /// Range index.
    RangeIndex,
    /// Text index.
    TextIndex,
    /// Point index.
    PointIndex,
    /// Fulltext index, over one label or several.
    FulltextIndex,
    /// Vector index.
    VectorIndex,
    /// Property type constraint (not in Community).
    TypeConstraint,
}

/// Whether a schema element is on a label or on a relationship type.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SchemaOn {
    /// A node label.
    Label(String),
    /// Several node labels, for a fulltext index.
    Labels(Vec<String>),
    /// A relationship type.
    Type(String),
}

impl SchemaOn {
    /// Labels or types.
    pub fn names(&self) -> Vec<&str> {
        match self {
            Self::Label(name) | Self::Type(name) => vec![name],
            Self::Labels(names) => names.iter().map(String::as_str).collect(),
        }
    }
}

/// One constraint or index that the load creates before it writes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SchemaItem {
    /// Kind.
    pub kind: SchemaKind,
    /// Name in the database: ours, so that `load clear` knows it again.
    pub name: String,
    /// Label or type.
    pub on: SchemaOn,
    /// Properties, in order.
    pub properties: Vec<String>,
    /// Options of the mapping, as JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub options: Option<String>,
    /// Type that a type constraint asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub property_type: Option<PropertyType>,
}

/// When an action of the mapping is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActionStage {
    /// Before the first node.
    Start,
    /// The same: sources are on disk by then.
    PostSources,
    /// The same, after those of `start` and `post_sources`.
    PreNodes,
    /// After the last node.
    PostNodes,
    /// The same, after those of `post_nodes`.
    PreRelationships,
    /// After the last relationship, once the graph has been compared with the tables.
    PostRelationships,
    /// After those of `post_relationships`.
    PreQueries,
    /// After those of `pre_queries`.
    PostQueries,
    /// Last of all.
    End,
}

/// One action of the mapping: Cypher that is run once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Action {
    /// Its name.
    pub name: String,
    /// When.
    pub stage: ActionStage,
    /// Cypher.
    pub query: String,
    /// Whether it opens transactions of its own, so that it may be done twice after a lost answer.
    pub autocommit: bool,
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
