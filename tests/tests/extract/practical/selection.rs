//! `--columns`, `--exclude`, `--where`, `--limit` and `--query`: a selection is what the server says it is, and says so itself.

use serde_json::{Value, json};
use testkit::servers::Engine;
use testkit::snapshots::{DataFolder, Snapshot};
use testkit::source::SourceTable;

use super::{extracted, run};

/// A table with a column of most types, none of which a query would have to convert.
fn table_of_types(engine: Engine, name: &str) -> SourceTable {
    SourceTable::made_on(
        engine,
        name,
        &[
            "CREATE TABLE {table} (id INT NOT NULL PRIMARY KEY, tiny TINYINT UNSIGNED, small SMALLINT, medium MEDIUMINT UNSIGNED,
             big BIGINT UNSIGNED, price DECIMAL(12,3), wide DECIMAL(65,30), free DECIMAL(10,0) UNSIGNED, f FLOAT, d DOUBLE,
             day DATE, at DATETIME(6), stamp TIMESTAMP(3) NULL, span TIME(2), y YEAR, c CHAR(5), v VARCHAR(40), t LONGTEXT,
             l1 VARCHAR(20) CHARACTER SET latin1, b BINARY(4), vb VARBINARY(9), bl BLOB, bits BIT(10),
             e ENUM('x','y'), s SET('p','q')) ENGINE=InnoDB",
            "INSERT INTO {table} WITH RECURSIVE s AS (SELECT 1 AS seq UNION ALL SELECT seq + 1 FROM s WHERE seq < 900)
             SELECT seq, seq % 256, seq - 30000, seq * 7, 18446744073709551615 - seq, seq / 7, seq / 11, seq, seq / 3,
             seq / 9, '2020-02-29' + INTERVAL seq DAY, '1999-12-31 23:59:59.999999' + INTERVAL seq SECOND,
             '2001-01-01 00:00:00.125' + INTERVAL seq HOUR, SEC_TO_TIME(seq * 100 + 0.25), 1901 + seq % 200, CONCAT('c', seq % 100),
             CONCAT('é', seq), REPEAT('ü', seq % 50), CONCAT('ß', seq), UNHEX(LPAD(HEX(seq), 8, '0')), 'raw', CHAR(seq % 256), seq % 1024,
             ELT(1 + seq % 2, 'x', 'y'), 'p,q' FROM s",
            "INSERT INTO {table} (id) VALUES (0)",
        ],
    )
}

#[test]
fn columns_and_rows_are_those_that_a_query_gives() {
    Engine::ALL.into_iter().for_each(compare_selections);
}

fn compare_selections(engine: Engine) {
    let table = table_of_types(engine, "practical_selection");
    let environment = table.environment();
    let data = DataFolder::new();
    let whole = extracted(&data, &environment, &[]);
    assert_eq!(whole.manifest["selection"], Value::Null, "a whole table has no selection");
    let name = table.name().to_owned();
    let query = |sql: &str| {
        let sql = sql.replace("{table}", &name);
        extracted(&data, &environment, &["--query", &sql, "--name", "some rows"])
    };

    // Names are taken in any order and case, and stay in table order.
    let some = extracted(&data, &environment, &["--columns", "v, BIG,id", "--where", "id % 2 = 0 OR id = 7"]);
    assert_eq!(names(&some), ["id", "big", "v"]);
    let expected = json!({"columns": ["id", "big", "v"], "where": "id % 2 = 0 OR id = 7"});
    assert_eq!(some.manifest["selection"], expected);
    let same = query("SELECT id, big, v FROM {table} WHERE id % 2 = 0 OR id = 7 ORDER BY id;");
    assert_eq!(some.content_digest(), same.content_digest());
    assert_eq!(some.rows(), 452);

    let rest = extracted(&data, &environment, &["--exclude", "t,bl,tiny"]);
    assert_eq!(names(&rest).len(), names(&whole).len() - 3);
    assert_eq!(rest.manifest["selection"], json!({"excluded": ["tiny", "t", "bl"]}));
    assert_eq!(rest.rows(), whole.rows());

    let first = extracted(&data, &environment, &["--limit", "10"]);
    assert_eq!((first.rows(), &first.manifest["selection"]), (10, &json!({"limit": 10})));
    assert!(first.manifest["source"]["statement"].as_str().expect("a statement").ends_with("LIMIT 10"));
    let more = extracted(&data, &environment, &["--limit", "99999999"]);
    assert_eq!(more.content_digest(), whole.content_digest(), "a limit that cuts nothing off changes no value");
}

#[test]
fn a_query_of_a_whole_table_is_that_table() {
    Engine::ALL.into_iter().for_each(compare_queries);
}

fn compare_queries(engine: Engine) {
    let table = table_of_types(engine, "practical_query");
    let environment = table.environment();
    let data = DataFolder::new();
    let whole = extracted(&data, &environment, &[]);
    let sql = format!("/* all of it */ SELECT * FROM {}", table.name());
    for more in [[].as_slice(), &["--on-bad-value", "fail"]] {
        let mut arguments = vec!["--name", "copy", "--query", &sql];
        arguments.extend(more);
        let queried = extracted(&data, &environment, &arguments);
        let types = |snapshot: &Snapshot| {
            let columns = snapshot.manifest["columns"].as_array().expect("columns").clone();
            columns.iter().map(|column| (column["name"].clone(), column["arrow_type"].clone())).collect::<Vec<_>>()
        };
        assert_eq!(types(&queried), types(&whole), "types by the announced result and by the table's definition");
        assert_eq!(queried.content_digest(), whole.content_digest());
        assert_eq!(queried.manifest["source"]["table"], "copy");
        assert_eq!(queried.manifest["source"]["statement"], sql);
        assert_eq!(queried.manifest["selection"]["query"], sql);
        assert_eq!(queried.manifest["source"]["consistent_read"], false, "not known, so not claimed");
        assert!(queried.path.parent().expect("a table's folder").ends_with("tracking.copy"));
    }
    // Over the text protocol a FLOAT has to be converted, so it is left out here.
    let sql = format!("SELECT id, big, price, at, v, bits, e FROM {}", table.name());
    let binary = extracted(&data, &environment, &["--table", "part", "--query", &sql]);
    let text = extracted(&data, &environment, &["--table", "part", "--query", &sql, "--protocol", "text"]);
    assert_eq!(binary.content_digest(), text.content_digest());
    let computed =
        "SELECT COUNT(*) AS n, SUM(id) AS total, NULL AS nothing, AVG(price) AS mean, 'é' AS word, NOW(6) AS at FROM ";
    let computed = format!("WITH x AS (SELECT 1) {computed} {}", table.name());
    let computed = extracted(&data, &environment, &["--name", "computed", "--query", &computed]);
    assert_eq!((computed.rows(), names(&computed).len()), (1, 6));
}

fn names(snapshot: &Snapshot) -> Vec<String> {
    let columns = snapshot.manifest["columns"].as_array().expect("columns");
    columns.iter().map(|column| column["name"].as_str().expect("a name").to_owned()).collect()
}

#[test]
fn what_cannot_be_selected_is_named() {
    Engine::ALL.into_iter().for_each(refuse_selections);
}

fn refuse_selections(engine: Engine) {
    let table = table_of_types(engine, "practical_bad_selection");
    table.run(&["DROP TABLE IF EXISTS {table}_shape", "CREATE TABLE {table}_shape (id INT, place POINT, day DATE)"]);
    let environment = table.environment();
    let shape = format!("SELECT * FROM {}_shape", table.name());
    let twice = format!("SELECT id, v, V FROM {}", table.name());
    for (code, arguments, said) in [
        (12, ["--columns", "id,prise"].as_slice(), ["no column prise", "did you mean price"].as_slice()),
        (12, &["--exclude", "stmp"], &["no column stmp", "did you mean stamp"]),
        (12, &["--columns", "nothing_like_it"], &["no column nothing_like_it", "--columns"]),
        (12, &["--where", "no_such = 1"], &["--where", "no_such", "practical_bad_selection"]),
        (12, &["--where", "id >"], &["--where", "syntax"]),
        (12, &["--where", "id = ?"], &["placeholder", "--where"]),
        (12, &["--where", "1); DELETE FROM t; -- "], &["--where", "syntax"]),
        (2, &["--where", " "], &["--where", "empty"]),
        (2, &["--columns", "a,,b"], &["--columns", "empty"]),
        (2, &["--limit", "0"], &["--limit"]),
        (2, &["--columns", "a", "--query", "SELECT 1", "--name", "n"], &["--columns", "--query"]),
        (2, &["--query", "DELETE FROM t", "--name", "n"], &["not a SELECT", "DELETE"]),
        (2, &["--query", "SELECT 1"], &["--name"]),
        (12, &["--name", "n", "--query", "SELECT 1; SELECT 2"], &["--query", "syntax"]),
        (12, &["--name", "n", "--query", "SELECT nothing FROM nowhere"], &["--query", "nowhere"]),
        (12, &["--name", "n", "--query", "SELECT 1 INTO @x"], &["no result"]),
        (12, &["--name", "n", "--query", "SELECT ? AS x"], &["placeholder", "--query"]),
        (12, &["--name", "n", "--query", &twice], &["two columns called v", " AS "]),
        (12, &["--name", "n", "--query", &shape], &["place", "geometry", "ST_AsBinary(`place`) AS `place`"]),
        (
            12,
            &["--name", "n", "--on-bad-value", "text", "--query", "SELECT CURDATE() AS day"],
            &["day", "CAST(`day` AS CHAR) AS `day`"],
        ),
    ] {
        let data = DataFolder::new();
        run(&data, &environment, arguments).expect_code(code).expect_said(said);
        assert_eq!(data.sealed(), Vec::<std::path::PathBuf>::new());
    }
    let data = DataFolder::new();
    let converted = format!("SELECT id, ST_AsBinary(place) AS place FROM {}_shape", table.name());
    assert_eq!(extracted(&data, &environment, &["--name", "n", "--query", &converted]).rows(), 0);
    table.run(&["DROP TABLE {table}_shape"]);
}

#[test]
fn an_account_may_read_the_columns_that_it_may_read() {
    let table = SourceTable::generated("practical_grant", 120, 41);
    table.run(&[
        "CREATE OR REPLACE USER rowgraph_partly@127.0.0.1 IDENTIFIED BY 'only for this test'",
        "GRANT SELECT (email, rnk) ON `{table}` TO rowgraph_partly@127.0.0.1",
    ]);
    let data = DataFolder::new();
    let mut environment = table.environment();
    environment.insert("MYSQL_USER".into(), "rowgraph_partly".into());
    environment.insert("MYSQL_PASSWORD".into(), "only for this test".into());
    let some = run(&data, &environment, &["--columns", "rnk,email"]);
    let refused = run(&data, &environment, &["--columns", "bio"]);
    let all = run(&data, &environment, &[]);
    table.run(&["DROP USER rowgraph_partly@127.0.0.1"]);
    assert_eq!(names(&Snapshot::printed(&some.expect_code(0))), ["email", "rnk"]);
    refused.expect_code(12).expect_said(&["rowgraph_partly", "GRANT SELECT", "bio"]);
    all.expect_code(12).expect_said(&["GRANT SELECT", "--columns"]);
}
