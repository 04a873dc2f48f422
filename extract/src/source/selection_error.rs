//! What can be wrong with a selection of columns or rows, or with a query.
//!
//! Each variant names what was typed and the way out. The server has the last word on SQL: its answer is the cause.

use shared::exit::{Diagnosis, ExitCode};

use super::cause::Cause;

/// What was selected cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum SelectionError {
    /// A selected column is not there.
    #[error("table {table} has no column {column}")]
    NoColumn {
        /// The table with its database.
        table: String,
        /// The column as it was typed.
        column: String,
        /// Columns with a name much like it.
        similar: Vec<String>,
    },
    /// Every column is left out.
    #[error("no column of {table} is left")]
    NoColumnLeft {
        /// The table with its database.
        table: String,
    },
    /// The condition cannot be used.
    #[error("the server does not take the condition of --where for table {table}")]
    BadCondition {
        /// The table with its database.
        table: String,
        /// The server's answer.
        #[source]
        source: Cause,
    },
    /// The query cannot be used.
    #[error("the server does not take the query of --query")]
    BadQuery {
        /// The server's answer.
        #[source]
        source: Cause,
    },
    /// There is a placeholder, and no value for it.
    #[error("there is a placeholder (? or :name) in {flag}")]
    Placeholder {
        /// The flag.
        flag: &'static str,
    },
    /// The query gives no rows by its nature.
    #[error("the query of --query has no result")]
    NoResult,
    /// The query gives two columns of one name.
    #[error("the query of --query has two columns called {column}")]
    SameName {
        /// The name, in lower case.
        column: String,
    },
    /// A column of the query arrives in a form that cannot be stored.
    #[error("column {column} of the query is of type {declared}, which has to be converted by the server")]
    NotConverted {
        /// The column.
        column: String,
        /// Its type.
        declared: String,
        /// What the query should say instead.
        expression: String,
    },
}

impl Diagnosis for SelectionError {
    fn exit_code(&self) -> ExitCode {
        ExitCode::Source
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NoColumn { similar, .. } if similar.is_empty() => "check --columns and --exclude".into(),
            Self::NoColumn { similar, .. } => format!("did you mean {}?", similar.join(" or ")),
            Self::NoColumnLeft { .. } => "leave out fewer columns with --exclude".into(),
            Self::BadCondition { .. } => "give what may follow WHERE, in the server's own SQL, without the word".into(),
            Self::BadQuery { .. } => "give one SELECT, in the server's own SQL".into(),
            Self::Placeholder { .. } => "write the value itself; a ? or : that is text stands in quotes".into(),
            Self::NoResult => "give a SELECT that gives rows to the client (no INTO)".into(),
            Self::SameName { column } => format!("give one of them another name: ... AS {column}_2"),
            Self::NotConverted { expression, .. } => format!("write {expression} in the query"),
        })
    }
}
