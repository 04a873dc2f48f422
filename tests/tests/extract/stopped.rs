//! Extractions that are stopped or cut in the middle: no sealed snapshot, no half of one left for good, and no draining of
//! the table; and a lost connection that is made good.

use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use mysql::prelude::Queryable;
use rustix::process::Signal;
use testkit::programs::{Program, Running};
use testkit::snapshots::{DataFolder, Snapshot};
use testkit::source::SourceTable;

/// Enough rows that an extraction takes a good part of a second, and can be met in the middle.
const ROWS: u64 = 60_000;

fn start(table: &SourceTable, data: &DataFolder) -> Running {
    // Small row groups, so that a part grows from the beginning on.
    let arguments = ["--out", data.text(), "--part-size", "16MB", "--row-group", "1MB", "--level", "12"];
    Program::extract(&arguments).with(&table.environment()).start()
}

fn staged(data: &DataFolder) -> Vec<PathBuf> {
    data.files().into_iter().filter(|path| path.to_string_lossy().contains(".staging-")).collect()
}

/// Waits until rows have been written.
fn meet(running: &mut Running, data: &DataFolder) {
    let met = running.until(|| {
        staged(data).iter().any(|path| path.metadata().is_ok_and(|file| file.is_file() && file.len() > 100_000))
    });
    assert!(met, "the extraction ended before it could be met");
}

#[test]
fn a_stopped_extraction_seals_nothing_and_leaves_nothing_for_good() {
    let table = SourceTable::generated("stopped", ROWS, 21);
    let data = DataFolder::new();
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let mut running = start(&table, &data);
        meet(&mut running, &data);
        let since = Instant::now();
        running.signal(signal);
        running.finish().expect_code(code);
        assert!(since.elapsed() < Duration::from_secs(5), "it drained the table: {:?}", since.elapsed());
        assert_eq!((data.sealed(), staged(&data)), (vec![], vec![]), "after {signal:?}");
    }
    let mut running = start(&table, &data);
    meet(&mut running, &data);
    assert_eq!(running.kill().signal, Some(9));
    assert_eq!(data.sealed(), Vec::<PathBuf>::new());
    assert!(!staged(&data).is_empty(), "kill -9 leaves its staging folder");

    let snapshot = data.extract(&table);
    assert_eq!(snapshot.rows(), ROWS);
    assert_eq!(data.sealed(), vec![snapshot.path], "one snapshot, and staging of the dead was removed");
    assert_eq!(staged(&data), Vec::<PathBuf>::new());
}

#[test]
fn two_extractions_at_once_do_not_disturb_each_other() {
    let table = SourceTable::generated("side_by_side", 20_000, 22);
    let data = DataFolder::new();
    let finished = [start(&table, &data), start(&table, &data)].map(Running::finish);
    let [first, second] = finished.map(|finished| Snapshot::printed(&finished.expect_code(0)));
    assert_eq!(first.content_digest(), second.content_digest());
    assert_eq!(data.sealed().len(), 2);
}

#[test]
fn a_lost_connection_is_made_good_by_a_new_pass() {
    let table = SourceTable::generated("cut", ROWS, 23);
    let data = DataFolder::new();
    let whole = data.extract(&table);
    let again = DataFolder::new();
    let mut running = start(&table, &again);
    meet(&mut running, &again);
    let mut connection = table.connect();
    let find = "SELECT id FROM information_schema.processlist WHERE user = 'rowgraph_read' AND info LIKE '%`cut`%'";
    let ids: Vec<u64> = connection.query(find).expect("the process list");
    assert!(!ids.is_empty(), "the extraction reads");
    for id in ids {
        connection.query_drop(format!("KILL {id}")).unwrap_or_default();
    }
    let finished = running.finish().expect_code(0).expect_said(&["connection was lost", "cut"]);
    let snapshot = Snapshot::printed(&finished);
    assert_eq!(snapshot.content_digest(), whole.content_digest());
    assert_eq!(snapshot.rows(), ROWS);
}

#[test]
fn a_connection_that_stays_lost_is_an_error_that_names_the_rows() {
    let table = SourceTable::generated("cut_for_good", ROWS, 24);
    let data = DataFolder::new();
    let arguments =
        ["--out", data.text(), "--retries", "0", "--part-size", "16MB", "--row-group", "1MB", "--level", "12"];
    let mut running = Program::extract(&arguments).with(&table.environment()).start();
    meet(&mut running, &data);
    let mut connection = table.connect();
    let find =
        "SELECT id FROM information_schema.processlist WHERE user = 'rowgraph_read' AND info LIKE '%`cut_for_good`%'";
    for id in connection.query::<u64, _>(find).expect("the process list") {
        connection.query_drop(format!("KILL {id}")).unwrap_or_default();
    }
    running.finish().expect_code(12).expect_said(&["cut_for_good", "rows"]);
    thread::sleep(Duration::from_millis(50));
    assert_eq!((data.sealed(), staged(&data)), (vec![], vec![]));
}
