//! Making a snapshot: parts, then checksums, then the manifest, then the name.
//!
//! In: the bytes of parts and, at the end, the manifest. Out: a sealed folder that appears whole or not at all. This is the
//! one file that gives snapshots and their files their final names. Every file is written under a temporary name, synced
//! and renamed; the folder is synced before and its parent after the last rename. Until then the folder is called
//! `.staging-<start>-<pid>` and held by a file lock on the folder itself, which dies with the process: what a killed
//! process leaves is recognised by the missing lock and removed by the next one. Two types, [`Writing`] and [`Complete`],
//! see to it that nothing is sealed before all parts are there, and that no part comes after.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};

use super::folder_name::folder_name;
use super::{CHECKSUMS_FILE, MANIFEST_FILE, Manifest, Part, SealedSnapshot, SnapshotError};

pub(super) const STAGING_PREFIX: &str = ".staging-";

/// Parts may be written.
#[derive(Debug)]
pub struct Writing;

/// All parts are written and the checksums too; only the seal is missing.
#[derive(Debug)]
pub struct Complete {
    parts: Vec<Part>,
}

/// A snapshot in the making. Dropping it removes everything that was written.
#[derive(Debug)]
pub struct Staging<State> {
    folder: Option<HeldFolder>,
    table_folder: PathBuf,
    started_at: Timestamp,
    state: State,
}

/// The staging folder with the lock that says its owner lives.
#[derive(Debug)]
struct HeldFolder {
    path: PathBuf,
    /// Never read: the lock goes when the descriptor closes.
    _lock: File,
}

impl Staging<Writing> {
    /// Makes the staging folder for a snapshot of `database`.`table` under `out`, and removes what killed processes left.
    ///
    /// # Errors
    /// When a folder cannot be made or locked.
    pub fn create(out: &Path, database: &str, table: &str, started_at: Timestamp) -> Result<Self, SnapshotError> {
        let table_folder = out.join(folder_name(database, table));
        make_folder(&table_folder)?;
        // Held while we make and lock our folder, so that nobody takes it for a left one in between.
        let guard = lock_folder(&table_folder, Wait::Yes)?;
        remove_abandoned(&table_folder)?;
        let path = make_staging(&table_folder, started_at)?;
        // Without its lock it is nobody's, and goes at once.
        let lock = lock_folder(&path, Wait::Yes).inspect_err(|_| drop(fs::remove_dir(&path)))?;
        drop(guard);
        let folder = Some(HeldFolder { path, _lock: lock });
        Ok(Self { folder, table_folder, started_at, state: Writing })
    }

    /// Starts the part with this ordinal. It has its final name once [`PartFile::finish`] returns.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub fn part(&self, ordinal: usize) -> Result<PartFile, SnapshotError> {
        let name = format!("part-{ordinal:05}.parquet");
        let temporary = self.path().join(format!(".{name}.tmp"));
        let file = create_file(&temporary).map_err(|source| SnapshotError::write("create part", &temporary, source))?;
        Ok(PartFile { folder: self.path().to_path_buf(), name, temporary, file, sha256: Sha256::new(), bytes: 0 })
    }

    /// Forgets a finished part.
    ///
    /// # Errors
    /// When the file cannot be removed.
    pub fn remove_part(&self, part: &Part) -> Result<(), SnapshotError> {
        let path = self.path().join(&part.file);
        fs::remove_file(&path).map_err(|source| SnapshotError::write("remove part", path, source))
    }

    /// The start of the pass that will give the rows: a retry starts anew, and the snapshot is named after it.
    pub fn restart_at(&mut self, started_at: Timestamp) {
        self.started_at = started_at;
    }

    /// All parts are there: writes their checksums and removes what is not part of a snapshot.
    ///
    /// # Errors
    /// When the folder cannot be written or read.
    pub fn complete(mut self, parts: Vec<Part>) -> Result<Staging<Complete>, SnapshotError> {
        remove_scratch(self.path())?;
        let lines: String = parts.iter().map(|part| format!("{}  {}\n", part.sha256, part.file)).collect();
        write_file(self.path(), CHECKSUMS_FILE, lines.as_bytes())?;
        Ok(Staging {
            folder: self.folder.take(),
            table_folder: self.table_folder.clone(),
            started_at: self.started_at,
            state: Complete { parts },
        })
    }
}

impl Staging<Complete> {
    /// Seals and publishes: writes the manifest, syncs, and gives the folder its final name.
    ///
    /// # Errors
    /// When anything cannot be written, synced or renamed; nothing is published then.
    pub fn publish(mut self, manifest: Manifest) -> Result<SealedSnapshot, SnapshotError> {
        assert_eq!(manifest.parts, self.state.parts, "the manifest names the parts that were completed");
        let staged = self.path().to_path_buf();
        let mut text = serde_json::to_vec_pretty(&manifest)
            .map_err(|source| SnapshotError::ManifestInvalid { path: staged.join(MANIFEST_FILE), source })?;
        text.push(b'\n');
        write_file(&staged, MANIFEST_FILE, &text)?;
        sync_folder(&staged)?;
        // Nobody else of ours renames into the table's folder meanwhile, so the check of the name holds.
        let guard = lock_folder(&self.table_folder, Wait::Yes)?;
        let path = free_name(&self.table_folder, self.started_at, &manifest);
        fs::rename(&staged, &path).map_err(|source| SnapshotError::write("publish", &path, source))?;
        if let Err(error) = sync_folder(&self.table_folder) {
            // Whoever is told of a failure must not find a snapshot: it becomes staging again, which goes with this value.
            fs::rename(&path, &staged).map_err(|source| SnapshotError::write("take back", &path, source))?;
            return Err(error);
        }
        // From here on it is a snapshot, and must not be removed when this value goes.
        drop((guard, self.folder.take()));
        Ok(SealedSnapshot { path, manifest })
    }
}

impl<State> Staging<State> {
    /// The staging folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.as_ref().map_or(&self.table_folder, |held| &held.path)
    }
}

impl<State> Drop for Staging<State> {
    fn drop(&mut self) {
        if let Some(held) = self.folder.take()
            && let Err(error) = fs::remove_dir_all(&held.path)
        {
            tracing::warn!("cannot remove {}: {error}; the next extraction will", held.path.display());
        }
    }
}

/// A part while it is written. Dropping it before [`PartFile::finish`] leaves only a temporary file in staging.
#[derive(Debug)]
pub struct PartFile {
    folder: PathBuf,
    name: String,
    temporary: PathBuf,
    file: File,
    sha256: Sha256,
    bytes: u64,
}

impl PartFile {
    /// The part's final file name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Bytes written so far.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Syncs the part and gives it its final name.
    ///
    /// # Errors
    /// When it cannot be synced or renamed.
    pub fn finish(&mut self, first_row: u64, rows: u64) -> Result<Part, SnapshotError> {
        let sync = self.file.sync_all();
        sync.map_err(|source| SnapshotError::write("sync part", self.folder.join(&self.name), source))?;
        let path = self.folder.join(&self.name);
        fs::rename(&self.temporary, &path).map_err(|source| SnapshotError::write("rename part", &path, source))?;
        let sha256 = hex::encode(self.sha256.finalize_reset());
        Ok(Part { file: self.name.clone(), rows, first_row, bytes: self.bytes, sha256 })
    }
}

impl Write for PartFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.sha256.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[derive(Clone, Copy)]
enum Wait {
    Yes,
    No,
}

/// Locks the folder itself, so that no lock file has to be removed before a rename.
fn lock_folder(path: &Path, wait: Wait) -> Result<File, SnapshotError> {
    let lock = || {
        let folder = File::open(path)?;
        match wait {
            Wait::Yes => folder.lock()?,
            Wait::No => folder.try_lock().map_err(io::Error::from)?,
        }
        Ok(folder)
    };
    lock().map_err(|source| SnapshotError::write("lock the folder", path, source))
}

/// Nobody else of ours makes, publishes or removes anything in a table's folder while this is held.
pub(super) fn lock_table_folder(path: &Path) -> Result<File, SnapshotError> {
    lock_folder(path, Wait::Yes)
}

/// Personal data: only the owner may look. An existing folder keeps the rights that its owner gave it.
fn make_folder(path: &Path) -> Result<(), SnapshotError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|source| SnapshotError::write("make the folder", path, source))
}

/// A folder of our own. In containers two processes may have one number and start in one second: the later one gets a
/// number at the end.
fn make_staging(table_folder: &Path, started_at: Timestamp) -> Result<PathBuf, SnapshotError> {
    let name = format!("{STAGING_PREFIX}{}-{}", file_time(started_at), std::process::id());
    let mut path = table_folder.join(&name);
    let mut number = 2;
    loop {
        match DirBuilder::new().mode(0o700).create(&path) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => {
                path = table_folder.join(format!("{name}-{number}"));
                number += 1;
            }
            Err(source) => return Err(SnapshotError::write("make the folder", &path, source)),
        }
    }
}

/// Removes staging folders whose owner is dead. The caller holds the lock of the table's folder.
fn remove_abandoned(table_folder: &Path) -> Result<(), SnapshotError> {
    let unreadable = |source| SnapshotError::Unreadable { path: table_folder.to_path_buf(), source };
    for entry in fs::read_dir(table_folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        if !entry.file_name().as_encoded_bytes().starts_with(STAGING_PREFIX.as_bytes()) {
            continue;
        }
        if let Ok(held) = lock_folder(&entry.path(), Wait::No) {
            match fs::remove_dir_all(entry.path()) {
                Ok(()) => tracing::info!("removed what an unfinished extraction left: {}", entry.path().display()),
                // Not ours to remove (another user's): it is in nobody's way.
                Err(error) => tracing::warn!("cannot remove {}: {error}", entry.path().display()),
            }
            drop(held);
        }
    }
    Ok(())
}

fn remove_scratch(folder: &Path) -> Result<(), SnapshotError> {
    let unreadable = |source| SnapshotError::Unreadable { path: folder.to_path_buf(), source };
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            let removed = fs::remove_file(entry.path());
            removed.map_err(|source| SnapshotError::write("remove", entry.path(), source))?;
        }
    }
    Ok(())
}

/// The final name: start and digest. Two extractions of one content in one second differ by a number at the end.
fn free_name(table_folder: &Path, started_at: Timestamp, manifest: &Manifest) -> PathBuf {
    let name = format!("{}-{}", file_time(started_at), manifest.content_digest.short());
    let mut path = table_folder.join(&name);
    let mut number = 2;
    while path.exists() {
        path = table_folder.join(format!("{name}-{number}"));
        number += 1;
    }
    path
}

/// `2026-11-22T111530Z`: ISO 8601 without colons, which some file systems refuse.
fn file_time(time: Timestamp) -> String {
    time.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H%M%SZ").to_string()
}

fn create_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)
}

fn write_file(folder: &Path, name: &str, content: &[u8]) -> Result<(), SnapshotError> {
    let (temporary, path) = (folder.join(format!(".{name}.tmp")), folder.join(name));
    let write = || {
        let mut file = create_file(&temporary)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&temporary, &path)
    };
    write().map_err(|source| SnapshotError::write("write", &path, source))
}

fn sync_folder(path: &Path) -> Result<(), SnapshotError> {
    let sync = File::open(path).and_then(|folder| folder.sync_all());
    sync.map_err(|source| SnapshotError::write("sync the folder", path, source))
}
