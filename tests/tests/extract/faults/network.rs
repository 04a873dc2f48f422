//! The way to the server, through a proxy: cut, reset, silent, garbled, slow.

use std::time::Duration;

use serde_json::Value;
use testkit::programs::{Finished, Program};
use testkit::proxy::{Action, At, Fault, Proxy};
use testkit::snapshots::{DataFolder, Snapshot};
use testkit::source::SourceTable;

use super::{ROWS, digest, expect_nothing, expect_told, on_both, small};

#[test]
fn a_cut_connection_is_an_error_that_names_the_rows() {
    on_both(|engine| {
        let table = SourceTable::generated_on(engine, "fault_cut", ROWS, 41);
        let data = DataFolder::new();
        for protocol in ["binary", "text"] {
            for (at, action, rows) in [
                (At::Row(0), Action::Cut, "after 0 rows"),
                (At::Row(1_940), Action::Cut, "after 1,940 rows"),
                (At::InsideRow(1_940), Action::Cut, "after 1,940 rows"),
                (At::InsideRow(1_940), Action::Reset, " rows of "),
                (At::LastFrame, Action::Cut, "after 4,000 rows"),
                (At::InsideLastFrame, Action::Cut, "after 4,000 rows"),
            ] {
                let proxy = Proxy::to_mysql(&table.environment(), &[Fault::first(at, action)]);
                let arguments = small(&data, &["--retries", "0", "--protocol", protocol]);
                let finished = Program::extract(&arguments).with(&proxy.mysql_environment(&table.environment())).run();
                assert_eq!((proxy.fired(), proxy.connections()), (1, 1), "{protocol} {at:?} {action:?}: {finished}");
                let finished = finished.expect_code(12);
                expect_told(&finished, &["the connection was lost", rows, "--retries"]);
                expect_nothing(&data);
            }
        }
    });
}

#[test]
fn a_server_that_falls_silent_is_given_up_after_the_read_timeout() {
    on_both(|engine| {
        let table = SourceTable::generated_on(engine, "fault_silent", ROWS, 43);
        let data = DataFolder::new();
        let environment = table.environment();
        for (at, words) in [
            (At::InsideRow(1_940), ["sent nothing for 1 s", "after 1,940 rows"]),
            (At::LastFrame, ["sent nothing for 1 s", "after 4,000 rows"]),
        ] {
            let proxy = Proxy::to_mysql(&environment, &[Fault::first(at, Action::HoldForEver)]);
            let arguments = small(&data, &["--retries", "0", "--read-timeout", "1"]);
            let finished = Program::extract(&arguments).with(&proxy.mysql_environment(&environment)).run();
            let finished = finished.expect_code(12);
            assert!(finished.took < Duration::from_secs(20), "{:?}", finished.took);
            expect_told(&finished, &words);
            expect_nothing(&data);
        }
    });
}

#[test]
fn a_pause_shorter_than_the_read_timeout_is_no_fault() {
    on_both(|engine| {
        let table = SourceTable::generated_on(engine, "fault_pause", ROWS, 44);
        let pauses = [At::Byte(0), At::Row(1_000), At::InsideLastFrame]
            .map(|at| Fault::first(at, Action::Hold(Duration::from_millis(300))));
        let proxy = Proxy::to_mysql(&table.environment(), &pauses);
        let data = DataFolder::new();
        let arguments = small(&data, &["--retries", "0", "--read-timeout", "30"]);
        let finished = Program::extract(&arguments).with(&proxy.mysql_environment(&table.environment())).run();
        let finished = finished.expect_code(0);
        assert_eq!((proxy.fired(), proxy.connections()), (3, 1));
        assert_eq!(Snapshot::printed(&finished).content_digest(), digest(&table));
    });
}

#[test]
fn a_garbled_packet_is_never_taken_for_a_row() {
    on_both(|engine| {
        let table = SourceTable::generated_on(engine, "fault_garbled", ROWS, 45);
        let data = DataFolder::new();
        // Length and sequence. What a packet holds is protected by TLS alone.
        for byte in [0, 1, 2, 3] {
            let fault = Fault::first(At::Row(1_500), Action::Garble { byte });
            let proxy = Proxy::to_mysql(&table.environment(), &[fault]);
            let arguments = small(&data, &["--retries", "0", "--read-timeout", "2"]);
            let finished = Program::extract(&arguments).with(&proxy.mysql_environment(&table.environment())).run();
            assert_eq!(proxy.fired(), 1);
            assert_eq!(finished.code, Some(12), "byte {byte}: {finished}");
            expect_told(&finished, &[" rows of "]);
            expect_nothing(&data);
        }
    });
}

/// The fields of the event with this name; one that is not there is null.
fn event(finished: &Finished, name: &str) -> Value {
    let events = finished.stderr.lines().filter_map(|line| serde_json::from_str(line).ok());
    let found: Vec<Value> = events.filter(|event: &Value| event["event"] == name).collect();
    assert_eq!(found.len(), 1, "{finished}");
    found.into_iter().next().unwrap_or_default()
}

#[test]
fn a_slow_network_is_waited_for_and_the_time_split_says_so() {
    on_both(|engine| {
        let table = SourceTable::generated_on(engine, "fault_slow", 2_000, 46);
        let slow = Action::Slow { delay: Duration::from_millis(1), bytes_per_second: 2_000_000 };
        let expected = digest(&table);
        for log in ["text", "json"] {
            let proxy = Proxy::to_mysql(&table.environment(), &[Fault::first(At::Row(0), slow)]);
            let data = DataFolder::new();
            let finished = Program::extract(&small(&data, &["--retries", "0", "--log", log]))
                .with(&proxy.mysql_environment(&table.environment()))
                .run()
                .expect_code(0);
            assert_eq!((proxy.fired(), proxy.connections()), (1, 1));
            assert!(finished.took > Duration::from_secs(1), "the proxy limits the rate: {:?}", finished.took);
            assert_eq!(Snapshot::printed(&finished).content_digest(), expected);
            // Three megabytes at that rate take a second and a half; taking the rows takes a hundredth of it.
            if log == "text" {
                let share =
                    finished.stderr.split_once("time: reader ").and_then(|(_, rest)| rest.split_once(" % waiting"));
                let share: u64 = share.and_then(|(share, _)| share.parse().ok()).expect("the time split");
                assert!(share > 50 && finished.stderr.contains(" % waiting for the server"), "{finished}");
            } else {
                let sealed = event(&finished, "sealed");
                let seconds = |name: &str| sealed[format!("{name}_seconds")].as_f64().expect("a time");
                let waiting = seconds("waiting_for_server");
                assert!(waiting > 1.0 && waiting > seconds("reading") + seconds("waiting_for_encoder"), "{sealed}");
                // Beside the reader.
                assert!(seconds("encoding") > 0.0 && seconds("writing") > 0.0, "{sealed}");
            }
        }
    });
}
