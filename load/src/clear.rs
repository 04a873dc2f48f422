//! `load clear`: removes what a run wrote, in bounded transactions.
//!
//! In: a target, and nothing else. Out: the target without the run. A create-mode run found its labels empty, so all nodes
//! with them go, and the relationships of its types between them; a node that others have tied relationships to stays, and is
//! counted. Of an upsert run only the ledger and the run go: its data cannot be told from what was there, and goes only where
//! a create-mode run that is cleared with it has all of its labels and types. Constraints and indexes go where the run created
//! them. An interrupted clearing can only be cleared on.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use shared::progress::{Progress, Total, Unit};

use crate::job::JobError;
use crate::ledger::{self, delete_in_steps};
use crate::run::lease::Lease;
use crate::run::owner::Owner;
use crate::run::{Mode, RunError, RunRecord, open_run};
use crate::target::check::{self, Server};
use crate::target::cypher;
use crate::target::endpoint::Endpoint;
use crate::target::error::TargetError;
use crate::target::retry::repeat;
use crate::target::sink::{GraphSink, Statement, update};
use crate::target::value::Value;
use crate::verify;
use crate::write::schema::Present;

/// A run whose owner showed within this time that it lives is not cleared.
const SILENCE_LIMIT: Duration = Duration::from_secs(60);

/// What was removed.
#[derive(Debug, Default)]
pub struct Cleared {
    /// Nodes that stayed because others have tied relationships to them, by label.
    pub kept: BTreeMap<String, u64>,
    /// Runs in upsert mode whose data stays.
    pub upserts: Vec<String>,
    /// Runs that are gone.
    pub runs: Vec<String>,
}

/// The runs to clear: the open one, else all that are done, the newest first.
pub fn runs_to_clear(runs: &[RunRecord]) -> Vec<RunRecord> {
    match open_run(runs) {
        Some(open) => vec![open.clone()],
        None => runs.iter().rev().cloned().collect(),
    }
}

/// What clearing would remove, for people.
///
/// # Errors
/// When the target is lost.
pub async fn describe<S: GraphSink>(sink: &mut S, runs: &[RunRecord]) -> Result<String, TargetError> {
    let mut text = String::new();
    for run in runs {
        text.push_str(&format!("{}, {}, mode {}\n", run.describe(), run.state, run.mode.name()));
        if run.mode == Mode::Upsert {
            text.push_str(match goes_along(run, runs) {
                true => "  its labels are those of the run that created them: its data goes with that run's\n",
                false => "  its data stays: only the note of the run goes\n",
            });
            continue;
        }
        let counts = verify::counts(sink, &run.labels, &run.types).await?;
        let list = |counts: &BTreeMap<String, u64>| {
            counts.iter().map(|(name, count)| format!("{name} {count}")).collect::<Vec<_>>().join(", ")
        };
        text.push_str(&format!("  all nodes with these labels: {}\n", list(&counts.labels)));
        text.push_str(&format!("  all relationships of these types between them: {}\n", list(&counts.types)));
    }
    Ok(text)
}

/// Whether the data of an upsert run goes with that of a create-mode run that is cleared too: it has all of its labels and types.
fn goes_along(run: &RunRecord, runs: &[RunRecord]) -> bool {
    let has_all = |all: &[String], some: &[String]| some.iter().all(|name| all.contains(name));
    let has_it = |other: &RunRecord| has_all(&other.labels, &run.labels) && has_all(&other.types, &run.types);
    // What queries alone wrote has no labels that are known.
    !run.labels.is_empty() && runs.iter().any(|other| other.mode == Mode::Create && has_it(other))
}

/// Clears runs.
///
/// # Errors
/// When the owner of a run lives, the target is lost, or somebody else clears it too.
pub async fn clear(
    endpoint: &Endpoint,
    server: &Server,
    runs: &[RunRecord],
    progress: &dyn Progress,
) -> Result<Cleared, JobError> {
    let mut sink = check::connect(endpoint, server)?;
    let mut cleared = Cleared::default();
    for run in runs {
        let lease = begin(&mut sink, run).await?;
        // Others see by the heartbeat that somebody is at it.
        let heartbeat = lease.keep_alive(check::connect(endpoint, server)?, Arc::new(AtomicBool::new(false)));
        if run.mode == Mode::Upsert && !goes_along(run, runs) {
            cleared.upserts.push(run.id.clone());
        }
        let removed = remove(&mut sink, run, &lease, progress, &mut cleared).await;
        heartbeat.abort();
        removed?;
        cleared.runs.push(run.id.clone());
    }
    progress.finish();
    drop_ledger_schema(&mut sink).await?;
    Ok(cleared)
}

/// Drops the constraints of run and ledger when no run is left. A load that begins at this moment makes sure of them after
/// it has created its run; one that did so just before they were dropped gets them back from us.
async fn drop_ledger_schema<S: GraphSink>(sink: &mut S) -> Result<(), TargetError> {
    let count_runs = || Statement::new(cypher::COUNT_RUNS);
    if query(sink, count_runs(), "count its runs").await? > 0 {
        return Ok(());
    }
    for name in [cypher::SLOT_CONSTRAINT, cypher::BATCH_CONSTRAINT] {
        query(sink, Statement::new(cypher::drop_constraint(name)), "drop constraints").await?;
    }
    if query(sink, count_runs(), "count its runs").await? > 0 {
        check::create_ledger_schema(sink).await?;
    }
    Ok(())
}

/// Takes the run for clearing.
async fn begin<S: GraphSink>(sink: &mut S, run: &RunRecord) -> Result<Lease, RunError> {
    if run.is_open
        && let Some(owner) = &run.owner
        && !owner.is_gone()
        && run.silence < SILENCE_LIMIT
    {
        let silence_secs = run.silence.as_secs();
        return Err(RunError::Owned { run: run.id.clone(), owner: owner.describe(), silence_secs });
    }
    let text = if run.is_open { cypher::SET_CLEARING } else { cypher::REOPEN_FOR_CLEARING };
    let statement = Statement::new(text)
        .with("run", run.id.as_str())
        .with("epoch", run.epoch)
        .with("owner", Owner::this_process().to_string());
    let records = repeat(sink, async |sink| update(sink, statement.clone()).await).await;
    let records = records.map_err(|failure| TargetError::during("begin the clearing", failure))?;
    match records.first().and_then(|record| record.first()?.as_integer()) {
        Some(epoch) => Ok(Lease { run: run.id.clone(), epoch }),
        None => Err(RunError::TakenOver { run: run.id.clone() }),
    }
}

async fn remove<S: GraphSink>(
    sink: &mut S,
    run: &RunRecord,
    lease: &Lease,
    progress: &dyn Progress,
    cleared: &mut Cleared,
) -> Result<(), RunError> {
    let on_removed = |removed| progress.advance(removed);
    if run.mode == Mode::Create {
        let counts = verify::counts(sink, &run.labels, &run.types).await?;
        let all: u64 = counts.labels.values().chain(counts.types.values()).sum();
        progress.start(&format!("clear run {}", run.id), Total::Estimate(all), Unit::Count("elements"));
        for rel_type in &run.types {
            let statement = lease.statement(cypher::clear_relationships(rel_type, &run.labels));
            delete_in_steps(sink, statement, "delete relationships", &on_removed).await?;
        }
        for label in &run.labels {
            delete_in_steps(sink, lease.statement(cypher::clear_nodes(label)), "delete nodes", &on_removed).await?;
        }
        let left = verify::counts(sink, &run.labels, &[]).await?.labels;
        cleared.kept.extend(left.into_iter().filter(|(_, count)| *count > 0));
    }
    crate::failpoint::reach("data-cleared");
    let ledger = lease.statement(cypher::CLEAR_LEDGER).with("prefix", ledger::prefix(&run.id, None));
    delete_in_steps(sink, ledger, "remove the ledger", &|_| {}).await?;
    drop_schema(sink, run).await?;
    query(sink, lease.statement(cypher::DELETE_RUN), "remove the run").await?;
    Ok(())
}

/// Drops the constraints and indexes that the run created.
async fn drop_schema<S: GraphSink>(sink: &mut S, run: &RunRecord) -> Result<(), RunError> {
    let present = Present::read(sink).await?;
    let (constraints, indexes) = present.names();
    for name in &run.created_schema {
        let text = if constraints.contains(name.as_str()) {
            cypher::drop_constraint(name)
        } else if indexes.contains(name.as_str()) {
            cypher::drop_index(name)
        } else {
            continue;
        };
        query(sink, Statement::new(text), "drop constraints and indexes").await?;
    }
    Ok(())
}

/// A statement that may be applied twice; answers the number in its only record.
async fn query<S: GraphSink>(sink: &mut S, statement: Statement, doing: &str) -> Result<i64, TargetError> {
    let records = repeat(sink, async |sink| update(sink, statement.clone()).await).await;
    let records = records.map_err(|failure| TargetError::during(doing, failure))?;
    Ok(records.first().and_then(|record| record.first()).and_then(Value::as_integer).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upsert_goes_with_the_run_that_created_its_labels_and_types() {
        let run = |mode, labels: &[&str], types: &[&str]| {
            let mut run = RunRecord::from_record(&vec![Value::Null; 24]);
            run.mode = mode;
            run.labels = labels.iter().map(|label| (*label).to_owned()).collect();
            run.types = types.iter().map(|name| (*name).to_owned()).collect();
            run
        };
        let upsert = run(Mode::Upsert, &["A"], &["R"]);
        assert!(goes_along(&upsert, &[upsert.clone(), run(Mode::Create, &["A", "B"], &["R"])]));
        assert!(!goes_along(&upsert, &[run(Mode::Create, &["A", "B"], &["S"])]), "a type of its own");
        assert!(!goes_along(&upsert, &[run(Mode::Create, &["B"], &["R"])]), "a label of its own");
        assert!(!goes_along(&upsert, &[run(Mode::Upsert, &["A"], &["R"])]), "no upsert creates");
        let queries_alone = run(Mode::Upsert, &[], &[]);
        assert!(!goes_along(&queries_alone, &[run(Mode::Create, &["A"], &["R"])]), "nothing is known of it");
    }
}
