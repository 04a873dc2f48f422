//! The integer primary key of a table, and the lock under which several connections see one moment.
//!
//! In: a described table. Out: its key with the lowest and the highest value, or none. InnoDB has no way to open one moment on
//! two connections; but while a table is locked for reading, nobody can change it, so all that open their moment meanwhile
//! see the same rows. The lock is held for as long as that takes, some milliseconds, and waited for no longer than seconds.

use mysql::prelude::Queryable;
use shared::type_map::MySqlType;

use super::cause::Cause;
use super::connection::Source;
use super::error::SourceError;
use super::session::refused;
use super::table::{Table, quoted};

/// Whoever waits for a lock makes all later writers of the table wait too: not for long.
const LOCK_WAIT_SECONDS: u32 = 10;

/// Errors with which a server says that the account has no right: to the database, to the table, to the operation.
const DENIED_CODES: [u16; 3] = [1044, 1142, 1227];

/// How a table may be cut into ranges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// The integer primary key.
    pub key: String,
    /// Its lowest and its highest value; none in an empty table.
    pub bounds: Option<(i128, i128)>,
}

impl Source {
    /// The table's integer primary key, if it has one of a single column.
    pub(super) fn split(&mut self, table: &Table) -> Result<Option<Split>, SourceError> {
        let keys: Vec<(String, String)> = self
            .conn
            .exec(
                "SELECT c.COLUMN_NAME, c.COLUMN_TYPE FROM information_schema.STATISTICS s \
                 JOIN information_schema.COLUMNS c ON c.TABLE_SCHEMA = s.TABLE_SCHEMA \
                 AND c.TABLE_NAME = s.TABLE_NAME AND c.COLUMN_NAME = s.COLUMN_NAME \
                 WHERE s.INDEX_NAME = 'PRIMARY' AND s.TABLE_SCHEMA = ? AND s.TABLE_NAME = ?",
                (&table.database, &table.name),
            )
            .map_err(|error| refused("tell the primary key", error))?;
        let [(key, declared)] = keys.as_slice() else { return Ok(None) };
        use MySqlType as My;
        let is_integer = matches!(
            MySqlType::parse(declared),
            Some(My::TinyInt { .. } | My::SmallInt { .. } | My::MediumInt | My::Int { .. } | My::BigInt { .. })
        );
        if !is_integer {
            return Ok(None);
        }
        let (database, name, column) = (quoted(&table.database), quoted(&table.name), quoted(key));
        let ends = format!("SELECT CAST(MIN({column}) AS CHAR), CAST(MAX({column}) AS CHAR) FROM {database}.{name}");
        let ends: Option<(Option<String>, Option<String>)> = self.ask("tell the ends of the primary key", &ends)?;
        let number = |text: Option<String>| text.and_then(|text| text.parse::<i128>().ok());
        let bounds = ends.and_then(|(lowest, highest)| Some((number(lowest)?, number(highest)?)));
        Ok(Some(Split { key: key.clone(), bounds }))
    }

    /// Locks tables for reading, until the connection closes.
    ///
    /// # Errors
    /// When the account may not, or somebody is changing one of them for too long.
    pub fn lock_for_reading(&mut self, database: &str, tables: &[String], user: &str) -> Result<(), SourceError> {
        self.run("limit the wait for a lock", &format!("SET SESSION lock_wait_timeout = {LOCK_WAIT_SECONDS}"))?;
        let locks: Vec<String> =
            tables.iter().map(|table| format!("{}.{} READ", quoted(database), quoted(table))).collect();
        self.conn.query_drop(format!("LOCK TABLES {}", locks.join(", "))).map_err(|error| match Cause::from(error) {
            source if source.code() == Some(1205) => {
                SourceError::LockWait { database: database.into(), seconds: LOCK_WAIT_SECONDS, source }
            }
            source if source.is_loss() => SourceError::Lost { table: "the table".into(), rows: 0, source },
            source if source.code().is_some_and(|code| DENIED_CODES.contains(&code)) => {
                SourceError::NoLock { database: database.into(), user: user.into(), source }
            }
            source => SourceError::Refused { action: "lock the tables", source },
        })
    }
}
