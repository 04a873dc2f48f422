//! What a load says at its end: to people what was written, set aside and how long it took; to scripts one line.
//!
//! In: the outcome of a load and its journal. Out: text. Nothing is decided here, except how many lines a list may take.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use shared::progress::{human_bytes, human_count, human_duration};

use crate::columns::in_columns;
use crate::graph_table::manifest::GraphManifest;
use crate::job::JobOutcome;
use crate::journal::{Entries, Stage};
use crate::load::LoadReport;
use crate::target::check::Server;
use crate::verify::Absent;
use crate::write::{Holds, TableReport};

/// Counts of what was set aside that are listed; the rest stands in `_graph.json`.
const LISTED: usize = 25;

/// The report for people.
pub fn for_people(outcome: &JobOutcome, entries: &Entries) -> String {
    match outcome {
        JobOutcome::Already(run) => format!("{} is in the target already: nothing to do\n", run.describe()),
        JobOutcome::Loaded { report, tables, server, rejects } => {
            let mut text = heading(report, &tables.manifest, server);
            text.push_str(&tables_written(report));
            text.push_str(&counted("left out while staging", &tables.manifest.counts));
            text.push_str(&counted("noticed while staging", &tables.manifest.notes));
            if report.refused > 0 {
                let _ = writeln!(
                    text,
                    "refused by the server: {} rows, see {}",
                    human_count(report.refused),
                    rejects.display()
                );
            }
            if tables.manifest.rejects.rows > 0 {
                let path = tables.dir.join(&tables.manifest.rejects.file);
                let _ = writeln!(
                    text,
                    "rejected while staging: {} entries, see {}",
                    human_count(tables.manifest.rejects.rows),
                    path.display()
                );
            }
            text.push_str(&report.absent.as_ref().map(left_there).unwrap_or_default());
            text.push_str(&times(report, entries));
            text
        }
    }
}

/// The line for scripts.
pub fn for_scripts(outcome: &JobOutcome) -> String {
    match outcome {
        JobOutcome::Already(run) => format!("run={} state=done already=true", run.id),
        JobOutcome::Loaded { report, tables, .. } => {
            let nodes: u64 = sum(report, Holds::Nodes);
            let relationships: u64 = sum(report, Holds::Relationships);
            format!(
                "run={} state=done nodes={nodes} relationships={relationships} refused={} rejects={}",
                report.run, report.refused, tables.manifest.rejects.rows
            )
        }
    }
}

/// Whether cleaning set anything aside.
pub fn has_set_aside(graph: &GraphManifest) -> bool {
    graph.rejects.rows > 0 || graph.counts.values().flat_map(|reasons| reasons.values()).any(|count| *count > 0)
}

fn sum(report: &LoadReport, holds: Holds) -> u64 {
    let tables = report.graph.tables.iter().filter(|table| table.holds == holds);
    tables.map(|table| table.rows + table.rows_before - table.refused.min(table.rows_before)).sum()
}

fn heading(report: &LoadReport, graph: &GraphManifest, server: &Server) -> String {
    format!(
        "run {} (mapping {}, as of {}, mode {}) is done and verified in database {} of Neo4j {} {}\n",
        report.run,
        graph.inputs.mapping,
        graph.inputs.as_of,
        report.mode.name(),
        server.database,
        server.version,
        server.edition
    )
}

fn tables_written(report: &LoadReport) -> String {
    let tables = &report.graph.tables;
    if tables.is_empty() {
        return "all rows had been written before\n".to_owned();
    }
    let rows = tables.iter().map(|table| {
        // What was written with its start nodes has no time of its own, but for what was left.
        let time = match &table.written_with {
            Some(nodes) => format!("with {nodes}"),
            None => human_duration(table.elapsed),
        };
        let rate = table.rows_per_second(tables).filter(|_| table.written_with.is_none());
        let rate = rate.map_or_else(|| "-".to_owned(), human_count);
        let counts = [table.rows, table.rows_before, table.refused].map(human_count);
        let [rows, before, refused] = counts;
        [table.table.clone(), rows, before, refused, time, rate]
    });
    in_columns(["table", "rows", "before", "refused", "time", "rows/s"], rows)
}

/// What staging counted, the most frequent first.
fn counted(title: &str, counts: &BTreeMap<String, BTreeMap<String, u64>>) -> String {
    let counts =
        counts.iter().flat_map(|(what, reasons)| reasons.iter().map(move |(reason, count)| (what, reason, *count)));
    let mut counts: Vec<_> = counts.filter(|(_, _, count)| *count > 0).collect();
    if counts.is_empty() {
        return String::new();
    }
    counts.sort_by(|left, right| right.2.cmp(&left.2).then_with(|| (left.0, left.1).cmp(&(right.0, right.1))));
    let mut text = format!("{title}:\n");
    for (what, reason, count) in counts.iter().take(LISTED) {
        let _ = writeln!(text, "  {:>12}  {what}: {reason}", human_count(*count));
    }
    if counts.len() > LISTED {
        let _ = writeln!(text, "  and {} more kinds, in _graph.json", counts.len() - LISTED);
    }
    text
}

/// What an upsert left in the target though the snapshot does not have it.
pub fn left_there(absent: &Absent) -> String {
    let list = |counts: &BTreeMap<String, u64>| {
        let counts: Vec<String> =
            counts.iter().map(|(name, count)| format!("{name} {}", human_count(*count))).collect();
        if counts.is_empty() { "none".to_owned() } else { counts.join(", ") }
    };
    format!(
        "in the target, not in the snapshot (upsert removes no node): nodes: {}; relationships: {}\n",
        list(&absent.nodes),
        list(&absent.relationships)
    )
}

fn times(report: &LoadReport, entries: &Entries) -> String {
    let staged = if entries.tables_found { " (tables were there)" } else { "" };
    let time = |stage| human_duration(entries.time(stage));
    let mut text = format!(
        "time: staging {}{staged}, constraints {}, writing {}, verification {}, removal of the ledger {}",
        time(Stage::Staging),
        time(Stage::Constraints),
        time(Stage::Writing),
        time(Stage::Verification),
        time(Stage::Ledger),
    );
    let total = |of: fn(&TableReport) -> Duration| report.graph.tables.iter().map(of).sum::<Duration>();
    let (waited, writer_time) = (total(|table| table.waited), total(|table| table.writer_time));
    if !writer_time.is_zero() {
        let share = 100.0 * waited.as_secs_f64() / writer_time.as_secs_f64();
        let batches: u64 = report.graph.tables.iter().map(|table| table.batches).sum();
        let _ = write!(
            text,
            "; {} transactions, writers waited for the server {share:.0} % of their time",
            human_count(batches)
        );
    }
    if let Some(bytes) = shared::memory::peak_rss_bytes() {
        let _ = write!(text, "; peak memory {}", human_bytes(bytes));
    }
    text.push('\n');
    if !report.graph.retries.is_empty() {
        let retries: Vec<String> = report.graph.retries.iter().map(|(what, count)| format!("{what} {count}")).collect();
        let _ = writeln!(text, "overcome: {}", retries.join(", "));
    }
    text
}
