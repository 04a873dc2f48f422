//! The session that reads: patient, unlimited, in UTC and in one moment of the table.
//!
//! In: a fresh connection. Out: the same, inside a read-only transaction with a consistent snapshot. Settings that a server
//! does not know are passed over; what is in force afterwards is logged.

use jiff::Timestamp;
use mysql::prelude::Queryable;

use super::cause::Cause;
use super::connection::Source;
use super::error::SourceError;

/// How long the server may wait for us to take rows (60 s by default): we wait for a disk, not for a person.
const PATIENCE_SECONDS: u32 = 24 * 60 * 60;

/// What kind of server answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// `MySQL` or `MariaDB`.
    pub kind: &'static str,
    /// Its version as it writes it.
    pub version: String,
}

impl Source {
    /// Asks for the server's kind and version.
    ///
    /// # Errors
    /// When the server does not answer.
    pub fn server(&mut self) -> Result<Server, SourceError> {
        let version: Option<String> = self.ask("tell its version", "SELECT VERSION()")?;
        let version = version.unwrap_or_default();
        let kind = if version.to_ascii_lowercase().contains("mariadb") { "MariaDB" } else { "MySQL" };
        Ok(Server { kind, version })
    }

    /// Prepares the session: time limits off, texts in UTF-8, times in UTC.
    ///
    /// # Errors
    /// When a setting is refused on which the values depend.
    pub fn prepare_session(&mut self) -> Result<(), SourceError> {
        // The values depend on these.
        for setting in [
            "SET NAMES utf8mb4",
            "SET SESSION time_zone = '+00:00'",
            // Neither padding of CHAR nor quotes as identifiers, whatever the server's default.
            "SET SESSION sql_mode = ''",
            // A server's default may cut every result to so many rows, in silence.
            "SET SESSION sql_select_limit = 18446744073709551615",
            "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
        ] {
            self.run("set up the session", setting)?;
        }
        // These only keep it alive; not every server has or grants each of them.
        for setting in [
            format!("SET SESSION net_write_timeout = {PATIENCE_SECONDS}"),
            format!("SET SESSION net_read_timeout = {PATIENCE_SECONDS}"),
            format!("SET SESSION wait_timeout = {PATIENCE_SECONDS}"),
            "SET SESSION sql_big_selects = 1".into(),
            "SET SESSION max_execution_time = 0".into(),
            "SET SESSION max_statement_time = 0".into(),
            "SET SESSION information_schema_stats_expiry = 0".into(),
        ] {
            if let Err(error) = self.conn.query_drop(&setting) {
                tracing::debug!("passed over: {setting} ({error})");
            }
        }
        let effective: Option<(u64, u64, String, String)> = self.ask(
            "tell its settings",
            "SELECT @@net_write_timeout, @@wait_timeout, @@time_zone, @@character_set_results",
        )?;
        if let Some((write, wait, zone, charset)) = effective {
            tracing::info!("session: net_write_timeout {write} s, wait_timeout {wait} s, time zone {zone}, {charset}");
        }
        Ok(())
    }

    /// Opens the transaction in which all is read, and tells when. The table's definition is asked for inside it.
    ///
    /// # Errors
    /// When the server refuses it.
    pub fn begin(&mut self) -> Result<Timestamp, SourceError> {
        let started_at = Timestamp::now();
        self.run("read consistently", "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")?;
        Ok(started_at)
    }

    /// Runs a statement without an answer.
    pub(super) fn run(&mut self, action: &'static str, statement: &str) -> Result<(), SourceError> {
        self.conn.query_drop(statement).map_err(|error| refused(action, error))
    }

    /// The first row of an answer.
    pub(super) fn ask<T: mysql::prelude::FromRow>(
        &mut self,
        action: &'static str,
        statement: &str,
    ) -> Result<Option<T>, SourceError> {
        self.conn.query_first(statement).map_err(|error| refused(action, error))
    }
}

/// A statement outside the read failed: by the server's will, or with the connection.
pub(super) fn refused(action: &'static str, error: mysql::Error) -> SourceError {
    let source = Cause::from(error);
    if source.is_loss() {
        return SourceError::Lost { table: "the table".into(), rows: 0, source };
    }
    SourceError::Refused { action, source }
}
