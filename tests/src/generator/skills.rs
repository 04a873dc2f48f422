//! Skills: 3,334 names by Zipf's law, and a learner's comma-separated list of them (2.7 a row on average).
//! The first names are those that the categories of the mapping know; the others are made of a field and a craft.

use super::chance::{Chance, Weights};
use super::words::{SKILL_CRAFTS, SKILL_FIELDS, SKILLS};

const COUNT: usize = 3_334;

/// All skill names with their weights.
pub struct Skills {
    names: Vec<String>,
    weights: Weights,
}

impl Skills {
    /// The vocabulary, the same for every seed.
    pub fn new() -> Self {
        let pairs = SKILL_FIELDS.len() * SKILL_CRAFTS.len();
        let made = (0..pairs).map(|n| {
            // A stride that is coprime to the number of pairs visits each pair once, in no visible order.
            let pair = n * 1_009 % pairs;
            format!("{} {}", SKILL_FIELDS[pair / SKILL_CRAFTS.len()], SKILL_CRAFTS[pair % SKILL_CRAFTS.len()])
        });
        let names = SKILLS.iter().map(|known| (*known).to_owned()).chain(made).take(COUNT).collect();
        Self { names, weights: Weights::zipf(COUNT, 3.0) }
    }

    /// The cell of a learner: nothing in two rows of five, else one to sixteen names.
    pub fn list(&self, chance: &mut Chance) -> String {
        if chance.share(0.42) {
            return chance.by_weight(&[("n/a", 8.0), ("", 1.5), ("N/A", 0.5)]).to_owned();
        }
        let mut count = 1;
        while count < 16 && chance.share(0.785) {
            count += 1;
        }
        let separator = if chance.share(0.8) { ", " } else { "," };
        let mut list = String::with_capacity(count * 18);
        for nth in 0..count {
            if nth > 0 {
                list.push_str(separator);
            }
            let name = &self.names[chance.weighted(&self.weights)];
            match chance.place(50) {
                0 => list.push_str(&name.to_lowercase()),
                1 => list.push_str(&name.replace(' ', "-")),
                _ => list.push_str(name),
            }
        }
        list
    }
}
