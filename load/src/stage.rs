//! Staging: sealed snapshots and a mapping come in, sealed graph tables go out.
//!
//! The recipe: resolve the mapping against the snapshots' columns; find rows that are one record; make what becomes of every
//! record, row group by row group, in parallel and in order; write the tables; seal them with `_graph.json`. Staging is
//! skipped where sealed tables of the same digest are there. It needs no server and knows none.

pub mod cell;
pub mod condition;
pub mod date;
pub mod entity;
pub mod error;
pub mod excerpt;
pub mod expectation;
pub mod fault;
pub mod field;
pub mod group;
pub mod item;
pub mod json_cell;
pub mod number;
pub mod period;
pub mod record;
pub mod row;
pub mod scan;
mod seal;
pub mod setting;
pub mod table;
pub mod tally;
pub mod text;
pub mod timeline;
pub mod value;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use hashbrown::HashSet;
use jiff::civil::Date;
use shared::interrupt::Interrupt;
use shared::progress::{Progress, Total, Unit};
use shared::snapshot::SealedSnapshot;

pub use error::StageError;

use crate::graph_table::manifest::{GraphTables, Inputs, RULES_VERSION, SourceInput};
use crate::mapping::Mapping;
use crate::mapping::resolve::{Columns, resolve};
use crate::mapping::resolved::Resolved;
use record::{Outputs, Recorder};
use scan::{SnapshotRows, join_rows, scan_records};
use seal::{RejectFile, Workplace};
use setting::Setting;
use table::Tables;
use tally::Tally;

/// What is to be staged.
pub struct StageRequest<'a> {
    /// The mapping.
    pub mapping: &'a Mapping,
    /// One snapshot for each of [`Mapping::tables`], in that order.
    pub snapshots: &'a [SealedSnapshot],
    /// "Today"; by default the latest as-of date of the snapshots.
    pub as_of: Option<Date>,
    /// Only so many rows of each table.
    pub sample: Option<u64>,
    /// Folder of all graph tables, such as `data/.graph`.
    pub work: &'a Path,
    /// Threads; 0 for as many as there are cores.
    pub threads: usize,
    /// Whether somebody asks to stop.
    pub interrupt: &'a Interrupt,
}

/// What staging has to say.
pub struct Staged {
    /// The sealed tables.
    pub tables: GraphTables,
    /// Whether they were there before.
    pub found: bool,
}

/// Where graph tables go by default: `.graph` in the folder of all snapshots.
pub fn default_work(from: &Path, snapshots: &[SealedSnapshot]) -> PathBuf {
    let own = snapshots.first().filter(|snapshot| same_folder(&snapshot.path, from));
    let data = match own {
        Some(snapshot) => {
            let snapshot = std::path::absolute(&snapshot.path).unwrap_or_else(|_| snapshot.path.clone());
            snapshot.parent().and_then(Path::parent).map(Path::to_owned).unwrap_or(snapshot)
        }
        None => from.to_owned(),
    };
    data.join(".graph")
}

fn same_folder(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => one == other,
    }
}

/// The inputs that name the graph tables of a request.
pub fn inputs(request: &StageRequest<'_>) -> Inputs {
    let mut sources: Vec<SourceInput> = request
        .mapping
        .tables()
        .into_iter()
        .zip(request.snapshots)
        .map(|(table, snapshot)| SourceInput {
            table,
            content_digest: snapshot.manifest.content_digest.to_string(),
            rows: snapshot.manifest.rows,
        })
        .collect();
    sources.sort_by(|a, b| a.table.cmp(&b.table));
    let latest = request.snapshots.iter().map(|snapshot| snapshot.manifest.as_of_date).max();
    Inputs {
        as_of: request.as_of.or(latest).unwrap_or_default(),
        sources,
        mapping: request.mapping.name().to_owned(),
        mapping_digest: request.mapping.digest().to_owned(),
        sample: request.sample,
        rules_version: RULES_VERSION,
    }
}

/// Stages, unless sealed tables of the same digest are there already. Snapshots are verified first in either case.
///
/// # Errors
/// See [`StageError`]. Nothing sealed is left behind then.
pub fn stage(request: &StageRequest<'_>, progress: &dyn Progress) -> Result<Staged, StageError> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(request.threads).build().map_err(StageError::Threads)?;
    pool.install(|| stage_here(request, progress))
}

fn stage_here(request: &StageRequest<'_>, progress: &dyn Progress) -> Result<Staged, StageError> {
    for snapshot in request.snapshots {
        snapshot.verify(progress)?;
    }
    let inputs = inputs(request);
    let workplace = Workplace::lock(request.work, &inputs.graph_digest())?;
    if let Some(tables) = workplace.sealed()? {
        expectation::check(request.mapping, &tables)?;
        return Ok(Staged { tables, found: true });
    }
    let opened: Vec<SnapshotRows> = request
        .snapshots
        .iter()
        .map(|snapshot| SnapshotRows::open(snapshot, request.sample))
        .collect::<Result<_, _>>()?;
    let mapping = resolve(request.mapping, &columns(request.mapping, &opened))?;
    // Graph tables hold the same values as the snapshot, cut differently: about its size, and never much more.
    let bytes =
        request.snapshots.iter().flat_map(|snapshot| &snapshot.manifest.parts).map(|part| part.bytes).sum::<u64>();
    shared::disk::require_free(request.work, bytes + bytes / 2)?;
    let dir = workplace.fresh_folder()?;
    let (tables, tally, rejects) = make_tables(request, &mapping, &opened, &inputs, &dir, progress)?;
    let finished = tables.finish()?;
    let tables = workplace.seal(inputs, &mapping, finished, &tally, rejects.finish()?)?;
    expectation::check(request.mapping, &tables)?;
    Ok(Staged { tables, found: false })
}

/// Columns of each table, by its name in the mapping, read of its snapshot.
///
/// # Errors
/// When a snapshot cannot be read.
pub fn snapshot_columns(snapshots: &BTreeMap<String, SealedSnapshot>) -> Result<BTreeMap<String, Columns>, StageError> {
    let of = |snapshot: &SealedSnapshot| SnapshotRows::open(snapshot, None).map(|rows| columns_of(&rows));
    snapshots.iter().map(|(table, snapshot)| Ok((table.clone(), of(snapshot)?))).collect()
}

fn columns(mapping: &Mapping, opened: &[SnapshotRows]) -> BTreeMap<String, Columns> {
    mapping.tables().into_iter().zip(opened.iter().map(columns_of)).collect()
}

fn columns_of(rows: &SnapshotRows) -> Columns {
    let schema = rows.schema();
    let fields = schema.iter().flat_map(|schema| schema.fields().iter());
    fields.map(|field| (field.name().clone(), cell::kind(field.data_type()))).collect()
}

fn make_tables<'m>(
    request: &StageRequest<'_>,
    mapping: &'m Resolved,
    opened: &[SnapshotRows],
    inputs: &Inputs,
    dir: &Path,
    progress: &dyn Progress,
) -> Result<(Tables<'m>, Tally, RejectFile), StageError> {
    let setting = Setting::new(mapping, inputs.as_of);
    let mut tables = Tables::new(mapping, dir);
    let mut tally = Tally::new(mapping.counters.len());
    let mut rejects = RejectFile::new(dir);
    // Nodes that stand in the mapping come first: every relationship, also one that stands there too, may look for them.
    let mut inline_keys = vec![HashSet::new(); mapping.nodes.len()];
    for nodes in [true, false] {
        let mut outputs = Outputs::new(mapping);
        for records in &mapping.inline {
            record::inline_records(records, nodes, &setting, &inline_keys, &mut outputs);
        }
        tables.take(std::slice::from_mut(&mut outputs))?;
        rejects.append(&outputs.tally.rejects)?;
        tally.join(outputs.tally);
        inline_keys = tables.inline_keys();
    }
    let names = request.mapping.tables();
    for scan in &mapping.scans {
        let place = names.iter().position(|name| *name == scan.table).expect("scans are of the mapping's tables");
        let rows = &opened[place];
        // Rows that are grouped are read twice: once for their keys, once for their values.
        let grouped = scan.records.iter().any(|record| record.group_by.is_some());
        let (stage, passes) = if grouped { ("staging in two passes", 2) } else { ("staging", 1) };
        progress.start(&format!("{stage}: {}", scan.table), Total::Exact(rows.rows * passes), Unit::Count("rows read"));
        let joined = join_rows(rows, scan, &setting, progress)?;
        tally.joined(&scan.table, joined.counts());
        let recorder = Recorder { setting: &setting, table: &scan.table, inline_keys: &inline_keys };
        scan_records(rows, scan, &joined, &recorder, progress, |mut outputs| {
            request.interrupt.check().map_err(StageError::Interrupted)?;
            // Outputs come in row order, so the first failure among them is the first of the table.
            if let Some(failure) = outputs.iter_mut().find_map(|output| output.tally.failure.take()) {
                return Err(StageError::Value(failure));
            }
            tables.take(&mut outputs)?;
            for output in outputs {
                rejects.append(&output.tally.rejects)?;
                tally.join(output.tally);
            }
            Ok(())
        })?;
        progress.finish();
    }
    Ok((tables, tally, rejects))
}
