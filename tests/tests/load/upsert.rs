//! `--mode upsert`: a graph follows its table, and the same again changes nothing.

use testkit::reference::expect_equal_graph;

use crate::job::{Job, target_environment};
use testkit::programs::Program;

#[test]
fn a_changed_table_updates_the_graph_and_twice_is_the_same_as_once() {
    let job = Job::generated("upserted", 400, 81);
    job.load(&[]).run().expect_code(0);
    // Changes that let no node vanish: upsert adds and updates, and never deletes nodes.
    job.table.run(&[
        "UPDATE `{table}` SET gender = 'female', bio = NULL WHERE meta_rn % 5 = 0",
        "UPDATE `{table}` SET skills_list = CONCAT(skills_list, ',Beekeeping') WHERE skills_list LIKE '%, %' AND meta_rn % 3 = 0",
        "UPDATE `{table}` SET is_graduate_learner = 1 - is_graduate_learner WHERE meta_rn % 7 = 0",
    ]);
    let snapshot = job.data.extract(&job.table);
    let from = snapshot.path.to_string_lossy().into_owned();
    let upsert = |more: &[&str]| {
        let arguments: Vec<&str> =
            ["--from", &from, "--mode", "upsert"].into_iter().chain(more.iter().copied()).collect();
        Program::load(&arguments).with(&target_environment())
    };
    Program::load(&["--from", &from]).with(&target_environment()).run().expect_code(14).expect_said(&["upsert"]);
    upsert(&[]).run().expect_code(0);
    expect_equal_graph(&job.table.environment(), snapshot.as_of());
    let counts = job.target.counts();
    upsert(&[]).run().expect_code(0).expect_said(&["already"]);

    // The first graph again, then the second again: nothing may be doubled.
    job.load(&["--mode", "upsert"]).run().expect_code(0);
    let stopped = upsert(&["--batch-rows", "1"]).variable("ROWGRAPH_FAILPOINT", "batch-committed:6").run();
    assert!(stopped.signal.is_some(), "{stopped}");
    upsert(&["--resume"]).run().expect_code(0);
    expect_equal_graph(&job.table.environment(), snapshot.as_of());
    assert_eq!(job.target.counts(), counts);
}
