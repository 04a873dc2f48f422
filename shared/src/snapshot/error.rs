//! What can be wrong with a snapshot, or with making one.
//!
//! Each variant names the folder or part and carries the system's own words as its cause. Damage is never repaired here:
//! a sealed snapshot is whole or it is refused.

use std::io;
use std::path::PathBuf;

use crate::exit::{Diagnosis, ExitCode};

/// A snapshot cannot be found, read, trusted or written.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// No sealed snapshot of the table is there.
    #[error("there is no sealed snapshot of table {table} under {}", from.display())]
    NotFound {
        /// Where it was looked for.
        from: PathBuf,
        /// The table.
        table: String,
    },
    /// The folder itself is missing.
    #[error("there is no folder {}", from.display())]
    NoFolder {
        /// The folder.
        from: PathBuf,
    },
    /// A folder was named as a snapshot and has no manifest.
    #[error("{} is not a sealed snapshot: it has no {}", path.display(), super::MANIFEST_FILE)]
    NotSealed {
        /// The folder.
        path: PathBuf,
    },
    /// Snapshots of equally named tables of several databases are there.
    #[error("table {table} has snapshots from several databases: {}", databases.join(", "))]
    AmbiguousTable {
        /// The table as it was asked for.
        table: String,
        /// The databases, sorted.
        databases: Vec<String>,
    },
    /// A file or folder cannot be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The manifest is not one.
    #[error("the manifest {} cannot be understood", path.display())]
    ManifestInvalid {
        /// The manifest.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// The snapshot was written by a newer program.
    #[error("{} has format version {version}, and this program reads up to {}", path.display(), super::FORMAT_VERSION)]
    FormatTooNew {
        /// The manifest.
        path: PathBuf,
        /// Its format version.
        version: u32,
    },
    /// The manifest contradicts itself.
    #[error("the manifest {} contradicts itself: {detail}", path.display())]
    ManifestInconsistent {
        /// The manifest.
        path: PathBuf,
        /// Which two statements do not agree.
        detail: String,
    },
    /// A part that the manifest names is missing.
    #[error("part {} is missing", path.display())]
    PartMissing {
        /// The part.
        path: PathBuf,
    },
    /// A part is not the one that was sealed.
    #[error("part {} is damaged: its {what} is {found}, and the manifest says {expected}", path.display())]
    PartDiffers {
        /// The part.
        path: PathBuf,
        /// `size`, `SHA-256` or `number of rows`.
        what: &'static str,
        /// What the file has.
        found: String,
        /// What the manifest says.
        expected: String,
    },
    /// A part is not readable as Parquet, although it is the one that was sealed.
    #[error("part {} is not a readable Parquet file", path.display())]
    PartUnreadable {
        /// The part.
        path: PathBuf,
        /// What the Parquet reader said.
        #[source]
        source: parquet::errors::ParquetError,
    },
    /// The list of checksums is not that of the manifest.
    #[error("{} does not agree with the manifest: {detail}", path.display())]
    ChecksumsDiffer {
        /// The list.
        path: PathBuf,
        /// What differs.
        detail: String,
    },
    /// A file lies among the parts that is none.
    #[error("{} is not a part of the snapshot, and readers would take it for one", path.display())]
    StrayPart {
        /// The file.
        path: PathBuf,
    },
    /// A part has other columns than the manifest says.
    #[error("part {} does not have the columns of the manifest: {detail}", path.display())]
    SchemaDiffers {
        /// The part.
        path: PathBuf,
        /// The first difference.
        detail: String,
    },
    /// The values are not those that were sealed, although every part has its checksum.
    #[error("the content digest of {} is {found}, and the manifest says {expected}", path.display())]
    ContentDiffers {
        /// The snapshot.
        path: PathBuf,
        /// The digest of the values.
        found: String,
        /// That of the manifest.
        expected: String,
    },
    /// Several tables have snapshots where one snapshot was asked for.
    #[error("{} holds snapshots of several tables: {}", path.display(), tables.join(", "))]
    SeveralTables {
        /// The folder.
        path: PathBuf,
        /// The tables, sorted.
        tables: Vec<String>,
    },
    /// A folder holds no sealed snapshot at all.
    #[error("there is no sealed snapshot under {}", from.display())]
    NoneSealed {
        /// The folder.
        from: PathBuf,
    },
    /// Something cannot be written while a snapshot is made.
    #[error("cannot {action} {}", path.display())]
    Write {
        /// What was tried, such as `write part`.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

impl SnapshotError {
    pub(super) fn write(action: &'static str, path: impl Into<PathBuf>, source: io::Error) -> Self {
        Self::Write { action, path: path.into(), source }
    }
}

impl Diagnosis for SnapshotError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::NotFound { .. } | Self::NoFolder { .. } | Self::NotSealed { .. } | Self::NoneSealed { .. } => {
                ExitCode::NoSnapshot
            }
            Self::AmbiguousTable { .. } | Self::SeveralTables { .. } => ExitCode::Usage,
            Self::Write { .. } => ExitCode::Failed,
            Self::Unreadable { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => ExitCode::Failed,
            _ => ExitCode::SnapshotDamaged,
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::SeveralTables { .. } => "name one snapshot's folder; `extract list` shows them".into(),
            Self::NoneSealed { .. } => {
                "make one with `extract --out <folder>`, or name the folder that was given to --out".into()
            }
            Self::StrayPart { .. } => "move it elsewhere: a sealed snapshot is never written into".into(),
            Self::NotFound { .. } | Self::NoFolder { .. } => {
                "make one with `extract --out <folder>`, or point --from at the folder that was given to --out".into()
            }
            Self::NotSealed { .. } => "it may be a table's folder of another kind, or an extraction that did not end; \
                                       name a folder that holds _manifest.json"
                .into(),
            Self::AmbiguousTable { table, databases } => {
                let first = databases.first().map_or("<database>", String::as_str);
                format!("say which one, as <database>.<table>, for example {first}.{table}")
            }
            Self::FormatTooNew { .. } => "use a newer version of this program".into(),
            Self::Unreadable { .. } => "check the rights of the folder: a snapshot belongs to whoever made it".into(),
            Self::ManifestInvalid { .. }
            | Self::ManifestInconsistent { .. }
            | Self::PartMissing { .. }
            | Self::PartDiffers { .. }
            | Self::PartUnreadable { .. }
            | Self::ChecksumsDiffer { .. }
            | Self::SchemaDiffers { .. }
            | Self::ContentDiffers { .. } => {
                "the snapshot was changed after it was sealed: copy it again from where it was made, or extract anew"
                    .into()
            }
            Self::Write { source, .. } => match source.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                    "free some space, or write to another disk with --out; nothing half written stays".into()
                }
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                    "give yourself the right to write there, or choose another folder with --out".into()
                }
                io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
                    "a file stands where a folder is needed: choose another folder with --out".into()
                }
                _ => "check the disk and the folder given to --out".into(),
            },
        })
    }
}
