//! Sources: what their kind asks of them, the slots that it fills, and the plan that comes of each once all is looked up.

use std::mem;

use indexmap::IndexMap;
use serde_json::Value as Json;

use super::conditions::word;
use super::explode::settle_path;
use super::targets::Targets;
use super::{Resolver, SourceState, nearest};
use crate::graph_table::manifest::PropertyType;
use crate::mapping::resolved::{
    ChildKind, ChildPlan, Emit, Field, InlineRecords, RecordPlan, Ref, Resolved, TableScan, Test, Years, needed_slots,
    timeline_slot,
};
use crate::mapping::spec::{ActionSpec, SourceSpec};
use crate::specification::Code;
use crate::stage::value::OwnedValue;

/// Slots that the kind of a source fills before its fields are computed.
pub(super) fn own_slots(spec: &SourceSpec) -> Vec<(String, PropertyType)> {
    if let Some(explode) = &spec.explode {
        if explode.split.is_some() {
            return vec![(explode.item.clone().unwrap_or_else(|| "item".to_owned()), PropertyType::String)];
        }
        return explode.index.iter().map(|index| (index.name.clone(), PropertyType::Integer)).collect();
    }
    if spec.derive.is_some() {
        let types = [
            PropertyType::String,
            PropertyType::String,
            PropertyType::Integer,
            PropertyType::Date,
            PropertyType::Date,
            PropertyType::Boolean,
            PropertyType::Boolean,
        ];
        return timeline_slot::NAMES.iter().map(|name| (*name).to_owned()).zip(types).collect();
    }
    inline_slots(spec)
}

impl Resolver<'_> {
    /// Checks what each source's kind asks for.
    pub(super) fn check_sources(&mut self) {
        for source in 0..self.sources.len() {
            let spec = self.sources[source].spec;
            let place = format!("sources.{}", spec.name);
            if self.sources.iter().filter(|other| other.spec.name == spec.name).count() > 1 {
                self.finding(Code::RepeatedName, &place, "two sources have this name");
            }
            match spec.kind.as_str() {
                "snapshot" => self.check_snapshot_source(source, &place),
                "inline" => {
                    let others = spec.table.is_some()
                        || spec.of.is_some()
                        || spec.group_by.is_some()
                        || spec.explode.is_some()
                        || spec.derive.is_some()
                        || spec.filter.is_some()
                        || !spec.fields.is_empty();
                    if others {
                        self.finding(Code::Misplaced, &place, "an inline source has `rows` and nothing else");
                    }
                    self.check_inline_values(source, &place);
                }
                other => self.finding(
                    Code::UnknownSourceType,
                    &place,
                    format!("type `{other}` is not known here: `snapshot` or `inline`"),
                ),
            }
        }
    }

    /// Checks that the values of a column have one type: that of its first value. Whole numbers may stand among others.
    fn check_inline_values(&mut self, source: usize, place: &str) {
        let state = &self.sources[source];
        let mut wrong = Vec::new();
        for (at, row) in state.spec.rows.iter().enumerate() {
            for (name, value) in row {
                let found = kind_of_json(value);
                let wanted = state.own.iter().find(|(own, _)| own == name).map(|(_, kind)| *kind);
                let fits = found == wanted
                    || value.is_null()
                    || (wanted == Some(PropertyType::Float) && found == Some(PropertyType::Integer));
                if !fits {
                    let found = found.map_or("list or a map", word);
                    let wanted = wanted.map_or("text", word);
                    wrong.push((
                        format!("{place}.rows[{at}].{name}"),
                        format!("a {found} in a column whose first value is a {wanted}"),
                    ));
                }
            }
        }
        for (place, message) in wrong {
            self.finding(Code::WrongFieldType, &place, message);
        }
    }

    fn check_snapshot_source(&mut self, source: usize, place: &str) {
        let spec = self.sources[source].spec;
        if !spec.rows.is_empty() {
            self.finding(Code::Misplaced, place, "`rows` are for sources of type `inline`");
        }
        match (&spec.table, &spec.of) {
            (Some(table), None) => {
                if !self.tables.contains_key(table) {
                    self.finding(Code::NoSnapshot, place, format!("there is no snapshot of table `{table}`"));
                }
                if spec.explode.is_some() || spec.derive.is_some() {
                    self.finding(
                        Code::Misplaced,
                        place,
                        "`explode` and `derive` go with `of`, the source that is taken apart",
                    );
                }
            }
            (None, Some(of)) => {
                if spec.explode.is_some() == spec.derive.is_some() {
                    self.finding(Code::Misplaced, place, "a source made of another has either `explode` or `derive`");
                }
                if spec.group_by.is_some() {
                    self.finding(Code::Misplaced, place, "`group_by` goes with `table`");
                }
                match self.sources[source].parent {
                    None => {
                        let names: Vec<&str> = self.sources.iter().map(|other| other.spec.name.as_str()).collect();
                        let nearest = nearest(of, names.into_iter());
                        self.finding_near(Code::UnknownSource, place, format!("there is no source `{of}`"), nearest);
                    }
                    Some(parent) if self.sources[parent].spec.table.is_none() => {
                        self.finding(
                            Code::WrongSource,
                            place,
                            format!("source `{of}` is not one of rows: only such a one can be taken apart"),
                        );
                    }
                    Some(_) => {}
                }
            }
            _ => self.finding(Code::Misplaced, place, "a snapshot source has either `table` or `of`"),
        }
    }

    /// Makes sure that the records of a child are computed.
    pub(super) fn need(&mut self, source: usize) {
        if self.sources[source].needed {
            return;
        }
        self.sources[source].needed = true;
        let spec = self.sources[source].spec;
        let place = format!("sources.{}", spec.name);
        if let Some(condition) = &spec.filter {
            let place = format!("{place}.where");
            let test = self.test(source, condition, &place);
            let needs = test.as_ref().map(Test::refs).unwrap_or_default();
            self.check_early(source, &needs, &place);
            self.sources[source].filter = test;
        }
        let Some(parent) = self.sources[source].parent else {
            if let Some(name) = &spec.group_by {
                let place = format!("{place}.group_by");
                let slot = self.own_slot(source, name, &place);
                self.check_early(source, slot.map(Ref::Own).as_slice(), &place);
                self.sources[source].group_by = slot;
            }
            return;
        };
        self.need(parent);
        let own = &self.sources[source].own;
        let shadowed = spec.fields.keys().find(|name| own.iter().any(|(own, _)| own == *name));
        if let Some(name) = shadowed {
            self.finding(
                Code::RepeatedName,
                &place,
                format!("field `{name}` has the name of what the source gives by itself; give it another"),
            );
        }
        let kind = if let Some(explode) = &spec.explode {
            match self.explode(source, explode, &place) {
                Some(kind) => kind,
                None => return,
            }
        } else if let Some(derive) = &spec.derive {
            match self.timeline(source, &derive.timeline, &format!("{place}.derive.timeline")) {
                Some(timeline) => ChildKind::Timeline(Box::new(timeline)),
                None => return,
            }
        } else {
            return;
        };
        self.sources[source].kind = Some(kind);
    }

    /// Checks that none of these fields of a record is made of its items: it is asked for before there are any.
    fn check_early(&mut self, source: usize, needs: &[Ref], place: &str) {
        if needs.iter().any(|need| self.waits(source, *need)) {
            self.finding(Code::KnownTooLate, place, "a field that is made of items is known too late for this");
        }
    }

    /// The plan of everything, once there are no findings.
    pub(super) fn finish(mut self, targets: Targets) -> Resolved {
        let mut scans: Vec<TableScan> = Vec::new();
        let mut inline = Vec::new();
        let mut emits = targets.emits;
        for source in 0..self.sources.len() {
            if self.sources[source].parent.is_some() || !self.sources[source].needed {
                continue;
            }
            let (mine, others) = emits.into_iter().partition(|(of, _)| self.root(*of) == source);
            emits = others;
            let mine: Vec<(usize, Emit)> = mine;
            let spec = self.sources[source].spec;
            let mine = mine.into_iter().map(|(_, emit)| emit).collect();
            let Some(table) = &spec.table else {
                let rows = inline_rows(&self.sources[source]);
                let fields = mem::take(&mut self.sources[source].fields);
                inline.push(InlineRecords { name: spec.name.clone(), rows, fields, emits: mine });
                continue;
            };
            let record = self.record_plan(source, mine);
            match scans.iter_mut().find(|scan| &scan.table == table) {
                Some(scan) => scan.records.push(record),
                None => scans.push(TableScan { table: table.clone(), columns: Vec::new(), records: vec![record] }),
            }
        }
        for scan in &mut scans {
            scan.columns = self.columns.get(&scan.table).into_iter().flatten().cloned().collect();
        }
        let config = &self.mapping.spec.config;
        Resolved {
            scans,
            inline,
            nodes: targets.nodes,
            relationships: targets.relationships,
            queries: targets.queries,
            schema: targets.schema,
            actions: self
                .mapping
                .spec
                .actions
                .iter()
                .filter(|action| action.active)
                .map(ActionSpec::resolved)
                .collect(),
            nothing: config.nothing.iter().map(|text| text.trim().to_lowercase()).collect(),
            longest_key_bytes: config.longest_key_bytes,
            counters: self.counters.into_iter().collect(),
            notes: self.notes,
            years: config.years.as_ref().map(|years| Years { first: years.first, after_as_of: years.after_as_of }),
        }
    }

    fn record_plan(&mut self, source: usize, emits: Vec<Emit>) -> RecordPlan {
        let children = self.children(source).into_iter().map(|child| self.child_plan(child)).collect();
        let state = &mut self.sources[source];
        let late = mem::take(&mut state.late);
        let (late, early) = (0..state.fields.len()).partition(|slot| late[*slot]);
        let (mut fields, filter) = (mem::take(&mut state.fields), state.filter.take());
        mark_deciding(&mut fields, 0, state.group_by, filter.as_ref());
        RecordPlan {
            name: state.spec.name.clone(),
            group_by: state.group_by,
            filter,
            fields,
            early,
            late,
            children,
            emits,
        }
    }

    fn child_plan(&mut self, child: usize) -> Option<ChildPlan> {
        let state = &mut self.sources[child];
        let mut kind = state.kind.take()?;
        let (own_slots, mut fields) = (state.own.len(), mem::take(&mut state.fields));
        settle_path(&mut kind, &fields);
        let filter = state.filter.take();
        let told_apart = match &kind {
            ChildKind::Split { distinct, .. } | ChildKind::Path { distinct, .. } => distinct.as_ref(),
            ChildKind::Json { .. } | ChildKind::Timeline(_) => None,
        };
        mark_deciding(&mut fields, own_slots, told_apart.map(|distinct| distinct.slot), filter.as_ref());
        Some(ChildPlan { name: state.spec.name.clone(), kind, own_slots, fields, filter })
    }
}

/// Marks the strict fields that a record is joined, chosen or told apart by.
fn mark_deciding(fields: &mut [Field], own_slots: usize, slot: Option<usize>, filter: Option<&Test>) {
    if fields.iter().all(|field| field.strict.is_none()) {
        return;
    }
    let of_filter = filter.map(Test::refs).unwrap_or_default().into_iter().filter_map(|field| match field {
        Ref::Own(slot) => Some(slot),
        Ref::Parent(_) | Ref::AsOf => None,
    });
    for slot in needed_slots(fields, own_slots, slot.into_iter().chain(of_filter)) {
        if let Some(strict) = &mut fields[slot - own_slots].strict {
            strict.decides = true;
        }
    }
}

fn inline_rows(state: &SourceState<'_>) -> Vec<Vec<OwnedValue>> {
    let value = |row: &IndexMap<String, Json>, name: &str| match row.get(name) {
        Some(Json::String(text)) => OwnedValue::Text(text.as_str().into()),
        Some(Json::Bool(truth)) => OwnedValue::Boolean(*truth),
        Some(Json::Number(number)) => match number.as_i64() {
            Some(whole) => OwnedValue::Integer(whole),
            None => number.as_f64().map_or(OwnedValue::Missing, OwnedValue::Float),
        },
        _ => OwnedValue::Missing,
    };
    state.spec.rows.iter().map(|row| state.own.iter().map(|(name, _)| value(row, name)).collect()).collect()
}

/// Columns of inline records, each with the type of its first value; one that has none is of texts.
fn inline_slots(spec: &SourceSpec) -> Vec<(String, PropertyType)> {
    let mut slots: IndexMap<String, Option<PropertyType>> = IndexMap::new();
    for (name, value) in spec.rows.iter().flatten() {
        let slot = slots.entry(name.clone()).or_default();
        *slot = slot.or(kind_of_json(value));
    }
    slots.into_iter().map(|(name, kind)| (name, kind.unwrap_or(PropertyType::String))).collect()
}

/// Type of a value that stands in the mapping; `None` for nothing, and for what no column of inline records can hold.
fn kind_of_json(value: &Json) -> Option<PropertyType> {
    match value {
        Json::Bool(_) => Some(PropertyType::Boolean),
        Json::Number(number) if number.is_i64() => Some(PropertyType::Integer),
        Json::Number(_) => Some(PropertyType::Float),
        Json::String(_) => Some(PropertyType::String),
        Json::Null | Json::Array(_) | Json::Object(_) => None,
    }
}
