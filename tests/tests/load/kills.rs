//! `kill -9` at moments spread over the whole load, and `--resume` each time: the same graph as without.

use testkit::programs::Running;

use crate::job::Job;

/// When a load is to die.
enum Moment {
    /// While graph tables are staged.
    Staging,
    /// When this share of all units is in the ledger.
    Written(f64),
    /// At a named point of the program, for what is too short to be met from outside. It aborts there: no clean-up runs.
    Point(&'static str),
}

/// Waits for the moment and kills. False where the load ended before.
fn kill_at(job: &Job, mut running: Running, moment: &Moment, units: i64) -> bool {
    let met = match moment {
        Moment::Staging => running.until(|| !job.data.graph_tables().is_empty()),
        Moment::Written(share) => {
            let enough = (units as f64 * share) as i64;
            running.until(|| job.target.bookkeeping("_RowgraphBatch") >= enough)
        }
        Moment::Point(_) => {
            let finished = running.finish();
            return finished.signal.is_some() && finished.stderr.contains("failpoint");
        }
    };
    let finished = running.kill();
    met && finished.signal == Some(9)
}

#[test]
fn killed_at_any_moment_and_resumed_it_is_the_same_graph() {
    let job = Job::generated("killed", 4_000, 51);
    job.load(&[]).run().expect_code(0);
    let untouched = job.deep_digest();
    job.target.empty();
    std::fs::remove_dir_all(job.snapshot.path.parent().and_then(|path| path.parent()).expect("data").join(".graph"))
        .expect("graph tables");

    let moments = [
        Moment::Staging,
        Moment::Point("before-seal"),
        Moment::Point("staged"),
        Moment::Point("run-created"),
        Moment::Point("schema-created"),
        Moment::Written(0.05),
        Moment::Written(0.25),
        Moment::Point("batch-sent:3"),
        Moment::Written(0.5),
        Moment::Point("batch-committed:2"),
        Moment::Written(0.75),
        Moment::Written(0.95),
        Moment::Point("tables-written"),
        Moment::Point("before-verified"),
        Moment::Point("ledger-removal"),
        Moment::Point("before-done"),
    ];
    let mut units = 0;
    for (at, moment) in moments.iter().enumerate() {
        // Small batches and one connection, so that there are many moments to meet.
        let mut program = job.load(&["--resume", "--writers", "1", "--batch-rows", "1"]);
        if let Moment::Point(name) = moment {
            program = program.variable("ROWGRAPH_FAILPOINT", name);
        }
        assert!(kill_at(&job, program.start(), moment, units), "moment {at} was not met");
        if units == 0 && job.target.bookkeeping("_RowgraphRun") > 0 {
            units = all_units(&job);
        }
        if job.target.bookkeeping("_RowgraphRun") > 0 {
            job.load(&[]).run().expect_code(15).expect_said(&["unfinished", "--resume"]);
        }
    }
    job.load(&["--resume"]).run().expect_code(0);
    assert_eq!(job.deep_digest(), untouched, "every element and property");
    job.expect_reference();
}

/// Units of the open run, as its node says.
fn all_units(job: &Job) -> i64 {
    let records = job.target.ask("MATCH (r:_RowgraphRun) RETURN r.units AS units");
    let text = records[0]["units"].as_str().expect("units by table").to_owned();
    let units: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&text).expect("JSON");
    units.values().filter_map(serde_json::Value::as_i64).sum()
}

#[test]
fn a_load_that_is_asked_to_stop_can_be_resumed() {
    // Enough units that some are left after the first stop, however quick the machine.
    let job = Job::generated("asked_to_stop", 6_000, 52);
    for (signal, code) in [(rustix::process::Signal::INT, 130), (rustix::process::Signal::TERM, 143)] {
        let mut running = job.load(&["--resume", "--writers", "1", "--batch-rows", "1"]).start();
        let before = job.target.bookkeeping("_RowgraphBatch");
        assert!(running.until(|| job.target.bookkeeping("_RowgraphBatch") > before), "met while writing");
        running.signal(signal);
        running.finish().expect_code(code).expect_said(&["--resume"]);
    }
    job.load(&["--resume"]).run().expect_code(0);
    job.expect_reference();
}
