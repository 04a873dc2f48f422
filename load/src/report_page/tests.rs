//! The page as a whole: every section is there, whatever the load came to, and no value of a row is ever markup.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use serde_json::json;

use super::*;
use crate::graph_table::manifest::{
    EndPoint, GraphManifest, Inputs, NodeTable, OnUpsert, Property, PropertyType, RelationshipTable, SourceInput,
    TableFile,
};
use crate::graph_table::writer::{TableWriter, WrittenTable};

const SCRIPT: &str = "<script>alert(1)</script>";

fn property(name: &str) -> Property {
    Property { name: name.to_owned(), kind: PropertyType::String }
}

/// People who know companies, without files.
pub(crate) fn graph() -> GraphManifest {
    let node = |label: &str| NodeTable {
        table: label.to_owned(),
        labels: vec![label.to_owned()],
        key: vec!["id".to_owned()],
        properties: vec![property("id"), property("name")],
        rows: 3,
        files: Vec::new(),
        unit_rows: Vec::new(),
    };
    let end = |label: &str| EndPoint { label: label.to_owned(), key: vec![property("id")] };
    let knows = RelationshipTable {
        table: "KNOWS".into(),
        rel_type: "KNOWS".into(),
        start: end("Person"),
        end: end("Company"),
        identity: Vec::new(),
        properties: Vec::new(),
        on_upsert: OnUpsert::Keep,
        rows: 4,
        files: Vec::new(),
        unit_rows: Vec::new(),
        follows: None,
    };
    let source = SourceInput { table: "people".into(), content_digest: "0".repeat(64), rows: 10_000 };
    GraphManifest {
        format_version: 1,
        inputs: Inputs {
            sources: vec![source],
            mapping: SCRIPT.into(),
            mapping_digest: "1".repeat(64),
            as_of: jiff::civil::date(2026, 11, 22),
            sample: None,
            rules_version: 1,
        },
        nodes: vec![node("Person"), node("Company")],
        relationships: vec![knows],
        schema: Vec::new(),
        actions: Vec::new(),
        queries: Vec::new(),
        rejects: TableFile { file: "rejects.parquet".into(), rows: 1, bytes: 0, sha256: String::new() },
        counts: BTreeMap::from([("people.name".into(), BTreeMap::from([(format!("not in the list: {SCRIPT}"), 2)]))]),
        notes: BTreeMap::new(),
    }
}

fn texts(texts: &[&str]) -> ArrayRef {
    Arc::new(StringArray::from(texts.to_vec()))
}

/// The same with files in `dir`.
fn staged(dir: &Path) -> GraphManifest {
    let write = |stem: &str, columns: Vec<(&str, ArrayRef)>, one_file: bool| -> WrittenTable {
        let batch =
            RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true)));
        let batch = batch.unwrap();
        let writer = TableWriter::new(dir, stem, batch.schema(), 0);
        let mut writer = if one_file { writer.in_one_file() } else { writer };
        writer.append(&batch).unwrap();
        writer.finish().unwrap()
    };
    let mut graph = graph();
    let names = texts(&[SCRIPT, "Acme, Inc.", "ACME inc"]);
    for table in &mut graph.nodes {
        let keys = texts(&["a", SCRIPT, "c"]);
        let written = write(&format!("nodes/{}", table.table), vec![("id", keys), ("name", Arc::clone(&names))], false);
        table.files = written.files;
    }
    let ends = vec![("source.id", texts(&["a", "a", "a", "c"])), ("target.id", texts(&[SCRIPT, SCRIPT, "c", SCRIPT]))];
    graph.relationships[0].files = write("relationships/KNOWS", ends, false).files;
    let number = |number: i64| -> ArrayRef { Arc::new(Int64Array::from(vec![number])) };
    let reject = vec![
        ("table", texts(&["people"])),
        ("row", number(7)),
        ("column", texts(&[SCRIPT])),
        ("place", number(0)),
        ("reason", texts(&["not JSON"])),
    ];
    graph.rejects = write("rejects.parquet", reject, true).files.remove(0);
    graph
}

fn report(outcome: &str, graph: Option<&GraphManifest>) -> Value {
    let staging = graph.map(|graph| {
        json!({"found": false, "nodes": graph.node_rows(), "relationships": graph.relationship_rows(),
               "left_out": graph.counts, "noticed": graph.notes})
    });
    let table = |name: &str, holds: &str, rows: u64| {
        json!({"table": name, "holds": holds, "rows": rows, "rows_before": 0, "refused": 0, "batches": 1,
               "seconds": 0.5, "writer_seconds": 0.5, "waiting_seconds": 0.4})
    };
    let is_failed = outcome != "done";
    json!({
        "report_version": 1, "tool_version": "0.1.0", "outcome": outcome, "exit_code": if is_failed { 13 } else { 0 },
        "error": is_failed.then(|| json!({"message": format!("it broke: {SCRIPT}"), "causes": ["a cause"], "hint": "try --resume"})),
        "run": "1234567890abcdef", "graph_digest": "2".repeat(64), "mode": "create", "resumed": false,
        "started_at": "2026-11-22T10:00:00Z", "finished_at": "2026-11-22T10:01:00Z",
        "seconds": {"contact": 0.1, "staging": 2.0, "constraints": 0.5, "writing": 30.0, "verification": 1.0, "ledger": 0.2, "all": 33.8},
        "inputs": graph.map_or_else(|| self::graph().inputs, |graph| graph.inputs.clone()),
        "server": {"version": "5.26.0", "edition": "community", "database": "neo4j"},
        "staging": staging,
        "writing": {"writers": 2, "nodes": 6, "relationships": 4, "batches": 3, "waiting_share": 0.8, "retries": {"connection lost": 1},
                    "tables": [table("Person", "nodes", 3), table("Company", "nodes", 3), table("KNOWS", "relationships", 4)]},
        "rejects": {"staging": {"not JSON": 1}, "server": {"Neo.ClientError.Schema.ConstraintValidationFailed": 2}},
        "absent": null, "counts": {"labels": {"Person": 3, "Company": 3}, "types": {"KNOWS": 4}},
        "peak_memory_bytes": 120_000_000
    })
}

fn page(outcome: &str, graph: Option<GraphManifest>, dir: &Path) -> String {
    let report = report(outcome, graph.as_ref());
    let inputs = Some(graph.as_ref().map_or_else(|| self::graph().inputs, |graph| graph.inputs.clone()));
    let entries =
        Entries { graph: graph.map(Arc::new), inputs, tables_dir: Some(dir.to_owned()), ..Entries::default() };
    make(&report, &entries, dir).unwrap().html
}

#[test]
fn every_section_is_there_and_no_value_is_markup() {
    let dir = tempfile::tempdir().unwrap();
    let html = page("done", Some(staged(dir.path())), dir.path());
    for section in ["model", "warnings", "tables", "sources", "rejects", "left-out", "time", "degrees", "details"] {
        assert!(html.contains(&format!("<section id=\"{section}\"")), "no section {section}: {html}");
    }
    assert!(!html.contains("<script") && html.contains("&lt;script&gt;"), "{html}");
    assert!(html.contains("Acme, Inc.") && html.contains("not JSON") && html.contains("33.8 s"), "{html}");
    assert_eq!(html.matches("class=\"plot\"").count(), 2, "{html}");
    for asking in ["src=", "@import", "url(http", "href=\"http"] {
        assert!(!html.contains(asking), "{asking}: {html}");
    }
}

#[test]
fn a_load_that_failed_or_did_not_begin_has_a_page_too() {
    let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let failed = page("failed", Some(staged(dir.path())), dir.path());
    assert!(failed.contains("it broke: &lt;script&gt;") && failed.contains("try --resume"), "{failed}");
    let stopped = page("interrupted", Some(staged(other.path())), other.path());
    assert!(stopped.contains("was stopped") && !stopped.contains("class=\"plot\""), "{stopped}");
    let early = page("failed", None, dir.path());
    assert!(early.contains("no graph tables yet") && !early.contains("id=\"model\""), "{early}");
}

#[test]
fn a_graph_without_a_node_and_files_that_are_gone_are_no_reason_to_fail() {
    let dir = tempfile::tempdir().unwrap();
    let mut empty = graph();
    empty.nodes.clear();
    empty.relationships.clear();
    assert!(page("done", Some(empty), dir.path()).contains("No nodes"));
    let gone = page("done", Some(graph()), dir.path());
    assert!(gone.contains("KNOWS") && gone.contains("<section id=\"model\""), "{gone}");
}
