//! The keys that a table declares: what tells its rows apart, and what refers to the rows of other tables.
//!
//! In: what the server says of the table. Out: a part of the manifest, for whoever wants to know what the columns mean; the rows
//! are never checked against it. Only keys all of whose columns are in the snapshot may stand in it.

use serde::{Deserialize, Serialize};

/// The keys of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeclaredKeys {
    /// Columns of the primary key; empty where there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub primary: Vec<String>,
    /// Columns of each other unique key whose columns are all NOT NULL.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unique: Vec<Vec<String>>,
    /// Foreign keys.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub foreign: Vec<ForeignKey>,
}

/// Columns that hold a key of another table, or of the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignKey {
    /// The columns.
    pub columns: Vec<String>,
    /// Database of the table that they refer to.
    pub database: String,
    /// That table.
    pub table: String,
    /// Its columns, in the same order.
    pub references: Vec<String>,
}

impl DeclaredKeys {
    /// Whether nothing is declared.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.primary.is_empty() && self.unique.is_empty() && self.foreign.is_empty()
    }

    /// The keys that are made of these columns alone.
    #[must_use]
    pub fn among(&self, columns: &[&str]) -> Self {
        let has_all = |key: &[String]| key.iter().all(|column| columns.contains(&column.as_str()));
        Self {
            primary: if has_all(&self.primary) { self.primary.clone() } else { Vec::new() },
            unique: self.unique.iter().filter(|key| has_all(key)).cloned().collect(),
            foreign: self.foreign.iter().filter(|key| has_all(&key.columns)).cloned().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_stays_only_with_all_of_its_columns() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let foreign =
            ForeignKey { columns: names(&["b"]), database: "d".into(), table: "t".into(), references: names(&["id"]) };
        let keys = DeclaredKeys { primary: names(&["a", "b"]), unique: vec![names(&["b"])], foreign: vec![foreign] };
        assert_eq!(keys.among(&["b", "a", "c"]), keys);
        let left = keys.among(&["b"]);
        assert_eq!((left.primary.len(), left.unique.len(), left.foreign.len()), (0, 1, 1));
        assert!(keys.among(&["a"]).is_empty() && serde_json::to_string(&keys.among(&[])).unwrap() == "{}");
    }
}
