//! Tables that are odd as a whole: names, widths, sizes, columns that are computed or hidden, views, bytes that are no text.

use std::fs;

use testkit::programs::Program;
use testkit::reference::expect_equal_types;
use testkit::servers::Engine;
use testkit::snapshots::DataFolder;
use testkit::source::SourceTable;

use super::{expect_exact, extract};

/// What a name may hold and a statement, a folder or a reader may stumble over. (Servers take no name with a character
/// beyond 16 bits, so that the emoji are of those below.)
const ODD_NAMES: [&str; 18] = [
    "with space",
    "quo\"te",
    "apos'trophe",
    "back`tick",
    "back``ticks:x",
    "emoji \u{263a} \u{2764}",
    ":colon",
    "q?mark",
    "semi;colon",
    "--dash",
    "#hash",
    "/*star*/",
    "per%cent %s",
    "dot.ted",
    "\u{65e5}\u{672c}\u{8a9e}",
    "back\\slash",
    "select",
    "@at",
];

fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

#[test]
fn odd_names_of_columns_and_tables_are_kept() {
    for engine in Engine::ALL {
        let columns: Vec<String> = ODD_NAMES.iter().map(|name| format!("{} INT", quoted(name))).collect();
        let values: Vec<String> = (0..ODD_NAMES.len()).map(|value| value.to_string()).collect();
        // In the snapshot's folder it would be longer than a file system takes; the servers write it shorter.
        let longest = "\u{65e5}".repeat(48);
        for name in ["od`d t'ab\"le.\u{e9} \u{263a} :x ?", "order", "..", "UPPER and lower", &longest] {
            let quoted = quoted(name);
            let statements = [
                "SET NAMES utf8mb4".to_owned(),
                format!("CREATE TABLE {quoted} ({}) CHARACTER SET utf8mb4", columns.join(", ")),
                format!("INSERT INTO {quoted} VALUES ({})", values.join(", ")),
            ];
            let table = SourceTable::made_on(engine, name, &statements);
            expect_exact(&table);
        }
    }
}

#[test]
fn a_thousand_columns_are_a_table_too() {
    for engine in Engine::ALL {
        let kinds = ["INT", "SMALLINT UNSIGNED", "DATE", "FLOAT"];
        let values = ["-7", "65535", "'2020-02-29'", "0.1"];
        let columns: Vec<String> = (0..1000).map(|place| format!("c{place} {}", kinds[place % 4])).collect();
        let values: Vec<&str> = (0..1000).map(|place| values[place % 4]).collect();
        let nulls = vec!["NULL"; 1000];
        let statements = [
            format!("CREATE TABLE {{table}} ({})", columns.join(", ")),
            format!("INSERT INTO {{table}} VALUES ({}), ({})", values.join(", "), nulls.join(", ")),
        ];
        let table = SourceTable::made_on(engine, "types_wide", &statements);
        expect_exact(&table);
    }
}

#[test]
fn computed_and_hidden_columns_are_read() {
    for engine in Engine::ALL {
        let statements = [
            "CREATE TABLE {table} (
                a INT, hidden INT DEFAULT 5 INVISIBLE, kept INT AS (a + 1) STORED, computed BIGINT AS (a * 1000) VIRTUAL,
                name VARCHAR(20) AS (CONCAT('n', a)) STORED, hidden_computed INT AS (a - 1) VIRTUAL INVISIBLE)",
            "INSERT INTO {table} (a) VALUES (1), (NULL), (-1)",
        ];
        let table = SourceTable::made_on(engine, "types_computed", &statements);
        expect_exact(&table);
    }
}

#[test]
fn a_view_is_read_as_a_table_is() {
    for engine in Engine::ALL {
        let below = SourceTable::made_on(
            engine,
            "types_below_view",
            &[
                "CREATE TABLE {table} (id INT PRIMARY KEY, u BIGINT UNSIGNED, t VARCHAR(9), d DATETIME(3), j JSON, b BIT(9))",
                "INSERT INTO {table} VALUES (1, 18446744073709551615, 'é', '2020-01-02 03:04:05.678', '[1]', b'100000001'),
                    (2, NULL, NULL, NULL, NULL, NULL)",
            ],
        );
        let made = format!(
            "CREATE VIEW {{table}} AS SELECT id, u, u - 1 AS less, t, UPPER(t) AS upper, CONCAT(t, id) AS joined, d,
             DATE(d) AS day, TIME(d) AS clock, j, b, 1.5 AS tenths, 1e0 AS real_one, 'text' AS words, x'FF00' AS raw,
             NULL AS nothing, id > 1 AS yes, COALESCE(u, 7) AS filled, YEAR(d) AS year, CAST(id AS CHAR) AS digits
             FROM {}",
            below.name()
        );
        let view = SourceTable::made_on(engine, "types_view", &[made]);
        expect_exact(&view);
    }
}

#[test]
fn an_empty_table_keeps_its_schema() {
    for engine in Engine::ALL {
        let made =
            ["CREATE TABLE {table} (a INT, b DECIMAL(65,30), c TEXT, d GEOMETRY, e DATETIME(6), f BIT(7), g JSON)"];
        let table = SourceTable::made_on(engine, "types_empty", &made);
        expect_exact(&table);
    }
}

#[test]
fn values_of_64_megabytes_are_read() {
    for engine in Engine::ALL {
        let statements = [
            "SET NAMES utf8mb4",
            "CREATE TABLE {table} (id INT PRIMARY KEY, small INT, raw LONGBLOB, words LONGTEXT) CHARACTER SET utf8mb4",
            "INSERT INTO {table} VALUES (1, 1, REPEAT(x'00FF80C3', 16 * 1024 * 1024), NULL)",
            "INSERT INTO {table} VALUES (2, 2, NULL, REPEAT('é\\n', 20 * 1024 * 1024))",
            "INSERT INTO {table} VALUES (3, 3, x'', '')",
        ];
        let table = SourceTable::made_on(engine, "types_huge", &statements);
        let data = DataFolder::new();
        let binary = extract(&table, &data, "binary", "fail");
        let text = extract(&table, &data, "text", "null");
        assert_eq!(binary.content_digest(), text.content_digest(), "both protocols");
        expect_equal_types(&table.environment(), &[&binary.path]);
    }
}

/// Texts that are no UTF-8, which no server lets in by a statement: they are made as bytes, and the files of the table then
/// stand in for those of one whose columns are texts. It happens for real where old servers were upgraded.
fn table_of_bad_texts(engine: Engine) -> SourceTable {
    let values = ["'good \\\\'", "x'FF'", "x'62C328'", "x'E282'", "x'EDA080'", "''", "NULL", "x'F09F9880FE5C'", "'é'"];
    let rows: Vec<String> =
        values.iter().enumerate().map(|(row, value)| format!("({row}, {value}, {value}, {value})")).collect();
    let columns = |text: &str, charset: [&str; 3]| {
        format!("(id INT, a {text} {}, b {text} {}, c {text} {}) ENGINE = MyISAM", charset[0], charset[1], charset[2])
    };
    let raw = SourceTable::made_on(
        engine,
        "types_bad_raw",
        &[
            format!("CREATE TABLE {{table}} {}", columns("BLOB", [""; 3])),
            format!("INSERT INTO {{table}} VALUES {}", rows.join(", ")),
            "FLUSH TABLES {table}".to_owned(),
        ],
    );
    let charsets = ["CHARACTER SET utf8mb4", "CHARACTER SET utf8mb3", "CHARACTER SET latin1"];
    let table = SourceTable::made_on(
        engine,
        "types_bad_text",
        &[format!("CREATE TABLE {{table}} {}", columns("TEXT", charsets)), "FLUSH TABLES {table}".to_owned()],
    );
    let folder = engine.folder().join("data/tracking");
    for kind in ["MYD", "MYI"] {
        let file = |name: &str| folder.join(format!("{name}.{kind}"));
        fs::copy(file(raw.name()), file(table.name())).expect("a table's file");
    }
    table.run(&["FLUSH TABLES {table}"]);
    table
}

#[test]
fn bad_texts_are_null_text_or_the_end() {
    for engine in Engine::ALL {
        let table = table_of_bad_texts(engine);
        expect_exact(&table);
        let data = DataFolder::new();
        let snapshot = extract(&table, &data, "binary", "null");
        let bad = snapshot.manifest["bad_values"].as_array().expect("bad values").clone();
        let counts: Vec<_> = bad.iter().map(|bad| (bad["column"].clone(), bad["count"].clone())).collect();
        assert_eq!(counts, [("a".into(), 5.into()), ("b".into(), 5.into())], "{engine:?}");
        expect_the_end(&table, &["column a", "row 1", "invalid UTF-8", "--on-bad-value"]);
    }
}

#[test]
fn a_bad_date_is_the_end_where_none_is_allowed() {
    for engine in Engine::ALL {
        for (declared, value, reason) in [
            ("DATE", "'0000-00-00'", "zero date"),
            ("DATETIME(6)", "'2020-00-01 00:00:00'", "partial date"),
            ("DATE", "'2021-02-31'", "impossible date"),
            ("TIMESTAMP NULL", "'0000-00-00 00:00:00'", "zero date"),
        ] {
            let table = SourceTable::made_on(
                engine,
                "types_bad_date",
                &[
                    "SET SESSION sql_mode = 'ALLOW_INVALID_DATES'".to_owned(),
                    format!("CREATE TABLE {{table}} (id INT PRIMARY KEY, `the day` {declared})"),
                    format!("INSERT INTO {{table}} VALUES (1, '2020-01-01'), (2, NULL), (3, {value})"),
                ],
            );
            expect_the_end(&table, &["column the day", "row 2", reason, "--on-bad-value"]);
        }
    }
}

/// `--on-bad-value fail`, by both protocols: code 1, no snapshot, and a message that names the place.
fn expect_the_end(table: &SourceTable, said: &[&str]) {
    for protocol in ["binary", "text"] {
        let data = DataFolder::new();
        let arguments = ["--out", data.text(), "--protocol", protocol, "--on-bad-value", "fail"];
        let finished = Program::extract(&arguments).with(&table.environment()).run();
        finished.expect_code(1).expect_said(said).expect_said(&[table.name()]);
        assert_eq!(data.files().iter().filter(|path| path.is_file()).count(), 0, "something was left");
    }
}
