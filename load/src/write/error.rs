//! Why writing stopped.
//!
//! In: what happened to a batch that could be neither applied nor set aside. Out: one variant a diagnosis. Whatever was
//! applied before stays, and the run goes on with `load --resume`.

use shared::exit::{Diagnosis, ExitCode};
use shared::interrupt::Interrupted;

use crate::graph_table::manifest::GraphTablesError;
use crate::run::RunError;
use crate::target::error::TargetError;
use crate::way_on;

/// Writing stopped.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The state of the run forbids to go on.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The target refused or was lost.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// The graph tables cannot be read.
    #[error(transparent)]
    Tables(#[from] GraphTablesError),
    /// The server refuses more rows than we were told to bear.
    #[error("the server refuses row {row} of graph table {table}: {reason}")]
    TooManyRefused {
        /// Table.
        table: String,
        /// Ordinal of the row, from 0.
        row: u64,
        /// What the server said.
        reason: String,
        /// `--max-rejects`.
        limit: u64,
    },
    /// A relationship whose end is not in the graph, though it was written.
    #[error("the {end} node of row {row} of graph table {table} is not in the database, though it was loaded")]
    EndMissing {
        /// Table.
        table: String,
        /// Ordinal of the row, from 0.
        row: u64,
        /// `start` or `end`.
        end: &'static str,
    },
    /// The server wrote another number of elements than it was sent rows.
    #[error("the server wrote {written} elements for {sent} rows of graph table {table} (units {first} to {last})")]
    Miscounted {
        /// Table.
        table: String,
        /// Rows sent.
        sent: u64,
        /// Elements written.
        written: u64,
        /// First unit of the batch.
        first: u32,
        /// Last unit of the batch.
        last: u32,
    },
    /// The file of refused rows cannot be written.
    #[error("cannot write {}", path.display())]
    Rejects {
        /// The file.
        path: std::path::PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// Another writer stopped first.
    #[error("another writer stopped")]
    Stopped,
    /// Somebody asked to stop.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

impl Diagnosis for WriteError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Run(error) => error.exit_code(),
            Self::Target(error) => error.exit_code(),
            Self::Tables(_) | Self::Rejects { .. } => ExitCode::Failed,
            Self::Interrupted(interrupted) => interrupted.exit_code(),
            _ => ExitCode::Target,
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Run(error) => return error.hint(),
            Self::Target(error) => return error.hint(),
            Self::Tables(_) => {
                format!("remove that folder of graph tables: the next load stages them again; then {}", way_on::go_on())
            }
            Self::TooManyRefused { limit, .. } => {
                format!("--max-rejects {limit} was reached; {}, with a larger --max-rejects", way_on::go_on())
            }
            Self::EndMissing { .. } | Self::Miscounted { .. } => {
                "something else changed the database meanwhile; see: load status; begin anew with: load clear".into()
            }
            Self::Rejects { .. } => {
                format!("make room, then {} (with another --work, if you like)", way_on::go_on())
            }
            Self::Stopped | Self::Interrupted(_) => way_on::go_on(),
        })
    }
}
