//! Entities: records with one key become one row, and votes decide which spelling of a property wins.
//!
//! In: mentions, in row order. Out: one row a key, in order of first mention. Tables of several tasks are joined in row
//! order; votes are sums, so the outcome does not depend on how the rows were shared out.

use indexmap::{IndexMap, IndexSet};

use super::value::{Decoder, Encoded, OwnedValue, Value, compare};
use crate::mapping::resolved::Choice;

type Hasher = hashbrown::DefaultHashBuilder;

/// Rows of one table, by key.
pub struct Entities {
    choices: Vec<Choice>,
    /// From a mention (length of the key, key, values that votes decide on) to how often it was made. One look-up a mention,
    /// however many votes it casts: they are counted apart only at the end.
    mentions: IndexMap<Box<[u8]>, u64, Hasher>,
    /// Keys, in order of first mention, where some choice takes the first value; empty otherwise.
    keys: IndexSet<Box<[u8]>, Hasher>,
    /// For each of these keys and each choice that takes the first value: the values, or nothing yet.
    firsts: Vec<Option<Box<[OwnedValue]>>>,
    takes_first: bool,
    scratch: Encoded,
}

impl Entities {
    /// No entities, with the properties of each chosen like this.
    pub fn new(choices: &[Choice]) -> Self {
        Self {
            choices: choices.to_vec(),
            mentions: IndexMap::default(),
            keys: IndexSet::default(),
            firsts: Vec::new(),
            takes_first: choices.iter().any(|choice| !choice.by_votes),
            scratch: Encoded::new(),
        }
    }

    /// An entity with this encoded key is mentioned; `property` gives the value of each property in this mention.
    pub fn mention<'a>(&mut self, key: &[u8], property: impl Fn(usize) -> Value<'a>) {
        let mut mention = std::mem::take(&mut self.scratch);
        mention.clear();
        mention.extend_from_slice(&(key.len() as u32).to_le_bytes());
        mention.extend_from_slice(key);
        // A group with a value missing is no value at all.
        let is_whole = |choice: &Choice| !choice.properties.iter().any(|place| property(*place).is_missing());
        for choice in self.choices.iter().filter(|choice| choice.by_votes) {
            let whole = is_whole(choice);
            for place in &choice.properties {
                if whole { property(*place) } else { Value::Missing }.encode(&mut mention);
            }
        }
        match self.mentions.get_mut(mention.as_slice()) {
            Some(count) => *count += 1,
            None => {
                self.mentions.insert(mention.as_slice().into(), 1);
            }
        }
        self.scratch = mention;
        if self.takes_first {
            let entity = self.place(key);
            for (at, choice) in self.choices.iter().enumerate().filter(|(_, choice)| !choice.by_votes) {
                let first = &mut self.firsts[entity * self.choices.len() + at];
                if first.is_none() && is_whole(choice) {
                    *first = Some(choice.properties.iter().map(|place| property(*place).to_owned()).collect());
                }
            }
        }
    }

    fn place(&mut self, key: &[u8]) -> usize {
        if let Some(place) = self.keys.get_index_of(key) {
            return place;
        }
        let (place, _) = self.keys.insert_full(key.into());
        self.firsts.resize((place + 1) * self.choices.len(), None);
        place
    }

    /// Encoded keys, in order of first mention.
    pub fn keys(&self) -> IndexSet<&[u8], Hasher> {
        self.mentions.keys().map(|mention| split(mention).0).collect()
    }

    /// Takes what a later task found.
    pub fn join(&mut self, later: Self) {
        for (mention, count) in later.mentions {
            *self.mentions.entry(mention).or_insert(0) += count;
        }
        let width = self.choices.len();
        let mut firsts = later.firsts.into_iter();
        for key in &later.keys {
            let place = self.place(key);
            for at in 0..width {
                let first = firsts.next().flatten();
                let mine = &mut self.firsts[place * width + at];
                if mine.is_none() {
                    *mine = first;
                }
            }
        }
    }

    /// All rows in order of first mention: the key's values, and for each choice the values chosen, if any.
    pub fn finish(self) -> Vec<ChosenRow> {
        let by_votes: Vec<(usize, usize)> = self
            .choices
            .iter()
            .enumerate()
            .filter(|(_, choice)| choice.by_votes)
            .map(|(at, choice)| (at, choice.properties.len()))
            .collect();
        let mut ballots: IndexMap<&[u8], Vec<Ballots<'_>>, Hasher> = IndexMap::default();
        for (mention, count) in &self.mentions {
            let (key, values) = split(mention);
            let of_key = ballots.entry(key).or_insert_with(|| vec![Ballots::default(); by_votes.len()]);
            let mut rest = values;
            for (ballots, (_, width)) in of_key.iter_mut().zip(&by_votes) {
                let mut decoder = Decoder(rest);
                let missing = decoder.by_ref().take(*width).filter(|value| value.is_missing()).count();
                let (ballot, others) = rest.split_at(rest.len() - decoder.0.len());
                rest = others;
                if missing == 0 {
                    *ballots.entry(ballot).or_insert(0) += count;
                }
            }
        }
        let width = self.choices.len();
        let rows = ballots.into_iter().map(|(key, of_key)| {
            let mut chosen: Vec<Option<Box<[OwnedValue]>>> = match self.keys.get_index_of(key) {
                Some(place) => self.firsts[place * width..(place + 1) * width].to_vec(),
                None => vec![None; width],
            };
            for (ballots, (at, _)) in of_key.iter().zip(&by_votes) {
                chosen[*at] = winner(ballots);
            }
            ChosenRow { key: key.into(), chosen }
        });
        rows.collect()
    }
}

/// Encoded values of one choice, with how often each was mentioned.
type Ballots<'a> = IndexMap<&'a [u8], u64, Hasher>;

/// Key and values of a mention.
fn split(mention: &[u8]) -> (&[u8], &[u8]) {
    let (length, rest) = mention.split_first_chunk::<4>().expect("a mention starts with the length of its key");
    rest.split_at(u32::from_le_bytes(*length) as usize)
}

/// The most frequent; among equals the smallest.
fn winner(ballots: &Ballots<'_>) -> Option<Box<[OwnedValue]>> {
    let values = |ballot: &[u8]| -> Box<[OwnedValue]> { Decoder(ballot).map(Value::to_owned).collect() };
    let most = ballots.values().max()?;
    let mut best: Option<Box<[OwnedValue]>> = None;
    for (ballot, _) in ballots.iter().filter(|(_, count)| *count == most) {
        if best.as_deref().is_none_or(|best| is_smaller(Decoder(ballot), best)) {
            best = Some(values(ballot));
        }
    }
    best
}

fn is_smaller<'a>(values: impl Iterator<Item = Value<'a>>, than: &[OwnedValue]) -> bool {
    let order = values.zip(than).map(|(one, other)| compare(one, other.as_value())).find(|order| order.is_ne());
    order.is_some_and(std::cmp::Ordering::is_lt)
}

/// One row of a table of entities.
pub struct ChosenRow {
    /// Encoded key.
    pub key: Box<[u8]>,
    /// For each choice its values, where there were any.
    pub chosen: Vec<Option<Box<[OwnedValue]>>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> Encoded {
        let mut bytes = Encoded::new();
        Value::Text(text).encode(&mut bytes);
        bytes
    }

    fn names(rows: &[ChosenRow]) -> Vec<Option<String>> {
        rows.iter()
            .map(|row| row.chosen[0].as_ref().map(|values| values[0].as_value().text().unwrap().to_owned()))
            .collect()
    }

    #[test]
    fn the_most_frequent_wins_and_then_the_smallest_in_any_sharing_out() {
        let choices = [Choice { properties: vec![1], by_votes: true }];
        let mentions = [
            ("a", Some("x")),
            ("b", Some("q")),
            ("a", Some("y")),
            ("a", Some("y")),
            ("b", Some("p")),
            ("a", Some("x")),
            ("c", None),
        ];
        for cut in 0..mentions.len() {
            let mut tables = [Entities::new(&choices), Entities::new(&choices)];
            for (at, (id, name)) in mentions.iter().enumerate() {
                tables[usize::from(at >= cut)].mention(&key(id), |_| name.map_or(Value::Missing, Value::Text));
            }
            let [mut one, other] = tables;
            one.join(other);
            assert_eq!(names(&one.finish()), [Some("x".to_owned()), Some("p".to_owned()), None]);
        }
    }

    #[test]
    fn the_first_value_that_is_there_is_kept() {
        let choices = [Choice { properties: vec![1], by_votes: false }];
        let mut one = Entities::new(&choices);
        one.mention(&key("a"), |_| Value::Missing);
        let mut other = Entities::new(&choices);
        other.mention(&key("a"), |_| Value::Text("later"));
        other.mention(&key("a"), |_| Value::Text("latest"));
        one.join(other);
        assert_eq!(names(&one.finish()), [Some("later".to_owned())]);
    }

    #[test]
    fn values_chosen_together_lack_none() {
        let choices = [Choice { properties: vec![1, 2], by_votes: true }];
        let mut table = Entities::new(&choices);
        let pairs = [
            (Value::Float(2.0), Value::Missing),
            (Value::Float(3.0), Value::Float(1.0)),
            (Value::Float(-3.0), Value::Float(9.0)),
        ];
        for (latitude, longitude) in pairs {
            table.mention(&key("a"), |place| if place == 1 { latitude } else { longitude });
        }
        let rows = table.finish();
        assert_eq!(rows[0].chosen[0].as_deref(), Some(&[OwnedValue::Float(-3.0), OwnedValue::Float(9.0)][..]));
    }
}
