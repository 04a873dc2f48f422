//! The way to the server, through a proxy that knows Bolt: cut around each request of a transaction, answers lost, held and
//! replaced.

use std::time::Duration;

use testkit::proxy::{Action, At, Fault, Kind, Proxy, Request};

use super::{BATCH, Case, commit_of_batch};

/// Places around a request.
const PLACES: [fn(Request) -> At; 6] =
    [At::Before, At::Inside, At::Behind, At::BeforeAnswer, At::InsideAnswer, At::AfterAnswer];

/// Small batches over two connections: more requests to meet.
const SMALL: [&str; 4] = ["--writers", "2", "--batch-rows", "1"];

#[test]
fn a_connection_cut_around_any_request_is_overcome() {
    let case = Case::shared("cut_anywhere", 300, 201);
    for (turn, kind) in (0..).zip([Kind::Begin, Kind::Run, Kind::Commit]) {
        for (place, at) in (0..).zip(PLACES) {
            let action = if (turn + place) % 2 == 0 { Action::Cut } else { Action::Reset };
            // Other requests each time. The first contact is not repeated: whoever mistypes an address wants to know.
            let first = 6 + turn + place;
            let faults = [0, 4, 9, 15, 22].map(|later| Fault::any(at(Request::nth(kind, first + later)), action));
            let proxy = Proxy::to_neo4j(&case.environment, &faults);
            let what = format!("{action:?} at {:?} and later", at(Request::nth(kind, first)));
            let finished = case.load_in(&proxy.neo4j_environment(&case.environment), &SMALL).run();
            assert_eq!(finished.code, Some(0), "{what}: {finished}");
            assert_eq!(proxy.fired(), faults.len(), "{what}: {finished}");
            case.expect_whole(&what);
        }
    }
}

#[test]
fn without_patience_each_cut_ends_the_load_and_resume_goes_on() {
    let case = Case::shared("cut_impatient", 1_500, 202);
    for (at, words) in [
        (At::Before(commit_of_batch(2)), "lost Neo4j"),
        (At::Inside(Request::of(Kind::Run, BATCH, 9)), "lost Neo4j"),
        (At::Behind(Request::of(Kind::Begin, BATCH, 4)), "lost Neo4j"),
    ] {
        let proxy = Proxy::to_neo4j(&case.environment, &[Fault::any(at, Action::Cut)]);
        let arguments = [&SMALL[..], &["--retry-for", "0"]].concat();
        let finished = case.load_in(&proxy.neo4j_environment(&case.environment), &arguments).run();
        assert_eq!(proxy.fired(), 1, "{at:?}: {finished}");
        finished.expect_code(13).expect_said(&[words, "load --resume"]);
        case.load(&[]).run().expect_code(15);
        case.resume_to_the_end(&format!("{at:?}"));
    }
    // What is applied need not be tried again, so this takes no patience.
    let lost = [1, 4, 7, 11].map(|number| Fault::any(At::BeforeAnswer(commit_of_batch(number)), Action::Cut));
    let proxy = Proxy::to_neo4j(&case.environment, &lost);
    let arguments = [&SMALL[..], &["--retry-for", "0"]].concat();
    let finished = case.load_in(&proxy.neo4j_environment(&case.environment), &arguments).run().expect_code(0);
    assert_eq!(proxy.fired(), lost.len(), "{finished}");
    finished.expect_said(&["overcome", "connection lost 4"]);
    case.expect_whole("four lost answers to commits");
}

#[test]
fn held_answers_are_waited_for_and_replaced_ones_looked_into() {
    let case = Case::shared("held_answers", 1_500, 203);
    let hold = Action::Hold(Duration::from_secs(15));
    // Longer than the heartbeat's rhythm. All at once, so that they cost their time once.
    let faults = [
        Fault::any(At::BeforeAnswer(commit_of_batch(2)), hold),
        Fault::any(At::BeforeAnswer(Request::of(Kind::Run, BATCH, 3)), hold),
        Fault::any(At::Before(Request::of(Kind::Begin, BATCH, 1)), hold),
    ];
    let proxy = Proxy::to_neo4j(&case.environment, &faults);
    let arguments = ["--writers", "4", "--batch-rows", "1"];
    let finished = case.load_in(&proxy.neo4j_environment(&case.environment), &arguments).run().expect_code(0);
    assert_eq!(proxy.fired(), faults.len(), "{finished}");
    assert!(finished.took > Duration::from_secs(15), "{:?}", finished.took);
    case.expect_whole("answers held");

    // The server seems to say that a commit failed, which it did not: only the ledger knows.
    let replaced = [
        (2, "Neo.TransientError.Transaction.LockClientStopped"),
        (4, "Neo.DatabaseError.Transaction.TransactionCommitFailed"),
        (6, "Neo.ClientError.Schema.ConstraintValidationFailed"),
        (8, "Neo.ClientError.Cluster.NotALeader"),
        (10, "Neo.TransientError.General.TransactionOutOfMemoryError"),
    ];
    let faults =
        replaced.map(|(number, code)| Fault::any(At::BeforeAnswer(commit_of_batch(number)), Action::Fail(code)));
    let proxy = Proxy::to_neo4j(&case.environment, &faults);
    let finished = case.load_in(&proxy.neo4j_environment(&case.environment), &SMALL).run().expect_code(0);
    assert_eq!(proxy.fired(), faults.len(), "{finished}");
    case.expect_whole("commits that were applied and called failed");
}

#[test]
fn a_garbled_answer_is_never_taken_for_a_good_one() {
    let case = Case::shared("garbled_answers", 600, 204);
    // The size of a chunk, the structure, the signature. What a message holds is protected by TLS alone.
    let faults = [(2, 0), (3, 1), (4, 2), (5, 3)]
        .map(|(number, byte)| Fault::any(At::BeforeAnswer(commit_of_batch(number)), Action::Garble { byte }));
    let proxy = Proxy::to_neo4j(&case.environment, &faults);
    let mut running = case.load_in(&proxy.neo4j_environment(&case.environment), &SMALL).start();
    // A size that is too large lets the client wait for more; nothing comes until the connection ends.
    running.until(|| proxy.fired() > 0);
    std::thread::sleep(Duration::from_secs(3));
    drop(proxy);
    drop(running.kill());
    case.resume_to_the_end("garbled answers");
}
