//! What a broken pass leaves for the next one.
//!
//! In: the parts that were finished before the connection was lost, and a log of every row's hash. Out: which of them still
//! hold, as the rows of the new pass come in. A part stays only while every row hashes the same at its ordinal; from the
//! first difference on, all is written anew. The log lies beside the parts and goes before the seal.

use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use shared::snapshot::{Part, RowHash, SnapshotError};

const HASH_BYTES: u64 = size_of::<RowHash>() as u64;

/// The hash of every row, in row order, on disk: 16 bytes a row would be too much memory for a table of any size.
pub struct HashLog {
    path: PathBuf,
    file: File,
}

impl HashLog {
    /// Starts an empty log.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub fn create(path: PathBuf) -> Result<Self, SnapshotError> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(&path);
        let file = file.map_err(|source| failed(&path, source))?;
        Ok(Self { path, file })
    }

    /// Adds the next rows.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn append(&mut self, hashes: &[RowHash]) -> Result<(), SnapshotError> {
        self.file.write_all(hashes.as_flattened()).map_err(|source| failed(&self.path, source))
    }

    /// Forgets all rows from `row` on; the next to be added is `row`.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn continue_at(&mut self, row: u64) -> Result<(), SnapshotError> {
        let length = row * HASH_BYTES;
        let cut = self.file.set_len(length).and_then(|()| self.file.seek(SeekFrom::Start(length)));
        cut.map(drop).map_err(|source| failed(&self.path, source))
    }
}

/// Parts of an earlier pass, while the new one still agrees with them.
pub struct Kept {
    /// The parts, in row order.
    pub parts: Vec<Part>,
    /// Rows in them.
    pub rows: u64,
    log: BufReader<File>,
    path: PathBuf,
}

impl Kept {
    /// The parts of a broken pass with its log; `None` when it finished no part.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn of(parts: Vec<Part>, log: &HashLog) -> Result<Option<Self>, SnapshotError> {
        let rows = parts.iter().map(|part| part.rows).sum();
        if rows == 0 {
            return Ok(None);
        }
        let file = File::open(&log.path).map_err(|source| failed(&log.path, source))?;
        Ok(Some(Self { parts, rows, log: BufReader::with_capacity(64 * 1024, file), path: log.path.clone() }))
    }

    /// Whether the next rows are the same as in the earlier pass. Rows past the kept ones are not.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn agrees(&mut self, first_row: u64, hashes: &[RowHash]) -> Result<bool, SnapshotError> {
        if first_row + hashes.len() as u64 > self.rows {
            return Ok(false);
        }
        let mut before = vec![RowHash::default(); hashes.len()];
        let read = self.log.read_exact(before.as_flattened_mut());
        read.map_err(|source| SnapshotError::Unreadable { path: self.path.clone(), source })?;
        Ok(before == hashes)
    }
}

fn failed(path: &Path, source: io::Error) -> SnapshotError {
    SnapshotError::Write { action: "write", path: path.to_path_buf(), source }
}
