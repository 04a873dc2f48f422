//! What a load would do: `load plan`.
//!
//! In: a mapping, snapshots and, where one is named, a target. Out: a [`Document`] with tables, rows, batches, statements, time
//! and size. Nothing is written into the target. Graph tables that are sealed give exact numbers; without them the first rows
//! are staged in a temporary folder that goes again, and the numbers are estimates, unless all is asked to be staged.

mod document;
mod measure;

pub use document::{Document, SnapshotEntry, TableEntry, TargetEntry, Trust, Would};
use measure::Measure;
use shared::exit::Diagnosis;
use shared::interrupt::Interrupt;
use shared::progress::Progress;
use shared::snapshot::SealedSnapshot;

use crate::graph_table::contents::AnyTable;
use crate::graph_table::manifest::{GraphManifest, GraphTables, Inputs, OnUpsert};
use crate::job::{JobError, first_look, runtime, until_stopped};
use crate::plan::GraphPlan;
use crate::run::admission::{Admission, Wanted, admit};
use crate::run::{Mode, RunError, last_done};
use crate::selection::Selection;
use crate::stage::{StageError, stage};
use crate::target::check;
use crate::target::cypher;
use crate::target::endpoint::Endpoint;
use crate::verify;
use crate::write::schema::Present;
use crate::write::star;
use crate::write::table::TableWork;

/// Rows of each table that are staged for an estimate: half a second's work, and enough to see how new keys get rarer.
const SAMPLE_ROWS: u64 = 20_000;

/// What is asked for.
#[derive(Debug)]
pub struct ForecastPlan {
    /// Which graph.
    pub graph: GraphPlan,
    /// Where to, if it was said.
    pub endpoint: Option<Endpoint>,
    /// `--mode`.
    pub mode: Option<Mode>,
    /// `--resume`.
    pub resume: bool,
    /// `--batch-rows`.
    pub batch_rows: Option<usize>,
    /// `--apart`.
    pub apart: bool,
    /// Whether graph tables are made, for exact numbers.
    pub stage: bool,
}

/// Looks ahead.
///
/// # Errors
/// As a load would end before it writes anything; but a target that would refuse the load is told, not an error.
pub fn forecast(plan: &ForecastPlan, interrupt: &Interrupt, progress: &dyn Progress) -> Result<Document, JobError> {
    let selection = Selection::newest(&plan.graph)?;
    let (inputs, description) = selection.name(&plan.graph);
    let wanted = Wanted::new(&inputs, description, plan.resume, plan.mode);
    let target = plan.endpoint.as_ref().map(|endpoint| look(endpoint, plan, &wanted, interrupt)).transpose()?;
    let folder = selection.work.join(&wanted.graph_digest);
    let sealed = GraphTables::open(&folder).map_err(StageError::from)?;
    let (tables, is_sealed) = match sealed {
        Some(tables) => (measure::of_tables(&tables)?, true),
        None if plan.stage => {
            (measure::of_tables(&stage(&selection.request(&plan.graph, interrupt), progress)?.tables)?, true)
        }
        None => (sampled(plan, &selection, &inputs, interrupt, progress)?, false),
    };
    let mode = target.as_ref().map_or(plan.mode.unwrap_or_default(), |target| target.mode);
    let rows: u64 = inputs.all_taken();
    let trust = if tables.is_exact { Trust::Exact } else { Trust::Estimate };
    let mut entries: Vec<TableEntry> =
        tables.tables.iter().map(|table| entry(table, trust, mode, plan.batch_rows)).collect();
    if !star::is_apart(&tables.graph, mode, plan.apart) {
        tie_stars(&tables.graph, &mut entries, plan.batch_rows);
    }
    Ok(Document {
        plan_version: document::PLAN_VERSION,
        snapshots: selection.snapshots.iter().map(snapshot_entry).collect(),
        mapping: inputs.mapping.clone(),
        mapping_digest: inputs.mapping_digest.clone(),
        as_of: inputs.as_of,
        sample: inputs.sample,
        mode: mode.name(),
        graph_tables: folder,
        staged: is_sealed,
        source_rows: rows,
        staging_seconds: if is_sealed { 0.0 } else { tables.staging_seconds },
        graph_table_bytes: tables.bytes,
        schema: tables.graph.schema.iter().map(cypher::create_schema).collect(),
        writing_seconds: entries.iter().map(|entry| entry.seconds).sum(),
        store_bytes: entries.iter().map(|entry| entry.store_bytes).sum(),
        tables: entries,
        queries: queries(&plan.graph),
        target: target.map(|target| target.entry),
    })
}

/// Names of the queries that would be run.
fn queries(plan: &GraphPlan) -> Vec<String> {
    let queries = plan.mapping.spec.targets.queries.iter().filter(|query| query.active);
    queries.map(|query| query.name.clone()).collect()
}

fn snapshot_entry(snapshot: &SealedSnapshot) -> SnapshotEntry {
    let manifest = &snapshot.manifest;
    SnapshotEntry {
        path: snapshot.path.clone(),
        table: format!("{}.{}", manifest.source.database, manifest.source.table),
        rows: manifest.rows,
        bytes: manifest.parts.iter().map(|part| part.bytes).sum(),
        content_digest: manifest.content_digest.to_string(),
        selection: (!manifest.selection.is_all()).then(|| manifest.selection.to_string()),
    }
}

/// Stages the first rows twice, once half of them, in a folder that goes again: how much a table still grew in the second
/// half tells how it will go on.
fn sampled(
    plan: &ForecastPlan,
    selection: &Selection,
    inputs: &Inputs,
    interrupt: &Interrupt,
    progress: &dyn Progress,
) -> Result<Measure, JobError> {
    let folder = tempfile::tempdir().map_err(|source| StageError::Folder {
        what: "create",
        path: std::env::temp_dir(),
        source,
    })?;
    let most = selection.snapshots.iter().map(|snapshot| snapshot.manifest.rows).max().unwrap_or_default();
    let all = inputs.taken(most);
    let take = |rows: u64| -> Result<Measure, JobError> {
        let mut request = selection.request(&plan.graph, interrupt);
        (request.sample, request.work) = (Some(rows), folder.path());
        let began = std::time::Instant::now();
        let staged = stage(&request, progress)?;
        let mut measure = measure::of_tables(&staged.tables)?;
        measure.staging_seconds = began.elapsed().as_secs_f64();
        Ok(measure)
    };
    let whole = take(all.clamp(1, SAMPLE_ROWS))?;
    if all <= SAMPLE_ROWS {
        return Ok(whole);
    }
    let half = take(SAMPLE_ROWS / 2)?;
    Ok(whole.grown(&half, all as f64 / SAMPLE_ROWS as f64))
}

fn entry(table: &measure::TableMeasure, trust: Trust, mode: Mode, batch_rows: Option<usize>) -> TableEntry {
    let work = TableWork::new(std::path::Path::new(""), table.table(), mode);
    let first_rows = batch_rows.unwrap_or_else(|| work.first_batch_rows());
    let rows = table.rows;
    TableEntry {
        table: table.table().name().to_owned(),
        holds: if table.is_nodes() { "nodes" } else { "relationships" },
        rows,
        trust,
        units: table.units,
        written_with: None,
        first_batch_rows: first_rows as u64,
        batches: table.batches(first_rows as u64),
        bytes_sent: (table.sent_bytes * rows as f64) as u64,
        seconds: table.seconds(),
        store_bytes: table.store_bytes(),
        statements: statements(table.table(), &work, mode),
    }
}

/// Tables that are written along with nodes take no batches of their own.
fn tie_stars(graph: &GraphManifest, entries: &mut [TableEntry], batch_rows: Option<usize>) {
    for nodes in &graph.nodes {
        let followers = star::tables_of(graph, nodes);
        if followers.is_empty() {
            continue;
        }
        let mut rows = 0;
        for entry in entries.iter_mut() {
            if followers.iter().any(|table| table.table == entry.table) {
                entry.written_with = Some(nodes.table.clone());
                (entry.batches, entry.statements) = (0, Vec::new());
                rows += entry.rows;
            }
        }
        let work = TableWork::star(std::path::Path::new(""), nodes, followers);
        if let Some(entry) = entries.iter_mut().find(|entry| entry.table == nodes.table) {
            entry.first_batch_rows = batch_rows.unwrap_or_else(|| work.first_batch_rows()) as u64;
            entry.batches = (rows + entry.rows).div_ceil(entry.first_batch_rows.max(1)).min(entry.units);
            entry.statements = vec![work.write.to_string()];
        }
    }
}

/// The statements of one batch, in their order.
fn statements(table: AnyTable<'_>, work: &TableWork, mode: Mode) -> Vec<String> {
    let write = work.write.to_string();
    match (table, mode) {
        (_, Mode::Create) => vec![write],
        (AnyTable::Nodes(_), Mode::Upsert) => vec![cypher::create_ledger(), write],
        (AnyTable::Relationships(table), Mode::Upsert) => {
            let mut all = vec![cypher::create_ledger(), cypher::relationships_of_starts(table)];
            if !table.properties.is_empty() {
                all.push(cypher::update_relationships(table));
            }
            if table.on_upsert == OnUpsert::Replace {
                all.push(cypher::DELETE_RELATIONSHIPS.to_owned());
            }
            all.push(write);
            if table.on_upsert == OnUpsert::Replace {
                all.push(cypher::delete_of_starts(table));
            }
            all
        }
    }
}

/// What the target says.
struct Looked {
    entry: TargetEntry,
    mode: Mode,
}

fn look(endpoint: &Endpoint, plan: &ForecastPlan, wanted: &Wanted, interrupt: &Interrupt) -> Result<Looked, JobError> {
    let runtime = runtime(1)?;
    until_stopped(&runtime, interrupt, async {
        let (server, runs) = first_look(endpoint).await?;
        let mut sink = check::connect(endpoint, &server)?;
        let held = verify::held(&mut sink, &plan.graph.mapping.labels()).await?;
        let (constraints, indexes) = {
            let present = Present::read(&mut sink).await?;
            let (constraints, indexes) = present.names();
            (constraints.len(), indexes.len())
        };
        let mut mode = plan.mode.unwrap_or_default();
        let (would, refusal) = match admit(&runs, wanted) {
            Ok(Admission::Start(Mode::Create)) if !held.is_empty() => {
                (Would::BeRefused, Some(RunError::labels_held(held.clone(), last_done(&runs))))
            }
            Ok(Admission::Start(_)) => (Would::Start, None),
            Ok(Admission::GoOn(run)) => {
                mode = run.mode;
                (Would::GoOn, None)
            }
            Ok(Admission::AlreadyLoaded(run)) => {
                mode = run.mode;
                (Would::DoNothing, None)
            }
            Err(refusal) => (Would::BeRefused, Some(refusal)),
        };
        let entry = TargetEntry {
            address: endpoint.to_string(),
            database: server.database,
            version: server.version,
            edition: server.edition,
            would,
            reason: refusal.as_ref().map(ToString::to_string),
            hint: refusal.as_ref().and_then(Diagnosis::hint),
            nodes_held: held,
            constraints,
            indexes,
        };
        Ok::<_, JobError>(Looked { entry, mode })
    })
}
