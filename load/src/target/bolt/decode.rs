//! Answers in our own form.
//!
//! In: a record of the driver with one field named `row`, a list. Out: its values with their exact types. A type that graph
//! tables do not have becomes text for people, which equals no value of a graph table.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Timelike};
use neo4rs::{BoltType, Row};

use crate::target::failure::{Class, Failure};
use crate::target::value::{Record, Value};

/// The values of the field `row`.
pub fn record(row: &Row) -> Result<Record, Failure> {
    let field: BoltType =
        row.get("row").map_err(|error| Failure::new(Class::Refused, format!("an answer cannot be read: {error}")))?;
    match field {
        BoltType::List(values) => Ok(values.value.into_iter().map(value).collect()),
        single => Ok(vec![value(single)]),
    }
}

/// A value of the driver.
pub fn value(value: BoltType) -> Value {
    match value {
        BoltType::Null(_) => Value::Null,
        BoltType::Boolean(truth) => Value::Boolean(truth.value),
        BoltType::Integer(number) => Value::Integer(number.value),
        BoltType::Float(number) => Value::Float(number.value),
        BoltType::String(text) => Value::Text(text.value),
        BoltType::List(values) => Value::List(values.value.into_iter().map(self::value).collect()),
        BoltType::Date(date) => match NaiveDate::try_from(&date) {
            Ok(day) => Value::Date((day - NaiveDate::default()).num_days()),
            Err(error) => Value::Other(format!("date: {error}")),
        },
        BoltType::LocalDateTime(time) => match NaiveDateTime::try_from(&time) {
            Ok(time) => Value::LocalDatetime(time.and_utc().timestamp_micros()),
            Err(error) => Value::Other(format!("local datetime: {error}")),
        },
        BoltType::DateTime(time) => match DateTime::<FixedOffset>::try_from(&time) {
            Ok(time) if time.offset().local_minus_utc() == 0 => Value::ZonedDatetime(time.timestamp_micros()),
            Ok(time) => Value::Other(format!("datetime {time}")),
            Err(error) => Value::Other(format!("datetime: {error}")),
        },
        BoltType::LocalTime(time) => Value::LocalTime(nanos_of_day(NaiveTime::from(time))),
        BoltType::Time(time) => {
            let (time, offset) = <(NaiveTime, FixedOffset)>::from(time);
            Value::ZonedTime { nanos: nanos_of_day(time), offset_seconds: offset.local_minus_utc().into() }
        }
        BoltType::Duration(duration) => match numbers(&format!("{duration:?}")).as_slice() {
            [months, days, seconds, nanos] => {
                Value::Duration { months: *months, days: *days, seconds: *seconds, nanos: *nanos }
            }
            _ => Value::Other(format!("{duration:?}")),
        },
        BoltType::Point2D(point) => {
            Value::Point { srid: point.sr_id.value, coordinates: vec![point.x.value, point.y.value] }
        }
        BoltType::Point3D(point) => {
            Value::Point { srid: point.sr_id.value, coordinates: vec![point.x.value, point.y.value, point.z.value] }
        }
        other => Value::Other(format!("{other:?}")),
    }
}

fn nanos_of_day(time: NaiveTime) -> i64 {
    i64::from(time.num_seconds_from_midnight()) * 1_000_000_000 + i64::from(time.nanosecond())
}

/// The whole numbers in a text. The driver, whose version is pinned, gives the parts of a duration in no other way than by
/// its debugging form; a test of the encoder reads one back.
fn numbers(text: &str) -> Vec<i64> {
    text.split(|c: char| !c.is_ascii_digit() && c != '-').filter_map(|number| number.parse().ok()).collect()
}
