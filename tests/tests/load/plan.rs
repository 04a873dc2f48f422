//! `load plan`: what it says is what happens, and it writes nothing.

use serde_json::Value;
use testkit::programs::Program;

use crate::job::{Job, target_environment};

#[test]
fn a_plan_says_what_happens_and_writes_nothing() {
    let job = Job::generated("planned", 1_200, 93);
    let from = job.snapshot.path.to_string_lossy().into_owned();
    let plan = |more: &[&str], environment: &testkit::servers::Environment| {
        let program = Program::load(&[&["plan", "--from", from.as_str()], more].concat());
        program.with(environment).run().expect_code(0)
    };
    let as_json = |more: &[&str]| -> Value {
        let finished = plan(&[&["--format", "json"], more].concat(), &target_environment());
        serde_json::from_str(&finished.stdout).expect("one JSON object")
    };
    let files = job.data.files();
    let without = plan(&[], &testkit::servers::Environment::new());
    for word in [
        "none was named",
        "1,200 rows",
        "HAS_PROFESSIONAL_STATUS",
        "CREATE CONSTRAINT",
        "UNWIND $lists.rows",
        "nothing was written",
    ] {
        assert!(without.stdout.contains(word), "{word}: {without}");
    }
    let planned = as_json(&[]);
    assert_eq!(job.data.files(), files, "a plan leaves nothing behind");
    let all = "MATCH (n) RETURN count(n) AS n UNION ALL SHOW CONSTRAINTS YIELD name RETURN count(*) AS n";
    assert_eq!(job.target.number("MATCH (n) RETURN count(n) AS n"), 0, "{all}");
    assert_eq!(job.target.number("SHOW CONSTRAINTS YIELD name RETURN count(*) AS n"), 0);
    assert_eq!((&planned["target"]["would"], &planned["staged"]), (&Value::from("start"), &Value::from(false)));
    // The server takes every statement, in both modes.
    let upsert = as_json(&["--mode", "upsert"]);
    let statements = |plan: &Value| -> Vec<String> {
        let tables = plan["tables"].as_array().expect("tables").iter();
        let all = tables
            .flat_map(|table| table["statements"].as_array().expect("statements"))
            .chain(plan["schema"].as_array().expect("schema"));
        all.map(|statement| statement.as_str().expect("text").to_owned()).collect()
    };
    for statement in statements(&planned).iter().chain(&statements(&upsert)) {
        job.target.ask(&format!("EXPLAIN {statement}"));
    }

    let staged = as_json(&["--stage"]);
    assert_eq!(staged["staged"], true);
    // All rows were in the sample, so its numbers are exact, too.
    let numbers = |plan: &Value| -> Vec<(String, u64, u64, String)> {
        let tables = plan["tables"].as_array().expect("tables").iter();
        let number = |table: &Value, name: &str| table[name].as_u64().expect("a number");
        tables
            .map(|table| {
                let trust = table["trust"].as_str().expect("a word").to_owned();
                (
                    table["table"].as_str().expect("a name").to_owned(),
                    number(table, "rows"),
                    number(table, "units"),
                    trust,
                )
            })
            .collect()
    };
    assert_eq!(numbers(&staged), numbers(&planned));
    job.load(&[]).run().expect_code(0);
    let counts = job.target.counts();
    for (table, rows, _, trust) in numbers(&planned) {
        let count = counts.iter().find(|(name, _)| *name == table).map_or(0, |(_, count)| *count);
        assert_eq!((u64::try_from(count).expect("a count"), trust.as_str()), (rows, "exact"), "{table}");
    }

    let again = as_json(&[]);
    assert_eq!(again["target"]["would"], "do_nothing");
    let other = as_json(&["--as-of", "2020-01-01"]);
    assert_eq!(other["target"]["would"], "be_refused");
    assert!(other["target"]["nodes_held"]["Learner"].as_i64() > Some(1_000), "{:#}", other["target"]);
    assert!(other["target"]["hint"].as_str().expect("a way out").contains("--mode upsert"));
    assert_eq!(as_json(&["--as-of", "2020-01-01", "--mode", "upsert"])["target"]["would"], "start");
    assert_eq!(job.target.counts(), counts);
}
