//! The shape of a document: what the specification's own JSON Schema says of it, in words for people.
//!
//! In: a document. Out: one finding a fault, with the nearest key or value where one is near. The schema is shipped unchanged;
//! only `source_transformations`, which it leaves to extensions, has a schema of ours. The dozen keywords that these schemas
//! use are read here (ADR 0011 says why no crate does it); a keyword that is not known must never be passed over.

use std::sync::LazyLock;

use serde_json::{Map, Value as Json};

use super::code::Code;
use super::finding::{Finding, nearest};

static SPECIFICATION: LazyLock<Json> = LazyLock::new(|| parsed(include_str!("../../schemas/import-spec.v1.json")));
static TRANSFORMATIONS: LazyLock<Json> =
    LazyLock::new(|| parsed(include_str!("../../schemas/source-transformations.json")));

static DEPENDENCIES: LazyLock<Json> =
    LazyLock::new(|| parsed(r#"{"type": "array", "items": {"type": "string", "minLength": 1}}"#));

fn parsed(schema: &str) -> Json {
    serde_json::from_str(schema).expect("a schema that is shipped is JSON")
}

/// Judges the shape of a document.
pub fn judge(document: &Json) -> Vec<Finding> {
    let mut findings = faults(&SPECIFICATION, document, "$");
    for kind in ["nodes", "relationships", "queries"] {
        let targets = document.get("targets").and_then(|targets| targets.get(kind)).and_then(Json::as_array);
        for (at, target) in targets.into_iter().flatten().enumerate() {
            if let Some(transformations) = target.get("source_transformations") {
                let place = format!("$.targets.{kind}[{at}].source_transformations");
                findings.extend(faults(&TRANSFORMATIONS, transformations, &place));
            }
            // The schema does not know this other name of `depends_on`; the specification's own reader takes it all the same.
            if let Some(dependencies) = target.get("dependencies") {
                let place = format!("$.targets.{kind}[{at}].dependencies");
                findings.extend(faults(&DEPENDENCIES, dependencies, &place));
            }
        }
    }
    findings
}

/// The faults of a whole document by a schema of ours, in the order of their places.
pub fn faults_of(schema: &Json, document: &Json) -> Vec<Finding> {
    let mut findings = faults(schema, document, "$");
    for finding in &mut findings {
        finding.specification_code = None;
    }
    super::finding::sort(&mut findings, document);
    findings
}

/// The faults of a value by a schema.
pub fn faults(schema: &Json, value: &Json, place: &str) -> Vec<Finding> {
    let mut judge = Judge { root: schema, findings: Vec::new() };
    judge.value(schema, value, place);
    judge.findings
}

struct Judge<'s> {
    root: &'s Json,
    findings: Vec<Finding>,
}

impl<'s> Judge<'s> {
    fn value(&mut self, schema: &'s Json, value: &Json, place: &str) {
        // `true` allows everything.
        let Some(schema) = schema.as_object() else { return };
        // A value of the wrong kind has no faults inside that are worth a word.
        let kinds = kinds(schema);
        if !kinds.is_empty() && !kinds.iter().any(|kind| is_a(value, kind)) {
            return self.wrong_type(&kinds, value, place);
        }
        for (keyword, rule) in schema {
            match keyword.as_str() {
                "$ref" => self.value(self.referred(rule), value, place),
                "allOf" => rule.as_array().into_iter().flatten().for_each(|schema| self.value(schema, value, place)),
                "anyOf" | "oneOf" => self.any_of(rule, value, place),
                "if" => {
                    let then = if faults_in(self.root, rule, value).is_empty() { "then" } else { "else" };
                    if let Some(schema) = schema.get(then) {
                        self.value(schema, value, place);
                    }
                }
                "const" if value != rule => {
                    let quotes = if value.is_number() && rule.is_string() { " (in quotes: it is a text)" } else { "" };
                    let message = format!("this is {value}, where only {rule} is known{quotes}");
                    self.findings.push(Finding::new(Code::WrongValue, place, message));
                }
                "enum" => self.one_of(rule, value, place),
                "minLength" => self.text(value, place, str::is_empty),
                "pattern" => self.text(value, place, |text| text.trim().is_empty()),
                "minimum" | "maximum" => self.number(keyword, rule, value, place),
                "minItems" if value.as_array().is_some_and(Vec::is_empty) => {
                    self.findings.push(Finding::new(Code::Empty, place, "the list is empty"));
                }
                "items" => {
                    for (at, item) in value.as_array().into_iter().flatten().enumerate() {
                        self.value(rule, item, &format!("{place}[{at}]"));
                    }
                }
                "properties" | "required" | "additionalProperties" => {
                    if let Some(object) = value.as_object() {
                        self.members(keyword, schema, object, place);
                    }
                }
                _ => {}
            }
        }
    }

    fn referred(&self, reference: &Json) -> &'s Json {
        let pointer = reference.as_str().and_then(|reference| reference.strip_prefix('#'));
        pointer
            .and_then(|pointer| self.root.pointer(pointer))
            .expect("a schema that is shipped refers to its own parts")
    }

    fn members(&mut self, keyword: &str, schema: &'s Map<String, Json>, object: &Map<String, Json>, place: &str) {
        let known = schema.get("properties").and_then(Json::as_object);
        let known_keys = || known.into_iter().flat_map(|known| known.keys().map(String::as_str));
        match keyword {
            "properties" => {
                for (key, schema) in known.into_iter().flatten() {
                    if let Some(value) = object.get(key) {
                        self.value(schema, value, &format!("{place}.{key}"));
                    }
                }
            }
            "required" => {
                for key in
                    schema.get("required").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str)
                {
                    if !object.contains_key(key) {
                        let others =
                            object.keys().map(String::as_str).filter(|other| known_keys().all(|k| k != *other));
                        let finding = Finding::new(Code::MissingKey, place, format!("the key `{key}` is missing"));
                        self.findings.push(finding.near(key, others));
                    }
                }
            }
            "additionalProperties" if schema.get(keyword).is_some_and(Json::is_object) => {
                for (key, value) in object.iter().filter(|(key, _)| known_keys().all(|known| known != key.as_str())) {
                    self.value(&schema[keyword], value, &format!("{place}.{key}"));
                }
            }
            _ if schema.get("additionalProperties") == Some(&Json::Bool(false)) => {
                for key in object.keys().filter(|key| known_keys().all(|known| known != key.as_str())) {
                    let message = format!("the key `{key}` is not allowed here");
                    let finding = Finding::new(Code::UnknownKey, format!("{place}.{key}"), message);
                    self.findings.push(finding.near(key, known_keys()));
                }
            }
            _ => {}
        }
    }

    fn any_of(&mut self, rule: &'s Json, value: &Json, place: &str) {
        let schemas = || rule.as_array().into_iter().flatten();
        if schemas().any(|schema| faults_in(self.root, schema, value).is_empty()) {
            return;
        }
        let kinds: Vec<&str> =
            schemas().filter_map(|schema| schema.get("required")?.as_array()?.first()?.as_str()).collect();
        if kinds.len() < schemas().count() || schemas().any(|schema| schema.get("properties").is_some()) {
            return self.alternatives(&schemas().collect::<Vec<_>>(), value, place);
        }
        let near =
            value.as_object().into_iter().flat_map(Map::keys).find_map(|key| nearest(key, kinds.iter().copied()));
        let mut finding = Finding::new(Code::NoTargets, place, format!("there is none of `{}`", kinds.join("`, `")));
        finding.nearest = near.map(str::to_owned);
        self.findings.push(finding);
    }

    /// The faults by the one form that was surely meant; what else can be said where none or several may have been.
    fn alternatives(&mut self, schemas: &[&'s Json], value: &Json, place: &str) {
        let schemas: Vec<&'s Json> = schemas.iter().flat_map(|schema| self.forms(schema)).collect();
        // Words, each with a description of its own.
        let words: Vec<Json> = schemas
            .iter()
            .flat_map(|schema| match (schema.get("const"), schema.get("enum").and_then(Json::as_array)) {
                (Some(word), _) => vec![word.clone()],
                (None, Some(words)) => words.clone(),
                (None, None) => Vec::new(),
            })
            .collect();
        if value.is_string() && !words.is_empty() {
            return self.one_of(&Json::Array(words), value, place);
        }
        let right_kind = |schema: &&&'s Json| {
            let kinds = schema.as_object().map(kinds).unwrap_or_default();
            kinds.iter().any(|kind| is_a(value, kind))
        };
        let meant: Vec<&&'s Json> = schemas.iter().filter(right_kind).collect();
        match meant.as_slice() {
            [] => {
                let wanted: Vec<&str> =
                    schemas.iter().filter_map(|schema| schema.as_object()).flat_map(kinds).collect();
                self.wrong_type(&wanted, value, place);
            }
            // The form with the fewest faults is the nearest.
            several => {
                let nearest = several.iter().min_by_key(|schema| faults_in(self.root, schema, value).len());
                if let Some(schema) = nearest {
                    self.value(schema, value, place);
                }
            }
        }
    }

    /// The forms that a schema allows, those of what it refers to among them.
    fn forms(&self, schema: &'s Json) -> Vec<&'s Json> {
        let schema = schema.get("$ref").map_or(schema, |reference| self.referred(reference));
        match schema.get("anyOf").or_else(|| schema.get("oneOf")).and_then(Json::as_array) {
            Some(forms) => forms.iter().flat_map(|form| self.forms(form)).collect(),
            None => vec![schema],
        }
    }

    fn wrong_type(&mut self, kinds: &[&str], value: &Json, place: &str) {
        let mut wanted: Vec<&str> = Vec::new();
        for kind in kinds.iter().filter(|kind| **kind != "null").map(|kind| kind_word(kind)) {
            if !wanted.contains(&kind) {
                wanted.push(kind);
            }
        }
        let message = format!("this is {}, where {} is asked for", word(value), wanted.join(" or "));
        self.findings.push(Finding::new(Code::WrongType, place, message));
    }

    fn one_of(&mut self, rule: &Json, value: &Json, place: &str) {
        let Some(options) = rule.as_array().filter(|options| !options.contains(value)) else { return };
        let options: Vec<&str> = options.iter().filter_map(Json::as_str).collect();
        // Values are allowed in capitals too; one form of each is enough to read.
        let mut shown: Vec<&str> = options.iter().copied().filter(|option| *option == option.to_lowercase()).collect();
        if shown.is_empty() {
            shown = options;
        }
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let message = format!("`{text}` is none of `{}`", shown.join("`, `"));
        self.findings.push(Finding::new(Code::WrongValue, place, message).near(&text, shown));
    }

    /// `minLength: 1` refuses an empty text, `pattern: \S+` a blank one too; no schema here has other rules for texts.
    fn text(&mut self, value: &Json, place: &str, refused: impl Fn(&str) -> bool) {
        if value.as_str().is_some_and(refused) {
            self.findings.push(Finding::new(Code::Empty, place, "the text is empty or blank"));
        }
    }

    fn number(&mut self, keyword: &str, rule: &Json, value: &Json, place: &str) {
        let (Some(number), Some(limit)) = (value.as_f64(), rule.as_f64()) else { return };
        let (wrong, than) = if keyword == "minimum" { (number < limit, "less") } else { (number > limit, "more") };
        if wrong {
            self.findings.push(Finding::new(Code::OutOfRange, place, format!("{value} is {than} than {rule}")));
        }
    }
}

fn faults_in(root: &Json, schema: &Json, value: &Json) -> Vec<Finding> {
    let mut judge = Judge { root, findings: Vec::new() };
    judge.value(schema, value, "$");
    judge.findings
}

/// Kinds of values that a schema allows; none where it does not say.
fn kinds(schema: &Map<String, Json>) -> Vec<&str> {
    match schema.get("type") {
        Some(Json::String(kind)) => vec![kind],
        Some(Json::Array(kinds)) => kinds.iter().filter_map(Json::as_str).collect(),
        _ => Vec::new(),
    }
}

fn is_a(value: &Json, kind: &str) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "number" => value.is_number(),
        // 128.0 is a whole number in JSON Schema.
        "integer" => value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|number| number.fract() == 0.0),
        _ => false,
    }
}

fn kind_word(kind: &str) -> &str {
    match kind {
        "array" => "a list",
        "object" => "a map",
        "string" => "a text",
        "integer" => "a whole number",
        "number" => "a number",
        "boolean" => "true or false",
        other => other,
    }
}

fn word(json: &Json) -> &'static str {
    match json {
        Json::Null => "nothing",
        Json::Bool(_) => "true or false",
        Json::Number(_) => "a number",
        Json::String(_) => "a text",
        Json::Array(_) => "a list",
        Json::Object(_) => "a map",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [&str; 19] = [
        "$schema",
        "$id",
        "title",
        "description",
        "$defs",
        "type",
        "properties",
        "required",
        "additionalProperties",
        "items",
        "minItems",
        "minLength",
        "pattern",
        "enum",
        "const",
        "minimum",
        "maximum",
        "$ref",
        "allOf",
    ];

    fn keywords(schema: &Json, unknown: &mut Vec<String>) {
        let Some(schema) = schema.as_object() else { return };
        for (keyword, rule) in schema {
            match keyword.as_str() {
                "properties" | "$defs" => rule.as_object().unwrap().values().for_each(|rule| keywords(rule, unknown)),
                "items" | "if" | "then" | "else" => keywords(rule, unknown),
                "allOf" | "anyOf" => rule.as_array().unwrap().iter().for_each(|rule| keywords(rule, unknown)),
                "minLength" | "minItems" => assert_eq!(rule, 1),
                "pattern" => assert!(["\\S+", "\\S"].contains(&rule.as_str().unwrap())),
                "type" | "additionalProperties" => assert!(rule.is_string() || rule.is_boolean()),
                other if KNOWN.contains(&other) => {}
                other => unknown.push(other.to_owned()),
            }
        }
    }

    #[test]
    fn every_keyword_of_the_shipped_schemas_is_known() {
        let mut unknown = Vec::new();
        keywords(&SPECIFICATION, &mut unknown);
        keywords(&TRANSFORMATIONS, &mut unknown);
        assert!(unknown.is_empty(), "{unknown:?}");
    }
}
