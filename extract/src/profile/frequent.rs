//! The most frequent values of a column, in bounded memory.
//!
//! In: hashes of values, with their texts on demand. Out: values with their counts, exact while the distinct values are few;
//! after that counts are "at least", as Misra and Gries count: whatever occurs more often than once in [`KEPT`] values is
//! found.

use hashbrown::HashMap;
use serde::Serialize;
use shared::distinct::BuildAsItIs;

/// Values that are counted at the same time.
const KEPT: usize = 8_192;
/// Values that are shown.
const SHOWN: usize = 5;
/// Share of all values from which one is called frequent, where it does not occur a hundred times.
const LEAST_SHARE: f64 = 0.001;

/// A value that occurs often.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FrequentValue {
    /// The value, shortened.
    pub value: String,
    /// How often it occurs.
    pub count: u64,
    /// Or at least so often.
    pub is_exact: bool,
}

/// Counts of values.
#[derive(Debug, Default)]
pub(super) struct Frequent {
    counts: HashMap<u64, (u64, String), BuildAsItIs>,
    /// Whether a value was ever let go.
    is_pruned: bool,
}

impl Frequent {
    pub(super) fn add(&mut self, hash: u64, shown: impl FnOnce() -> String) {
        if let Some((count, _)) = self.counts.get_mut(&hash) {
            *count += 1;
            return;
        }
        if self.counts.len() == KEPT {
            // Each distinct value pays one occurrence; those that have none left go.
            self.is_pruned = true;
            self.counts.retain(|_, (count, _)| {
                *count -= 1;
                *count > 0
            });
            if self.counts.len() == KEPT {
                return;
            }
        }
        self.counts.insert(hash, (1, shown()));
    }

    /// The most frequent of so many values; none where all are about as rare.
    pub(super) fn finish(self, values: u64) -> Vec<FrequentValue> {
        let least = ((values as f64 * LEAST_SHARE) as u64).clamp(2, 100);
        let mut found: Vec<(u64, String)> = self.counts.into_values().filter(|(count, _)| *count >= least).collect();
        found.sort_unstable_by(|one, other| other.0.cmp(&one.0).then_with(|| one.1.cmp(&other.1)));
        found.truncate(SHOWN);
        let is_exact = !self.is_pruned;
        found.into_iter().map(|(count, value)| FrequentValue { value, count, is_exact }).collect()
    }
}

#[cfg(test)]
mod tests {
    use shared::distinct::hash;

    use super::*;

    #[test]
    fn what_occurs_often_is_found_among_many_that_do_not() {
        let mut frequent = Frequent::default();
        for number in 0..100_000u64 {
            frequent.add(hash(&number.to_le_bytes()), || number.to_string());
            if number % 4 == 0 {
                frequent.add(hash(b"often"), || "often".to_owned());
            }
        }
        let found = frequent.finish(125_000);
        assert_eq!(found[0].value, "often");
        assert!(!found[0].is_exact && found[0].count > 20_000 && found[0].count <= 25_000, "{found:?}");
        assert_eq!(found.len(), 1, "{found:?}");
    }
}
