//! What of a table a snapshot holds, where that is not all of it.
//!
//! In and out: `selection` of the manifest. It is there if and only if columns or rows may be missing, so that nobody takes
//! a part of a table for the whole. It is not content: the digest is over columns and rows alone.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A selection; the default selects everything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selection {
    /// The only columns that were read, in table order; empty when they were not chosen by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// Columns that were left out, in table order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excluded: Vec<String>,
    /// The condition on rows, as it was given.
    #[serde(default, rename = "where", skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// The most rows that were read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// The query that was read instead of a table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
}

impl Selection {
    /// Whether nothing is left out.
    #[must_use]
    pub fn is_all(&self) -> bool {
        *self == Self::default()
    }
}

impl fmt::Display for Selection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { columns, excluded, condition, limit, query } = self;
        let mut parts = Vec::new();
        if let Some(query) = query {
            parts.push(format!("the rows of the query {query}"));
        }
        if !columns.is_empty() {
            parts.push(format!("columns {}", columns.join(", ")));
        }
        if !excluded.is_empty() {
            parts.push(format!("without columns {}", excluded.join(", ")));
        }
        parts.extend(condition.as_ref().map(|condition| format!("where {condition}")));
        parts.extend(limit.map(|rows| format!("the first {rows} rows")));
        if parts.is_empty() { f.write_str("everything") } else { f.write_str(&parts.join("; ")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selection_is_said_in_one_line_and_everything_is_none() {
        assert!(Selection::default().is_all());
        assert_eq!(serde_json::to_string(&Selection::default()).unwrap(), "{}");
        let selection = Selection {
            columns: vec!["a".into(), "b".into()],
            condition: Some("a > 1".into()),
            limit: Some(3),
            ..Selection::default()
        };
        assert_eq!(selection.to_string(), "columns a, b; where a > 1; the first 3 rows");
        let text = serde_json::to_string(&selection).unwrap();
        assert_eq!(text, r#"{"columns":["a","b"],"where":"a > 1","limit":3}"#);
        assert_eq!(serde_json::from_str::<Selection>(&text).unwrap(), selection);
    }
}
