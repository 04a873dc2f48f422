//! What people get wrong with `extract`: each has a message of its own that names the thing, an exit code, and no snapshot.

use std::fs;
use std::path::Path;
use std::time::Duration;

use testkit::programs::{Finished, Program};
use testkit::servers::Environment;
use testkit::snapshots::DataFolder;
use testkit::source::SourceTable;

/// Runs `extract` with one variable changed; nothing may be left behind, and no password said.
#[track_caller]
fn extract_with(environment: &Environment, name: &str, value: &str) -> Finished {
    let data = DataFolder::new();
    let finished = Program::extract(&["--out", data.text()]).with(environment).variable(name, value).run();
    assert_eq!(data.sealed(), Vec::<std::path::PathBuf>::new());
    assert!(!finished.stderr.contains(&environment["MYSQL_PASSWORD"]), "a password was printed");
    finished
}

#[test]
fn each_wrong_setting_has_a_message_of_its_own() {
    let table = SourceTable::generated("extract_bad_input", 150, 31);
    let environment = table.environment();
    let wrong = extract_with(&environment, "MYSQL_PASSWORD", "hunter2");
    assert!(!wrong.stderr.contains("hunter2"), "the password was printed: {wrong}");
    wrong.expect_code(12).expect_said(&["rowgraph_read", "password", "hint"]);
    extract_with(&environment, "MYSQL_PASSWORD", "").expect_code(12).expect_said(&["password"]);
    extract_with(&environment, "MYSQL_TABLE", "extract_bad_inptu")
        .expect_code(12)
        .expect_said(&["extract_bad_inptu", "did you mean extract_bad_input"]);
    extract_with(&environment, "MYSQL_DATABASE", "elsewhere").expect_code(12).expect_said(&["elsewhere", "--database"]);
    extract_with(&environment, "MYSQL_PORT", "1").expect_code(12).expect_said(&["127.0.0.1:1", "--port"]);
    extract_with(&environment, "MYSQL_HOST", "no-such-host.invalid")
        .expect_code(12)
        .expect_said(&["no-such-host.invalid", "name"]);
    extract_with(&environment, "MYSQL_PORT", "many").expect_code(2).expect_said(&["MYSQL_PORT", "many"]);
}

#[test]
fn a_host_that_does_not_answer_is_given_up() {
    // An address of a documentation network: packets to it go nowhere.
    let data = DataFolder::new();
    let arguments = [
        "--out",
        data.text(),
        "--host",
        "127.255.255.254",
        "--port",
        "1",
        "--user",
        "x",
        "--database",
        "d",
        "--table",
        "t",
    ];
    let finished = Program::extract(&arguments).run().expect_code(12).expect_said(&["127.255.255.254", "hint"]);
    assert!(finished.took < Duration::from_secs(60), "{:?}", finished.took);
}

#[test]
fn an_account_without_the_right_is_told_the_grant() {
    let table = SourceTable::generated("extract_no_right", 120, 32);
    table.run(&[
        "CREATE OR REPLACE USER rowgraph_nobody@127.0.0.1 IDENTIFIED BY 'only for this test'",
        "GRANT SELECT (email) ON `{table}` TO rowgraph_nobody@127.0.0.1",
    ]);
    let data = DataFolder::new();
    let finished = Program::extract(&["--out", data.text()])
        .with(&table.environment())
        .variable("MYSQL_USER", "rowgraph_nobody")
        .variable("MYSQL_PASSWORD", "only for this test")
        .run();
    table.run(&["DROP USER rowgraph_nobody@127.0.0.1"]);
    finished.expect_code(12).expect_said(&["rowgraph_nobody", "GRANT SELECT"]);
}

#[test]
fn what_is_missing_on_the_command_line_is_named() {
    Program::extract(&[]).run().expect_code(2).expect_said(&["--out"]);
    let data = DataFolder::new();
    Program::extract(&["--out", data.text()]).run().expect_code(2).expect_said(&["--database", "MYSQL_DATABASE"]);
    let missing = ["--out", data.text(), "--env-file", "/nowhere/my.env"];
    Program::extract(&missing).run().expect_code(2).expect_said(&["/nowhere/my.env"]);
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let table = SourceTable::generated("extract_no_folder", 120, 33);
    let data = DataFolder::new();
    let file = data.path().join("a-file");
    fs::write(&file, "not a folder").expect("a file");
    let out = file.join("data");
    let out = out.to_str().expect("plain");
    Program::extract(&["--out", out]).with(&table.environment()).run().expect_code(1).expect_said(&["a-file"]);
}

/// Runs `extract` in a mount namespace of its own, in which `out` is a file system of `size`; `before` runs first.
fn on_a_small_disk(table: &SourceTable, out: &Path, size: &str, before: &str) -> Finished {
    let script = format!(
        r#"mount -t tmpfs -o size={size} tmpfs "$1" && {before} exec "$0" --progress none --out "$1" --row-group 1MB"#
    );
    let extract =
        std::env::current_exe().expect("this test").parent().and_then(Path::parent).expect("target").join("extract");
    // The programs are built by the first that asks for one by name.
    drop(Program::extract(&["--version"]).run());
    Program::at(Path::new("unshare"))
        .argument("-rm")
        .argument("sh")
        .argument("-c")
        .argument(script)
        .argument(extract)
        .argument(out)
        .with(&table.environment())
        .run()
}

#[test]
fn a_full_disk_is_said_before_the_long_work() {
    let table = SourceTable::generated("extract_small_disk", 20_000, 34);
    let data = DataFolder::new();
    let finished = on_a_small_disk(&table, data.path(), "2m", "");
    finished.expect_code(1).expect_said(&["free", "needed", data.text()]);
}

#[test]
fn a_disk_that_fills_up_meanwhile_ends_it_cleanly() {
    let table = SourceTable::generated("extract_full_disk", 60_000, 35);
    let data = DataFolder::new();
    // Somebody else takes all but 4 MB of the disk as soon as there is a first file.
    let wait = r#"while ! ls -d "$0"/*/.staging-*/.part-* >/dev/null 2>&1; do :; done; fallocate -l 396m "$0/filler""#;
    let fill = format!("{{ timeout 60 sh -c '{wait}' \"$1\" >/dev/null 2>&1 & }};");
    let finished = on_a_small_disk(&table, data.path(), "400m", &fill);
    finished.expect_code(1).expect_said(&["space", "part-00000"]);
    assert_eq!(data.files(), Vec::<std::path::PathBuf>::new());
}
