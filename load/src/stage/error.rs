//! What can go wrong while staging. Staging that fails leaves no sealed graph tables: the next load starts it anew.

use std::io;
use std::path::PathBuf;

use shared::disk::DiskError;
use shared::exit::{Diagnosis, ExitCode};
use shared::interrupt::Interrupted;
use shared::snapshot::SnapshotError;

use super::expectation::Unexpected;
use super::fault::Failure;
use crate::graph_table::manifest::{GRAPH_MANIFEST, GraphTablesError};
use crate::graph_table::writer::WriteTableError;
use crate::mapping::MappingError;

/// Why there are no graph tables.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// The snapshot cannot be found or trusted.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// The mapping does not fit.
    #[error(transparent)]
    Mapping(#[from] MappingError),
    /// A value cannot be used, in a field that asks for the load to end then.
    #[error(transparent)]
    Value(Box<Failure>),
    /// There is more or less than the mapping expects.
    #[error(transparent)]
    Unexpected(Box<Unexpected>),
    /// There is not enough space.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// A part of the snapshot passed its checksum and still cannot be read.
    #[error("part {} cannot be read as Parquet", path.display())]
    ReadPart {
        /// The part.
        path: PathBuf,
        /// The cause.
        #[source]
        source: parquet::errors::ParquetError,
    },
    /// A graph table cannot be written.
    #[error(transparent)]
    WriteTable(#[from] WriteTableError),
    /// Graph tables that were staged before cannot be trusted.
    #[error(transparent)]
    Tables(#[from] GraphTablesError),
    /// A folder or file of the staging area cannot be made, moved or locked.
    #[error("cannot {what} {}", path.display())]
    Folder {
        /// What was tried.
        what: &'static str,
        /// The folder or file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The threads for staging could not be started.
    #[error("cannot start the threads for staging")]
    Threads(#[source] rayon::ThreadPoolBuildError),
    /// Somebody asked to stop.
    #[error("stopped while staging: nothing was written to the target")]
    Interrupted(#[source] Interrupted),
}

impl Diagnosis for StageError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Snapshot(error) => error.exit_code(),
            Self::Mapping(error) => error.exit_code(),
            Self::Value(_) | Self::Unexpected(_) => ExitCode::Mapping,
            Self::ReadPart { .. } => ExitCode::SnapshotDamaged,
            Self::Interrupted(Interrupted(code)) => *code,
            Self::Disk(_) | Self::WriteTable(_) | Self::Tables(_) | Self::Folder { .. } | Self::Threads(_) => {
                ExitCode::Failed
            }
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Snapshot(error) => error.hint(),
            Self::Mapping(error) => error.hint(),
            Self::Unexpected(unexpected) => Some(format!(
                "this load wrote nothing to the target; {} has `counts` of what was left out, and rejects.parquet; where the \
                 numbers are right, change `expect` in the mapping: the tables are not made again for it",
                unexpected.dir.join(GRAPH_MANIFEST).display()
            )),
            Self::Value(_) => Some(
                "nothing was written to the target; mend the value in the source and extract the table again, or let the field \
                 say `on_error: missing` (the value is left out and counted) or `on_error: reject` (its record is set aside)"
                    .to_owned(),
            ),
            Self::Disk(error) => error.hint().map(|hint| format!("{hint}: `--work DIR` says where graph tables go")),
            Self::ReadPart { .. } => Some("extract the table again".to_owned()),
            Self::WriteTable(_) | Self::Folder { .. } => Some(
                "see that the folder can be written and the disk has space; `--work DIR` puts graph tables elsewhere; \
                 then run the same command again"
                    .to_owned(),
            ),
            Self::Tables(_) => Some("remove that folder: the tables are then made again from the snapshot".to_owned()),
            Self::Threads(_) => Some("try fewer with --threads".to_owned()),
            Self::Interrupted(_) => Some("run the same command again".to_owned()),
        }
    }
}
