//! Rows and parameters in the driver's own form.
//!
//! In: a block of rows of a graph table. Out: a list of lists, values in column order, null where one is missing: the form
//! that takes the least time here (9 ms for 10,000 rows of 8; maps take 71 ms) and on the server.

use std::collections::HashMap;

use arrow::array::{
    Array, AsArray, BooleanArray, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Date32Type, Field, Float64Type, Int64Type, TimeUnit, TimestampMicrosecondType};
use chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime};
use neo4rs::{
    BoltBoolean, BoltDuration, BoltFloat, BoltInteger, BoltMap, BoltNull, BoltPoint2D, BoltPoint3D, BoltString,
    BoltType,
};

use super::{list, text};
use crate::graph_table::manifest::PropertyType;
use crate::graph_table::row::typed_value;
use crate::target::sink::{AttachedRows, RowBlock};
use crate::target::value::Value;

/// Days from 0001-01-01 (day 1 of the calendar) to 1970-01-01.
const EPOCH_DAY: i32 = 719_163;

/// A parameter.
pub fn value(value: Value) -> BoltType {
    match value {
        Value::Null => BoltType::Null(BoltNull),
        Value::Boolean(truth) => BoltType::Boolean(BoltBoolean { value: truth }),
        Value::Integer(number) => BoltType::Integer(BoltInteger { value: number }),
        Value::Float(number) => BoltType::Float(BoltFloat { value: number }),
        Value::Text(content) | Value::Other(content) => text(content),
        Value::Date(days) => i32::try_from(days).map_or(BoltType::Null(BoltNull), date),
        Value::LocalDatetime(micros) => local_datetime(micros),
        Value::ZonedDatetime(micros) => zoned_datetime(micros),
        Value::List(values) => list(values.into_iter().map(self::value).collect()),
        Value::LocalTime(nanos) => {
            time(nanos).map_or(BoltType::Null(BoltNull), |time| BoltType::LocalTime(time.into()))
        }
        Value::ZonedTime { nanos, offset_seconds } => {
            let offset = i32::try_from(offset_seconds).ok().and_then(FixedOffset::east_opt);
            time(nanos).zip(offset).map_or(BoltType::Null(BoltNull), |time| BoltType::Time(time.into()))
        }
        Value::Duration { months, days, seconds, nanos } => {
            BoltType::Duration(BoltDuration::new(months.into(), days.into(), seconds.into(), nanos.into()))
        }
        Value::Point { srid, coordinates } => match *coordinates.as_slice() {
            [x, y] => BoltType::Point2D(BoltPoint2D { sr_id: srid.into(), x: BoltFloat::new(x), y: BoltFloat::new(y) }),
            [x, y, z] => BoltType::Point3D(BoltPoint3D {
                sr_id: srid.into(),
                x: BoltFloat::new(x),
                y: BoltFloat::new(y),
                z: BoltFloat::new(z),
            }),
            _ => BoltType::Null(BoltNull),
        },
    }
}

/// The rows of a block, in its order.
pub fn rows(block: &RowBlock) -> BoltType {
    let schema = block.batch.schema_ref();
    let columns = block.batch.columns().iter().zip(schema.fields());
    let mut columns: Vec<Column<'_>> = columns.map(|(column, field)| Column::of(column.as_ref(), field)).collect();
    let values = |columns: &[Column<'_>], row: u32| columns.iter().map(|column| column.value(row as usize)).collect();
    if !block.attached.is_empty() {
        let attached: Vec<Attached<'_>> = block.attached.iter().map(Attached::of).collect();
        let row = |row: &u32| {
            let mut parts: Vec<BoltType> = values(&columns, *row);
            parts.extend(attached.iter().map(|attached| attached.list_of(*row)));
            list(parts)
        };
        return list(block.order.iter().map(row).collect());
    }
    let Some(grouped_by) = block.grouped_by.clone() else {
        return list(block.order.iter().map(|row| list(values(&columns, *row))).collect());
    };
    let keys: Vec<Column<'_>> = columns.drain(grouped_by).collect();
    let is_one_group = |a: &u32, b: &u32| keys.iter().all(|column| column.is_same(*a as usize, *b as usize));
    let groups = block.order.chunk_by(is_one_group).map(|group| {
        let mut parts: Vec<BoltType> = values(&keys, group[0]);
        parts.push(list(group.iter().map(|row| list(values(&columns, *row))).collect()));
        list(parts)
    });
    list(groups.collect())
}

/// The rows of a batch as maps: slower, but what Cypher that is not ours asks for. A missing value is there, as null.
pub fn named_rows(batch: &RecordBatch) -> BoltType {
    let schema = batch.schema_ref();
    let columns = batch.columns().iter().zip(schema.fields());
    let columns: Vec<(BoltString, Column<'_>)> = columns
        .map(|(column, field)| (BoltString { value: field.name().clone() }, Column::of(column.as_ref(), field)))
        .collect();
    let row = |at: usize| -> HashMap<BoltString, BoltType> {
        columns.iter().map(|(name, column)| (name.clone(), column.value(at))).collect()
    };
    list((0..batch.num_rows()).map(|at| BoltType::Map(BoltMap { value: row(at) })).collect())
}

/// Rows of another table with their columns.
struct Attached<'a> {
    rows: &'a AttachedRows,
    columns: Vec<Column<'a>>,
}

impl<'a> Attached<'a> {
    fn of(rows: &'a AttachedRows) -> Self {
        let schema = rows.batch.schema_ref();
        let columns = rows.batch.columns().iter().zip(schema.fields()).skip(rows.first_column);
        Self { rows, columns: columns.map(|(column, field)| Column::of(column.as_ref(), field)).collect() }
    }

    /// Those of a row.
    fn list_of(&self, row: u32) -> BoltType {
        let own = self.rows.of_row[row as usize].clone();
        let integer = |value: u32| BoltType::Integer(BoltInteger { value: value.into() });
        list(
            own.map(|row| {
                let end = self.rows.ends[row as usize];
                let mut parts = Vec::with_capacity(self.columns.len() + 2);
                parts.extend([integer(end), integer(end + 1)]);
                parts.extend(self.columns.iter().map(|column| column.value(row as usize)));
                list(parts)
            })
            .collect(),
        )
    }
}

/// A column of a graph table, by type.
enum Column<'a> {
    Boolean(&'a BooleanArray),
    Integer(&'a Int64Array),
    Float(&'a Float64Array),
    Text(&'a StringArray),
    /// Texts that stand for values of another type.
    TypedText(PropertyType, &'a StringArray),
    Date(&'a Date32Array),
    LocalDatetime(&'a TimestampMicrosecondArray),
    ZonedDatetime(&'a TimestampMicrosecondArray),
}

impl<'a> Column<'a> {
    fn of(array: &'a dyn Array, field: &Field) -> Self {
        if let Some(kind) = PropertyType::of_typed_text(field) {
            return Self::TypedText(kind, array.as_string::<i32>());
        }
        match array.data_type() {
            DataType::Boolean => Self::Boolean(array.as_boolean()),
            DataType::Int64 => Self::Integer(array.as_primitive::<Int64Type>()),
            DataType::Float64 => Self::Float(array.as_primitive::<Float64Type>()),
            DataType::Utf8 => Self::Text(array.as_string::<i32>()),
            DataType::Date32 => Self::Date(array.as_primitive::<Date32Type>()),
            DataType::Timestamp(TimeUnit::Microsecond, None) => {
                Self::LocalDatetime(array.as_primitive::<TimestampMicrosecondType>())
            }
            DataType::Timestamp(TimeUnit::Microsecond, Some(_)) => {
                Self::ZonedDatetime(array.as_primitive::<TimestampMicrosecondType>())
            }
            other => unreachable!("the reader refuses tables with columns of type {other}"),
        }
    }

    /// Whether two rows have the same value here; missing ones are not.
    fn is_same(&self, a: usize, b: usize) -> bool {
        match self {
            Self::Boolean(array) => array.is_valid(a) && array.is_valid(b) && array.value(a) == array.value(b),
            Self::Integer(array) => array.is_valid(a) && array.is_valid(b) && array.value(a) == array.value(b),
            Self::Float(array) => {
                array.is_valid(a) && array.is_valid(b) && array.value(a).to_bits() == array.value(b).to_bits()
            }
            Self::Text(array) | Self::TypedText(_, array) => {
                array.is_valid(a) && array.is_valid(b) && array.value(a) == array.value(b)
            }
            Self::Date(array) => array.is_valid(a) && array.is_valid(b) && array.value(a) == array.value(b),
            Self::LocalDatetime(array) | Self::ZonedDatetime(array) => {
                array.is_valid(a) && array.is_valid(b) && array.value(a) == array.value(b)
            }
        }
    }

    fn value(&self, row: usize) -> BoltType {
        let is_null = match self {
            Self::Boolean(array) => array.is_null(row),
            Self::Integer(array) => array.is_null(row),
            Self::Float(array) => array.is_null(row),
            Self::Text(array) | Self::TypedText(_, array) => array.is_null(row),
            Self::Date(array) => array.is_null(row),
            Self::LocalDatetime(array) | Self::ZonedDatetime(array) => array.is_null(row),
        };
        if is_null {
            return BoltType::Null(BoltNull);
        }
        match self {
            Self::Boolean(array) => BoltType::Boolean(BoltBoolean { value: array.value(row) }),
            Self::Integer(array) => BoltType::Integer(BoltInteger { value: array.value(row) }),
            Self::Float(array) => BoltType::Float(BoltFloat { value: array.value(row) }),
            Self::Text(array) => text(array.value(row).to_owned()),
            Self::TypedText(kind, array) => value(typed_value(*kind, array.value(row))),
            Self::Date(array) => date(array.value(row)),
            Self::LocalDatetime(array) => local_datetime(array.value(row)),
            Self::ZonedDatetime(array) => zoned_datetime(array.value(row)),
        }
    }
}

/// Days that the driver's calendar cannot hold (beyond the year 262,000) cannot come out of staging.
fn date(days: i32) -> BoltType {
    days.checked_add(EPOCH_DAY)
        .and_then(NaiveDate::from_num_days_from_ce_opt)
        .map_or(BoltType::Null(BoltNull), BoltType::from)
}

fn local_datetime(micros: i64) -> BoltType {
    DateTime::from_timestamp_micros(micros).map_or(BoltType::Null(BoltNull), |time| BoltType::from(time.naive_utc()))
}

fn time(nanos: i64) -> Option<NaiveTime> {
    let seconds = u32::try_from(nanos.div_euclid(1_000_000_000)).ok()?;
    NaiveTime::from_num_seconds_from_midnight_opt(seconds, u32::try_from(nanos.rem_euclid(1_000_000_000)).ok()?)
}

fn zoned_datetime(micros: i64) -> BoltType {
    DateTime::from_timestamp_micros(micros).map_or(BoltType::Null(BoltNull), BoltType::from)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, RecordBatch};

    use super::super::decode;
    use super::*;

    #[test]
    fn rows_come_back_with_their_exact_types_in_the_order_of_the_block() {
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("text", Arc::new(StringArray::from(vec![Some("a"), None]))),
            ("integer", Arc::new(Int64Array::from(vec![Some(1), Some(i64::MIN)]))),
            ("float", Arc::new(Float64Array::from(vec![Some(1.0), None]))),
            ("boolean", Arc::new(BooleanArray::from(vec![Some(true), Some(false)]))),
            ("date", Arc::new(Date32Array::from(vec![Some(-1), Some(20_000)]))),
            ("local", Arc::new(TimestampMicrosecondArray::from(vec![Some(-1), Some(1_700_000_000_123_456)]))),
            ("zoned", Arc::new(TimestampMicrosecondArray::from(vec![Some(5), None]).with_timezone("UTC"))),
        ];
        let batch = RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, c)| (n, c, true))).unwrap();
        let encoded = rows(&RowBlock::flat(batch, vec![1, 0]));
        let decoded = decode::value(encoded);
        let row = |values: [Value; 7]| Value::List(values.to_vec());
        let first = row([
            Value::Text("a".into()),
            Value::Integer(1),
            Value::Float(1.0),
            Value::Boolean(true),
            Value::Date(-1),
            Value::LocalDatetime(-1),
            Value::ZonedDatetime(5),
        ]);
        let second = row([
            Value::Null,
            Value::Integer(i64::MIN),
            Value::Null,
            Value::Boolean(false),
            Value::Date(20_000),
            Value::LocalDatetime(1_700_000_000_123_456),
            Value::Null,
        ]);
        assert_eq!(decoded, Value::List(vec![second, first]));
    }

    #[test]
    fn texts_that_stand_for_values_come_back_as_these() {
        use PropertyType as T;
        let cases = [
            (T::LocalTime, "07:05:00.5"),
            (T::ZonedTime, "07:05:00+02:00"),
            (T::Duration, "P14M3DT-0.5S"),
            (T::Point, "SRID=4326;POINT(12.5 41.9)"),
            (T::Point, "SRID=9157;POINT Z(1 2 3)"),
            (T::StringArray, r#"["a","b"]"#),
            (T::DurationArray, r#"["P0M1DT0S"]"#),
            (T::ZonedDatetimeArray, r#"["2024-02-29T10:00:00Z"]"#),
        ];
        for (kind, text) in cases {
            let field = kind.arrow_field("p".to_owned());
            let schema = Arc::new(arrow::datatypes::Schema::new(vec![field]));
            let column: ArrayRef = Arc::new(StringArray::from(vec![Some(text), None]));
            let batch = RecordBatch::try_new(schema, vec![column]).unwrap();
            let decoded = decode::value(rows(&RowBlock::flat(batch, vec![0, 1])));
            let wanted = crate::graph_table::typed_text::parse(kind, text).unwrap();
            assert_eq!(decoded, Value::List(vec![Value::List(vec![wanted]), Value::List(vec![Value::Null])]), "{text}");
        }
    }

    #[test]
    fn neighbours_with_one_end_are_a_group() {
        let text = |values: [&str; 4]| -> ArrayRef { Arc::new(StringArray::from(values.to_vec())) };
        let columns = [
            ("source.k", text(["a", "b", "c", "d"])),
            ("target.k", text(["x", "y", "x", "z"])),
            ("rel.p", text(["1", "2", "3", "4"])),
        ];
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let decoded = decode::value(rows(&RowBlock { grouped_by: Some(1..2), ..RowBlock::flat(batch, vec![0, 2, 1]) }));
        let group = |end: &str, rows: &[[&str; 2]]| {
            let rows = rows.iter().map(|row| Value::texts(*row)).collect();
            Value::List(vec![end.into(), Value::List(rows)])
        };
        assert_eq!(decoded, Value::List(vec![group("x", &[["a", "1"], ["c", "3"]]), group("y", &[["b", "2"]])]));
    }

    #[test]
    fn rows_of_another_table_come_with_those_that_they_belong_to() {
        let text = |values: &[&str]| -> ArrayRef { Arc::new(StringArray::from(values.to_vec())) };
        let nodes = RecordBatch::try_from_iter([("k", text(&["a", "b"]))]).unwrap();
        let batch = RecordBatch::try_from_iter([
            ("source.k", text(&["a", "a", "b"])),
            ("target.k", text(&["x", "y", "x"])),
            ("rel.p", text(&["1", "2", "3"])),
        ]);
        let attached =
            AttachedRows { batch: batch.unwrap(), first_column: 2, of_row: vec![0..2, 2..3], ends: vec![0, 1, 0] };
        let decoded = decode::value(rows(&RowBlock { attached: vec![attached], ..RowBlock::flat(nodes, vec![0, 1]) }));
        let of = |end: i64, text: &str| Value::List(vec![Value::Integer(end), Value::Integer(end + 1), text.into()]);
        let first = Value::List(vec!["a".into(), Value::List(vec![of(0, "1"), of(1, "2")])]);
        let second = Value::List(vec!["b".into(), Value::List(vec![of(0, "3")])]);
        assert_eq!(decoded, Value::List(vec![first, second]));
    }
}
