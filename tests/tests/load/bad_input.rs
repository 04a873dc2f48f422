//! What people get wrong with `load`: each has a message of its own that names the thing and the way out, the exit code of
//! DESIGN.md, and nothing is written.

use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::time::Duration;

use testkit::programs::{Finished, Program};
use testkit::snapshots::DataFolder;
use testkit::source::SourceTable;

use crate::job::{Job, mapping_for, target_environment};

fn is_untouched(job: &Job) {
    assert_eq!(
        job.target.number("MATCH (n) WHERE NOT n:_RowgraphRun RETURN count(n) AS n"),
        0,
        "something was written"
    );
    assert_eq!(job.target.bookkeeping("_RowgraphRun"), 0, "a run was created");
}

#[test]
fn a_wrong_target_is_said_before_the_long_work() {
    let job = Job::generated("wrong_target", 200, 91);
    let with = |name: &str, value: &str| {
        let finished = job.load(&[]).variable(name, value).run();
        assert_eq!(job.data.graph_tables(), vec![], "nothing is staged before the target was asked: {finished}");
        finished
    };
    let wrong = with("NEO4J_PASSWORD", "hunter2-of-neo4j");
    assert!(!format!("{wrong}").contains("hunter2"), "the password was printed");
    wrong.expect_code(13).expect_said(&["password", "neo4j"]);
    with("NEO4J_USERNAME", "nobody").expect_code(13).expect_said(&["nobody"]);
    with("NEO4J_DATABASE", "elsewhere").expect_code(13).expect_said(&["elsewhere", "database"]);
    let unreachable = with("NEO4J_URI", "bolt://127.0.0.1:1").expect_code(13).expect_said(&["127.0.0.1:1"]);
    assert!(unreachable.took < Duration::from_secs(60), "{:?}", unreachable.took);
    with("NEO4J_URI", "bolt+s://no-such-host.invalid:7687").expect_code(13).expect_said(&["no-such-host.invalid"]);
    with("NEO4J_URI", "neo4j+s://127.0.0.1:1").expect_code(13);
    with("NEO4J_URI", "ftp://127.0.0.1").expect_code(2).expect_said(&["ftp"]);
    with("NEO4J_URI", "bolt://graph.example:7687").expect_code(2).expect_said(&["plain text", "--plaintext"]);
    // What answers there is no Neo4j.
    let mysql = format!("bolt://127.0.0.1:{}", job.table.environment()["MYSQL_PORT"]);
    with("NEO4J_URI", &mysql).expect_code(13).expect_said(&["Neo4j"]);
    is_untouched(&job);

    let from = job.snapshot.path.to_string_lossy().into_owned();
    Program::load(&["--from", &from]).run().expect_code(2).expect_said(&["NEO4J_URI"]);
    Program::load(&[]).run().expect_code(2).expect_said(&["--from"]);
}

#[test]
fn a_folder_without_a_snapshot_is_said() {
    let job = Job::generated("no_snapshot", 150, 92);
    let load = |from: &str| Program::load(&["--from", from]).with(&target_environment()).run();
    let empty = DataFolder::new();
    load(empty.text()).expect_code(10).expect_said(&[empty.text(), "extract"]);
    load("/no/such/folder").expect_code(10).expect_said(&["/no/such/folder"]);
    fs::remove_file(job.snapshot.path.join("_manifest.json")).expect("the manifest");
    job.load(&[]).run().expect_code(10).expect_said(&["no sealed snapshot", job.data.text()]);
    is_untouched(&job);
}

#[test]
fn a_snapshot_with_a_changed_byte_is_refused() {
    let job = Job::generated("changed_byte", 150, 93);
    let part = job.snapshot.first_part();
    let mut file = fs::File::options().read(true).write(true).open(&part).expect("a part");
    file.seek(SeekFrom::Start(1_000)).expect("a place in it");
    let byte = fs::read(&part).expect("its bytes")[1_000];
    file.write_all(&[byte ^ 1]).expect("another byte");
    job.load(&[]).run().expect_code(11).expect_said(&["part-00000.parquet", "damaged"]);
    fs::remove_file(&part).expect("a part");
    job.load(&[]).run().expect_code(11).expect_said(&["part-00000.parquet", "missing"]);
    is_untouched(&job);
}

#[test]
fn graph_tables_with_a_changed_byte_are_not_written() {
    let job = Job::generated("changed_tables", 150, 94);
    let staged = job.load(&[]).variable("ROWGRAPH_FAILPOINT", "staged").run();
    assert!(staged.signal.is_some(), "{staged}");
    let graph = job.data.path().join(".graph");
    let (path, mut bytes) =
        job.data.graph_tables().into_iter().find(|(path, _)| path.to_string_lossy().contains("Skill")).expect("Skill");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(graph.join(path), bytes).expect("another byte");
    // They are staged again, or refused: never written as they are.
    let loaded = job.load(&[]).run();
    match loaded.code {
        Some(0) => job.expect_reference(),
        _ => is_untouched(&job),
    }
}

#[test]
fn a_table_without_the_mappings_columns_is_named_with_them() {
    let job = Job::generated("few_columns", 150, 95);
    job.table.run(&["ALTER TABLE `{table}` DROP COLUMN skills_list, DROP COLUMN gender"]);
    let snapshot = job.data.extract(&job.table);
    let from = snapshot.path.to_string_lossy().into_owned();
    let finished = Program::load(&["--from", &from]).with(&target_environment()).run();
    finished.expect_code(17).expect_said(&["skills_list", "gender"]);
    is_untouched(&job);
}

#[test]
fn a_mapping_that_is_none_is_said_with_its_place() {
    let job = Job::generated("bad_mapping", 150, 96);
    let with = |text: &str| {
        let path = job.data.path().join("mine.yaml");
        fs::write(&path, text).expect("a mapping file");
        job.load(&["--mapping", path.to_str().expect("plain")]).run()
    };
    job.load(&["--mapping", "/no/such.yaml"]).run().expect_code(17).expect_said(&["/no/such.yaml"]);
    with("version: \"1\"\nsources: [").expect_code(17).expect_said(&["mine.yaml"]);
    let good = fs::read_to_string(mapping_for("bad_mapping", &job.data)).expect("the default mapping");
    with(&good.replace("unique_constraints", "key_constraints")).expect_code(17).expect_said(&["unique_constraints"]);
    with(&good.replace("group_by:", "grouped_by:")).expect_code(17).expect_said(&["grouped_by"]);
    is_untouched(&job);
}

#[test]
fn an_empty_table_makes_the_fixed_nodes_only() {
    let job = Job::generated("no_rows", 0, 97);
    job.load(&[]).run().expect_code(0);
    let counts = [("LearningState", 4), ("ProfessionalStatus", 5)].map(|(name, number)| (name.to_owned(), number));
    assert_eq!(job.target.counts(), counts);
    job.expect_reference();
}

/// Loads with the graph tables on a file system of `size`.
fn with_a_small_disk(job: &Job, size: &str) -> Finished {
    let work = job.data.path().join("work");
    fs::create_dir(&work).expect("a folder");
    drop(Program::load(&["--version"]).run());
    let load =
        std::env::current_exe().expect("this test").parent().and_then(Path::parent).expect("target").join("load");
    let script = format!(r#"mount -t tmpfs -o size={size} tmpfs "$2" && exec "$0" --from "$1" --work "$2""#);
    Program::at(Path::new("unshare"))
        .argument("-rm")
        .argument("sh")
        .argument("-c")
        .argument(script)
        .argument(load)
        .argument(&job.snapshot.path)
        .argument(&work)
        .with(&target_environment())
        .run()
}

#[test]
fn a_full_disk_ends_staging_before_anything_is_written() {
    let job = Job::generated("full_disk", 2_000, 98);
    with_a_small_disk(&job, "200k").expect_code(1).expect_said(&["work", "space"]);
    is_untouched(&job);
}

#[test]
fn a_table_in_two_databases_is_not_guessed() {
    let job = Job::generated("two_databases", 120, 99);
    job.table.run(&[
        "CREATE DATABASE IF NOT EXISTS tracking_too",
        "GRANT SELECT ON tracking_too.* TO rowgraph_read@127.0.0.1",
    ]);
    let mut destination = testkit::servers::SERVERS.destination("two_databases");
    destination.database = "tracking_too".to_owned();
    destination.seed(120, 1).expect("the same table in another database");
    let other = Program::extract(&["--out", job.data.text(), "--database", "tracking_too"])
        .with(&job.table.environment())
        .run();
    job.table.run(&["DROP DATABASE tracking_too", "REVOKE SELECT ON tracking_too.* FROM rowgraph_read@127.0.0.1"]);
    other.expect_code(0);
    let mapping = mapping_for(job.table.name(), &job.data);
    let arguments = ["--from", job.data.text(), "--mapping", &mapping];
    let finished = Program::load(&arguments).with(&target_environment()).run();
    finished.expect_code(2).expect_said(&["tracking_too", "two_databases"]);
    is_untouched(&job);
}

#[test]
fn a_table_that_is_not_innodb_is_extracted_with_a_warning() {
    let table = SourceTable::generated("not_innodb", 120, 1);
    table.run(&["ALTER TABLE `{table}` ENGINE=MyISAM"]);
    let data = DataFolder::new();
    let finished = Program::extract(&["--out", data.text()]).with(&table.environment()).run().expect_code(0);
    finished.expect_said(&["not_innodb", "InnoDB"]);
}
