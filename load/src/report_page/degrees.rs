//! How many relationships nodes have: the degrees of both ends of a relationship table, counted from its key columns.
//!
//! In: the files of a relationship table. Out: nodes by degree in bins that double, and the nodes with the most. Only the key
//! columns are decoded. Start nodes need no memory, for their relationships stand together; end nodes are counted in bounded
//! memory, where there are too many as a fair sample of them.

use std::collections::BTreeMap;
use std::path::Path;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray};
use hashbrown::HashMap;
use serde::Serialize;
use shared::distinct::{DistinctCounts, hash};
use shared::page::shortened;

use super::columns::{self, ColumnsError};
use crate::graph_table::manifest::RelationshipTable;

/// End nodes that are counted one by one. A million and three quarters fill a hash table of two million slots: 50 MB.
const COUNTED: usize = 1_750_000;
/// Nodes that are named.
const NAMED: usize = 3;
/// Characters of a key that are shown.
const KEY_CHARACTERS: usize = 60;

/// Degrees of the nodes at both ends of a table.
#[derive(Debug, Clone, Serialize)]
pub struct Degrees {
    /// Outgoing relationships of start nodes.
    pub start: Distribution,
    /// Incoming relationships of end nodes.
    pub end: Distribution,
}

/// Nodes by number of relationships.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Distribution {
    /// Nodes with at least one.
    pub nodes: u64,
    /// Whether all nodes were counted.
    pub exact: bool,
    /// Nodes of degree 1, of 2 and 3, of 4 to 7, and so on.
    pub bins: Vec<u64>,
    /// Relationships of a node of these, on average.
    pub mean: f64,
    /// Half of the nodes have at most so many.
    pub median: u64,
    /// The most.
    pub most: u64,
    /// The nodes with the most, by key.
    pub top: Vec<Hub>,
}

/// A node with many relationships.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hub {
    /// Its key, shortened.
    pub key: String,
    /// Its relationships.
    pub count: u64,
}

/// Counts the degrees of a table.
///
/// # Errors
/// When a file cannot be read.
pub fn degrees(dir: &Path, table: &RelationshipTable) -> Result<Degrees, ColumnsError> {
    let starts = table.start.key.len();
    let ends = table.end.key.len();
    let mut runs = Runs::default();
    let mut counts = DistinctCounts::new(COUNTED);
    columns::read(dir, &table.files, &(0..starts + ends).collect::<Vec<_>>(), |batch| {
        runs.add(&batch[..starts]);
        hashes(&batch[starts..]).into_iter().for_each(|hash| counts.add(hash));
        true
    })?;
    let start = runs.finish();
    let mut end = distribution(counts.iter().map(|(_, count)| (count, counts.weight())));
    end.exact = counts.is_exact();
    end.top = name(dir, table, &largest(counts.iter()))?;
    Ok(Degrees { start, end })
}

/// The most frequent, in order.
fn largest(counts: impl Iterator<Item = (u64, u64)>) -> Vec<(u64, u64)> {
    let mut largest: Vec<(u64, u64)> = Vec::new();
    for (hash, count) in counts {
        let place = largest.partition_point(|other| (other.1, hash) > (count, other.0));
        if place < NAMED {
            largest.insert(place, (hash, count));
            largest.truncate(NAMED);
        }
    }
    largest
}

/// The keys behind some hashes. What occurs often is found in the first rows.
fn name(dir: &Path, table: &RelationshipTable, wanted: &[(u64, u64)]) -> Result<Vec<Hub>, ColumnsError> {
    let mut keys: HashMap<u64, String> = HashMap::new();
    let starts = table.start.key.len();
    let ends: Vec<usize> = (starts..starts + table.end.key.len()).collect();
    columns::read(dir, &table.files, &ends, |batch| {
        for (row, hash) in hashes(batch).into_iter().enumerate() {
            if wanted.iter().any(|(wanted, _)| *wanted == hash) && !keys.contains_key(&hash) {
                keys.insert(hash, key_text(batch, row));
            }
        }
        keys.len() < wanted.len()
    })?;
    let hub = |(hash, count): &(u64, u64)| Some(Hub { key: keys.get(hash)?.clone(), count: *count });
    Ok(wanted.iter().filter_map(hub).collect())
}

/// Consecutive rows of one start node.
#[derive(Default)]
struct Runs {
    by_degree: HashMap<u64, u64>,
    current: Option<u64>,
    length: u64,
    key: String,
    top: Vec<Hub>,
}

impl Runs {
    fn add(&mut self, columns: &[ArrayRef]) {
        for (row, hash) in hashes(columns).into_iter().enumerate() {
            if self.current != Some(hash) {
                self.close();
                self.current = Some(hash);
            }
            self.length += 1;
            // The key is only put into words where this run may become one of the longest.
            if self.length == self.top.last().map_or(1, |hub| hub.count + 1)
                || (self.top.len() < NAMED && self.length == 1)
            {
                self.key = key_text(columns, row);
            }
        }
    }

    fn close(&mut self) {
        if self.length == 0 {
            return;
        }
        *self.by_degree.entry(self.length).or_default() += 1;
        if self.top.len() < NAMED || self.top.last().is_some_and(|least| self.length > least.count) {
            let hub = Hub { key: std::mem::take(&mut self.key), count: self.length };
            let place = self.top.partition_point(|other| other.count >= hub.count);
            self.top.insert(place, hub);
            self.top.truncate(NAMED);
        }
        self.length = 0;
    }

    fn finish(mut self) -> Distribution {
        self.close();
        let top = std::mem::take(&mut self.top);
        let by_degree = self.by_degree.iter().map(|(degree, nodes)| (*degree, *nodes));
        Distribution { top, exact: true, ..distribution(by_degree) }
    }
}

/// A distribution of degrees, each with how many nodes have it.
fn distribution(degrees: impl Iterator<Item = (u64, u64)>) -> Distribution {
    let mut by_degree: BTreeMap<u64, u64> = BTreeMap::new();
    for (degree, nodes) in degrees {
        *by_degree.entry(degree).or_default() += nodes;
    }
    let nodes: u64 = by_degree.values().sum();
    let relationships: u64 = by_degree.iter().map(|(degree, nodes)| degree * nodes).sum();
    let mut all = Distribution { nodes, ..Distribution::default() };
    let Some((most, _)) = by_degree.last_key_value() else { return all };
    all.most = *most;
    all.mean = relationships as f64 / nodes.max(1) as f64;
    all.bins = vec![0; most.ilog2() as usize + 1];
    let mut seen = 0;
    for (degree, nodes_of_it) in &by_degree {
        all.bins[degree.ilog2() as usize] += nodes_of_it;
        if seen * 2 < nodes {
            all.median = *degree;
        }
        seen += nodes_of_it;
    }
    all
}

/// One hash a row over all columns.
fn hashes(columns: &[ArrayRef]) -> Vec<u64> {
    let mut hashes = vec![0; columns.first().map_or(0, Array::len)];
    for column in columns {
        let mut join = |row: usize, bytes: &[u8]| {
            let before: u64 = hashes[row];
            hashes[row] = before.rotate_left(23).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ hash(bytes);
        };
        if let Some(texts) = column.as_string_opt::<i32>() {
            texts.iter().enumerate().for_each(|(row, text)| join(row, text.unwrap_or_default().as_bytes()));
        } else if let Some(truths) = column.as_any().downcast_ref::<BooleanArray>() {
            truths.iter().enumerate().for_each(|(row, truth)| join(row, &[u8::from(truth == Some(true))]));
        } else {
            // All other columns of graph tables have values of one width.
            let data = column.to_data();
            let width = column.data_type().primitive_width().unwrap_or(8);
            let bytes = data.buffers().first().map_or(&[][..], |buffer| buffer.as_slice());
            let values = bytes[(data.offset() * width).min(bytes.len())..].chunks_exact(width);
            values.take(column.len()).enumerate().for_each(|(row, value)| join(row, value));
        }
    }
    hashes
}

fn key_text(columns: &[ArrayRef], row: usize) -> String {
    let texts: Vec<String> = columns.iter().filter_map(|column| columns::text(column, row)).collect();
    shortened(&texts.join(", "), KEY_CHARACTERS)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Int64Array, StringArray};

    use super::*;

    #[test]
    fn bins_double_and_the_median_is_in_the_middle() {
        let all = distribution([(1, 5), (2, 1), (3, 1), (9, 1)].into_iter());
        assert_eq!((all.nodes, all.most, all.median), (8, 9, 1));
        assert_eq!(all.bins, [5, 2, 0, 1]);
        assert!((all.mean - 19.0 / 8.0).abs() < 1e-9);
        assert_eq!(distribution(std::iter::empty()), Distribution::default());
    }

    #[test]
    fn runs_go_on_from_batch_to_batch() {
        let mut runs = Runs::default();
        for batch in [vec!["a", "a", "b"], vec!["b", "b", "b", "c"], vec!["d", "d"]] {
            runs.add(&[Arc::new(StringArray::from(batch)) as ArrayRef]);
        }
        let all = runs.finish();
        assert_eq!((all.nodes, all.most, all.bins.clone()), (4, 4, vec![1, 2, 1]));
        let named: Vec<(&str, u64)> = all.top.iter().map(|hub| (hub.key.as_str(), hub.count)).collect();
        assert_eq!(named, [("b", 4), ("a", 2), ("d", 2)]);
    }

    #[test]
    fn rows_are_the_same_where_all_their_columns_are() {
        let columns: Vec<ArrayRef> =
            vec![Arc::new(StringArray::from(vec!["a", "a", "b", "a"])), Arc::new(Int64Array::from(vec![1, 2, 1, 1]))];
        let hashes = hashes(&columns);
        assert_eq!(hashes[0], hashes[3]);
        assert!(hashes[0] != hashes[1] && hashes[0] != hashes[2] && hashes[1] != hashes[2]);
        let tail: Vec<ArrayRef> = columns.iter().map(|column| column.slice(1, 3)).collect();
        assert_eq!(super::hashes(&tail), hashes[1..]);
    }
}
