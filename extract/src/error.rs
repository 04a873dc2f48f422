//! Everything that can end an extraction, by where it comes from.
//!
//! Each source of errors has an enum of its own, which knows its exit code and its way out; this one only joins them, and
//! adds what concerns the values themselves.

use shared::disk::DiskError;
use shared::exit::{Diagnosis, ExitCode};
use shared::interrupt::Interrupted;
use shared::progress::human_count;
use shared::snapshot::SnapshotError;

use crate::plan::PlanError;
use crate::source::SourceError;

/// Why there is no snapshot.
#[derive(Debug, thiserror::Error)]
pub enum ExtractError {
    /// The command line, the environment or an env file is wrong.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The server refused, or was lost.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The snapshot cannot be written.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// There is too little space.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// Somebody asked to stop.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
    /// One of the others but those of the source, which name the rows themselves.
    #[error("the read of {table} stopped after {} rows", human_count(*rows))]
    Stopped {
        /// The table, with its database.
        table: String,
        /// Rows received until then.
        rows: u64,
        /// What stopped it.
        #[source]
        error: Box<ExtractError>,
    },
    /// A value that its type cannot hold, with `--on-bad-value fail`.
    #[error("row {row} of {table} has a value in column {column} that cannot be stored: {reason}")]
    BadValue {
        /// The table, with its database.
        table: String,
        /// The column.
        column: String,
        /// The row's ordinal, from 0.
        row: u64,
        /// What is wrong with the value, without the value.
        reason: &'static str,
    },
    /// Parquet refuses the values, which is our fault and not the table's.
    #[error("cannot encode part {part}")]
    Encode {
        /// The part's file name.
        part: String,
        /// What the writer said.
        #[source]
        source: parquet::errors::ParquetError,
    },
    /// Columns cannot be put together, which is our fault and not the table's.
    #[error("cannot put rows {first_row} and following together")]
    Assemble {
        /// The first row of the batch.
        first_row: u64,
        /// What Arrow said.
        #[source]
        source: arrow::error::ArrowError,
    },
}

impl ExtractError {
    /// The same, with the rows received before it.
    #[must_use]
    pub fn after_rows(self, table: &str, rows: u64) -> Self {
        match self {
            Self::Source(_) | Self::BadValue { .. } | Self::Stopped { .. } => self,
            error => Self::Stopped { table: table.to_owned(), rows, error: Box::new(error) },
        }
    }
}

impl Diagnosis for ExtractError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Plan(error) => error.exit_code(),
            Self::Source(error) => error.exit_code(),
            Self::Snapshot(error) => error.exit_code(),
            Self::Disk(error) => error.exit_code(),
            Self::Interrupted(error) => error.exit_code(),
            Self::Stopped { error, .. } => error.exit_code(),
            Self::BadValue { .. } | Self::Encode { .. } | Self::Assemble { .. } => ExitCode::Failed,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Plan(error) => error.hint(),
            Self::Source(error) => error.hint(),
            Self::Snapshot(error) => error.hint(),
            Self::Disk(error) => error.hint(),
            Self::Interrupted(_) => Some("nothing half written stays; run again".into()),
            Self::Stopped { error, .. } => error.hint(),
            Self::BadValue { .. } => Some(
                "--on-bad-value null stores NULL and counts such values; --on-bad-value text keeps them as text".into(),
            ),
            Self::Encode { .. } | Self::Assemble { .. } => {
                Some("please report this with the table's definition (SHOW CREATE TABLE)".into())
            }
        }
    }
}
