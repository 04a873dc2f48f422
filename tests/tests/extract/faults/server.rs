//! The server: killed, stopped, started again, short of patience; its query killed. Who kills a server has one of
//! its own.

use std::thread;
use std::time::Duration;

use mysql::prelude::Queryable;
use mysql::{Conn, OptsBuilder};
use rustix::process::Signal;
use testkit::own_server::OwnServer;
use testkit::programs::Program;
use testkit::proxy::{Action, At, Fault, Proxy, mysql_address};
use testkit::servers::Environment;
use testkit::snapshots::{DataFolder, Snapshot};
use testkit::source::SourceTable;

use super::{digest, expect_nothing, expect_told, on_both, small};

/// More than the sockets on the way can hold: 30 MB.
const ROWS: u64 = 20_000;

/// Holds the first connection in the middle of the rows, so that the server stands in the middle of sending.
const HELD: Fault = Fault { on: testkit::proxy::On::Connection(1), at: At::Row(1_000), action: Action::HoldForEver };

#[test]
fn a_server_that_dies_or_stops_is_waited_for_and_read_again() {
    on_both(|engine| {
        let server = OwnServer::start(engine);
        let table = SourceTable::generated_in(&server, "fault_server", ROWS, 71);
        let expected = digest(&table);
        for signal in [Signal::KILL, Signal::TERM] {
            let proxy = Proxy::to_mysql(&table.environment(), &[HELD]);
            let data = DataFolder::new();
            let mut running = Program::extract(&small(&data, &["--retries", "8"]))
                .with(&proxy.mysql_environment(&table.environment()))
                .start();
            assert!(running.until(|| proxy.fired() == 1));
            server.signal(signal);
            proxy.release();
            // At least one attempt meets nobody.
            assert!(running.until(|| proxy.connections() >= 2));
            server.up();
            let finished = running.finish().expect_code(0).expect_said(&["trying again in"]);
            let snapshot = Snapshot::printed(&finished);
            assert_eq!((snapshot.fault(), snapshot.content_digest()), (None, expected.as_str()), "{signal:?}");
            assert_eq!(data.staged(), Vec::<std::path::PathBuf>::new());
        }
        // And for good.
        let proxy = Proxy::to_mysql(&table.environment(), &[HELD]);
        let data = DataFolder::new();
        let mut running = Program::extract(&small(&data, &["--retries", "1"]))
            .with(&proxy.mysql_environment(&table.environment()))
            .start();
        assert!(running.until(|| proxy.fired() == 1));
        server.signal(Signal::KILL);
        proxy.release();
        let finished = running.finish().expect_code(12).expect_said(&["the connection was lost after", " rows of "]);
        expect_told(&finished, &["was lost while it was set up", "--retries"]);
        expect_nothing(&data);
        // The owner of the table drops it.
        server.up();
    });
}

#[test]
fn a_killed_query_is_an_error_and_not_tried_again() {
    on_both(|engine| {
        let table = SourceTable::generated_on(engine, "fault_query", ROWS, 72);
        for protocol in ["binary", "text"] {
            let proxy = Proxy::to_mysql(&table.environment(), &[HELD]);
            let data = DataFolder::new();
            let mut running = Program::extract(&small(&data, &["--protocol", protocol]))
                .with(&proxy.mysql_environment(&table.environment()))
                .start();
            assert!(running.until(|| proxy.fired() == 1));
            let mut connection = table.connect();
            let find = "SELECT id FROM information_schema.processlist WHERE user = 'rowgraph_read' AND info LIKE '%fault_query%'";
            let ids: Vec<u64> = connection.query(find).expect("the process list");
            assert_eq!(ids.len(), 1);
            connection.query_drop(format!("KILL QUERY {}", ids[0])).expect("a killed query");
            proxy.release();
            let finished = running.finish().expect_code(12);
            expect_told(
                &finished,
                &["the server ended the read of tracking.fault_query after", " rows", "interrupted"],
            );
            assert_eq!(proxy.connections(), 1);
            expect_nothing(&data);
        }
    });
}

/// Reads with the server's own patience, in the middle of it slowly: what happens to a program that does not ask for more.
fn read_slowly(environment: &Environment, table: &str) -> mysql::Result<usize> {
    let (host, port) = mysql_address(environment);
    let options = OptsBuilder::new()
        .ip_or_hostname(Some(host))
        .tcp_port(port)
        .user(Some(&environment["MYSQL_USER"]))
        .pass(Some(&environment["MYSQL_PASSWORD"]))
        .db_name(Some(&environment["MYSQL_DATABASE"]))
        .max_allowed_packet(Some(64 << 20))
        .prefer_socket(false);
    let mut connection = Conn::new(options)?;
    let mut rows = 0;
    for row in connection.query_iter(format!("SELECT * FROM `{table}`"))? {
        drop(row?);
        rows += 1;
        if rows == 100 {
            thread::sleep(Duration::from_secs(5));
        }
    }
    Ok(rows)
}

#[test]
fn a_slow_disk_does_not_lose_the_connection_of_an_impatient_server() {
    on_both(|engine| {
        let server = OwnServer::start(engine);
        let table = SourceTable::generated_in(&server, "fault_patience", ROWS, 73);
        let expected = digest(&table);
        table.run(&["SET GLOBAL net_write_timeout = 2"]);
        let lost = read_slowly(&table.environment(), table.name());
        assert!(lost.is_err(), "this server has no patience with others: {lost:?}");
        // Every eighth write to the disk takes 3 seconds, for as long as the server still sends.
        let wrapper = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=write"];
        let inject = ["-e", "inject=write:delay_enter=3000000:when=4..20+8"];
        let data = DataFolder::new();
        let finished =
            Program::extract_under(&[&wrapper[..], &inject].concat(), &small(&data, &["--retries", "0", "-v"]))
                .with(&table.environment())
                .run()
                .expect_code(0);
        assert!(finished.took > Duration::from_secs(5), "the disk was slow: {:?}", finished.took);
        assert!(finished.stderr.contains("net_write_timeout 86400 s"), "{finished}");
        assert_eq!(Snapshot::printed(&finished).content_digest(), expected);
    });
}
