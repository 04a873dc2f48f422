//! One column of one batch: from the form in which it arrived to the Arrow array that is stored.
//!
//! In: cells and the column's layout. Out: an array, and a count of the values that its type cannot hold. What arrives in
//! the stored form is moved, not copied. A value is stored exactly or it is a bad value; nothing in between.

mod bad_value;
#[cfg(test)]
mod fuzz;
mod moment;
mod number;
mod text;

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BinaryArray, Date32Array, Decimal128Array, Float32Array, Float64Array, Int8Array, Int16Array,
    Int32Array, Int64Array, StringArray, TimestampMicrosecondArray,
};
use arrow::buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::DataType;
use shared::type_map::{OnBadValue, Stored};

pub use bad_value::{BadValue, Tally};

use crate::batch::{Cells, Values};
use crate::layout::LayoutColumn;
use bad_value::{Reason, Sink};

/// A column's array and, where its values were converted and not moved, the memory they came in.
pub struct Decoded {
    /// What is stored.
    pub array: ArrayRef,
    spare: Option<Values>,
}

impl Decoded {
    /// The column's memory, once the array has been written.
    pub fn spend(self) -> Option<Values> {
        let Self { array, spare } = self;
        spare.or_else(|| memory_of(array)).and_then(Values::emptied)
    }
}

/// The memory that was moved into an array, if nobody else holds it.
fn memory_of(array: ArrayRef) -> Option<Values> {
    let data = array.to_data();
    drop(array);
    let data_type = data.data_type().clone();
    let (.., buffers, _) = data.into_parts();
    let mut buffers = buffers.into_iter();
    let first = buffers.next()?;
    match data_type {
        DataType::Int64 => first.into_vec().ok().map(Values::Integers),
        DataType::Float32 => first.into_vec().ok().map(Values::Floats),
        DataType::Float64 => first.into_vec().ok().map(Values::Doubles),
        DataType::Utf8 | DataType::Binary => {
            let (ends, bytes) = (first.into_vec().ok()?, buffers.next()?.into_vec().ok()?);
            Some(Values::Bytes { bytes, ends })
        }
        _ => None,
    }
}

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
) -> Result<Decoded, BadValue> {
    let (values, nulls) = cells.into_parts();
    let mut sink = Sink { first_row, on_bad_value, tally };
    let stored = column.stored;
    let decoded = match values {
        // These have the stored form already.
        Values::Integers(values) if stored == Stored::Int64 => moved(Int64Array::new(values.into(), nulls)),
        Values::Floats(values) => moved(Float32Array::new(values.into(), nulls)),
        Values::Doubles(values) => moved(Float64Array::new(values.into(), nulls)),
        Values::Bytes { bytes, ends } if stored == Stored::Text => {
            let array = text::texts(bytes, ends, nulls.as_ref(), &mut sink)?;
            Decoded { array, spare: None }
        }
        Values::Bytes { bytes, ends } if stored == Stored::Bytes => {
            let offsets = OffsetBuffer::new(ScalarBuffer::from(ends));
            moved(BinaryArray::new(offsets, Buffer::from_vec(bytes), nulls))
        }
        // These are converted.
        Values::Integers(values) => {
            let array = integers(stored, &values, nulls, &mut sink)?;
            converted(array, Values::Integers(values))
        }
        Values::Unsigned(values) => {
            let array = unsigned(stored, &values, nulls, &mut sink)?;
            converted(array, Values::Unsigned(values))
        }
        Values::Moments(values) => {
            let array = moments(stored, values.len(), nulls, &mut sink, |row| Ok(values[row]))?;
            converted(array, Values::Moments(values))
        }
        Values::Times { times, fraction } => {
            let array = moment::times(&times, fraction, nulls.as_ref());
            converted(array, Values::Times { times, fraction })
        }
        Values::Bytes { bytes, ends } => {
            let array = from_bytes(stored, &bytes, &ends, nulls, &mut sink)?;
            converted(array, Values::Bytes { bytes, ends })
        }
    };
    Ok(decoded)
}

fn moved(array: impl Array + 'static) -> Decoded {
    Decoded { array: Arc::new(array), spare: None }
}

fn converted(array: ArrayRef, spare: Values) -> Decoded {
    Decoded { array, spare: Some(spare) }
}

/// What arrived as text and is stored as something else: decimals always, everything with the text protocol.
fn from_bytes(
    stored: Stored,
    bytes: &[u8],
    ends: &[i32],
    nulls: Option<NullBuffer>,
    sink: &mut Sink<'_>,
) -> Result<ArrayRef, BadValue> {
    let rows = ends.len() - 1;
    // Offsets are lengths of one growing vector: they only grow, and are not negative.
    let value = |row: usize| &bytes[ends[row].unsigned_abs() as usize..ends[row + 1].unsigned_abs() as usize];
    match stored {
        Stored::Decimal { precision, scale } => {
            let read = |row| number::decimal(value(row), precision, scale).ok_or(Reason::NotOfItsType);
            let (values, nulls) = sink.each(rows, nulls, read)?;
            Ok(decimals(values, nulls, precision, scale))
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
        // Texts and bytes are stored as they come, above; what is left are integers.
        _ => {
            let (values, nulls) =
                sink.each(rows, nulls, |row| number::parsed(value(row)).ok_or(Reason::NotOfItsType))?;
            integers(stored, &values, nulls, sink)
        }
    }
}

fn integers(
    stored: Stored,
    values: &[i64],
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
            let (values, nulls) = narrow(values, nulls, sink)?;
            Arc::new(Int8Array::new(values.into(), nulls))
        }
        Stored::Int16 => {
            let (values, nulls) = narrow(values, nulls, sink)?;
            Arc::new(Int16Array::new(values.into(), nulls))
        }
        Stored::Int32 => {
            let (values, nulls) = narrow(values, nulls, sink)?;
            Arc::new(Int32Array::new(values.into(), nulls))
        }
        _ => Arc::new(Int64Array::new(values.to_vec().into(), nulls)),
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
