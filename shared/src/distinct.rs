//! How often each value occurs, in bounded memory: exact while the values are few, a fair sample of them after that.
//!
//! In: hashes of values. Out: how many distinct ones there were, and how often those of the sample occurred. Which values are
//! in the sample depends on their hashes alone, neither on their order nor on how often they occur; so a distribution over
//! the sample is one over all of them. The values themselves are not kept.

use std::hash::{BuildHasher, Hasher};

use foldhash::quality::FixedState;
use hashbrown::HashMap;

/// Hash of some bytes, the same in every run.
#[must_use]
pub fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = FixedState::default().build_hasher();
    hasher.write(bytes);
    hasher.finish()
}

/// Hashes are as good as random already.
#[derive(Debug, Clone, Copy, Default)]
pub struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = hash(bytes);
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

/// Builds [`AsItIs`].
pub type BuildAsItIs = std::hash::BuildHasherDefault<AsItIs>;

/// Counts of distinct values.
#[derive(Debug, Clone)]
pub struct DistinctCounts {
    counts: HashMap<u64, u64, BuildAsItIs>,
    most: usize,
    /// Values whose hash has so many zeros in the middle are in the sample; its ends are what the hash table goes by.
    level: u32,
}

impl DistinctCounts {
    /// Counts at most `most` distinct values one by one: 17 to 40 bytes each.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self { counts: HashMap::default(), most: most.max(16), level: 0 }
    }

    /// One value more.
    pub fn add(&mut self, hash: u64) {
        if !self.is_sampled(hash) {
            return;
        }
        *self.counts.entry(hash).or_default() += 1;
        while self.counts.len() > self.most {
            self.level += 1;
            let level = self.level;
            self.counts.retain(|hash, _| zeros(*hash) >= level);
        }
    }

    fn is_sampled(&self, hash: u64) -> bool {
        zeros(hash) >= self.level
    }

    /// Whether every distinct value was counted.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        self.level == 0
    }

    /// How many distinct values there were: exact, or an estimate.
    #[must_use]
    pub fn distinct(&self) -> u64 {
        (self.counts.len() as u64) << self.level
    }

    /// For how many distinct values each one of the sample stands.
    #[must_use]
    pub fn weight(&self) -> u64 {
        1 << self.level
    }

    /// Hashes of the sample with how often they occurred.
    pub fn iter(&self) -> impl Iterator<Item = (u64, u64)> {
        self.counts.iter().map(|(hash, count)| (*hash, *count))
    }
}

fn zeros(hash: u64) -> u32 {
    (hash >> 24).trailing_zeros()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_values_are_counted_exactly() {
        let mut counts = DistinctCounts::new(1_000);
        (0..5_000u64).for_each(|number| counts.add(hash(&(number % 500).to_le_bytes())));
        assert!(counts.is_exact());
        assert_eq!(counts.distinct(), 500);
        assert!(counts.iter().all(|(_, count)| count == 10));
    }

    #[test]
    fn many_values_are_estimated_within_a_few_percent() {
        let mut counts = DistinctCounts::new(4_096);
        (0..300_000u64).for_each(|number| counts.add(hash(&(number / 3).to_le_bytes())));
        assert!(!counts.is_exact());
        let distinct = counts.distinct() as f64;
        assert!((distinct - 100_000.0).abs() < 8_000.0, "{distinct}");
        assert!(counts.iter().all(|(_, count)| count == 3), "a sampled value was counted each time");
    }
}
