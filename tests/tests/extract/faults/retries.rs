//! `--retries`: a new connection, a new pass, a snapshot equal to an undisturbed one, and no work done twice.

use testkit::programs::Program;
use testkit::proxy::{Action, At, Fault, Proxy};
use testkit::snapshots::{DataFolder, Snapshot};
use testkit::source::SourceTable;

use super::{ROWS, digest, expect_nothing, expect_told, on_both, small};

#[test]
fn a_retry_gives_the_undisturbed_snapshot_and_keeps_the_parts_that_come_again() {
    on_both(|engine| {
        let table = SourceTable::generated_on(engine, "fault_retry", ROWS, 51);
        let proxy = Proxy::to_mysql(&table.environment(), &[Fault::first(At::LastFrame, Action::Cut)]);
        let data = DataFolder::new();
        let finished = Program::extract(&small(&data, &["--retries", "1", "-v"]))
            .with(&proxy.mysql_environment(&table.environment()))
            .run()
            .expect_code(0)
            .expect_said(&["the connection was lost after 4,000 rows", "trying again in", "after 1 lost connection"]);
        assert_eq!((proxy.fired(), proxy.connections()), (1, 2));
        let snapshot = Snapshot::printed(&finished);
        assert_eq!(snapshot.fault(), None);
        assert_eq!(snapshot.content_digest(), digest(&table));
        // Only the last part was not finished when the end of the stream was missing.
        let kept = snapshot.parts() - 1;
        assert!(kept >= 4, "{} parts", snapshot.parts());
        assert!(finished.stderr.contains(&format!("{kept} of {kept} parts are kept")), "{finished}");
    });
}

#[test]
fn several_losses_in_a_row_are_made_good() {
    on_both(|engine| {
        let table = SourceTable::generated_on(engine, "fault_losses", ROWS, 52);
        let faults = [
            Fault::first(At::InsideRow(3_500), Action::Reset),
            // Before the greeting, in the middle of it, while the session is set up, and amid what is kept already.
            Fault::on(2, At::Byte(0), Action::Cut),
            Fault::on(3, At::Byte(10), Action::Reset),
            Fault::on(4, At::Byte(700), Action::Cut),
            Fault::on(5, At::Row(1_000), Action::Cut),
        ];
        let proxy = Proxy::to_mysql(&table.environment(), &faults);
        let data = DataFolder::new();
        let finished = Program::extract(&small(&data, &["--retries", "5"]))
            .with(&proxy.mysql_environment(&table.environment()))
            .run()
            .expect_code(0);
        assert_eq!((proxy.fired(), proxy.connections()), (5, 6), "{finished}");
        let snapshot = Snapshot::printed(&finished);
        assert_eq!((snapshot.fault(), snapshot.content_digest()), (None, digest(&table).as_str()));
    });
}

#[test]
fn when_all_retries_are_used_up_it_is_an_error() {
    on_both(|engine| {
        let table = SourceTable::generated_on(engine, "fault_used_up", ROWS, 53);
        let cut = Fault::every(At::Row(2_000), Action::Cut);
        let proxy = Proxy::to_mysql(&table.environment(), &[cut]);
        let data = DataFolder::new();
        let finished = Program::extract(&small(&data, &["--retries", "2"]))
            .with(&proxy.mysql_environment(&table.environment()))
            .run()
            .expect_code(12);
        assert_eq!(proxy.connections(), 3);
        expect_told(&finished, &["the connection was lost after 2,000 rows", "--retries"]);
        expect_nothing(&data);
    });
}

#[test]
fn a_table_that_changed_between_two_passes_is_the_new_one_throughout() {
    // What changed lies in front, in the middle, at the end, or is the number of rows; the rest may be kept or not.
    on_both(|engine| {
        for (name, change) in [
            ("fault_changed_head", "UPDATE `{table}` SET rnk = rnk + 1 WHERE meta_rn = 3"),
            (
                "fault_changed_middle",
                "UPDATE `{table}` SET bio = 'changed meanwhile' WHERE meta_rn BETWEEN 2000 AND 2003",
            ),
            ("fault_changed_tail", "DELETE FROM `{table}` ORDER BY meta_rn DESC LIMIT 700"),
            ("fault_changed_more", "INSERT INTO `{table}` SELECT * FROM `{table}` LIMIT 500"),
            ("fault_changed_all", "DELETE FROM `{table}`"),
        ] {
            let table = SourceTable::generated_on(engine, name, ROWS, 54);
            let before = digest(&table);
            let faults = [
                Fault::first(At::LastFrame, Action::Cut),
                // The new pass waits until the table has changed.
                Fault::on(2, At::Byte(0), Action::HoldForEver),
            ];
            let proxy = Proxy::to_mysql(&table.environment(), &faults);
            let data = DataFolder::new();
            let mut running = Program::extract(&small(&data, &["--retries", "3"]))
                .with(&proxy.mysql_environment(&table.environment()))
                .start();
            assert!(running.until(|| proxy.fired() == 2), "{name}");
            table.run(&[change]);
            proxy.release();
            let snapshot = Snapshot::printed(&running.finish().expect_code(0));
            let now = digest(&table);
            assert_ne!(before, now, "{name}");
            assert_eq!((snapshot.fault(), snapshot.content_digest()), (None, now.as_str()), "{name}");
            assert_eq!(data.staged(), Vec::<std::path::PathBuf>::new());
        }
    });
}

#[test]
fn a_table_altered_between_two_passes_is_an_error() {
    on_both(|engine| {
        let table = SourceTable::generated_on(engine, "fault_altered", ROWS, 55);
        let faults = [Fault::first(At::LastFrame, Action::Cut), Fault::on(2, At::Byte(0), Action::HoldForEver)];
        let proxy = Proxy::to_mysql(&table.environment(), &faults);
        let data = DataFolder::new();
        let mut running = Program::extract(&small(&data, &["--retries", "3"]))
            .with(&proxy.mysql_environment(&table.environment()))
            .start();
        assert!(running.until(|| proxy.fired() == 2));
        table.run(&["ALTER TABLE `{table}` ADD COLUMN one_more INT"]);
        proxy.release();
        expect_told(&running.finish().expect_code(12), &["changed while it was read"]);
        expect_nothing(&data);
    });
}
