//! What `extract` seals: the table's values, the same content each time, nothing secret, nobody else's to read.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use testkit::programs::Program;
use testkit::reference::expect_equal_snapshot;
use testkit::snapshots::{DataFolder, Snapshot};
use testkit::source::SourceTable;

#[test]
fn a_snapshot_holds_the_values_of_the_table_in_order() {
    let table = SourceTable::generated("snapshot_values", 3_000, 11);
    let data = DataFolder::new();
    let snapshot = data.extract(&table);
    assert_eq!(snapshot.rows(), 3_000);
    expect_equal_snapshot(&table.environment(), &snapshot.path, "pyarrow");
    expect_equal_snapshot(&table.environment(), &snapshot.path, "duckdb");
    let sums = Command::new("sha256sum").args(["-c", "--quiet", "_SHA256SUMS"]).current_dir(&snapshot.path).status();
    assert!(sums.expect("sha256sum").success(), "sha256sum -c");
}

#[test]
fn two_extracts_have_one_content_however_the_parts_are_cut() {
    let table = SourceTable::generated("snapshot_twice", 2_000, 12);
    let data = DataFolder::new();
    let whole = data.extract(&table);
    let cut = ["--out", data.text(), "--part-size", "1MB", "--row-group", "1MB", "--level", "9"];
    let cut = Snapshot::printed(&Program::extract(&cut).with(&table.environment()).run().expect_code(0));
    assert_eq!(whole.content_digest(), cut.content_digest());
    assert_ne!(whole.path, cut.path);
    assert!(cut.manifest["parts"].as_array().expect("parts").len() > 1);
    expect_equal_snapshot(&table.environment(), &cut.path, "pyarrow");
    let text = ["--out", data.text(), "--protocol", "text"];
    let text = Snapshot::printed(&Program::extract(&text).with(&table.environment()).run().expect_code(0));
    assert_eq!(whole.content_digest(), text.content_digest(), "both protocols give the same values");

    table.run(&["UPDATE `{table}` SET rnk = 2 WHERE meta_rn = 1000"]);
    assert_ne!(data.extract(&table).content_digest(), whole.content_digest(), "one changed value shows");
    assert_eq!(data.sealed().len(), 4);
}

#[test]
fn a_level_that_is_asked_for_is_that_of_every_column() {
    // Words of five letters with another one between them: matches that level 1 is too hasty to see.
    let table = SourceTable::made_by(
        "snapshot_level",
        &[
            "CREATE TABLE {table} (id INT PRIMARY KEY, text TEXT)",
            "SET SESSION group_concat_max_len = 100000",
            "INSERT INTO {table}
             WITH RECURSIVE s AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM s WHERE n < 500)
             SELECT a.n, GROUP_CONCAT(
                 CONCAT(LEFT(MD5(CRC32(CONCAT(a.n, ' ', b.n)) % 300), 5), CHAR(103 + CRC32(CONCAT(b.n, '-', a.n)) % 16))
                 ORDER BY b.n SEPARATOR '')
             FROM s a JOIN s b ON b.n <= 40 GROUP BY a.n",
        ],
    );
    let data = DataFolder::new();
    let extracted = |level: &[&str]| {
        let arguments = [&["--out", data.text()], level].concat();
        let snapshot = Snapshot::printed(&Program::extract(&arguments).with(&table.environment()).run().expect_code(0));
        let bytes = snapshot.manifest["parts"][0]["bytes"].as_u64().expect("one part with a size");
        (bytes, snapshot.content_digest().to_owned())
    };
    let (chosen, one, three) = (extracted(&[]), extracted(&["--level", "1"]), extracted(&["--level", "3"]));
    assert!(chosen.0 < one.0, "left to choose, it takes level 3 where that saves: {chosen:?} {one:?}");
    assert!(three.0 < one.0, "{three:?} {one:?}");
    assert!(chosen.1 == one.1 && one.1 == three.1, "the content is the same");
}

#[test]
fn a_snapshot_is_its_owners_alone_and_holds_no_secret() {
    let table = SourceTable::generated("snapshot_private", 200, 13);
    let data = DataFolder::new();
    let environment = table.environment();
    let finished = Program::extract(&["--out", data.text(), "-vv"]).with(&environment).run().expect_code(0);
    let snapshot = Snapshot::printed(&finished);
    let mode = snapshot.path.metadata().expect("a folder").permissions().mode() & 0o777;
    assert_eq!(mode, 0o700, "{mode:o}");
    let password = &environment["MYSQL_PASSWORD"];
    let manifest = snapshot.manifest.to_string();
    for (place, text) in [("output", &finished.stdout), ("log", &finished.stderr), ("manifest", &manifest)] {
        assert!(!text.contains(password.as_str()), "the password stands in the {place}");
    }
}

#[test]
fn a_table_without_rows_is_a_snapshot_of_none() {
    let table = SourceTable::generated("snapshot_empty", 0, 1);
    let data = DataFolder::new();
    let finished = Program::extract(&["--out", data.text()]).with(&table.environment()).run().expect_code(0);
    let finished = finished.expect_said(&["no rows", "snapshot_empty"]);
    let snapshot = Snapshot::printed(&finished);
    assert_eq!(snapshot.rows(), 0);
    expect_equal_snapshot(&table.environment(), &snapshot.path, "pyarrow");
}
