//! Origins: where the value of a field comes from, and the type of what it gives.
//!
//! In: the words of a field that name an origin. Out: the one origin that it has, with every name in it looked up; or findings.
//! All are looked at even where one is wrong, so that all findings come at once. A field must never have two origins, and
//! the values that an origin chooses among must never differ in type.

use super::super::conditions::{kind_of_value, word};
use super::super::{ColumnKind, Resolver};
use crate::graph_table::manifest::PropertyType;
use crate::mapping::field::FieldSpec;
use crate::mapping::resolved::{Bound, Origin, Piece, Ref, Template};
use crate::specification::Code;

/// An origin and the type of what it gives.
type Origined = (Origin, PropertyType);

impl Resolver<'_> {
    /// Resolves the origin of a field.
    pub(super) fn origin(&mut self, source: usize, spec: &FieldSpec, place: &str) -> Option<Origined> {
        let mut origins: Vec<Option<Origined>> = Vec::new();
        if let Some(column) = &spec.column {
            origins.push(self.column_origin(source, column, place));
        }
        if let Some(member) = &spec.from {
            origins.push(self.member_origin(source, member, place));
        }
        if let Some(name) = &spec.field {
            let field = self.field(source, name, place);
            origins.push(field.map(|field| (Origin::Field(field), self.kind_of(source, field))));
        }
        if let Some(value) = &spec.value {
            origins.push(match self.operand(source, value, None, place) {
                Some(Bound::Constant(value)) => {
                    let kind = kind_of_value(&value);
                    Some((Origin::Constant(value), kind))
                }
                Some(Bound::Field(field)) => Some((Origin::Field(field), self.kind_of(source, field))),
                None => None,
            });
        }
        if let Some(templates) = &spec.template {
            let templates: Option<Vec<Template>> =
                templates.as_slice().iter().map(|text| self.template(source, text, place)).collect();
            origins.push(templates.map(|templates| (Origin::Template(templates), PropertyType::String)));
        }
        if let Some(names) = &spec.first_of {
            origins
                .push(self.fields_of_one_kind(source, names, place).map(|(refs, kind)| (Origin::FirstOf(refs), kind)));
        }
        if let Some(names) = &spec.smallest_of {
            let fields = self.fields_of_one_kind(source, names, place);
            origins.push(fields.map(|(refs, kind)| (Origin::SmallestOf(refs), kind)));
        }
        if spec.case.is_some() {
            origins.push(self.case_origin(source, spec, place));
        } else if spec.otherwise.is_some() {
            self.finding(Code::Misplaced, place, "`else` goes with `case`");
        }
        if let Some(condition) = &spec.test {
            let test = self.test(source, condition, place);
            origins.push(test.map(|test| (Origin::Test(test), PropertyType::Boolean)));
        }
        if let Some(count) = &spec.count {
            let child = self.aggregated(source, &count.of, place);
            origins.push(child.and_then(|(child, at)| {
                let filter = self.filter_slot(child, count.filter.as_ref(), place)?;
                Some((Origin::Count { child: at, filter }, PropertyType::Integer))
            }));
        }
        if let Some(first) = &spec.first {
            let child = self.aggregated(source, &first.of, place);
            origins.push(child.and_then(|(child, at)| {
                let filter = self.filter_slot(child, first.filter.as_ref(), place)?;
                let slot = self.own_slot(child, &first.field, place)?;
                let kind = self.kind_of(child, Ref::Own(slot));
                Some((Origin::First { child: at, slot, filter }, kind))
            }));
        }
        if let Some(names) = &spec.count_true {
            let fields = self.fields_of_one_kind(source, names, place);
            if fields.as_ref().is_some_and(|(_, kind)| *kind != PropertyType::Boolean) {
                self.finding(Code::WrongFieldType, place, "`count_true` counts booleans");
            }
            origins.push(fields.map(|(refs, _)| (Origin::CountTrue(refs), PropertyType::Integer)));
        }
        if let Some(members) = &spec.has_member {
            members.iter().for_each(|member| self.check_read(source, member, place));
            origins.push(Some((Origin::HasMember(members.clone()), PropertyType::Boolean)));
        }
        if let Some(span) = &spec.span {
            let (from, to) = (self.field(source, &span.from, place), self.field(source, &span.to, place));
            origins.push(from.zip(to).map(|(from, to)| {
                let origin = Origin::Span { from, to, unit_days: span.unit_days.max(1), minimum: span.minimum };
                (origin, PropertyType::Integer)
            }));
        }
        if origins.len() != 1 {
            let origins = "`column`, `from`, `field`, `value`, `template`, `first_of`, `smallest_of`, `case`, `test`, \
                           `count`, `first`, `count_true`, `has_member` or `span`";
            self.finding(Code::Misplaced, place, format!("a field has exactly one of {origins}"));
            return None;
        }
        origins.pop().flatten()
    }

    fn column_origin(&mut self, source: usize, column: &str, place: &str) -> Option<Origined> {
        if self.sources[source].spec.table.is_none() {
            self.finding(Code::Misplaced, place, "`column` is for sources of rows; items have `from`");
            return None;
        }
        let (column, kind) = self.column(source, column, place)?;
        let kind = match kind {
            ColumnKind::Property(kind) => kind,
            ColumnKind::Decimal { .. } | ColumnKind::Bytes => PropertyType::Float,
        };
        Some((Origin::Column { column, as_text: false }, kind))
    }

    fn member_origin(&mut self, source: usize, member: &str, place: &str) -> Option<Origined> {
        match &self.sources[source].spec.explode {
            Some(explode) if explode.split.is_some() => {
                let slot = self.own_slot(source, member, place)?;
                Some((Origin::Field(Ref::Own(slot)), PropertyType::String))
            }
            Some(_) => {
                self.check_read(source, member, place);
                Some((Origin::Member(member.to_owned()), PropertyType::String))
            }
            None => {
                self.finding(
                    Code::Misplaced,
                    place,
                    "`from` is for items of an `explode`; other fields are named by `field`",
                );
                None
            }
        }
    }

    fn case_origin(&mut self, source: usize, spec: &FieldSpec, place: &str) -> Option<Origined> {
        let mut kind = None;
        let mut cases = Vec::new();
        for case in spec.case.iter().flatten() {
            let test = self.test(source, &case.when, place)?;
            let value = self.operand(source, &case.value, kind, place)?;
            kind = self.one_kind(kind, self.kind_of_bound(source, &value), place);
            cases.push((test, value));
        }
        let otherwise = match &spec.otherwise {
            None => None,
            Some(operand) => {
                let value = self.operand(source, operand, kind, place)?;
                kind = self.one_kind(kind, self.kind_of_bound(source, &value), place);
                Some(value)
            }
        };
        Some((Origin::Case(cases, otherwise), kind?))
    }

    fn one_kind(&mut self, one: Option<PropertyType>, other: PropertyType, place: &str) -> Option<PropertyType> {
        if let Some(one) = one
            && one != other
        {
            self.finding(
                Code::WrongFieldType,
                place,
                format!("one value is a {}, another a {}", word(one), word(other)),
            );
        }
        one.or(Some(other))
    }

    fn fields_of_one_kind(&mut self, source: usize, names: &[String], place: &str) -> Option<(Vec<Ref>, PropertyType)> {
        let mut kind = None;
        let mut refs = Vec::new();
        for name in names {
            let field = self.field(source, name, place)?;
            kind = self.one_kind(kind, self.kind_of(source, field), place);
            refs.push(field);
        }
        Some((refs, kind?))
    }

    fn aggregated(&mut self, source: usize, of: &str, place: &str) -> Option<(usize, usize)> {
        let child = self.source(of, place)?;
        let state = &self.sources[child];
        if state.parent != Some(source) || state.spec.explode.is_none() {
            let source = self.name(source);
            self.finding(Code::WrongSource, place, format!("source `{of}` is not one of items of `{source}`"));
            return None;
        }
        self.need(child);
        Some((child, self.child_place(child)))
    }

    fn filter_slot(&mut self, child: usize, filter: Option<&String>, place: &str) -> Option<Option<usize>> {
        match filter {
            None => Some(None),
            Some(name) => {
                let slot = self.own_slot(child, name, place)?;
                if self.kind_of(child, Ref::Own(slot)) != PropertyType::Boolean {
                    self.finding(Code::WrongFieldType, place, format!("field `{name}` is not a boolean"));
                }
                Some(Some(slot))
            }
        }
    }

    fn template(&mut self, source: usize, text: &str, place: &str) -> Option<Template> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let Some((name, tail)) = after.split_once('}') else {
                self.finding(Code::WrongValue, place, format!("`{{` without `}}` in `{text}`"));
                return None;
            };
            if !before.is_empty() {
                pieces.push(Piece::Literal(before.to_owned()));
            }
            pieces.push(Piece::Field(self.field(source, name, place)?));
            rest = tail;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Literal(rest.to_owned()));
        }
        Some(Template(pieces))
    }
}
