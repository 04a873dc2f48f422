//! `report.html`: what a load did, for people, beside the `report.json` that it is made of.
//!
//! In: the report as written for programs, the description of the graph tables, and what is measured of their files here. Out:
//! one page that is complete by itself. It shows values of single rows, so it is as private as the graph
//! tables. What cannot be measured is left out of the page; that there is no page fails no load.

mod columns;
mod degrees;
mod plots;
mod rejects;
mod spellings;
mod uniform;
mod warnings;

use std::path::Path;

use rayon::prelude::*;
use serde::Serialize;
use serde_json::Value;
use shared::page::{PageError, render};

use crate::graph_table::manifest::{GraphManifest, Inputs};
use crate::journal::Entries;
use crate::model::{Model, picture};
use degrees::{Degrees, Distribution};
use plots::{Side, plot};
use rejects::Reason;
use warnings::{Measured, Warning};

const TEMPLATE: &str = include_str!("report_page/report.html");

/// Relationship tables whose degrees are shown: the largest.
const PLOTTED_TABLES: usize = 16;

/// What the template is filled with, beside the report itself.
#[derive(Serialize)]
struct Page<'a> {
    report: &'a Value,
    rows_in: u64,
    rejected_by_cleaning: u64,
    rejected_by_database: u64,
    model: String,
    tables: Vec<TableRow>,
    stages: Vec<StageBar>,
    staged_rejects: Vec<Reason>,
    server_rejects: Vec<Reason>,
    degrees: Vec<DegreeCard>,
    /// Why there are no degrees and fewer warnings.
    unmeasured: Option<&'static str>,
    warnings: &'a [Warning],
}

/// A graph table, and what of it was written.
#[derive(Serialize)]
struct TableRow {
    name: String,
    holds: &'static str,
    properties: usize,
    rows: u64,
    /// Place among the tables of the report's `writing`, where it was written.
    place: Option<usize>,
    rows_per_second: Option<u64>,
    /// Of the fastest table.
    share: f64,
}

#[derive(Serialize)]
struct StageBar {
    name: &'static str,
    field: &'static str,
    seconds: f64,
    share: f64,
}

#[derive(Serialize)]
struct DegreeCard {
    name: String,
    start: String,
    end: String,
    rows: u64,
    sides: [DegreeSide; 2],
}

#[derive(Serialize)]
struct DegreeSide {
    direction: &'static str,
    label: String,
    /// Nodes of that label without any, where it is known.
    without: Option<u64>,
    distribution: Distribution,
    plot: Option<String>,
}

/// A page, and how many warnings are on it.
pub struct Made {
    /// HTML.
    pub html: String,
    /// Their number.
    pub warnings: usize,
}

/// Makes the page of a report.
///
/// # Errors
/// When the template does not fit the data, which is a fault of this program.
pub fn make(report: &Value, entries: &Entries, folder: &Path) -> Result<Made, PageError> {
    let graph = entries.graph.as_deref();
    let is_done = report["outcome"] == "done";
    let unmeasured = match graph {
        None => Some("There are no graph tables yet."),
        Some(_) if !is_done => Some("The load did not come to its end, so its tables were not looked through."),
        Some(_) => None,
    };
    let measured = match (graph, entries.tables_dir.as_deref(), unmeasured) {
        (Some(graph), Some(dir), None) => measure(graph, dir),
        _ => Measured::default(),
    };
    let warnings = graph.map(|graph| warnings::warnings(graph, &measured)).unwrap_or_default();
    // Before the end, what lies there is of an earlier load of the same tables.
    let server_rejects = match is_done {
        true => told(rejects::refused(folder, "server-rejects.parquet")).unwrap_or_default(),
        false => Vec::new(),
    };
    let page = Page {
        report,
        rows_in: entries.inputs.as_ref().map_or(0, Inputs::all_taken),
        rejected_by_cleaning: sum(report
            .pointer("/rejects/staging")
            .and_then(Value::as_object)
            .into_iter()
            .flat_map(|all| all.values())),
        rejected_by_database: match &server_rejects[..] {
            [] => sum(report
                .pointer("/rejects/server")
                .and_then(Value::as_object)
                .into_iter()
                .flat_map(|all| all.values())),
            reasons => reasons.iter().map(|reason| reason.count).sum(),
        },
        model: graph.map(|graph| picture(&Model::of_tables(graph))).transpose()?.unwrap_or_default(),
        tables: graph.map(|graph| table_rows(graph, report)).unwrap_or_default(),
        stages: stage_bars(report),
        staged_rejects: staged_rejects(entries),
        server_rejects,
        degrees: graph.map(|graph| degree_cards(graph, &measured)).unwrap_or_default(),
        unmeasured,
        warnings: &warnings,
    };
    Ok(Made { html: render(TEMPLATE, &page)?, warnings: warnings.len() })
}

fn sum<'v>(numbers: impl Iterator<Item = &'v Value>) -> u64 {
    numbers.filter_map(Value::as_u64).sum()
}

/// Looks through the graph tables: only columns that say something of degrees, names and empty properties.
fn measure(graph: &GraphManifest, dir: &Path) -> Measured {
    let mut largest: Vec<usize> = (0..graph.relationships.len()).collect();
    largest.sort_by_key(|place| std::cmp::Reverse(graph.relationships[*place].rows));
    largest.truncate(PLOTTED_TABLES);
    let degrees = largest.par_iter().filter_map(|place| {
        let table = &graph.relationships[*place];
        told(degrees::degrees(dir, table)).map(|degrees| (*place, degrees))
    });
    let spellings = graph.nodes.par_iter().filter_map(|table| told(spellings::spellings(dir, table)).flatten());
    Measured {
        degrees: degrees.collect(),
        uniform: told(uniform::uniform(dir, graph)).unwrap_or_default(),
        spellings: spellings.collect(),
    }
}

fn staged_rejects(entries: &Entries) -> Vec<Reason> {
    let (Some(graph), Some(dir)) = (entries.graph.as_deref(), entries.tables_dir.as_deref()) else { return Vec::new() };
    told(rejects::staged(dir, graph, &entries.snapshots)).unwrap_or_default()
}

/// What could not be read is told to whoever follows the log, and left out.
fn told<T>(result: Result<T, columns::ColumnsError>) -> Option<T> {
    result.map_err(|error| tracing::warn!("left out of the report's page: {error}")).ok()
}

fn table_rows(graph: &GraphManifest, report: &Value) -> Vec<TableRow> {
    let nodes = graph.nodes.iter().map(|table| (&table.table, "nodes", table.properties.len(), table.rows));
    let relationships =
        graph.relationships.iter().map(|table| (&table.table, "relationships", table.properties.len(), table.rows));
    let written = report["writing"]["tables"].as_array().map_or(&[][..], Vec::as_slice);
    let mut rows: Vec<TableRow> = nodes
        .chain(relationships)
        .map(|(name, holds, properties, rows)| {
            let place = written.iter().position(|table| table["table"] == name.as_str());
            let own_time = place.map(|place| &written[place]).filter(|table| !table["written_with"].is_string());
            let rate = own_time.and_then(|table| table["rows_per_second"].as_u64());
            TableRow { name: name.clone(), holds, properties, rows, place, rows_per_second: rate, share: 0.0 }
        })
        .collect();
    let fastest = rows.iter().filter_map(|row| row.rows_per_second).max().unwrap_or(1).max(1);
    for row in &mut rows {
        row.share = row.rows_per_second.unwrap_or(0) as f64 / fastest as f64;
    }
    rows
}

fn stage_bars(report: &Value) -> Vec<StageBar> {
    let stages = [
        ("Looking at the target", "contact"),
        ("Staging", "staging"),
        ("Beginning the run", "run"),
        ("Constraints and indexes", "constraints"),
        ("Writing", "writing"),
        ("Verification", "verification"),
        ("Removing the ledger", "ledger"),
    ];
    let all = report["seconds"]["all"].as_f64().unwrap_or(0.0).max(1e-3);
    let bar = |(name, field): (&'static str, &'static str)| {
        let seconds = report["seconds"][field].as_f64().unwrap_or(0.0);
        StageBar { name, field, seconds, share: seconds / all }
    };
    stages.map(bar).into()
}

fn degree_cards(graph: &GraphManifest, measured: &Measured) -> Vec<DegreeCard> {
    let rows_with = |label: &str| -> u64 {
        graph.nodes.iter().filter(|table| table.labels.iter().any(|other| other == label)).map(|table| table.rows).sum()
    };
    let half = |direction, label: &str, distribution: &Distribution, side| DegreeSide {
        direction,
        label: label.to_owned(),
        without: distribution.exact.then(|| rows_with(label).checked_sub(distribution.nodes)).flatten(),
        plot: plot(distribution, side),
        distribution: distribution.clone(),
    };
    let card = |(place, degrees): (&usize, &Degrees)| {
        let table = graph.relationships.get(*place)?;
        Some(DegreeCard {
            name: table.table.clone(),
            start: table.start.label.clone(),
            end: table.end.label.clone(),
            rows: table.rows,
            sides: [
                half("Outgoing", &table.start.label, &degrees.start, Side::Start),
                half("Incoming", &table.end.label, &degrees.end, Side::End),
            ],
        })
    };
    measured.degrees.iter().filter_map(card).filter(|card| card.rows > 0).collect()
}

#[cfg(test)]
pub(crate) mod tests;
