//! The way out of each answer of the server: a flag, a right or a thing to check.
//!
//! In: why the rows could not be read. Out: its exit code and one line for people. It must never hold a secret, nor a line break.

use shared::exit::{Diagnosis, ExitCode};

use super::{STOPPED_CODES, SourceError};
use crate::source::NO_USER;

impl Diagnosis for SourceError {
    fn exit_code(&self) -> ExitCode {
        ExitCode::Source
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Unreachable { source, .. } if source.to_string().contains("lookup") => {
                "check the host's name (--host, MYSQL_HOST)".into()
            }
            Self::Unreachable { .. } => {
                "check host and port (--host, --port), that the server runs, and that no firewall is in between".into()
            }
            Self::Dropped { .. } => "nothing was read; run again, or with more --retries".into(),
            Self::Mute { .. } => "is it a MySQL server? Give a busy one more time with --read-timeout".into(),
            Self::AccessDenied { user, .. } if user == NO_USER => {
                "no user was given: use --user, MYSQL_USER or --env-file".into()
            }
            Self::AccessDenied { with_password: false, .. } => {
                "no password was given: use --password-file, MYSQL_PASSWORD or --env-file".into()
            }
            Self::AccessDenied { encrypted, with_certificate, .. } => {
                let or_tls = match (encrypted, with_certificate) {
                    (false, _) => "; an account (REQUIRE SSL) or a server for TLS only needs --ssl-mode",
                    (true, false) => "; an account for certificates (REQUIRE X509) needs --ssl-cert and --ssl-key",
                    (true, true) => "; the account may be for another certificate than that of --ssl-cert",
                };
                format!("check user, password and the host that the account is for{or_tls}")
            }
            Self::NotServed { .. } => "the account may be for other hosts, or the server is full or in recovery".into(),
            Self::TlsNotOffered { .. } => {
                "turn TLS on at the server; --ssl-mode disabled sends password and rows in plain text".into()
            }
            Self::TlsRequired { .. } => {
                "use --ssl-mode verify-identity (or required), with --ssl-ca if it has its own authority".into()
            }
            Self::Tls { hint, .. } => hint.clone(),
            Self::NoBundle { .. } => {
                "make room in the folder of TMPDIR, or give Amazon's bundle as --ssl-ca FILE".into()
            }
            Self::UnknownPlugin { .. } => {
                "use an account with caching_sha2_password (MySQL), ed25519 or mysql_native_password (MariaDB)".into()
            }
            Self::NoDatabase { .. } => "check --database; the account sees only databases it has rights in".into(),
            Self::NoTable { table, .. } if table.contains(',') => {
                "--table takes one name, and may be given several times".into()
            }
            Self::NoTable { similar, .. } if similar.is_empty() => "check --database and --table".into(),
            Self::NothingExcluded { table, .. } if table.contains(',') => {
                "--exclude-table takes one name, and may be given several times".into()
            }
            Self::NothingExcluded { similar, .. } if similar.is_empty() => {
                "check --database and --exclude-table; upper and lower case differ, and a pattern may match nothing"
                    .into()
            }
            Self::NoTable { similar, .. } | Self::NothingExcluded { similar, .. } => {
                format!("did you mean {}?", similar.join(" or "))
            }
            Self::NoSelect { table, user, .. } => {
                format!(
                    "have an administrator run: GRANT SELECT ON {table} TO {user}; or name what it may read by --columns"
                )
            }
            Self::NoMatch { .. } => {
                "check --database and --table; a pattern must match the whole name, and views are read only by name"
                    .into()
            }
            Self::Selection(error) => return error.hint(),
            Self::NoLock { database, user, .. } => {
                let database = crate::source::quoted(database);
                format!("have an administrator run: GRANT LOCK TABLES ON {database}.* TO {user}; or use --readers 1")
            }
            Self::LockWait { .. } => {
                "a transaction that changes it is open for long: try again when it is over, or use --readers 1".into()
            }
            Self::Refused { .. } => "ask the server's administrator, with the answer above".into(),
            Self::Ended { source, .. } if source.code().is_some_and(|code| STOPPED_CODES.contains(&code)) => {
                "ask the administrator for a limit on statements (max_execution_time, a watchdog), then run again"
                    .into()
            }
            Self::Ended { .. } => {
                "the server cannot compute a value: correct the view or the column that the answer above is about"
                    .into()
            }
            Self::Lost { .. } => "nothing half written stays; run again, or with more --retries".into(),
            Self::Silent { .. } => "give a busy server more time with --read-timeout, or run again".into(),
            Self::Garbled { .. } => "is it a MySQL server? A proxy in between may need --protocol text".into(),
            Self::Altered { .. } => "run again when nobody alters the table".into(),
        })
    }
}
