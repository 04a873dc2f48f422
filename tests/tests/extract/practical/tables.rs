//! Several tables in one command: each its own snapshot, all of one moment, and all or none.

use std::path::PathBuf;

use mysql::prelude::Queryable;
use serde_json::Value;
use testkit::programs::{Finished, Program, Running};
use testkit::snapshots::{DataFolder, Snapshot};
use testkit::source::SourceTable;

use super::{extracted, run};

/// The snapshots that `extract` names, in order.
#[track_caller]
fn printed(finished: &Finished) -> Vec<Snapshot> {
    let read = |line: &str| {
        let path = PathBuf::from(line);
        let text =
            std::fs::read_to_string(path.join("_manifest.json")).unwrap_or_else(|error| panic!("{error}: {line}"));
        Snapshot { manifest: serde_json::from_str(&text).expect("JSON"), path }
    };
    finished.stdout.lines().map(read).collect()
}

fn tables(snapshots: &[Snapshot]) -> Vec<&str> {
    snapshots.iter().map(|snapshot| snapshot.manifest["source"]["table"].as_str().expect("a table")).collect()
}

fn start(tables: [&SourceTable; 2], data: &DataFolder, more: &[&str]) -> Running {
    let names = tables.map(SourceTable::name);
    let mut arguments = vec!["--out", data.text(), "--table", names[0], "--table", names[1]];
    arguments.extend(["--part-size", "16MB", "--row-group", "1MB", "--level", "12"]);
    arguments.extend(more);
    Program::extract(&arguments).with(&tables[0].environment()).start()
}

/// Waits until rows of a table have been written.
fn meet(running: &mut Running, data: &DataFolder, table: &SourceTable) {
    let folder = format!("tracking.{}/.staging-", table.name());
    let met = running.until(|| {
        let files = data.files().into_iter().filter(|path| path.to_string_lossy().contains(&folder));
        files.filter_map(|path| path.metadata().ok()).any(|file| file.is_file() && file.len() > 100_000)
    });
    assert!(met, "the extraction ended before it could be met");
}

#[test]
fn all_tables_are_of_the_moment_in_which_the_first_is_read() {
    let (large, small) =
        (SourceTable::generated("practical_large", 60_000, 61), SourceTable::generated("practical_small", 500, 62));
    let (data, before) = (DataFolder::new(), DataFolder::new());
    let small_before = extracted(&before, &small.environment(), &[]);
    let mut running = start([&large, &small], &data, &[]);
    meet(&mut running, &data, &large);
    small.run(&["UPDATE `{table}` SET rnk = rnk + 1", "DELETE FROM `{table}` LIMIT 10"]);
    assert_eq!(data.sealed(), Vec::<PathBuf>::new(), "nothing is sealed before all is read");
    let finished = running.finish().expect_code(0);
    let snapshots = printed(&finished);
    assert_eq!(tables(&snapshots), [large.name(), small.name()]);
    assert_eq!(snapshots[1].content_digest(), small_before.content_digest(), "the change came after the moment");
    let of_moment = |snapshot: &Snapshot| {
        let source = &snapshot.manifest["source"];
        (source["started_at"].clone(), source["binlog"].clone(), snapshot.as_of().to_owned())
    };
    assert_eq!(of_moment(&snapshots[0]), of_moment(&snapshots[1]));
    assert_eq!(snapshots[0].manifest["source"]["consistent_read"], true);
}

#[test]
fn a_connection_lost_in_the_second_table_begins_a_new_moment_for_both() {
    let (first, second) =
        (SourceTable::generated("practical_cut_1", 20_000, 63), SourceTable::generated("practical_cut_2", 60_000, 64));
    let (data, alone) = (DataFolder::new(), DataFolder::new());
    let mut running = start([&first, &second], &data, &[]);
    meet(&mut running, &data, &second);
    // What changes before the new moment must be in both, also in the table that was read to its end before.
    first.run(&["UPDATE `{table}` SET rnk = rnk + 1 WHERE meta_rn % 100 = 0"]);
    kill_reader_of(&second);
    let finished = running.finish().expect_code(0).expect_said(&["connection was lost", "practical_cut_2"]);
    let snapshots = printed(&finished);
    assert_eq!(tables(&snapshots), [first.name(), second.name()]);
    assert_eq!(snapshots[0].manifest["source"]["started_at"], snapshots[1].manifest["source"]["started_at"]);
    for (snapshot, table) in snapshots.iter().zip([&first, &second]) {
        assert_eq!(snapshot.content_digest(), extracted(&alone, &table.environment(), &[]).content_digest());
    }
    Program::extract(&["verify", data.text()]).run().expect_code(0);

    let nothing = DataFolder::new();
    let mut running = start([&first, &second], &nothing, &["--retries", "0"]);
    meet(&mut running, &nothing, &second);
    kill_reader_of(&second);
    running.finish().expect_code(12).expect_said(&["practical_cut_2", "rows"]);
    assert_eq!(nothing.sealed(), Vec::<PathBuf>::new(), "all or none");
}

fn kill_reader_of(table: &SourceTable) {
    let find = format!(
        "SELECT id FROM information_schema.processlist WHERE user = 'rowgraph_read' AND info LIKE '%`{}`%'",
        table.name()
    );
    let mut connection = table.connect();
    let ids: Vec<u64> = connection.query(find).expect("the process list");
    assert!(!ids.is_empty(), "the extraction reads {}", table.name());
    for id in ids {
        connection.query_drop(format!("KILL {id}")).unwrap_or_default();
    }
}

#[test]
fn patterns_and_all_tables_take_what_they_say() {
    let table = SourceTable::generated("practical_pattern", 120, 65);
    table.run(&[
        "DROP DATABASE IF EXISTS practical_shop",
        "CREATE DATABASE practical_shop",
        "CREATE TABLE practical_shop.shop_orders (id INT PRIMARY KEY) ENGINE=InnoDB",
        "INSERT INTO practical_shop.shop_orders VALUES (1), (2), (3)",
        "CREATE TABLE practical_shop.shop_items LIKE practical_shop.shop_orders",
        "CREATE TABLE practical_shop.`odd*name` LIKE practical_shop.shop_orders",
        "CREATE TABLE practical_shop.old_log (line TEXT) ENGINE=MyISAM",
        "CREATE VIEW practical_shop.shop_view AS SELECT id FROM practical_shop.shop_orders",
        "GRANT SELECT ON practical_shop.* TO rowgraph_read@127.0.0.1",
    ]);
    let mut environment = table.environment();
    environment.insert("MYSQL_DATABASE".into(), "practical_shop".into());
    let take = |arguments: &[&str]| {
        let finished = run(&DataFolder::new(), &environment, arguments);
        (finished.code, finished.stderr.clone(), finished.stdout.lines().map(str::to_owned).collect::<Vec<_>>())
    };
    let names = |paths: &[String]| -> Vec<String> {
        let folder = |path: &String| path.rsplit('/').nth(1).expect("a table's folder").replace("practical_shop.", "");
        paths.iter().map(folder).collect()
    };
    let (code, stderr, all) = take(&["--all-tables"]);
    assert_eq!(code, Some(0), "{stderr}");
    assert_eq!(names(&all), ["odd%2Aname", "old_log", "shop_items", "shop_orders"], "no views");
    assert!(stderr.contains("old_log is not an InnoDB table"), "{stderr}");
    assert_eq!(names(&take(&["--all-tables", "--exclude-table", "shop_*"]).2), ["odd%2Aname", "old_log"]);
    assert_eq!(names(&take(&["--table", "shop_*"]).2), ["shop_items", "shop_orders"]);
    assert_eq!(names(&take(&["--table", "shop_orders", "--table", "shop_?????"]).2), ["shop_orders", "shop_items"]);
    assert_eq!(names(&take(&["--table", "odd*name"]).2), ["odd%2Aname"], "a name that is there as it is");
    assert_eq!(names(&take(&["--table", "shop_view", "--table", "shop_items"]).2), ["shop_view", "shop_items"]);
    let (code, stderr, _) = take(&["--table", "shop_orders", "--table", "store_*"]);
    assert!(code == Some(12) && stderr.contains("store_*"), "{stderr}");
    let (code, stderr, paths) = take(&["--table", "shop_orders", "--table", "shop_itmes"]);
    assert!(code == Some(12) && stderr.contains("did you mean shop_items") && paths.is_empty(), "{stderr}");
    let (code, stderr, _) = take(&["--table", "shop_*", "--where", "id = 1"]);
    assert!(code == Some(2) && stderr.contains("--where"), "{stderr}");

    let data = DataFolder::new();
    let finished = run(&data, &environment, &["--table", "shop_*", "--limit", "1", "--keep", "1", "-v"]).expect_code(0);
    let rows: Vec<Value> = printed(&finished).iter().map(|snapshot| snapshot.manifest["rows"].clone()).collect();
    assert_eq!(rows, [0, 1]);
    table.run(&["DROP DATABASE practical_shop", "REVOKE SELECT ON practical_shop.* FROM rowgraph_read@127.0.0.1"]);
}
