//! Rows between the socket and the encoder: a batch bounded in bytes, laid out by column.
//!
//! In: rows as the driver hands them over. Out: for each column one run of values that becomes an Arrow array without being
//! copied again. Nothing is checked or converted here: this is the reader thread, which must keep up with the server.

use arrow::array::NullBufferBuilder;
use arrow::buffer::NullBuffer;
use mysql::Value;

use crate::cursor::BATCH_BYTES;
use crate::layout::{CellKind, Layout, LayoutColumn};

/// A column's memory beyond this is given back: it has held a value larger than a whole batch should be.
const KEPT_BYTES: usize = 2 * BATCH_BYTES;

/// A date with a time, as the server sends it: zero and impossible dates too.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Moment {
    pub year: u16,
    pub month: u8,
    pub day: u8,
    pub hour: u8,
    pub minute: u8,
    pub second: u8,
    pub micros: u32,
}

/// A TIME, which may be negative and longer than a day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct ClockTime {
    pub negative: bool,
    pub days: u32,
    pub hours: u8,
    pub minutes: u8,
    pub seconds: u8,
    pub micros: u32,
}

/// The values of one column in one batch.
pub struct Cells {
    /// One value a row; a default where it is NULL.
    pub values: Values,
    nulls: NullBufferBuilder,
}

/// Values by the form in which they arrive.
#[derive(Debug)]
#[allow(missing_docs)]
pub enum Values {
    Integers(Vec<i64>),
    Unsigned(Vec<u64>),
    Floats(Vec<f32>),
    Doubles(Vec<f64>),
    Moments(Vec<Moment>),
    Times {
        times: Vec<ClockTime>,
        fraction: u8,
    },
    /// All values one after the other; value `i` ends at `ends[i + 1]`.
    Bytes {
        bytes: Vec<u8>,
        ends: Vec<i32>,
    },
}

/// A run of rows.
pub struct RowBatch {
    /// Ordinal of the first row in the table, from 0.
    pub first_row: u64,
    /// How many rows.
    pub rows: usize,
    /// Bytes that their values take here.
    pub bytes: usize,
    /// The columns, in table order.
    pub columns: Vec<Cells>,
}

/// A value of another form than its column has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unexpected {
    /// The column's place in the table.
    pub column: usize,
}

impl RowBatch {
    /// An empty batch, in the memory of a spent one where there is one.
    #[must_use]
    pub fn new(layout: &Layout, first_row: u64, spent: Option<Spent>) -> Self {
        let mut spares = spent.unwrap_or_default().0.into_iter();
        let cells = |column: &LayoutColumn| {
            let values = spares.next().flatten().unwrap_or_else(|| Values::of(column.cells));
            Cells { values, nulls: NullBufferBuilder::new(0) }
        };
        Self { first_row, rows: 0, bytes: 0, columns: layout.columns.iter().map(cells).collect() }
    }

    /// Adds a row, value by value.
    ///
    /// # Errors
    /// When the row has another number of values than the table has columns, or one of another form.
    pub fn push(&mut self, values: Vec<Option<Value>>) -> Result<(), Unexpected> {
        if values.len() != self.columns.len() {
            return Err(Unexpected { column: values.len().min(self.columns.len()) });
        }
        for (column, (cells, value)) in self.columns.iter_mut().zip(values).enumerate() {
            self.bytes += cells.push(value).ok_or(Unexpected { column })?;
        }
        self.rows += 1;
        Ok(())
    }
}

/// The memory of a batch whose rows have been written, by column. Going back to the reader it saves the system from
/// handing out and clearing the same pages over and over (measured: a fifth of all time).
#[derive(Default)]
pub struct Spent(pub Vec<Option<Values>>);

impl Cells {
    /// Adds a value and returns its size; `None` when it is of another form.
    fn push(&mut self, value: Option<Value>) -> Option<usize> {
        let Some(value) = value.filter(|value| !matches!(value, Value::NULL)) else {
            self.nulls.append_null();
            self.values.push_default();
            return Some(0);
        };
        let size = self.values.push(value)?;
        self.nulls.append_non_null();
        Some(size)
    }

    /// The values with what is NULL among them.
    pub fn into_parts(mut self) -> (Values, Option<NullBuffer>) {
        (self.values, self.nulls.finish())
    }
}

impl Values {
    fn of(kind: CellKind) -> Self {
        match kind {
            CellKind::Integers => Self::Integers(Vec::new()),
            CellKind::Unsigned => Self::Unsigned(Vec::new()),
            CellKind::Floats => Self::Floats(Vec::new()),
            CellKind::Doubles => Self::Doubles(Vec::new()),
            CellKind::Moments => Self::Moments(Vec::new()),
            CellKind::Times { fraction } => Self::Times { times: Vec::new(), fraction },
            CellKind::Bytes => Self::Bytes { bytes: Vec::new(), ends: vec![0] },
        }
    }

    /// The same memory without the values; `None` where a huge value has made it larger than is worth keeping.
    #[must_use]
    pub fn emptied(mut self) -> Option<Self> {
        match &mut self {
            Self::Integers(values) => values.clear(),
            Self::Unsigned(values) => values.clear(),
            Self::Floats(values) => values.clear(),
            Self::Doubles(values) => values.clear(),
            Self::Moments(values) => values.clear(),
            Self::Times { times, .. } => times.clear(),
            Self::Bytes { bytes, .. } if bytes.capacity() > KEPT_BYTES => return None,
            Self::Bytes { bytes, ends } => {
                bytes.clear();
                ends.clear();
                ends.push(0);
            }
        }
        Some(self)
    }

    /// Adds a value and returns its size in bytes.
    fn push(&mut self, value: Value) -> Option<usize> {
        match (self, value) {
            (Self::Bytes { bytes, ends }, Value::Bytes(value)) => {
                bytes.extend_from_slice(&value);
                ends.push(i32::try_from(bytes.len()).ok()?);
                return Some(value.len());
            }
            (Self::Integers(values), Value::Int(value)) => values.push(value),
            (Self::Integers(values), Value::UInt(value)) => values.push(i64::try_from(value).ok()?),
            (Self::Unsigned(values), Value::UInt(value)) => values.push(value),
            // The driver makes an unsigned value signed when it fits.
            (Self::Unsigned(values), Value::Int(value)) => values.push(u64::try_from(value).ok()?),
            (Self::Floats(values), Value::Float(value)) => {
                values.push(value);
                return Some(4);
            }
            (Self::Doubles(values), Value::Double(value)) => values.push(value),
            (Self::Moments(values), Value::Date(year, month, day, hour, minute, second, micros)) => {
                values.push(Moment { year, month, day, hour, minute, second, micros });
            }
            (Self::Times { times, .. }, Value::Time(negative, days, hours, minutes, seconds, micros)) => {
                times.push(ClockTime { negative, days, hours, minutes, seconds, micros });
            }
            _ => return None,
        }
        Some(8)
    }

    /// Keeps the rows in step where a value is NULL.
    fn push_default(&mut self) {
        match self {
            Self::Integers(values) => values.push(0),
            Self::Unsigned(values) => values.push(0),
            Self::Floats(values) => values.push(0.0),
            Self::Doubles(values) => values.push(0.0),
            Self::Moments(values) => values.push(Moment::default()),
            Self::Times { times, .. } => times.push(ClockTime::default()),
            Self::Bytes { ends, .. } => ends.push(ends.last().copied().unwrap_or(0)),
        }
    }
}
