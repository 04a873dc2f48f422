//! Actions, as typed: Cypher that is run once.
//!
//! In: the items of `actions`. Out: plain structures. Stages and modes are read in either case. The specification lets an
//! action have keys that only its type knows; a key that no Cypher action has is refused here all the same.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};

use crate::graph_table::manifest::{Action, ActionStage};

/// An action.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ActionSpec {
    /// Its name.
    pub name: String,
    /// `cypher`.
    #[serde(rename = "type")]
    pub kind: String,
    /// An inactive action is checked but not run.
    #[serde(default = "yes")]
    pub active: bool,
    /// When it is run.
    #[serde(deserialize_with = "in_either_case")]
    #[schemars(with = "Stage")]
    pub stage: ActionStage,
    /// Cypher.
    pub query: String,
    /// `transaction`: once, whatever happens. `autocommit`: in transactions of its own, so perhaps twice after a lost answer.
    #[serde(default, deserialize_with = "in_either_case")]
    #[schemars(with = "Mode")]
    pub execution_mode: ExecutionMode,
}

/// How an action is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExecutionMode {
    /// In one transaction.
    #[default]
    Transaction,
    /// In transactions that it opens itself.
    Autocommit,
}

fn yes() -> bool {
    true
}

fn in_either_case<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    let word = String::deserialize(deserializer)?.to_ascii_lowercase();
    T::deserialize(serde::de::value::StringDeserializer::<D::Error>::new(word))
}

impl ActionSpec {
    /// What the loader does.
    pub fn resolved(&self) -> Action {
        Action {
            name: self.name.clone(),
            stage: self.stage,
            query: self.query.clone(),
            autocommit: self.execution_mode == ExecutionMode::Autocommit,
        }
    }
}

/// Words in small letters and in capitals.
macro_rules! words_in_either_case {
    ($kind:ident, $words:literal) => {
        struct $kind;

        impl JsonSchema for $kind {
            fn schema_name() -> Cow<'static, str> {
                concat!("Action", stringify!($kind)).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                let words: Vec<String> =
                    $words.split(' ').flat_map(|word| [word.to_owned(), word.to_uppercase()]).collect();
                json_schema!({"type": "string", "enum": words})
            }
        }
    };
}

words_in_either_case!(
    Stage,
    "start post_sources pre_nodes post_nodes pre_relationships post_relationships pre_queries post_queries end"
);
words_in_either_case!(Mode, "transaction autocommit");
