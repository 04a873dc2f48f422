//! `report.json` and `report.html`: a load that is done, one that is stopped, one that goes on, and one that fails each leave
//! theirs.

use rustix::process::Signal;
use serde_json::Value;
use testkit::programs::Finished;

use crate::job::{Job, load, page_of, report_of};

fn number(report: &Value, pointer: &str) -> f64 {
    report.pointer(pointer).and_then(Value::as_f64).unwrap_or_else(|| panic!("no number at {pointer}: {report:#}"))
}

/// Rows written by this process and before it, by table.
fn rows(report: &Value) -> Vec<(String, u64, u64)> {
    let tables = report["writing"]["tables"].as_array().expect("tables").iter();
    let of = |table: &Value, name: &str| table[name].as_u64().expect("a number");
    tables
        .map(|table| (table["table"].as_str().expect("a name").to_owned(), of(table, "rows"), of(table, "rows_before")))
        .collect()
}

fn page_text(finished: &Finished) -> String {
    std::fs::read_to_string(page_of(finished)).expect("a page")
}

#[test]
fn every_end_of_a_load_leaves_a_report() {
    let job = Job::generated("reported", 1_500, 94);
    // Stopped: what is known until then.
    let arguments = ["--batch-rows", "1", "--writers", "1"];
    let mut running = job.load(&arguments).start();
    let entries = "MATCH (b:_RowgraphBatch) RETURN count(b) AS n";
    assert!(running.until(|| job.target.number(entries) > 5), "it ended before it could be stopped");
    running.signal(Signal::INT);
    let stopped: Finished = running.finish().expect_code(130);
    let report = report_of(&stopped);
    assert_eq!((&report["outcome"], &report["exit_code"]), (&Value::from("interrupted"), &Value::from(130)));
    assert!(report["error"]["hint"].as_str().expect("a way out").contains("--resume"), "{report:#}");
    assert!(!rows(&report).is_empty() && report["counts"].is_null());
    assert!(page_text(&stopped).contains("was stopped"));

    // It goes on: done.
    let done = job.load(&["--resume"]).run().expect_code(0);
    let report = report_of(&done);
    assert_eq!((&report["outcome"], &report["resumed"]), (&Value::from("done"), &Value::from(true)));
    assert!(rows(&report).iter().any(|(_, _, before)| *before > 0), "{report:#}");
    let counts = job.target.counts();
    for (name, count) in &counts {
        let written: u64 = rows(&report).iter().filter(|row| row.0 == *name).map(|row| row.1 + row.2).sum();
        assert_eq!(written, u64::try_from(*count).expect("a count"), "{name}");
        let told =
            &report["counts"][if name.chars().any(char::is_lowercase) { "labels" } else { "types" }][name.as_str()];
        assert_eq!(told.as_i64(), Some(*count), "{name}");
    }
    assert!((0.0..=1.0).contains(&number(&report, "/writing/waiting_share")));
    assert!(number(&report, "/seconds/writing") > 0.0 && number(&report, "/seconds/all") <= done.took.as_secs_f64());
    assert!(number(&report, "/writing/batches") > 0.0 && number(&report, "/peak_memory_bytes") > 1e6);
    assert_eq!(report["server"]["edition"], "community");
    assert!(report["rejects"]["staging"].as_object().is_some_and(|reasons| !reasons.is_empty()), "{report:#}");
    // The report of the process before is kept beside it, and the page of each.
    let files = job.data.files();
    for kind in ["json", "html"] {
        let is_report = |path: &&std::path::PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with("report") && name.ends_with(kind)
        };
        assert_eq!(files.iter().filter(is_report).count(), 2, "{kind}: {files:?}");
    }
    assert!(page_text(&done).contains("HAS_PROFESSIONAL_STATUS"));
    let path = done.stderr.lines().find_map(|line| line.strip_prefix("report: ")).expect("a path");
    let text = std::fs::read_to_string(path).expect("the report");
    assert!(!text.contains(&crate::job::target_environment()["NEO4J_PASSWORD"]), "a password");

    // Refused rows, first too many of them, then borne.
    load(&["clear", "--yes"]).run().expect_code(0);
    job.target.ask("CREATE CONSTRAINT theirs FOR (s:Skill) REQUIRE s.category IS UNIQUE");
    let failed = job.load(&[]).run().expect_code(13);
    let report = report_of(&failed);
    assert_eq!(report["outcome"], "failed");
    assert!(page_text(&failed).contains("failed, with exit code 13"));
    assert_eq!(rows(&report).last().expect("a table").0, "Skill", "{report:#}");
    let borne = job.load(&["--resume", "--max-rejects", "100000"]).run().expect_code(3);
    let report = report_of(&borne);
    let by_constraint = "/rejects/server/Neo.ClientError.Schema.ConstraintValidationFailed";
    assert!(number(&report, by_constraint) > 0.0, "{:#}", report["rejects"]);
    assert!(number(&report, "/rejects/server/its end node was refused") > 0.0);
}
