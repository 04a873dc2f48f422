//! One run at a time: two loads at once, other runs, data of others, clearing.

use testkit::programs::Running;

use crate::job::{Job, load};

#[test]
fn two_loads_at_once_never_mix() {
    let job = Job::generated("at_once", 1_500, 61);
    let start = |more: &[&str]| job.load(&[&["--batch-rows", "1", "--writers", "1"], more].concat()).start();
    let finished = [start(&[]), start(&[])].map(Running::finish);
    let codes = finished.each_ref().map(|finished| finished.code);
    assert!(codes.contains(&Some(0)), "one of them loads: {} {}", finished[0], finished[1]);
    // The other one came second: it found an unfinished run, or a finished one.
    assert!(codes.iter().all(|code| [Some(0), Some(14), Some(15)].contains(code)), "{codes:?}");
    job.expect_reference();

    load(&["clear", "--yes"]).run().expect_code(0);
    let first = start(&[]);
    let second = start(&["--resume"]);
    let codes = [first, second].map(|running| running.finish().code);
    // With --resume the second may take turns with the first, wait for it, or take over once it is gone.
    assert!(codes.contains(&Some(0)), "{codes:?}");
    job.load(&["--resume"]).run().expect_code(0);
    job.expect_reference();
}

#[test]
fn another_unfinished_run_is_named_and_can_be_cleared() {
    let job = Job::generated("first_run", 300, 62);
    let stopped = job.load(&[]).variable("ROWGRAPH_FAILPOINT", "schema-created").run();
    assert!(stopped.signal.is_some(), "{stopped}");
    job.load(&["--as-of", "2020-01-01"]).run().expect_code(14).expect_said(&["unfinished", "2020-01-01", "load clear"]);
    job.load(&["--as-of", "2020-01-01", "--resume"]).run().expect_code(14);
    job.verify(&[]).expect_code(15).expect_said(&["unfinished"]);
    let status = load(&["status"]).run().expect_code(0);
    assert!(status.stdout.contains("writing") && status.stdout.contains("load --resume"), "{status}");

    load(&["clear"]).run().expect_code(2).expect_said(&["--yes"]);
    load(&["clear", "--yes"]).run().expect_code(0);
    assert_eq!(job.target.number("MATCH (n) RETURN count(n) AS n"), 0);
    job.load(&["--as-of", "2020-01-01"]).run().expect_code(0);
    job.load(&[]).run().expect_code(14).expect_said(&["Learner", "load clear"]);
    load(&["clear", "--yes"]).run().expect_code(0);
    load(&["clear", "--yes"]).run().expect_code(0).expect_said(&["nothing to clear"]);
}

#[test]
fn data_of_others_is_left_alone() {
    let job = Job::generated("others", 200, 63);
    job.target.ask("CREATE (:Skill {id: 'theirs'}), (:Note {text: 'theirs'}) RETURN 1 AS one");
    job.load(&[]).run().expect_code(14).expect_said(&["Skill 1", "--mode upsert"]);
    assert_eq!(job.target.counts(), vec![("Note".to_owned(), 1), ("Skill".to_owned(), 1)]);

    job.target.ask("MATCH (s:Skill) DELETE s RETURN 1 AS one");
    job.load(&[]).run().expect_code(0);
    job.target.ask("MATCH (n:Note), (l:Learner) WITH n, l LIMIT 1 CREATE (n)-[:ABOUT]->(l) RETURN 1 AS one");
    load(&["clear", "--yes"]).run().expect_code(0).expect_said(&["1 nodes with label Learner stay"]);
    let left = [("Learner", 1), ("Note", 1), ("ABOUT", 1)].map(|(name, number)| (name.to_owned(), number));
    assert_eq!(job.target.counts(), left);
}
