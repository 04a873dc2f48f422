//! `extract` as a daily tool: what may be selected, what is said and how, what is kept, and what can be done with snapshots.

mod output;
mod readers;
mod selection;
mod snapshots;
mod tables;

use testkit::programs::{Finished, Program};
use testkit::servers::Environment;
use testkit::snapshots::{DataFolder, Snapshot};

/// Runs `extract` into a folder with more arguments.
fn run(data: &DataFolder, environment: &Environment, arguments: &[&str]) -> Finished {
    let mut all = vec!["--out", data.text()];
    all.extend(arguments);
    Program::extract(&all).with(environment).run()
}

/// As above; it must succeed with one snapshot.
#[track_caller]
fn extracted(data: &DataFolder, environment: &Environment, arguments: &[&str]) -> Snapshot {
    Snapshot::printed(&run(data, environment, arguments).expect_code(0))
}
