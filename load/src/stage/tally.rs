//! What a scan counts and rejects beside the rows that it makes: nothing is thrown away in silence.
//!
//! One tally a task, joined in row order: sums and lists do not depend on the number of threads.

use std::collections::BTreeMap;

use hashbrown::HashMap;
use hashbrown::hash_map::EntryRef;

use super::fault::{Failure, Fault};

/// Something that was not loaded, with its row and its reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reject {
    /// Table of the source.
    pub table: String,
    /// Place of the row in the table, from 0.
    pub row: u64,
    /// The column.
    pub column: String,
    /// Place in the cell's list or array, from 0.
    pub place: Option<u32>,
    /// Why.
    pub reason: String,
}

/// Texts remembered of one lookup in one task, at most: the countries of a table are few, but a wrong column is not.
const REMEMBERED: usize = 4_096;

/// Counts and rejects of one task.
#[derive(Debug, Default)]
pub struct Tally {
    counts: Vec<u64>,
    /// Values that a lookup table does not have, by counter, with how often.
    pub unknown: BTreeMap<(usize, String), u64>,
    /// Rejects, in the order in which they were met.
    pub rejects: Vec<Reject>,
    /// Values of the record at hand that its mapping will not have, not judged yet.
    pub faults: Vec<Fault>,
    /// The first value that ends the load.
    pub failure: Option<Box<Failure>>,
    /// What was looked up before, by counter: the answer, and whether the table had it.
    answers: HashMap<usize, HashMap<String, (Option<String>, bool)>>,
    last_answer: Option<String>,
    /// By table: records made of more than one row, and the rows of those.
    joined: BTreeMap<String, (u64, u64)>,
}

impl Tally {
    /// A tally of as many counters as the mapping has.
    pub fn new(counters: usize) -> Self {
        Self { counts: vec![0; counters], ..Self::default() }
    }

    /// Counts one.
    pub fn count(&mut self, counter: usize) {
        self.counts[counter] += 1;
    }

    /// Takes one back: what was counted is told otherwise.
    pub fn take_back(&mut self, counter: usize) {
        self.counts[counter] -= 1;
    }

    /// Forgets the faults of a record that nobody wants.
    pub fn forget_faults(&mut self) {
        self.faults.clear();
    }

    /// The counts, by place.
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// Notes how many records of a table are made of more than one row, and of how many rows.
    pub fn joined(&mut self, table: &str, counts: (u64, u64)) {
        self.joined.insert(table.to_owned(), counts);
    }

    /// What [`Self::joined`] noted.
    pub fn joined_rows(&self) -> &BTreeMap<String, (u64, u64)> {
        &self.joined
    }

    /// Answers from memory, or asks; an answer that the table did not have is counted and listed.
    pub fn looked_up(
        &mut self,
        counter: usize,
        text: &str,
        ask: impl FnOnce(&str) -> (Option<String>, bool),
    ) -> Option<&str> {
        let answers = self.answers.entry(counter).or_default();
        let is_full = answers.len() >= REMEMBERED;
        let (answer, known) = match answers.entry_ref(text) {
            EntryRef::Occupied(remembered) => {
                let (answer, known) = &*remembered.into_mut();
                (answer.as_deref(), *known)
            }
            EntryRef::Vacant(_) if is_full => {
                let (answer, known) = ask(text);
                self.last_answer = answer;
                (self.last_answer.as_deref(), known)
            }
            EntryRef::Vacant(place) => {
                let (answer, known) = &*place.insert(ask(text));
                (answer.as_deref(), *known)
            }
        };
        if !known {
            self.counts[counter] += 1;
            *self.unknown.entry((counter, text.to_owned())).or_default() += 1;
        }
        answer
    }

    /// Takes what a later task counted; its rejects have been written by then.
    pub fn join(&mut self, later: Self) {
        for (count, more) in self.counts.iter_mut().zip(later.counts) {
            *count += more;
        }
        for (value, count) in later.unknown {
            *self.unknown.entry(value).or_default() += count;
        }
    }
}
