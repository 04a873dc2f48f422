//! The graph tables in the making: outputs of the tasks come in, in row order; written tables go out.
//!
//! Streaming tables are written as they come. Keyed tables are kept until the end, since any row may still mention any key.
//! A relationship whose end may not exist is set aside until all nodes are known.

use std::fs;
use std::path::{Path, PathBuf};

use arrow::array::{BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use arrow::datatypes::SchemaRef;
use hashbrown::{HashMap, HashSet};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use rayon::prelude::*;

use super::StageError;
use super::cell::Cells;
use super::entity::{ChosenRow, Entities};
use super::group::{KeyHash, encoded_key_hash};
use super::record::{Outputs, Table, encoded, relationship_choices};
use super::row::{Rows, node_schema, query_schema, relationship_schema};
use super::value::{Decoder, Value};
use crate::graph_table::manifest::{Follows, NodeTable, QueryTable, RelationshipTable};
use crate::graph_table::writer::{NumberedKeys, TableWriter, Walk, WriteTableError, WrittenTable};
use crate::mapping::resolved::{EndCheck, NodePlan, QueryPlan, RelationshipPlan, Resolved};

/// All tables of a load.
pub struct Tables<'m> {
    mapping: &'m Resolved,
    dir: PathBuf,
    nodes: Vec<NodeSink>,
    relationships: Vec<RelationshipSink>,
    queries: Vec<TableWriter>,
}

struct NodeSink {
    rows: Sink,
    /// Hashes of the keys written so far, where relationships have to be checked against them.
    keys: Option<HashSet<KeyHash>>,
    key_columns: usize,
    /// Whether relationships are written along these nodes.
    is_followed: bool,
}

struct RelationshipSink {
    rows: Sink,
}

/// What a task made of a table.
#[expect(clippy::large_enum_variant, reason = "there are few of them, and each is taken apart at once")]
enum Piece {
    Stream(Vec<RecordBatch>),
    Keyed(Entities),
}

enum Sink {
    Stream(Box<TableWriter>),
    Keyed(Box<Entities>),
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

fn must_be_checked(plan: &RelationshipPlan) -> bool {
    plan.start_check == EndCheck::AfterScan || plan.end_check == EndCheck::AfterScan
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
        let nodes = mapping.nodes.iter().enumerate().map(|(place, plan)| NodeSink {
            rows: match plan.streams {
                true => Sink::Stream(Box::new(node_writer(dir, plan))),
                false => Sink::Keyed(Box::new(Entities::new(&plan.choices))),
            },
            keys: asked_for(place).then(HashSet::new),
            key_columns: plan.key,
            is_followed: mapping
                .relationships
                .iter()
                .any(|plan| plan.start_table == place && follows_its_start(mapping, plan)),
        });
        let relationships = mapping.relationships.iter().map(|plan| RelationshipSink {
            rows: match (plan.streams, must_be_checked(plan)) {
                (true, false) => {
                    let writer = relationship_writer(dir, plan);
                    Sink::Stream(Box::new(match follows_its_start(mapping, plan) {
                        true => writer.along_start_nodes(plan.start.key.len()),
                        false => writer,
                    }))
                }
                (true, true) => {
                    let stem = format!("unchecked/{}", plan.table);
                    Sink::Stream(Box::new(TableWriter::new(
                        dir,
                        &stem,
                        relationship_schema(plan),
                        plan.start.key.len(),
                    )))
                }
                (false, _) => Sink::Keyed(Box::new(Entities::new(&relationship_choices(plan)))),
            },
        });
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
        let of = |sink: &NodeSink| match &sink.rows {
            Sink::Keyed(entities) => entities.keys().into_iter().map(Into::into).collect(),
            Sink::Stream(_) => HashSet::new(),
        };
        self.mapping
            .nodes
            .iter()
            .zip(&self.nodes)
            .map(|(plan, sink)| if plan.inline { of(sink) } else { HashSet::new() })
            .collect()
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
                let ends = Ends { plan, keys: &keys };
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

fn node_writer(dir: &Path, plan: &NodePlan) -> TableWriter {
    TableWriter::new(dir, &format!("nodes/{}", plan.table), node_schema(plan), 0)
}

fn relationship_writer(dir: &Path, plan: &RelationshipPlan) -> TableWriter {
    TableWriter::new(dir, &format!("relationships/{}", plan.table), relationship_schema(plan), plan.start.key.len())
}

impl From<Table> for Piece {
    fn from(table: Table) -> Self {
        match table {
            Table::Stream(rows) => Self::Stream(rows.finish()),
            Table::Keyed(entities) => Self::Keyed(entities),
        }
    }
}

impl Sink {
    fn take(
        &mut self,
        piece: Piece,
        mut append: impl FnMut(&mut TableWriter, &RecordBatch) -> Result<(), WriteTableError>,
    ) -> Result<(), StageError> {
        match (self, piece) {
            (Self::Stream(writer), Piece::Stream(batches)) => {
                batches.iter().try_for_each(|batch| append(writer, batch))?;
            }
            (Self::Keyed(entities), Piece::Keyed(later)) => entities.join(later),
            _ => unreachable!("outputs and tables are made from one plan"),
        }
        Ok(())
    }
}

impl NodeSink {
    /// The keys of the nodes to come with their units, where relationships are written along them.
    fn number(&mut self, pieces: &[Piece]) -> NumberedKeys {
        let mut keys = NumberedKeys::default();
        if let (true, Sink::Stream(writer)) = (self.is_followed, &mut self.rows) {
            let batches = pieces.iter().flat_map(|piece| match piece {
                Piece::Stream(batches) => batches.as_slice(),
                Piece::Keyed(_) => &[],
            });
            batches.for_each(|batch| writer.number(batch, self.key_columns, &mut keys));
        }
        keys
    }

    fn take(&mut self, pieces: Vec<Piece>) -> Result<(), StageError> {
        let (keys, key_columns, is_numbered) = (&mut self.keys, self.key_columns, self.is_followed);
        for piece in pieces {
            self.rows.take(piece, |writer, batch| {
                if let Some(keys) = keys {
                    keys.extend(key_hashes(batch, 0..key_columns));
                }
                if is_numbered { writer.append_numbered(batch) } else { writer.append(batch) }
            })?;
        }
        Ok(())
    }

    fn finish(self, dir: &Path, plan: &NodePlan) -> Result<(WrittenTable, Option<HashSet<KeyHash>>), StageError> {
        match self.rows {
            Sink::Stream(writer) => Ok((writer.finish()?, self.keys)),
            Sink::Keyed(entities) => {
                let known = self.keys.map(|_| entities.keys().into_iter().map(encoded_key_hash).collect());
                let places: Vec<Place> = (0..plan.properties.len())
                    .map(|property| match property {
                        key if key < plan.key => Place::Key(key),
                        other => chosen_place(other, plan.choices.iter().map(|choice| choice.properties.as_slice())),
                    })
                    .collect();
                let written = write_chosen(&entities.finish(), &places, node_schema(plan), node_writer(dir, plan))?;
                Ok((written, known))
            }
        }
    }
}

/// Where the value of a column is found in a chosen row.
#[derive(Clone, Copy)]
enum Place {
    Key(usize),
    Chosen(usize, usize),
}

fn chosen_place<'c>(property: usize, choices: impl Iterator<Item = &'c [usize]>) -> Place {
    let mut found = choices.enumerate().filter_map(|(choice, properties)| {
        properties.iter().position(|other| *other == property).map(|place| Place::Chosen(choice, place))
    });
    found.next().expect("every property beside the key is in one choice")
}

fn write_chosen(
    rows: &[ChosenRow],
    places: &[Place],
    schema: SchemaRef,
    mut writer: TableWriter,
) -> Result<WrittenTable, StageError> {
    let mut collected = Rows::new(schema);
    for row in rows {
        let key: Vec<Value<'_>> = Decoder(&row.key).collect();
        collected.push(places.iter().map(|place| match place {
            Place::Key(at) => key[*at],
            Place::Chosen(choice, at) => {
                row.chosen[*choice].as_ref().map_or(Value::Missing, |values| values[*at].as_value())
            }
        }));
    }
    for batch in collected.finish() {
        writer.append(&batch)?;
    }
    Ok(writer.finish()?)
}

/// Knows which ends of a relationship table exist.
struct Ends<'k> {
    plan: &'k RelationshipPlan,
    keys: &'k HashMap<usize, HashSet<KeyHash>>,
}

impl Ends<'_> {
    fn exist(&self, start: &[Value<'_>], end: &[Value<'_>]) -> bool {
        let known = |check: EndCheck, table: usize, key: &[Value<'_>]| {
            check != EndCheck::AfterScan
                || self.keys.get(&table).is_some_and(|keys| keys.contains(&encoded_key_hash(&encoded(key))))
        };
        known(self.plan.start_check, self.plan.start_table, start)
            && known(self.plan.end_check, self.plan.end_table, end)
    }
}

impl RelationshipSink {
    fn take(&mut self, piece: Piece, starts: &mut Walk<'_>) -> Result<(), StageError> {
        self.rows.take(piece, |writer, batch| writer.append_along(batch, starts))
    }

    fn finish(self, dir: &Path, plan: &RelationshipPlan, ends: &Ends<'_>) -> Result<(WrittenTable, u64), StageError> {
        match self.rows {
            Sink::Stream(writer) if must_be_checked(plan) => checked(&writer.finish()?, dir, plan, ends),
            Sink::Stream(writer) => Ok((writer.finish()?, 0)),
            Sink::Keyed(entities) => {
                let (starts, all_ends) = (plan.start.key.len(), plan.start.key.len() + plan.end.key.len());
                let mut rows = entities.finish();
                let before = rows.len();
                rows.retain(|row| {
                    let key: Vec<Value<'_>> = Decoder(&row.key).take(all_ends).collect();
                    ends.exist(&key[..starts], &key[starts..])
                });
                let without_end = (before - rows.len()) as u64;
                let rows = by_start(rows, starts);
                let choices = relationship_choices(plan);
                let places: Vec<Place> = (0..all_ends)
                    .map(Place::Key)
                    .chain((0..plan.properties.len()).map(|property| {
                        match plan.identity.iter().position(|identity| *identity == property) {
                            Some(at) => Place::Key(all_ends + at),
                            None => chosen_place(property, choices.iter().map(|choice| choice.properties.as_slice())),
                        }
                    }))
                    .collect();
                let writer = relationship_writer(dir, plan);
                Ok((write_chosen(&rows, &places, relationship_schema(plan), writer)?, without_end))
            }
        }
    }
}

/// Brings the relationships of one start node together, start nodes in order of their first relationship.
fn by_start(rows: Vec<ChosenRow>, starts: usize) -> Vec<ChosenRow> {
    let mut ranks: HashMap<Vec<u8>, usize> = HashMap::new();
    let mut ranked: Vec<(usize, ChosenRow)> = rows
        .into_iter()
        .map(|row| {
            let start: Vec<Value<'_>> = Decoder(&row.key).take(starts).collect();
            let next = ranks.len();
            (*ranks.entry(encoded(&start).to_vec()).or_insert(next), row)
        })
        .collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.into_iter().map(|(_, row)| row).collect()
}

/// Reads an unchecked table again and writes the rows of which both ends exist.
fn checked(
    unchecked: &WrittenTable,
    dir: &Path,
    plan: &RelationshipPlan,
    ends: &Ends<'_>,
) -> Result<(WrittenTable, u64), StageError> {
    let starts = plan.start.key.len();
    let all_ends = starts + plan.end.key.len();
    let mut writer = relationship_writer(dir, plan);
    let mut without_end = 0;
    for file in &unchecked.files {
        let path = dir.join(&file.file);
        let fault = |source| StageError::ReadPart { path: path.clone(), source };
        let file = fs::File::open(&path).map_err(|error| fault(error.into()))?;
        let reader = ParquetRecordBatchReaderBuilder::try_new(file).map_err(fault)?.build().map_err(fault)?;
        for batch in reader {
            let batch = batch.map_err(|error| fault(error.into()))?;
            let keys = key_cells(&batch, 0..all_ends);
            let exist: BooleanArray = (0..batch.num_rows())
                .map(|row| {
                    let key: Vec<Value<'_>> = keys.iter().map(|cells| cells.value(row)).collect();
                    Some(ends.exist(&key[..starts], &key[starts..]))
                })
                .collect();
            without_end += (batch.num_rows() - exist.true_count()) as u64;
            let kept = filter_record_batch(&batch, &exist).map_err(|error| fault(error.into()))?;
            writer.append(&kept)?;
        }
        let _ = fs::remove_file(&path);
    }
    Ok((writer.finish()?, without_end))
}

fn key_cells(batch: &RecordBatch, columns: std::ops::Range<usize>) -> Vec<Cells> {
    batch.columns()[columns].iter().map(|column| Cells::new(column).expect("graph tables hold plain types")).collect()
}

fn key_hashes(batch: &RecordBatch, columns: std::ops::Range<usize>) -> Vec<KeyHash> {
    let keys = key_cells(batch, columns);
    (0..batch.num_rows())
        .map(|row| {
            let key: Vec<Value<'_>> = keys.iter().map(|cells| cells.value(row)).collect();
            encoded_key_hash(&encoded(&key))
        })
        .collect()
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
