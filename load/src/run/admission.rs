//! May this load start, go on, or must it stay away? The table of DESIGN.md, as one pure function.
//!
//! In: the runs that the target knows, and what was asked for. Out: a decision, taken before staging and again by the
//! database itself when the run is created.

use super::{Mode, RunError, RunRecord, State, last_done, open_run};
use crate::graph_table::manifest::Inputs;

/// What was asked for.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Graph digest of the snapshot, mapping, as-of date and sample.
    pub graph_digest: String,
    /// The same for people.
    pub description: String,
    /// Digest of the mapping.
    pub mapping_digest: String,
    /// `--resume`.
    pub resume: bool,
    /// `--mode`, where it was given.
    pub mode: Option<Mode>,
}

impl Wanted {
    /// The graph of these inputs, which people call `description`.
    pub fn new(inputs: &Inputs, description: String, resume: bool, mode: Option<Mode>) -> Self {
        let mapping_digest = inputs.mapping_digest.clone();
        Self { graph_digest: inputs.graph_digest(), description, mapping_digest, resume, mode }
    }
}

/// The decision.
#[derive(Debug, Clone, PartialEq)]
pub enum Admission {
    /// A new run; in create mode only where its labels are empty, which its creation checks.
    Start(Mode),
    /// The open run goes on.
    GoOn(Box<RunRecord>),
    /// Nothing to do.
    AlreadyLoaded(Box<RunRecord>),
}

/// Decides.
///
/// # Errors
/// When another run, or this one without `--resume`, stands in the way.
pub fn admit(runs: &[RunRecord], wanted: &Wanted) -> Result<Admission, RunError> {
    if let Some(open) = open_run(runs) {
        return admit_beside(open, wanted).map(|run| Admission::GoOn(Box::new(run)));
    }
    match last_done(runs) {
        Some(done) if done.graph_digest == wanted.graph_digest => Ok(Admission::AlreadyLoaded(Box::new(done.clone()))),
        _ => Ok(Admission::Start(wanted.mode.unwrap_or_default())),
    }
}

fn admit_beside(open: &RunRecord, wanted: &Wanted) -> Result<RunRecord, RunError> {
    if open.state == State::Clearing {
        return Err(RunError::Clearing { run: open.describe() });
    }
    let activity = activity(open);
    if open.graph_digest != wanted.graph_digest {
        let open_text = open.describe();
        // What people call the two may be the same.
        let differs = match open_text.ends_with(&format!("({})", wanted.description)) {
            false => "",
            true if open.mapping_digest != wanted.mapping_digest => ", but the mapping has been changed since",
            true => ", but it was begun with another version of this program",
        };
        let wanted = format!("{}{differs}", wanted.description);
        return Err(RunError::AnotherRun { open: open_text, activity, wanted });
    }
    // First, since a load that goes on cannot change it either.
    if let Some(asked) = wanted.mode.filter(|asked| *asked != open.mode) {
        return Err(RunError::OtherMode { run: open.describe(), begun: open.mode.name(), asked: asked.name() });
    }
    if !wanted.resume {
        return Err(RunError::Unfinished { run: open.describe(), state: open.state.to_string(), activity });
    }
    Ok(open.clone())
}

/// Whether somebody is at a run, as an addition to a sentence.
pub fn activity(run: &RunRecord) -> String {
    match &run.owner {
        Some(owner) if owner.is_gone() => format!(", left by {}, which is gone", owner.describe()),
        Some(owner) => format!(", owned by {}, last seen {} s ago", owner.describe(), run.silence.as_secs()),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use shared::exit::{Diagnosis, ExitCode};

    use super::*;
    use crate::target::value::Value;

    fn run(graph: &str, slot: Option<&str>, state: &str, done_order: Option<i64>) -> RunRecord {
        let mut record = vec![Value::Null; 24];
        for (index, value) in [(0, graph), (2, state), (3, "create"), (4, graph), (5, "learners")] {
            record[index] = Value::from(value);
        }
        record[1] = slot.into();
        record[19] = done_order.into();
        RunRecord::from_record(&record)
    }

    fn wanted(resume: bool, mode: Option<Mode>) -> Wanted {
        Wanted {
            graph_digest: "this".into(),
            description: "mapping learners".into(),
            mapping_digest: "m".into(),
            resume,
            mode,
        }
    }

    /// The code that `load` and `load --resume` end with, or what they do.
    fn outcome(runs: &[RunRecord], resume: bool) -> Result<&'static str, ExitCode> {
        match admit(runs, &wanted(resume, None)) {
            Ok(Admission::Start(_)) => Ok("start"),
            Ok(Admission::GoOn(_)) => Ok("go on"),
            Ok(Admission::AlreadyLoaded(_)) => Ok("already loaded"),
            Err(error) => Err(error.exit_code()),
        }
    }

    #[test]
    fn the_table_of_the_design() {
        let open = Some("open");
        let held = Err(ExitCode::TargetHeld);
        for (runs, load, resume) in [
            (vec![], Ok("start"), Ok("start")),
            (vec![run("this", open, "writing", None)], Err(ExitCode::Unfinished), Ok("go on")),
            (vec![run("this", open, "verified", None)], Err(ExitCode::Unfinished), Ok("go on")),
            (vec![run("this", open, "clearing", None)], held, held),
            (vec![run("this", None, "done", Some(1))], Ok("already loaded"), Ok("already loaded")),
            (vec![run("other", open, "writing", None)], held, held),
            (vec![run("this", None, "done", Some(1)), run("other", open, "writing", None)], held, held),
            // Creation then refuses in create mode, with the counts of the labels.
            (vec![run("this", None, "done", Some(1)), run("other", None, "done", Some(2))], Ok("start"), Ok("start")),
            (
                vec![run("other", None, "done", Some(1)), run("this", None, "done", Some(2))],
                Ok("already loaded"),
                Ok("already loaded"),
            ),
        ] {
            assert_eq!(outcome(&runs, false), load, "load on {runs:?}");
            assert_eq!(outcome(&runs, true), resume, "load --resume on {runs:?}");
        }
    }

    #[test]
    fn a_run_goes_on_in_its_own_mode() {
        let runs = [run("this", Some("open"), "writing", None)];
        assert!(matches!(admit(&runs, &wanted(true, Some(Mode::Create))), Ok(Admission::GoOn(_))));
        let error = admit(&runs, &wanted(true, Some(Mode::Upsert))).unwrap_err();
        assert_eq!(error.exit_code(), ExitCode::Usage);
    }
}
