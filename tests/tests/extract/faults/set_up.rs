//! The time before the first row: a connection that is lost while it is set up is opened again, as `--retries` says; a refusal,
//! or nobody there, is told at once.

use std::thread;
use std::time::Duration;

use testkit::programs::{Finished, Program};
use testkit::proxy::{Action, At, Fault, Framing, Proxy, mysql_address};
use testkit::servers::Environment;
use testkit::snapshots::{DataFolder, Snapshot};
use testkit::source::SourceTable;

use super::{digest, expect_nothing, expect_told, on_both, small};

/// Places before the rows: the greeting, in it, the answer to the login, settings, the table's description.
const PLACES: [u64; 8] = [0, 10, 90, 150, 400, 1_000, 2_500, 8_000];

#[test]
fn a_cut_before_the_rows_is_an_error_too() {
    on_both(|engine| {
        let table = SourceTable::generated_on(engine, "fault_early", 200, 42);
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
    });
}

#[test]
fn a_first_connection_that_is_lost_while_it_is_set_up_is_opened_again() {
    on_both(|engine| {
        let table = SourceTable::generated_on(engine, "fault_set_up", 200, 47);
        let expected = digest(&table);
        // Side by side, since each waits for its retry.
        thread::scope(|scope| {
            for (place, action) in PLACES.into_iter().zip([Action::Cut, Action::Reset].into_iter().cycle()) {
                let (table, expected) = (&table, &expected);
                scope.spawn(move || {
                    let proxy = Proxy::to_mysql(&table.environment(), &[Fault::first(At::Byte(place), action)]);
                    let data = DataFolder::new();
                    let finished = Program::extract(&small(&data, &["--retries", "1"]))
                        .with(&proxy.mysql_environment(&table.environment()))
                        .run()
                        .expect_code(0)
                        .expect_said(&["was lost", "trying again in"]);
                    assert_eq!((proxy.fired(), proxy.connections()), (1, 2), "byte {place}: {finished}");
                    let snapshot = Snapshot::printed(&finished);
                    assert_eq!((snapshot.fault(), snapshot.content_digest()), (None, expected.as_str()));
                });
            }
        });
    });
}

#[test]
fn a_first_connection_that_is_lost_amid_the_handshake_of_tls_is_opened_again() {
    on_both(|engine| {
        let table = SourceTable::generated_on(engine, "fault_set_up_tls", 200, 50);
        let expected = digest(&table);
        thread::scope(|scope| {
            // In the server's part of the handshake, and in what comes encrypted after it.
            for (place, action) in [(250, Action::Cut), (600, Action::Reset), (4_000, Action::Cut)] {
                let (table, expected) = (&table, &expected);
                scope.spawn(move || {
                    let fault = Fault::first(At::Byte(place), action);
                    // What is encrypted has no frames.
                    let proxy = Proxy::start(mysql_address(&table.environment()), Framing::None, &[fault]);
                    let data = DataFolder::new();
                    let finished = Program::extract(&small(&data, &["--retries", "1", "--ssl-mode", "required"]))
                        .with(&proxy.mysql_environment(&table.environment()))
                        .run()
                        .expect_code(0)
                        .expect_said(&["was lost", "trying again in"]);
                    assert_eq!((proxy.fired(), proxy.connections()), (1, 2), "byte {place}: {finished}");
                    assert_eq!(Snapshot::printed(&finished).content_digest(), expected);
                });
            }
        });
    });
}

#[test]
fn retries_before_and_after_the_first_row_are_counted_together() {
    on_both(|engine| {
        let table = SourceTable::generated_on(engine, "fault_set_up_twice", 200, 48);
        let data = DataFolder::new();
        let faults = [
            Fault::first(At::Byte(90), Action::Cut),
            Fault::on(2, At::Row(100), Action::Cut),
            Fault::on(3, At::Byte(1_000), Action::Cut),
        ];
        let proxy = Proxy::to_mysql(&table.environment(), &faults);
        let environment = proxy.mysql_environment(&table.environment());
        let finished = Program::extract(&small(&data, &["--retries", "2"])).with(&environment).run().expect_code(12);
        assert_eq!((proxy.fired(), proxy.connections()), (3, 3), "{finished}");
        expect_told(&finished, &["was lost", "--retries"]);
        expect_nothing(&data);
    });
}

#[test]
fn a_refusal_or_nobody_there_is_told_at_once() {
    on_both(|engine| {
        let table = SourceTable::generated_on(engine, "fault_refused", 200, 49);
        let data = DataFolder::new();
        let environment = table.environment();
        let with = |name: &str, value: &str| {
            let mut environment = environment.clone();
            environment.insert(name.into(), value.into());
            environment
        };
        let run = |environment: &Environment, more: &[&str]| -> Finished {
            let arguments = small(&data, &[&["--retries", "50"], more].concat());
            let finished = Program::extract(&arguments).with(environment).run().expect_code(12);
            assert!(!finished.stderr.contains("trying again"), "{finished}");
            expect_nothing(&data);
            finished
        };
        expect_told(&run(&with("MYSQL_PASSWORD", "another"), &[]), &["refuses user rowgraph_read"]);
        expect_told(&run(&with("MYSQL_DATABASE", "nowhere"), &[]), &["there is no database nowhere"]);
        expect_told(&run(&with("MYSQL_TABLE", "fault_refusde"), &[]), &["did you mean fault_refused"]);
        expect_told(&run(&environment, &["--ssl-mode", "verify-identity"]), &["certificate", "--ssl-ca"]);
        expect_told(&run(&with("MYSQL_HOST", "nobody.invalid"), &[]), &["nobody.invalid", "check the host's name"]);
        // A port of this machine that was free a moment ago.
        let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
        let free = free.expect("a free port").port().to_string();
        expect_told(&run(&with("MYSQL_PORT", &free), &[]), &["cannot reach a MySQL server", "check host and port"]);
        // Who says nothing from the start may be anything.
        let silent = Proxy::to_mysql(&table.environment(), &[Fault::every(At::Byte(0), Action::HoldForEver)]);
        let finished = run(&silent.mysql_environment(&table.environment()), &["--read-timeout", "1"]);
        assert!(finished.took < Duration::from_secs(20), "{:?}", finished.took);
        expect_told(&finished, &["127.0.0.1", "sent nothing for 1 s", "is it a MySQL server?"]);
    });
}
