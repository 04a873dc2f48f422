//! Values that break programs, each a named case, put over ordinary rows at places that only the row count decides.
//! In: an ordinary row. Out: the same row with one nasty thing in it. Each case stands in every table of at least
//! [`CASES`]`.len()` rows, exactly once (a case of several rows is several cases), spread over the whole table.

mod histories;
mod keys;
mod malformed;
mod numbers;
mod texts;

use std::sync::LazyLock;

use super::learner::hashed_email;
use super::table::{Cell, Row};

/// A name, and what the case does to its row.
type Case = (&'static str, fn(&mut Slot<'_>));

/// All cases, in table order.
static CASES: LazyLock<Vec<Case>> = LazyLock::new(|| {
    [keys::CASES, malformed::CASES, texts::CASES, numbers::CASES, histories::CASES]
        .into_iter()
        .flatten()
        .copied()
        .collect()
});

/// The row that a case changes, and what it may know of the others.
pub struct Slot<'a> {
    row: &'a mut Row,
    seed: u64,
    rows: u64,
}

impl Slot<'_> {
    fn set(&mut self, column: &str, cell: impl Into<Cell>) {
        self.row.set(column, cell);
    }

    /// The key of the row that another case stands in.
    fn key_of(&self, case: &str) -> String {
        hashed_email(self.seed, position(case, self.rows).unwrap_or_default())
    }
}

/// The names of all cases.
pub fn names() -> impl Iterator<Item = &'static str> {
    CASES.iter().map(|case| case.0)
}

/// The ordinal of the row with a case in a table of `rows` rows; none in a table too small to hold all cases.
pub fn position(case: &str, rows: u64) -> Option<u64> {
    let count = CASES.len() as u64;
    let nth = CASES.iter().position(|(name, _)| *name == case)? as u64;
    (rows >= count).then(|| nth * rows / count)
}

/// Puts the case of this ordinal, if it has one, into its row.
pub fn apply(row: &mut Row, seed: u64, ordinal: u64, rows: u64) {
    let count = CASES.len() as u64;
    if rows < count {
        return;
    }
    // The only case that can stand here, by turning `nth * rows / count` round.
    let nth = (ordinal * count).div_ceil(rows);
    if nth < count && nth * rows / count == ordinal {
        CASES[nth as usize].1(&mut Slot { row, seed, rows });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_case_has_one_row_of_its_own() {
        assert!(CASES.len() <= 100, "{} cases do not fit a table of 100 rows", CASES.len());
        let distinct: BTreeSet<&str> = names().collect();
        assert_eq!(distinct.len(), CASES.len(), "two cases of one name");
        for rows in [100, 101, 997, 3_000, 1_617_360] {
            let places: BTreeSet<u64> = names().filter_map(|name| position(name, rows)).collect();
            assert_eq!(places.len(), CASES.len());
            for name in names() {
                let ordinal = position(name, rows).unwrap();
                let nth = (ordinal * CASES.len() as u64).div_ceil(rows) as usize;
                assert_eq!(CASES[nth].0, name, "{rows} rows");
            }
        }
    }
}
