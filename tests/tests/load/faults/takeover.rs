//! Owners that come back: a load that was frozen, or whose last commit was held up on the way, while another took its run over.

use rustix::process::Signal;
use testkit::proxy::{Action, At, Fault, Kind, Proxy, Request};

use super::{BATCH, Case, commit_of_batch};

/// So that a run seems silent for longer than an owner may be.
const GROW_SILENT: &str = "MATCH (r:_RowgraphRun {slot: 'open'}) SET r.heartbeat = r.heartbeat - 61000 RETURN 1 AS one";

#[test]
fn an_owner_that_was_frozen_and_replaced_writes_nothing_more() {
    let case = Case::shared("frozen_owner", 1_500, 241);
    // Frozen between two batches, and with a batch under way.
    for at in [At::AfterAnswer(commit_of_batch(5)), At::BeforeAnswer(Request::of(Kind::Run, BATCH, 6))] {
        let proxy = Proxy::to_neo4j(&case.environment, &[Fault::any(at, Action::HoldForEver)]);
        let environment = proxy.neo4j_environment(&case.environment);
        let mut first = case.load_in(&environment, &["--batch-rows", "1", "--writers", "1"]).start();
        assert!(first.until(|| proxy.fired() == 1), "{at:?} was not met");
        first.signal(Signal::STOP);
        case.load(&[]).run().expect_code(15).expect_said(&["unfinished", "last seen"]);
        case.target.ask(GROW_SILENT);
        case.load(&["--resume", "-v"]).run().expect_code(0);
        proxy.release();
        first.signal(Signal::CONT);
        first.finish().expect_code(14).expect_said(&["took over"]);
        case.expect_whole(&format!("an owner frozen at {at:?}"));
    }
}

#[test]
fn a_commit_that_arrives_after_its_sender_was_replaced_does_no_harm() {
    let case = Case::shared("late_commit", 1_500, 242);
    for ends_earlier_transactions in [true, false] {
        // The load dies with a commit on its way, which arrives only when another load has gone on.
        let late =
            Proxy::to_neo4j(&case.environment, &[Fault::any(At::Before(commit_of_batch(5)), Action::HoldForEver)]);
        let environment = late.neo4j_environment(&case.environment);
        let mut first = case.load_in(&environment, &["--batch-rows", "1", "--writers", "1"]).start();
        assert!(first.until(|| late.fired() == 1));
        drop(first.kill());
        // Without the right to end it, the open transaction is waited for.
        let terminate = Request::of(Kind::Run, "TERMINATE TRANSACTIONS", 1);
        let no_right = [Fault::any(At::Before(terminate), Action::Cut)];
        let proxy = Proxy::to_neo4j(&case.environment, if ends_earlier_transactions { &[] } else { &no_right });
        let mut second = case.load_in(&proxy.neo4j_environment(&case.environment), &["--resume", "-v"]).start();
        if ends_earlier_transactions {
            let finished = second.finish().expect_code(0);
            assert_eq!(late.fired(), 1, "{finished}");
            late.release();
        } else {
            let taken = "MATCH (r:_RowgraphRun) WHERE r.epoch > r.started RETURN count(r) AS n";
            assert!(second.until(|| case.target.number(taken) == 1));
            std::thread::sleep(std::time::Duration::from_secs(1));
            late.release();
            second.finish().expect_code(0);
            assert_eq!(proxy.fired(), 1);
        }
        case.expect_whole("a late commit");
    }
}
