//! The type matrix as data: for each column its declaration and the values put into it, as SQL.
//!
//! A table has one row for each value of its longest column, and one more in which all is NULL; a column with fewer values
//! is NULL in the rows left. The session is strict but lets zero, partial and impossible dates in.

use testkit::servers::Engine;

/// A column and its values.
pub struct Column {
    /// Its declared type, with whatever follows.
    pub declared: String,
    /// Its values, as SQL expressions.
    pub values: Vec<String>,
}

/// A table of the matrix.
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Its columns; they are called `c0`, `c1` ...
    pub columns: Vec<Column>,
}

type Spec = &'static [(&'static str, &'static [&'static str])];

const INTEGERS: Spec = &[
    ("TINYINT", &["-128", "127", "0", "-1"]),
    ("TINYINT UNSIGNED", &["0", "255", "128"]),
    ("TINYINT(1)", &["0", "1", "-128", "127"]),
    ("SMALLINT", &["-32768", "32767"]),
    ("SMALLINT UNSIGNED", &["0", "65535", "32768"]),
    ("MEDIUMINT", &["-8388608", "8388607", "-1"]),
    ("MEDIUMINT UNSIGNED", &["0", "16777215", "8388608"]),
    ("INT", &["-2147483648", "2147483647", "-1"]),
    ("INT UNSIGNED", &["0", "4294967295", "2147483648"]),
    ("INT(5) UNSIGNED ZEROFILL", &["7", "4294967295"]),
    ("BIGINT", &["-9223372036854775808", "9223372036854775807", "-1"]),
    ("BIGINT UNSIGNED", &["0", "18446744073709551615", "9223372036854775808", "9223372036854775807"]),
    ("BIGINT(20) UNSIGNED ZEROFILL", &["7", "18446744073709551615"]),
    ("YEAR", &["1901", "2155", "0"]),
    ("BOOLEAN", &["TRUE", "FALSE"]),
];

const NUMBERS: Spec = &[
    (
        "DECIMAL(65,30)",
        &[
            "99999999999999999999999999999999999.999999999999999999999999999999",
            "-99999999999999999999999999999999999.999999999999999999999999999999",
            "0.000000000000000000000000000001",
            "0",
            "-1.5",
        ],
    ),
    ("DECIMAL(65,0)", &["99999999999999999999999999999999999999999999999999999999999999999", "-1", "0"]),
    ("DECIMAL(39,1)", &["-99999999999999999999999999999999999999.9", "0.1"]),
    ("DECIMAL(38,0)", &["99999999999999999999999999999999999999", "-99999999999999999999999999999999999999", "0"]),
    ("DECIMAL(38,6)", &["99999999999999999999999999999999.999999", "-0.000001", "30.04442", "0"]),
    ("DECIMAL(38,30)", &["99999999.999999999999999999999999999999", "-0.000000000000000000000000000001"]),
    ("DECIMAL(30,30)", &["0.999999999999999999999999999999", "-0.999999999999999999999999999999"]),
    ("DECIMAL(18,18)", &["0.999999999999999999", "-0.000000000000000001"]),
    ("DECIMAL(18,0)", &["999999999999999999", "-999999999999999999"]),
    ("DECIMAL(19,9)", &["9999999999.999999999", "-9999999999.999999999"]),
    ("DECIMAL(10,2) UNSIGNED ZEROFILL", &["7.5", "99999999.99", "0"]),
    ("DECIMAL(9,2)", &["9999999.99", "-9999999.99", "-0.01"]),
    ("DECIMAL(1,0)", &["9", "-9"]),
    ("DECIMAL", &["9999999999", "-9999999999"]),
    (
        "FLOAT",
        &[
            "3.4028234663852886e38",
            "-3.4028234663852886e38",
            "1.1754943508222875e-38",
            "1.401298464324817e-45",
            "-1.401298464324817e-45",
            "-0e0",
            "0.1",
            "16777217",
            "1e10",
            "123456.789",
            "0",
        ],
    ),
    (
        "DOUBLE",
        &[
            "1.7976931348623157e308",
            "-1.7976931348623157e308",
            "2.2250738585072014e-308",
            "4.9406564584124654e-324",
            "-2.2250738585072009e-308",
            "-0e0",
            "0.1",
            "0.30000000000000004",
            "9007199254740993",
            "1e22",
            "-123456789.12345678e-200",
        ],
    ),
    ("FLOAT(7,3)", &["1234.567", "-0.001", "9999.999"]),
    ("DOUBLE(20,10)", &["1234567890.0123456789", "-0.3", "0.1"]),
    ("FLOAT UNSIGNED ZEROFILL", &["1.5", "0.1"]),
    ("DOUBLE ZEROFILL", &["1.5", "0.1"]),
];

const MOMENTS: Spec = &[
    (
        "DATE",
        &[
            "'0000-00-00'",
            "'2020-00-00'",
            "'2020-12-00'",
            "'2020-00-31'",
            "'0000-12-31'",
            "'0001-01-01'",
            "'1000-01-01'",
            "'1582-10-10'",
            "'1969-12-31'",
            "'2000-02-29'",
            "'2021-02-31'",
            "'1900-02-29'",
            "'9999-12-31'",
        ],
    ),
    (
        "DATETIME",
        &[
            "'0000-00-00 00:00:00'",
            "'2020-00-10 12:00:00'",
            "'1000-01-01 00:00:00'",
            "'1969-12-31 23:59:59'",
            "'2021-04-31 10:11:12'",
            "'9999-12-31 23:59:59'",
            "'0000-01-01 00:00:01'",
        ],
    ),
    ("DATETIME(1)", &["'2020-02-29 23:59:59.9'", "'0000-00-00 00:00:00.0'"]),
    ("DATETIME(3)", &["'1969-12-31 23:59:59.999'", "'2020-01-01 00:00:00.000'"]),
    (
        "DATETIME(6)",
        &[
            "'0000-00-00 00:00:00.000000'",
            "'9999-12-31 23:59:59.999999'",
            "'1000-01-01 00:00:00.000001'",
            "'1969-12-31 23:59:59.999999'",
            "'2020-10-00 00:00:00.5'",
        ],
    ),
    ("TIMESTAMP NULL DEFAULT NULL", &["'0000-00-00 00:00:00'", "'1970-01-01 00:00:01'", "'2038-01-19 03:14:07'"]),
    ("TIMESTAMP(2) NULL DEFAULT NULL", &["'2001-09-09 01:46:40.25'"]),
    (
        "TIMESTAMP(6) NULL DEFAULT NULL",
        &["'1970-01-01 00:00:01.000001'", "'2038-01-19 03:14:07.999999'", "'0000-00-00 00:00:00'"],
    ),
    ("TIME", &["'838:59:59'", "'-838:59:59'", "'00:00:00'", "'-00:00:01'", "'24:00:00'"]),
    ("TIME(1)", &["'-00:00:00.1'", "'100:00:00.5'"]),
    (
        "TIME(6)",
        &["'838:59:59.000000'", "'-838:59:58.999999'", "'-00:00:00.000001'", "'12:34:56.789012'", "'00:00:00'"],
    ),
];

const TEXTS: Spec = &[
    ("CHAR(10) CHARACTER SET utf8mb4", &["''", "'a'", "'é😀 ﷺ'", "'ends  '", "'\\\\ \\' \" \\t'", "'zero\\0byte'"]),
    ("CHAR(255) CHARACTER SET latin1", &["''", "x'80E9FF9F'", "x'818D8F909D'", "'plain'"]),
    (
        "VARCHAR(20) CHARACTER SET utf8mb4",
        &["''", "'trailing   '", "'አማርኛ العربية'", "'line\\nfeed\\r\\n'", "'\\\\xFF'"],
    ),
    ("VARCHAR(300) CHARACTER SET utf8mb3", &["''", "'ünïcödé €'", "REPEAT('€', 300)"]),
    ("VARCHAR(20) CHARACTER SET latin1", &["''", "x'E9E8A480'", "x'00017F'"]),
    ("VARCHAR(20) CHARACTER SET ascii", &["''", "'ASCII'"]),
    ("VARCHAR(20) CHARACTER SET cp1251", &["''", "'Привет'"]),
    ("VARCHAR(20) CHARACTER SET utf16", &["''", "'utf-16 😀'"]),
    ("VARCHAR(20) CHARACTER SET ucs2", &["''", "'ucs-2 €'"]),
    ("VARCHAR(20) CHARACTER SET utf32", &["''", "'utf-32 😀'"]),
    ("TINYTEXT CHARACTER SET utf8mb4", &["''", "REPEAT('é', 127)"]),
    ("TEXT CHARACTER SET utf8mb4", &["''", "REPEAT('😀', 16000)"]),
    ("TEXT CHARACTER SET latin1", &["''", "REPEAT(x'E9', 65535)"]),
    ("MEDIUMTEXT CHARACTER SET utf8mb4", &["''", "REPEAT('é', 100000)"]),
    ("LONGTEXT CHARACTER SET utf8mb4", &["''", "REPEAT('é', 100000)"]),
    ("VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", &["'Bin'"]),
    (
        "ENUM('','a','ünï😀','quo''te','com,ma','back\\\\slash') CHARACTER SET utf8mb4",
        &["''", "'a'", "3", "'quo''te'", "5", "6"],
    ),
    ("ENUM('é','x') CHARACTER SET latin1", &["1", "2"]),
    ("SET('a','b','ünï','quo''te') CHARACTER SET utf8mb4", &["''", "'a'", "'b,ünï'", "15"]),
];

const BYTES: Spec = &[
    ("BINARY(1)", &["x'00'", "x'FF'"]),
    ("BINARY(16)", &["x''", "x'00FF80C328'", "'text'"]),
    ("CHAR(5) CHARACTER SET binary", &["x'00FF'"]),
    ("VARBINARY(20)", &["x''", "x'FFFE00'", "x'C328A0A1'"]),
    ("TINYBLOB", &["x''", "REPEAT(x'FF', 255)"]),
    ("BLOB", &["x''", "REPEAT(x'0080', 30000)"]),
    ("MEDIUMBLOB", &["x''", "REPEAT(x'00', 70000)"]),
    ("LONGBLOB", &["x''", "REPEAT(x'FF', 70000)"]),
];

const SHAPES: Spec = &[
    (
        "GEOMETRY",
        &["ST_GeomFromText('POINT(1.5 -2)')", "ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 1),LINESTRING(0 0,1 1))')"],
    ),
    ("POINT", &["ST_GeomFromText('POINT(-0.1 1e300)')"]),
    ("LINESTRING", &["ST_GeomFromText('LINESTRING(0 0,1 1,2 0)')"]),
    ("POLYGON", &["ST_GeomFromText('POLYGON((0 0,0 3,3 3,0 0))')"]),
    ("MULTIPOINT", &["ST_GeomFromText('MULTIPOINT(1 1,2 2)')"]),
    ("MULTILINESTRING", &["ST_GeomFromText('MULTILINESTRING((0 0,1 1),(2 2,3 3))')"]),
    ("MULTIPOLYGON", &["ST_GeomFromText('MULTIPOLYGON(((0 0,0 3,3 3,0 0)))')"]),
    ("GEOMETRYCOLLECTION", &["ST_GeomFromText('GEOMETRYCOLLECTION EMPTY')"]),
];

const JSON: Spec = &[(
    "JSON",
    &[
        "'null'",
        "'\"\"'",
        "'[]'",
        "'{\"a\": [1, -2.5e10, true, null, \"é😀\\\\n\"], \"b\": {\"c\": 18446744073709551615}}'",
        "'\"\\\\u00e9 \\\\ud83d\\\\ude00\"'",
        "'0.1'",
        "CONCAT('[\"', REPEAT('x', 100000), '\"]')",
    ],
)];

const MARIADB_ONLY: Spec = &[
    ("DECIMAL(38,38)", &["0.99999999999999999999999999999999999999", "-0.00000000000000000000000000000000000001"]),
    ("TIME(6)", &["'838:59:59.999999'", "'-838:59:59.999999'"]),
    ("UUID", &["'00000000-0000-0000-0000-000000000000'", "'123e4567-e89b-12d3-a456-426655440000'"]),
    ("INET4", &["'0.0.0.0'", "'255.255.255.255'", "'192.0.2.1'"]),
    ("INET6", &["'::'", "'2001:db8::ff00:42:8329'", "'::ffff:192.0.2.1'"]),
    ("VARCHAR(100) COMPRESSED CHARACTER SET utf8mb4", &["'compressed é'"]),
    ("INT INVISIBLE", &["5"]),
];

const MYSQL_ONLY: Spec = &[
    ("VECTOR(3)", &["STRING_TO_VECTOR('[1,-0.5,3.4e38]')"]),
    ("VECTOR", &["STRING_TO_VECTOR('[0]')"]),
    ("POINT SRID 4326", &["ST_GeomFromText('POINT(52.5 13.4)', 4326)"]),
    ("VARCHAR(20) CHARACTER SET gb18030", &["'汉字 😀'"]),
    ("INT INVISIBLE", &["5"]),
];

/// The tables of the matrix for a server of this kind.
pub fn tables(engine: Engine) -> Vec<Table> {
    let (name, only) = match engine {
        Engine::MariaDb => ("types_mariadb", MARIADB_ONLY),
        Engine::MySql => ("types_mysql", MYSQL_ONLY),
    };
    let listed = [
        ("types_integers", INTEGERS),
        ("types_numbers", NUMBERS),
        ("types_moments", MOMENTS),
        ("types_texts", TEXTS),
        ("types_bytes", BYTES),
        ("types_shapes", SHAPES),
        ("types_json", JSON),
        (name, only),
    ];
    let mut tables: Vec<Table> = listed.map(|(name, spec)| Table { name, columns: columns(spec) }).into();
    tables.push(Table { name: "types_bits", columns: (1..=64).map(bits).collect() });
    tables.push(Table { name: "types_sets", columns: vec![widest_set()] });
    tables
}

fn columns(spec: Spec) -> Vec<Column> {
    let column = |(declared, values): &(&str, &[&str])| Column {
        declared: (*declared).to_owned(),
        values: values.iter().map(|value| (*value).to_owned()).collect(),
    };
    spec.iter().map(column).collect()
}

/// BIT of this width: all ones, none, the first, the last.
fn bits(width: u32) -> Column {
    let ones = u64::MAX >> (64 - width);
    let values = [ones, 0, 1, ones ^ (ones >> 1), ones & 0xAAAA_AAAA_AAAA_AAAA];
    Column { declared: format!("BIT({width})"), values: values.map(|value| format!("b'{value:b}'")).into() }
}

/// A SET of 64 members, with all of them and the last.
fn widest_set() -> Column {
    let members: Vec<String> = (0..64).map(|member| format!("'member {member}'")).collect();
    let declared = format!("SET({})", members.join(","));
    Column { declared, values: vec!["18446744073709551615".into(), "9223372036854775808".into(), "0".into()] }
}

impl Table {
    /// Statements that make and fill it.
    pub fn statements(&self) -> Vec<String> {
        let declared = self.columns.iter().enumerate().map(|(place, column)| format!("c{place} {}", column.declared));
        let declared: Vec<String> = declared.collect();
        let mut statements = vec![
            "SET SESSION sql_mode = 'STRICT_ALL_TABLES,ALLOW_INVALID_DATES', time_zone = '+00:00'".to_owned(),
            "SET NAMES utf8mb4".to_owned(),
            format!("CREATE TABLE {{table}} (id INT PRIMARY KEY, {}) CHARACTER SET utf8mb4", declared.join(", ")),
        ];
        let rows = self.columns.iter().map(|column| column.values.len()).max().unwrap_or(0);
        let names: Vec<String> = (0..self.columns.len()).map(|place| format!("c{place}")).collect();
        // The last row, past every column's values, is NULL throughout.
        for row in 0..=rows {
            let value = |column: &Column| column.values.get(row).cloned().unwrap_or_else(|| "NULL".into());
            let values: Vec<String> = self.columns.iter().map(value).collect();
            let (names, values) = (names.join(", "), values.join(", "));
            statements.push(format!("INSERT INTO {{table}} (id, {names}) VALUES ({row}, {values})"));
        }
        statements
    }
}
