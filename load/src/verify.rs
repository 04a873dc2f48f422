//! Is the graph in the target what the graph tables say?
//!
//! In: graph tables and the target. Out: the numbers by label and type, or the differences. A create-mode run is counted
//! before its ledger goes; an upsert run is looked up element by element; `load verify --deep` reads everything back.
//! Nothing is ever repaired here.

pub mod deep;
pub mod digest;
pub mod look_up;

use std::collections::BTreeMap;

use deep::RefusedRows;

use shared::exit::{Diagnosis, ExitCode};

use crate::graph_table::manifest::{GraphManifest, GraphTablesError, RelationshipTable};
use crate::ledger::{RefusedRow, TableLedger};
use crate::run::lease::count;
use crate::run::{GraphCounts, RunError};
use crate::target::cypher;
use crate::target::error::TargetError;
use crate::target::retry::repeat;
use crate::target::sink::{GraphSink, GraphTxn, Statement, update};

/// The graph does not verify, or could not be looked at.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// Numbers or elements differ.
    #[error("the graph in the target differs from the graph tables:\n  {}", differences.join("\n  "))]
    Differs {
        /// One difference each.
        differences: Vec<String>,
    },
    /// The target does not hold this graph.
    #[error("the target does not hold the graph of {wanted}{holds}")]
    NotLoaded {
        /// What was asked for.
        wanted: String,
        /// What it holds, as an addition to the sentence.
        holds: String,
    },
    /// The run is not done.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The target refused or was lost.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// The graph tables cannot be read.
    #[error(transparent)]
    Tables(#[from] GraphTablesError),
    /// Somebody asked to stop.
    #[error(transparent)]
    Interrupted(#[from] shared::interrupt::Interrupted),
}

impl Diagnosis for VerifyError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Differs { .. } | Self::NotLoaded { .. } => ExitCode::GraphDiffers,
            Self::Run(error) => error.exit_code(),
            Self::Target(error) => error.exit_code(),
            Self::Tables(_) => ExitCode::Failed,
            Self::Interrupted(error) => error.exit_code(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Differs { .. } => Some(
                "something else changed the database; name the elements with: load verify --deep; begin anew with: load clear"
                    .into(),
            ),
            Self::NotLoaded { .. } => Some("see what it holds with: load status".into()),
            Self::Run(error) => error.hint(),
            Self::Target(error) => error.hint(),
            Self::Tables(_) => Some("remove that folder of graph tables: the next load stages them again".into()),
            Self::Interrupted(_) => None,
        }
    }
}

/// Nodes that labels hold already, by label; without those that hold none.
///
/// # Errors
/// When the target is lost.
pub async fn held<S: GraphSink>(sink: &mut S, labels: &[String]) -> Result<BTreeMap<String, u64>, TargetError> {
    let counts = counts(sink, labels, &[]).await?.labels;
    Ok(counts.into_iter().filter(|(_, count)| *count > 0).collect())
}

/// The numbers that the target has for the labels and types of these graph tables.
///
/// # Errors
/// When the target is lost.
pub async fn counts<S: GraphSink>(
    sink: &mut S,
    labels: &[String],
    types: &[String],
) -> Result<GraphCounts, TargetError> {
    let counted = repeat(sink, async |sink| {
        let mut txn = sink.begin().await?;
        let counts = count(&mut txn, labels, types).await?;
        txn.rollback().await?;
        Ok(counts)
    });
    counted.await.map_err(|failure| TargetError::during("count its graph", failure))
}

/// What the target holds of the mapping's labels and types beside the graph tables: nodes that a newer snapshot no longer
/// has, or that somebody else made, and the relationships between mapped labels that are not in the tables.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Absent {
    /// Nodes, by label.
    pub nodes: BTreeMap<String, u64>,
    /// Relationships, by table.
    pub relationships: BTreeMap<String, u64>,
}

/// Counts what an upsert run has left in the target though its snapshot does not have it. All that the tables hold is there.
///
/// # Errors
/// When the target is lost.
pub async fn absent<S: GraphSink>(
    sink: &mut S,
    graph: &GraphManifest,
    ledgers: &BTreeMap<String, TableLedger>,
) -> Result<Absent, TargetError> {
    let ours = expected(graph, ledgers);
    let mut absent = Absent::default();
    let held = counts(sink, &graph.labels(), &[]).await?.labels;
    for (label, count) in held {
        let more = count.saturating_sub(ours.labels.get(&label).copied().unwrap_or_default());
        if more > 0 {
            absent.nodes.insert(label, more);
        }
    }
    for table in &graph.relationships {
        // Tables of one type and pair of labels count the same relationships.
        let same = graph.relationships.iter().filter(|other| {
            other.rel_type == table.rel_type
                && other.start.label == table.start.label
                && other.end.label == table.end.label
        });
        let written = |table: &RelationshipTable| {
            table.rows - ledgers.get(&table.table).map_or(0, TableLedger::refused_rows).min(table.rows)
        };
        let ours: u64 = same.map(written).sum();
        let statement = Statement::new(cypher::count_relationships(table));
        let counted = repeat(sink, async |sink| update(sink, statement.clone()).await).await;
        let counted = counted.map_err(|failure| TargetError::during("count its graph", failure))?;
        let held = counted.first().and_then(|record| record.first()?.as_count()).unwrap_or_default();
        if held > ours {
            absent.relationships.insert(table.table.clone(), held - ours);
        }
    }
    Ok(absent)
}

/// The numbers that a create-mode run adds: the graph tables, less what was refused.
pub fn expected(graph: &GraphManifest, ledgers: &BTreeMap<String, TableLedger>) -> GraphCounts {
    let written = |table: &str, rows: u64| rows - ledgers.get(table).map_or(0, TableLedger::refused_rows).min(rows);
    let mut expected = GraphCounts::default();
    for table in &graph.nodes {
        for label in &table.labels {
            *expected.labels.entry(label.clone()).or_default() += written(&table.table, table.rows);
        }
    }
    for table in &graph.relationships {
        *expected.types.entry(table.rel_type.clone()).or_default() += written(&table.table, table.rows);
    }
    expected
}

/// Ledgers that say only which rows were refused, by their ordinals.
pub fn ledgers_of(graph: &GraphManifest, refused: &RefusedRows) -> BTreeMap<String, TableLedger> {
    let mut ledgers: BTreeMap<String, TableLedger> = BTreeMap::new();
    for table in graph.tables() {
        let Some(rows) = refused.get(table.name()) else { continue };
        let ledger = ledgers.entry(table.name().to_owned()).or_default();
        let mut first = 0;
        for (unit, unit_rows) in (0u32..).zip(table.unit_rows()) {
            let refused: Vec<RefusedRow> = (0..*unit_rows)
                .filter(|row| rows.contains(&(first + u64::from(*row))))
                .map(|row| RefusedRow { row, reason: String::new() })
                .collect();
            if !refused.is_empty() {
                ledger.refused.insert(unit, refused);
            }
            first += u64::from(*unit_rows);
        }
    }
    ledgers
}

/// Compares what is there with what was there before and what was added.
///
/// # Errors
/// [`VerifyError::Differs`] with every label and type that differs.
pub fn compare(found: &GraphCounts, baseline: &GraphCounts, added: &GraphCounts) -> Result<(), VerifyError> {
    let mut differences = Vec::new();
    let mut compare =
        |what: &str, found: &BTreeMap<String, u64>, baseline: &BTreeMap<String, u64>, added: &BTreeMap<String, u64>| {
            for (name, added) in added {
                let found = found.get(name).copied().unwrap_or_default();
                let wanted = baseline.get(name).copied().unwrap_or_default() + added;
                if found != wanted {
                    differences.push(format!("{what} {name}: {found} instead of {wanted}"));
                }
            }
        };
    compare("label", &found.labels, &baseline.labels, &added.labels);
    compare("type", &found.types, &baseline.types, &added.types);
    if differences.is_empty() { Ok(()) } else { Err(VerifyError::Differs { differences }) }
}

/// What differs between the numbers that a run left and those of now, for people.
pub fn drift(run: &str, left: &GraphCounts, now: &GraphCounts) -> Option<String> {
    let labels = left.labels.iter().map(|(name, count)| (name, count, now.labels.get(name)));
    let types = left.types.iter().map(|(name, count)| (name, count, now.types.get(name)));
    let differences: Vec<String> = labels
        .chain(types)
        .filter(|(_, count, now)| *now != Some(count))
        .map(|(name, count, now)| format!("{name} {} instead of {count}", now.copied().unwrap_or_default()))
        .collect();
    (!differences.is_empty()).then(|| {
        let differences = differences.join(", ");
        format!("since run {run} was done, something else changed the target: {differences}; see load verify --deep")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_compared_above_the_baseline() {
        let counts = |label: u64, of_type: u64| GraphCounts {
            labels: [("Learner".to_owned(), label)].into(),
            types: [("HAS_SKILL".to_owned(), of_type)].into(),
        };
        assert!(compare(&counts(10, 7), &counts(0, 2), &counts(10, 5)).is_ok());
        let error = compare(&counts(10, 7), &counts(0, 0), &counts(11, 5)).unwrap_err();
        assert_eq!(error.exit_code(), ExitCode::GraphDiffers);
        assert!(
            error.to_string().ends_with("\n  label Learner: 10 instead of 11\n  type HAS_SKILL: 7 instead of 5"),
            "{error}"
        );
    }
}
