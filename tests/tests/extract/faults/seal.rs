//! `kill -9` at every step from the first folder to the seal: a whole snapshot or none, and the next run clears up.

use testkit::snapshots::DataFolder;
use testkit::source::SourceTable;

use super::disk::{Threads, extract_with};
use super::{ROWS, digest, expect_recovery, expect_whole_or_none};

/// Kills the program as it enters the first, second, third … of these calls, until it ends undisturbed; returns how often.
fn each_kill(table: &SourceTable, expected: &str, threads: Threads, call: &str, step: u64) -> u64 {
    let data = DataFolder::new();
    let mut killed = 0;
    loop {
        let count = 1 + killed * step;
        assert!(count < 2_000, "{call} has no end");
        let what = format!("kill -9 in {call} number {count} of {threads:?}");
        let finished = extract_with(table, &data, threads, call, "signal=KILL", count);
        // One that is killed after the last rename has a snapshot.
        expect_whole_or_none(&data, expected, &what);
        if finished.code == Some(0) {
            assert_eq!(data.staged(), Vec::<std::path::PathBuf>::new(), "{what}");
            expect_recovery(&data, table, expected);
            return killed;
        }
        assert_eq!(finished.signal, Some(9), "{what}: {finished}");
        killed += 1;
    }
}

#[test]
fn a_kill_at_every_step_leaves_a_whole_snapshot_or_none() {
    let table = SourceTable::generated("fault_kill", ROWS, 95);
    let expected = digest(&table);
    for (threads, call, step, least) in [
        (Threads::First, "mkdir", 1, 2),
        (Threads::First, "flock", 1, 3),
        (Threads::First, "fsync", 1, 4),
        (Threads::First, "rename", 1, 3),
        (Threads::First, "write", 1, 3),
        (Threads::All, "fsync", 1, 5),
        (Threads::All, "rename", 1, 5),
        (Threads::All, "write", 7, 4),
    ] {
        let killed = each_kill(&table, &expected, threads, call, step);
        assert!(killed >= least, "only {killed} calls of {call} were met by {threads:?}");
    }
}
