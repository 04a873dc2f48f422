//! `kill -9` at twelve random moments of a load; `just torture-load` does a hundred.

use std::thread;

use testkit::torture_load::POINTS;

use super::{Case, expect_no_row_twice};

#[test]
fn killed_at_random_moments_no_row_is_written_twice_or_lost() {
    let case = Case::shared("killed_anywhere", 4_000, 221);
    let mut random = fastrand::Rng::with_seed(221);
    for round in 0..12 {
        let before = case.target.rows_applied(&case.own);
        if random.bool() {
            case.forget_tables();
        }
        let running = case.load(&["--resume", "--batch-rows", "1"]).start();
        thread::sleep(case.took.mul_f64(random.f64()));
        let finished = running.kill();
        if finished.code == Some(0) {
            expect_no_row_twice(before, &finished, &format!("kill {round}"));
            case.expect_whole(&format!("kill {round}"));
        }
    }
    case.resume_to_the_end("twelve kills");
}

#[test]
fn killed_at_each_named_point_it_goes_on() {
    let case = Case::shared("killed_at_points", 600, 222);
    // The tables are staged by then.
    let points = POINTS.into_iter().filter(|point| *point != "before-seal");
    for point in points.chain(["batch-sent:7", "batch-committed:9"]) {
        let finished = case.load(&["--batch-rows", "1"]).variable("ROWGRAPH_FAILPOINT", point).run();
        assert!(finished.signal.is_some() && finished.stderr.contains("failpoint"), "{point}: {finished}");
        case.resume_to_the_end(point);
    }
}
