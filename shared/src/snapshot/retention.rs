//! Old snapshots that are no longer wanted.
//!
//! In: the snapshot that was sealed just now, and how many are to stay. Out: the folders that were removed. Only sealed
//! snapshots of the same table with the same selection count and go, the oldest first by their manifests, and never the new
//! one: a sample of a table does not push out a whole one. A folder whose manifest cannot be understood is named and left
//! alone. A snapshot is renamed to a staging name first, so that nobody ever finds half of one; what is then left of it by a
//! process that dies is removed by the next extraction.

use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use super::catalogue::{age, sealed_folders};
use super::staging::lock_table_folder;
use super::{SealedSnapshot, SnapshotError};
use crate::telemetry::{self, Event};

/// Removes what is older than the `keep` newest, and returns it. What cannot be removed is said in the log: the new snapshot
/// is sealed all the same.
#[must_use]
pub fn keep_newest(new: &SealedSnapshot, keep: NonZeroUsize) -> Vec<PathBuf> {
    let Some(table_folder) = new.path.parent() else { return Vec::new() };
    let old = match outdated(new, table_folder, keep) {
        Ok(old) => old,
        Err(error) => {
            tracing::warn!("old snapshots stay: {error}");
            return Vec::new();
        }
    };
    let mut removed = Vec::new();
    for path in old {
        match remove(table_folder, &path) {
            Ok(()) => {
                let source = &new.manifest.source;
                let table = format!("{}.{}", source.database, source.table);
                telemetry::emit(&Event::Removed { table: &table, path: &path });
                removed.push(path);
            }
            Err(error) => tracing::warn!("{} stays: {error}", path.display()),
        }
    }
    removed
}

fn outdated(new: &SealedSnapshot, folder: &Path, keep: NonZeroUsize) -> Result<Vec<PathBuf>, SnapshotError> {
    let mut others = Vec::new();
    for path in sealed_folders(folder)? {
        match SealedSnapshot::open(&path) {
            Ok(other) if other.path == new.path || !is_like(&other, new) => {}
            Ok(other) => others.push(other),
            Err(error) => tracing::warn!("{} is neither counted nor removed: {error}", path.display()),
        }
    }
    others.sort_by(|a, b| age(b).cmp(&age(a)));
    // The new one is the first that stays, whatever the clock says.
    Ok(others.into_iter().skip(keep.get() - 1).map(|snapshot| snapshot.path).collect())
}

fn is_like(one: &SealedSnapshot, other: &SealedSnapshot) -> bool {
    let key = |snapshot: &SealedSnapshot| {
        let source = &snapshot.manifest.source;
        (source.database.clone(), source.table.clone(), snapshot.manifest.selection.clone())
    };
    key(one) == key(other)
}

fn remove(table_folder: &Path, path: &Path) -> Result<(), SnapshotError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let hidden = table_folder.join(format!("{}removed-{name}-{}", super::staging::STAGING_PREFIX, std::process::id()));
    // Held until it is gone: the next extraction takes an unlocked one for left behind, which would do no harm either.
    let guard = lock_table_folder(table_folder)?;
    fs::rename(path, &hidden).map_err(|source| SnapshotError::write("rename", path, source))?;
    let removed = fs::remove_dir_all(&hidden).map_err(|source| SnapshotError::write("remove", &hidden, source));
    drop(guard);
    removed
}
