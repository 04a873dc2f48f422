//! One finding: what is wrong, where, and what was perhaps meant.
//!
//! In: what the rules say. Out: findings in the order in which their places stand in the file, as text for people or as JSON.
//! Two findings of one code never stand at one place.

use std::collections::HashMap;

use serde::{Serialize, Serializer};
use serde_json::Value as Json;

use super::Code;

/// What is wrong with a mapping file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Its code.
    #[serde(serialize_with = "code_text")]
    pub code: Code,
    /// The code of the specification's own validators.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub specification_code: Option<&'static str>,
    /// Place in the file: `$.targets.nodes[0].source`.
    pub path: String,
    /// What is wrong there.
    pub message: String,
    /// The name that was perhaps meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nearest: Option<String>,
}

fn code_text<S: Serializer>(code: &Code, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(code.text())
}

impl Finding {
    /// A finding whose code of the specification is the only one that the code stands for.
    pub fn new(code: Code, path: impl Into<String>, message: impl Into<String>) -> Self {
        let specification = code.specification();
        let only = !specification.is_empty() && !specification.contains([',', ' ']);
        let specification_code = only.then_some(specification);
        Self { code, specification_code, path: path.into(), message: message.into(), nearest: None }
    }

    /// The same with a code of the specification.
    pub fn of(mut self, specification_code: &'static str) -> Self {
        self.specification_code = Some(specification_code);
        self
    }

    /// The same with the nearest of these names, where one is near.
    pub fn near<'a>(mut self, word: &str, names: impl IntoIterator<Item = &'a str>) -> Self {
        self.nearest = nearest(word, names).map(str::to_owned);
        self
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {} [{}]", self.path, self.message, self.code)?;
        match &self.nearest {
            Some(name) => write!(f, "; did you mean `{name}`?"),
            None => Ok(()),
        }
    }
}

/// All findings for people, one a line.
pub fn for_people(findings: &[Finding]) -> String {
    findings.iter().map(|finding| format!("{finding}\n")).collect()
}

/// The name that is near enough to be what was meant.
pub fn nearest<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word_lower = word.to_lowercase();
    names
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(&word_lower, &name.to_lowercase()), name))
        .filter(|(distance, name)| *name != word && *distance <= (name.chars().count().saturating_add(1) / 3).max(1))
        .min()
        .map(|(_, name)| name)
}

/// Sorts by place in the document, and keeps one finding of a code at a place.
pub fn sort(findings: &mut Vec<Finding>, document: &Json) {
    let mut places = HashMap::new();
    number(document, "$", &mut places);
    let place = |finding: &Finding| {
        let mut path = finding.path.as_str();
        loop {
            if let Some(place) = places.get(path) {
                return *place;
            }
            // A key that is not there stands where its object does.
            path = &path[..path.rfind(['.', '[']).unwrap_or(0)];
            if path.is_empty() {
                return 0;
            }
        }
    };
    findings.sort_by_cached_key(|finding| (place(finding), finding.path.clone(), finding.code));
    findings.dedup_by(|a, b| a.path == b.path && a.code == b.code);
}

/// Numbers every place: an object before what stands in it, so that what it lacks is said first.
fn number(json: &Json, path: &str, places: &mut HashMap<String, usize>) {
    places.insert(path.to_owned(), places.len());
    match json {
        Json::Object(members) => {
            for (key, value) in members {
                number(value, &format!("{path}.{key}"), places);
            }
        }
        Json::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                number(item, &format!("{path}[{at}]"), places);
            }
        }
        _ => {}
    }
}
