//! `docs/type-map.md`, written from the type map itself.
//!
//! Out: a table with one line for each kind of declaration. A test compares it with the file, so the two cannot differ.

use std::fmt::Write as _;

use super::{Conversion, MySqlType, OnBadValue};

/// Declarations as people know them, in the order of MySQL's manual.
const EXAMPLES: [&str; 33] = [
    "tinyint",
    "tinyint unsigned",
    "smallint",
    "smallint unsigned",
    "mediumint",
    "mediumint unsigned",
    "int",
    "int unsigned",
    "bigint",
    "bigint unsigned",
    "decimal(9,2)",
    "decimal(18,2)",
    "decimal(38,6)",
    "decimal(65,30)",
    "float",
    "double",
    "bit(10)",
    "date",
    "datetime(6)",
    "timestamp(6)",
    "time(6)",
    "year",
    "char(10)",
    "varchar(255)",
    "text",
    "uuid",
    "binary(16)",
    "varbinary(255)",
    "blob",
    "enum('a','b')",
    "set('a','b')",
    "json",
    "geometry",
];

/// The content of `docs/type-map.md`.
#[must_use]
pub fn document() -> String {
    let mut text = String::from(
        "# How MySQL types are stored\n\n\
         <!-- Written by `UPDATE_DOCS=1 cargo test -p rowgraph-shared type_map_document` from shared/src/type_map.rs: change it there. -->\n\n\
         Every column is nullable. What a type cannot hold (a *bad value*) follows `--on-bad-value`: `null` stores NULL and\n\
         counts it in the manifest, `fail` stops, `text` stores what the last table says. Nothing is rounded or wrapped.\n\n\
         | MySQL | Arrow | Parquet | rule |\n|---|---|---|---|\n",
    );
    for declared in EXAMPLES {
        line(&mut text, declared, OnBadValue::Null);
    }
    text.push_str(
        "\n`BIT` of up to 64 bits comes as 1 to 8 bytes. MariaDB's `INET4` and `INET6` are stored as its `UUID` is, MySQL's\n\
         `VECTOR` as `blob` is; MariaDB's `JSON` is `longtext`, and stored as such. A type that is not in this table is stored\n\
         as text where it has a character set and as bytes where it has none. A geometry's SRID is not stored.\n\n\
         Texts in `utf8mb4` and `utf8mb3` are taken byte by byte, so that invalid UTF-8 is seen. From other character sets the\n\
         server converts; what it cannot convert it writes as `?`. A year 0 is stored as such; some readers (Python's own dates)\n\
         know none.\n\n\
         With `--on-bad-value text` these differ:\n\n| MySQL | Arrow | Parquet | rule |\n|---|---|---|---|\n",
    );
    for declared in EXAMPLES {
        let Some(parsed) = MySqlType::parse(declared) else { continue };
        if Conversion::of(&parsed, OnBadValue::Text) != Conversion::of(&parsed, OnBadValue::Null) {
            line(&mut text, declared, OnBadValue::Text);
        }
    }
    text
}

fn line(text: &mut String, declared: &str, on_bad_value: OnBadValue) {
    let Some(parsed) = MySqlType::parse(declared) else { return };
    let Conversion { stored, rule } = Conversion::of(&parsed, on_bad_value);
    let (arrow, parquet) = (stored.arrow_name(), stored.parquet_name());
    let _ = writeln!(text, "| `{declared}` | `{arrow}` | `{parquet}` | {rule} |");
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Run with `UPDATE_DOCS=1` to write the file instead of comparing it.
    #[test]
    fn type_map_document_is_up_to_date() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/type-map.md");
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(path, document()).unwrap();
        }
        let written = std::fs::read_to_string(path).unwrap_or_default();
        assert!(written == document(), "docs/type-map.md is out of date: run this test with UPDATE_DOCS=1");
    }

    #[test]
    fn every_example_is_a_type_of_ours() {
        assert!(EXAMPLES.iter().all(|declared| MySqlType::parse(declared).is_some()));
    }
}
