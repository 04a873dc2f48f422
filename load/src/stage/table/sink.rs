//! Where the rows of one table go: into its files as they come, or into memory until any row has been seen.

use std::path::Path;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use hashbrown::{HashMap, HashSet};

use super::ends::{Ends, checked, key_hashes, must_be_checked};
use crate::graph_table::writer::{NumberedKeys, TableWriter, Walk, WriteTableError, WrittenTable};
use crate::mapping::resolved::{NodePlan, RelationshipPlan};
use crate::stage::StageError;
use crate::stage::entity::{ChosenRow, Entities};
use crate::stage::group::{KeyHash, encoded_key_hash};
use crate::stage::record::{Table, encoded, relationship_choices};
use crate::stage::row::{Rows, node_schema, relationship_schema};
use crate::stage::value::{Decoder, Value};

/// The rows of a node table.
pub(super) struct NodeSink {
    rows: Sink,
    /// Hashes of the keys written so far, where relationships have to be checked against them.
    keys: Option<HashSet<KeyHash>>,
    key_columns: usize,
    /// Whether relationships are written along these nodes.
    is_followed: bool,
}

/// The rows of a relationship table.
pub(super) struct RelationshipSink {
    rows: Sink,
}

/// What a task made of a table.
#[expect(clippy::large_enum_variant, reason = "there are few of them, and each is taken apart at once")]
pub(super) enum Piece {
    Stream(Vec<RecordBatch>),
    Keyed(Entities),
}

enum Sink {
    Stream(Box<TableWriter>),
    Keyed(Box<Entities>),
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
    /// With nothing in it yet; `are_keys_asked_for` where relationships have to be checked against these nodes.
    pub(super) fn new(dir: &Path, plan: &NodePlan, are_keys_asked_for: bool, is_followed: bool) -> Self {
        Self {
            rows: match plan.streams {
                true => Sink::Stream(Box::new(node_writer(dir, plan))),
                false => Sink::Keyed(Box::new(Entities::new(&plan.choices))),
            },
            keys: are_keys_asked_for.then(HashSet::new),
            key_columns: plan.key,
            is_followed,
        }
    }

    /// The encoded keys of the rows in memory.
    pub(super) fn kept_keys(&self) -> HashSet<Box<[u8]>> {
        match &self.rows {
            Sink::Keyed(entities) => entities.keys().into_iter().map(Into::into).collect(),
            Sink::Stream(_) => HashSet::new(),
        }
    }

    /// The keys of the nodes to come with their units, where relationships are written along them.
    pub(super) fn number(&mut self, pieces: &[Piece]) -> NumberedKeys {
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

    /// Takes what the tasks made of this table, in row order.
    pub(super) fn take(&mut self, pieces: Vec<Piece>) -> Result<(), StageError> {
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

    /// Writes what was kept, and tells the hashes of all keys where they are asked for.
    pub(super) fn finish(
        self,
        dir: &Path,
        plan: &NodePlan,
    ) -> Result<(WrittenTable, Option<HashSet<KeyHash>>), StageError> {
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

impl RelationshipSink {
    /// With nothing in it yet; `follows` where the rows are cut along their start nodes.
    pub(super) fn new(dir: &Path, plan: &RelationshipPlan, follows: bool) -> Self {
        let starts = plan.start.key.len();
        let rows = match (plan.streams, must_be_checked(plan)) {
            (true, false) if follows => {
                Sink::Stream(Box::new(relationship_writer(dir, plan).along_start_nodes(starts)))
            }
            (true, false) => Sink::Stream(Box::new(relationship_writer(dir, plan))),
            (true, true) => {
                let stem = format!("unchecked/{}", plan.table);
                Sink::Stream(Box::new(TableWriter::new(dir, &stem, relationship_schema(plan), starts)))
            }
            (false, _) => Sink::Keyed(Box::new(Entities::new(&relationship_choices(plan)))),
        };
        Self { rows }
    }

    /// Takes what a task made of this table; `starts` are the start nodes in the same order, with their units.
    pub(super) fn take(&mut self, piece: Piece, starts: &mut Walk<'_>) -> Result<(), StageError> {
        self.rows.take(piece, |writer, batch| writer.append_along(batch, starts))
    }

    /// Writes what was kept or has to be checked, and counts the relationships that miss an end.
    pub(super) fn finish(
        self,
        dir: &Path,
        plan: &RelationshipPlan,
        ends: &Ends<'_>,
    ) -> Result<(WrittenTable, u64), StageError> {
        match self.rows {
            Sink::Stream(writer) if must_be_checked(plan) => {
                checked(&writer.finish()?, dir, relationship_writer(dir, plan), ends)
            }
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

fn node_writer(dir: &Path, plan: &NodePlan) -> TableWriter {
    TableWriter::new(dir, &format!("nodes/{}", plan.table), node_schema(plan), 0)
}

fn relationship_writer(dir: &Path, plan: &RelationshipPlan) -> TableWriter {
    TableWriter::new(dir, &format!("relationships/{}", plan.table), relationship_schema(plan), plan.start.key.len())
}
