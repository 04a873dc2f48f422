//! Graph tables: what staging makes of a snapshot and what the writers send to Neo4j. One Parquet table a node label or
//! relationship type, cut into units, described by `_graph.json`, which is written last and is the seal.
//!
//! They are ordinary Parquet files: anyone can query them, diff two of them, or hand them to another engine.
//! Nothing here knows Neo4j, and nothing here knows the snapshot.

pub mod contents;
pub mod manifest;
pub mod property;
pub mod reader;
pub mod row;
pub mod schema;
pub mod typed_text;
pub mod writer;
