//! What a broken pass leaves for the next one.
//!
//! In: the parts that were finished before the connection was lost, and the digest of all rows up to the end of each batch.
//! Out: which parts still hold, as the rows of the new pass come in. A part stays only while the rows up to the end of each
//! batch have the digest that they had there before; from the first difference on, all is written anew. The reader cuts
//! equal rows into equal batches, so passes over an unchanged table have all marks in common.

use shared::snapshot::{ContentDigest, Part};

/// The digest of a table's first rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// How many rows.
    pub rows: u64,
    /// Their digest.
    pub digest: ContentDigest,
}

/// Marks at the ends of batches, in row order: some forty bytes for every four megabytes of the table.
#[derive(Debug, Default)]
pub struct PassLog {
    marks: Vec<Mark>,
}

impl PassLog {
    /// Adds the mark of the next batch.
    pub fn append(&mut self, mark: Mark) {
        self.marks.push(mark);
    }

    /// Whether a pass has been at this very point before.
    pub fn holds(&self, mark: Mark) -> bool {
        let found = self.marks.binary_search_by_key(&mark.rows, |before| before.rows);
        found.is_ok_and(|place| self.marks[place] == mark)
    }

    /// Forgets what lies past the first `rows` rows.
    pub fn cut(&mut self, rows: u64) {
        self.marks.retain(|mark| mark.rows <= rows);
    }
}

/// Parts of an earlier pass, while the new one still agrees with them.
#[derive(Debug)]
pub struct Kept {
    /// The parts, in row order.
    pub parts: Vec<Part>,
    /// Rows in them.
    pub rows: u64,
}

impl Kept {
    /// The parts of a broken pass; `None` when it finished no part.
    pub fn of(parts: Vec<Part>) -> Option<Self> {
        let rows = parts.iter().map(|part| part.rows).sum();
        (rows > 0).then_some(Self { parts, rows })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_equal_rows_at_equal_places_agree() {
        let mark = |rows, byte| Mark { rows, digest: ContentDigest::from_bytes([byte; 32]) };
        let mut log = PassLog::default();
        [mark(10, 1), mark(20, 2), mark(35, 3)].into_iter().for_each(|mark| log.append(mark));
        assert!(log.holds(mark(20, 2)));
        assert!(!log.holds(mark(20, 3)), "other rows");
        assert!(!log.holds(mark(21, 2)), "another cut");
        log.cut(20);
        assert!(log.holds(mark(20, 2)) && !log.holds(mark(35, 3)));
        assert!(Kept::of(Vec::new()).is_none());
    }
}
