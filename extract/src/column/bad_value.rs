//! Values that their stored type cannot hold: what becomes of them, and how many there were.
//!
//! In: a verdict for each value. Out: NULL and a count, or an error that names the row. Which of the two, the user says.

use arrow::array::NullBufferBuilder;
use arrow::buffer::NullBuffer;
use shared::snapshot::BadValues;
use shared::type_map::OnBadValue;

/// Why a value cannot be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// `0000-00-00`.
    ZeroDate,
    /// A date with a month or a day of zero.
    PartialDate,
    /// A date that no calendar has, such as 31 February.
    ImpossibleDate,
    /// Text that is not UTF-8.
    InvalidUtf8,
    /// A value that is none of its own type.
    NotOfItsType,
}

impl Reason {
    /// The reason in words, as the manifest has it.
    pub fn words(self) -> &'static str {
        match self {
            Self::ZeroDate => "zero date",
            Self::PartialDate => "partial date",
            Self::ImpossibleDate => "impossible date",
            Self::InvalidUtf8 => "invalid UTF-8",
            Self::NotOfItsType => "not a value of its type",
        }
    }
}

/// A bad value, where none is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadValue {
    /// The row's ordinal, from 0.
    pub row: u64,
    /// Why.
    pub reason: &'static str,
}

/// Counts of one column's bad values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally(Vec<Count>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Count {
    reason: &'static str,
    stored_as: &'static str,
    count: u64,
    first_row: u64,
}

impl Tally {
    fn add(&mut self, reason: Reason, stored_as: &'static str, row: u64) {
        let reason = reason.words();
        match self.0.iter_mut().find(|count| count.reason == reason && count.stored_as == stored_as) {
            Some(count) => count.count += 1,
            None => self.0.push(Count { reason, stored_as, count: 1, first_row: row }),
        }
    }

    /// The counts as the manifest has them.
    pub fn describe<'a>(&'a self, column: &'a str) -> impl Iterator<Item = BadValues> + 'a {
        self.0.iter().map(|count| BadValues {
            column: column.to_owned(),
            reason: count.reason.to_owned(),
            stored_as: count.stored_as.to_owned(),
            count: count.count,
            first_row: count.first_row,
        })
    }
}

/// Takes verdicts on the values of one column in one batch.
pub struct Sink<'a> {
    /// Ordinal of the batch's first row.
    pub first_row: u64,
    /// What the user wants.
    pub on_bad_value: OnBadValue,
    /// The column's counts.
    pub tally: &'a mut Tally,
}

impl Sink<'_> {
    /// Notes a bad value.
    ///
    /// # Errors
    /// When none is allowed.
    pub fn bad(&mut self, row: usize, reason: Reason, stored_as: &'static str) -> Result<(), BadValue> {
        let row = self.first_row + row as u64;
        if self.on_bad_value == OnBadValue::Fail {
            return Err(BadValue { row, reason: reason.words() });
        }
        self.tally.add(reason, stored_as, row);
        Ok(())
    }

    /// Converts each value that is not NULL; a bad one becomes NULL.
    ///
    /// # Errors
    /// The first bad value, when none is allowed.
    pub fn each<T: Default>(
        &mut self,
        rows: usize,
        nulls: Option<NullBuffer>,
        mut convert: impl FnMut(usize) -> Result<T, Reason>,
    ) -> Result<(Vec<T>, Option<NullBuffer>), BadValue> {
        let mut values = Vec::with_capacity(rows);
        let mut bad_rows = Vec::new();
        for row in 0..rows {
            if nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
                values.push(T::default());
                continue;
            }
            values.push(match convert(row) {
                Ok(value) => value,
                Err(reason) => {
                    self.bad(row, reason, "null")?;
                    bad_rows.push(row);
                    T::default()
                }
            });
        }
        Ok((values, with_nulls(nulls, rows, &bad_rows)))
    }
}

/// `nulls` with the rows `also`, in ascending order, NULL too.
pub fn with_nulls(nulls: Option<NullBuffer>, rows: usize, also: &[usize]) -> Option<NullBuffer> {
    if also.is_empty() {
        return nulls;
    }
    let mut builder = NullBufferBuilder::new(rows);
    let mut also = also.iter().peekable();
    for row in 0..rows {
        let is_bad = also.next_if(|bad| **bad == row).is_some();
        builder.append(!is_bad && nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row)));
    }
    builder.finish()
}
