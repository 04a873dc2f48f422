//! Ctrl-C and SIGTERM, whatever the load waits for: it ends within seconds, says how to go on, and what it had in flight is
//! either applied whole or not at all.

use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use testkit::programs::{Finished, Running};
use testkit::proxy::{Action, At, Fault, Kind, Proxy, Request};

use super::{BATCH, Case, commit_of_batch};

/// The promise is five seconds; the machine of a test may be busy.
const SOON: Duration = Duration::from_secs(5);

#[track_caller]
fn stop(running: Running, signal: Signal) -> Finished {
    let since = Instant::now();
    running.signal(signal);
    let finished = running.finish();
    assert!(since.elapsed() < SOON, "{:?} after {signal:?}: {finished}", since.elapsed());
    finished
}

#[test]
fn a_signal_ends_it_while_an_answer_is_held() {
    let case = Case::shared("signal_held", 8_000, 211);
    let ends = [(Signal::INT, 130), (Signal::TERM, 143)];
    for ((signal, code), at) in ends.into_iter().cycle().zip([
        // The first contact, the opening of a transaction, rows on their way, a commit that never arrives, one that does.
        At::BeforeAnswer(Request::nth(Kind::Hello, 1)),
        At::BeforeAnswer(Request::of(Kind::Begin, BATCH, 3)),
        At::BeforeAnswer(Request::of(Kind::Run, BATCH, 5)),
        At::Before(commit_of_batch(4)),
        At::BeforeAnswer(commit_of_batch(6)),
    ]) {
        let proxy = Proxy::to_neo4j(&case.environment, &[Fault::any(at, Action::HoldForEver)]);
        let environment = proxy.neo4j_environment(&case.environment);
        let mut running = case.load_in(&environment, &["--resume", "--batch-rows", "1", "--writers", "1"]).start();
        assert!(running.until(|| proxy.fired() == 1), "{at:?} was not met");
        thread::sleep(Duration::from_millis(200));
        stop(running, signal).expect_code(code).expect_said(&["stopped", "load --resume"]);
    }
    case.resume_to_the_end("signals");
}

#[test]
fn a_signal_at_any_time_leaves_a_load_that_can_be_resumed() {
    let case = Case::shared("signal_any_time", 1_500, 212);
    let mut random = fastrand::Rng::with_seed(212);
    for round in 0..8 {
        let running = case.load(&["--resume"]).start();
        thread::sleep(case.took.mul_f64(random.f64()));
        let (signal, code) = if random.bool() { (Signal::INT, 130) } else { (Signal::TERM, 143) };
        let finished = stop(running, signal);
        match (finished.code, finished.signal) {
            (Some(0), _) => case.expect_whole(&format!("round {round}")),
            // In its first moments it does not catch signals yet.
            (None, found) => assert_eq!(found, Some(signal.as_raw())),
            (found, _) => {
                assert_eq!(found, Some(code), "{finished}");
                finished.expect_said(&["stopped", "load --resume"]);
            }
        }
    }
    case.resume_to_the_end("signals at any time");
}
