//! A clock that stands still, goes back or jumps (by Debian's `faketime`): names never collide and nothing is overwritten.

use std::fs;

use testkit::programs::{Finished, Program};
use testkit::proxy::{Action, At, Fault, Proxy};
use testkit::snapshots::{DataFolder, Snapshot};
use testkit::source::SourceTable;

use super::{ROWS, digest, small};

/// Runs `extract` at a time of day of its own, which stands still.
fn extract_at(table: &SourceTable, data: &DataFolder, time: &str) -> Finished {
    let wrapper = ["faketime", "-m", "--exclude-monotonic", "-f", time];
    Program::extract_under(&wrapper, &small(data, &[])).with(&table.environment()).variable("TZ", "UTC").run()
}

fn name(snapshot: &Snapshot) -> String {
    snapshot.path.file_name().expect("a name").to_string_lossy().into_owned()
}

#[test]
fn snapshots_of_one_second_and_of_a_clock_that_went_back_stand_side_by_side() {
    let table = SourceTable::generated("fault_clock", ROWS, 96);
    let expected = digest(&table);
    let data = DataFolder::new();
    let mut names = Vec::new();
    for time in ["2031-03-30 01:30:00", "2031-03-30 01:30:00", "2031-03-30 01:30:00", "2011-01-01 00:00:00"] {
        let snapshot = Snapshot::printed(&extract_at(&table, &data, time).expect_code(0));
        assert_eq!((snapshot.fault(), snapshot.content_digest()), (None, expected.as_str()));
        assert_eq!(snapshot.as_of(), &time[..10]);
        names.push(name(&snapshot));
    }
    let digits = &expected.trim_start_matches("sha256:")[..6];
    let in_2031 = format!("2031-03-30T013000Z-{digits}");
    let expected =
        [in_2031.clone(), format!("{in_2031}-2"), format!("{in_2031}-3"), format!("2011-01-01T000000Z-{digits}")];
    assert_eq!(names, expected);
    assert_eq!(data.sealed().len(), 4);
}

#[test]
fn a_clock_that_jumps_back_during_the_read_disturbs_nothing() {
    let table = SourceTable::generated("fault_clock_jump", ROWS, 97);
    let data = DataFolder::new();
    let time = data.path().join("time");
    fs::write(&time, "2031-01-01 12:00:00").expect("a file");
    // Also across a retry, whose pause must not wait for the old time to come again.
    let faults = [Fault::first(At::Row(2_000), Action::HoldForEver), Fault::first(At::Row(2_001), Action::Cut)];
    let proxy = Proxy::to_mysql(&table.environment(), &faults);
    let wrapper = ["faketime", "-m", "--exclude-monotonic", "-f", "+0"];
    let command = r#"unset FAKETIME; exec "$0" "$@""#;
    let mut running = Program::extract_under(&[&wrapper[..], &["sh", "-c", command]].concat(), &small(&data, &[]))
        .with(&proxy.mysql_environment(&table.environment()))
        .variable("TZ", "UTC")
        .variable("FAKETIME_TIMESTAMP_FILE", &time)
        .variable("FAKETIME_NO_CACHE", "1")
        .start();
    assert!(running.until(|| proxy.fired() == 1));
    fs::write(&time, "2030-12-31 23:00:00").expect("a file");
    proxy.release();
    let snapshot = Snapshot::printed(&running.finish().expect_code(0));
    assert_eq!((snapshot.fault(), snapshot.content_digest()), (None, digest(&table).as_str()));
    // The retry's moment is the snapshot's.
    assert!(name(&snapshot).starts_with("2030-12-31T2300"), "{}", name(&snapshot));
}
