//! Data folders of a test, and what is in them.
//! In: a folder for `--out` and `--from`. Out: the sealed snapshots, manifests and graph tables that programs left there.
//! It reads folders by their documented layout, not through the programs' own code.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::programs::{Finished, Program};
use crate::source::SourceTable;

/// A temporary `data/`.
pub struct DataFolder(TempDir);

impl DataFolder {
    /// An empty one.
    pub fn new() -> Self {
        Self(tempfile::Builder::new().prefix("rowgraph-data-").tempdir().expect("a data folder"))
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Its path as text.
    pub fn text(&self) -> &str {
        self.0.path().to_str().expect("a plain path")
    }

    /// Runs `extract` on a table, and returns its snapshot.
    #[track_caller]
    pub fn extract(&self, table: &SourceTable) -> Snapshot {
        self.extract_with(table, &[])
    }

    /// The same with more arguments.
    #[track_caller]
    pub fn extract_with(&self, table: &SourceTable, more: &[&str]) -> Snapshot {
        let finished =
            Program::extract(&[&["--out", self.text()], more].concat()).with(&table.environment()).run().expect_code(0);
        Snapshot::printed(&finished)
    }

    /// All sealed snapshots: folders with a manifest.
    pub fn sealed(&self) -> Vec<PathBuf> {
        let all = walk(self.path());
        let manifests = all.iter().filter(|path| path.file_name().is_some_and(|name| name == "_manifest.json"));
        manifests.filter_map(|path| path.parent()).map(Path::to_owned).collect()
    }

    /// Staging folders, and what is in them.
    pub fn staged(&self) -> Vec<PathBuf> {
        let is_staged = |path: &PathBuf| path.to_string_lossy().contains("/.staging-");
        walk(self.path()).into_iter().filter(is_staged).collect()
    }

    /// Removes all sealed snapshots.
    pub fn remove_sealed(&self) {
        for folder in self.sealed() {
            fs::remove_dir_all(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        }
    }

    /// Files of the graph tables, by path below their folder, with their bytes. Empty when nothing was staged.
    pub fn graph_tables(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let top = self.path().join(".graph");
        let files = walk(&top).into_iter().filter(|path| path.is_file());
        files
            .map(|path| (path.strip_prefix(&top).expect("below").to_owned(), fs::read(&path).expect("readable")))
            .collect()
    }

    /// Everything in the folder, in order.
    pub fn files(&self) -> Vec<PathBuf> {
        walk(self.path())
    }
}

impl Default for DataFolder {
    fn default() -> Self {
        Self::new()
    }
}

/// A sealed snapshot.
pub struct Snapshot {
    /// Its folder.
    pub path: PathBuf,
    /// Its manifest.
    pub manifest: Value,
}

impl Snapshot {
    /// The one that `extract` names on standard output.
    #[track_caller]
    pub fn printed(finished: &Finished) -> Self {
        let path = PathBuf::from(finished.stdout.trim());
        assert!(path.join("_manifest.json").is_file(), "no manifest: {finished}");
        Self::at(path)
    }

    /// The one in this folder.
    #[track_caller]
    pub fn at(path: PathBuf) -> Self {
        let text = fs::read_to_string(path.join("_manifest.json"));
        let text = text.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self { manifest: serde_json::from_str(&text).expect("a manifest of JSON"), path }
    }

    /// Says what is wrong with it: its folder must hold the parts that the manifest names and nothing else, each with the
    /// bytes that its checksum says.
    pub fn fault(&self) -> Option<String> {
        let parts = self.manifest["parts"].as_array().into_iter().flatten();
        let mut expected: Vec<PathBuf> =
            parts.filter_map(|part| Some(self.path.join(part["file"].as_str()?))).collect();
        expected.extend(["_SHA256SUMS", "_manifest.json"].map(|name| self.path.join(name)));
        expected.sort();
        let found = walk(&self.path);
        if found != expected {
            return Some(format!("{found:?} instead of {expected:?}"));
        }
        let sums = Command::new("sha256sum").args(["-c", "--quiet", "_SHA256SUMS"]).current_dir(&self.path).output();
        let sums = sums.expect("sha256sum");
        (!sums.status.success()).then(|| String::from_utf8_lossy(&sums.stdout).into_owned())
    }

    /// Number of parts.
    pub fn parts(&self) -> usize {
        self.manifest["parts"].as_array().map_or(0, Vec::len)
    }

    /// The content digest.
    pub fn content_digest(&self) -> &str {
        self.manifest["content_digest"].as_str().expect("a content digest")
    }

    /// The as-of date.
    pub fn as_of(&self) -> &str {
        self.manifest["as_of_date"]
            .as_str()
            .or_else(|| self.manifest["source"]["as_of_date"].as_str())
            .expect("an as-of date")
    }

    /// Rows.
    pub fn rows(&self) -> u64 {
        self.manifest["rows"].as_u64().expect("a number of rows")
    }

    /// The first part.
    pub fn first_part(&self) -> PathBuf {
        self.path.join("part-00000.parquet")
    }
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    entries.sort();
    for path in entries {
        let inner = if path.is_dir() { walk(&path) } else { Vec::new() };
        found.push(path);
        found.extend(inner);
    }
    found
}
