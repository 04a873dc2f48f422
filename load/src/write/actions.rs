//! Actions of a mapping: Cypher that is run once, at a stage of the load.
//!
//! In: the actions of a stage and the ledger. Out: each of them done and in the ledger. One in mode `transaction` shares its
//! transaction with its ledger node, so it is applied exactly once. One in mode `autocommit` opens transactions of its own: it
//! is noted after it ran, and is run again where its answer was lost. The Cypher is the user's: nothing of it is logged.

use shared::interrupt::Interrupt;

use super::WriteError;
use crate::graph_table::manifest::{Action, ActionStage, GraphManifest};
use crate::ledger::{self, AppliedUnit};
use crate::run::RunError;
use crate::run::lease::Lease;
use crate::target::cypher;
use crate::target::error::TargetError;
use crate::target::failure::Failure;
use crate::target::retry::repeat;
use crate::target::sink::{GraphSink, GraphTxn, Statement};
use crate::target::value::Value;

/// Stages before the first node, in their order.
pub const BEFORE_NODES: &[ActionStage] = &[ActionStage::Start, ActionStage::PostSources, ActionStage::PreNodes];
/// Stages between nodes and relationships.
pub const BEFORE_RELATIONSHIPS: &[ActionStage] = &[ActionStage::PostNodes, ActionStage::PreRelationships];
/// Stages after the last relationship and before the first query. These and all later ones come after the comparison of the graph
/// with its tables, which they may change.
pub const BEFORE_QUERIES: &[ActionStage] = &[ActionStage::PostRelationships, ActionStage::PreQueries];
/// Stages after the last query.
pub const AFTER_QUERIES: &[ActionStage] = &[ActionStage::PostQueries, ActionStage::End];

/// The name under which the ledger knows an action; no table has it.
fn ledger_name(place: usize) -> String {
    format!("_action.{place}")
}

/// Whether there is an action of these stages.
pub fn any_at(graph: &GraphManifest, stages: &[ActionStage]) -> bool {
    graph.actions.iter().any(|action| stages.contains(&action.stage))
}

/// Whether an action of these stages was done by an earlier process.
pub fn any_done(
    graph: &GraphManifest,
    ledgers: &std::collections::BTreeMap<String, ledger::TableLedger>,
    stages: &[ActionStage],
) -> bool {
    let mut of_stages = graph.actions.iter().enumerate().filter(|(_, action)| stages.contains(&action.stage));
    of_stages.any(|(place, _)| ledgers.contains_key(&ledger_name(place)))
}

/// Does what is left of the actions of these stages, stage by stage, each in the order of the mapping.
///
/// # Errors
/// When the server refuses one, the target is lost, or somebody took the run over.
pub async fn run<S: GraphSink>(
    sink: &mut S,
    lease: &Lease,
    graph: &GraphManifest,
    stages: &[ActionStage],
    interrupt: &Interrupt,
) -> Result<(), WriteError> {
    for stage in stages {
        for (place, action) in graph.actions.iter().enumerate().filter(|(_, action)| action.stage == *stage) {
            interrupt.check()?;
            let done = repeat(sink, async |sink| attempt(sink, lease, place, action).await).await;
            let done = done.map_err(|failure| TargetError::during(format!("run action {}", action.name), failure))?;
            if !done {
                return Err(RunError::TakenOver { run: lease.run.clone() }.into());
            }
            crate::failpoint::reach("action-done");
            tracing::info!(action = action.name, "action done");
        }
    }
    Ok(())
}

/// One attempt; `false` where the run is not ours any more.
async fn attempt<S: GraphSink>(sink: &mut S, lease: &Lease, place: usize, action: &Action) -> Result<bool, Failure> {
    let table = ledger_name(place);
    let mut txn = sink.begin().await?;
    // An attempt whose answer was lost may have been applied.
    if !txn.fetch(ledger::of_units(&lease.run, [(table.as_str(), 0)])).await?.is_empty() {
        txn.rollback().await?;
        return Ok(true);
    }
    if action.autocommit {
        txn.rollback().await?;
        sink.autocommit(Statement::new(action.query.as_str())).await?;
        txn = sink.begin().await?;
    }
    let unit = ledger::parameter(&lease.run, &AppliedUnit { table, unit: 0, rows: 0, refused: Vec::new() });
    let fence =
        lease.statement(cypher::create_ledger()).with("writer", "actions").with_list("units", Value::List(vec![unit]));
    if txn.fetch(fence).await?.is_empty() {
        txn.rollback().await?;
        return Ok(false);
    }
    if !action.autocommit {
        txn.run(Statement::new(action.query.as_str())).await?;
    }
    txn.commit().await?;
    Ok(true)
}
