//! Free space, asked before the long work starts.
//!
//! In: a folder (which need not exist yet) and what will be written into it. Out: a refusal that names both figures. It is
//! only an early warning: others may fill the disk later, so every write still has to expect a full disk.

use std::io;
use std::path::{Path, PathBuf};

use crate::exit::{Diagnosis, ExitCode};
use crate::progress::human_bytes;

/// Why the space is not there, or cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum DiskError {
    /// The file system cannot be asked.
    #[error("cannot tell the free space at {}", path.display())]
    Unknown {
        /// The folder that was asked about.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// There is less space than the work needs.
    #[error("{} has {} free, and about {} are needed", path.display(), human_bytes(*free_bytes), human_bytes(*needed_bytes))]
    TooSmall {
        /// The folder that was asked about.
        path: PathBuf,
        /// What an ordinary user may still write there.
        free_bytes: u64,
        /// What was asked for.
        needed_bytes: u64,
    },
}

impl Diagnosis for DiskError {
    fn exit_code(&self) -> ExitCode {
        ExitCode::Failed
    }

    fn hint(&self) -> Option<String> {
        Some("free some space, or write to another disk".into())
    }
}

/// Bytes that an ordinary user may still write at `path`, or at its nearest existing parent.
///
/// # Errors
/// When the file system cannot be asked.
pub fn free_bytes(path: &Path) -> Result<u64, DiskError> {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let existing = absolute.ancestors().find(|folder| folder.exists()).unwrap_or(Path::new("/"));
    let stat = rustix::fs::statvfs(existing)
        .map_err(|source| DiskError::Unknown { path: existing.to_path_buf(), source: source.into() })?;
    Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
}

/// Refuses when fewer than `needed_bytes` are free at `path`.
///
/// # Errors
/// When the space is not there, or cannot be told.
pub fn require_free(path: &Path, needed_bytes: u64) -> Result<(), DiskError> {
    let free_bytes = free_bytes(path)?;
    if free_bytes < needed_bytes {
        return Err(DiskError::TooSmall { path: path.to_path_buf(), free_bytes, needed_bytes });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_not_there_yet_is_asked_through_its_parent() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("a/b");
        require_free(&missing, 1).unwrap();
        let error = require_free(&missing, u64::MAX).unwrap_err();
        assert!(error.to_string().contains("free, and about"), "{error}");
    }
}
