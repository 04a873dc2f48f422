//! `report.json`: what a load did, for programs and for later, and `report.html`, the same for people. The schema of the
//! first is written down in `docs/run-report.md`.
//!
//! In: the journal of a load and how it ended. Out: both files in `<work>/runs/<run id>/`, each complete under its name or not
//! there; those of an earlier process of the run are kept beside them. Written also when the load failed or was stopped.
//! Neither must ever hold a secret, nor the JSON a row, and that they cannot be written fails no load.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::time::Duration;

use arrow::array::AsArray;
use jiff::Timestamp;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde::Serialize;
use shared::exit::{Diagnosis, ExitCode, causes};

use crate::graph_table::manifest::{GraphManifest, Inputs};
use crate::journal::{Entries, Journal, Stage};
use crate::report_page;
use crate::run::GraphCounts;
use crate::verify::Absent;
use crate::write::{Holds, TableReport};

/// Version of the schema: raised when a field goes or changes its meaning.
pub const REPORT_VERSION: u32 = 1;
/// Name of the files, without what tells them apart.
const REPORT: &str = "report";
/// Either file may tell of single rows: as private as the graph tables.
const MODE: u32 = 0o600;

#[derive(Serialize)]
struct Report<'a> {
    report_version: u32,
    tool_version: &'a str,
    outcome: &'a str,
    exit_code: u8,
    error: Option<Failed>,
    run: Option<String>,
    graph_digest: String,
    mode: Option<&'a str>,
    resumed: bool,
    started_at: Option<Timestamp>,
    finished_at: Timestamp,
    seconds: Seconds,
    inputs: &'a Inputs,
    server: Option<ServerEntry<'a>>,
    staging: Option<Staging<'a>>,
    writing: Writing,
    rejects: Rejects<'a>,
    absent: Option<&'a Absent>,
    counts: Option<&'a GraphCounts>,
    peak_memory_bytes: Option<u64>,
}

#[derive(Serialize)]
struct Failed {
    message: String,
    causes: Vec<String>,
    hint: Option<String>,
}

#[derive(Serialize)]
struct Seconds {
    contact: f64,
    staging: f64,
    run: f64,
    constraints: f64,
    writing: f64,
    verification: f64,
    ledger: f64,
    all: f64,
}

#[derive(Serialize)]
struct ServerEntry<'a> {
    version: &'a str,
    edition: &'a str,
    database: &'a str,
}

#[derive(Serialize)]
struct Staging<'a> {
    found: bool,
    nodes: u64,
    relationships: u64,
    left_out: &'a BTreeMap<String, BTreeMap<String, u64>>,
    noticed: &'a BTreeMap<String, BTreeMap<String, u64>>,
}

#[derive(Serialize)]
struct Writing {
    writers: usize,
    nodes: u64,
    relationships: u64,
    batches: u64,
    /// Share of the writers' time that they waited for the server.
    waiting_share: Option<f64>,
    retries: BTreeMap<String, u64>,
    tables: Vec<Table>,
}

#[derive(Serialize)]
struct Table {
    table: String,
    holds: &'static str,
    rows: u64,
    rows_before: u64,
    refused: u64,
    batches: u64,
    seconds: f64,
    writer_seconds: f64,
    waiting_seconds: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    rows_per_second: Option<u64>,
    /// The node table with which its rows were written: time and batches are counted there.
    #[serde(skip_serializing_if = "Option::is_none")]
    written_with: Option<String>,
}

#[derive(Serialize)]
struct Rejects<'a> {
    staging: BTreeMap<String, u64>,
    server: &'a BTreeMap<String, u64>,
}

/// How a load ended.
pub enum Ending<'a> {
    /// With this code.
    Done(ExitCode),
    /// With this error.
    Failed(&'a dyn Diagnosis),
}

/// A report that is written.
pub struct Written {
    /// `report.json`.
    pub path: PathBuf,
    folder: PathBuf,
    report: serde_json::Value,
}

/// Writes `report.json`; `None` where there is nothing to report on, or no place for it.
pub fn write(journal: &Journal, ending: &Ending<'_>) -> Option<Written> {
    let entries = journal.entries();
    let (work, inputs) = (entries.work.clone()?, entries.inputs.clone()?);
    let folder = folder(&work, &entries, &inputs);
    let report = report(&entries, &inputs, journal, ending);
    let mut json = serde_json::to_vec_pretty(&report).ok()?;
    json.push(b'\n');
    let path = begin_report(&folder).and_then(|()| put(&folder, "json", &json));
    let path = path.map_err(|error| tracing::warn!("the report in {} cannot be written: {error}", folder.display()));
    Some(Written { path: path.ok()?, report: serde_json::to_value(&report).ok()?, folder })
}

/// Makes `report.html`, which looks through the graph tables of a load that is done, and tells where it is and how many
/// warnings are on it. Whatever goes wrong here is told to whoever follows the log and changes nothing else.
pub fn write_page(journal: &Journal, written: &Written) -> Option<(PathBuf, usize)> {
    let make = || {
        let made = report_page::make(&written.report, &journal.entries(), &written.folder)?;
        let path = put(&written.folder, "html", made.html.as_bytes())?;
        Ok::<_, Box<dyn std::error::Error>>((path, made.warnings))
    };
    match std::panic::catch_unwind(AssertUnwindSafe(make)) {
        Ok(Ok(page)) => Some(page),
        Ok(Err(error)) => {
            tracing::warn!("the report has no page: {error}: {:?}", error.source());
            None
        }
        Err(_) => {
            tracing::warn!("the report has no page: a fault in load, which the lines above tell");
            None
        }
    }
}

/// The folder of the run. A run is named by its graph tables; until they are there, the digest of what they will be made of
/// stands in its place.
fn folder(work: &Path, entries: &Entries, inputs: &Inputs) -> PathBuf {
    let name = match &entries.graph {
        Some(graph) => graph.run_id(),
        None => format!("graph-{}", &inputs.graph_digest()[..16]),
    };
    work.join("runs").join(name)
}

fn report<'a>(entries: &'a Entries, inputs: &'a Inputs, journal: &Journal, ending: &Ending<'a>) -> Report<'a> {
    let (exit_code, error) = match ending {
        Ending::Done(code) => (*code, None),
        Ending::Failed(error) => {
            let failed = Failed { message: error.to_string(), causes: causes(*error), hint: error.hint() };
            (error.exit_code(), Some(failed))
        }
    };
    let outcome = match (exit_code, &error) {
        (_, None) => "done",
        (ExitCode::Interrupted | ExitCode::Terminated, _) => "interrupted",
        _ => "failed",
    };
    Report {
        report_version: REPORT_VERSION,
        tool_version: env!("CARGO_PKG_VERSION"),
        outcome,
        exit_code: exit_code.number(),
        error,
        run: entries.graph.as_deref().map(GraphManifest::run_id),
        graph_digest: inputs.graph_digest(),
        mode: entries.mode.map(|mode| mode.name()),
        resumed: entries.resumed,
        started_at: entries.started,
        finished_at: Timestamp::now(),
        seconds: seconds(entries),
        inputs,
        server: entries.server.as_ref().map(|server| ServerEntry {
            version: &server.version,
            edition: &server.edition,
            database: &server.database,
        }),
        staging: entries.graph.as_deref().map(|graph| Staging {
            found: entries.tables_found,
            nodes: graph.node_rows(),
            relationships: graph.relationship_rows(),
            left_out: &graph.counts,
            noticed: &graph.notes,
        }),
        writing: writing(entries, journal),
        rejects: Rejects { staging: staged_rejects(entries), server: &entries.refused },
        absent: entries.absent.as_ref(),
        counts: entries.counts.as_ref(),
        peak_memory_bytes: shared::memory::peak_rss_bytes(),
    }
}

fn seconds(entries: &Entries) -> Seconds {
    let of = |stage| rounded(entries.time(stage).as_secs_f64());
    Seconds {
        contact: of(Stage::Contact),
        staging: of(Stage::Staging),
        run: of(Stage::Run),
        constraints: of(Stage::Constraints),
        writing: of(Stage::Writing),
        verification: of(Stage::Verification),
        ledger: of(Stage::Ledger),
        all: rounded(entries.stages.iter().map(|(_, time)| time.as_secs_f64()).sum()),
    }
}

fn writing(entries: &Entries, journal: &Journal) -> Writing {
    let written =
        |holds: Holds| entries.tables.iter().filter(|table| table.holds == holds).map(|table| table.rows).sum();
    let total = |of: fn(&TableReport) -> Duration| entries.tables.iter().map(of).sum::<Duration>().as_secs_f64();
    let (waited, of) = (total(|table| table.waited), total(|table| table.writer_time));
    let table = |table: &TableReport| Table {
        table: table.table.clone(),
        holds: table.holds.name(),
        rows: table.rows,
        rows_before: table.rows_before,
        refused: table.refused,
        batches: table.batches,
        seconds: rounded(table.elapsed.as_secs_f64()),
        writer_seconds: rounded(table.writer_time.as_secs_f64()),
        waiting_seconds: rounded(table.waited.as_secs_f64()),
        rows_per_second: table.rows_per_second(&entries.tables),
        written_with: table.written_with.clone(),
    };
    Writing {
        writers: entries.writers,
        nodes: written(Holds::Nodes),
        relationships: written(Holds::Relationships),
        batches: entries.tables.iter().map(|table| table.batches).sum(),
        waiting_share: (of > 0.0).then(|| rounded(waited / of)),
        retries: journal.tally.counts(),
        tables: entries.tables.iter().map(table).collect(),
    }
}

/// Thousandths are enough.
fn rounded(seconds: f64) -> f64 {
    (seconds * 1_000.0).round() / 1_000.0
}

/// What staging rejected, by reason: reasons hold no value of a row.
fn staged_rejects(entries: &Entries) -> BTreeMap<String, u64> {
    let (Some(graph), Some(dir)) = (&entries.graph, &entries.tables_dir) else { return BTreeMap::new() };
    count_reasons(&dir.join(&graph.rejects.file)).unwrap_or_else(|error| {
        tracing::warn!("the rejects of staging cannot be counted: {error}");
        BTreeMap::new()
    })
}

fn count_reasons(path: &Path) -> io::Result<BTreeMap<String, u64>> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(File::open(path)?).map_err(io::Error::other)?;
    let mask = ProjectionMask::columns(builder.parquet_schema(), ["reason"]);
    let mut reasons: BTreeMap<String, u64> = BTreeMap::new();
    for batch in builder.with_projection(mask).build().map_err(io::Error::other)? {
        let batch = batch.map_err(io::Error::other)?;
        let Some(column) = batch.columns().first().and_then(|column| column.as_string_opt::<i32>()) else { continue };
        for reason in column.iter().flatten() {
            match reasons.get_mut(reason) {
                Some(count) => *count += 1,
                None => drop(reasons.insert(reason.to_owned(), 1)),
            }
        }
    }
    Ok(reasons)
}

/// A folder without a report: the files of an earlier one are kept under the time at which it was written.
fn begin_report(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let earlier = ["json", "html"].map(|kind| (kind, folder.join(format!("{REPORT}.{kind}"))));
    let written = |(_, path): &(&str, PathBuf)| fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
    let Some(time) = earlier.iter().find_map(written) else { return Ok(()) };
    let time = Timestamp::try_from(time).unwrap_or_default().strftime("%Y-%m-%dT%H%M%S%.3fZ");
    for (kind, path) in earlier.iter().filter(|(_, path)| path.exists()) {
        fs::rename(path, folder.join(format!("{REPORT}-{time}.{kind}")))?;
    }
    Ok(())
}

/// A file of the report, complete or not at all.
fn put(folder: &Path, kind: &str, content: &[u8]) -> io::Result<PathBuf> {
    let path = folder.join(format!("{REPORT}.{kind}"));
    let staged = folder.join(format!(".{REPORT}.{kind}"));
    let mut file = File::options().write(true).create(true).truncate(true).mode(MODE).open(&staged)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&staged, &path)?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_earlier_report_is_kept_with_its_page() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("runs/1234/report.json");
        let runs = path.parent().unwrap();
        begin_report(runs).unwrap();
        assert_eq!(put(runs, "json", b"{\"first\": 1}\n").unwrap(), path);
        put(runs, "html", b"first").unwrap();
        begin_report(runs).unwrap();
        put(runs, "json", b"{}\n").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "{}\n");
        let kept: Vec<_> = fs::read_dir(path.parent().unwrap()).unwrap().flatten().map(|entry| entry.path()).collect();
        assert_eq!(kept.len(), 3);
        let earlier = |kind: &str| {
            let is_meant =
                |kept: &&PathBuf| **kept != path && kept.extension().is_some_and(|extension| extension == kind);
            kept.iter().find(is_meant).unwrap()
        };
        assert_eq!(fs::read_to_string(earlier("json")).unwrap(), "{\"first\": 1}\n");
        assert_eq!(fs::read_to_string(earlier("html")).unwrap(), "first");
        assert_eq!(earlier("json").file_stem(), earlier("html").file_stem(), "one time for both");
    }
}
