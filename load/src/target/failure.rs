//! What went wrong in an exchange with the server, sorted by what can be done about it.
//!
//! In: an error of the driver, or the code of an error of the server. Out: one class, on which retry, settling and giving up
//! depend. The message of the server is kept for people; nothing decides by its text, except for TLS, which has no code.

use std::time::Duration;

use super::tls::TlsFailure;

/// What can be done about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// The connection is gone or could not be made, or no answer came: connect again.
    Connection,
    /// TLS could not be set up: trying again gives the same.
    Tls(TlsFailure),
    /// What answers is not a server that speaks our protocol.
    NotNeo4j,
    /// The server asks to try again (deadlock, election, start-up).
    Transient,
    /// The transaction is too large or too slow for the server: send less in one.
    TooLarge,
    /// All transactions together need more memory than the server gives: send less, and fewer at a time.
    MemoryPool,
    /// A constraint is violated: by a row, or because the ledger already knows the unit.
    Constraint,
    /// A value of a row cannot be stored.
    Row,
    /// User or password is wrong.
    Login,
    /// The user may not do this.
    Forbidden,
    /// There is no such database.
    UnknownDatabase,
    /// A constraint or an index cannot be created beside what is there.
    SchemaConflict,
    /// Anything else; trying again gives the same.
    Refused,
}

/// A failure of an exchange with the server.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{}{message}", code.as_deref().map(|code| format!("{code}: ")).unwrap_or_default())]
pub struct Failure {
    /// What can be done about it.
    pub class: Class,
    /// The server's code, where the server answered.
    pub code: Option<String>,
    /// What it or the system said.
    pub message: String,
    /// Whether the server hung up without a word.
    pub hung_up: bool,
}

impl Failure {
    /// A failure without a server's code.
    pub fn new(class: Class, message: impl Into<String>) -> Self {
        Self { class, code: None, message: message.into(), hung_up: false }
    }

    /// A failure that the server reported.
    pub fn from_server(code: &str, message: &str) -> Self {
        Self { class: classify(code), code: Some(code.to_owned()), message: message.to_owned(), hung_up: false }
    }

    /// No answer within `limit`.
    pub fn timed_out(what: &str, limit: Duration) -> Self {
        Self::new(Class::Connection, format!("no answer to {what} within {} s", limit.as_secs()))
    }

    /// Whether the server's code ends in one of these titles.
    pub fn says(&self, titles: &[&str]) -> bool {
        let title = self.code.as_deref().and_then(|code| code.rsplit('.').next());
        title.is_some_and(|title| titles.contains(&title))
    }

    /// Whether the same may be tried again after a pause.
    pub fn is_retryable(&self) -> bool {
        matches!(self.class, Class::Connection | Class::Transient | Class::TooLarge | Class::MemoryPool)
    }
}

/// The class of an error code of the server.
fn classify(code: &str) -> Class {
    let mut parts = code.split('.').skip(1);
    let (class, category, title) =
        (parts.next().unwrap_or_default(), parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    match (class, category, title) {
        (_, _, title) if title.starts_with("TransactionTimedOut") => Class::TooLarge,
        ("TransientError" | "ClientError", _, "TransactionOutOfMemoryError" | "OutOfMemoryError") => Class::TooLarge,
        ("TransientError" | "ClientError", _, "MemoryPoolOutOfMemoryError") => Class::MemoryPool,
        // The driver renames two transient codes of older servers to these.
        ("ClientError", "Transaction", "Terminated" | "LockClientStopped" | "TransactionNotFound") => Class::Transient,
        ("TransientError", ..) => Class::Transient,
        ("ClientError", "Cluster", "NotALeader")
        | ("ClientError", "General", "ForbiddenOnReadOnlyDatabase" | "WriteOnReadOnlyAccessDatabase") => {
            Class::Connection
        }
        ("ClientError", "Security", "AuthorizationExpired" | "TokenExpired") => Class::Connection,
        // The driver's word for a server that passes a request over: somebody ended the connection, or what ran on it.
        ("ServerError", "Ignored", _) => Class::Connection,
        ("ClientError", "Security", "Forbidden") => Class::Forbidden,
        ("ClientError", "Security", _) => Class::Login,
        ("ClientError", "Database", "DatabaseNotFound") => Class::UnknownDatabase,
        ("ClientError", "Schema", "ConstraintValidationFailed" | "ConstraintViolation") => Class::Constraint,
        ("ClientError" | "DatabaseError", "Schema", _) => Class::SchemaConflict,
        (
            "ClientError",
            "Statement",
            "TypeError" | "ArithmeticError" | "ArgumentError" | "ConstraintVerificationFailed",
        ) => Class::Row,
        // A value too large for an index is reported as a failure of the execution (seen on 5.26).
        ("DatabaseError", "Statement", "ExecutionFailed") => Class::Row,
        ("DatabaseError", "General" | "Transaction", _) => Class::Transient,
        // tx.setMetaData looks at all transactions of the server, and fails where another one is just being closed (seen on
        // 5.26); the same call goes through when repeated.
        ("ClientError", "Procedure", "ProcedureCallFailed") => Class::Transient,
        _ => Class::Refused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_sorted_by_what_can_be_done() {
        for (code, class) in [
            ("Neo.TransientError.Transaction.DeadlockDetected", Class::Transient),
            ("Neo.ClientError.Transaction.LockClientStopped", Class::Transient),
            ("Neo.TransientError.General.MemoryPoolOutOfMemoryError", Class::MemoryPool),
            ("Neo.TransientError.General.TransactionOutOfMemoryError", Class::TooLarge),
            ("Neo.ClientError.Transaction.TransactionTimedOutClientConfiguration", Class::TooLarge),
            ("Neo.ClientError.Cluster.NotALeader", Class::Connection),
            ("Neo.ServerError.Ignored", Class::Connection),
            ("Neo.ClientError.General.WriteOnReadOnlyAccessDatabase", Class::Connection),
            ("Neo.ClientError.Schema.ConstraintValidationFailed", Class::Constraint),
            ("Neo.ClientError.Schema.IndexAlreadyExists", Class::SchemaConflict),
            ("Neo.DatabaseError.Statement.ExecutionFailed", Class::Row),
            ("Neo.ClientError.Security.Unauthorized", Class::Login),
            ("Neo.ClientError.Security.Forbidden", Class::Forbidden),
            ("Neo.ClientError.Procedure.ProcedureCallFailed", Class::Transient),
            ("Neo.ClientError.Statement.SyntaxError", Class::Refused),
            ("nonsense", Class::Refused),
        ] {
            assert_eq!(Failure::from_server(code, "").class, class, "{code}");
        }
    }
}
