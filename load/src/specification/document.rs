//! From the text of a file to a document.
//!
//! In: YAML or JSON. Out: the document, by way of JSON, so that a file in either form with the same content is the same. A key
//! that stands twice in one object is refused, as one of the two values would be lost without a word; so is a second document.

use std::fmt;

use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value as Json};

/// Why a text is no document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct Unreadable {
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
    /// What is wrong there.
    pub message: String,
}

/// Reads the one document of a text.
///
/// # Errors
/// With line and column, where the text is neither YAML nor JSON.
pub fn read(text: &str) -> Result<Json, Unreadable> {
    // YAML holds JSON nearly whole, but its reader knows less of what is wrong with it.
    let looks_like_json = text.trim_start().starts_with(['{', '[']);
    let json = looks_like_json.then(|| serde_json::from_str::<Document>(text));
    if let Some(Ok(document)) = json {
        return Ok(document.0);
    }
    let yaml = match serde_yaml_ng::from_str::<Document>(text) {
        Ok(document) => return Ok(document.0),
        Err(error) => error,
    };
    Err(match json {
        Some(Err(error)) if text.trim_start().starts_with("{\"") || text.trim_start().starts_with("{\n") => {
            let message = error.to_string();
            let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(message, _)| message).to_owned();
            Unreadable { line: error.line(), column: error.column(), message }
        }
        _ => {
            let place = yaml.location();
            let message = yaml.to_string();
            let message = message.split(" at line ").next().unwrap_or(&message).to_owned();
            let (line, column) = place.map_or((1, 1), |place| (place.line(), place.column()));
            Unreadable { line, column, message }
        }
    })
}

/// A value of which no key stands twice.
struct Document(Json);

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DocumentVisitor).map(Self)
    }
}

struct DocumentVisitor;

impl<'de> Visitor<'de> for DocumentVisitor {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value without a tag")
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Json, E> {
        Ok(Json::Bool(truth))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Json, E> {
        Ok(Json::from(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Json, E> {
        Ok(Json::from(number))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Json, E> {
        // YAML's `.nan` and `.inf` are no numbers of JSON, and no property that a mapping speaks of.
        Number::from_f64(number).map(Json::Number).ok_or_else(|| E::custom("a number must be finite"))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::from(text))
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_none<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(Document(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Json::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Json, A::Error> {
        let mut object = Map::new();
        while let Some(key) = members.next_key_seed(Key)? {
            let repeated = object.contains_key(&key).then(|| key.clone());
            let Document(value) = members.next_value()?;
            if let Some(key) = repeated {
                return Err(de::Error::custom(format!("the key `{key}` stands twice in one object")));
            }
            object.insert(key, value);
        }
        Ok(Json::Object(object))
    }
}

/// The key of an object: YAML lets it be a number or a truth value, which stands for its text.
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Visitor<'_> for Key {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }

    fn visit_bool<E>(self, truth: bool) -> Result<String, E> {
        Ok(truth.to_string())
    }

    fn visit_i64<E>(self, number: i64) -> Result<String, E> {
        Ok(number.to_string())
    }

    fn visit_u64<E>(self, number: u64) -> Result<String, E> {
        Ok(number.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yaml_and_json_with_the_same_content_are_the_same() {
        let yaml = read("# a comment\nversion: '1'\nsources: [{name: a, rows: [{1: x, b: ~, c: 1.5}]}]\n").unwrap();
        let json = read(r#"{"version": "1", "sources": [{"name": "a", "rows": [{"1": "x", "b": null, "c": 1.5}]}]}"#);
        assert_eq!(yaml, json.unwrap());
        assert_eq!(read("{version: '1', flag: true}").unwrap()["flag"], Json::Bool(true));
    }

    #[test]
    fn what_cannot_be_read_says_line_and_column() {
        let error = read("version: '1'\nsources:\n  - name: a\n - name: b\n").unwrap_err();
        assert_eq!(error.line, 4, "{error}");
        let error = read("{\n  \"version\": \"1\",\n  \"sources\": [}\n}").unwrap_err();
        assert_eq!((error.line, error.column), (3, 15), "{error}");
        let error = read("version: '1'\nname: a\nname: b\n").unwrap_err();
        assert!(error.message.contains("`name` stands twice") && error.line > 0, "{error}");
    }
}
