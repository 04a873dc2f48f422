//! Which snapshots lie under a folder, and which of them is the newest of a table.
//!
//! In: the folder given to `--out` or `--from`, the folder of one table, or a snapshot's own folder. Out: sealed snapshots,
//! by what their manifests say; file times and folder names are never trusted. Staging folders and folders without a seal
//! are passed over.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use super::folder_name::folder_name;
use super::{MANIFEST_FILE, SealedSnapshot, SnapshotError};

/// Every sealed snapshot under `from`, by table, the oldest first.
///
/// # Errors
/// When the folder cannot be read, or a sealed snapshot in it has no manifest that this program understands.
pub fn list(from: &Path) -> Result<Vec<SealedSnapshot>, SnapshotError> {
    let Survey { sealed, damaged } = survey(from)?;
    damaged.into_iter().next().map_or(Ok(sealed), |(_, error)| Err(error))
}

/// What lies under a folder.
#[derive(Debug)]
pub struct Survey {
    /// Sealed snapshots, by table, the oldest first.
    pub sealed: Vec<SealedSnapshot>,
    /// Folders with a manifest that this program does not understand, and why.
    pub damaged: Vec<(PathBuf, SnapshotError)>,
}

/// Every sealed snapshot under `from`, and what is damaged beside them.
///
/// # Errors
/// When the folder cannot be read.
pub fn survey(from: &Path) -> Result<Survey, SnapshotError> {
    let mut survey = Survey { sealed: Vec::new(), damaged: Vec::new() };
    for path in sealed_folders(from)? {
        match SealedSnapshot::open(&path) {
            Ok(snapshot) => survey.sealed.push(snapshot),
            Err(error) => survey.damaged.push((path, error)),
        }
    }
    survey.sealed.sort_by(|a, b| {
        let key = |s: &SealedSnapshot| (s.manifest.source.database.clone(), s.manifest.source.table.clone());
        key(a).cmp(&key(b)).then_with(|| age(a).cmp(&age(b)))
    });
    Ok(survey)
}

/// The snapshot of `table` (`t` or `database.t`) under `from` with the latest start in its manifest. When `from` is a
/// snapshot's own folder it is that one, whatever its table is called.
///
/// # Errors
/// When there is none, when several databases have such a table, or when a manifest that may be the one is damaged.
pub fn find_newest(from: &Path, table: &str) -> Result<SealedSnapshot, SnapshotError> {
    if from.join(MANIFEST_FILE).is_file() {
        return SealedSnapshot::open(from);
    }
    let mut matching = Vec::new();
    let mut damaged = None;
    for folder in sealed_folders(from)? {
        match SealedSnapshot::open(&folder) {
            Ok(snapshot) if is_of(&snapshot, table) => matching.push(snapshot),
            Ok(_) => {}
            // Passing over a damaged snapshot of this very table would quietly load an older state.
            Err(error) if may_be_of(&folder, table) => damaged = Some(error),
            Err(error) => tracing::warn!("passed over {}: {error}", folder.display()),
        }
    }
    if let Some(error) = damaged {
        return Err(error);
    }
    let databases: BTreeSet<_> = matching.iter().map(|snapshot| snapshot.manifest.source.database.clone()).collect();
    if databases.len() > 1 {
        return Err(SnapshotError::AmbiguousTable { table: table.into(), databases: databases.into_iter().collect() });
    }
    let newest = matching.into_iter().max_by(|a, b| age(a).cmp(&age(b)));
    newest.ok_or_else(|| SnapshotError::NotFound { from: from.to_path_buf(), table: table.into() })
}

/// Orders snapshots of one table; the folder name decides between two of the same instant, so that the answer is certain.
pub(super) fn age(snapshot: &SealedSnapshot) -> (jiff::Timestamp, &OsStr) {
    (snapshot.manifest.source.started_at, snapshot.path.file_name().unwrap_or_default())
}

fn is_of(snapshot: &SealedSnapshot, wanted: &str) -> bool {
    let source = &snapshot.manifest.source;
    wanted == source.table || wanted == format!("{}.{}", source.database, source.table)
}

/// Whether a snapshot that cannot be opened lies in a folder of the wanted table.
fn may_be_of(folder: &Path, wanted: &str) -> bool {
    let Some(name) = folder.parent().and_then(Path::file_name).and_then(OsStr::to_str) else { return true };
    let bare = folder_name("", wanted);
    name.ends_with(&bare)
        || wanted.split_once('.').is_some_and(|(database, table)| name == folder_name(database, table))
}

/// The folders with a seal: `from` itself, its children, or theirs.
pub(super) fn sealed_folders(from: &Path) -> Result<Vec<PathBuf>, SnapshotError> {
    if from.join(MANIFEST_FILE).is_file() {
        return Ok(vec![from.to_path_buf()]);
    }
    let mut sealed = Vec::new();
    for child in folders_in(from)? {
        if child.join(MANIFEST_FILE).is_file() {
            sealed.push(child);
        } else {
            sealed.extend(folders_in(&child)?.into_iter().filter(|folder| folder.join(MANIFEST_FILE).is_file()));
        }
    }
    sealed.sort();
    Ok(sealed)
}

/// The subfolders of `folder`, but for hidden ones: staging and graph tables start with a dot.
fn folders_in(folder: &Path) -> Result<Vec<PathBuf>, SnapshotError> {
    let unreadable = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => SnapshotError::NoFolder { from: folder.to_path_buf() },
        _ => SnapshotError::Unreadable { path: folder.to_path_buf(), source },
    };
    let mut folders = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        if !entry.file_name().as_encoded_bytes().starts_with(b".") && entry.path().is_dir() {
            folders.push(entry.path());
        }
    }
    Ok(folders)
}
