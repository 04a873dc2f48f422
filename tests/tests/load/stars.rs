//! Nodes written together with the relationships that start at them: the same graph as table by table, also where a load goes
//! on the other way.

use testkit::programs::Finished;

use crate::job::{Job, report_of};

/// The node table with which each table was written.
fn written_with(finished: &Finished) -> Vec<(String, String)> {
    let report = report_of(finished);
    let tables = report["writing"]["tables"].as_array().expect("tables").iter();
    let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
    tables.filter_map(|table| Some((text(&table["table"])?, text(&table["written_with"])?))).collect()
}

#[test]
fn together_and_apart_make_one_graph() {
    let job = Job::in_small_pieces("together", 5_000, 251);
    let together = job.load(&[]).run().expect_code(0);
    let with = written_with(&together);
    for table in ["HAS_SKILL", "ENROLLED_IN", "WORKS_FOR", "HAS_LEARNING_STATE", "HAS_PROFESSIONAL_STATUS"] {
        assert!(with.contains(&(table.into(), "Learner".into())), "{table} is not among {with:?}");
    }
    assert!(!with.iter().any(|(table, _)| table == "IN_COUNTRY"), "cities come more than once: {with:?}");
    let digest = job.deep_digest();
    job.target.empty();
    let apart = job.load(&["--apart"]).run().expect_code(0);
    assert_eq!(written_with(&apart), []);
    assert_eq!(job.deep_digest(), digest);
}

#[test]
fn a_load_goes_on_in_the_other_way() {
    let job = Job::generated("other_way", 2_500, 252);
    for (first, then) in [(&["--batch-rows", "1"][..], &["--apart"][..]), (&["--apart"], &[])] {
        let begun = job.load(first).variable("ROWGRAPH_FAILPOINT", "batch-committed:9").run();
        assert!(begun.signal.is_some(), "{begun}");
        job.load(&[&["--resume"], then].concat()).run().expect_code(0);
        job.expect_reference();
        job.target.empty();
    }
}
