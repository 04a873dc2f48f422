//! The content digest: one number for what a snapshot says, however its parts are cut.
//!
//! In: column names and types, then the values of each row as stored, in row order. Out: SHA-256 over the former and over a
//! 128-bit BLAKE3 of each row. Part size, threads, compression and retries do not change it; the order of rows does.
//!
//! A row's bytes: for each column, in order, one byte 0 for NULL; else one byte 1 and the value. Integers, floats, dates
//! (days since 1970-01-01) and timestamps (microseconds since then) are little endian in the width of their Arrow type,
//! decimals the 16 bytes of their unscaled value; texts and bytes have their length as 4 bytes little endian before them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Column;

/// SHA-256 of a snapshot's content; written as 64 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ContentDigest([u8; 32]);

impl ContentDigest {
    /// The 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The first six hex digits, as they stand in a snapshot's folder name.
    #[must_use]
    pub fn short(&self) -> String {
        hex::encode(&self.0[..3])
    }
}

impl fmt::Display for ContentDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for ContentDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ContentDigest({self})")
    }
}

impl FromStr for ContentDigest {
    type Err = hex::FromHexError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes)?;
        Ok(Self(bytes))
    }
}

impl TryFrom<String> for ContentDigest {
    type Error = hex::FromHexError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<ContentDigest> for String {
    fn from(digest: ContentDigest) -> Self {
        digest.to_string()
    }
}

/// The 128-bit BLAKE3 of a row.
pub type RowHash = [u8; 16];

/// Collects the bytes of one row after the other and hashes them.
#[derive(Default)]
pub struct RowHasher {
    row: Vec<u8>,
}

impl RowHasher {
    /// The next value is NULL.
    #[inline]
    pub fn null(&mut self) {
        self.row.push(0);
    }

    /// The next value has a type of fixed width; `bytes` is little endian.
    #[inline]
    pub fn fixed<const WIDTH: usize>(&mut self, bytes: [u8; WIDTH]) {
        self.row.push(1);
        self.row.extend_from_slice(&bytes);
    }

    /// The next value is text or bytes. A MySQL value is shorter than 4 GiB.
    #[inline]
    pub fn bytes(&mut self, bytes: &[u8]) {
        let [a, b, c, d] = u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes();
        self.row.extend_from_slice(&[1, a, b, c, d]);
        self.row.extend_from_slice(bytes);
    }

    /// The row is complete: its hash. The next value belongs to the next row.
    pub fn finish_row(&mut self) -> RowHash {
        let mut hash = RowHash::default();
        hash.copy_from_slice(&blake3::hash(&self.row).as_bytes()[..16]);
        self.row.clear();
        hash
    }
}

/// Adds up the rows' hashes, in row order.
#[derive(Clone)]
pub struct ContentHasher(Sha256);

impl ContentHasher {
    /// Starts with names and stored types of the columns; the declared MySQL type is not content.
    #[must_use]
    pub fn new(columns: &[Column]) -> Self {
        let mut sha256 = Sha256::new();
        sha256.update(b"rowgraph content 1\n");
        sha256.update((columns.len() as u64).to_le_bytes());
        for column in columns {
            for text in [&column.name, &column.arrow_type] {
                sha256.update((text.len() as u64).to_le_bytes());
                sha256.update(text.as_bytes());
            }
        }
        Self(sha256)
    }

    /// The next rows.
    pub fn rows(&mut self, hashes: &[RowHash]) {
        self.0.update(hashes.as_flattened());
    }

    /// The digest of all rows so far.
    #[must_use]
    pub fn finish(self) -> ContentDigest {
        ContentDigest(self.0.finalize().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(rows: &[[Option<&str>; 2]]) -> ContentDigest {
        let mut hasher = ContentHasher::new(&[]);
        let mut row = RowHasher::default();
        for values in rows {
            for value in values {
                match value {
                    Some(text) => row.bytes(text.as_bytes()),
                    None => row.null(),
                }
            }
            hasher.rows(&[row.finish_row()]);
        }
        hasher.finish()
    }

    #[test]
    fn order_null_and_borders_of_values_all_count() {
        let rows = [[Some("a"), Some("bc")], [None, Some("")]];
        assert_eq!(digest(&rows), digest(&rows));
        assert_ne!(digest(&rows), digest(&[rows[1], rows[0]]));
        assert_ne!(digest(&[[Some("a"), Some("bc")]]), digest(&[[Some("ab"), Some("c")]]));
        assert_ne!(digest(&[[None, None]]), digest(&[[Some(""), None]]));
    }

    #[test]
    fn it_is_written_as_hex() {
        let digest = digest(&[]);
        let text = serde_json::to_string(&digest).unwrap();
        assert_eq!(text.len(), 66);
        assert_eq!(serde_json::from_str::<ContentDigest>(&text).unwrap(), digest);
        assert!(digest.to_string().starts_with(&digest.short()));
        assert!(serde_json::from_str::<ContentDigest>("\"12\"").is_err());
    }
}
