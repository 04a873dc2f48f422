//! A query as a table: its columns and types as the server announces the result.
//!
//! In: one SELECT. Out: a [`Table`] whose columns are declared as `information_schema` would declare them, so that the type
//! map has one entrance. A prepared statement tells the types without running anything and is certainly one statement; over
//! the text protocol the query is asked for no rows instead.

use mysql::Column;
use mysql::consts::{ColumnFlags, ColumnType};
use mysql::prelude::Queryable;
use shared::snapshot::{DeclaredKeys, Selection};
use shared::type_map::MySqlType;

use super::cause::Cause;
use super::connection::Source;
use super::error::SourceError;
use super::selection_error::SelectionError;
use super::table::{SourceColumn, Table};
use crate::args::Protocol;

/// The number of MySQL's character set `binary`: what has it is bytes and no text.
const BINARY: u16 = 63;

/// Most bytes of a character in utf8mb4, which is what the session asks for.
const CHARACTER_BYTES: u32 = 4;

impl Source {
    /// Describes the result of a query, under the name `name`.
    ///
    /// # Errors
    /// When the server refuses the query, or its result has no columns, or columns that no table can have.
    pub fn describe_query(
        &mut self,
        database: &str,
        name: &str,
        query: &str,
        protocol: Protocol,
    ) -> Result<Table, SourceError> {
        self.use_database(database)?;
        let announced = match protocol {
            Protocol::Binary => self.announced_by_preparing(query),
            Protocol::Text => self.announced_without_rows(query),
        };
        let announced = announced.map_err(|error| match Cause::from(error) {
            source if source.is_loss() => SourceError::Lost { table: name.into(), rows: 0, source },
            source => SelectionError::BadQuery { source }.into(),
        })?;
        let (announced, parameters) = announced;
        if parameters > 0 {
            return Err(SelectionError::Placeholder { flag: "--query" }.into());
        }
        let columns: Vec<SourceColumn> = announced.iter().map(column).collect();
        if columns.is_empty() {
            return Err(SelectionError::NoResult.into());
        }
        let mut names: Vec<String> = columns.iter().map(|column| column.name.to_lowercase()).collect();
        names.sort();
        if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(SelectionError::SameName { column: twice[0].clone() }.into());
        }
        Ok(Table {
            database: database.into(),
            name: name.into(),
            columns,
            // Which tables it reads, and of which engine they are, is not known.
            consistent: false,
            estimated_rows: None,
            estimated_bytes: None,
            split: None,
            keys: DeclaredKeys::default(),
            selection: Selection { query: Some(query.into()), ..Selection::default() },
        })
    }

    fn announced_by_preparing(&mut self, query: &str) -> mysql::Result<(Vec<Column>, u16)> {
        let prepared = self.conn.prep(query)?;
        let announced = (prepared.columns().to_vec(), prepared.num_params());
        self.conn.close(prepared)?;
        Ok(announced)
    }

    fn announced_without_rows(&mut self, query: &str) -> mysql::Result<(Vec<Column>, u16)> {
        let result = self.conn.query_iter(format!("SELECT * FROM (\n{query}\n) AS query LIMIT 0"))?;
        let columns = result.columns().as_ref().to_vec();
        Ok((columns, 0))
    }
}

fn column(announced: &Column) -> SourceColumn {
    let has_charset = announced.character_set() != BINARY;
    let declared = declared(announced, has_charset);
    let is_text = matches!(MySqlType::parse(&declared), Some(MySqlType::Text | MySqlType::Enum | MySqlType::Set));
    SourceColumn {
        name: announced.name_str().into_owned(),
        declared,
        nullable: !announced.flags().contains(ColumnFlags::NOT_NULL_FLAG),
        charset: (has_charset && is_text).then(|| "utf8mb4".to_owned()),
    }
}

/// The type as a table would declare it.
fn declared(announced: &Column, is_text: bool) -> String {
    use ColumnType as T;
    let flags = announced.flags();
    let unsigned = flags.contains(ColumnFlags::UNSIGNED_FLAG);
    let integer = |name: &str| if unsigned { format!("{name} unsigned") } else { name.to_owned() };
    // A fraction of unknown length is as long as it can be.
    let fraction = |name: &str| match announced.decimals() {
        0 => name.to_owned(),
        digits => format!("{name}({})", digits.min(6)),
    };
    let length = announced.column_length();
    let characters = length / CHARACTER_BYTES;
    match announced.column_type() {
        _ if flags.contains(ColumnFlags::ENUM_FLAG) => "enum".into(),
        _ if flags.contains(ColumnFlags::SET_FLAG) => "set".into(),
        T::MYSQL_TYPE_TINY => integer("tinyint"),
        T::MYSQL_TYPE_SHORT => integer("smallint"),
        T::MYSQL_TYPE_INT24 => integer("mediumint"),
        T::MYSQL_TYPE_LONG => integer("int"),
        T::MYSQL_TYPE_LONGLONG => integer("bigint"),
        T::MYSQL_TYPE_YEAR => "year".into(),
        T::MYSQL_TYPE_FLOAT => "float".into(),
        T::MYSQL_TYPE_DOUBLE => "double".into(),
        T::MYSQL_TYPE_DECIMAL | T::MYSQL_TYPE_NEWDECIMAL => {
            // The announced length has room for sign and point.
            let scale = u32::from(announced.decimals());
            let precision = length.saturating_sub(u32::from(!unsigned)).saturating_sub(u32::from(scale > 0));
            format!("decimal({precision},{scale})")
        }
        T::MYSQL_TYPE_DATE | T::MYSQL_TYPE_NEWDATE => "date".into(),
        T::MYSQL_TYPE_DATETIME | T::MYSQL_TYPE_DATETIME2 => fraction("datetime"),
        T::MYSQL_TYPE_TIMESTAMP | T::MYSQL_TYPE_TIMESTAMP2 => fraction("timestamp"),
        T::MYSQL_TYPE_TIME | T::MYSQL_TYPE_TIME2 => fraction("time"),
        T::MYSQL_TYPE_BIT => format!("bit({length})"),
        T::MYSQL_TYPE_JSON => "json".into(),
        T::MYSQL_TYPE_GEOMETRY => "geometry".into(),
        T::MYSQL_TYPE_ENUM => "enum".into(),
        T::MYSQL_TYPE_SET => "set".into(),
        T::MYSQL_TYPE_STRING if is_text => format!("char({characters})"),
        T::MYSQL_TYPE_STRING => format!("binary({length})"),
        T::MYSQL_TYPE_VARCHAR | T::MYSQL_TYPE_VAR_STRING if is_text => format!("varchar({characters})"),
        T::MYSQL_TYPE_VARCHAR | T::MYSQL_TYPE_VAR_STRING => format!("varbinary({length})"),
        T::MYSQL_TYPE_NULL => "char(0)".into(),
        // All texts and blobs, and what a later server may add.
        _ if is_text => "longtext".into(),
        _ => "longblob".into(),
    }
}

#[cfg(test)]
mod tests {
    use shared::type_map::MySqlType as My;

    use super::*;

    #[test]
    fn announced_types_are_those_of_a_table() {
        use ColumnType as T;
        let announced = |of: T, length: u32, decimals: u8, set: u16, flags: ColumnFlags| {
            let announced = Column::new(of).with_column_length(length).with_decimals(decimals);
            announced.with_character_set(set).with_flags(flags).with_name(b"c")
        };
        let none = ColumnFlags::empty();
        let unsigned = ColumnFlags::UNSIGNED_FLAG;
        for (announced, expected, charset) in [
            (announced(T::MYSQL_TYPE_LONGLONG, 21, 0, 63, none), My::BigInt { unsigned: false }, None),
            (announced(T::MYSQL_TYPE_LONGLONG, 20, 0, 63, unsigned), My::BigInt { unsigned: true }, None),
            (announced(T::MYSQL_TYPE_NEWDECIMAL, 12, 2, 63, none), My::Decimal { precision: 10, scale: 2 }, None),
            (announced(T::MYSQL_TYPE_NEWDECIMAL, 10, 0, 63, unsigned), My::Decimal { precision: 10, scale: 0 }, None),
            (announced(T::MYSQL_TYPE_NEWDECIMAL, 67, 30, 63, none), My::Decimal { precision: 65, scale: 30 }, None),
            (announced(T::MYSQL_TYPE_DATETIME, 26, 6, 63, none), My::DateTime { fraction: 6 }, None),
            (announced(T::MYSQL_TYPE_TIME, 10, 39, 63, none), My::Time { fraction: 6 }, None),
            (announced(T::MYSQL_TYPE_BIT, 10, 0, 63, unsigned), My::Bit, None),
            (announced(T::MYSQL_TYPE_VAR_STRING, 40, 0, 45, none), My::Text, Some("utf8mb4")),
            (announced(T::MYSQL_TYPE_VAR_STRING, 40, 0, 63, none), My::Bytes, None),
            (announced(T::MYSQL_TYPE_STRING, 4, 0, 45, ColumnFlags::ENUM_FLAG), My::Enum, Some("utf8mb4")),
            (announced(T::MYSQL_TYPE_BLOB, 4_294_967_295, 0, 45, none), My::Text, Some("utf8mb4")),
            (announced(T::MYSQL_TYPE_BLOB, 65_535, 0, 63, none), My::Bytes, None),
            (announced(T::MYSQL_TYPE_JSON, 4_294_967_295, 0, 63, none), My::Json, None),
            (announced(T::MYSQL_TYPE_NULL, 0, 0, 63, none), My::Text, None),
        ] {
            let column = column(&announced);
            assert_eq!(My::parse(&column.declared), Some(expected), "{}", column.declared);
            assert_eq!(column.charset.as_deref(), charset, "{}", column.declared);
            assert!(column.nullable);
        }
        let required = announced(T::MYSQL_TYPE_LONG, 11, 0, 63, ColumnFlags::NOT_NULL_FLAG);
        assert!(!column(&required).nullable);
    }
}
