//! A table that changes while it is read: the snapshot is of one moment.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use mysql::prelude::Queryable;
use testkit::programs::Program;
use testkit::proxy::{Action, At, Fault, Proxy};
use testkit::reference::column_values;
use testkit::snapshots::{DataFolder, Snapshot};
use testkit::source::SourceTable;

use super::{on_both, small};

/// More than the sockets on the way can hold, so that the server still reads while the writer writes.
const ROWS: u64 = 12_000;

#[test]
fn a_snapshot_is_of_one_moment_while_a_writer_changes_every_row() {
    on_both(|engine| {
        let table = SourceTable::generated_on(engine, "fault_writer", ROWS, 61);
        table.run(&["UPDATE `{table}` SET rnk = 0"]);
        // The first pass breaks in the middle, the second stands still until the writer has gone on for some rounds.
        let middle = At::Row(ROWS / 2);
        let faults = [Fault::first(middle, Action::Cut), Fault::on(2, middle, Action::HoldForEver)];
        let proxy = Proxy::to_mysql(&table.environment(), &faults);
        let data = DataFolder::new();
        let (over, rounds) = (AtomicBool::new(false), AtomicU64::new(0));
        let finished = thread::scope(|scope| {
            scope.spawn(|| {
                let mut writer = table.connect();
                while !over.load(Ordering::SeqCst) {
                    // Each round is one transaction: all rows, one row less, one row more.
                    for statement in [
                        "START TRANSACTION".to_owned(),
                        format!("UPDATE `{}` SET rnk = rnk + 1", table.name()),
                        format!("INSERT INTO `{0}` SELECT * FROM `{0}` LIMIT 1", table.name()),
                        format!("DELETE FROM `{}` LIMIT 1", table.name()),
                        "COMMIT".to_owned(),
                    ] {
                        writer.query_drop(&statement).unwrap_or_else(|error| panic!("{statement}: {error}"));
                    }
                    rounds.fetch_add(1, Ordering::SeqCst);
                }
            });
            let mut running = Program::extract(&small(&data, &["--retries", "3"]))
                .with(&proxy.mysql_environment(&table.environment()))
                .start();
            let held = running.until(|| proxy.fired() == 2);
            let since = rounds.load(Ordering::SeqCst);
            let went_on = running.until(|| rounds.load(Ordering::SeqCst) >= since + 3);
            proxy.release();
            let finished = running.finish();
            over.store(true, Ordering::SeqCst);
            assert!(held && went_on, "{finished}");
            finished
        });
        let snapshot = Snapshot::printed(&finished.expect_code(0));
        assert_eq!((snapshot.fault(), snapshot.rows()), (None, ROWS));
        let values = column_values(&snapshot.path, "rnk");
        assert_eq!(values.len(), 1, "rows of several moments: {values:?}");
    });
}
