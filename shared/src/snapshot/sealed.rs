//! A sealed snapshot, opened for reading.
//!
//! In: its folder. Out: the manifest, checked for consistency, and the paths of the parts. [`SealedSnapshot::verify`] reads
//! every byte of every part once. Nothing is ever written here.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use parquet::file::reader::{FileReader, SerializedFileReader};
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use sha2::{Digest, Sha256};

use super::{FORMAT_VERSION, MANIFEST_FILE, Manifest, Part, SnapshotError};
use crate::progress::{Progress, Total, Unit};

/// Large enough that system calls do not count, small enough for a core's cache.
const READ_BYTES: usize = 256 * 1024;

/// A snapshot whose manifest has been read.
#[derive(Debug, Clone)]
pub struct SealedSnapshot {
    /// Its folder.
    pub path: PathBuf,
    /// What it says of itself.
    pub manifest: Manifest,
}

impl SealedSnapshot {
    /// Opens the snapshot in the folder `path` and checks that its manifest is consistent; the parts are not read.
    ///
    /// # Errors
    /// When there is no manifest, or none that this program understands.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, SnapshotError> {
        let path = path.into();
        let file = path.join(MANIFEST_FILE);
        let text = std::fs::read(&file).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound if !path.exists() => SnapshotError::NoFolder { from: path.clone() },
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => SnapshotError::NotSealed { path: path.clone() },
            _ => SnapshotError::Unreadable { path: file.clone(), source },
        })?;
        let manifest = parse(&file, &text)?;
        check(&file, &manifest)?;
        Ok(Self { path, manifest })
    }

    /// The parts' paths, in row order.
    #[must_use]
    pub fn part_paths(&self) -> Vec<PathBuf> {
        self.manifest.parts.iter().map(|part| self.path.join(&part.file)).collect()
    }

    /// Reads all parts and checks size, SHA-256 and number of rows of each. The first damaged part, in row order, is
    /// reported. Parts are read in parallel on rayon's current pool.
    ///
    /// # Errors
    /// When a part is not what the manifest says.
    pub fn verify(&self, progress: &dyn Progress) -> Result<(), SnapshotError> {
        let bytes = self.manifest.parts.iter().map(|part| part.bytes).sum();
        progress.start("verifying the snapshot", Total::Exact(bytes), Unit::Bytes);
        let verdicts: Vec<_> = self.manifest.parts.par_iter().map(|part| self.verify_part(part, progress)).collect();
        progress.finish();
        verdicts.into_iter().collect()
    }

    fn verify_part(&self, part: &Part, progress: &dyn Progress) -> Result<(), SnapshotError> {
        let path = self.path.join(&part.file);
        let unreadable = |source: io::Error| match source.kind() {
            io::ErrorKind::NotFound => SnapshotError::PartMissing { path: path.clone() },
            _ => SnapshotError::Unreadable { path: path.clone(), source },
        };
        let differs = |what, found: String, expected: String| {
            if found == expected {
                return Ok(());
            }
            Err(SnapshotError::PartDiffers { path: path.clone(), what, found, expected })
        };
        let mut file = File::open(&path).map_err(unreadable)?;
        // The size first: it costs nothing and tells a cut file from a changed one.
        let size = file.metadata().map_err(unreadable)?.len();
        differs("size", size.to_string(), part.bytes.to_string())?;
        let mut sha256 = Sha256::new();
        let mut buffer = vec![0; READ_BYTES];
        loop {
            let read = file.read(&mut buffer).map_err(unreadable)?;
            if read == 0 {
                break;
            }
            sha256.update(&buffer[..read]);
            progress.advance(read as u64);
        }
        differs("SHA-256", hex::encode(sha256.finalize()), part.sha256.to_ascii_lowercase())?;
        let reader = SerializedFileReader::new(file)
            .map_err(|source| SnapshotError::PartUnreadable { path: path.clone(), source })?;
        differs("number of rows", reader.metadata().file_metadata().num_rows().to_string(), part.rows.to_string())
    }
}

fn parse(file: &Path, text: &[u8]) -> Result<Manifest, SnapshotError> {
    #[derive(serde::Deserialize)]
    struct Version {
        format_version: u32,
    }
    let invalid = |source| SnapshotError::ManifestInvalid { path: file.to_path_buf(), source };
    // The version first: a newer format may have other fields.
    let Version { format_version: version } = serde_json::from_slice(text).map_err(invalid)?;
    if version > FORMAT_VERSION {
        return Err(SnapshotError::FormatTooNew { path: file.to_path_buf(), version });
    }
    serde_json::from_slice(text).map_err(invalid)
}

fn check(file: &Path, manifest: &Manifest) -> Result<(), SnapshotError> {
    let inconsistent = |detail: String| SnapshotError::ManifestInconsistent { path: file.to_path_buf(), detail };
    let mut rows: u64 = 0;
    for part in &manifest.parts {
        let name = &part.file;
        // A manifest from elsewhere must not lead a reader out of the snapshot's folder.
        if name.is_empty() || name.contains(['/', '\\', '\0']) || name.starts_with('.') {
            return Err(inconsistent(format!("`{name}` is not a part's file name")));
        }
        if part.first_row != rows {
            return Err(inconsistent(format!("{name} starts at row {}, and {rows} rows come before", part.first_row)));
        }
        rows = rows.checked_add(part.rows).ok_or_else(|| inconsistent("too many rows".into()))?;
    }
    if rows != manifest.rows {
        return Err(inconsistent(format!("the parts have {rows} rows, the snapshot {}", manifest.rows)));
    }
    Ok(())
}
