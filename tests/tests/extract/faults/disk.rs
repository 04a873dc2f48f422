//! The disk: full, broken or forbidden at each single call that changes it, by `strace`, which lets chosen calls fail.
//!
//! Calls are counted by thread. Seen from all threads the K-th call of any of them fails, which meets every part; seen from
//! the first thread alone every step of the seal is met. K goes up until the program ends undisturbed.

use std::sync::LazyLock;

use testkit::programs::{Finished, Program};
use testkit::snapshots::{DataFolder, Snapshot};
use testkit::source::SourceTable;

use super::{ROWS, digest, expect_nothing, expect_recovery, expect_told, expect_whole_or_none, small};

/// The first core that this process may use.
static ONE_CORE: LazyLock<String> = LazyLock::new(|| {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let cores = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:")).expect("a list of cores");
    cores.trim().split([',', '-']).next().expect("a core").to_owned()
});

/// Which threads are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Threads {
    /// All.
    All,
    /// The one that makes the folder and the seal.
    First,
}

/// Runs `extract` with a fault in the `count`-th call of a thread; `call` is a name or a list of them.
pub fn extract_with(
    table: &SourceTable,
    data: &DataFolder,
    threads: Threads,
    call: &str,
    fault: &str,
    count: u64,
) -> Finished {
    let (trace, inject) = (format!("trace={call}"), format!("inject={call}:{fault}:when={count}"));
    // On one core there is one thread that writes parts, so that the K-th call is the K-th of all parts.
    let mut wrapper = vec!["taskset", "-c", ONE_CORE.as_str(), "strace"];
    if threads == Threads::All {
        wrapper.push("-f");
    }
    wrapper.extend(["-qq", "-o", "/dev/null", "-e", &trace, "-e", &inject]);
    Program::extract_under(&wrapper, &small(data, &[])).with(&table.environment()).run()
}

/// Lets the first, second, third … call fail, until none does any more; returns how many did.
fn each_failure(table: &SourceTable, expected: &str, threads: Threads, call: &str, error: &str, step: u64) -> u64 {
    let data = DataFolder::new();
    let mut failed = 0;
    let mut count = 1;
    loop {
        assert!(count < 2_000, "{call} has no end");
        let what = format!("{error} in {call} number {count} of {threads:?}");
        let finished = extract_with(table, &data, threads, call, &format!("error={error}"), count);
        match finished.code {
            Some(0) => {
                assert!(Snapshot::printed(&finished).fault().is_none(), "{what}");
                expect_whole_or_none(&data, expected, &what);
                assert_eq!(data.staged(), Vec::<std::path::PathBuf>::new(), "{what}");
                return failed;
            }
            Some(1) if finished.stderr.contains("standard output") => expect_whole_or_none(&data, expected, &what),
            Some(1) => {
                // The message is a write of the first thread's too, and may be the one that fails.
                if call != "write" || threads == Threads::First {
                    expect_told(&finished, &[]);
                }
                expect_nothing(&data);
            }
            _ => panic!("{what}: {finished}"),
        }
        failed += 1;
        count += step;
    }
}

#[test]
fn a_full_disk_at_each_write_sync_and_rename_is_said_and_leaves_nothing() {
    let table = SourceTable::generated("fault_disk", ROWS, 91);
    let expected = digest(&table);
    for (threads, call, error, step, least) in [
        (Threads::All, "write", "ENOSPC", 5, 5),
        (Threads::All, "fsync", "ENOSPC", 1, 5),
        (Threads::All, "rename", "ENOSPC", 1, 5),
        (Threads::First, "fsync", "EIO", 1, 4),
        (Threads::First, "rename", "EDQUOT", 1, 3),
        (Threads::First, "write", "ENOSPC", 1, 2),
        (Threads::First, "mkdir", "ENOSPC", 1, 2),
    ] {
        let failed = each_failure(&table, &expected, threads, call, error, step);
        assert!(failed >= least, "only {failed} calls of {call} were met by {threads:?}");
    }
    expect_recovery(&DataFolder::new(), &table, &expected);
}

#[test]
fn a_right_that_is_lost_meanwhile_is_said_and_leaves_nothing() {
    let table = SourceTable::generated("fault_right", ROWS, 92);
    let expected = digest(&table);
    for (threads, call, least) in [
        (Threads::All, "rename", 5),
        (Threads::First, "rename", 3),
        (Threads::First, "mkdir", 2),
        (Threads::First, "flock", 3),
    ] {
        let failed = each_failure(&table, &expected, threads, call, "EACCES", 1);
        assert!(failed >= least, "only {failed} calls of {call} were met by {threads:?}");
    }
}

#[test]
fn what_a_full_disk_is_called_names_rows_file_and_way_out() {
    let table = SourceTable::generated("fault_disk_words", ROWS, 93);
    let data = DataFolder::new();
    for (call, count, file) in [("write", 8, "part-0000"), ("fsync", 2, "part-00001"), ("rename", 3, "part-00002")] {
        let finished = extract_with(&table, &data, Threads::All, call, "error=ENOSPC", count).expect_code(1);
        expect_told(&finished, &["stopped after", " rows", file, "No space left on device", "--out"]);
        expect_nothing(&data);
    }
    for (count, file) in [(1, "_SHA256SUMS"), (2, "_manifest.json"), (3, "fault_disk_words")] {
        let finished = extract_with(&table, &data, Threads::First, "rename", "error=ENOSPC", count).expect_code(1);
        expect_told(&finished, &["stopped after 4,000 rows", file, "No space left on device", "--out"]);
        expect_nothing(&data);
    }
}

#[test]
fn a_snapshot_whose_path_cannot_be_told_is_whole_all_the_same() {
    let table = SourceTable::generated("fault_untold", 200, 94);
    let data = DataFolder::new();
    let command = r#"exec "$0" "$@" >/dev/full"#;
    let finished = Program::extract_under(&["sh", "-c", command], &small(&data, &[])).with(&table.environment()).run();
    finished.expect_code(1).expect_said(&["standard output", "No space left on device"]);
    assert_eq!(data.sealed().len(), 1);
    expect_whole_or_none(&data, &digest(&table), "standard output is full");
}
