//! Cells: the columns of a record batch of the snapshot, read as values.
//!
//! In: Arrow arrays of the types that snapshots hold. Out: values borrowed from them, or texts written in the record's arena.
//! A number that no property can hold exactly is given as text where a text is asked for, never bent in silence.

use std::fmt::Write;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Date32Array, Decimal128Array, Float32Array, Float64Array, Int64Array,
    LargeStringArray, StringArray, StringViewArray, TimestampMicrosecondArray,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Decimal128Type, TimeUnit};
use bumpalo::Bump;
use bumpalo::collections::String as ArenaString;

use super::date;
use super::value::Value;
use crate::graph_table::manifest::PropertyType;
use crate::mapping::resolve::ColumnKind;

/// What a column of this type holds.
pub fn kind(data_type: &DataType) -> ColumnKind {
    use DataType as T;
    match data_type {
        T::Boolean => ColumnKind::Property(PropertyType::Boolean),
        T::Int8 | T::Int16 | T::Int32 | T::Int64 | T::UInt8 | T::UInt16 | T::UInt32 => {
            ColumnKind::Property(PropertyType::Integer)
        }
        T::Float32 | T::Float64 => ColumnKind::Property(PropertyType::Float),
        T::UInt64 => ColumnKind::Decimal { scale: 0 },
        T::Decimal128(_, scale) => ColumnKind::Decimal { scale: *scale },
        T::Date32 => ColumnKind::Property(PropertyType::Date),
        T::Timestamp(_, None) => ColumnKind::Property(PropertyType::LocalDatetime),
        T::Timestamp(_, Some(_)) => ColumnKind::Property(PropertyType::ZonedDatetime),
        T::Utf8 | T::LargeUtf8 | T::Utf8View => ColumnKind::Property(PropertyType::String),
        _ => ColumnKind::Bytes,
    }
}

/// One column of a record batch.
pub enum Cells {
    /// Text.
    Text(StringArray),
    /// Text of more than 2 GiB in one batch.
    LargeText(LargeStringArray),
    /// Text with views.
    TextView(StringViewArray),
    /// Truth values.
    Boolean(BooleanArray),
    /// Whole numbers.
    Integer(Int64Array),
    /// Numbers.
    Float(Float64Array),
    /// Numbers of single precision.
    Single(Float32Array),
    /// Decimal numbers with so many digits after the point.
    Decimal(Decimal128Array, i8),
    /// Days.
    Date(Date32Array),
    /// Microseconds without a zone.
    Local(TimestampMicrosecondArray),
    /// Microseconds of UTC.
    Zoned(TimestampMicrosecondArray),
}

impl Cells {
    /// Takes a column of a type that [`kind`] knows.
    ///
    /// # Errors
    /// When Arrow cannot widen the type, which a column of a snapshot never needs.
    pub fn new(array: &ArrayRef) -> Result<Self, arrow::error::ArrowError> {
        use DataType as T;
        Ok(match array.data_type() {
            T::Utf8 => Self::Text(array.as_string().clone()),
            T::LargeUtf8 => Self::LargeText(array.as_string().clone()),
            T::Utf8View => Self::TextView(array.as_string_view().clone()),
            T::Boolean => Self::Boolean(array.as_boolean().clone()),
            T::Float64 => Self::Float(array.as_primitive().clone()),
            T::Float32 => Self::Single(array.as_primitive().clone()),
            T::Decimal128(_, scale) => Self::Decimal(array.as_primitive::<Decimal128Type>().clone(), *scale),
            T::UInt64 => Self::Decimal(cast(array, &T::Decimal128(20, 0))?.as_primitive().clone(), 0),
            T::Date32 => Self::Date(array.as_primitive().clone()),
            T::Timestamp(_, zone) => {
                let micros = cast(array, &T::Timestamp(TimeUnit::Microsecond, zone.clone()))?.as_primitive().clone();
                if zone.is_none() { Self::Local(micros) } else { Self::Zoned(micros) }
            }
            _ => Self::Integer(cast(array, &T::Int64)?.as_primitive().clone()),
        })
    }

    /// The value of a row; a decimal number as the nearest float. Where every digit counts, ask for the text.
    pub fn value(&self, row: usize) -> Value<'_> {
        if self.array().is_null(row) {
            return Value::Missing;
        }
        match self {
            Self::Text(array) => Value::Text(array.value(row)),
            Self::LargeText(array) => Value::Text(array.value(row)),
            Self::TextView(array) => Value::Text(array.value(row)),
            Self::Boolean(array) => Value::Boolean(array.value(row)),
            Self::Integer(array) => Value::Integer(array.value(row)),
            Self::Float(array) => finite(array.value(row)),
            Self::Single(array) => finite(f64::from(array.value(row))),
            Self::Decimal(array, scale) => Value::Float(decimal_as_float(array.value(row), *scale)),
            Self::Date(array) => Value::Date(array.value(row)),
            Self::Local(array) => Value::LocalDatetime(array.value(row)),
            Self::Zoned(array) => Value::ZonedDatetime(array.value(row)),
        }
    }

    /// The value of a row as text.
    pub fn text<'a>(&'a self, row: usize, bump: &'a Bump) -> Value<'a> {
        match self {
            Self::Decimal(array, _) if !array.is_null(row) => Value::Text(bump.alloc_str(&array.value_as_string(row))),
            Self::Single(array) if !array.is_null(row) => Value::Text(bump.alloc_str(&array.value(row).to_string())),
            _ => as_text(self.value(row), bump),
        }
    }

    fn array(&self) -> &dyn Array {
        match self {
            Self::Text(array) => array,
            Self::LargeText(array) => array,
            Self::TextView(array) => array,
            Self::Boolean(array) => array,
            Self::Integer(array) => array,
            Self::Float(array) => array,
            Self::Single(array) => array,
            Self::Decimal(array, _) => array,
            Self::Date(array) => array,
            Self::Local(array) | Self::Zoned(array) => array,
        }
    }
}

fn finite<'a>(number: f64) -> Value<'a> {
    if number.is_finite() { Value::Float(number) } else { Value::Missing }
}

/// The float nearest to `units / 10^scale`.
fn decimal_as_float(units: i128, scale: i8) -> f64 {
    // Both parts are exact as floats, so that one division rounds once.
    let exact = units.unsigned_abs() < 1 << 53 && (0..=22).contains(&scale);
    if exact {
        return units as f64 / 10f64.powi(i32::from(scale));
    }
    format!("{units}e{}", -i32::from(scale)).parse().unwrap_or(f64::NAN)
}

/// A value written as text: numbers in the shortest form that reads back as the same number, days as `YYYY-MM-DD`.
pub fn as_text<'a>(value: Value<'a>, bump: &'a Bump) -> Value<'a> {
    let mut text = ArenaString::new_in(bump);
    let written = match value {
        Value::Missing | Value::Text(_) => return value,
        Value::Boolean(truth) => write!(text, "{truth}"),
        Value::Integer(number) => write!(text, "{number}"),
        Value::Float(number) => write!(text, "{number}"),
        Value::Date(day) => write!(text, "{}", date::to_iso(day)),
        Value::LocalDatetime(micros) => write!(text, "{}", moment(micros).trim_end_matches('Z')),
        Value::ZonedDatetime(micros) => write!(text, "{}", moment(micros)),
    };
    written.expect("an arena takes any text");
    Value::Text(text.into_bump_str())
}

fn moment(micros: i64) -> String {
    jiff::Timestamp::from_microsecond(micros).map_or_else(|_| micros.to_string(), |moment| moment.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn decimals_become_the_nearest_float() {
        assert_eq!(decimal_as_float(9_081_999, 6), 9.081_999);
        assert_eq!(decimal_as_float(-1, 6), -0.000_001);
        assert_eq!(decimal_as_float(12_345_678_901_234_567_890_123_456_789, 20), 123_456_789.012_345_67);
    }

    #[test]
    fn whole_numbers_are_written_as_they_are() {
        let bump = Bump::new();
        let array: ArrayRef = Arc::new(Int64Array::from(vec![Some(-7), None]));
        let cells = Cells::new(&array).unwrap();
        assert_eq!(cells.text(0, &bump), Value::Text("-7"));
        assert_eq!(cells.text(1, &bump), Value::Missing);
        let array: ArrayRef = Arc::new(Decimal128Array::from(vec![1_250]).with_precision_and_scale(10, 3).unwrap());
        assert_eq!(Cells::new(&array).unwrap().text(0, &bump), Value::Text("1.250"));
    }
}
