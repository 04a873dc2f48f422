//! `scripts/quickstart` at a small size: it loads, does nothing twice, and with another number of rows starts over.

use std::process::Command;

use testkit::programs::{Finished, Program};
use testkit::servers::{SERVERS, project};
use testkit::snapshots::DataFolder;
use testkit::target::Lease;

fn quickstart(rows: &str, data: &DataFolder) -> Finished {
    // Whichever program is asked for first has all of them built.
    drop(Program::load(&["--version"]).run());
    Program::at(&project().join("scripts/quickstart"))
        .variable("ROWGRAPH_BUILT", "yes")
        .variable("ROWS", rows)
        .variable("ROWGRAPH_SERVERS", &SERVERS.folder)
        .variable("ROWGRAPH_DATA", data.path())
        .run()
}

#[test]
fn the_quickstart_does_the_whole_job_once() {
    let target = Lease::take();
    let data = DataFolder::new();
    let first = quickstart("400", &data).expect_code(0);
    for shown in ["skill", "Which skills", "entrepreneurs", "graduations", "scripts/servers down"] {
        assert!(first.stdout.contains(shown), "nothing of {shown}: {first}");
    }
    assert_eq!(target.number("MATCH (l:Learner) RETURN count(l) AS n"), 392);
    assert!(!first.to_string().contains(&SERVERS.environment()["NEO4J_PASSWORD"]), "the password was printed");

    let files = data.files();
    let again = quickstart("400", &data).expect_code(0).expect_said(&[
        "already (seed",
        "done already",
        "is in the target already",
    ]);
    assert!(again.stdout.contains("Which skills"), "{again}");
    assert_eq!(data.files(), files, "no work is done twice");

    let other = quickstart("250", &data).expect_code(0).expect_said(&["clearing it"]);
    assert!(other.stdout.contains("cleared="), "{other}");
    assert_eq!(target.number("MATCH (l:Learner) RETURN count(l) AS n"), 242);
    assert_eq!(data.sealed().len(), 2);

    // A graph that it did not make is not its to clear.
    std::fs::remove_file(data.path().join(".quickstart")).expect("its memory");
    quickstart("300", &data).expect_code(1).expect_said(&["not of this script's making"]);
    assert_eq!(target.number("MATCH (l:Learner) RETURN count(l) AS n"), 242);

    let wrong = Command::new(project().join("scripts/quickstart")).env("ROWS", "many").output().expect("bash");
    assert!(!wrong.status.success() && String::from_utf8_lossy(&wrong.stderr).contains("ROWS"));
}
