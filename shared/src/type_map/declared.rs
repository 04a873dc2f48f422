//! MySQL's types, read from the way the server declares a column.
//!
//! In: `COLUMN_TYPE` of `information_schema.columns`. Out: a [`MySqlType`] with what the conversion depends on. What the
//! server says of a column on the wire is not enough: MySQL sends JSON as a blob, and MariaDB's JSON is text.

/// A declared type, as far as it matters for how the column is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // the names are MySQL's own
pub enum MySqlType {
    TinyInt {
        unsigned: bool,
    },
    SmallInt {
        unsigned: bool,
    },
    MediumInt,
    Int {
        unsigned: bool,
    },
    BigInt {
        unsigned: bool,
    },
    Year,
    Float,
    Double,
    Decimal {
        precision: u8,
        scale: u8,
    },
    Date,
    /// `fraction`: digits of a second.
    DateTime {
        fraction: u8,
    },
    Timestamp {
        fraction: u8,
    },
    Time {
        fraction: u8,
    },
    /// CHAR, VARCHAR and the TEXT family; MariaDB's UUID, INET4 and INET6.
    Text,
    Enum,
    Set,
    Json,
    /// BINARY, VARBINARY and the BLOB family; MySQL's VECTOR.
    Bytes,
    Bit,
    Geometry,
}

impl MySqlType {
    /// Reads a declared type; `None` when it is none that this version knows.
    #[must_use]
    pub fn parse(declared: &str) -> Option<Self> {
        let declared = declared.trim().to_ascii_lowercase();
        let name_end = declared.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(declared.len());
        let (name, rest) = declared.split_at(name_end);
        let unsigned = rest.contains("unsigned");
        let fraction = numbers(rest).next().unwrap_or(0);
        Some(match name {
            "tinyint" | "bool" | "boolean" => Self::TinyInt { unsigned },
            "smallint" => Self::SmallInt { unsigned },
            "mediumint" => Self::MediumInt,
            "int" | "integer" => Self::Int { unsigned },
            "bigint" => Self::BigInt { unsigned },
            "year" => Self::Year,
            "float" => Self::Float,
            "double" | "real" => Self::Double,
            "decimal" | "numeric" => {
                let mut numbers = numbers(rest);
                Self::Decimal { precision: numbers.next().unwrap_or(10), scale: numbers.next().unwrap_or(0) }
            }
            "date" => Self::Date,
            "datetime" => Self::DateTime { fraction },
            "timestamp" => Self::Timestamp { fraction },
            "time" => Self::Time { fraction },
            "char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext" | "uuid" | "inet4" | "inet6" => {
                Self::Text
            }
            "enum" => Self::Enum,
            "set" => Self::Set,
            "json" => Self::Json,
            "binary" | "varbinary" | "tinyblob" | "blob" | "mediumblob" | "longblob" | "vector" => Self::Bytes,
            "bit" => Self::Bit,
            "geometry" | "point" | "linestring" | "polygon" | "multipoint" | "multilinestring" | "multipolygon"
            | "geomcollection" | "geometrycollection" => Self::Geometry,
            _ => return None,
        })
    }
}

/// The numbers in the parentheses after a type's name.
fn numbers(rest: &str) -> impl Iterator<Item = u8> {
    let inside = rest.strip_prefix('(').and_then(|rest| rest.split_once(')')).map_or("", |(inside, _)| inside);
    inside.split(',').map_while(|number| number.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::MySqlType as My;

    #[test]
    fn declarations_of_both_servers_are_understood() {
        for (declared, expected) in [
            ("BIGINT(20) UNSIGNED", My::BigInt { unsigned: true }),
            ("bigint", My::BigInt { unsigned: false }),
            ("decimal(10,2) unsigned zerofill", My::Decimal { precision: 10, scale: 2 }),
            ("decimal(5)", My::Decimal { precision: 5, scale: 0 }),
            ("datetime(6)", My::DateTime { fraction: 6 }),
            ("time", My::Time { fraction: 0 }),
            ("enum('a(3)','unsigned')", My::Enum),
            ("longtext", My::Text),
            ("json", My::Json),
            ("varbinary(16)", My::Bytes),
            ("float(7,4)", My::Float),
            ("point", My::Geometry),
        ] {
            assert_eq!(My::parse(declared), Some(expected), "{declared}");
        }
        assert_eq!(My::parse("xmltype"), None);
    }
}
