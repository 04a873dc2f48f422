//! Every random choice of the generator: a stream of numbers for one row, and the ways to choose with it.
//! In: the seed and a row's ordinal. Out: the same choices for the same two, on every machine. It must never depend on
//! another row, on a clock, or on arithmetic that differs between machines (so no powers or logarithms).

use fastrand::Rng;

/// The choices of one row.
pub struct Chance(Rng);

impl Chance {
    /// A stream of its own for `ordinal`, so that a row does not depend on the rows before it.
    pub fn new(seed: u64, ordinal: u64) -> Self {
        Self(Rng::with_seed(scatter(seed ^ scatter(ordinal))))
    }

    /// True in `share` of all cases.
    pub fn share(&mut self, share: f64) -> bool {
        self.0.f64() < share
    }

    /// A number in `low..=high`.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        self.0.i64(low..=high)
    }

    /// One of the list, each as likely.
    pub fn of<'a, T: ?Sized>(&mut self, list: &[&'a T]) -> &'a T {
        list[self.0.usize(0..list.len())]
    }

    /// A place in a list of `length`, each as likely.
    pub fn place(&mut self, length: usize) -> usize {
        self.0.usize(0..length)
    }

    /// A place by weight.
    pub fn weighted(&mut self, weights: &Weights) -> usize {
        let drawn = self.0.f64() * weights.total();
        weights.0.partition_point(|&bound| bound <= drawn).min(weights.0.len() - 1)
    }

    /// One of the pairs, by its weight; for short lists.
    pub fn by_weight<'a>(&mut self, pairs: &[(&'a str, f64)]) -> &'a str {
        let mut drawn = self.0.f64() * pairs.iter().map(|pair| pair.1).sum::<f64>();
        for (text, weight) in pairs {
            drawn -= weight;
            if drawn < 0.0 {
                return text;
            }
        }
        pairs[pairs.len() - 1].0
    }

    /// Sixty-four random bits.
    pub fn bits(&mut self) -> u64 {
        self.0.u64(..)
    }
}

/// Running totals of weights, to choose from by binary search.
pub struct Weights(Vec<f64>);

impl Weights {
    /// Of the weights themselves.
    pub fn of(weights: impl IntoIterator<Item = f64>) -> Self {
        let mut total = 0.0;
        Self(
            weights
                .into_iter()
                .map(|weight| {
                    total += weight;
                    total
                })
                .collect(),
        )
    }

    /// Zipf's law over `length` ranks; a larger `flat` makes the first ranks less dominant.
    pub fn zipf(length: usize, flat: f64) -> Self {
        Self::of((0..length).map(|rank| 1.0 / (rank as f64 + flat)))
    }

    fn total(&self) -> f64 {
        self.0.last().copied().unwrap_or_default()
    }
}

/// A well-mixed number of another one (splitmix64), so that neighbouring ordinals share nothing.
pub fn scatter(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
