//! What the server says of the table before its rows: columns, engine, and estimates of size.
//!
//! In: a database and a table. Out: a [`Table`], or the diagnosis of why it cannot be read. Columns come from
//! `information_schema`, invisible ones too; the right to read all of them is tried by preparing the statement. Never a
//! COUNT: on a table without an index it would read everything twice.

use mysql::prelude::Queryable;
use shared::snapshot::{DeclaredKeys, Selection};

use super::NO_USER;
use super::cause::Cause;
use super::connection::Source;
use super::error::SourceError;
use super::key::Split;
use super::selection::nearest;
use super::session::refused;
use crate::plan::Plan;

/// A table as the server describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its database, as the server spells it.
    pub database: String,
    /// Its name, as the server spells it.
    pub name: String,
    /// Its columns, in order; those that are read.
    pub columns: Vec<SourceColumn>,
    /// Whether a consistent snapshot holds for it: InnoDB and no view.
    pub consistent: bool,
    /// Rows, by the server's statistics; may be far off.
    pub estimated_rows: Option<u64>,
    /// Bytes on the server's disk, by its statistics.
    pub estimated_bytes: Option<u64>,
    /// What of it is read.
    pub selection: Selection,
    /// How it may be cut into ranges, where that was asked for and can be.
    pub split: Option<Split>,
    /// The keys that it declares, as far as the account may see them.
    pub keys: DeclaredKeys,
}

/// A column as the server describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceColumn {
    /// Its name.
    pub name: String,
    /// Its declared type.
    pub declared: String,
    /// Whether it may be NULL.
    pub nullable: bool,
    /// The character set of a text.
    pub charset: Option<String>,
}

impl Table {
    /// Database and table, for messages.
    #[must_use]
    pub fn full_name(&self) -> String {
        format!("{}.{}", self.database, self.name)
    }
}

/// A name as it stands in a statement.
#[must_use]
pub fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

impl Source {
    /// Describes a table, as far as it is selected.
    ///
    /// # Errors
    /// When database, table or a selected column are not there, or not for this account.
    pub fn describe(&mut self, table: &str, plan: &Plan) -> Result<Table, SourceError> {
        let (database, selection) = (plan.database.as_str(), &plan.selection);
        let user = plan.endpoint.user.as_deref().unwrap_or(NO_USER);
        self.use_database(database)?;
        self.require_select(database, table, user, &selection.columns)?;
        let mut table = self.read_description(database, table)?;
        table.keys = self.declared_keys(&table)?;
        if plan.readers.is_some() {
            // Rows of another engine are of the moment in which each is read, so one connection reads them.
            table.split = if table.consistent { self.split(&table)? } else { None };
        }
        self.select(table, selection, plan.protocol)
    }

    /// Makes a database the one in which names are looked up.
    pub(super) fn use_database(&mut self, database: &str) -> Result<(), SourceError> {
        self.conn.query_drop(format!("USE {}", quoted(database))).map_err(|error| match Cause::from(error) {
            source if matches!(source.code(), Some(1044 | 1049)) => {
                SourceError::NoDatabase { database: database.into(), source }
            }
            source if source.is_loss() => SourceError::Lost { table: database.into(), rows: 0, source },
            source => SourceError::Refused { action: "open the database", source },
        })
    }

    /// The tables of a database that hold rows of their own: no views.
    ///
    /// # Errors
    /// When the database is not there, or the server does not answer.
    pub fn list_tables(&mut self, database: &str) -> Result<Vec<String>, SourceError> {
        self.use_database(database)?;
        let statement = "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() \
                         AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED') ORDER BY TABLE_NAME";
        self.conn.query(statement).map_err(|error| refused("list the tables", error))
    }

    /// Preparing `SELECT *` fails on a missing table and on a single column without the right; `information_schema`
    /// would only leave such columns out. Where columns are chosen by name, the right to read those is enough.
    fn require_select(
        &mut self,
        database: &str,
        table: &str,
        user: &str,
        columns: &[String],
    ) -> Result<(), SourceError> {
        let wanted = match columns {
            [] => "*".to_owned(),
            columns => columns.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", "),
        };
        let tried =
            self.conn.query_drop(format!("SELECT {wanted} FROM {}.{} LIMIT 0", quoted(database), quoted(table)));
        let Err(error) = tried else { return Ok(()) };
        let source = Cause::from(error);
        Err(match source.code() {
            // A column that is not there is named by whoever knows all of them.
            Some(1054) if !columns.is_empty() => return Ok(()),
            Some(1146) => SourceError::NoTable {
                database: database.into(),
                table: table.into(),
                similar: self.similar_tables(database, table),
            },
            Some(1142 | 1143) => {
                SourceError::NoSelect { user: user.into(), table: format!("{database}.{table}"), source }
            }
            _ if source.is_loss() => SourceError::Lost { table: format!("{database}.{table}"), rows: 0, source },
            _ => SourceError::Refused { action: "read the table", source },
        })
    }

    fn similar_tables(&mut self, database: &str, table: &str) -> Vec<String> {
        let statement = "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = ?";
        let names: Vec<String> = self.conn.exec(statement, (database,)).unwrap_or_default();
        nearest(table, names.iter().map(String::as_str))
    }

    fn read_description(&mut self, database: &str, table: &str) -> Result<Table, SourceError> {
        type Found = (String, String, Option<String>, Option<u64>, Option<u64>);
        let found: Vec<Found> = self
            .conn
            .exec(
                "SELECT TABLE_SCHEMA, TABLE_NAME, ENGINE, TABLE_ROWS, DATA_LENGTH FROM information_schema.TABLES \
                 WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?",
                (database, table),
            )
            .map_err(|error| refused("describe the table", error))?;
        // Two tables may differ by case only, while the server compares without it.
        let exact = found.iter().position(|(schema, name, ..)| schema == database && name == table).unwrap_or(0);
        let Some((schema, name, engine, rows, bytes)) = found.into_iter().nth(exact) else {
            return Err(SourceError::NoTable { database: database.into(), table: table.into(), similar: Vec::new() });
        };
        let columns: Vec<(String, String, String, String, Option<String>)> = self
            .conn
            .exec(
                "SELECT TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, CHARACTER_SET_NAME \
                 FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION",
                (&schema, &name),
            )
            .map_err(|error| refused("describe the table", error))?;
        let columns = columns
            .into_iter()
            .filter(|(table, ..)| *table == name)
            .map(|(_, name, declared, nullable, charset)| SourceColumn {
                name,
                declared,
                nullable: nullable == "YES",
                charset,
            })
            .collect();
        Ok(Table {
            database: schema,
            consistent: engine.as_deref() == Some("InnoDB"),
            name,
            columns,
            estimated_rows: rows.filter(|rows| *rows > 0),
            estimated_bytes: bytes.filter(|bytes| *bytes > 0),
            selection: Selection::default(),
            split: None,
            keys: DeclaredKeys::default(),
        })
    }
}
