//! One column of one batch: from the form in which it arrived to the Arrow array that is stored.
//!
//! In: cells and the column's layout. Out: an array, and a count of the values that its type cannot hold. What arrives in
//! the stored form is moved, not copied. A value is stored exactly or it is a bad value; nothing in between.

mod bad_value;
mod moment;
mod number;
mod text;

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, Date32Array, Decimal128Array, Float32Array, Float64Array, Int8Array, Int16Array, Int32Array,
    Int64Array, StringArray, TimestampMicrosecondArray,
};
use arrow::buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use shared::type_map::{OnBadValue, Stored};

pub use bad_value::{BadValue, Tally};

use crate::batch::{Cells, Values};
use crate::layout::LayoutColumn;
use bad_value::{Reason, Sink};

/// Makes the array of a column. `first_row` is the ordinal of the batch's first row.
///
/// # Errors
/// The first bad value, when bad values are not allowed.
pub fn decode(
    column: &LayoutColumn,
    cells: Cells,
    first_row: u64,
    on_bad_value: OnBadValue,
    tally: &mut Tally,
) -> Result<ArrayRef, BadValue> {
    let (values, nulls) = cells.into_parts();
    let mut sink = Sink { first_row, on_bad_value, tally };
    match values {
        Values::Integers(values) => integers(column.stored, values, nulls, &mut sink),
        Values::Unsigned(values) => unsigned(column.stored, &values, nulls, &mut sink),
        Values::Floats(values) => Ok(Arc::new(Float32Array::new(values.into(), nulls))),
        Values::Doubles(values) => Ok(Arc::new(Float64Array::new(values.into(), nulls))),
        Values::Moments(moments) => {
            let read = |row: usize| Ok(moments[row]);
            self::moments(column.stored, moments.len(), nulls, &mut sink, read)
        }
        Values::Times { times, fraction } => Ok(moment::times(&times, fraction, nulls.as_ref())),
        Values::Bytes { bytes, ends } => from_bytes(column.stored, bytes, ends, nulls, &mut sink),
    }
}

/// What arrived as bytes: texts and blobs as such, decimals always, everything with the text protocol.
fn from_bytes(
    stored: Stored,
    bytes: Vec<u8>,
    ends: Vec<i32>,
    nulls: Option<NullBuffer>,
    sink: &mut Sink<'_>,
) -> Result<ArrayRef, BadValue> {
    let rows = ends.len() - 1;
    let ends = ends;
    // Offsets only ever grow, since they are lengths of one growing vector, and lengths are not negative.
    let value = |row: usize| &bytes[ends[row].unsigned_abs() as usize..ends[row + 1].unsigned_abs() as usize];
    match stored {
        Stored::Text => text::texts(bytes, ends, nulls, sink),
        Stored::Bytes => {
            let offsets = OffsetBuffer::new(ScalarBuffer::from(ends));
            Ok(Arc::new(BinaryArray::new(offsets, Buffer::from_vec(bytes), nulls)))
        }
        Stored::Decimal { precision, scale } => {
            let read = |row| number::decimal(value(row), precision, scale).ok_or(Reason::NotOfItsType);
            let (values, nulls) = sink.each(rows, nulls, read)?;
            Ok(decimals(values, nulls, precision, scale))
        }
        Stored::Int8 | Stored::Int16 | Stored::Int32 | Stored::Int64 => {
            let (values, nulls) =
                sink.each(rows, nulls, |row| number::parsed(value(row)).ok_or(Reason::NotOfItsType))?;
            integers(stored, values, nulls, sink)
        }
        Stored::Float32 => {
            // Written out as a DOUBLE (see the layout), so that narrowing gives the same bits back.
            let narrowed = |row| number::parsed::<f64>(value(row)).map(|wide| wide as f32).ok_or(Reason::NotOfItsType);
            let (values, nulls) = sink.each(rows, nulls, narrowed)?;
            Ok(Arc::new(Float32Array::new(values.into(), nulls)))
        }
        Stored::Float64 => {
            let (values, nulls) =
                sink.each(rows, nulls, |row| number::parsed(value(row)).ok_or(Reason::NotOfItsType))?;
            Ok(Arc::new(Float64Array::new(values.into(), nulls)))
        }
        Stored::Date | Stored::Timestamp { .. } => {
            let read = |row: usize| moment::parse(value(row)).ok_or(Reason::NotOfItsType);
            moments(stored, rows, nulls, sink, read)
        }
    }
}

fn integers(
    stored: Stored,
    values: Vec<i64>,
    nulls: Option<NullBuffer>,
    sink: &mut Sink<'_>,
) -> Result<ArrayRef, BadValue> {
    fn narrow<T: TryFrom<i64> + Default>(
        values: &[i64],
        nulls: Option<NullBuffer>,
        sink: &mut Sink<'_>,
    ) -> Result<(Vec<T>, Option<NullBuffer>), BadValue> {
        sink.each(values.len(), nulls, |row| T::try_from(values[row]).map_err(|_| Reason::NotOfItsType))
    }
    Ok(match stored {
        Stored::Int8 => {
            let (values, nulls) = narrow(&values, nulls, sink)?;
            Arc::new(Int8Array::new(values.into(), nulls))
        }
        Stored::Int16 => {
            let (values, nulls) = narrow(&values, nulls, sink)?;
            Arc::new(Int16Array::new(values.into(), nulls))
        }
        Stored::Int32 => {
            let (values, nulls) = narrow(&values, nulls, sink)?;
            Arc::new(Int32Array::new(values.into(), nulls))
        }
        _ => Arc::new(Int64Array::new(values.into(), nulls)),
    })
}

fn unsigned(
    stored: Stored,
    values: &[u64],
    nulls: Option<NullBuffer>,
    sink: &mut Sink<'_>,
) -> Result<ArrayRef, BadValue> {
    let (precision, scale) = match stored {
        Stored::Decimal { precision, scale } => (precision, scale),
        _ => (20, 0),
    };
    let (values, nulls) = sink.each(values.len(), nulls, |row| Ok(i128::from(values[row])))?;
    Ok(decimals(values, nulls, precision, scale))
}

fn decimals(values: Vec<i128>, nulls: Option<NullBuffer>, precision: u8, scale: u8) -> ArrayRef {
    let array = Decimal128Array::new(values.into(), nulls);
    let data_type = Stored::Decimal { precision, scale }.arrow();
    Arc::new(array.with_data_type(data_type))
}

fn moments(
    stored: Stored,
    rows: usize,
    nulls: Option<NullBuffer>,
    sink: &mut Sink<'_>,
    read: impl Fn(usize) -> Result<crate::batch::Moment, Reason>,
) -> Result<ArrayRef, BadValue> {
    if stored == Stored::Date {
        let (days, nulls) = sink.each(rows, nulls, |row| moment::days(read(row)?))?;
        return Ok(Arc::new(Date32Array::new(days.into(), nulls)));
    }
    let (micros, nulls) = sink.each(rows, nulls, |row| moment::micros(read(row)?))?;
    let array = TimestampMicrosecondArray::new(micros.into(), nulls);
    Ok(Arc::new(array.with_data_type(stored.arrow())))
}

/// Texts that are known to be UTF-8.
fn string_array(texts: impl Iterator<Item = Option<String>>) -> ArrayRef {
    Arc::new(texts.collect::<StringArray>())
}

#[cfg(test)]
mod tests;
