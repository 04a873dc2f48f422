//! What a snapshot says of itself.
//!
//! In and out: `_manifest.json`. It names the source, the columns and every part with its checksum, so that a reader on
//! another day and machine can check the whole without MySQL. It never holds a secret, and no value of a row.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{ContentDigest, DeclaredKeys, Selection};

/// The manifest of a sealed snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of the format, [`super::FORMAT_VERSION`] when written by this code.
    pub format_version: u32,
    /// Version of the program that wrote it.
    pub tool_version: String,
    /// Where the rows came from.
    pub source: Source,
    /// What of the table this is; absent when it is all of it.
    #[serde(default, skip_serializing_if = "Selection::is_all")]
    pub selection: Selection,
    /// UTC date of the read that gave the rows: what the graph takes for "today".
    pub as_of_date: Date,
    /// The columns, in table order.
    pub columns: Vec<Column>,
    /// The keys that the table declares; absent when it declares none, or the account may not see them.
    #[serde(default, skip_serializing_if = "DeclaredKeys::is_empty")]
    pub keys: DeclaredKeys,
    /// Rows in all parts.
    pub rows: u64,
    /// Bytes of the values before compression: texts and bytes by their length, others by the width of their Arrow type.
    pub source_bytes: u64,
    /// The parts, in row order.
    pub parts: Vec<Part>,
    /// Values that could not be stored as they were, by column and reason; empty when there were none.
    pub bad_values: Vec<BadValues>,
    /// The digest of the content, whatever the parts look like.
    pub content_digest: ContentDigest,
}

/// Where and how the rows were read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// `MySQL` or `MariaDB`.
    pub server_kind: String,
    /// The version as the server writes it.
    pub server_version: String,
    /// The database (schema) of the table.
    pub database: String,
    /// The table.
    pub table: String,
    /// The statement whose result this is.
    pub statement: String,
    /// When the pass that gave the rows started.
    pub started_at: Timestamp,
    /// When its last row had been read.
    pub ended_at: Timestamp,
    /// Whether all rows are of one moment (a consistent snapshot of a transactional engine).
    pub consistent_read: bool,
    /// The server's position in its binary log at that moment, where the account may see it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub binlog: Option<BinlogPosition>,
    /// `binary` or `text`.
    pub protocol: String,
    /// What became of values that the type cannot hold: `null`, `text` or `fail`.
    pub on_bad_value: String,
    /// The integer primary key by which the rows were asked for, in that order; absent where they came as they come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ordered_by: Option<String>,
}

/// A position in the server's binary log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BinlogPosition {
    /// The file.
    pub file: String,
    /// The offset in it.
    pub position: u64,
    /// The GTID set executed so far, in the server's own notation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gtid: Option<String>,
}

/// A column, as it was and as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// The type as MySQL declares it, such as `decimal(38,6)`.
    pub mysql_type: String,
    /// Whether the table allows NULL. Stored columns are always nullable.
    pub nullable: bool,
    /// The character set of a text column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charset: Option<String>,
    /// The Arrow type it is stored as.
    pub arrow_type: String,
    /// The Parquet type it is stored as.
    pub parquet_type: String,
    /// The rule of the type map that made the one of the other.
    pub rule: String,
}

/// One Parquet file of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The file's name in the snapshot's folder.
    pub file: String,
    /// Its rows.
    pub rows: u64,
    /// The ordinal, from 0, of its first row in the whole snapshot.
    pub first_row: u64,
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256 in lower-case hex.
    pub sha256: String,
}

/// How many values of a column could not be stored as they were, for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BadValues {
    /// The column.
    pub column: String,
    /// The reason, such as `zero date` or `invalid UTF-8`.
    pub reason: String,
    /// What became of them: `null` or `text`.
    pub stored_as: String,
    /// How many.
    pub count: u64,
    /// The ordinal, from 0, of the first row with one.
    pub first_row: u64,
}
