//! What the server, or the way to it, may answer.
//!
//! Each variant is a diagnosis with its own way out. Whether a new connection could help is a verdict of its own
//! ([`SourceError::is_lost`]): a refusal is never tried again.

mod hint;

use std::io;
use std::time::Duration;

use shared::progress::human_count;

use super::cause::Cause;
use super::selection_error::SelectionError;

/// Why the rows could not be read.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// Nobody answers at the address.
    #[error("cannot reach a MySQL server at {address}")]
    Unreachable {
        /// The address.
        address: String,
        /// What the system said.
        #[source]
        source: Cause,
    },
    /// Somebody answers, and then the connection is gone.
    #[error("the connection to {address} was lost while it was set up")]
    Dropped {
        /// The address.
        address: String,
        /// What broke it.
        #[source]
        source: Cause,
    },
    /// Somebody takes the connection and says nothing.
    #[error("the server at {address} has sent nothing for {} s while the connection was set up", read_timeout.as_secs())]
    Mute {
        /// The address.
        address: String,
        /// The limit that was passed.
        read_timeout: Duration,
    },
    /// User or password are wrong.
    #[error("the server at {address} refuses user {user}")]
    AccessDenied {
        /// The address.
        address: String,
        /// The user.
        user: String,
        /// Whether a password was given at all.
        with_password: bool,
        /// Whether the connection was encrypted: some accounts are for encrypted ones only, and the server does not say so.
        encrypted: bool,
        /// Whether we have shown a certificate: some accounts want one, and the server does not say that either.
        with_certificate: bool,
        /// The server's answer.
        #[source]
        source: Cause,
    },
    /// The server does not serve this host, or no one at the moment.
    #[error("the server at {address} does not take our connection")]
    NotServed {
        /// The address.
        address: String,
        /// The server's answer.
        #[source]
        source: Cause,
    },
    /// TLS was asked for and the server has none.
    #[error("the server at {address} offers no TLS, and --ssl-mode {ssl_mode} needs it")]
    TlsNotOffered {
        /// The address.
        address: String,
        /// The mode.
        ssl_mode: String,
    },
    /// The server wants TLS and we were told not to.
    #[error("the server at {address} takes encrypted connections only")]
    TlsRequired {
        /// The address.
        address: String,
        /// The server's answer.
        #[source]
        source: Cause,
    },
    /// The handshake of TLS failed.
    #[error("{what}")]
    Tls {
        /// The reason, with address and mode.
        what: String,
        /// The way out.
        hint: String,
        /// What failed.
        #[source]
        source: Cause,
    },
    /// The certificates that are shipped cannot be used.
    #[error("cannot write the certificates of --ssl-ca rds to a temporary file")]
    NoBundle {
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The account wants a way of authentication that we do not know.
    #[error("the account at {address} uses the authentication plugin {plugin}, which extract does not have")]
    UnknownPlugin {
        /// The address.
        address: String,
        /// The plugin.
        plugin: String,
    },
    /// The database is not there, or not for this account.
    #[error("there is no database {database} for this account")]
    NoDatabase {
        /// The database.
        database: String,
        /// The server's answer.
        #[source]
        source: Cause,
    },
    /// The table is not there.
    #[error("there is no table {table} in database {database}")]
    NoTable {
        /// The database.
        database: String,
        /// The table.
        table: String,
        /// Tables with a name much like it.
        similar: Vec<String>,
    },
    /// The account may not read the table, or not all of it.
    #[error("user {user} may not read all of table {table}")]
    NoSelect {
        /// The user.
        user: String,
        /// The table with its database.
        table: String,
        /// The server's answer.
        #[source]
        source: Cause,
    },
    /// No table is meant by a pattern.
    #[error("no table of database {database} is called {pattern}")]
    NoMatch {
        /// The database.
        database: String,
        /// The pattern, or `*` for all.
        pattern: String,
    },
    /// A table that is to be left out is not there.
    #[error(
        "--exclude-table {table} leaves nothing out: database {database} has no such table (views are read by name only)"
    )]
    NothingExcluded {
        /// The database.
        database: String,
        /// The name.
        table: String,
        /// Names of tables much like it.
        similar: Vec<String>,
    },
    /// What was selected cannot be had.
    #[error(transparent)]
    Selection(#[from] SelectionError),
    /// Tables may not be locked.
    #[error("user {user} may not lock tables of database {database}, and --readers needs that to read one moment")]
    NoLock {
        /// The database.
        database: String,
        /// The user.
        user: String,
        /// The server's answer.
        #[source]
        source: Cause,
    },
    /// Somebody is changing a table and does not come to an end.
    #[error("a table of database {database} could not be locked for reading within {seconds} s")]
    LockWait {
        /// The database.
        database: String,
        /// How long it was waited.
        seconds: u32,
        /// The server's answer.
        #[source]
        source: Cause,
    },
    /// The server refuses something else.
    #[error("the server refuses to {action}")]
    Refused {
        /// What was tried.
        action: &'static str,
        /// The server's answer.
        #[source]
        source: Cause,
    },
    /// Somebody or a limit of the server ended the statement.
    #[error("the server ended the read of {table} after {} rows", human_count(*rows))]
    Ended {
        /// The table with its database.
        table: String,
        /// Rows received until then.
        rows: u64,
        /// The server's answer.
        #[source]
        source: Cause,
    },
    /// The connection broke.
    #[error("the connection was lost after {} rows of {table}", human_count(*rows))]
    Lost {
        /// The table with its database.
        table: String,
        /// Rows received until then.
        rows: u64,
        /// What broke it.
        #[source]
        source: Cause,
    },
    /// The server fell silent.
    #[error("the server has sent nothing for {} s, after {} rows of {table}", read_timeout.as_secs(), human_count(*rows))]
    Silent {
        /// The table with its database.
        table: String,
        /// Rows received until then.
        rows: u64,
        /// The limit that was passed.
        read_timeout: Duration,
    },
    /// The server sent something that is not MySQL, or not what it announced.
    #[error("the server sent what cannot be understood, after {} rows of {table}: {detail}", human_count(*rows))]
    Garbled {
        /// The table with its database.
        table: String,
        /// Rows received until then.
        rows: u64,
        /// What was not understood.
        detail: String,
    },
    /// The table was altered between two passes.
    #[error("the definition of table {table} changed while it was read")]
    Altered {
        /// The table with its database.
        table: String,
    },
}

/// The table was altered between the start of the transaction and the read.
const TABLE_DEFINITION_CHANGED: u16 = 1412;

/// Errors with which a server says that it takes no connection now: too many, shutdown, too many of this account.
const BUSY_CODES: [u16; 3] = [1040, 1053, 1203];

/// Errors with which a server says that the statement was stopped: interrupted, over its time limit (MySQL's, MariaDB's).
const STOPPED_CODES: [u16; 3] = [1317, 3024, 1969];

impl SourceError {
    /// What an error during a read means.
    pub fn in_read(table: &str, rows: u64, read_timeout: Duration, error: mysql::Error) -> Self {
        let table = table.to_owned();
        match Cause::from(error) {
            Cause::Io(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                Self::Silent { table, rows, read_timeout }
            }
            // A packet whose announced length and content differ: no newly made connection would cure it.
            Cause::Io(error) if error.kind() == io::ErrorKind::InvalidData => {
                Self::Garbled { table, rows, detail: error.to_string() }
            }
            source if source.is_loss() => Self::Lost { table, rows, source },
            source if source.code() == Some(TABLE_DEFINITION_CHANGED) => Self::Altered { table },
            source => Self::Ended { table, rows, source },
        }
    }

    /// Rows received before it.
    #[must_use]
    pub fn rows(&self) -> u64 {
        match self {
            Self::Ended { rows, .. }
            | Self::Lost { rows, .. }
            | Self::Silent { rows, .. }
            | Self::Garbled { rows, .. } => *rows,
            _ => 0,
        }
    }

    /// The same after `read` rows, where several connections have each counted their own.
    #[must_use]
    pub fn after(mut self, read: u64) -> Self {
        match &mut self {
            Self::Ended { rows, .. }
            | Self::Lost { rows, .. }
            | Self::Silent { rows, .. }
            | Self::Garbled { rows, .. } => {
                *rows = read;
            }
            _ => {}
        }
        self
    }

    /// Whether a new connection may well succeed, where one has before.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::NotServed { .. } | Self::Mute { .. } => true,
            _ => self.is_passing(),
        }
    }

    /// Whether a new connection may well succeed, where none has before: somebody has answered and was lost, or has no room
    /// at the moment. Nobody there, or one who never says a word, is more likely a wrong address, which no patience cures.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Lost { .. } | Self::Silent { .. } | Self::Dropped { .. } => true,
            Self::NotServed { source, .. } => source.code().is_some_and(|code| BUSY_CODES.contains(&code)),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn before_anything_worked_only_what_passes_is_tried_again() {
        let said = |code| {
            let error = mysql::MySqlError { state: "HY000".into(), message: "no".into(), code };
            let source = Cause::from(mysql::Error::from(error));
            SourceError::NotServed { address: "db:3306".into(), source }
        };
        let verdicts = |error: &SourceError| (error.is_passing(), error.is_lost());
        assert_eq!([1040, 1053, 1130].map(|code| verdicts(&said(code))), [(true, true), (true, true), (false, true)]);
        let broken = || Cause::from(mysql::Error::from(io::Error::from(io::ErrorKind::ConnectionReset)));
        let (address, read_timeout) = (String::from("db:3306"), Duration::from_secs(1));
        assert_eq!(verdicts(&SourceError::Dropped { address: address.clone(), source: broken() }), (true, true));
        assert_eq!(verdicts(&SourceError::Unreachable { address: address.clone(), source: broken() }), (false, true));
        assert_eq!(verdicts(&SourceError::Mute { address, read_timeout }), (false, true));
        assert_eq!(verdicts(&SourceError::Refused { action: "open a session", source: broken() }), (false, false));
    }
}
