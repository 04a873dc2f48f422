//! What is in the JSON of a column: texts come in one by one, the shape that they share goes out.
//!
//! Only the names of members and the types of their values are kept. A text that is no JSON, or nested too deep, is counted as
//! such and never an error.

use indexmap::IndexMap;
use serde_json::Value as Json;

/// Cells that are taken apart: their shape shows in far fewer.
const LOOKED_CELLS: u64 = 10_000;
/// Names of members that are kept; objects that are used as maps have no end of them.
const MOST_MEMBERS: usize = 100;

/// What values are, with how often.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Kinds {
    texts: u64,
    days: u64,
    whole: u64,
    numbers: u64,
    truths: u64,
    nested: u64,
}

/// The shape of the JSON of a column.
#[derive(Debug, Default)]
pub struct JsonShape {
    /// Texts that were looked at.
    pub cells: u64,
    /// Objects.
    pub objects: u64,
    /// Lists of objects.
    pub lists_of_objects: u64,
    /// Lists of texts, numbers, truth values.
    pub lists_of_values: u64,
    /// Lists of nothing.
    pub empty_lists: u64,
    /// Members of the objects, in the order in which they were first met.
    pub members: IndexMap<String, Kinds>,
    values: Kinds,
}

impl Kinds {
    fn see(&mut self, value: &Json) {
        match value {
            Json::Null => {}
            Json::Bool(_) => self.truths += 1,
            Json::Number(number) if number.is_i64() => self.whole += 1,
            Json::Number(_) => self.numbers += 1,
            Json::String(text) => {
                self.texts += 1;
                self.days += u64::from(text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok());
            }
            Json::Array(_) | Json::Object(_) => self.nested += 1,
        }
    }

    fn all(&self) -> u64 {
        self.texts + self.whole + self.numbers + self.truths + self.nested
    }

    /// Whether there is only what a property cannot hold: lists and objects.
    pub fn is_nested(&self) -> bool {
        self.nested > 0 && self.nested == self.all()
    }

    /// The type that all values have, as a mapping calls it; none where they are texts, or differ.
    pub fn type_word(&self) -> Option<&'static str> {
        match self.all() {
            0 => None,
            all if self.days == all => Some("date"),
            all if self.whole == all => Some("integer"),
            all if self.whole + self.numbers == all => Some("float"),
            all if self.truths == all => Some("boolean"),
            _ => None,
        }
    }

    fn list_word(&self) -> Option<&'static str> {
        match self.all() {
            0 => None,
            all if self.texts == all => Some("string_array"),
            all if self.whole == all => Some("integer_array"),
            all if self.whole + self.numbers == all => Some("float_array"),
            all if self.truths == all => Some("boolean_array"),
            _ => None,
        }
    }
}

impl JsonShape {
    /// Looks at one more text.
    pub fn see(&mut self, text: &str) {
        if self.cells == LOOKED_CELLS {
            return;
        }
        self.cells += 1;
        if !text.starts_with(['[', '{']) {
            return;
        }
        match serde_json::from_str::<Json>(text) {
            Ok(Json::Object(members)) => {
                self.objects += 1;
                self.see_members(&members);
            }
            Ok(Json::Array(items)) if items.is_empty() => self.empty_lists += 1,
            Ok(Json::Array(items)) if items.iter().all(Json::is_object) => {
                self.lists_of_objects += 1;
                items.iter().filter_map(Json::as_object).for_each(|members| self.see_members(members));
            }
            Ok(Json::Array(items)) if !items.iter().any(|item| item.is_object() || item.is_array()) => {
                self.lists_of_values += 1;
                items.iter().for_each(|item| self.values.see(item));
            }
            _ => {}
        }
    }

    fn see_members(&mut self, members: &serde_json::Map<String, Json>) {
        for (name, value) in members {
            if self.members.contains_key(name) || self.members.len() < MOST_MEMBERS {
                self.members.entry(name.clone()).or_default().see(value);
            }
        }
    }

    /// Texts that are no lists of objects.
    pub fn others(&self) -> u64 {
        self.cells - self.lists_of_objects - self.empty_lists
    }

    /// Whether almost all texts are lists of objects; what is not will be rejected with its row.
    pub fn is_list_of_objects(&self) -> bool {
        self.lists_of_objects > 0 && self.are_few(self.cells - self.lists_of_objects - self.empty_lists)
    }

    /// One in ten: a column with more exceptions has no shape that a mapping could rely on.
    fn are_few(&self, exceptions: u64) -> bool {
        exceptions * 10 <= self.cells
    }

    /// The type of a property that takes them, where almost all texts are lists of plain values of one type.
    pub fn list_word(&self) -> Option<&'static str> {
        let others = self.cells - self.lists_of_values - self.empty_lists;
        if self.lists_of_values > 0 && self.are_few(others) { self.values.list_word() } else { None }
    }

    /// Whether almost all texts are objects.
    pub fn is_object(&self) -> bool {
        self.objects > 0 && self.are_few(self.cells - self.objects)
    }

    /// Whether there is a shape at all.
    pub fn is_structured(&self) -> bool {
        self.is_object() || self.is_list_of_objects() || self.list_word().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(texts: &[&str]) -> JsonShape {
        let mut shape = JsonShape::default();
        texts.iter().for_each(|text| shape.see(text));
        shape
    }

    #[test]
    fn lists_of_objects_have_members_with_types() {
        let texts =
            [r#"[{"sku": "a", "n": 1, "price": 1, "on": "2024-01-02"}]"#, "[]", r#"[{"n": 2, "price": 2.5, "x": []}]"#];
        let list = shape(&texts);
        assert!(list.is_list_of_objects() && list.is_structured() && !list.is_object());
        let words: Vec<_> = list.members.iter().map(|(name, kinds)| (name.as_str(), kinds.type_word())).collect();
        let expected =
            [("sku", None), ("n", Some("integer")), ("price", Some("float")), ("on", Some("date")), ("x", None)];
        assert_eq!(words, expected);
        assert!(list.members["x"].is_nested() && !list.members["sku"].is_nested());
    }

    #[test]
    fn lists_of_values_objects_and_other_texts_are_told_apart() {
        assert_eq!(shape(&[r#"["a"]"#, "[]"]).list_word(), Some("string_array"));
        assert_eq!(shape(&["[1, 2.5]"]).list_word(), Some("float_array"));
        assert_eq!(shape(&["[1, \"a\"]"]).list_word(), None);
        assert!(shape(&[r#"{"a": {"b": 1}}"#]).is_object());
        let words = shape(&["[draft]", "{", "plain", "[1, [2]]"]);
        assert!(!words.is_structured());
        assert_eq!(words.others(), 4);
    }
}
