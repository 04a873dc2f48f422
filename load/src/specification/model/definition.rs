//! Constraints and indexes of a target.
//!
//! In: `schema` of a target. Out: its definitions, in the order in which the rules name them. One with a fault in its shape is
//! left out; an index over several labels has several, every other one has one, and those of relationships have none.

use serde_json::Value as Json;

use super::{Text, items, text, texts};

/// What a definition is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DefinitionKind {
    Type,
    Key,
    Unique,
    Existence,
    Range,
    Text,
    Point,
    Fulltext,
    Vector,
}

impl DefinitionKind {
    pub const ALL: [Self; 9] = [
        Self::Type,
        Self::Key,
        Self::Unique,
        Self::Existence,
        Self::Range,
        Self::Text,
        Self::Point,
        Self::Fulltext,
        Self::Vector,
    ];

    /// Its list in a `schema`.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Type => "type_constraints",
            Self::Key => "key_constraints",
            Self::Unique => "unique_constraints",
            Self::Existence => "existence_constraints",
            Self::Range => "range_indexes",
            Self::Text => "text_indexes",
            Self::Point => "point_indexes",
            Self::Fulltext => "fulltext_indexes",
            Self::Vector => "vector_indexes",
        }
    }

    /// Codes of the specification for an unknown property and an unknown label in it.
    pub const fn unknown(self) -> (&'static str, &'static str) {
        match self {
            Self::Type => ("DANG-005", "DANG-006"),
            Self::Unique => ("DANG-007", "DANG-008"),
            Self::Key => ("DANG-009", "DANG-010"),
            Self::Existence => ("DANG-011", "DANG-012"),
            Self::Range => ("DANG-014", "DANG-013"),
            Self::Text => ("DANG-016", "DANG-015"),
            Self::Point => ("DANG-018", "DANG-017"),
            Self::Fulltext => ("DANG-020", "DANG-019"),
            Self::Vector => ("DANG-022", "DANG-021"),
        }
    }
}

/// A constraint or an index.
pub struct Definition<'d> {
    pub kind: DefinitionKind,
    pub path: String,
    pub name: &'d str,
    pub labels: Vec<Text<'d>>,
    pub properties: Vec<Text<'d>>,
    pub options: Option<&'d Json>,
}

impl Definition<'_> {
    /// What it covers, without its name.
    pub fn covers(&self) -> (Vec<&str>, Vec<&str>) {
        (self.labels.iter().map(|label| label.text).collect(), self.properties.iter().map(|p| p.text).collect())
    }
}

/// All definitions of a target that have no fault.
pub fn all<'d>(target: &'d Json, schema_path: &str, faulty: impl Fn(&str) -> bool) -> Vec<Definition<'d>> {
    let schema = target.get("schema").unwrap_or(&Json::Null);
    let mut definitions = Vec::new();
    for kind in DefinitionKind::ALL {
        for (path, item) in items(schema, schema_path, kind.key()) {
            if faulty(&path) {
                continue;
            }
            let Some(name) = text(item, &path, "name") else { continue };
            let one_or_many = |one: &str, many: &str| {
                text(item, &path, one).into_iter().chain(texts(item, &path, many)).collect::<Vec<_>>()
            };
            definitions.push(Definition {
                kind,
                name: name.text,
                labels: one_or_many("label", "labels"),
                properties: one_or_many("property", "properties"),
                options: item.get("options"),
                path,
            });
        }
    }
    definitions
}
