//! Indexes of a learner's entries (rule 16 of GRAPH.md): what an entry calls its own index comes in, in entry order, and
//! a number no entry before it has goes out. One giver serves one learner and column; it never gives a number twice.

use hashbrown::HashSet;

use crate::stage::number::parse_integer;
use crate::stage::text::trimmed;

/// The number that means "no number" (rule 6).
const MISSING: i64 = -99;

/// Gives each entry its own index where it is free, else the smallest free one from 1.
#[derive(Debug, Clone, Default)]
pub struct IndexGiver {
    /// All from 1 to this are used. Indexes that count from 1, the usual case, need nothing else.
    used_up_to: i64,
    /// The used ones elsewhere.
    others: HashSet<i64>,
}

impl IndexGiver {
    /// The index of the next entry, whose own one is `own`: blanks around it are cut off; no number, `-99` in any
    /// spelling, or a used one counts as none.
    pub fn next(&mut self, own: Option<&str>) -> i64 {
        let own = own.and_then(|text| parse_integer(trimmed(text))).filter(|&index| index != MISSING);
        match own {
            Some(index) if index != self.used_up_to + 1 => {
                if !(1..=self.used_up_to).contains(&index) && self.others.insert(index) {
                    return index;
                }
                self.smallest_free()
            }
            _ => self.smallest_free(),
        }
    }

    fn smallest_free(&mut self) -> i64 {
        self.used_up_to += 1;
        let index = self.used_up_to;
        while !self.others.is_empty() && self.others.remove(&(self.used_up_to + 1)) {
            self.used_up_to += 1;
        }
        index
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indexes() {
        let cases: &[(&[&str], &[i64])] = &[
            (&["1", "2", "3"], &[1, 2, 3]),
            (&["0", "1", "2"], &[0, 1, 2]),
            (&["", "", ""], &[1, 2, 3]),
            (&["2", "", "", ""], &[2, 1, 3, 4]),
            (&["3", "2", "", ""], &[3, 2, 1, 4]),
            (&["1", "1", "1"], &[1, 2, 3]),
            (&["5", "5", "5"], &[5, 1, 2]),
            (&["1", "1", "2"], &[1, 2, 3]),
            (&["-99", "-99.0", "-9.9e1"], &[1, 2, 3]),
            (&["-5", "-5", "0", "0"], &[-5, 1, 0, 2]),
            (&["x", "1.5", "n/a", "9223372036854775808"], &[1, 2, 3, 4]),
            (&["1.0", " 2 ", "3e0", "+4"], &[1, 2, 3, 4]),
            (&["9223372036854775807", "9223372036854775807", "-9223372036854775808"], &[i64::MAX, 1, i64::MIN]),
        ];
        for (own, expected) in cases {
            let mut giver = IndexGiver::default();
            let given: Vec<i64> = own.iter().map(|text| giver.next(Some(text))).collect();
            assert_eq!(given, *expected, "{own:?}");
        }
        let mut giver = IndexGiver::default();
        assert_eq!([giver.next(None), giver.next(Some("1")), giver.next(None)], [1, 2, 3]);
    }

    /// The rule, word by word.
    #[test]
    fn indexes_are_those_of_the_rule() {
        let mut rng = fastrand::Rng::with_seed(16);
        for _ in 0..20_000 {
            let mut giver = IndexGiver::default();
            let mut used: Vec<i64> = Vec::new();
            for _ in 0..rng.usize(0..12) {
                let own = rng.i64(-2..9);
                let expected = match own {
                    -2 => None,
                    own => Some(own).filter(|own| !used.contains(own)),
                };
                let expected = expected.unwrap_or_else(|| (1..).find(|index| !used.contains(index)).unwrap());
                let text = own.to_string();
                assert_eq!(giver.next((own != -2).then_some(&text)), expected, "{own} after {used:?}");
                used.push(expected);
            }
        }
    }

    #[test]
    fn many_entries_are_no_trouble() {
        let mut giver = IndexGiver::default();
        for index in (2..=200_000i64).rev() {
            assert_eq!(giver.next(Some(&index.to_string())), index);
        }
        assert_eq!(giver.next(Some("7")), 1);
        assert_eq!(giver.next(None), 200_001);
    }
}
