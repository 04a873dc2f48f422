//! The writers against a target made up in memory, with the faults that a real one shows rarely.

mod target;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use shared::exit::{Diagnosis, ExitCode};
use shared::progress::Silent;

use self::target::{Commit, FakeSink};
use super::*;
use crate::graph_table::manifest::{
    EndPoint, Follows, GraphManifest, Inputs, NodeTable, Property, PropertyType, RelationshipTable, TableFile,
};
use crate::graph_table::writer::TableWriter;
use crate::journal::Journal;

const ROWS: usize = 12_345;

fn tables(dir: &Path) -> GraphTables {
    let keys: ArrayRef = Arc::new(StringArray::from_iter_values((0..ROWS).map(|row| format!("k{row}"))));
    let batch = RecordBatch::try_from_iter_with_nullable([("key", keys, true)]).unwrap();
    let mut writer = TableWriter::new(dir, "nodes/N", batch.schema(), 0);
    writer.append(&batch).unwrap();
    let written = writer.finish().unwrap();
    let nodes = NodeTable {
        table: "N".into(),
        labels: vec!["N".into()],
        key: vec!["key".into()],
        properties: vec![Property { name: "key".into(), kind: PropertyType::String }],
        rows: written.rows,
        files: written.files,
        unit_rows: written.unit_rows,
    };
    let inputs = Inputs {
        sources: Vec::new(),
        mapping: String::new(),
        mapping_digest: String::new(),
        as_of: jiff::civil::date(2026, 11, 22),
        sample: None,
        rules_version: 1,
    };
    let manifest = GraphManifest {
        format_version: 1,
        inputs,
        nodes: vec![nodes],
        relationships: Vec::new(),
        queries: Vec::new(),
        schema: Vec::new(),
        actions: Vec::new(),
        rejects: TableFile { file: String::new(), rows: 0, bytes: 0, sha256: String::new() },
        counts: BTreeMap::new(),
        notes: BTreeMap::new(),
    };
    GraphTables { dir: dir.to_owned(), manifest }
}

/// The same nodes with two relationships each, to ends that come before them.
fn stars(dir: &Path) -> GraphTables {
    let mut tables = tables(dir);
    let property = || Property { name: "key".into(), kind: PropertyType::String };
    let write = |stem: &str, columns: Vec<(&str, ArrayRef)>| {
        let columns = columns.into_iter().map(|(name, column)| (name, column, true));
        let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
        let mut writer = TableWriter::new(dir, stem, batch.schema(), 0);
        writer.append(&batch).unwrap();
        writer.finish().unwrap()
    };
    let texts = |values: Vec<String>| -> ArrayRef { Arc::new(StringArray::from(values)) };
    let ends = write("nodes/E", vec![("key", texts(vec!["e0".into(), "e1".into()]))]);
    let nodes = NodeTable {
        table: "E".into(),
        labels: vec!["E".into()],
        rows: ends.rows,
        files: ends.files,
        unit_rows: ends.unit_rows,
        ..tables.manifest.nodes[0].clone()
    };
    let starts = texts((0..2 * ROWS).map(|row| format!("k{}", row / 2)).collect());
    let targets = texts((0..2 * ROWS).map(|row| format!("e{}", row % 2)).collect());
    let written = write("relationships/R", vec![("source.key", starts), ("target.key", targets)]);
    let unit_rows: Vec<u32> = tables.manifest.nodes[0].unit_rows.iter().map(|rows| 2 * rows).collect();
    let end = |label: &str| EndPoint { label: label.into(), key: vec![property()] };
    let relationships = RelationshipTable {
        table: "R".into(),
        rel_type: "R".into(),
        start: end("N"),
        end: end("E"),
        identity: Vec::new(),
        properties: Vec::new(),
        on_upsert: OnUpsert::Keep,
        rows: written.rows,
        files: written.files,
        follows: Some(Follows { table: "N".into(), units: (0..).take(unit_rows.len()).collect() }),
        unit_rows,
    };
    tables.manifest.nodes.insert(0, nodes);
    tables.manifest.relationships.push(relationships);
    tables
}

/// Loads into a store, as a new process would.
fn load(sink: &FakeSink, max_rejects: u64) -> Result<GraphReport, WriteError> {
    let dir = tempfile::tempdir().unwrap();
    load_tables(sink, max_rejects, &tables(dir.path()))
}

fn load_stars(sink: &FakeSink, max_rejects: u64) -> Result<GraphReport, WriteError> {
    let dir = tempfile::tempdir().unwrap();
    load_tables(sink, max_rejects, &stars(dir.path()))
}

fn load_tables(sink: &FakeSink, max_rejects: u64, tables: &GraphTables) -> Result<GraphReport, WriteError> {
    let settings = Settings {
        mode: Mode::Create,
        writers: Writers::Fixed(3),
        batch_rows: Some(2_000),
        apart: false,
        max_rejects,
        interrupt: Interrupt::never(),
        lost: Arc::new(AtomicBool::new(false)),
        progress: Arc::new(Silent),
        journal: Journal::begin(),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let lease = Lease { run: "run".into(), epoch: 1 };
    runtime.block_on(write_graph(&|| Ok(sink.clone()), tables, &lease, &settings))
}

fn expect_all_but(sink: &FakeSink, refused: &[&str]) {
    let store = sink.0.lock().unwrap();
    let mut keys = store.keys.clone();
    keys.sort();
    let mut wanted: Vec<String> =
        (0..ROWS).map(|row| format!("k{row}")).filter(|key| !refused.contains(&key.as_str())).collect();
    wanted.sort();
    assert!(keys == wanted, "every row once, but those that were refused");
    assert_eq!(store.ledger.len(), 13);
}

#[test]
fn lost_answers_and_deadlocks_apply_every_row_once() {
    let sink = FakeSink::default();
    let faults = [Commit::AppliedButAnswerLost, Commit::LostBeforeApplied, Commit::Deadlock];
    sink.0.lock().unwrap().faults.commits = faults.repeat(2);
    let report = load(&sink, 0).unwrap();
    expect_all_but(&sink, &[]);
    assert_eq!(report.tables[0].rows, ROWS as u64);
    assert_eq!(report.retries.values().sum::<u64>(), 6);
}

#[test]
fn what_is_applied_is_not_sent_again() {
    let sink = FakeSink::default();
    load(&sink, 0).unwrap();
    let report = load(&sink, 0).unwrap();
    expect_all_but(&sink, &[]);
    assert_eq!((report.tables[0].rows, report.tables[0].rows_before), (0, ROWS as u64));
}

#[test]
fn a_batch_that_the_server_cannot_hold_is_halved() {
    let sink = FakeSink::default();
    sink.0.lock().unwrap().faults.most_rows = Some(1_000);
    load(&sink, 0).unwrap();
    expect_all_but(&sink, &[]);
}

#[test]
fn a_refused_row_is_found_and_set_aside_or_stops_the_load() {
    let sink = FakeSink::default();
    let refused = ["k7", "k999", "k1000", "k12344"];
    sink.0.lock().unwrap().faults.refused_keys = refused.map(str::to_owned).into();
    let error = load(&sink, 3).unwrap_err();
    assert_eq!(error.exit_code(), ExitCode::Target);
    assert!(matches!(error, WriteError::TooManyRefused { limit: 3, .. }), "{error}");
    let report = load(&sink, 4).unwrap();
    expect_all_but(&sink, &refused);
    let ledger = &report.ledgers["N"];
    assert_eq!(ledger.refused_rows(), 4);
    assert_eq!(ledger.refused[&0].iter().map(|refused| refused.row).collect::<Vec<_>>(), [7, 999]);
    assert_eq!(ledger.refused[&12][0].reason, "k12344 cannot be stored");
}

#[test]
fn a_run_that_somebody_took_over_is_left_alone() {
    let sink = FakeSink::default();
    sink.0.lock().unwrap().faults.is_taken_over = true;
    let error = load(&sink, 0).unwrap_err();
    assert_eq!(error.exit_code(), ExitCode::TargetHeld);
    assert!(sink.0.lock().unwrap().keys.is_empty());
}

/// All nodes, ends and relationships, but those refused, once each.
fn expect_all_stars_but(sink: &FakeSink, refused: &[&str]) {
    let store = sink.0.lock().unwrap();
    let relationships = (0..2 * ROWS).map(|row| format!("k{}>e{}", row / 2, row % 2));
    let all = (0..ROWS).map(|row| format!("k{row}")).chain(["e0".into(), "e1".into()]).chain(relationships);
    let mut wanted: Vec<String> = all.filter(|key| !refused.contains(&key.as_str())).collect();
    let mut keys = store.keys.clone();
    keys.sort();
    wanted.sort();
    assert!(keys == wanted, "every row once, but those that were refused");
    assert_eq!(store.ledger.len(), 13 + 1 + 13);
}

fn report_of<'a>(report: &'a GraphReport, table: &str) -> &'a TableReport {
    report.tables.iter().find(|report| report.table == table).unwrap()
}

#[test]
fn stars_are_applied_once_through_lost_answers_and_deadlocks() {
    let sink = FakeSink::default();
    let faults = [Commit::AppliedButAnswerLost, Commit::LostBeforeApplied, Commit::Deadlock];
    sink.0.lock().unwrap().faults.commits = faults.repeat(2);
    let report = load_stars(&sink, 0).unwrap();
    expect_all_stars_but(&sink, &[]);
    let relationships = report_of(&report, "R");
    assert_eq!((report_of(&report, "N").rows, relationships.rows), (ROWS as u64, 2 * ROWS as u64));
    assert_eq!(relationships.written_with.as_deref(), Some("N"));
    let again = load_stars(&sink, 0).unwrap();
    assert_eq!((report_of(&again, "R").rows, report_of(&again, "R").rows_before), (0, 2 * ROWS as u64));
}

#[test]
fn what_cannot_be_a_star_is_written_table_by_table() {
    let sink = FakeSink::default();
    // A unit of nodes with its relationships has 3,000 rows.
    sink.0.lock().unwrap().faults.most_rows = Some(2_000);
    load_stars(&sink, 0).unwrap();
    expect_all_stars_but(&sink, &[]);

    let sink = FakeSink::default();
    let refused = ["k7>e1", "k5000>e0"];
    sink.0.lock().unwrap().faults.refused_keys = refused.map(str::to_owned).into();
    let report = load_stars(&sink, 2).unwrap();
    expect_all_stars_but(&sink, &refused);
    assert_eq!(report.ledgers["R"].refused[&0][0].row, 15);
    assert!(report_of(&report, "R").written_with.is_some(), "but the other units are stars");
}

#[test]
fn a_part_of_a_star_that_an_earlier_process_commits_late_is_only_that_part() {
    for late in [("N", (0..1_000).map(|row| format!("k{row}")).collect()), ("R", stars_of(1_000))] {
        let sink = FakeSink::default();
        sink.0.lock().unwrap().faults.late = Some((late.0, 0, late.1));
        let report = load_stars(&sink, 0);
        // Relationships cannot be there without their nodes, but a ledger that says so is believed all the same.
        let report = report.unwrap();
        expect_all_stars_but(&sink, &[]);
        assert!(sink.0.lock().unwrap().faults.stars > 0);
        assert_eq!(report.ledgers["R"].rows(), 2 * ROWS as u64);
    }
}

fn stars_of(nodes: usize) -> Vec<String> {
    (0..2 * nodes).map(|row| format!("k{}>e{}", row / 2, row % 2)).collect()
}
