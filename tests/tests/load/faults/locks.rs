//! Other clients that hold locks a batch needs: it waits, or is aborted and tried again, and the report counts that. And clients
//! that do not notice that their transactions were ended.

use std::thread;
use std::time::Duration;

use testkit::target::Target;

use super::Case;

/// The id of the open run, created by a load that ended there.
fn run_without_batches(case: &Case) -> String {
    let stopped = case.load(&[]).variable("ROWGRAPH_FAILPOINT", "schema-created").run();
    assert!(stopped.signal.is_some(), "{stopped}");
    let runs = case.target.ask("MATCH (r:_RowgraphRun {slot: 'open'}) RETURN r.id AS id");
    runs[0]["id"].as_str().expect("an id").to_owned()
}

/// Waits until a transaction of a load waits for a lock.
fn await_blocked(watch: &Target) {
    let blocked = "SHOW TRANSACTIONS YIELD status, metaData \
        WHERE status STARTS WITH 'Blocked' AND metaData.rowgraphRun IS NOT NULL RETURN count(*) AS n";
    while watch.number(blocked) == 0 {
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_forced_deadlock_is_tried_again_and_counted() {
    let case = Case::shared("deadlocked", 4_000, 231);
    let run = run_without_batches(&case);
    let ledger = |unit: u32| format!("CREATE (:_RowgraphBatch {{id: '{run}/Learner/{unit}'}})");
    // The other client has the third unit of a batch; the load takes the first two and waits; then the other client wants
    // the first. Table by table there are as many in the first batch.
    let mut other = case.target.begin().expect("a transaction");
    other.run(&ledger(2)).expect("a lock");
    let running = case.load(&["--resume", "--apart"]).start();
    await_blocked(&Target::connect(&case.environment).expect("a second connection"));
    let won = other.run(&ledger(0)).is_ok();
    drop(other.roll_back());
    let finished = running.finish().expect_code(0);
    if won {
        finished.expect_said(&["overcome", "DeadlockDetected"]);
    }
    case.expect_whole("a deadlock");
}

#[test]
fn a_lock_that_is_held_long_is_waited_for() {
    let case = Case::shared("locked_out", 1_500, 232);
    let run = run_without_batches(&case);
    let mut other = case.target.begin().expect("a transaction");
    other.run(&format!("CREATE (:_RowgraphBatch {{id: '{run}/Skill/0'}})")).expect("a lock");
    let running = case.load(&["--resume"]).start();
    await_blocked(&Target::connect(&case.environment).expect("a second connection"));
    thread::sleep(Duration::from_secs(12));
    other.roll_back().expect("the lock is given back");
    running.finish().expect_code(0);
    case.expect_whole("a lock held for long");
}

#[test]
fn a_transaction_that_was_ended_and_stays_open_holds_up_nothing() {
    let case = Case::shared("ended_beside", 1_500, 233);
    let mut other = case.target.begin().expect("a transaction");
    other.run("CALL tx.setMetaData({silent: true})").expect("a mark");
    let watch = Target::connect(&case.environment).expect("a second connection");
    let end = "SHOW TRANSACTIONS YIELD transactionId AS id, metaData WHERE metaData.silent \
        TERMINATE TRANSACTIONS id YIELD message RETURN message";
    assert_eq!(watch.ask(end).len(), 1);
    // Beside it most calls of tx.setMetaData fail.
    case.load(&["--batch-rows", "100", "--retry-for", "5", "-v"]).run().expect_code(0);
    drop(other.roll_back());
    case.expect_whole("a transaction that was ended");
}
