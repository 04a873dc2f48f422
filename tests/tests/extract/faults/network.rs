//! The way to the server, through a proxy: cut, reset, silent, garbled, slow.

use std::time::Duration;

use testkit::programs::Program;
use testkit::proxy::{Action, At, Fault, Proxy};
use testkit::snapshots::{DataFolder, Snapshot};
use testkit::source::SourceTable;

use super::{FRAMES_BEFORE_ROWS, ROWS, digest, expect_nothing, expect_told, small};

/// The frame of the row with this ordinal.
const fn row(ordinal: u64) -> u64 {
    FRAMES_BEFORE_ROWS + ordinal
}

#[test]
fn a_cut_connection_is_an_error_that_names_the_rows() {
    let table = SourceTable::generated("fault_cut", ROWS, 41);
    let data = DataFolder::new();
    for protocol in ["binary", "text"] {
        for (at, action, rows) in [
            (At::Frame(row(0)), Action::Cut, "after 0 rows"),
            (At::Frame(row(1_940)), Action::Cut, "after 1,940 rows"),
            (At::InsideFrame(row(1_940)), Action::Cut, "after 1,940 rows"),
            (At::InsideFrame(row(1_940)), Action::Reset, " rows of "),
            (At::LastFrame, Action::Cut, "after 4,000 rows"),
            (At::InsideLastFrame, Action::Cut, "after 4,000 rows"),
        ] {
            // A text answer has all 58 columns before its rows.
            let at = match at {
                At::Frame(number) if protocol == "text" => At::Frame(number + 58),
                At::InsideFrame(number) if protocol == "text" => At::InsideFrame(number + 58),
                at => at,
            };
            let proxy = Proxy::to_mysql(&table.environment(), &[Fault::first(at, action)]);
            let arguments = small(&data, &["--retries", "0", "--protocol", protocol]);
            let finished = Program::extract(&arguments).with(&proxy.mysql_environment(&table.environment())).run();
            assert_eq!((proxy.fired(), proxy.connections()), (1, 1), "{protocol} {at:?} {action:?}: {finished}");
            let finished = finished.expect_code(12);
            expect_told(&finished, &["the connection was lost", rows, "--retries"]);
            expect_nothing(&data);
        }
    }
}

#[test]
fn a_cut_before_the_rows_is_an_error_too() {
    let table = SourceTable::generated("fault_early", 200, 42);
    let data = DataFolder::new();
    let whole = Proxy::to_mysql(&table.environment(), &[]);
    let arguments = small(&data, &["--retries", "0"]);
    Program::extract(&arguments).with(&whole.mysql_environment(&table.environment())).run().expect_code(0);
    data.remove_sealed();
    // Greeting, login, session, description: everything comes before the rows' 300 kB.
    let mut bytes = (0..4_000).step_by(97).chain((4_000..16_000).step_by(911));
    let met = bytes.try_for_each(|byte| {
        let proxy = Proxy::to_mysql(&table.environment(), &[Fault::first(At::Byte(byte), Action::Cut)]);
        let finished = Program::extract(&arguments).with(&proxy.mysql_environment(&table.environment())).run();
        assert_eq!(finished.code, Some(12), "byte {byte}: {finished}");
        expect_told(&finished, &[]);
        expect_nothing(&data);
        (proxy.fired() == 1).then_some(())
    });
    assert_eq!(met, Some(()), "every one of these bytes was sent");
}

#[test]
fn a_server_that_falls_silent_is_given_up_after_the_read_timeout() {
    let table = SourceTable::generated("fault_silent", ROWS, 43);
    let data = DataFolder::new();
    let environment = table.environment();
    for (at, words) in [
        (At::InsideFrame(row(1_940)), ["sent nothing for 1 s", "after 1,940 rows"]),
        (At::LastFrame, ["sent nothing for 1 s", "after 4,000 rows"]),
        (At::Byte(0), ["hint", "127.0.0.1"]),
    ] {
        let proxy = Proxy::to_mysql(&environment, &[Fault::first(at, Action::HoldForEver)]);
        let arguments = small(&data, &["--retries", "0", "--read-timeout", "1"]);
        let finished = Program::extract(&arguments).with(&proxy.mysql_environment(&environment)).run().expect_code(12);
        assert!(finished.took < Duration::from_secs(20), "{:?}", finished.took);
        expect_told(&finished, &words);
        expect_nothing(&data);
    }
}

#[test]
fn a_pause_shorter_than_the_read_timeout_is_no_fault() {
    let table = SourceTable::generated("fault_pause", ROWS, 44);
    let pauses = [At::Byte(0), At::Frame(row(1_000)), At::InsideLastFrame]
        .map(|at| Fault::first(at, Action::Hold(Duration::from_millis(300))));
    let proxy = Proxy::to_mysql(&table.environment(), &pauses);
    let data = DataFolder::new();
    let arguments = small(&data, &["--retries", "0", "--read-timeout", "30"]);
    let finished = Program::extract(&arguments).with(&proxy.mysql_environment(&table.environment())).run();
    let finished = finished.expect_code(0);
    assert_eq!((proxy.fired(), proxy.connections()), (3, 1));
    assert_eq!(Snapshot::printed(&finished).content_digest(), digest(&table));
}

#[test]
fn a_garbled_packet_is_never_taken_for_a_row() {
    let table = SourceTable::generated("fault_garbled", ROWS, 45);
    let data = DataFolder::new();
    // Length and sequence. What a packet holds is protected by TLS alone.
    for byte in [0, 1, 2, 3] {
        let fault = Fault::first(At::Frame(row(1_500)), Action::Garble { byte });
        let proxy = Proxy::to_mysql(&table.environment(), &[fault]);
        let arguments = small(&data, &["--retries", "0", "--read-timeout", "2"]);
        let finished = Program::extract(&arguments).with(&proxy.mysql_environment(&table.environment())).run();
        assert_eq!(proxy.fired(), 1);
        assert_eq!(finished.code, Some(12), "byte {byte}: {finished}");
        expect_told(&finished, &[" rows of "]);
        expect_nothing(&data);
    }
}

#[test]
fn a_slow_network_is_waited_for() {
    let table = SourceTable::generated("fault_slow", 2_000, 46);
    let slow = Action::Slow { delay: Duration::from_millis(1), bytes_per_second: 2_000_000 };
    let proxy = Proxy::to_mysql(&table.environment(), &[Fault::first(At::Frame(row(0)), slow)]);
    let data = DataFolder::new();
    let finished = Program::extract(&small(&data, &["--retries", "0"]))
        .with(&proxy.mysql_environment(&table.environment()))
        .run()
        .expect_code(0);
    assert_eq!((proxy.fired(), proxy.connections()), (1, 1));
    assert!(finished.took > Duration::from_secs(1), "the proxy limits the rate: {:?}", finished.took);
    assert_eq!(Snapshot::printed(&finished).content_digest(), digest(&table));
}
