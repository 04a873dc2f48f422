//! Readings: the steps of a field that read its value as one of a type.
//!
//! In: a value, as its origin or a step on text gave it. Out: the same as a value of the type; nothing where it cannot be read,
//! which is counted, or where it means "no value", which is not. A number must never lose a digit on its way.

use bumpalo::Bump;

use crate::graph_table::manifest::PropertyType;
use crate::graph_table::typed_text;
use crate::stage::cell::as_text;
use crate::stage::date::{Day, parse_date};
use crate::stage::number::{parse_float, parse_integer, same_number};
use crate::stage::setting::Setting;
use crate::stage::tally::Tally;
use crate::stage::value::Value;
use crate::target;

pub(super) fn to_boolean<'a>(
    value: Value<'a>,
    true_values: &[String],
    false_values: &[String],
    counter: usize,
    bump: &'a Bump,
    tally: &mut Tally,
) -> Value<'a> {
    if let Value::Boolean(_) = value {
        return value;
    }
    let text = as_text(value, bump).text().unwrap_or_default();
    // Lower case makes a new text: only of the few that need it.
    let lower = (!text.is_ascii()).then(|| text.to_lowercase());
    let among = |list: &[String]| {
        list.iter().any(|one| one.eq_ignore_ascii_case(text) || lower.as_ref().is_some_and(|lower| one == lower))
    };
    if among(true_values) {
        Value::Boolean(true)
    } else if among(false_values) {
        Value::Boolean(false)
    } else {
        counted(tally, counter)
    }
}

/// Whether a value is one of the numbers that mean "no value".
pub(super) fn is_none_of(nothing: &[String], value: Value<'_>, bump: &Bump) -> bool {
    !nothing.is_empty()
        && as_text(value, bump).text().is_some_and(|text| nothing.iter().any(|none| same_number(none, text)))
}

pub(super) fn to_integer<'a>(
    value: Value<'a>,
    nothing: &[String],
    counter: usize,
    bump: &'a Bump,
    tally: &mut Tally,
) -> Value<'a> {
    if is_none_of(nothing, value, bump) {
        return Value::Missing;
    }
    let text = as_text(value, bump).text().unwrap_or_default();
    parse_integer(text).map_or_else(|| counted(tally, counter), Value::Integer)
}

pub(super) fn to_float<'a>(
    value: Value<'a>,
    nothing: &[String],
    counter: usize,
    bump: &'a Bump,
    tally: &mut Tally,
) -> Value<'a> {
    if let Value::Float(number) = value {
        let none = nothing.iter().any(|none| none.parse() == Ok(number));
        return if none { Value::Missing } else { value };
    }
    if is_none_of(nothing, value, bump) {
        return Value::Missing;
    }
    let text = as_text(value, bump).text().unwrap_or_default();
    parse_float(text).map_or_else(|| counted(tally, counter), Value::Float)
}

pub(super) fn to_date<'a>(
    value: Value<'a>,
    nothing: &[Day],
    counter: usize,
    setting: &Setting<'_>,
    tally: &mut Tally,
) -> Value<'a> {
    const DAY_MICROS: i64 = 86_400_000_000;
    let day = match value {
        Value::Date(day) => Some(day),
        Value::LocalDatetime(micros) | Value::ZonedDatetime(micros) => {
            i32::try_from(micros.div_euclid(DAY_MICROS)).ok()
        }
        Value::Text(text) => parse_date(text),
        _ => None,
    };
    match day {
        Some(day) if nothing.contains(&day) => Value::Missing,
        Some(day) if (setting.days.0..=setting.days.1).contains(&day) => Value::Date(day),
        _ => counted(tally, counter),
    }
}

/// Dates and times are values of their own here; what else there is stays text, in the one form that graph tables keep.
pub(super) fn to_typed<'a>(
    kind: PropertyType,
    value: Value<'a>,
    counter: usize,
    bump: &'a Bump,
    tally: &mut Tally,
) -> Value<'a> {
    let Value::Text(text) = value else { return value };
    let typed = match kind {
        PropertyType::LocalDatetime | PropertyType::ZonedDatetime => match typed_text::parse(kind, text) {
            Some(target::value::Value::LocalDatetime(micros)) => Some(Value::LocalDatetime(micros)),
            Some(target::value::Value::ZonedDatetime(micros)) => Some(Value::ZonedDatetime(micros)),
            _ => None,
        },
        _ => typed_text::canonical(kind, text).map(|text| Value::Text(bump.alloc_str(&text))),
    };
    typed.unwrap_or_else(|| counted(tally, counter))
}

fn counted<'a>(tally: &mut Tally, counter: usize) -> Value<'a> {
    tally.count(counter);
    Value::Missing
}
