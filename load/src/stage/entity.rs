//! Entities: records with one key become one row, and votes decide which spelling of a property wins.
//!
//! In: mentions, in row order. Out: one row a key, in order of first mention. Tables of several tasks are joined in row
//! order; votes are sums, so the outcome does not depend on how the rows were shared out.

use hashbrown::HashMap;
use indexmap::IndexSet;

use super::value::{Decoder, OwnedValue, Value, compare};
use crate::mapping::resolved::Choice;

/// Rows of one table, by key.
pub struct Entities {
    choices: Vec<Choice>,
    keys: IndexSet<Box<[u8]>, hashbrown::DefaultHashBuilder>,
    /// For each entity and each choice that takes the first value: the values, or nothing yet.
    firsts: Vec<Option<Box<[OwnedValue]>>>,
    /// From entity, choice and encoded values to how often they were mentioned.
    votes: HashMap<Box<[u8]>, u64>,
    scratch: Vec<u8>,
}

impl Entities {
    /// No entities, with the properties of each chosen like this.
    pub fn new(choices: &[Choice]) -> Self {
        Self {
            choices: choices.to_vec(),
            keys: IndexSet::default(),
            firsts: Vec::new(),
            votes: HashMap::new(),
            scratch: Vec::new(),
        }
    }

    /// An entity with this encoded key is mentioned; `property` gives the value of each property in this mention.
    pub fn mention<'a>(&mut self, key: &[u8], property: impl Fn(usize) -> Value<'a>) {
        let entity = self.place(key);
        for at in 0..self.choices.len() {
            let choice = &self.choices[at];
            // A group with a value missing is no value.
            if choice.properties.iter().any(|place| property(*place).is_missing()) {
                continue;
            }
            if choice.by_votes {
                let mut ballot = std::mem::take(&mut self.scratch);
                ballot.clear();
                ballot.extend_from_slice(&(entity as u32).to_le_bytes());
                ballot.extend_from_slice(&(at as u16).to_le_bytes());
                for place in &self.choices[at].properties {
                    property(*place).encode(&mut ballot);
                }
                match self.votes.get_mut(ballot.as_slice()) {
                    Some(count) => *count += 1,
                    None => {
                        self.votes.insert(ballot.as_slice().into(), 1);
                    }
                }
                self.scratch = ballot;
            } else {
                let first = &mut self.firsts[entity * self.choices.len() + at];
                if first.is_none() {
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
        assert!(u32::try_from(place).is_ok(), "a table of distinct keys holds fewer than 2^32 of them");
        self.firsts.resize((place + 1) * self.choices.len(), None);
        place
    }

    /// Encoded keys, in order of first mention.
    pub fn keys(&self) -> impl Iterator<Item = &[u8]> {
        self.keys.iter().map(AsRef::as_ref)
    }

    /// Takes what a later task found.
    pub fn join(&mut self, later: Self) {
        let width = self.choices.len();
        let mut firsts = later.firsts.into_iter();
        let places: Vec<u32> = later
            .keys
            .iter()
            .map(|key| {
                let place = self.place(key);
                for at in 0..width {
                    let first = firsts.next().flatten();
                    let mine = &mut self.firsts[place * width + at];
                    if mine.is_none() {
                        *mine = first;
                    }
                }
                place as u32
            })
            .collect();
        for (mut ballot, count) in later.votes {
            let (entity, _) = ballot.split_first_chunk_mut::<4>().expect("a ballot starts with its entity");
            *entity = places[u32::from_le_bytes(*entity) as usize].to_le_bytes();
            *self.votes.entry(ballot).or_insert(0) += count;
        }
    }

    /// All rows in order of first mention: the key's values, and for each choice the values chosen, if any.
    pub fn finish(self) -> Vec<ChosenRow> {
        let width = self.choices.len();
        let mut chosen = self.firsts;
        let mut counts = vec![0u64; chosen.len()];
        for (ballot, count) in self.votes {
            let (entity, rest) = ballot.split_first_chunk::<4>().expect("a ballot starts with its entity");
            let (choice, values) = rest.split_first_chunk::<2>().expect("then its choice");
            let place = u32::from_le_bytes(*entity) as usize * width + usize::from(u16::from_le_bytes(*choice));
            let values = || Decoder(values);
            let wins = match count.cmp(&counts[place]) {
                std::cmp::Ordering::Greater => true,
                std::cmp::Ordering::Less => false,
                std::cmp::Ordering::Equal => is_smaller(values(), chosen[place].as_deref().unwrap_or_default()),
            };
            if wins {
                counts[place] = count;
                chosen[place] = Some(values().map(Value::to_owned).collect());
            }
        }
        let mut chosen = chosen.into_iter();
        self.keys.into_iter().map(|key| ChosenRow { key, chosen: chosen.by_ref().take(width).collect() }).collect()
    }
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

    fn key(text: &str) -> Vec<u8> {
        let mut bytes = Vec::new();
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
