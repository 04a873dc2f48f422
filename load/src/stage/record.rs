//! One record: its fields, its items, and the rows that they make of the graph tables.
//!
//! In: the rows of a record. Out: rows and mentions in the outputs of the task, and rejects. The order of what comes out is
//! the order of the rows and of the targets, and nothing else.

use bumpalo::Bump;
use hashbrown::HashSet;
use smallvec::SmallVec;

use super::condition;
use super::entity::Entities;
use super::fault::{Judged, sets_aside};
use super::field::{Row, Scope, compute};
use super::item::{Items, Making, all_items};
use super::row::{Rows, node_schema, query_schema, relationship_schema};
use super::setting::Setting;
use super::tally::{Reject, Tally};
use super::value::{Encoded, OwnedValue, Value};
use crate::mapping::resolved::{
    Choice, Emit, EndCheck, ExpectKey, InlineRecords, Makes, NodePlan, RecordPlan, Ref, RelationshipPlan, Resolved,
};

/// What a task has made so far.
pub struct Outputs {
    /// By place of the node table.
    pub nodes: Vec<Table>,
    /// By place of the relationship table.
    pub relationships: Vec<Table>,
    /// By place of the query's table.
    pub queries: Vec<Rows>,
    /// Counts and rejects.
    pub tally: Tally,
}

/// Rows of one graph table.
pub enum Table {
    /// Rows that come out once each and in order.
    Stream(Rows),
    /// Rows that have to be found again by their key.
    Keyed(Entities),
}

impl Outputs {
    /// Nothing yet.
    pub fn new(mapping: &Resolved) -> Self {
        Self {
            nodes: mapping.nodes.iter().map(node_output).collect(),
            relationships: mapping.relationships.iter().map(relationship_output).collect(),
            queries: mapping.queries.iter().map(|plan| Rows::new(query_schema(plan))).collect(),
            tally: Tally::new(mapping.counters.len()),
        }
    }
}

fn node_output(plan: &NodePlan) -> Table {
    if plan.streams { Table::Stream(Rows::new(node_schema(plan))) } else { Table::Keyed(Entities::new(&plan.choices)) }
}

fn relationship_output(plan: &RelationshipPlan) -> Table {
    if plan.streams {
        return Table::Stream(Rows::new(relationship_schema(plan)));
    }
    Table::Keyed(Entities::new(&relationship_choices(plan)))
}

/// Of relationships with one identity the first value of each other property is kept.
pub fn relationship_choices(plan: &RelationshipPlan) -> Vec<Choice> {
    let others = (0..plan.properties.len()).filter(|place| !plan.identity.contains(place));
    others.map(|place| Choice { properties: vec![place], by_votes: false }).collect()
}

/// What every record of a scan needs to know.
pub struct Recorder<'m> {
    /// Mapping and as-of date.
    pub setting: &'m Setting<'m>,
    /// The table, for rejects.
    pub table: &'m str,
    /// Encoded keys of the node tables that stand in the mapping.
    pub inline_keys: &'m [HashSet<Box<[u8]>>],
}

/// Key of a relationship within its record: end key and identity.
type Identity<'a> = SmallVec<[Value<'a>; 4]>;

impl Recorder<'_> {
    /// Makes all that becomes of a record.
    pub fn record<'a>(&'a self, plan: &'a RecordPlan, rows: &[Row<'a>], bump: &'a Bump, outputs: &mut Outputs) {
        let setting: &'a Setting<'_> = self.setting;
        let first = rows[0];
        let mut own = vec![Value::Missing; plan.fields.len()];
        fields(plan, &plan.early, first, &mut own, &[], bump, setting, &mut outputs.tally);
        if self.is_set_aside(Judged::Deciding, rows, &mut outputs.tally) {
            return;
        }
        if let Some(slot) = plan.group_by
            && !self.has_key(plan, slot, own[slot], rows, &mut outputs.tally)
        {
            outputs.tally.forget_faults();
            return;
        }
        let scope = |own| Scope { bump, row: Some(first), entry: None, own, parent: &[], children: &[] };
        if plan.filter.as_ref().is_some_and(|test| !condition::holds(test, &scope(&own), setting)) {
            outputs.tally.forget_faults();
            return;
        }
        if self.is_set_aside(Judged::All, rows, &mut outputs.tally) {
            return;
        }
        let making = Making { table: self.table, bump, rows, record: &own, done: &[] };
        let mut items = all_items(plan, false, &making, setting, &mut outputs.tally);
        fields(plan, &plan.late, first, &mut own, &items, bump, setting, &mut outputs.tally);
        if self.is_set_aside(Judged::All, rows, &mut outputs.tally) {
            return;
        }
        let making = Making { table: self.table, bump, rows, record: &own, done: &items };
        let periods = all_items(plan, true, &making, setting, &mut outputs.tally);
        for (place, periods) in
            periods.into_iter().enumerate().filter(|(_, periods)| periods.distinct().next().is_some())
        {
            items[place] = periods;
        }
        let mut made: Vec<Vec<Identity<'a>>> = vec![Vec::new(); self.setting.mapping.relationships.len()];
        for emit in &plan.emits {
            match emit.child {
                None => {
                    let scope = Scope { bump, row: Some(first), entry: None, own: &own, parent: &[], children: &items };
                    self.emit(emit, &scope, false, (first.ordinal, None), &mut made, outputs);
                }
                Some(child) => {
                    for (values, repeats, origin) in items[child].iter() {
                        let scope = Scope { bump, row: None, entry: None, own: values, parent: &own, children: &items };
                        self.emit(emit, &scope, repeats, origin, &mut made, outputs);
                    }
                }
            }
        }
    }

    fn is_set_aside(&self, judged: Judged, rows: &[Row<'_>], tally: &mut Tally) -> bool {
        sets_aside(judged, tally, self.table, rows.iter().map(|row| row.ordinal), None, self.setting)
    }

    /// Whether the record has a key that can be indexed; each of its rows is rejected otherwise.
    fn has_key(&self, plan: &RecordPlan, slot: usize, key: Value<'_>, rows: &[Row<'_>], tally: &mut Tally) -> bool {
        let limit = self.setting.mapping.longest_key_bytes;
        let name = &plan.fields[slot].name;
        let reason = match key {
            Value::Missing => format!("the row has no `{name}`, the key of its record"),
            Value::Text(text) if text.len() > limit => format!("the key is longer than {limit} bytes"),
            _ => return true,
        };
        for row in rows {
            let (table, column) = (self.table.to_owned(), name.clone());
            tally.rejects.push(Reject { table, row: row.ordinal, column, place: None, reason: reason.clone() });
        }
        false
    }

    fn emit<'a>(
        &self,
        emit: &'a Emit,
        scope: &Scope<'_, 'a>,
        repeats: bool,
        origin: (u64, Option<u32>),
        made: &mut [Vec<Identity<'a>>],
        outputs: &mut Outputs,
    ) {
        let setting = self.setting;
        if emit.filter.as_ref().is_some_and(|test| !condition::holds(test, scope, setting)) {
            return;
        }
        let get = |field: &Ref| scope.get(*field, setting);
        match &emit.makes {
            Makes::Node { table, key, properties, too_long, no_key, expect_key } => {
                let key: SmallVec<[Value<'a>; 4]> = key.iter().map(get).collect();
                if key.iter().any(|value| value.is_missing()) {
                    let expected = match expect_key {
                        ExpectKey::Always => true,
                        ExpectKey::Never => false,
                        ExpectKey::If(test) => condition::holds(test, scope, setting),
                    };
                    if expected {
                        outputs.tally.count(*no_key);
                    }
                    return;
                }
                if key.iter().any(|value| self.is_too_long(*value)) {
                    let reason = format!(
                        "the key of {} is longer than {} bytes",
                        setting.mapping.nodes[*table].table, setting.mapping.longest_key_bytes
                    );
                    let (table, column) = (self.table.to_owned(), emit.column.clone());
                    let reject = Reject { table, row: origin.0, column, place: origin.1, reason };
                    if !repeats && !outputs.tally.rejects.contains_recent(&reject) {
                        outputs.tally.rejects.push(reject);
                    }
                    return;
                }
                let plan = &setting.mapping.nodes[*table];
                let mut values: SmallVec<[Value<'a>; 32]> = SmallVec::with_capacity(plan.properties.len());
                for (field, indexed) in properties.iter().zip(&plan.indexed) {
                    let mut value = field.map_or(Value::Missing, |field| scope.get(field, setting));
                    if *indexed && self.is_too_long(value) {
                        outputs.tally.count(*too_long);
                        value = Value::Missing;
                    }
                    values.push(value);
                }
                match &mut outputs.nodes[*table] {
                    Table::Stream(rows) => rows.push(values.into_iter()),
                    Table::Keyed(entities) => entities.mention(&encoded(&key), |place| values[place]),
                }
            }
            Makes::Row { table, values } => {
                if !repeats {
                    outputs.queries[*table].push(values.iter().map(get));
                }
            }
            Makes::Relationship { table, start, end, properties, no_end, repeated } => {
                if repeats {
                    return;
                }
                let ends: SmallVec<[Value<'a>; 4]> = start.iter().chain(end).map(get).collect();
                let plan = &setting.mapping.relationships[*table];
                // A missing end is what a missing foreign key is: nothing that ought to be counted.
                if ends.iter().any(|value| value.is_missing()) {
                    return;
                }
                if ends.iter().any(|value| self.is_too_long(*value)) {
                    // Where the same record makes the node, that one's reject says it already.
                    if plan.end_check != EndCheck::Proven || plan.start_check != EndCheck::Proven {
                        outputs.tally.count(*no_end);
                    }
                    return;
                }
                let (start, end) = ends.split_at(start.len());
                let known = |check: EndCheck, table: usize, key: &[Value<'_>]| {
                    check != EndCheck::Inline || self.inline_keys[table].contains(encoded(key).as_slice())
                };
                if !known(plan.start_check, plan.start_table, start) || !known(plan.end_check, plan.end_table, end) {
                    return outputs.tally.count(*no_end);
                }
                let value = |place: usize| match properties.get(place) {
                    Some(Some(field)) => scope.get(*field, setting),
                    _ => Value::Missing,
                };
                let identity = plan.identity.iter().map(|place| value(*place));
                match &mut outputs.relationships[*table] {
                    Table::Stream(rows) => {
                        let identity: Identity<'a> = end.iter().copied().chain(identity).collect();
                        if made[*table].contains(&identity) {
                            return outputs.tally.count(*repeated);
                        }
                        made[*table].push(identity);
                        rows.push(ends.iter().copied().chain((0..plan.properties.len()).map(value)));
                    }
                    Table::Keyed(entities) => {
                        let key: Identity<'a> = ends.iter().copied().chain(identity).collect();
                        entities.mention(&encoded(&key), value);
                    }
                }
            }
        }
    }

    fn is_too_long(&self, value: Value<'_>) -> bool {
        value.text().is_some_and(|text| text.len() > self.setting.mapping.longest_key_bytes)
    }
}

/// Whether one of the last rejects says the same: two targets may share a key.
trait ContainsRecent {
    fn contains_recent(&self, reject: &Reject) -> bool;
}

impl ContainsRecent for Vec<Reject> {
    fn contains_recent(&self, reject: &Reject) -> bool {
        self.iter().rev().take_while(|other| other.row == reject.row).any(|other| other == reject)
    }
}

#[expect(clippy::too_many_arguments, reason = "the parts of a scope, which cannot be built while `own` grows")]
fn fields<'a>(
    plan: &'a RecordPlan,
    slots: &[usize],
    row: Row<'a>,
    own: &mut [Value<'a>],
    children: &[Items<'a>],
    bump: &'a Bump,
    setting: &'a Setting<'_>,
    tally: &mut Tally,
) {
    for slot in slots {
        let scope = Scope { bump, row: Some(row), entry: None, own, parent: &[], children };
        let value = compute(&plan.fields[*slot], &scope, setting, tally);
        own[*slot] = value;
    }
}

/// The bytes by which keys are compared.
pub fn encoded(key: &[Value<'_>]) -> Encoded {
    let mut bytes = Encoded::new();
    for value in key {
        value.encode(&mut bytes);
    }
    bytes
}

/// Makes the nodes, or else the relationships, of records that stand in the mapping; they come before all others.
pub fn inline_records(
    records: &InlineRecords,
    nodes: bool,
    setting: &Setting<'_>,
    inline_keys: &[HashSet<Box<[u8]>>],
    outputs: &mut Outputs,
) {
    let bump = Bump::new();
    let recorder = Recorder { setting, table: &records.name, inline_keys };
    let mut made = vec![Vec::new(); setting.mapping.relationships.len()];
    for (row, values) in records.rows.iter().enumerate() {
        let mut own: Vec<Value<'_>> = values.iter().map(OwnedValue::as_value).collect();
        for field in &records.fields {
            let scope = Scope { bump: &bump, row: None, entry: None, own: &own, parent: &[], children: &[] };
            let value = compute(field, &scope, setting, &mut outputs.tally);
            own.push(value);
        }
        let scope = Scope { bump: &bump, row: None, entry: None, own: &own, parent: &[], children: &[] };
        for emit in records.emits.iter().filter(|emit| matches!(emit.makes, Makes::Node { .. }) == nodes) {
            recorder.emit(emit, &scope, false, (row as u64, None), &mut made, outputs);
        }
    }
}
