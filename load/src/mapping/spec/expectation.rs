//! Expectations, as typed: how much there must be before anything is written.
//!
//! In: `expect` of a target and of `config`. Out: plain structures. They say nothing of what is staged, so they must never be
//! part of what names the graph tables: a number that is mended leaves tables and runs as they are.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value as Json;

/// What is expected of the table that a target fills.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpectSpec {
    /// Nodes, or relationships.
    pub rows: Amount,
}

/// What is expected of all that is rejected while staging.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpectOfAll {
    /// Rejects at most.
    pub rejects: RejectsExpected,
}

/// How many rejects are borne.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RejectsExpected {
    /// So many.
    #[serde(default)]
    pub max: Option<u64>,
    /// So many for each hundred rows that are read.
    #[serde(default)]
    pub max_percent: Option<f64>,
}

/// A number, or bounds of it.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged, deny_unknown_fields)]
pub enum Amount {
    /// Neither more nor less.
    Exactly(u64),
    /// Bounds, both of which are allowed; one may be left open.
    Between {
        /// At least.
        #[serde(default)]
        min: Option<u64>,
        /// At most.
        #[serde(default)]
        max: Option<u64>,
    },
}

impl Amount {
    /// The bounds.
    pub fn bounds(&self) -> (u64, u64) {
        match self {
            Self::Exactly(number) => (*number, *number),
            Self::Between { min, max } => (min.unwrap_or(0), max.unwrap_or(u64::MAX)),
        }
    }
}

impl std::fmt::Display for Amount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Exactly(number) => write!(f, "{number}"),
            Self::Between { min: Some(min), max: Some(max) } => write!(f, "{min} to {max}"),
            Self::Between { min: Some(min), max: None } => write!(f, "at least {min}"),
            Self::Between { min: None, max: Some(max) } => write!(f, "at most {max}"),
            Self::Between { min: None, max: None } => f.write_str("any number"),
        }
    }
}

/// The same document without its expectations.
pub fn without_expectations(document: &Json) -> Json {
    let mut document = document.clone();
    let forget = |value: &mut Json| {
        if let Some(object) = value.as_object_mut() {
            object.remove("expect");
        }
    };
    if let Some(config) = document.get_mut("config") {
        forget(config);
    }
    for list in ["nodes", "relationships"] {
        let targets =
            document.get_mut("targets").and_then(|targets| targets.get_mut(list)).and_then(Json::as_array_mut);
        targets.into_iter().flatten().for_each(forget);
    }
    document
}
