//! The types that a snapshot's columns may have: few, and known to every reader.

use arrow::datatypes::{DataType, TimeUnit};

/// A stored type, of which each has exactly one Arrow and one Parquet form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stored {
    /// 8-bit signed integer.
    Int8,
    /// 16-bit signed integer.
    Int16,
    /// 32-bit signed integer.
    Int32,
    /// 64-bit signed integer.
    Int64,
    /// IEEE 754, 32 bits.
    Float32,
    /// IEEE 754, 64 bits.
    Float64,
    /// Exact decimal of at most 38 digits.
    #[allow(missing_docs)]
    Decimal { precision: u8, scale: u8 },
    /// Days since 1970-01-01.
    Date,
    /// Microseconds since 1970-01-01; with `utc` an instant, without it a wall clock without a zone.
    #[allow(missing_docs)]
    Timestamp { utc: bool },
    /// UTF-8.
    Text,
    /// Any bytes.
    Bytes,
}

impl Stored {
    /// The Arrow type.
    #[must_use]
    pub fn arrow(self) -> DataType {
        match self {
            Self::Int8 => DataType::Int8,
            Self::Int16 => DataType::Int16,
            Self::Int32 => DataType::Int32,
            Self::Int64 => DataType::Int64,
            Self::Float32 => DataType::Float32,
            Self::Float64 => DataType::Float64,
            // A scale is at most 38 here, so it fits.
            Self::Decimal { precision, scale } => DataType::Decimal128(precision, scale.cast_signed()),
            Self::Date => DataType::Date32,
            Self::Timestamp { utc } => DataType::Timestamp(TimeUnit::Microsecond, utc.then(|| "UTC".into())),
            Self::Text => DataType::Utf8,
            Self::Bytes => DataType::Binary,
        }
    }

    /// The stored type that an Arrow type is the form of; `None` when it is none of ours.
    #[must_use]
    pub fn of_arrow(arrow: &DataType) -> Option<Self> {
        let found = match arrow {
            DataType::Int8 => Self::Int8,
            DataType::Int16 => Self::Int16,
            DataType::Int32 => Self::Int32,
            DataType::Int64 => Self::Int64,
            DataType::Float32 => Self::Float32,
            DataType::Float64 => Self::Float64,
            DataType::Decimal128(precision, scale) => {
                Self::Decimal { precision: *precision, scale: u8::try_from(*scale).ok()? }
            }
            DataType::Date32 => Self::Date,
            DataType::Timestamp(TimeUnit::Microsecond, zone) => Self::Timestamp { utc: zone.is_some() },
            DataType::Utf8 => Self::Text,
            DataType::Binary => Self::Bytes,
            _ => return None,
        };
        // A zone other than UTC, for example, is not ours.
        (found.arrow() == *arrow).then_some(found)
    }

    /// The Arrow type in words, as the manifest has it.
    #[must_use]
    pub fn arrow_name(self) -> String {
        match self {
            Self::Int8 => "int8".into(),
            Self::Int16 => "int16".into(),
            Self::Int32 => "int32".into(),
            Self::Int64 => "int64".into(),
            Self::Float32 => "float32".into(),
            Self::Float64 => "float64".into(),
            Self::Decimal { precision, scale } => format!("decimal128({precision}, {scale})"),
            Self::Date => "date32".into(),
            Self::Timestamp { utc: false } => "timestamp[us]".into(),
            Self::Timestamp { utc: true } => "timestamp[us, UTC]".into(),
            Self::Text => "utf8".into(),
            Self::Bytes => "binary".into(),
        }
    }

    /// The Parquet type in words: the physical type and the logical one.
    #[must_use]
    pub fn parquet_name(self) -> String {
        match self {
            Self::Int8 => "INT32 (INT_8)".into(),
            Self::Int16 => "INT32 (INT_16)".into(),
            Self::Int32 => "INT32".into(),
            Self::Int64 => "INT64".into(),
            Self::Float32 => "FLOAT".into(),
            Self::Float64 => "DOUBLE".into(),
            Self::Decimal { precision, scale } => {
                let physical = match precision {
                    0..=9 => "INT32",
                    10..=18 => "INT64",
                    _ => "FIXED_LEN_BYTE_ARRAY",
                };
                format!("{physical} (DECIMAL({precision},{scale}))")
            }
            Self::Date => "INT32 (DATE)".into(),
            Self::Timestamp { utc: false } => "INT64 (TIMESTAMP_MICROS, local)".into(),
            Self::Timestamp { utc: true } => "INT64 (TIMESTAMP_MICROS, UTC)".into(),
            Self::Text => "BYTE_ARRAY (STRING)".into(),
            Self::Bytes => "BYTE_ARRAY".into(),
        }
    }

    /// The width of a value in Arrow; `None` where values have a length of their own.
    #[must_use]
    pub fn width_bytes(self) -> Option<usize> {
        match self {
            Self::Int8 => Some(1),
            Self::Int16 => Some(2),
            Self::Int32 | Self::Float32 | Self::Date => Some(4),
            Self::Int64 | Self::Float64 | Self::Timestamp { .. } => Some(8),
            Self::Decimal { .. } => Some(16),
            Self::Text | Self::Bytes => None,
        }
    }
}
