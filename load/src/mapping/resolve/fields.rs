//! Fields: an origin and steps, each looked up when something first needs it.
//!
//! In: names of fields and the words of their specifications. Out: slots, with the type of what stands in each. Slots are given
//! in the order in which lookups end, so a field's slot always comes after those of the fields that it needs; a field that
//! needs itself, however indirectly, is a finding and must never be looked up for ever.

mod origin;

use super::conditions::{kind_of_value, word};
use super::{ColumnKind, Resolver, Slot, nearest};
use crate::graph_table::manifest::PropertyType;
use crate::mapping::field::{CleanStep, FieldSpec, FieldType, OnError};
use crate::mapping::resolved::{Bound, Field, Origin, Ref, Strict};
use crate::specification::Code;

impl Resolver<'_> {
    /// The place of a field, computed by then. `None` where there is a finding.
    pub(super) fn field(&mut self, source: usize, name: &str, place: &str) -> Option<Ref> {
        if let Some(found) = self.field_if_any(source, name, place) {
            return found;
        }
        if name == "as_of" {
            return Some(Ref::AsOf);
        }
        if let Some(parent) = self.sources[source].parent
            && let Some(found) = self.field_if_any(parent, name, place)
        {
            let Ref::Own(slot) = found? else { return found };
            let early_child = self.sources[source].spec.explode.is_some();
            if early_child && self.waits(parent, Ref::Own(slot)) {
                let parent = self.name(parent);
                self.finding(
                    Code::KnownTooLate,
                    place,
                    format!("field `{name}` of `{parent}` is made of items, so items cannot be made of it"),
                );
                return None;
            }
            return Some(Ref::Parent(slot));
        }
        if self.lacks_table(self.name(source)) {
            return None;
        }
        let names = self.names(source);
        let nearest = nearest(name, names.iter().map(String::as_str));
        let source = self.name(source);
        self.finding_near(Code::UnknownField, place, format!("source `{source}` has no field `{name}`"), nearest);
        None
    }

    /// Slot of a field of this very source.
    pub(super) fn own_slot(&mut self, source: usize, name: &str, place: &str) -> Option<usize> {
        match self.field(source, name, place)? {
            Ref::Own(slot) => Some(slot),
            _ => {
                let source = self.name(source);
                self.finding(
                    Code::UnknownField,
                    place,
                    format!("field `{name}` is not one of source `{source}` itself"),
                );
                None
            }
        }
    }

    fn names(&self, source: usize) -> Vec<String> {
        let of = |source: usize| {
            let state = &self.sources[source];
            let columns = state.spec.table.as_ref().and_then(|table| self.tables.get(table));
            let own = state.own.iter().map(|(name, _)| name.clone());
            own.chain(state.spec.fields.keys().cloned())
                .chain(columns.into_iter().flat_map(|columns| columns.keys().cloned()))
        };
        of(source).chain(self.sources[source].parent.into_iter().flat_map(of)).collect()
    }

    /// The field if the source itself has one of this name; `Some(None)` where it has, but with a finding.
    fn field_if_any(&mut self, source: usize, name: &str, place: &str) -> Option<Option<Ref>> {
        let state = &self.sources[source];
        if let Some(slot) = state.own.iter().position(|(own, _)| own == name) {
            return Some(Some(Ref::Own(slot)));
        }
        match state.slots.get(name) {
            Some(Slot::Done(slot)) => return Some(Some(Ref::Own(*slot))),
            Some(Slot::Faulty) => return Some(None),
            Some(Slot::Open) => {
                self.finding(Code::FieldCycle, place, format!("field `{name}` needs itself"));
                return Some(None);
            }
            None => {}
        }
        let implicit;
        let spec = if let Some(spec) = state.spec.fields.get(name) {
            spec
        } else {
            let table = state.spec.table.as_ref()?;
            self.tables.get(table)?.get(name)?;
            implicit = FieldSpec { column: Some(name.to_owned()), ..FieldSpec::default() };
            &implicit
        };
        Some(self.add_field(source, name, spec))
    }

    /// Looks a field up and gives it a slot.
    pub(super) fn add_field(&mut self, source: usize, name: &str, spec: &FieldSpec) -> Option<Ref> {
        let place = format!("sources.{}.fields.{name}", self.name(source));
        self.sources[source].slots.insert(name.to_owned(), Slot::Open);
        let field = self.compiled(source, name, spec, &place);
        let state = &mut self.sources[source];
        let Some((field, late)) = field else {
            state.slots.insert(name.to_owned(), Slot::Faulty);
            return None;
        };
        let slot = state.own.len() + state.fields.len();
        state.fields.push(field);
        state.late.push(late);
        state.slots.insert(name.to_owned(), Slot::Done(slot));
        if spec.on_error != OnError::Missing {
            self.make_strict(source, slot, name, spec.on_error, &place);
        }
        Some(Ref::Own(slot))
    }

    /// Has a field ask more of its values than to be left out where they cannot be used.
    fn make_strict(&mut self, source: usize, slot: usize, name: &str, on_error: OnError, place: &str) {
        let column = self.column_of(source, Ref::Own(slot));
        let state = &mut self.sources[source];
        let at = slot - state.own.len();
        if state.fields[at].steps.iter().any(|step| step.gives_up().is_some()) {
            let ends_load = on_error == OnError::Fail;
            state.fields[at].strict = Some(Box::new(Strict { ends_load, column, decides: false }));
        } else if !self.is_read_as_another_type(name) {
            let message = "`on_error` says what becomes of a value that `one_of`, `lookup`, `type` or `max_bytes` gives up, \
                           and the field has none of them that ever does";
            self.finding(Code::Misplaced, place, message);
        }
    }

    /// Whether some target reads a field of this name as a type of its own: that may give a value up too.
    fn is_read_as_another_type(&self, name: &str) -> bool {
        let targets = &self.mapping.spec.targets;
        let nodes = targets.nodes.iter().flat_map(|target| &target.properties);
        let relationships = targets.relationships.iter().flat_map(|target| &target.properties);
        nodes
            .chain(relationships)
            .any(|property| property.source_field == name && property.target_property_type.is_some())
    }

    /// What the field of a name, of the source or of the one that it is made of, says of values that cannot be used.
    pub(super) fn on_error(&self, source: usize, name: &str) -> OnError {
        let of = |source: usize| self.sources[source].spec.fields.get(name);
        let spec = of(source).or_else(|| self.sources[source].parent.and_then(of));
        spec.map(|spec| spec.on_error).unwrap_or_default()
    }

    fn compiled(&mut self, source: usize, name: &str, spec: &FieldSpec, place: &str) -> Option<(Field, bool)> {
        let (mut origin, mut kind) = self.origin(source, spec, place)?;
        // A decimal is read as text wherever its digits count, so that none is lost on the way through a float.
        let decimal_scale = self.decimal_scale(source, spec);
        let wants_digits =
            decimal_scale.is_some() && matches!(spec.kind, Some(FieldType::Integer | FieldType::Boolean));
        let is_whole = decimal_scale == Some(0) && spec.kind.is_none() && !steps_need_text(spec);
        let whole = FieldSpec { kind: Some(FieldType::Integer), ..spec.clone() };
        let spec = if is_whole { &whole } else { spec };
        if let Origin::Column { as_text, .. } = &mut origin
            && (steps_need_text(spec) || wants_digits || is_whole)
        {
            *as_text = true;
            kind = PropertyType::String;
        }
        let (steps, kind) = self.steps(source, spec, kind, place)?;
        let default = match &spec.default {
            None => None,
            Some(operand) => match self.operand(source, operand, Some(kind), place)? {
                Bound::Constant(value) if kind_of_value(&value) == kind => Some(value),
                _ => {
                    self.finding(
                        Code::WrongFieldType,
                        place,
                        format!("`default` must be a constant that is a {}", word(kind)),
                    );
                    return None;
                }
            },
        };
        let late = self.is_late(source, &origin, spec);
        Some((Field { name: name.to_owned(), origin, steps, kind, default, strict: None }, late))
    }

    /// Digits after the point of the decimal column that a field is made of.
    fn decimal_scale(&self, source: usize, spec: &FieldSpec) -> Option<i8> {
        let table = self.sources[source].spec.table.as_ref()?;
        match self.tables.get(table)?.get(spec.column.as_ref()?)? {
            ColumnKind::Decimal { scale } => Some(*scale),
            _ => None,
        }
    }

    /// Whether a field of rows needs the records of a child, itself or through another field.
    fn is_late(&self, source: usize, origin: &Origin, spec: &FieldSpec) -> bool {
        let mut needs = origin.refs();
        let also = spec.keywords.iter().flat_map(|keywords| &keywords.also);
        needs.extend(also.filter_map(|name| match self.sources[source].slots.get(name) {
            Some(Slot::Done(slot)) => Some(Ref::Own(*slot)),
            _ => None,
        }));
        matches!(origin, Origin::Count { .. } | Origin::First { .. })
            || needs.iter().any(|need| self.waits(source, *need))
    }

    /// Whether what stands at a place of a source's own is computed only once its items are.
    pub(super) fn waits(&self, source: usize, field: Ref) -> bool {
        let state = &self.sources[source];
        matches!(field, Ref::Own(slot) if slot.checked_sub(state.own.len()).is_some_and(|at| state.late[at]))
    }

    /// Type of what stands at a place.
    pub(super) fn kind_of(&self, source: usize, field: Ref) -> PropertyType {
        let slot_kind = |source: usize, slot: usize| {
            let state = &self.sources[source];
            state.own.get(slot).map_or_else(|| state.fields[slot - state.own.len()].kind, |(_, kind)| *kind)
        };
        match field {
            Ref::Own(slot) => slot_kind(source, slot),
            Ref::Parent(slot) => slot_kind(self.root(source), slot),
            Ref::AsOf => PropertyType::Date,
        }
    }

    /// The column that a field comes from, for messages about its values.
    pub(super) fn column_of(&self, source: usize, field: Ref) -> String {
        let state = &self.sources[source];
        if let Some(explode) = &state.spec.explode
            && !matches!(field, Ref::Parent(_))
        {
            return explode.column.clone();
        }
        let (source, slot) = match field {
            Ref::Own(slot) => (source, slot),
            Ref::Parent(slot) => (self.root(source), slot),
            Ref::AsOf => return String::new(),
        };
        let state = &self.sources[source];
        let Some(field) = slot.checked_sub(state.own.len()).and_then(|at| state.fields.get(at)) else {
            return String::new();
        };
        if let Origin::Column { column, .. } = &field.origin {
            let table = state.spec.table.as_ref().and_then(|table| self.columns.get(table));
            return table.and_then(|columns| columns.get_index(*column)).cloned().unwrap_or_default();
        }
        let needs = field.origin.refs();
        // The last one is the most telling: of a city's id it is the city and not its country.
        needs
            .iter()
            .rev()
            .map(|need| self.column_of(source, *need))
            .find(|column| !column.is_empty())
            .unwrap_or_default()
    }
}

/// Whether a step asks for a text where the origin may hold a number.
fn steps_need_text(spec: &FieldSpec) -> bool {
    let plain = [CleanStep::Trim, CleanStep::Nothing];
    spec.kind == Some(FieldType::Text)
        || spec.clean.iter().any(|step| !plain.contains(step))
        || spec.keywords.is_some()
        || spec.words.is_some()
        || spec.one_of.is_some()
        || spec.spelling.is_some()
        || spec.lookup.is_some()
        || spec.slug
        || spec.hash.is_some()
        || spec.split.is_some()
        || spec.max_bytes.is_some()
}
