//! Rows of graph tables as values, and what makes two of them the same.
//!
//! In: a record batch. Out: the values of a row with their exact types, bytes that tell identities apart, and a comparison
//! in which the integer 1 is not the float 1.0. For comparing and for digests; writers encode columns directly.

use std::ops::Range;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Date32Type, Float64Type, Int64Type, TimeUnit, TimestampMicrosecondType};

use super::manifest::PropertyType;
use super::typed_text;
use crate::target::value::Value;

/// The values of some columns of a row.
pub fn values(batch: &RecordBatch, row: usize, columns: Range<usize>) -> Vec<Value> {
    let schema = batch.schema();
    let fields = schema.fields()[columns.clone()].iter();
    let columns = batch.columns()[columns].iter().zip(fields);
    columns
        .map(|(column, field)| match PropertyType::of_typed_text(field) {
            Some(kind) if column.is_valid(row) => typed_value(kind, column.as_string::<i32>().value(row)),
            _ => value(column.as_ref(), row),
        })
        .collect()
}

/// The value of a text that stands for something else. What staging wrote can be read; anything else equals nothing.
pub fn typed_value(kind: PropertyType, text: &str) -> Value {
    typed_text::parse(kind, text).unwrap_or_else(|| Value::Other(text.to_owned()))
}

fn value(array: &dyn Array, row: usize) -> Value {
    if array.is_null(row) {
        return Value::Null;
    }
    match array.data_type() {
        DataType::Boolean => Value::Boolean(array.as_boolean().value(row)),
        DataType::Int64 => Value::Integer(array.as_primitive::<Int64Type>().value(row)),
        DataType::Float64 => Value::Float(array.as_primitive::<Float64Type>().value(row)),
        DataType::Utf8 => Value::Text(array.as_string::<i32>().value(row).to_owned()),
        DataType::Date32 => Value::Date(i64::from(array.as_primitive::<Date32Type>().value(row))),
        DataType::Timestamp(TimeUnit::Microsecond, zone) => {
            let micros = array.as_primitive::<TimestampMicrosecondType>().value(row);
            if zone.is_some() { Value::ZonedDatetime(micros) } else { Value::LocalDatetime(micros) }
        }
        other => unreachable!("the reader refuses tables with columns of type {other}"),
    }
}

/// Appends a value so that different values, and equal ones of different types, give different bytes.
pub fn push_bytes(value: &Value, bytes: &mut Vec<u8>) {
    match value {
        Value::Null => bytes.push(0),
        Value::Boolean(truth) => bytes.extend([1, u8::from(*truth)]),
        Value::Integer(number) => push(2, &number.to_le_bytes(), bytes),
        Value::Float(number) => push(3, &number.to_bits().to_le_bytes(), bytes),
        Value::Text(text) => push_text(4, text, bytes),
        Value::Date(days) => push(5, &days.to_le_bytes(), bytes),
        Value::LocalDatetime(micros) => push(6, &micros.to_le_bytes(), bytes),
        Value::ZonedDatetime(micros) => push(7, &micros.to_le_bytes(), bytes),
        Value::List(values) => {
            push(8, &(values.len() as u64).to_le_bytes(), bytes);
            values.iter().for_each(|value| push_bytes(value, bytes));
        }
        Value::Other(text) => push_text(9, text, bytes),
        Value::LocalTime(nanos) => push(10, &nanos.to_le_bytes(), bytes),
        Value::ZonedTime { nanos, offset_seconds } => {
            push(11, &nanos.to_le_bytes(), bytes);
            bytes.extend(offset_seconds.to_le_bytes());
        }
        Value::Duration { months, days, seconds, nanos } => {
            push(12, &months.to_le_bytes(), bytes);
            [days, seconds, nanos].iter().for_each(|part| bytes.extend(part.to_le_bytes()));
        }
        Value::Point { srid, coordinates } => {
            push(13, &srid.to_le_bytes(), bytes);
            push(13, &(coordinates.len() as u64).to_le_bytes(), bytes);
            coordinates.iter().for_each(|number| bytes.extend(number.to_bits().to_le_bytes()));
        }
    }
}

fn push(tag: u8, content: &[u8], bytes: &mut Vec<u8>) {
    bytes.push(tag);
    bytes.extend_from_slice(content);
}

fn push_text(tag: u8, text: &str, bytes: &mut Vec<u8>) {
    push(tag, &(text.len() as u64).to_le_bytes(), bytes);
    bytes.extend_from_slice(text.as_bytes());
}

/// The bytes that tell an element apart: its first `keys` values and those at `identity`.
pub fn identity(values: &[Value], keys: usize, identity: &[usize]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(64);
    values.iter().take(keys).for_each(|value| push_bytes(value, &mut bytes));
    identity.iter().filter_map(|index| values.get(*index)).for_each(|value| push_bytes(value, &mut bytes));
    bytes
}

/// Whether two rows are the same, types included.
pub fn is_same(left: &[Value], right: &[Value]) -> bool {
    let bytes = |values: &[Value]| identity(values, values.len(), &[]);
    bytes(left) == bytes(right)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_different_types_are_never_the_same() {
        let values = [
            Value::Null,
            Value::Boolean(true),
            Value::Integer(1),
            Value::Float(1.0),
            Value::Text("1".into()),
            Value::Date(1),
            Value::LocalDatetime(1),
            Value::ZonedDatetime(1),
            Value::List(vec![Value::Integer(1)]),
            Value::Other("1".into()),
        ];
        for (i, left) in values.iter().enumerate() {
            for (j, right) in values.iter().enumerate() {
                assert_eq!(is_same(std::slice::from_ref(left), std::slice::from_ref(right)), i == j);
            }
        }
        assert!(!is_same(&["ab".into(), "c".into()], &["a".into(), "bc".into()]));
    }
}
