//! The whole job at small size: from the table to a graph that the reference agrees with, element by element.

use testkit::reference::expect_equal_graph;

use crate::job::{Job, load, target_environment};

#[test]
fn the_graph_is_what_the_reference_makes_of_the_table() {
    let job = Job::generated("whole_job", 3_000, 41);
    let loaded = job.load(&[]).run().expect_code(0).expect_said(&["done and verified", "Learner", "HAS_SKILL"]);
    assert!(loaded.stdout.contains("state=done"), "{loaded}");
    let password = &target_environment()["NEO4J_PASSWORD"];
    assert!(!format!("{}{}", loaded.stdout, loaded.stderr).contains(password.as_str()), "the password was printed");
    job.expect_reference();
    job.verify(&[]).expect_code(0);
    let digest = job.deep_digest();

    let files = job.data.files();
    let again = job.load(&[]).run().expect_code(0).expect_said(&["already"]);
    assert!(again.stdout.contains("already=true"), "{again}");
    job.load(&["--resume"]).run().expect_code(0).expect_said(&["already"]);
    assert_eq!(job.data.files(), files, "no work is done twice");
    assert_eq!(job.deep_digest(), digest);

    let status = load(&["status"]).run().expect_code(0);
    assert!(status.stdout.contains("done") && status.stdout.contains("Learner"), "{status}");

    // What somebody else changes is found: a number by counting, a value by reading everything back.
    job.target.ask("MATCH (s:Skill) WITH s LIMIT 1 SET s.name = s.name + '!' RETURN count(s) AS n");
    job.verify(&[]).expect_code(0);
    job.verify(&["--deep"]).expect_code(16).expect_said(&["Skill", "differs"]);
    job.target.ask("MATCH ()-[r:HAS_SKILL]->() WITH r LIMIT 1 DELETE r RETURN count(*) AS n");
    job.verify(&[]).expect_code(16).expect_said(&["HAS_SKILL"]);
}

#[test]
fn an_earlier_today_gives_the_graph_of_that_day() {
    let job = Job::generated("as_of", 600, 42);
    for date in ["2021-03-31", "2027-01-01"] {
        job.load(&["--as-of", date]).run().expect_code(0);
        expect_equal_graph(&job.table.environment(), date);
        load(&["clear", "--yes"]).run().expect_code(0);
        assert_eq!(job.target.counts(), vec![], "nothing of it stays");
    }
    let schema = "SHOW CONSTRAINTS YIELD name RETURN count(*) AS n";
    assert_eq!(job.target.number(schema), 0, "constraints go with the graph");
}

#[test]
fn a_sample_takes_the_first_rows_only() {
    let job = Job::generated("sampled", 500, 43);
    job.load(&["--sample", "100"]).run().expect_code(0);
    let learners = job.target.number("MATCH (l:Learner) RETURN count(l) AS n");
    assert!((80..=100).contains(&learners), "{learners} learners of 100 rows");
    // The generator numbers its rows in `meta_rn`; two nasty rows have none, one of them is among the first hundred.
    job.table.run(&["DELETE FROM `{table}` WHERE meta_rn > 100 OR meta_rn < 0"]);
    expect_equal_graph(&job.table.environment(), job.snapshot.as_of());
}
