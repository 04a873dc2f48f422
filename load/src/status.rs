//! `load status`: what a target holds.
//!
//! In: an endpoint. Out: text about the server, each run, what is done of an open one and who is at it. Nothing is written.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::Timestamp;
use shared::progress::human_count;

use crate::job::{JobError, first_look};
use crate::ledger;
use crate::run::admission::activity;
use crate::run::{GraphCounts, RunRecord, State};
use crate::target::check;
use crate::target::cypher;
use crate::target::endpoint::Endpoint;
use crate::target::error::TargetError;
use crate::target::sink::{GraphSink, Statement, update};
use crate::target::value::Value;
use crate::verify;

/// The status of a target.
///
/// # Errors
/// When it cannot be reached or does not let us in.
pub async fn status(endpoint: &Endpoint) -> Result<String, JobError> {
    let (server, runs) = first_look(endpoint).await?;
    let mut text = format!("{endpoint}: database {}, Neo4j {} {}\n", server.database, server.version, server.edition);
    if runs.is_empty() {
        text.push_str("no run of this program\n");
    }
    let mut sink = check::connect(endpoint, &server)?;
    // The newest first.
    for run in runs.iter().filter(|run| run.is_open).chain(runs.iter().rev().filter(|run| !run.is_open)) {
        describe(&mut text, run);
        if run.is_open {
            let done = units_done(&mut sink, run).await?;
            for (table, units) in &run.units {
                let (done, rows) = done.get(table).copied().unwrap_or_default();
                let _ = writeln!(text, "    {table:<26} {done:>8} of {units:>8} units, {} rows", human_count(rows));
            }
            text.push_str(next_step(run.state));
        }
        let counts = verify::counts(&mut sink, &run.labels, &run.types).await?;
        describe_counts(&mut text, &counts);
    }
    Ok(text)
}

fn describe(text: &mut String, run: &RunRecord) {
    let time = |millis: i64| {
        Timestamp::from_millisecond(millis).map(|time| time.strftime("%F %T UTC").to_string()).unwrap_or_default()
    };
    let _ = writeln!(text, "{}: {}, mode {}{}", run.describe(), run.state, run.mode.name(), activity(run));
    let _ = write!(text, "  begun {} by version {}", time(run.started_millis), run.program);
    if let Some(finished) = run.finished_millis {
        let _ = write!(text, ", done {}", time(finished));
    }
    if run.refused > 0 {
        let _ = write!(text, ", {} rows refused", human_count(run.refused));
    }
    text.push('\n');
}

fn next_step(state: State) -> &'static str {
    match state {
        State::Clearing => "  finish the clearing with: load clear\n",
        _ => "  go on with: load --resume; remove what it wrote with: load clear\n",
    }
}

fn describe_counts(text: &mut String, counts: &GraphCounts) {
    let list = |counts: &BTreeMap<String, u64>| {
        counts.iter().map(|(name, count)| format!("{name} {}", human_count(*count))).collect::<Vec<_>>().join(", ")
    };
    let _ = writeln!(text, "  nodes: {}", list(&counts.labels));
    let _ = writeln!(text, "  relationships: {}", list(&counts.types));
}

/// Units and rows done of each table of an open run.
async fn units_done<S: GraphSink>(sink: &mut S, run: &RunRecord) -> Result<BTreeMap<String, (u64, u64)>, TargetError> {
    let statement = Statement::new(cypher::LEDGER_SUMS).with("prefix", ledger::prefix(&run.id, None));
    let records = update(sink, statement).await;
    let records = records.map_err(|failure| TargetError::during("tell what is done", failure))?;
    let number = |record: &[Value], index: usize| record.get(index).and_then(Value::as_count).unwrap_or_default();
    Ok(records
        .iter()
        .filter_map(|record| Some((record.first()?.as_text()?.to_owned(), (number(record, 1), number(record, 2)))))
        .collect())
}
