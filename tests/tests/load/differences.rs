//! `load verify --deep` names what somebody else has changed, deleted and added: element, property, expected, found.

use crate::job::Job;

/// Words that a difference of each kind must have, by the statement that brings it about.
const CHANGES: [(&str, &[&str]); 9] = [
    (
        "MATCH (s:Skill {id: 'python'}) SET s.name = 'Pyton' RETURN 1 AS n",
        &["Skill \"python\": name expected \"", "found \"Pyton\""],
    ),
    // Another type is another value.
    (
        "MATCH (s:Skill {id: 'sql'}) SET s.category = 1 RETURN 1 AS n",
        &["Skill \"sql\": category expected \"Technical\", found 1"],
    ),
    (
        "MATCH (s:Skill {id: 'java'}) SET s.category = null RETURN 1 AS n",
        &["Skill \"java\": category expected \"Technical\", found nothing"],
    ),
    (
        "MATCH (s:Skill {id: 'javascript'}) SET s.more = true RETURN 1 AS n",
        &["Skill \"javascript\": has properties that"],
    ),
    ("MATCH (c:Country {code: 'EG'}) DETACH DELETE c RETURN 1 AS n", &["Country \"EG\": missing"]),
    ("CREATE (:Country {code: 'x-nowhere', name: 'Nowhere'}) RETURN 1 AS n", &["Country \"x-nowhere\": extra"]),
    (
        "MATCH (l:Learner)-[r:WORKS_FOR]->() WITH r ORDER BY l.hashedEmail LIMIT 1 SET r.country = 'elsewhere' RETURN 1 AS n",
        &["WORKS_FOR (", "country expected ", "found \"elsewhere\""],
    ),
    (
        "MATCH (l:Learner)-[r:ENROLLED_IN]->() WITH r ORDER BY l.hashedEmail LIMIT 1 DELETE r RETURN 1 AS n",
        &["ENROLLED_IN (", ": missing"],
    ),
    (
        "MATCH (l:Learner)-[r:HAS_LEARNING_STATE]->(s) WITH l, r, s ORDER BY l.hashedEmail LIMIT 1 \
         CREATE (l)-[x:HAS_LEARNING_STATE]->(s) SET x = properties(r) RETURN 1 AS n",
        &["HAS_LEARNING_STATE (", "expected 1 times, found 2 times"],
    ),
];

#[test]
fn each_difference_is_named_with_its_element_property_and_values() {
    let job = Job::generated("differences", 1_200, 271);
    job.load(&[]).run().expect_code(0);
    let mut words = vec!["differs"];
    for (statement, expected) in CHANGES {
        assert_eq!(job.target.number(statement), 1, "{statement}");
        words.extend(expected);
    }
    let finished = job.verify(&["--deep"]).expect_code(16).expect_said(&words);
    for (table, verdict) in
        [("Skill", "DIFFERS"), ("Country", "DIFFERS"), ("Learner", "same"), ("WORKS_FOR", "DIFFERS")]
    {
        let line = finished.stdout.lines().find(|line| line.starts_with(&format!("{table} "))).expect("a line a table");
        assert!(line.ends_with(verdict), "{line}");
    }
    // One line a difference, and those of one table stay together.
    let named = finished.stderr.lines().filter(|line| line.starts_with("  Skill ")).count();
    assert_eq!(named, 4, "{finished}");
}

#[test]
fn many_differences_are_cut_short_and_say_so() {
    let job = Job::generated("many_differences", 600, 272);
    job.load(&[]).run().expect_code(0);
    job.target.ask("MATCH (l:Learner) SET l.gender = 'unknown' RETURN count(l) AS n");
    let finished = job.verify(&["--deep"]).expect_code(16).expect_said(&["gender expected", "Learner: and more"]);
    let named = finished.stderr.lines().filter(|line| line.starts_with("  Learner ")).count();
    assert_eq!(named, 10, "{finished}");
}
