//! A value as it travels between us and the target.
//!
//! In: a parameter of ours or a field of an answer. Out: the same with its exact type, so that a digest can tell the integer
//! 1 from the float 1.0. Rows of graph tables never take this form on their way in: they are encoded column by column.

/// One value of Neo4j's property types, and lists of such.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Missing.
    Null,
    /// True or false.
    Boolean(bool),
    /// 64-bit integer.
    Integer(i64),
    /// 64-bit float.
    Float(f64),
    /// Text.
    Text(String),
    /// Days since 1970-01-01.
    Date(i64),
    /// Microseconds since 1970-01-01T00:00:00, without a zone.
    LocalDatetime(i64),
    /// Microseconds since 1970-01-01T00:00:00Z, in UTC.
    ZonedDatetime(i64),
    /// Nanoseconds since midnight, without a zone.
    LocalTime(i64),
    /// A time of day in a zone.
    ZonedTime {
        /// Nanoseconds since midnight there.
        nanos: i64,
        /// Offset from UTC.
        offset_seconds: i64,
    },
    /// A duration; its three parts are never turned into each other.
    Duration {
        /// Months.
        months: i64,
        /// Days.
        days: i64,
        /// Seconds.
        seconds: i64,
        /// Nanoseconds after these, never negative.
        nanos: i64,
    },
    /// A point.
    Point {
        /// Coordinate system.
        srid: i64,
        /// Two or three.
        coordinates: Vec<f64>,
    },
    /// A list.
    List(Vec<Value>),
    /// A type that graph tables do not have, as text for people.
    Other(String),
}

impl Value {
    /// A list of texts.
    pub fn texts<T: Into<String>>(texts: impl IntoIterator<Item = T>) -> Self {
        Self::List(texts.into_iter().map(|text| Self::Text(text.into())).collect())
    }

    /// A list of integers.
    pub fn integers(numbers: impl IntoIterator<Item = i64>) -> Self {
        Self::List(numbers.into_iter().map(Self::Integer).collect())
    }

    /// The integer, if it is one.
    pub fn as_integer(&self) -> Option<i64> {
        if let Self::Integer(number) = self { Some(*number) } else { None }
    }

    /// A count, if it is an integer that is not negative.
    pub fn as_count(&self) -> Option<u64> {
        self.as_integer().and_then(|number| u64::try_from(number).ok())
    }

    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The elements, if it is a list.
    pub fn as_list(&self) -> Option<&[Value]> {
        if let Self::List(list) = self { Some(list) } else { None }
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// One record of an answer: the elements of the list that every reading statement of ours returns.
pub type Record = Vec<Value>;
