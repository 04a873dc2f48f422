//! Expectations: whether there is as much as the mapping says there must be, before anything is written to a target.
//!
//! In: the mapping and sealed graph tables. Out: nothing, or all that is otherwise than expected, at once. The tables stay, so that
//! what happened can be looked at, and so that a mended number needs no staging. Of a sample nothing is expected.

use std::path::PathBuf;

use super::error::StageError;
use crate::graph_table::manifest::{GraphManifest, GraphTables};
use crate::mapping::Mapping;
use crate::mapping::spec::{NodeSpec, RelationshipSpec, Spec};

/// There is more or less than the mapping expects.
#[derive(Debug, thiserror::Error)]
#[error("there is not what the mapping expects:{}", lines.iter().map(|line| format!("\n  {line}")).collect::<String>())]
pub struct Unexpected {
    /// What is otherwise, one line each.
    pub lines: Vec<String>,
    /// The sealed tables.
    pub dir: PathBuf,
}

/// Holds tables against what their mapping expects.
///
/// # Errors
/// [`StageError::Unexpected`] with all that is otherwise.
pub fn check(mapping: &Mapping, tables: &GraphTables) -> Result<(), StageError> {
    let manifest = &tables.manifest;
    if manifest.inputs.sample.is_some() {
        return Ok(());
    }
    let lines = differences(&mapping.spec, manifest);
    if lines.is_empty() {
        return Ok(());
    }
    Err(StageError::Unexpected(Box::new(Unexpected { lines, dir: tables.dir.clone() })))
}

fn differences(spec: &Spec, manifest: &GraphManifest) -> Vec<String> {
    let nodes = spec.targets.nodes.iter().filter(|target| target.active).filter_map(|target| {
        let expected = &target.expect.as_ref()?.rows;
        Some((&target.name, expected, nodes_of(target, manifest), format!("nodes ({})", target.labels.join(", "))))
    });
    let relationships = spec.targets.relationships.iter().filter(|target| target.active).filter_map(|target| {
        let expected = &target.expect.as_ref()?.rows;
        let what = format!("relationships ({})", target.rel_type);
        Some((&target.name, expected, relationships_of(target, spec, manifest), what))
    });
    let mut lines: Vec<String> = nodes
        .chain(relationships)
        .filter(|(_, expected, found, _)| {
            let (least, most) = expected.bounds();
            !(least..=most).contains(found)
        })
        .map(|(name, expected, found, what)| format!("target `{name}`: {found} {what}, where {expected} are expected"))
        .collect();
    if let Some(expect) = &spec.config.expect {
        let rejects = manifest.rejects.rows;
        let rows: u64 = manifest.inputs.sources.iter().map(|source| source.rows).sum();
        if let Some(most) = expect.rejects.max.filter(|most| rejects > *most) {
            lines.push(format!("{rejects} rejects, where at most {most} are expected"));
        }
        if let Some(most) = expect.rejects.max_percent.filter(|most| rejects as f64 * 100.0 > most * rows as f64) {
            lines.push(format!("{rejects} rejects of {rows} rows, where at most {most} % are expected"));
        }
    }
    lines
}

/// Nodes of the table that a target fills, whoever else fills it too.
fn nodes_of(target: &NodeSpec, manifest: &GraphManifest) -> u64 {
    manifest.nodes.iter().filter(|table| table.labels == target.labels).map(|table| table.rows).sum()
}

/// Relationships of the type and between the labels of a target, whoever else makes them too.
fn relationships_of(target: &RelationshipSpec, spec: &Spec, manifest: &GraphManifest) -> u64 {
    let label =
        |name: &str| spec.targets.nodes.iter().find(|node| node.name == name).and_then(|node| node.labels.first());
    let ends = (label(target.start_node_reference.name()), label(target.end_node_reference.name()));
    let of_target = manifest.relationships.iter().filter(|table| {
        table.rel_type == target.rel_type && (Some(&table.start.label), Some(&table.end.label)) == ends
    });
    of_target.map(|table| table.rows).sum()
}
