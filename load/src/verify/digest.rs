//! Digests of many elements that do not depend on their order.
//!
//! In: the values of each element, key first, types included. Out: a sum of hashes, in many buckets by key, so that two sides
//! can be compared in little memory and a difference can be traced to few elements. It protects against accidents, not
//! against somebody who makes up elements whose hashes cancel out.

use crate::graph_table::row;
use crate::target::value::Value;

/// Enough that of ten million elements only some hundred share one; 1.5 MB a side.
const BUCKETS: usize = 1 << 16;

/// Sum and number of the elements of a bucket.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Bucket {
    sum: u128,
    count: u64,
}

/// The digest of a table's elements on one side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableDigest {
    buckets: Vec<Bucket>,
}

impl Default for TableDigest {
    fn default() -> Self {
        Self { buckets: vec![Bucket::default(); BUCKETS] }
    }
}

impl TableDigest {
    /// Adds an element.
    pub fn add(&mut self, values: &[Value], key: &[u8]) {
        let mut bytes = Vec::with_capacity(256);
        values.iter().for_each(|value| row::push_bytes(value, &mut bytes));
        let bucket = &mut self.buckets[bucket_of(key)];
        bucket.sum = bucket.sum.wrapping_add(hash(&bytes));
        bucket.count += 1;
    }

    /// Number of elements.
    pub fn count(&self) -> u64 {
        self.buckets.iter().map(|bucket| bucket.count).sum()
    }

    /// The digest in hex, for people and scripts.
    pub fn hex(&self) -> String {
        let sum = self.buckets.iter().fold(0u128, |sum, bucket| sum.wrapping_add(bucket.sum));
        format!("{:016x}{sum:032x}", self.count())
    }

    /// The first `limit` buckets in which two sides differ.
    pub fn differing(&self, other: &Self, limit: usize) -> Vec<usize> {
        let pairs = self.buckets.iter().zip(&other.buckets).enumerate();
        pairs.filter(|(_, (left, right))| left != right).map(|(bucket, _)| bucket).take(limit).collect()
    }
}

/// The bucket of an element with this key.
pub fn bucket_of(key: &[u8]) -> usize {
    (hash(key) % BUCKETS as u128) as usize
}

fn hash(bytes: &[u8]) -> u128 {
    let hash = blake3::hash(bytes);
    let half = hash.as_bytes().first_chunk::<16>().expect("a hash of BLAKE3 has 32 bytes");
    u128::from_le_bytes(*half)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(elements: &[(&str, Value)]) -> TableDigest {
        let mut digest = TableDigest::default();
        for (key, value) in elements {
            digest.add(&[(*key).into(), value.clone()], key.as_bytes());
        }
        digest
    }

    #[test]
    fn order_does_not_matter_and_everything_else_does() {
        let one = digest(&[("a", Value::Integer(1)), ("b", Value::Null)]);
        assert_eq!(one, digest(&[("b", Value::Null), ("a", Value::Integer(1))]));
        for other in [
            digest(&[("a", Value::Float(1.0)), ("b", Value::Null)]),
            digest(&[("a", Value::Integer(1))]),
            digest(&[("a", Value::Integer(1)), ("b", Value::Null), ("b", Value::Null)]),
        ] {
            assert_ne!(one.hex(), other.hex());
            assert_eq!(one.differing(&other, 10).len(), 1);
        }
    }
}
