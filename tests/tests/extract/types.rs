//! Every type with its edge values, on both servers and by both protocols: the snapshot holds what the server says of each
//! value, read back by readers that are not ours, and bad values are counted by column and reason.

mod odd;
mod values;

use testkit::programs::Program;
use testkit::reference::expect_equal_types;
use testkit::servers::Engine;
use testkit::snapshots::{DataFolder, Snapshot};
use testkit::source::SourceTable;

fn extract(table: &SourceTable, data: &DataFolder, protocol: &str, on_bad_value: &str) -> Snapshot {
    let arguments = ["--out", data.text(), "--protocol", protocol, "--on-bad-value", on_bad_value];
    Snapshot::printed(&Program::extract(&arguments).with(&table.environment()).run().expect_code(0))
}

/// Both protocols, with bad values as NULL and as text: four snapshots, each pair of protocols alike, and each exact.
fn expect_exact(table: &SourceTable) {
    let data = DataFolder::new();
    let mut snapshots = Vec::new();
    for on_bad_value in ["null", "text"] {
        let binary = extract(table, &data, "binary", on_bad_value);
        let text = extract(table, &data, "text", on_bad_value);
        assert_eq!(binary.content_digest(), text.content_digest(), "{}: both protocols", table.name());
        snapshots.extend([binary, text]);
    }
    let paths: Vec<_> = snapshots.iter().map(|snapshot| snapshot.path.as_path()).collect();
    expect_equal_types(&table.environment(), &paths);
}

fn matrix(engine: Engine) {
    for table in values::tables(engine) {
        let made = SourceTable::made_on(engine, table.name, &table.statements());
        expect_exact(&made);
    }
}

#[test]
fn every_type_is_exact_on_mariadb() {
    matrix(Engine::MariaDb);
}

#[test]
fn every_type_is_exact_on_mysql() {
    matrix(Engine::MySql);
}
