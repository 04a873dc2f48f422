//! The staging folder: locked, filled, and sealed by `_graph.json`, which is written last.
//!
//! In: written tables, counts and rejects. Out: a folder named for the graph digest. A folder that was not sealed is removed by
//! whoever stages next; two loads that want the same tables make them once.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File};
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray, UInt32Array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use super::StageError;
use super::table::Finished;
use super::tally::{Reject, Tally};
use crate::graph_table::manifest::{FORMAT_VERSION, GRAPH_MANIFEST, GraphManifest, GraphTables, Inputs, TableFile};
use crate::graph_table::writer::TableWriter;
use crate::mapping::resolved::{Makes, Resolved};

/// Name of the file of rejects.
const REJECTS: &str = "rejects.parquet";
/// Unknown values of a lookup that are listed, the most frequent first: enough to mend a list of spellings by.
const UNKNOWN_LISTED: usize = 100;
/// Characters shown of such a value.
const UNKNOWN_CHARACTERS: usize = 60;

/// The place of one set of graph tables, ours until dropped.
pub struct Workplace {
    sealed: PathBuf,
    staging: PathBuf,
    /// Held, not read.
    _lock: File,
}

fn fault(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> StageError {
    let path = path.to_owned();
    move |source| StageError::Folder { what, path, source }
}

impl Workplace {
    /// Waits until nobody else stages the same tables.
    pub fn lock(work: &Path, digest: &str) -> Result<Self, StageError> {
        make_folder(work)?;
        let lock_path = work.join(format!("{digest}.lock"));
        let lock = File::options().create(true).append(true).open(&lock_path).map_err(fault("create", &lock_path))?;
        lock.lock().map_err(fault("lock", &lock_path))?;
        Ok(Self { sealed: work.join(digest), staging: work.join(format!(".staging-{digest}")), _lock: lock })
    }

    /// The tables, where they are sealed and whole.
    pub fn sealed(&self) -> Result<Option<GraphTables>, StageError> {
        let Some(tables) = GraphTables::open(&self.sealed)? else { return Ok(None) };
        tables.verify()?;
        Ok(Some(tables))
    }

    /// An empty folder to stage in; what an earlier attempt left there is gone.
    pub fn fresh_folder(&self) -> Result<PathBuf, StageError> {
        for path in [&self.staging, &self.sealed] {
            match fs::remove_dir_all(path) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(fault("remove", path)(error)),
            }
        }
        make_folder(&self.staging)?;
        Ok(self.staging.clone())
    }

    /// Writes `_graph.json` and gives the folder its name.
    pub fn seal(
        &self,
        inputs: Inputs,
        mapping: &Resolved,
        finished: Finished,
        tally: &Tally,
        rejects: TableFile,
    ) -> Result<GraphTables, StageError> {
        let (counts, notes) = counts(mapping, &finished, tally);
        let manifest = GraphManifest {
            format_version: FORMAT_VERSION,
            inputs,
            nodes: finished.nodes,
            relationships: finished.relationships,
            queries: finished.queries,
            schema: mapping.schema.clone(),
            actions: mapping.actions.clone(),
            rejects,
            counts,
            notes,
        };
        crate::failpoint::reach("before-seal");
        let path = self.staging.join(GRAPH_MANIFEST);
        let write = || {
            let mut file = File::create_new(&path)?;
            file.write_all(&manifest.to_bytes())?;
            file.sync_all()
        };
        write().map_err(fault("write", &path))?;
        for folder in ["nodes", "relationships", "queries", ""] {
            let folder = self.staging.join(folder);
            if folder.is_dir() {
                sync_folder(&folder).map_err(fault("sync", &folder))?;
            }
        }
        fs::rename(&self.staging, &self.sealed).map_err(fault("rename", &self.staging))?;
        let parent = self.sealed.parent().unwrap_or(Path::new("."));
        sync_folder(parent).map_err(fault("sync", parent))?;
        Ok(GraphTables { dir: self.sealed.clone(), manifest })
    }
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Graph tables are personal data, like the snapshot: only their owner may look.
fn make_folder(path: &Path) -> Result<(), StageError> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(fault("create", path))
}

/// Counts by what they are about and by reason.
pub(super) type Counts = BTreeMap<String, BTreeMap<String, u64>>;

/// What was left out, and what was only noticed.
pub(super) fn counts(mapping: &Resolved, finished: &Finished, tally: &Tally) -> (Counts, Counts) {
    fn add(counts: &mut Counts, what: &str, reason: &str, count: u64) {
        if count > 0 {
            *counts.entry(what.to_owned()).or_default().entry(reason.to_owned()).or_default() += count;
        }
    }
    let (mut counts, mut notes) = (Counts::new(), Counts::new());
    for (place, ((what, reason), count)) in mapping.counters.iter().zip(tally.counts()).enumerate() {
        let into = if mapping.notes.contains(&place) { &mut notes } else { &mut counts };
        add(into, what, reason, *count);
    }
    // Relationships that were checked after the scan are counted with the first target of their table.
    let mut without_end = finished.without_end.clone();
    let emits = mapping.scans.iter().flat_map(|scan| &scan.records).flat_map(|record| &record.emits);
    for emit in emits {
        if let Makes::Relationship { table, no_end, .. } = &emit.makes {
            let (what, reason) = &mapping.counters[*no_end];
            add(&mut counts, what, reason, std::mem::take(&mut without_end[*table]));
        }
    }
    let mut unknown: Vec<(&(usize, String), &u64)> = tally.unknown.iter().collect();
    unknown.sort_by(|a, b| b.1.cmp(a.1).then_with(|| a.0.cmp(b.0)));
    for ((counter, value), count) in unknown.into_iter().take(UNKNOWN_LISTED) {
        let reason = format!("not in the lookup table: {}", shortened(value));
        add(&mut notes, &mapping.counters[*counter].0, &reason, *count);
    }
    for (table, (records, rows)) in tally.joined_rows() {
        add(&mut notes, table, "records made of more than one row", *records);
        add(&mut notes, table, "rows joined to an earlier one", *rows);
    }
    (counts, notes)
}

/// A value for a list that people read.
pub(super) fn shortened(value: &str) -> String {
    match value.char_indices().nth(UNKNOWN_CHARACTERS) {
        Some((end, _)) => format!("{}...", &value[..end]),
        None => value.to_owned(),
    }
}

/// Writes rejects as they come.
pub struct RejectFile {
    writer: TableWriter,
    schema: SchemaRef,
}

impl RejectFile {
    /// The file of rejects in a staging folder.
    pub fn new(dir: &Path) -> Self {
        let schema = Arc::new(Schema::new(vec![
            Field::new("table", DataType::Utf8, true),
            Field::new("row", DataType::Int64, true),
            Field::new("column", DataType::Utf8, true),
            Field::new("place", DataType::Int64, true),
            Field::new("reason", DataType::Utf8, true),
        ]));
        Self { writer: TableWriter::new(dir, REJECTS, Arc::clone(&schema), 0).in_one_file(), schema }
    }

    /// Adds rejects, in order.
    pub fn append(&mut self, rejects: &[Reject]) -> Result<(), StageError> {
        if rejects.is_empty() {
            return Ok(());
        }
        let texts = |text: fn(&Reject) -> &str| -> ArrayRef {
            Arc::new(rejects.iter().map(|reject| Some(text(reject))).collect::<StringArray>())
        };
        let rows: ArrayRef = Arc::new(rejects.iter().map(|reject| Some(reject.row as i64)).collect::<Int64Array>());
        let places: ArrayRef = Arc::new(rejects.iter().map(|reject| reject.place).collect::<UInt32Array>());
        let places = cast(&places, &DataType::Int64).expect("32 bits fit 64");
        let columns = vec![
            texts(|reject| &reject.table),
            rows,
            texts(|reject| &reject.column),
            places,
            texts(|reject| &reject.reason),
        ];
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), columns).expect("five columns of equal length");
        Ok(self.writer.append(&batch)?)
    }

    /// Writes the file.
    pub fn finish(self) -> Result<TableFile, StageError> {
        let mut written = self.writer.finish()?;
        Ok(written.files.pop().expect("a table has at least one file"))
    }
}
