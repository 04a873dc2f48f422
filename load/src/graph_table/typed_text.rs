//! Values of the types that columns of graph tables hold as text: times of day, durations, points and lists.
//!
//! In: a text, as a cell or a field has it. Out: the value, and the one text that graph tables keep of it, so that equal values
//! are equal texts, whatever engine reads the tables. What cannot be read is `None`; nothing is ever rounded or guessed.

mod duration;
mod point;

use jiff::civil::{Date, DateTime, Time};
use jiff::{Timestamp, tz::Offset};
use serde_json::Value as Json;

use super::manifest::PropertyType;
use crate::target::value::Value;

/// Reads a text as a value of a type; the text that graph tables keep is read back to the same value.
pub fn parse(kind: PropertyType, text: &str) -> Option<Value> {
    let text = text.trim();
    let Some(element) = kind.element() else { return scalar(kind, text) };
    let Json::Array(items) = serde_json::from_str(text).ok()? else { return None };
    items.iter().map(|item| member(element, item)).collect::<Option<Vec<_>>>().map(Value::List)
}

/// The text that graph tables keep of a value; `None` for a value of another type.
pub fn write(kind: PropertyType, value: &Value) -> Option<String> {
    let Some(element) = kind.element() else { return scalar_text(kind, value) };
    let Value::List(values) = value else { return None };
    let items = values.iter().map(|value| member_json(element, value)).collect::<Option<Vec<_>>>()?;
    Some(Json::Array(items).to_string())
}

/// The text that graph tables keep of a text; `None` where it cannot be read.
pub fn canonical(kind: PropertyType, text: &str) -> Option<String> {
    write(kind, &parse(kind, text)?)
}

fn scalar(kind: PropertyType, text: &str) -> Option<Value> {
    Some(match kind {
        PropertyType::LocalTime => Value::LocalTime(nanos_of_day(text.parse().ok()?)),
        PropertyType::ZonedTime => zoned_time(text)?,
        PropertyType::Duration => duration::parse(text)?,
        PropertyType::Point => point::parse(text)?,
        PropertyType::Date => Value::Date(days(text.parse().ok()?)),
        PropertyType::LocalDatetime => Value::LocalDatetime(local_micros(text)?),
        PropertyType::ZonedDatetime => {
            Value::ZonedDatetime(whole_micros(text.parse::<Timestamp>().ok()?.as_nanosecond())?)
        }
        _ => return None,
    })
}

fn scalar_text(kind: PropertyType, value: &Value) -> Option<String> {
    Some(match (kind, value) {
        (PropertyType::LocalTime, Value::LocalTime(nanos)) => time_of(*nanos)?.to_string(),
        (PropertyType::ZonedTime, Value::ZonedTime { nanos, offset_seconds }) => {
            format!("{}{}", time_of(*nanos)?, offset_text(*offset_seconds))
        }
        (PropertyType::Duration, Value::Duration { .. }) => duration::text(value)?,
        (PropertyType::Point, Value::Point { .. }) => point::text(value)?,
        (PropertyType::Date, Value::Date(days)) => {
            Date::constant(1970, 1, 1).checked_add(jiff::Span::new().try_days(*days).ok()?).ok()?.to_string()
        }
        (PropertyType::LocalDatetime, Value::LocalDatetime(micros)) => {
            Offset::UTC.to_datetime(Timestamp::from_microsecond(*micros).ok()?).to_string()
        }
        (PropertyType::ZonedDatetime, Value::ZonedDatetime(micros)) => {
            Timestamp::from_microsecond(*micros).ok()?.to_string()
        }
        _ => return None,
    })
}

/// A member of a list. Numbers and truth values may be written as texts, as exports from other systems do.
fn member(kind: PropertyType, item: &Json) -> Option<Value> {
    match (kind, item) {
        (PropertyType::Boolean, Json::Bool(truth)) => Some(Value::Boolean(*truth)),
        (PropertyType::Integer, Json::Number(number)) => number.as_i64().map(Value::Integer),
        (PropertyType::Integer, Json::String(text)) => text.trim().parse().ok().map(Value::Integer),
        (PropertyType::Float, Json::Number(number)) => number.as_f64().map(Value::Float),
        (PropertyType::Float, Json::String(text)) => {
            text.trim().parse().ok().filter(|number: &f64| number.is_finite()).map(Value::Float)
        }
        (PropertyType::String, Json::String(text)) => Some(Value::Text(text.clone())),
        (PropertyType::String, Json::Number(number)) => Some(Value::Text(number.to_string())),
        (PropertyType::Point, Json::Object(_)) => point::parse(&item.to_string()),
        (_, Json::String(text)) => scalar(kind, text.trim()),
        _ => None,
    }
}

fn member_json(kind: PropertyType, value: &Value) -> Option<Json> {
    match value {
        Value::Boolean(truth) => Some(Json::Bool(*truth)),
        Value::Integer(number) => Some(Json::from(*number)),
        Value::Float(number) => serde_json::Number::from_f64(*number).map(Json::Number),
        Value::Text(text) => Some(Json::from(text.as_str())),
        other => scalar_text(kind, other).map(Json::String),
    }
}

fn nanos_of_day(time: Time) -> i64 {
    let seconds = i64::from(time.hour()) * 3_600 + i64::from(time.minute()) * 60 + i64::from(time.second());
    seconds * 1_000_000_000 + i64::from(time.subsec_nanosecond())
}

fn time_of(nanos: i64) -> Option<Time> {
    let (seconds, nanos) = (nanos.div_euclid(1_000_000_000), nanos.rem_euclid(1_000_000_000));
    let part = |number: i64| i8::try_from(number).ok();
    Time::new(part(seconds / 3_600)?, part(seconds / 60 % 60)?, part(seconds % 60)?, i32::try_from(nanos).ok()?).ok()
}

fn days(date: Date) -> i64 {
    i64::from((date - Date::constant(1970, 1, 1)).get_days())
}

/// Microseconds, where a text has no finer digits: graph tables hold no more.
fn whole_micros(nanos: i128) -> Option<i64> {
    (nanos % 1_000 == 0).then(|| i64::try_from(nanos / 1_000).ok()).flatten()
}

fn local_micros(text: &str) -> Option<i64> {
    let time: DateTime = text.parse().ok()?;
    whole_micros(Offset::UTC.to_timestamp(time).ok()?.as_nanosecond())
}

/// `12:00:00+02:00`, `12:00Z`.
fn zoned_time(text: &str) -> Option<Value> {
    let (time, offset_seconds) = match text.strip_suffix(['Z', 'z']) {
        Some(time) => (time, 0),
        None => {
            let at = text.rfind(['+', '-'])?;
            let (time, offset) = text.split_at(at);
            let mut parts = offset[1..].split(':').map(|part| part.parse::<i64>().ok().filter(|_| part.len() == 2));
            let (hours, minutes, seconds) =
                (parts.next()??, parts.next().unwrap_or(Some(0))?, parts.next().unwrap_or(Some(0))?);
            if parts.next().is_some() || hours > 18 || minutes > 59 || seconds > 59 {
                return None;
            }
            let total = hours * 3_600 + minutes * 60 + seconds;
            (time, if offset.starts_with('-') { -total } else { total })
        }
    };
    Some(Value::ZonedTime { nanos: nanos_of_day(time.trim().parse().ok()?), offset_seconds })
}

fn offset_text(seconds: i64) -> String {
    if seconds == 0 {
        return "Z".to_owned();
    }
    let (sign, seconds) = (if seconds < 0 { '-' } else { '+' }, seconds.abs());
    let (hours, minutes, rest) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if rest == 0 {
        format!("{sign}{hours:02}:{minutes:02}")
    } else {
        format!("{sign}{hours:02}:{minutes:02}:{rest:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_is_kept_in_one_form_and_read_back() {
        use PropertyType as T;
        let cases = [
            (T::LocalTime, " 7:05 ".trim(), None),
            (T::LocalTime, "07:05", Some("07:05:00")),
            (T::LocalTime, "23:59:59.120", Some("23:59:59.12")),
            (T::LocalTime, "-01:00:00", None),
            (T::ZonedTime, "12:00:00+02:00", Some("12:00:00+02:00")),
            (T::ZonedTime, "12:00Z", Some("12:00:00Z")),
            (T::ZonedTime, "12:00:00.5-01:30", Some("12:00:00.5-01:30")),
            (T::ZonedTime, "12:00", None),
            (T::Duration, "P1Y2M3DT4H5M6.7S", Some("P14M3DT14706.7S")),
            (T::Duration, "-838:59:59", Some("P0M0DT-3020399S")),
            (T::Duration, "PT-0.5S", Some("P0M0DT-0.5S")),
            (T::Duration, "P2W", Some("P0M14DT0S")),
            (T::Duration, "two days", None),
            (T::Duration, "P", None),
            (T::Point, "POINT(12.5 41.9)", Some("SRID=7203;POINT(12.5 41.9)")),
            (T::Point, "SRID=4326;POINT (12.5 41.9)", Some("SRID=4326;POINT(12.5 41.9)")),
            (T::Point, r#"{"longitude": 12.5, "latitude": 41.9}"#, Some("SRID=4326;POINT(12.5 41.9)")),
            (T::Point, r#"{"x": 1, "y": 2, "z": 3}"#, Some("SRID=9157;POINT Z(1 2 3)")),
            (T::Point, r#"{"longitude": 12.5, "latitude": 95}"#, None),
            (T::Point, "POINT(1)", None),
            (T::ZonedDatetime, "2024-02-29T12:00:00.5+02:00", Some("2024-02-29T10:00:00.5Z")),
            (T::LocalDatetime, "2024-02-29 12:00:00", Some("2024-02-29T12:00:00")),
            (T::LocalDatetime, "2024-02-29 12:00:00.1234567", None),
            (T::StringArray, r#"["a", 1, "c\"d"]"#, Some(r#"["a","1","c\"d"]"#)),
            (T::StringArray, r#"["a", null]"#, None),
            (T::StringArray, "a, b", None),
            (T::IntegerArray, r#"[1, "2"]"#, Some("[1,2]")),
            (T::IntegerArray, "[1.5]", None),
            (T::FloatArray, "[1, 2.5]", Some("[1.0,2.5]")),
            (T::BooleanArray, "[true,false]", Some("[true,false]")),
            (T::DateArray, r#"["1969-12-31"]"#, Some(r#"["1969-12-31"]"#)),
            (T::DurationArray, r#"["PT1M"]"#, Some(r#"["P0M0DT60S"]"#)),
            (T::PointArray, r#"[{"x": 1, "y": 2}]"#, Some(r#"["SRID=7203;POINT(1 2)"]"#)),
            (T::LocalTimeArray, "[]", Some("[]")),
        ];
        for (kind, text, wanted) in cases {
            let found = canonical(kind, text);
            assert_eq!(found.as_deref(), wanted, "{kind:?} {text}");
            if let Some(text) = found {
                let value = parse(kind, &text).unwrap();
                assert_eq!(write(kind, &value).unwrap(), text);
            }
        }
    }
}
