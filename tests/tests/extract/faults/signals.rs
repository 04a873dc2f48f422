//! Ctrl-C and SIGTERM, whatever the program waits for: it ends at once, says how far it was, and leaves nothing.

use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use testkit::programs::{Program, Running};
use testkit::proxy::{Action, At, Fault, Proxy};
use testkit::snapshots::{DataFolder, Snapshot};
use testkit::source::SourceTable;

use super::{ROWS, digest, expect_nothing, expect_recovery, expect_told, expect_whole_or_none, small};

/// The program promises a second; the machine of a test may be busy.
const AT_ONCE: Duration = Duration::from_secs(4);

/// Sends the signal and fails unless the program ends soon.
#[track_caller]
pub fn stop(running: Running, signal: Signal) -> testkit::programs::Finished {
    let since = Instant::now();
    running.signal(signal);
    let finished = running.finish();
    assert!(since.elapsed() < AT_ONCE, "{:?} after {signal:?}: {finished}", since.elapsed());
    finished
}

#[test]
fn a_signal_ends_it_whatever_it_waits_for() {
    let table = SourceTable::generated("fault_signal", ROWS, 81);
    let data = DataFolder::new();
    for (at, rows) in [
        // The greeting, the login, the session, the first row, a row, the end.
        (At::Byte(0), None),
        (At::Byte(100), None),
        (At::Byte(2_000), None),
        (At::Row(100), Some("stopped after ")),
        (At::InsideRow(1_940), Some("stopped after ")),
        (At::LastFrame, Some("stopped after ")),
    ] {
        for (signal, code, name) in [(Signal::INT, 130, "SIGINT"), (Signal::TERM, 143, "SIGTERM")] {
            let proxy = Proxy::to_mysql(&table.environment(), &[Fault::first(at, Action::HoldForEver)]);
            let mut running =
                Program::extract(&small(&data, &[])).with(&proxy.mysql_environment(&table.environment())).start();
            assert!(running.until(|| proxy.fired() == 1), "{at:?}");
            let finished = stop(running, signal).expect_code(code);
            expect_told(&finished, &["stopped", name]);
            expect_told(&finished, rows.as_slice());
            expect_nothing(&data);
        }
    }
}

#[test]
fn a_signal_ends_the_wait_before_a_retry() {
    let table = SourceTable::generated("fault_signal_pause", ROWS, 82);
    let cut = Fault::every(At::Row(100), Action::Cut);
    let proxy = Proxy::to_mysql(&table.environment(), &[cut]);
    let data = DataFolder::new();
    let mut running = Program::extract(&small(&data, &["--retries", "50"]))
        .with(&proxy.mysql_environment(&table.environment()))
        .start();
    // From the third pause on they are several seconds long.
    assert!(running.until(|| proxy.fired() == 3));
    thread::sleep(Duration::from_millis(200));
    expect_told(&stop(running, Signal::INT).expect_code(130), &["stopped by SIGINT"]);
    expect_nothing(&data);
}

#[test]
fn a_signal_at_any_time_leaves_a_whole_snapshot_or_none() {
    let table = SourceTable::generated("fault_signal_any", ROWS, 83);
    let expected = digest(&table);
    let data = DataFolder::new();
    let whole = Program::extract(&small(&data, &[])).with(&table.environment()).run().expect_code(0).took;
    data.remove_sealed();
    let mut random = fastrand::Rng::with_seed(83);
    for round in 0..24 {
        let running = Program::extract(&small(&data, &[])).with(&table.environment()).start();
        thread::sleep(whole.mul_f64(random.f64() * 1.1));
        let (signal, code) = if random.bool() { (Signal::INT, 130) } else { (Signal::TERM, 143) };
        let finished = stop(running, signal);
        // In its first moments it does not catch signals yet, and after the seal it is done.
        let ended_well = match (finished.code, finished.signal) {
            (Some(0), _) => data.sealed().len() == 1,
            (Some(found), _) => found == code && data.sealed().is_empty(),
            (None, found) => found == Some(signal.as_raw()) && data.sealed().is_empty(),
        };
        assert!(ended_well, "round {round}: {:?} {finished}", data.files());
        assert_eq!(data.staged(), Vec::<PathBuf>::new());
        expect_whole_or_none(&data, &expected, &format!("round {round}"));
    }
}

#[test]
fn a_signal_ends_it_while_the_disk_is_stuck() {
    let table = SourceTable::generated("fault_signal_disk", ROWS, 84);
    let expected = digest(&table);
    let data = DataFolder::new();
    // The first sync takes so long, and what holds it up there lets nothing pass, not even the end of the process.
    let wrapper = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync"];
    let stuck = ["-e", "inject=fsync:delay_enter=12000000:when=1"];
    let mut running =
        Program::extract_under(&[&wrapper[..], &stuck].concat(), &small(&data, &[])).with(&table.environment()).start();
    let child = running.child_named("extract");
    assert!(running.until(|| data.staged().iter().any(|path| path.to_string_lossy().contains("part-00000"))));
    thread::sleep(Duration::from_millis(700));
    let since = Instant::now();
    rustix::process::kill_process(child, Signal::TERM).expect("it runs");
    let ended = running.until(|| is_over(child));
    assert!(ended && since.elapsed() < AT_ONCE, "{:?}", since.elapsed());
    let finished = running.finish().expect_code(143);
    expect_told_in_part(&finished.stderr);
    assert_eq!(data.sealed(), Vec::<PathBuf>::new());
    expect_recovery(&data, &table, &expected);
}

/// Whether its first thread has ended, the last that does.
fn is_over(process: rustix::process::Pid) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.as_raw_nonzero()));
    status.map_or(true, |status| status.lines().any(|line| line.starts_with("State:") && line.contains('Z')))
}

/// It has no time for more than this.
#[track_caller]
fn expect_told_in_part(said: &str) {
    assert!(said.contains("the next run removes what is left"), "{said}");
}

#[test]
fn a_second_extraction_leaves_the_living_first_alone() {
    let table = SourceTable::generated("fault_side_by_side", ROWS, 85);
    let data = DataFolder::new();
    let hold = Fault::first(At::Row(3_000), Action::HoldForEver);
    let proxy = Proxy::to_mysql(&table.environment(), &[hold]);
    let mut first = Program::extract(&small(&data, &[])).with(&proxy.mysql_environment(&table.environment())).start();
    assert!(first.until(|| proxy.fired() == 1 && !data.staged().is_empty()));
    let second = data.extract(&table);
    assert!(!data.staged().is_empty(), "what the living stage stays");
    proxy.release();
    let first = Snapshot::printed(&first.finish().expect_code(0));
    assert_eq!((first.fault(), second.fault()), (None, None));
    assert_eq!(first.content_digest(), second.content_digest());
    assert_ne!(first.path, second.path);
    assert_eq!(data.sealed().len(), 2);
    assert_eq!(data.staged(), Vec::<PathBuf>::new());
}
