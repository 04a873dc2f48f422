//! How this table's columns travel and how they are stored: the statement, the schema, the conversions.
//!
//! In: the table as the server describes it, and the plan. Out: one [`Layout`] that reader, decoder, writer and manifest
//! share, so that they cannot disagree on a column. Types are decided by `shared::type_map` alone.

use std::sync::Arc;

use arrow::datatypes::{Field, Schema, SchemaRef};
use shared::snapshot::Column;
use shared::type_map::{Conversion, MySqlType, OnBadValue, Stored};

use crate::args::Protocol;
use crate::source::{SelectionError, SourceColumn, Table, quoted};

/// All columns of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Layout {
    /// Database and table, for messages.
    pub table: String,
    /// The one statement.
    pub statement: String,
    /// The statement without its rows and their order, for ranges of a key.
    head: String,
    /// What holds for all rows.
    condition: Option<String>,
    /// The key that orders the rows.
    key: Option<String>,
    /// The columns, in table order.
    pub columns: Vec<LayoutColumn>,
    /// What becomes of bad values.
    pub on_bad_value: OnBadValue,
}

/// One column.
#[derive(Debug, Clone, PartialEq)]
pub struct LayoutColumn {
    /// As the server describes it.
    pub source: SourceColumn,
    /// The type it is stored as.
    pub stored: Stored,
    /// The rule behind that.
    pub rule: &'static str,
    /// The form in which its values arrive.
    pub cells: CellKind,
}

/// The form in which the driver hands values over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CellKind {
    /// Signed integers, and unsigned ones of at most 32 bits.
    Integers,
    /// Unsigned 64-bit integers.
    Unsigned,
    /// FLOAT.
    Floats,
    /// DOUBLE.
    Doubles,
    /// Dates with or without a time.
    Moments,
    /// Times with this many digits of a second.
    Times {
        /// Digits.
        fraction: u8,
    },
    /// Bytes, whatever they mean.
    Bytes,
}

impl Layout {
    /// Lays a table out, or the result of a query, which is read as it was given.
    ///
    /// # Errors
    /// When a query has a column that the server would have to convert.
    pub fn of(table: &Table, protocol: Protocol, on_bad_value: OnBadValue) -> Result<Self, SelectionError> {
        let mut columns = Vec::with_capacity(table.columns.len());
        let mut selected = Vec::with_capacity(table.columns.len());
        for source in &table.columns {
            let declared = MySqlType::parse(&source.declared).unwrap_or_else(|| unknown(source));
            let Conversion { stored, rule } = Conversion::of(&declared, on_bad_value);
            let cells = if protocol == Protocol::Text { CellKind::Bytes } else { cells(declared, stored) };
            let expression = selection(source, declared, stored, protocol);
            if table.selection.query.is_some() && expression != quoted(&source.name) {
                let (column, declared) = (source.name.clone(), source.declared.clone());
                return Err(SelectionError::NotConverted { column, declared, expression });
            }
            selected.push(expression);
            columns.push(LayoutColumn { source: source.clone(), stored, rule, cells });
        }
        let (database, name) = (quoted(&table.database), quoted(&table.name));
        let mut layout = Self {
            table: table.full_name(),
            statement: String::new(),
            head: format!("SELECT {} FROM {database}.{name}", selected.join(", ")),
            condition: table.selection.condition.as_ref().map(|condition| format!("({condition})")),
            key: table.split.as_ref().map(|split| quoted(&split.key)),
            columns,
            on_bad_value,
        };
        layout.statement = match (&table.selection.query, table.selection.limit) {
            (Some(query), _) => query.clone(),
            (None, Some(limit)) => format!("{} LIMIT {limit}", layout.of_rows(None)),
            (None, None) => layout.of_rows(None),
        };
        Ok(layout)
    }

    /// The statement for a range of the key, both ends included.
    #[must_use]
    pub fn range(&self, low: i128, high: i128) -> String {
        self.of_rows(self.key.as_ref().map(|key| format!("{key} BETWEEN {low} AND {high}")))
    }

    fn of_rows(&self, range: Option<String>) -> String {
        let conditions: Vec<String> = range.into_iter().chain(self.condition.clone()).collect();
        let mut statement = self.head.clone();
        if !conditions.is_empty() {
            statement.push_str(&format!(" WHERE {}", conditions.join(" AND ")));
        }
        if let Some(key) = &self.key {
            statement.push_str(&format!(" ORDER BY {key}"));
        }
        statement
    }

    /// The schema of the parts. Every column is nullable, so that parts of different days fit together.
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        let fields = self.columns.iter().map(|column| Field::new(&column.source.name, column.stored.arrow(), true));
        Arc::new(Schema::new(fields.collect::<Vec<_>>()))
    }

    /// The columns as the manifest has them.
    #[must_use]
    pub fn manifest_columns(&self) -> Vec<Column> {
        let describe = |column: &LayoutColumn| Column {
            name: column.source.name.clone(),
            mysql_type: column.source.declared.clone(),
            nullable: column.source.nullable,
            charset: column.source.charset.clone(),
            arrow_type: column.stored.arrow_name(),
            parquet_type: column.stored.parquet_name(),
            rule: column.rule.to_owned(),
        };
        self.columns.iter().map(describe).collect()
    }
}

/// A type that the map does not know travels as text or bytes, so that is how it is stored.
fn unknown(source: &SourceColumn) -> MySqlType {
    let taken_for = if source.charset.is_some() { MySqlType::Text } else { MySqlType::Bytes };
    tracing::warn!("column {} has the unknown type {}: stored as it comes", source.name, source.declared);
    taken_for
}

fn cells(declared: MySqlType, stored: Stored) -> CellKind {
    use MySqlType as My;
    match declared {
        My::BigInt { unsigned: true } => CellKind::Unsigned,
        My::TinyInt { .. } | My::SmallInt { .. } | My::MediumInt | My::Int { .. } | My::BigInt { .. } | My::Year => {
            CellKind::Integers
        }
        My::Float => CellKind::Floats,
        My::Double => CellKind::Doubles,
        My::Date | My::DateTime { .. } | My::Timestamp { .. } if stored != Stored::Text => CellKind::Moments,
        My::Time { fraction } => CellKind::Times { fraction },
        _ => CellKind::Bytes,
    }
}

/// The column in the statement: itself, but where the server has to convert it, or must be kept from it.
fn selection(source: &SourceColumn, declared: MySqlType, stored: Stored, protocol: Protocol) -> String {
    let column = quoted(&source.name);
    match declared {
        MySqlType::Date | MySqlType::DateTime { .. } | MySqlType::Timestamp { .. } if stored == Stored::Text => {
            format!("CAST({column} AS CHAR) AS {column}")
        }
        // As text a FLOAT is rounded to six digits, and FLOAT(7,3) or DOUBLE(20,10) to those declared; the product of two
        // DOUBLEs is written out. (A sum would make -0 of the value 0.)
        MySqlType::Float | MySqlType::Double if protocol == Protocol::Text => format!("({column} * 1e0) AS {column}"),
        // The server would convert it to utf8mb4, and silently make a question mark of each bad byte. The bytes are the same.
        // (MariaDB converts the result of CAST(... AS BINARY) all the same.)
        MySqlType::Text if matches!(source.charset.as_deref(), Some("utf8mb3" | "utf8")) => {
            format!("CONVERT({column} USING binary) AS {column}")
        }
        MySqlType::Geometry => format!("ST_AsBinary({column}) AS {column}"),
        _ => column,
    }
}

#[cfg(test)]
mod tests {
    use shared::snapshot::Selection;

    use super::*;
    use crate::source::Split;

    fn table(columns: &[(&str, &str)]) -> Table {
        // What stands after a bar is the character set.
        let columns = columns.iter().map(|(name, declared)| SourceColumn {
            name: (*name).into(),
            declared: declared.split('|').next().unwrap_or_default().into(),
            nullable: true,
            charset: declared.split('|').nth(1).map(str::to_owned),
        });
        Table {
            database: "d".into(),
            name: "t`x".into(),
            columns: columns.collect(),
            consistent: true,
            estimated_rows: None,
            estimated_bytes: None,
            selection: Selection::default(),
            split: None,
            keys: shared::snapshot::DeclaredKeys::default(),
        }
    }

    #[test]
    fn the_statement_converts_only_where_it_must() {
        let table =
            table(&[("a`b", "bigint(20)"), ("d", "date"), ("f", "float"), ("g", "point"), ("t", "text|utf8mb3")]);
        let layout = Layout::of(&table, Protocol::Binary, OnBadValue::Null).unwrap();
        let expected =
            "SELECT `a``b`, `d`, `f`, ST_AsBinary(`g`) AS `g`, CONVERT(`t` USING binary) AS `t` FROM `d`.`t``x`";
        assert_eq!(layout.statement, expected);
        let layout = Layout::of(&table, Protocol::Text, OnBadValue::Text).unwrap();
        let expected = "SELECT `a``b`, CAST(`d` AS CHAR) AS `d`, (`f` * 1e0) AS `f`, ST_AsBinary(`g`) AS `g`, CONVERT(";
        assert!(layout.statement.starts_with(expected), "{}", layout.statement);
        assert!(layout.columns.iter().all(|column| column.cells == CellKind::Bytes));
    }
    #[test]
    fn a_range_of_the_key_is_a_part_of_the_whole_statement() {
        let mut table = table(&[("a", "int")]);
        table.split = Some(Split { key: "i`d".into(), bounds: Some((-3, 9)) });
        table.selection.condition = Some("a OR 1".into());
        let layout = Layout::of(&table, Protocol::Binary, OnBadValue::Null).unwrap();
        assert_eq!(layout.statement, "SELECT `a` FROM `d`.`t``x` WHERE (a OR 1) ORDER BY `i``d`");
        let range = "SELECT `a` FROM `d`.`t``x` WHERE `i``d` BETWEEN -3 AND 2 AND (a OR 1) ORDER BY `i``d`";
        assert_eq!(layout.range(-3, 2), range);
    }

    #[test]
    fn a_selection_stands_in_the_statement_and_a_query_is_left_alone() {
        let mut table = table(&[("a", "int"), ("g", "point")]);
        table.selection = Selection { condition: Some("a > 1 OR 0".into()), limit: Some(7), ..Selection::default() };
        let statement = Layout::of(&table, Protocol::Binary, OnBadValue::Null).unwrap().statement;
        assert!(statement.ends_with("FROM `d`.`t``x` WHERE (a > 1 OR 0) LIMIT 7"), "{statement}");

        table.selection = Selection { query: Some("SELECT a, g FROM x".into()), ..Selection::default() };
        match Layout::of(&table, Protocol::Binary, OnBadValue::Null) {
            Err(SelectionError::NotConverted { column, expression, .. }) => {
                assert_eq!((column.as_str(), expression.as_str()), ("g", "ST_AsBinary(`g`) AS `g`"));
            }
            other => panic!("{other:?}"),
        }
        table.columns.pop();
        let layout = Layout::of(&table, Protocol::Binary, OnBadValue::Null).unwrap();
        assert_eq!(layout.statement, "SELECT a, g FROM x");
    }
}
