//! `cypher`: asks a Neo4j one question and prints the answer as a table. `scripts/quickstart` uses it.
//! It reads `NEO4J_URI`, `NEO4J_USERNAME`, `NEO4J_PASSWORD` and `NEO4J_DATABASE`, as `load` does. The program adds nothing to
//! the statement: whoever asks bounds the answer.

use anyhow::Context;
use serde_json::Value;
use testkit::target::{Record, Target};

fn main() -> anyhow::Result<()> {
    let statement = std::env::args().nth(1).context("usage: cypher 'MATCH (n) RETURN count(n) AS nodes'")?;
    let records = Target::connect(&std::env::vars().collect())?.try_ask(&statement)?;
    let columns = columns(&statement, &records);
    let rows: Vec<Vec<String>> =
        records.iter().map(|record| columns.iter().map(|column| cell(record.get(column))).collect()).collect();
    let width = |at: usize| {
        rows.iter().map(|row| row[at].chars().count()).chain([columns[at].chars().count()]).max().unwrap_or(0)
    };
    let line = |cells: &[String]| {
        let padded = cells.iter().enumerate().map(|(at, cell)| format!("{cell:<width$}", width = width(at)));
        println!("  {}", padded.collect::<Vec<_>>().join("  ").trim_end());
    };
    line(&columns);
    line(&(0..columns.len()).map(|at| "-".repeat(width(at))).collect::<Vec<_>>());
    rows.iter().for_each(|row| line(row));
    Ok(())
}

/// The columns in the order of the statement's names: the driver hands records over without one.
fn columns(statement: &str, records: &[Record]) -> Vec<String> {
    let mut columns: Vec<String> = records.first().into_iter().flat_map(|record| record.keys().cloned()).collect();
    columns.sort_by_key(|column| statement.rfind(&format!("AS {column}")).unwrap_or(usize::MAX));
    columns
}

fn cell(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => "-".to_owned(),
        Some(other) => other.to_string(),
    }
}
