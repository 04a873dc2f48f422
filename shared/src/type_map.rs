//! The one table of how MySQL types are stored.
//!
//! In: a column's type as MySQL declares it (`decimal(38,6)`, `bigint(20) unsigned`). Out: the Arrow and Parquet type it is
//! stored as, and the rule in words, which goes into the manifest and into `docs/type-map.md`. The types are chosen so that
//! Spark, DuckDB, Polars and pyarrow read the same values; nothing is ever rounded, wrapped or bent to fit.

mod declared;
mod document;
mod stored;

use std::fmt;

pub use declared::MySqlType;
pub use document::document;
pub use stored::Stored;

/// What becomes of a value that the stored type cannot hold: zero and partial dates, invalid UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum OnBadValue {
    /// It is stored as NULL and counted in the manifest.
    #[default]
    Null,
    /// Date columns are stored as the text the server writes; a bad byte of a text becomes `\xNN`.
    Text,
    /// The extraction fails and names the first one.
    Fail,
}

impl fmt::Display for OnBadValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "null",
            Self::Text => "text",
            Self::Fail => "fail",
        })
    }
}

/// How one column is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversion {
    /// The type it has in Arrow and Parquet.
    pub stored: Stored,
    /// The rule in words.
    pub rule: &'static str,
}

impl Conversion {
    /// The conversion of a declared type. This is the type map.
    #[must_use]
    pub fn of(declared: &MySqlType, on_bad_value: OnBadValue) -> Self {
        use MySqlType as My;
        let as_text = on_bad_value == OnBadValue::Text;
        let (stored, rule) = match *declared {
            My::TinyInt { unsigned: false } => (Stored::Int8, "integer of the same width"),
            My::TinyInt { unsigned: true } | My::Year => (Stored::Int16, "integer that holds every value"),
            My::SmallInt { unsigned: false } => (Stored::Int16, "integer of the same width"),
            My::SmallInt { unsigned: true } | My::MediumInt => (Stored::Int32, "integer that holds every value"),
            My::Int { unsigned: false } => (Stored::Int32, "integer of the same width"),
            My::Int { unsigned: true } => (Stored::Int64, "integer that holds every value"),
            My::BigInt { unsigned: false } => (Stored::Int64, "integer of the same width"),
            My::BigInt { unsigned: true } => {
                (Stored::Decimal { precision: 20, scale: 0 }, "decimal, because readers lack unsigned 64-bit integers")
            }
            My::Float => (Stored::Float32, "same bits"),
            My::Double => (Stored::Float64, "same bits"),
            My::Decimal { precision, scale } if precision <= 38 => {
                (Stored::Decimal { precision, scale }, "decimal of the same precision and scale")
            }
            My::Decimal { .. } => (Stored::Text, "text, because no Parquet decimal is as wide"),
            My::Date | My::DateTime { .. } | My::Timestamp { .. } if as_text => {
                (Stored::Text, "text as the server writes it (--on-bad-value text)")
            }
            My::Date => (Stored::Date, "date; zero, partial and impossible dates are bad values"),
            My::DateTime { .. } => (
                Stored::Timestamp { utc: false },
                "local time in microseconds; zero, partial and impossible dates are bad values",
            ),
            My::Timestamp { .. } => {
                (Stored::Timestamp { utc: true }, "instant in microseconds, UTC; zero dates are bad values")
            }
            My::Time { .. } => {
                (Stored::Text, "text as the server writes it, because it may exceed a day or be negative")
            }
            My::Text | My::Enum | My::Set if as_text => {
                (Stored::Text, "UTF-8; a value with invalid bytes has them as \\xNN, and its backslashes doubled")
            }
            My::Text => (Stored::Text, "UTF-8; invalid UTF-8 is a bad value"),
            My::Enum | My::Set => (Stored::Text, "UTF-8, the names and not the numbers; invalid UTF-8 is a bad value"),
            My::Json => (Stored::Text, "UTF-8, as the server writes it"),
            My::Bytes => (Stored::Bytes, "same bytes"),
            My::Bit => (Stored::Bytes, "bytes, the highest bits first"),
            My::Geometry => (Stored::Bytes, "well-known binary (ST_AsBinary)"),
        };
        Self { stored, rule }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(declared: &str, on_bad_value: OnBadValue) -> Stored {
        Conversion::of(&MySqlType::parse(declared).unwrap(), on_bad_value).stored
    }

    #[test]
    fn every_integer_has_room_for_its_limits() {
        for (declared, expected) in [
            ("tinyint(1)", Stored::Int8),
            ("tinyint(3) unsigned", Stored::Int16),
            ("smallint(6)", Stored::Int16),
            ("smallint(5) unsigned zerofill", Stored::Int32),
            ("mediumint unsigned", Stored::Int32),
            ("int(11)", Stored::Int32),
            ("int unsigned", Stored::Int64),
            ("bigint(20)", Stored::Int64),
            ("bigint(20) unsigned", Stored::Decimal { precision: 20, scale: 0 }),
            ("year(4)", Stored::Int16),
        ] {
            assert_eq!(stored(declared, OnBadValue::Null), expected, "{declared}");
        }
    }

    #[test]
    fn decimals_are_decimals_as_long_as_parquet_has_them() {
        assert_eq!(stored("decimal(38,6)", OnBadValue::Null), Stored::Decimal { precision: 38, scale: 6 });
        assert_eq!(stored("decimal(39,6)", OnBadValue::Null), Stored::Text);
        assert_eq!(stored("decimal(65,30) unsigned", OnBadValue::Null), Stored::Text);
    }

    #[test]
    fn dates_are_text_when_bad_ones_are_to_be_kept() {
        assert_eq!(stored("datetime(6)", OnBadValue::Null), Stored::Timestamp { utc: false });
        assert_eq!(stored("timestamp", OnBadValue::Fail), Stored::Timestamp { utc: true });
        assert_eq!(stored("date", OnBadValue::Text), Stored::Text);
        assert_eq!(stored("time(3)", OnBadValue::Null), Stored::Text);
    }
}
