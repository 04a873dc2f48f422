//! The graph tables in the making: outputs of the tasks come in, in row order; written tables go out.
//!
//! Streaming tables are written as they come. Keyed tables are kept until the end, since any row may still mention any key.
//! A relationship whose end may not exist is set aside until all nodes are known.

mod ends;
mod sink;

use std::fs;
use std::path::{Path, PathBuf};

use hashbrown::{HashMap, HashSet};
use rayon::prelude::*;

use self::ends::{Ends, must_be_checked};
use self::sink::{NodeSink, Piece, RelationshipSink};
use super::StageError;
use super::group::KeyHash;
use super::record::Outputs;
use super::row::query_schema;
use crate::graph_table::manifest::{Follows, NodeTable, QueryTable, RelationshipTable};
use crate::graph_table::writer::{NumberedKeys, TableWriter, WrittenTable};
use crate::mapping::resolved::{EndCheck, NodePlan, QueryPlan, RelationshipPlan, Resolved};

/// All tables of a load.
pub struct Tables<'m> {
    mapping: &'m Resolved,
    dir: PathBuf,
    nodes: Vec<NodeSink>,
    relationships: Vec<RelationshipSink>,
    queries: Vec<TableWriter>,
}

/// The tables as written, and how many relationships of each had no end node.
pub struct Finished {
    /// Node tables, in order.
    pub nodes: Vec<NodeTable>,
    /// Relationship tables, in order.
    pub relationships: Vec<RelationshipTable>,
    /// Rows for queries, in order.
    pub queries: Vec<QueryTable>,
    /// By place of the relationship table.
    pub without_end: Vec<u64>,
}

/// Whether the rows of a relationship table come with their start nodes, and may be written with them: these nodes come after
/// those at the other end, and nothing else has to be there first.
fn follows_its_start(mapping: &Resolved, plan: &RelationshipPlan) -> bool {
    plan.streams
        && plan.start_check == EndCheck::Proven
        && !must_be_checked(plan)
        && mapping.nodes[plan.start_table].streams
        && plan.end_table < plan.start_table
        && !plan.has_dependencies
}

impl<'m> Tables<'m> {
    /// Starts all tables in an empty folder.
    pub fn new(mapping: &'m Resolved, dir: &Path) -> Self {
        let asked_for = |table: usize| {
            mapping.relationships.iter().any(|plan| {
                let ends = [(plan.start_check, plan.start_table), (plan.end_check, plan.end_table)];
                ends.contains(&(EndCheck::AfterScan, table))
            })
        };
        let is_followed = |table: usize| {
            mapping.relationships.iter().any(|plan| plan.start_table == table && follows_its_start(mapping, plan))
        };
        let nodes = mapping.nodes.iter().enumerate();
        let nodes = nodes.map(|(place, plan)| NodeSink::new(dir, plan, asked_for(place), is_followed(place)));
        let relationships = mapping.relationships.iter();
        let relationships =
            relationships.map(|plan| RelationshipSink::new(dir, plan, follows_its_start(mapping, plan)));
        let queries = mapping
            .queries
            .iter()
            .map(|plan| TableWriter::new(dir, &format!("queries/{}", plan.table), query_schema(plan), 0));
        Self {
            mapping,
            dir: dir.to_owned(),
            nodes: nodes.collect(),
            relationships: relationships.collect(),
            queries: queries.collect(),
        }
    }

    /// Takes what tasks made, in row order. Tables take theirs at the same time.
    pub fn take(&mut self, outputs: &mut [Outputs]) -> Result<(), StageError> {
        let mut nodes: Vec<Vec<Piece>> = self.nodes.iter().map(|_| Vec::new()).collect();
        let mut relationships: Vec<Vec<Piece>> = self.relationships.iter().map(|_| Vec::new()).collect();
        for output in outputs {
            nodes.iter_mut().zip(output.nodes.drain(..)).for_each(|(all, table)| all.push(table.into()));
            relationships
                .iter_mut()
                .zip(output.relationships.drain(..))
                .for_each(|(all, table)| all.push(table.into()));
            for (writer, rows) in self.queries.iter_mut().zip(output.queries.drain(..)) {
                rows.finish().iter().try_for_each(|batch| writer.append(batch))?;
            }
        }
        // Relationships are cut along their start nodes, so these are cut first.
        let starts: Vec<NumberedKeys> =
            self.nodes.iter_mut().zip(&nodes).map(|(sink, pieces)| sink.number(pieces)).collect();
        let plans = &self.mapping.relationships;
        let (one, other) = rayon::join(
            || self.nodes.par_iter_mut().zip(nodes).try_for_each(|(sink, pieces)| sink.take(pieces)),
            || {
                self.relationships.par_iter_mut().zip(relationships).zip(plans).try_for_each(
                    |((sink, pieces), plan)| {
                        let mut starts = starts[plan.start_table].walk();
                        pieces.into_iter().try_for_each(|piece| sink.take(piece, &mut starts))
                    },
                )
            },
        );
        one.and(other)
    }

    /// Encoded keys of the node tables that stand in the mapping, known before any row is read.
    pub fn inline_keys(&self) -> Vec<HashSet<Box<[u8]>>> {
        let sinks = self.mapping.nodes.iter().zip(&self.nodes);
        sinks.map(|(plan, sink)| if plan.inline { sink.kept_keys() } else { HashSet::new() }).collect()
    }

    /// Writes what was kept, and syncs everything.
    pub fn finish(self) -> Result<Finished, StageError> {
        let mut keys: HashMap<usize, HashSet<KeyHash>> = HashMap::new();
        let mut nodes = Vec::new();
        for (place, (sink, plan)) in self.nodes.into_iter().zip(&self.mapping.nodes).enumerate() {
            let (written, known) = sink.finish(&self.dir, plan)?;
            keys.extend(known.map(|known| (place, known)));
            nodes.push(node_table(plan, written));
        }
        let finished = self
            .relationships
            .into_par_iter()
            .zip(&self.mapping.relationships)
            .map(|(sink, plan)| {
                let ends = Ends::new(plan, &keys);
                let (written, without_end) = sink.finish(&self.dir, plan, &ends)?;
                Ok((relationship_table(self.mapping, plan, written), without_end))
            })
            .collect::<Result<Vec<_>, StageError>>()?;
        let _ = fs::remove_dir(self.dir.join("unchecked"));
        let (relationships, without_end) = finished.into_iter().unzip();
        let queries = self.queries.into_iter().zip(&self.mapping.queries);
        let queries = queries.map(|(writer, plan)| Ok(query_table(plan, writer.finish()?)));
        Ok(Finished { nodes, relationships, queries: queries.collect::<Result<_, StageError>>()?, without_end })
    }
}

fn node_table(plan: &NodePlan, written: WrittenTable) -> NodeTable {
    NodeTable {
        table: plan.table.clone(),
        labels: plan.labels.clone(),
        key: plan.properties[..plan.key].iter().map(|property| property.name.clone()).collect(),
        properties: plan.properties.clone(),
        rows: written.rows,
        files: written.files,
        unit_rows: written.unit_rows,
    }
}

fn relationship_table(mapping: &Resolved, plan: &RelationshipPlan, written: WrittenTable) -> RelationshipTable {
    let start_table = &mapping.nodes[plan.start_table].table;
    RelationshipTable {
        table: plan.table.clone(),
        rel_type: plan.rel_type.clone(),
        start: plan.start.clone(),
        end: plan.end.clone(),
        identity: plan.identity.iter().map(|place| plan.properties[*place].name.clone()).collect(),
        properties: plan.properties.clone(),
        on_upsert: plan.on_upsert,
        rows: written.rows,
        files: written.files,
        unit_rows: written.unit_rows,
        follows: written.start_units.map(|units| Follows { table: start_table.clone(), units }),
    }
}

fn query_table(plan: &QueryPlan, written: WrittenTable) -> QueryTable {
    QueryTable {
        table: plan.table.clone(),
        query: plan.query.clone(),
        fields: plan.fields.clone(),
        rows: written.rows,
        files: written.files,
        unit_rows: written.unit_rows,
    }
}
