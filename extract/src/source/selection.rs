//! What of a table is read: its columns and rows, checked against the table before a row is asked for.
//!
//! In: a described table and what was typed. Out: the same table with the columns that stay, and the selection in table
//! order. A name that the table does not have is refused with those nearest to it; a condition is tried by the server.

use mysql::prelude::Queryable;
use shared::snapshot::Selection;

use super::cause::Cause;
use super::connection::Source;
use super::error::SourceError;
use super::selection_error::SelectionError;
use super::table::{SourceColumn, Table, quoted};
use crate::args::Protocol;

impl Source {
    /// Keeps what is selected of a table, and tries the condition.
    ///
    /// # Errors
    /// When a column is not there, none is left, or the server does not understand the condition.
    pub(super) fn select(
        &mut self,
        mut table: Table,
        selection: &Selection,
        protocol: Protocol,
    ) -> Result<Table, SourceError> {
        let chosen = in_table_order(&table, &selection.columns)?;
        let excluded = in_table_order(&table, &selection.excluded)?;
        if !chosen.is_empty() {
            table.columns.retain(|column| chosen.contains(&column.name));
        }
        table.columns.retain(|column| !excluded.contains(&column.name));
        if table.columns.is_empty() {
            return Err(SelectionError::NoColumnLeft { table: table.full_name() }.into());
        }
        if let Some(condition) = &selection.condition {
            self.try_condition(&table, condition, protocol)?;
            table.estimated_rows = None;
            table.estimated_bytes = None;
        }
        if let Some(limit) = selection.limit {
            table.estimated_bytes = match (table.estimated_bytes, table.estimated_rows) {
                (Some(bytes), Some(rows)) if rows > limit => Some((bytes / rows).saturating_mul(limit)),
                (bytes, _) => bytes,
            };
            table.estimated_rows = table.estimated_rows.map(|rows| rows.min(limit));
        }
        table.keys = table.keys.among(&table.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>());
        table.selection = Selection { columns: chosen, excluded, ..selection.clone() };
        Ok(table)
    }

    /// The server reads it without running it. Prepared, it is certainly one statement.
    fn try_condition(&mut self, table: &Table, condition: &str, protocol: Protocol) -> Result<(), SourceError> {
        let (database, name) = (quoted(&table.database), quoted(&table.name));
        let statement = format!("SELECT 1 FROM {database}.{name} WHERE ({condition}) LIMIT 0");
        let tried = match protocol {
            Protocol::Binary => self.conn.prep(&statement).and_then(|prepared| {
                let parameters = prepared.num_params();
                self.conn.close(prepared)?;
                Ok(parameters)
            }),
            Protocol::Text => self.conn.query_drop(&statement).map(|()| 0),
        };
        match tried {
            Ok(0) => Ok(()),
            Ok(_) => Err(SelectionError::Placeholder { flag: "--where" }.into()),
            Err(error) => Err(match Cause::from(error) {
                source if source.is_loss() => SourceError::Lost { table: table.full_name(), rows: 0, source },
                source => SelectionError::BadCondition { table: table.full_name(), source }.into(),
            }),
        }
    }
}

/// The columns that are meant, as the table spells them and in its order. As in MySQL, case does not matter.
fn in_table_order(table: &Table, typed: &[String]) -> Result<Vec<String>, SelectionError> {
    let is = |column: &SourceColumn, name: &str| column.name.to_lowercase() == name.to_lowercase();
    if let Some(unknown) = typed.iter().find(|name| !table.columns.iter().any(|column| is(column, name))) {
        let names = table.columns.iter().map(|column| column.name.as_str());
        return Err(SelectionError::NoColumn {
            table: table.full_name(),
            column: unknown.clone(),
            similar: nearest(unknown, names),
        });
    }
    let columns = table.columns.iter().filter(|column| typed.iter().any(|name| is(column, name)));
    Ok(columns.map(|column| column.name.clone()).collect())
}

/// At most three names that somebody may have meant, the likeliest first.
pub(crate) fn nearest<'a>(typed: &str, names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let typed = typed.to_lowercase();
    // A third of the letters may be wrong, and three of a short name.
    let most = (typed.chars().count() / 3).max(3);
    let distance = |name: &str| strsim::damerau_levenshtein(&name.to_lowercase(), &typed);
    let mut near: Vec<(usize, &str)> = names.map(|name| (distance(name), name)).collect();
    near.retain(|(distance, _)| *distance <= most);
    near.sort();
    near.into_iter().take(3).map(|(_, name)| name.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_in_table_order_and_unknown_ones_are_refused() {
        let column =
            |name: &str| SourceColumn { name: name.into(), declared: "int".into(), nullable: true, charset: None };
        let table = Table {
            database: "d".into(),
            name: "t".into(),
            columns: ["id", "Name", "email"].map(column).to_vec(),
            consistent: true,
            estimated_rows: None,
            estimated_bytes: None,
            selection: Selection::default(),
            split: None,
            keys: shared::snapshot::DeclaredKeys::default(),
        };
        let typed = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(in_table_order(&table, &typed(&["email", "NAME", "email"])).unwrap(), ["Name", "email"]);
        match in_table_order(&table, &typed(&["id", "emial"])) {
            Err(SelectionError::NoColumn { column, similar, .. }) => {
                assert_eq!((column.as_str(), similar), ("emial", vec!["email".to_owned()]));
            }
            other => panic!("{other:?}"),
        }
    }
}
