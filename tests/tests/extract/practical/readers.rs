//! `--readers`: several connections, one moment, the rows in the order of their key, the content of a single reader.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use mysql::prelude::Queryable;
use testkit::locker::Locker;
use testkit::programs::Program;
use testkit::servers::Engine;
use testkit::snapshots::{DataFolder, Snapshot};
use testkit::source::SourceTable;

use super::{extracted, run};

const SMALL: [&str; 4] = ["--part-size", "1MB", "--row-group", "1MB"];

#[test]
fn any_number_of_readers_gives_the_same_content() {
    Engine::ALL.into_iter().for_each(compare_readers);
}

fn compare_readers(engine: Engine) {
    // Keys with holes, below zero and far apart, put in at random.
    let table = SourceTable::made_on(
        engine,
        "practical_readers",
        &[
            "CREATE TABLE {table} (name TEXT, id BIGINT NOT NULL PRIMARY KEY, n INT, KEY (n)) ENGINE=InnoDB",
            "INSERT INTO {table} WITH RECURSIVE s AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM s WHERE n < 200)
             SELECT REPEAT(CONCAT('row ', a.n, ' '), b.n % 40), (a.n * 200 + b.n - 10000) * 3, b.n % 7
             FROM s a JOIN s b ORDER BY RAND(1)",
            "INSERT INTO {table} VALUES ('least', -9223372036854775808, 1), ('most', 9223372036854775807, 2), (NULL, 0, NULL)
             ON DUPLICATE KEY UPDATE name = NULL",
        ],
    );
    let locker = Locker::of(&table);
    let environment = locker.environment();
    let data = DataFolder::new();
    let with = |more: &[&str]| {
        let arguments: Vec<&str> = SMALL.into_iter().chain(more.iter().copied()).collect();
        extracted(&data, &environment, &arguments)
    };
    let one = with(&["--readers", "1"]);
    assert_eq!(one.manifest["source"]["ordered_by"], "id");
    assert!(one.manifest["source"]["statement"].as_str().is_some_and(|statement| statement.ends_with("ORDER BY `id`")));
    assert_eq!(one.content_digest(), with(&[]).content_digest(), "a scan of InnoDB is in the order of the key");
    for readers in ["2", "3", "16"] {
        let several = with(&["--readers", readers]);
        assert_eq!(several.content_digest(), one.content_digest(), "{readers} readers");
        assert_eq!(several.rows(), one.rows());
        assert_eq!(several.manifest["source"]["statement"], one.manifest["source"]["statement"]);
        Program::extract(&["verify", several.path.to_str().expect("plain")]).run().expect_code(0);
    }
    assert_eq!(with(&["--readers", "2", "--protocol", "text"]).content_digest(), one.content_digest());
    let some = ["--columns", "name", "--where", "n = 3 OR n IS NULL"];
    let [one, four] = ["1", "4"].map(|readers| with(&[&some[..], &["--readers", readers]].concat()));
    assert_eq!((one.content_digest(), one.rows()), (four.content_digest(), four.rows()));

    table.run(&["TRUNCATE {table}"]);
    let empty = with(&["--readers", "3"]);
    assert_eq!(empty.rows(), 0);
    table.run(&[
        "ALTER TABLE {table} MODIFY id BIGINT UNSIGNED NOT NULL",
        "INSERT INTO {table} VALUES ('most', 18446744073709551615, 1)",
    ]);
    assert_eq!(with(&["--readers", "3"]).rows(), 1);
    table.run(&[
        "INSERT INTO {table} VALUES ('least', 0, 1), ('b', 9223372036854775808, 1), ('a', 9223372036854775807, 1)",
    ]);
    let [one, three] = ["1", "3"].map(|readers| with(&["--readers", readers]));
    assert_eq!((one.content_digest(), 4), (three.content_digest(), three.rows()));
}

#[test]
fn all_readers_see_one_moment() {
    Engine::ALL.into_iter().for_each(compare_moments);
}

fn compare_moments(engine: Engine) {
    let table = SourceTable::made_on(
        engine,
        "practical_one_moment",
        &[
            "CREATE TABLE {table} (id INT PRIMARY KEY, v INT, filler CHAR(200)) ENGINE=InnoDB",
            "INSERT INTO {table} WITH RECURSIVE s AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM s WHERE n < 150)
             SELECT a.n * 150 + b.n, 0, 'x' FROM s a JOIN s b",
        ],
    );
    let locker = Locker::of(&table);
    let environment = locker.environment();
    let data = DataFolder::new();
    let zeros = extracted(&data, &environment, &[]).content_digest().to_owned();
    table.run(&["UPDATE {table} SET v = 1"]);
    let ones = extracted(&data, &environment, &[]).content_digest().to_owned();
    let done = Arc::new(AtomicBool::new(false));
    let toggling = thread::spawn({
        let (done, mut connection) = (Arc::clone(&done), table.connect());
        move || {
            let mut times = 0;
            while !done.load(Ordering::Relaxed) {
                connection.query_drop("UPDATE practical_one_moment SET v = 1 - v").expect("an update");
                times += 1;
            }
            times
        }
    });
    let snapshots: Vec<Snapshot> = (0..8).map(|_| extracted(&data, &environment, &["--readers", "4"])).collect();
    done.store(true, Ordering::Relaxed);
    assert!(toggling.join().expect("the writer") > 8, "the table changed meanwhile");
    for snapshot in snapshots {
        let digest = snapshot.content_digest();
        assert!(digest == zeros || digest == ones, "rows of two moments");
        assert_eq!(snapshot.manifest["source"]["consistent_read"], true);
    }
}

#[test]
fn without_the_right_or_the_lock_there_is_a_refusal_and_a_way_out() {
    let table = SourceTable::made_by(
        "practical_lock",
        &["CREATE TABLE {table} (id INT PRIMARY KEY) ENGINE=InnoDB", "INSERT INTO {table} VALUES (1), (2)"],
    );
    let data = DataFolder::new();
    let refused = run(&data, &table.environment(), &["--readers", "2"]).expect_code(12);
    refused.expect_said(&["may not lock", "GRANT LOCK TABLES ON `tracking`.*", "rowgraph_read", "--readers 1"]);
    assert_eq!(extracted(&data, &table.environment(), &["--readers", "1"]).rows(), 2);

    let locker = Locker::of(&table);
    let mut writer = table.connect();
    writer.query_drop("BEGIN").expect("a transaction");
    writer.query_drop("UPDATE practical_lock SET id = 3 WHERE id = 2").expect("an update");
    let waited = run(&data, &locker.environment(), &["--readers", "2", "--retries", "0"]).expect_code(12);
    waited.expect_said(&["could not be locked", "10 s", "--readers 1"]);
    writer.query_drop("ROLLBACK").expect("the end");
    assert_eq!(extracted(&data, &locker.environment(), &["--readers", "2"]).rows(), 2);
    // A missing table is said to be missing, not locked.
    let mut environment = locker.environment();
    environment.insert("MYSQL_TABLE".into(), "practical_lokc".into());
    run(&data, &environment, &["--readers", "2"]).expect_code(12).expect_said(&["did you mean practical_lock"]);
}

#[test]
fn a_table_without_such_a_key_is_read_by_one() {
    let table = SourceTable::generated("practical_no_key", 500, 81);
    let data = DataFolder::new();
    let whole = extracted(&data, &table.environment(), &[]);
    let finished = run(&data, &table.environment(), &["--readers", "4"]).expect_code(0);
    let finished = finished.expect_said(&["practical_no_key", "read by one connection"]);
    let same = Snapshot::printed(&finished);
    assert_eq!(same.content_digest(), whole.content_digest());
    assert!(same.manifest["source"]["ordered_by"].is_null());
}

#[test]
fn one_lost_reader_begins_a_new_moment_for_all() {
    let table = SourceTable::generated("practical_lost_reader", 60_000, 82);
    table.run(&["ALTER TABLE `{table}` ADD COLUMN id INT NOT NULL AUTO_INCREMENT PRIMARY KEY"]);
    let locker = Locker::of(&table);
    let (data, alone) = (DataFolder::new(), DataFolder::new());
    let expected = extracted(&alone, &locker.environment(), &["--readers", "1"]);
    let arguments =
        ["--out", data.text(), "--readers", "3", "--part-size", "16MB", "--row-group", "1MB", "--level", "12"];
    let mut running = Program::extract(&arguments).with(&locker.environment()).start();
    let met = running.until(|| {
        let files = data.files().into_iter().filter(|path| path.to_string_lossy().contains(".staging-"));
        files.filter_map(|path| path.metadata().ok()).any(|file| file.is_file() && file.len() > 100_000)
    });
    assert!(met, "the extraction ended before it could be met");
    let mut connection = table.connect();
    let find = format!("SELECT id FROM information_schema.processlist WHERE user = '{}'", locker.name());
    let ids: Vec<u64> = connection.query(find).expect("the process list");
    assert_eq!(ids.len(), 3, "three readers, and the one that held the lock is gone");
    connection.query_drop(format!("KILL {}", ids[1])).expect("killed");
    let finished = running.finish().expect_code(0).expect_said(&["connection was lost"]);
    assert_eq!(Snapshot::printed(&finished).content_digest(), expected.content_digest());
}
