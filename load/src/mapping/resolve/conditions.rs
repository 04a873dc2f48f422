//! Conditions and operands: fields become places, constants become values of the type that they are compared with.

use super::Resolver;
use crate::graph_table::manifest::PropertyType;
use crate::mapping::field::{Condition, OneOrMany};
use crate::mapping::resolved::{Bound, Ref, Test};
use crate::mapping::spec::Operand;
use crate::specification::Code;
use crate::stage::date::parse_date;
use crate::stage::value::OwnedValue;

/// Makes the test of a comparison.
type MakeTest = fn(Ref, Bound) -> Test;

impl Resolver<'_> {
    /// Resolves a condition on the fields of a source.
    pub(super) fn test(&mut self, source: usize, condition: &Condition, place: &str) -> Option<Test> {
        let mut tests = Vec::new();
        if let Some(all) = &condition.all {
            tests.push(Test::All(self.tests(source, all, place)?));
        }
        if let Some(any) = &condition.any {
            tests.push(Test::Any(self.tests(source, any, place)?));
        }
        if let Some(not) = &condition.not {
            tests.push(Test::Not(Box::new(self.test(source, not, place)?)));
        }
        if let Some(name) = &condition.present {
            tests.push(Test::Present(self.field(source, name, place)?));
        }
        if let Some(name) = &condition.absent {
            tests.push(Test::Not(Box::new(Test::Present(self.field(source, name, place)?))));
        }
        if let Some(name) = &condition.is_true {
            let field = self.field(source, name, place)?;
            if self.kind_of(source, field) != PropertyType::Boolean {
                self.finding(Code::WrongFieldType, place, format!("field `{name}` is not a boolean"));
            }
            tests.push(Test::True(field));
        }
        let comparisons = self.comparisons(source, condition, place)?;
        tests.extend(comparisons);
        match tests.len() {
            0 => {
                self.finding(Code::Misplaced, place, "the condition says nothing");
                None
            }
            1 => tests.pop(),
            _ => Some(Test::All(tests)),
        }
    }

    fn tests(&mut self, source: usize, conditions: &[Condition], place: &str) -> Option<Vec<Test>> {
        conditions.iter().map(|condition| self.test(source, condition, place)).collect()
    }

    fn comparisons(&mut self, source: usize, condition: &Condition, place: &str) -> Option<Vec<Test>> {
        let mut tests = Vec::new();
        let compares = condition.equals.is_some()
            || condition.contains.is_some()
            || condition.starts_with.is_some()
            || condition.at_least.is_some()
            || condition.at_most.is_some()
            || condition.less_than.is_some()
            || condition.more_than.is_some();
        let Some(name) = &condition.field else {
            if compares {
                self.finding(Code::Misplaced, place, "`equals`, `contains`, `at_least` and their like need `field`");
            }
            return Some(tests);
        };
        let field = self.field(source, name, place)?;
        if !compares {
            self.finding(Code::Misplaced, place, format!("`field: {name}` is compared with nothing"));
        }
        if let Some(values) = &condition.equals {
            let bounds: Option<Vec<Bound>> =
                values.as_slice().iter().map(|value| self.compared(source, field, value, place)).collect();
            tests.push(Test::Equals(field, bounds?));
        }
        let texts = |texts: &OneOrMany<String>| texts.as_slice().to_vec();
        if condition.contains.is_some() || condition.starts_with.is_some() {
            if self.kind_of(source, field) != PropertyType::String {
                self.finding(Code::WrongFieldType, place, format!("field `{name}` is not a text"));
            }
            tests.extend(condition.contains.as_ref().map(|list| Test::Contains(field, texts(list))));
            tests.extend(condition.starts_with.as_ref().map(|list| Test::StartsWith(field, texts(list))));
        }
        let orders: [(&Option<Operand>, MakeTest); 4] = [
            (&condition.at_least, Test::AtLeast),
            (&condition.at_most, Test::AtMost),
            (&condition.less_than, Test::LessThan),
            (&condition.more_than, Test::MoreThan),
        ];
        for (operand, test) in orders {
            if let Some(operand) = operand {
                tests.push(test(field, self.compared(source, field, operand, place)?));
            }
        }
        Some(tests)
    }

    /// An operand that a field is compared with: it must be of the field's type.
    fn compared(&mut self, source: usize, field: Ref, operand: &Operand, place: &str) -> Option<Bound> {
        let kind = self.kind_of(source, field);
        let bound = self.operand(source, operand, Some(kind), place)?;
        let other = self.kind_of_bound(source, &bound);
        let numbers = [PropertyType::Integer, PropertyType::Float];
        if other != kind && !(numbers.contains(&other) && numbers.contains(&kind)) {
            self.finding(Code::WrongFieldType, place, format!("a {} is compared with a {}", word(kind), word(other)));
        }
        Some(bound)
    }

    /// A field or a constant. A text that is to be a date is read as one.
    pub(super) fn operand(
        &mut self,
        source: usize,
        operand: &Operand,
        kind: Option<PropertyType>,
        place: &str,
    ) -> Option<Bound> {
        Some(Bound::Constant(match operand {
            Operand::Field { field } => return Some(Bound::Field(self.field(source, field, place)?)),
            Operand::Boolean(truth) => OwnedValue::Boolean(*truth),
            Operand::Integer(number) if kind == Some(PropertyType::Float) => OwnedValue::Float(*number as f64),
            Operand::Integer(number) => OwnedValue::Integer(*number),
            Operand::Float(number) => OwnedValue::Float(*number),
            Operand::Text(text) if kind == Some(PropertyType::Date) => match parse_date(text) {
                Some(day) => OwnedValue::Date(day),
                None => {
                    self.finding(Code::WrongValue, place, format!("`{text}` is not a date (YYYY-MM-DD)"));
                    return None;
                }
            },
            Operand::Text(text) => OwnedValue::Text(text.as_str().into()),
        }))
    }

    /// Type of an operand.
    pub(super) fn kind_of_bound(&self, source: usize, bound: &Bound) -> PropertyType {
        match bound {
            Bound::Field(field) => self.kind_of(source, *field),
            Bound::Constant(value) => kind_of_value(value),
        }
    }
}

/// Type of a constant.
pub(super) fn kind_of_value(value: &OwnedValue) -> PropertyType {
    match value {
        OwnedValue::Boolean(_) => PropertyType::Boolean,
        OwnedValue::Integer(_) => PropertyType::Integer,
        OwnedValue::Float(_) => PropertyType::Float,
        OwnedValue::Date(_) => PropertyType::Date,
        OwnedValue::LocalDatetime(_) => PropertyType::LocalDatetime,
        OwnedValue::ZonedDatetime(_) => PropertyType::ZonedDatetime,
        OwnedValue::Text(_) | OwnedValue::Missing => PropertyType::String,
    }
}

/// A type, for messages.
pub(super) fn word(kind: PropertyType) -> &'static str {
    match kind {
        PropertyType::Boolean => "boolean",
        PropertyType::Integer => "whole number",
        PropertyType::Float => "number",
        PropertyType::String => "text",
        PropertyType::Date => "date",
        PropertyType::LocalDatetime => "local date and time",
        PropertyType::ZonedDatetime => "date and time with a zone",
        PropertyType::LocalTime => "time of day",
        PropertyType::ZonedTime => "time of day with a zone",
        PropertyType::Duration => "duration",
        PropertyType::Point => "point",
        _ => "list",
    }
}
