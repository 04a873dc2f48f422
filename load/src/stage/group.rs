//! Groups: which rows of a table are one record, because the field that joins them has one value.
//!
//! In: one pass over the columns that the field needs. Out: for each record with more than one row its other rows, and the
//! set of all keys. Memory: 24 bytes a key, and what alignment and the hash table leave free (docs/graph-tables.md).

use std::collections::BTreeMap;

use hashbrown::{HashMap, HashSet};

use super::value::{Encoded, Value};

/// A key, shortened to 128 bits by BLAKE3: two different keys never meet in practice, whoever chose them.
pub type KeyHash = u128;

/// The rows of a table by record.
#[derive(Debug, Default)]
pub struct Groups {
    /// From a key to its first row.
    first_rows: HashMap<KeyHash, u64>,
    /// From a first row to the other rows of its record, in table order.
    others: BTreeMap<u64, Vec<u64>>,
    /// All rows that are not the first of their record.
    followers: HashSet<u64>,
}

/// The hash of a key; none where it is missing.
pub fn key_hash(key: Value<'_>) -> Option<KeyHash> {
    if key.is_missing() {
        return None;
    }
    let mut bytes = Encoded::new();
    key.encode(&mut bytes);
    Some(encoded_key_hash(&bytes))
}

/// The hash of a key that is encoded already.
pub fn encoded_key_hash(bytes: &[u8]) -> KeyHash {
    let hash = blake3::hash(bytes);
    let (half, _) = hash.as_bytes().split_first_chunk::<16>().expect("a BLAKE3 hash has 32 bytes");
    u128::from_le_bytes(*half)
}

impl Groups {
    /// Adds the rows from `first_row` on, each with its key's hash.
    pub fn add(&mut self, first_row: u64, keys: &[Option<KeyHash>]) {
        for (row, key) in (first_row..).zip(keys) {
            let Some(key) = key else { continue };
            match self.first_rows.entry(*key) {
                hashbrown::hash_map::Entry::Vacant(free) => {
                    free.insert(row);
                }
                hashbrown::hash_map::Entry::Occupied(taken) => {
                    self.others.entry(*taken.get()).or_default().push(row);
                    self.followers.insert(row);
                }
            }
        }
    }

    /// Whether a row belongs to the record of an earlier one.
    pub fn follows(&self, row: u64) -> bool {
        self.followers.contains(&row)
    }

    /// The other rows of the record that starts with this row.
    pub fn others(&self, first_row: u64) -> &[u64] {
        self.others.get(&first_row).map_or(&[], Vec::as_slice)
    }

    /// All rows that follow another one, in table order.
    pub fn followers(&self) -> Vec<u64> {
        let mut rows: Vec<u64> = self.followers.iter().copied().collect();
        rows.sort_unstable();
        rows
    }

    /// Records with more than one row, and the rows that joined an earlier one.
    pub fn joined(&self) -> (u64, u64) {
        (self.others.len() as u64, self.followers.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_with_one_key_are_one_record() {
        let hash = |text| key_hash(Value::Text(text));
        let mut groups = Groups::default();
        groups.add(0, &[hash("a"), hash("b"), None, hash("a")]);
        groups.add(4, &[None, hash("a"), hash("c")]);
        assert_eq!(groups.others(0), [3, 5]);
        assert_eq!(groups.others(1), [0u64; 0]);
        assert_eq!(groups.followers(), [3, 5]);
        assert!(groups.follows(5) && !groups.follows(2));
        assert_eq!(groups.joined(), (1, 2));
    }
}
