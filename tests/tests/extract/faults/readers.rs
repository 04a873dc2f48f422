//! `--readers`: one connection of several, or all of them, in trouble. The snapshot is that of an undisturbed run, or none.

use std::thread;

use mysql::prelude::Queryable;
use rustix::process::Signal;
use testkit::locker::Locker;
use testkit::programs::{Finished, Program};
use testkit::proxy::{Action, At, Fault, Proxy};
use testkit::servers::Engine;
use testkit::snapshots::{DataFolder, Snapshot};
use testkit::source::SourceTable;

use super::signals::stop;
use super::{ROWS, digest, expect_nothing, expect_told, on_both, small};

/// Connections of an extraction with three readers: theirs, in order, and after them the one that holds the lock.
const CONNECTIONS: usize = 4;

/// The number of the connection that holds the lock.
const HOLDER: usize = 4;

/// A generated table with an integer primary key.
fn keyed(engine: Engine, name: &str, seed: u64) -> SourceTable {
    let table = SourceTable::generated_on(engine, name, ROWS, seed);
    table.run(&["ALTER TABLE `{table}` ADD COLUMN id INT NOT NULL AUTO_INCREMENT PRIMARY KEY"]);
    table
}

/// `extract` with three readers through a proxy, so that it can be met.
fn through(proxy: &Proxy, locker: &Locker<'_>, data: &DataFolder, more: &[&str]) -> Program {
    let arguments = small(data, &[&["--readers", "3"], more].concat());
    Program::extract(&arguments).with(&proxy.mysql_environment(&locker.environment()))
}

#[test]
fn readers_whose_connections_are_lost_give_the_undisturbed_snapshot_or_none() {
    on_both(|engine| {
        let table = keyed(engine, "fault_readers", 111);
        let (locker, expected) = (Locker::of(&table), digest(&table));
        let at = |connection: usize, place, action| Fault::on(connection, place, action);
        let all = |place, action| (1..HOLDER).map(|connection| at(connection, place, action)).collect::<Vec<_>>();
        let lost = "the connection was lost after ";
        // What is done, how many connections it comes to, what is said of it.
        let cases = [
            ("one is cut", vec![at(2, At::Row(500), Action::Cut)], 4, lost),
            ("the last is reset", vec![at(3, At::InsideRow(900), Action::Reset)], 4, lost),
            ("all are cut", all(At::Row(700), Action::Cut), 4, lost),
            ("all are cut at once", all(At::Row(0), Action::Cut), 4, "the connection was lost after 0 rows"),
            ("one falls silent", vec![at(1, At::Row(1_000), Action::HoldForEver)], 4, "sent nothing for 2 s"),
            ("one is lost early", vec![at(2, At::Byte(400), Action::Cut)], 2, "was lost after 0 rows"),
            ("the lock is lost early", vec![at(HOLDER, At::Byte(400), Action::Cut)], 4, "was lost after 0 rows"),
        ];
        // Side by side, since each waits for its retry.
        thread::scope(|scope| {
            for (what, faults, connections, words) in &cases {
                let (locker, expected) = (&locker, &expected);
                scope.spawn(move || {
                    let data = DataFolder::new();
                    let proxy = Proxy::to_mysql(&locker.environment(), faults);
                    let finished = through(&proxy, locker, &data, &["--retries", "0", "--read-timeout", "2"]).run();
                    assert_eq!(finished.code, Some(12), "{what}: {finished}");
                    assert!(proxy.fired() >= 1 && proxy.connections() == *connections, "{what}: {finished}");
                    expect_told(&finished, &[words]);
                    expect_nothing(&data);

                    let proxy = Proxy::to_mysql(&locker.environment(), faults);
                    let finished = through(&proxy, locker, &data, &["--retries", "1", "--read-timeout", "2"]).run();
                    assert_eq!(finished.code, Some(0), "{what}: {finished}");
                    assert_eq!(proxy.connections(), connections + CONNECTIONS, "{what}: {finished}");
                    let snapshot = Snapshot::printed(&finished.expect_said(&[words, "trying again in"]));
                    assert_eq!((snapshot.fault(), snapshot.content_digest()), (None, expected.as_str()), "{what}");
                    assert_eq!(data.staged(), Vec::<std::path::PathBuf>::new(), "{what}");
                });
            }
        });
    });
}

#[test]
fn parts_that_come_again_from_several_readers_are_kept() {
    on_both(|engine| {
        let table = keyed(engine, "fault_readers_kept", 112);
        let (locker, data) = (Locker::of(&table), DataFolder::new());
        // The last row of the last range.
        let proxy = Proxy::to_mysql(&locker.environment(), &[Fault::on(3, At::Row(1_330), Action::Cut)]);
        let finished = through(&proxy, &locker, &data, &["--retries", "1", "-v"]).run().expect_code(0);
        assert_eq!((proxy.fired(), proxy.connections()), (1, 2 * CONNECTIONS), "{finished}");
        let snapshot = Snapshot::printed(&finished);
        assert_eq!((snapshot.fault(), snapshot.content_digest()), (None, digest(&table).as_str()));
        let kept = finished.stderr.split_once(" parts are kept").and_then(|(before, _)| before.rsplit_once(" of "));
        let kept: usize = kept.and_then(|(_, kept)| kept.parse().ok()).expect("parts are kept");
        assert!(kept >= 3, "{finished}");
        assert!(finished.stderr.contains(&format!("{kept} of {kept} parts are kept")), "{finished}");
    });
}

#[test]
fn a_killed_query_of_one_reader_ends_all_and_is_not_tried_again() {
    on_both(|engine| {
        // Each range is more than the sockets on the way can hold: 20 MB.
        let few: Vec<String> = (0..20).map(|number| format!("c{number} INT NOT NULL DEFAULT {number}")).collect();
        let table = SourceTable::made_on(
            engine,
            "fault_readers_query",
            &[
                &format!("CREATE TABLE {{table}} (id INT PRIMARY KEY, text LONGTEXT, {}) ENGINE=InnoDB", few.join(", ")),
                "INSERT INTO {table} (id, text) WITH RECURSIVE s AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM s WHERE n < 240)
                 SELECT n, REPEAT('row', 333333) FROM s",
            ],
        );
        let (locker, data) = (Locker::of(&table), DataFolder::new());
        for retries in ["0", "3"] {
            let proxy = Proxy::to_mysql(&locker.environment(), &[Fault::on(2, At::Row(3), Action::HoldForEver)]);
            let mut running = through(&proxy, &locker, &data, &["--retries", retries]).start();
            assert!(running.until(|| proxy.fired() == 1));
            let mut connection = table.connect();
            // Of twelve ranges the second, which the second reader stands in the middle of; another may just be at its end.
            let find = format!(
                "SELECT id FROM information_schema.processlist WHERE user = '{}' AND info LIKE '%BETWEEN 21 AND 40%'",
                locker.name()
            );
            let ids: Vec<u64> = connection.query(find).expect("the process list");
            assert_eq!(ids.len(), 1, "it is being answered");
            connection.query_drop(format!("KILL QUERY {}", ids[0])).expect("a killed query");
            proxy.release();
            let finished = running.finish().expect_code(12);
            let words = ["the server ended the read of tracking.fault_readers_query after", " rows", "interrupted"];
            expect_told(&finished, &words);
            assert_eq!(proxy.connections(), CONNECTIONS, "{finished}");
            expect_nothing(&data);
        }
    });
}

#[test]
fn a_signal_ends_all_readers() {
    on_both(|engine| {
        let table = keyed(engine, "fault_readers_signal", 113);
        let (locker, data) = (Locker::of(&table), DataFolder::new());
        let told = |finished: &Finished, name: &str| {
            expect_told(finished, &["stopped", name]);
            expect_nothing(&data);
        };
        for (faults, held) in [
            (vec![Fault::on(2, At::Row(500), Action::HoldForEver)], 1),
            (vec![Fault::every(At::Row(300), Action::HoldForEver)], 3),
            // While the lock is taken.
            (vec![Fault::on(HOLDER, At::Byte(400), Action::HoldForEver)], 1),
        ] {
            for (signal, code, name) in [(Signal::INT, 130, "SIGINT"), (Signal::TERM, 143, "SIGTERM")] {
                let proxy = Proxy::to_mysql(&locker.environment(), &faults);
                let mut running = through(&proxy, &locker, &data, &["--retries", "3"]).start();
                assert!(running.until(|| proxy.fired() == held), "{faults:?}");
                told(&stop(running, signal).expect_code(code), name);
            }
        }
        // In the pause after one was lost.
        let proxy = Proxy::to_mysql(&locker.environment(), &[Fault::every(At::Row(300), Action::Cut)]);
        let mut running = through(&proxy, &locker, &data, &["--retries", "50"]).start();
        assert!(running.until(|| proxy.connections() > 2 * CONNECTIONS));
        told(&stop(running, Signal::INT).expect_code(130), "SIGINT");
        // The lock went with its connection: writers go on.
        table.run(&["DELETE FROM `{table}` WHERE id = 1"]);
    });
}
