//! The keys that a table declares, by `information_schema`: for the manifest alone, nothing is read by them.
//!
//! In: a described table. Out: its keys, as far as the account may see them; an account with `SELECT` alone may be shown fewer
//! of them by some servers, which is no error.

use std::collections::BTreeMap;

use mysql::prelude::Queryable;
use shared::snapshot::{DeclaredKeys, ForeignKey};

use super::connection::Source;
use super::error::SourceError;
use super::session::refused;
use super::table::Table;

impl Source {
    /// The keys of a table.
    pub(super) fn declared_keys(&mut self, table: &Table) -> Result<DeclaredKeys, SourceError> {
        let (primary, unique) = self.unique_keys(table)?;
        Ok(DeclaredKeys { primary, unique, foreign: self.foreign_keys(table)? })
    }

    fn unique_keys(&mut self, table: &Table) -> Result<(Vec<String>, Vec<Vec<String>>), SourceError> {
        // A part of a key may be an expression, which has no name.
        let found: Vec<(String, String, Option<String>)> = self
            .conn
            .exec(
                "SELECT TABLE_NAME, INDEX_NAME, COLUMN_NAME FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = ? \
                 AND TABLE_NAME = ? AND NON_UNIQUE = 0 ORDER BY INDEX_NAME, SEQ_IN_INDEX",
                (&table.database, &table.name),
            )
            .map_err(|error| refused("tell the keys of the table", error))?;
        let mut keys: BTreeMap<String, Vec<Option<String>>> = BTreeMap::new();
        for (_, index, column) in found.into_iter().filter(|(name, ..)| *name == table.name) {
            keys.entry(index).or_default().push(column);
        }
        let is_required = |name: &String| table.columns.iter().any(|column| column.name == *name && !column.nullable);
        let whole = |key: Vec<Option<String>>| key.into_iter().collect::<Option<Vec<String>>>();
        let primary = keys.remove("PRIMARY").and_then(whole).unwrap_or_default();
        let others = keys.into_values().filter_map(whole).filter(|key| key.iter().all(is_required));
        Ok((primary, others.collect()))
    }

    fn foreign_keys(&mut self, table: &Table) -> Result<Vec<ForeignKey>, SourceError> {
        type Found = (String, String, String, String, String, String);
        let found: Vec<Found> = self
            .conn
            .exec(
                "SELECT TABLE_NAME, CONSTRAINT_NAME, COLUMN_NAME, REFERENCED_TABLE_SCHEMA, REFERENCED_TABLE_NAME, \
                 REFERENCED_COLUMN_NAME FROM information_schema.KEY_COLUMN_USAGE WHERE TABLE_SCHEMA = ? \
                 AND TABLE_NAME = ? AND REFERENCED_TABLE_NAME IS NOT NULL ORDER BY CONSTRAINT_NAME, ORDINAL_POSITION",
                (&table.database, &table.name),
            )
            .map_err(|error| refused("tell the foreign keys of the table", error))?;
        let mut keys: BTreeMap<String, ForeignKey> = BTreeMap::new();
        for (_, name, column, database, of, references) in found.into_iter().filter(|(name, ..)| *name == table.name) {
            let (columns, to) = (Vec::new(), Vec::new());
            let key = keys.entry(name).or_insert(ForeignKey { columns, database, table: of, references: to });
            key.columns.push(column);
            key.references.push(references);
        }
        Ok(keys.into_values().collect())
    }
}
