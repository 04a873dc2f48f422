//! A value on its way from a cell to a property.
//!
//! In: cells and items of a record, borrowed. Out: the bytes by which keys and votes are compared, and owned values for
//! what outlives the record. A missing value is a value here, never an empty text.

use super::date::Day;

/// Encoded values; most keys are short enough to need no memory of their own.
pub type Encoded = smallvec::SmallVec<[u8; 64]>;

/// A value of one record, borrowed from the cells or from the record's arena.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    /// No value.
    Missing,
    /// A truth value.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A finite number.
    Float(f64),
    /// A day.
    Date(Day),
    /// Microseconds since 1970-01-01 00:00 without a zone.
    LocalDatetime(i64),
    /// Microseconds since 1970-01-01 00:00 UTC.
    ZonedDatetime(i64),
    /// A text.
    Text(&'a str),
}

impl<'a> Value<'a> {
    /// Whether there is no value.
    pub fn is_missing(self) -> bool {
        self == Value::Missing
    }

    /// The text, where it is one.
    pub fn text(self) -> Option<&'a str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Whether it is true; a missing value is not.
    pub fn is_true(self) -> bool {
        self == Value::Boolean(true)
    }

    /// The day, where it is one.
    pub fn day(self) -> Option<Day> {
        match self {
            Value::Date(day) => Some(day),
            _ => None,
        }
    }

    /// A value that outlives the record.
    pub fn to_owned(self) -> OwnedValue {
        match self {
            Value::Missing => OwnedValue::Missing,
            Value::Boolean(truth) => OwnedValue::Boolean(truth),
            Value::Integer(number) => OwnedValue::Integer(number),
            Value::Float(number) => OwnedValue::Float(number),
            Value::Date(day) => OwnedValue::Date(day),
            Value::LocalDatetime(micros) => OwnedValue::LocalDatetime(micros),
            Value::ZonedDatetime(micros) => OwnedValue::ZonedDatetime(micros),
            Value::Text(text) => OwnedValue::Text(text.into()),
        }
    }

    /// Appends bytes that differ for different values and hold their own length.
    pub fn encode(self, bytes: &mut Encoded) {
        match self {
            Value::Missing => bytes.push(0),
            Value::Boolean(truth) => tagged(bytes, 1, &[u8::from(truth)]),
            Value::Integer(number) => tagged(bytes, 2, &number.to_le_bytes()),
            Value::Float(number) => tagged(bytes, 3, &number.to_bits().to_le_bytes()),
            Value::Date(day) => tagged(bytes, 4, &day.to_le_bytes()),
            Value::LocalDatetime(micros) => tagged(bytes, 5, &micros.to_le_bytes()),
            Value::ZonedDatetime(micros) => tagged(bytes, 6, &micros.to_le_bytes()),
            Value::Text(text) => {
                tagged(bytes, 7, &(text.len() as u64).to_le_bytes());
                bytes.extend_from_slice(text.as_bytes());
            }
        }
    }
}

fn tagged(bytes: &mut Encoded, tag: u8, payload: &[u8]) {
    bytes.push(tag);
    bytes.extend_from_slice(payload);
}

/// Reads what [`Value::encode`] wrote, value by value.
pub struct Decoder<'a>(pub &'a [u8]);

impl<'a> Decoder<'a> {
    fn take<const N: usize>(&mut self) -> [u8; N] {
        let (head, tail) = self.0.split_first_chunk::<N>().expect("encoded values are whole");
        self.0 = tail;
        *head
    }
}

impl<'a> Iterator for Decoder<'a> {
    type Item = Value<'a>;

    fn next(&mut self) -> Option<Value<'a>> {
        if self.0.is_empty() {
            return None;
        }
        Some(match self.take::<1>()[0] {
            0 => Value::Missing,
            1 => Value::Boolean(self.take::<1>()[0] == 1),
            2 => Value::Integer(i64::from_le_bytes(self.take())),
            3 => Value::Float(f64::from_bits(u64::from_le_bytes(self.take()))),
            4 => Value::Date(Day::from_le_bytes(self.take())),
            5 => Value::LocalDatetime(i64::from_le_bytes(self.take())),
            6 => Value::ZonedDatetime(i64::from_le_bytes(self.take())),
            _ => {
                let length = u64::from_le_bytes(self.take()) as usize;
                let (text, rest) = self.0.split_at(length);
                self.0 = rest;
                Value::Text(std::str::from_utf8(text).expect("encoded texts were texts"))
            }
        })
    }
}

/// A value that outlives its record.
#[derive(Debug, Clone, PartialEq)]
pub enum OwnedValue {
    /// No value.
    Missing,
    /// A truth value.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A finite number.
    Float(f64),
    /// A day.
    Date(Day),
    /// Microseconds since 1970-01-01 00:00 without a zone.
    LocalDatetime(i64),
    /// Microseconds since 1970-01-01 00:00 UTC.
    ZonedDatetime(i64),
    /// A text.
    Text(Box<str>),
}

impl OwnedValue {
    /// The value, borrowed.
    pub fn as_value(&self) -> Value<'_> {
        match self {
            Self::Missing => Value::Missing,
            Self::Boolean(truth) => Value::Boolean(*truth),
            Self::Integer(number) => Value::Integer(*number),
            Self::Float(number) => Value::Float(*number),
            Self::Date(day) => Value::Date(*day),
            Self::LocalDatetime(micros) => Value::LocalDatetime(*micros),
            Self::ZonedDatetime(micros) => Value::ZonedDatetime(*micros),
            Self::Text(text) => Value::Text(text),
        }
    }
}

/// The order among equally frequent values: numbers and days by size, texts by their bytes in UTF-8, missing first.
pub fn compare(a: Value<'_>, b: Value<'_>) -> std::cmp::Ordering {
    match (a, b) {
        (Value::Float(a), Value::Float(b)) => a.total_cmp(&b),
        (Value::Integer(a), Value::Float(b)) => (a as f64).total_cmp(&b),
        (Value::Float(a), Value::Integer(b)) => a.total_cmp(&(b as f64)),
        (Value::Text(a), Value::Text(b)) => a.as_bytes().cmp(b.as_bytes()),
        (Value::Boolean(a), Value::Boolean(b)) => a.cmp(&b),
        (Value::Integer(a), Value::Integer(b))
        | (Value::LocalDatetime(a), Value::LocalDatetime(b))
        | (Value::ZonedDatetime(a), Value::ZonedDatetime(b)) => a.cmp(&b),
        (Value::Date(a), Value::Date(b)) => a.cmp(&b),
        _ => rank(a).cmp(&rank(b)),
    }
}

fn rank(value: Value<'_>) -> u8 {
    match value {
        Value::Missing => 0,
        Value::Boolean(_) => 1,
        Value::Integer(_) | Value::Float(_) => 2,
        Value::Date(_) => 3,
        Value::LocalDatetime(_) => 4,
        Value::ZonedDatetime(_) => 5,
        Value::Text(_) => 6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_is_decoded() {
        let values = [
            Value::Text("a"),
            Value::Missing,
            Value::Float(-0.5),
            Value::Text(""),
            Value::Integer(i64::MIN),
            Value::Date(-3),
            Value::Boolean(true),
            Value::ZonedDatetime(9),
            Value::LocalDatetime(-9),
        ];
        let mut bytes = Encoded::new();
        for value in values {
            value.encode(&mut bytes);
        }
        assert_eq!(Decoder(&bytes).collect::<Vec<_>>(), values);
    }
}
