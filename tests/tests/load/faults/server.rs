//! The server itself: killed, restarted, read-only, short of memory, short of disk, in a hurry, with another password.
//!
//! One server of these tests' own, held by one of them at a time and restarted with what each needs.

use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use testkit::frail_neo4j::FrailNeo4j;
use testkit::proxy::{Action, At, Fault, Proxy};

use super::{Case, commit_of_batch};

static SERVER: LazyLock<Mutex<FrailNeo4j>> = LazyLock::new(|| Mutex::new(FrailNeo4j::start()));

fn server(settings: &str) -> MutexGuard<'static, FrailNeo4j> {
    let mut server = SERVER.lock().unwrap_or_else(PoisonError::into_inner);
    server.feed();
    server.up(settings);
    server
}

const READ_ONLY: &str = "server.databases.default_to_read_only=true";

#[test]
fn a_server_that_is_killed_or_read_only_for_a_while_is_waited_for() {
    let mut server = server("");
    let case = Case::own("server_killed", 2_000, 261, &server.environment());
    for (patience, code) in [("600", 0), ("1", 13)] {
        // Held in the middle, so that there is something left to write.
        let hold = Fault::any(At::BeforeAnswer(commit_of_batch(4)), Action::HoldForEver);
        let proxy = Proxy::to_neo4j(&server.environment(), &[hold]);
        let environment = proxy.neo4j_environment(&server.environment());
        let mut running = case.load_in(&environment, &["--batch-rows", "1", "--retry-for", patience]).start();
        assert!(running.until(|| proxy.fired() == 1));
        server.kill();
        proxy.release();
        if code == 0 {
            server.up("");
            running.finish().expect_code(0).expect_said(&["overcome", "connection lost"]);
            case.expect_whole("a server killed and back");
        } else {
            running.finish().expect_code(13).expect_said(&["lost Neo4j", "load --resume"]);
        }
    }
    // It comes back and recovers, which it cannot do while it is read-only; then nothing can be written. The server may
    // also call such a database unavailable (5.26 does, at least at first).
    server.up("");
    server.up(READ_ONLY);
    let mut running = case.load(&["--resume", "-v"]).start();
    thread::sleep(Duration::from_secs(4));
    assert!(running.is_running(), "{}", running.finish());
    server.up("");
    running.finish().expect_code(0).expect_said(&["trying again"]);
    case.expect_whole("a server killed for good, then read-only for a while");
}

#[test]
fn a_password_that_is_changed_meanwhile_is_said_and_the_new_one_goes_on() {
    let mut server = server("");
    let mut case = Case::own("other_password", 2_000, 262, &server.environment());
    let request = commit_of_batch(4);
    let faults =
        [Fault::any(At::BeforeAnswer(request), Action::HoldForEver), Fault::any(At::AfterAnswer(request), Action::Cut)];
    let proxy = Proxy::to_neo4j(&server.environment(), &faults);
    let arguments = ["--batch-rows", "1", "--writers", "1"];
    let mut running = case.load_in(&proxy.neo4j_environment(&server.environment()), &arguments).start();
    assert!(running.until(|| proxy.fired() == 1));
    server.set_password("another-password-of-neo4j");
    proxy.release();
    let finished = running.finish().expect_code(13);
    assert!(!finished.to_string().contains("another-password"), "{finished}");
    let finished = finished.expect_said(&["password", "not accept", "NEO4J_PASSWORD", "load --resume"]);
    assert!(finished.took < Duration::from_secs(60), "it is not tried again: {:?}", finished.took);
    case.load(&["--resume"]).run().expect_code(13).expect_said(&["password"]);
    // After three wrong passwords the server turns the user away for five seconds, whatever comes.
    thread::sleep(Duration::from_secs(7));
    case.environment = server.environment();
    case.target = testkit::target::Target::connect(&server.environment()).expect("a connection with the new password");
    case.resume_to_the_end("another password");
}

#[test]
fn batches_that_the_server_cannot_hold_are_halved_down_to_a_unit() {
    let mut server = server("");
    let case = Case::own("little_memory", 4_000, 263, &server.environment());
    // All skills at once are too many, half of them are not; of learners even one unit is too much.
    server.up("db.memory.transaction.max=8m");
    let finished = case.load(&["--retry-for", "1"]).run().expect_code(13);
    finished.expect_said(&["OutOfMemory", "write Learner", "raise db.memory.transaction.max", "load --resume"]);
    server.up("");
    assert!(case.target.number("MATCH (s:Skill) RETURN count(s) AS n") > 2_000);
    case.resume_to_the_end("too little memory");
}

#[test]
fn a_transaction_that_takes_too_long_for_the_server_is_sent_again() {
    let server = server("db.transaction.timeout=8s");
    let case = Case::own("short_time", 2_000, 264, &server.environment());
    let faults = [Fault::any(At::Before(commit_of_batch(2)), Action::Hold(Duration::from_secs(12)))];
    let proxy = Proxy::to_neo4j(&server.environment(), &faults);
    let finished = case.load_in(&proxy.neo4j_environment(&server.environment()), &[]).run().expect_code(0);
    assert_eq!(proxy.fired(), faults.len(), "{finished}");
    finished.expect_said(&["overcome", "TransactionTimedOut"]);
    case.expect_whole("transactions that timed out");
}

#[test]
fn a_server_without_disk_is_said_and_gone_on_with_once_it_has_some() {
    let mut server = server("");
    let case = Case::own("server_disk", 4_000, 265, &server.environment());
    server.starve(3 << 20);
    let finished = case.load(&["--retry-for", "3"]).run();
    server.feed();
    finished.expect_code(13).expect_said(&["hint: ", "load --resume"]);
    // The server itself has to be restarted after that.
    server.kill();
    server.up("");
    case.resume_to_the_end("a server without disk");
}
