//! Exit codes and how an error reaches a person.
//!
//! In: an error of one of the crates' enums, which knows its exit code and its way out. Out: the same three-part text on
//! standard error everywhere, and the code for the shell. The table of codes stands here, in the
//! README and in `docs/reference/exit-codes.md`; a test compares the three.

use std::error::Error;
use std::fmt::Write as _;

use crate::telemetry::{self, Event};

/// What a program ends with; the numbers are a promise to scripts and never change their meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum ExitCode {
    /// All is done. What cleaning set aside stands in summary and rejects.
    Done = 0,
    /// A failure without a code of its own (a full disk, a folder that cannot be written).
    Failed = 1,
    /// The command line, the environment or an env file is wrong.
    Usage = 2,
    /// Done, but the server refused rows, or `--strict` was given and something was set aside.
    DoneWithRejects = 3,
    /// There is no sealed snapshot where one was looked for.
    NoSnapshot = 10,
    /// A sealed snapshot does not verify.
    SnapshotDamaged = 11,
    /// The source refused, or was lost.
    Source = 12,
    /// The target refused, or was lost; resumable.
    Target = 13,
    /// Another run, another owner or other data is in the target.
    TargetHeld = 14,
    /// This run is unfinished, and `--resume` is missing.
    Unfinished = 15,
    /// The graph in the target does not verify.
    GraphDiffers = 16,
    /// The mapping does not fit the snapshot, or is wrong in itself.
    Mapping = 17,
    /// SIGINT; resumable.
    Interrupted = 130,
    /// SIGTERM; resumable.
    Terminated = 143,
}

impl ExitCode {
    /// The number that the shell sees.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code.number())
    }
}

/// An error that knows what it means for the program and what a person can do about it.
pub trait Diagnosis: Error {
    /// The code that the program ends with.
    fn exit_code(&self) -> ExitCode;
    /// The way out: a flag, a command or a thing to check; no line break, no secret.
    fn hint(&self) -> Option<String>;
}

/// Prints `error` with its chain of causes and its hint to standard error (as a `failed` event where that is for programs)
/// and returns its exit code.
pub fn report(error: &dyn Diagnosis) -> ExitCode {
    let code = error.exit_code();
    if telemetry::is_json() {
        let (message, hint) = (error.to_string(), error.hint());
        let (exit_code, causes) = (code.number(), causes(error));
        telemetry::emit(&Event::Failed { exit_code, message: &message, causes, hint: hint.as_deref() });
    } else {
        crate::progress::write_stderr(&describe(error));
    }
    code
}

/// The text that [`report`] prints: `error: ...`, a `  cause: ...` for each cause, `  hint: ...`.
#[must_use]
pub fn describe(error: &dyn Diagnosis) -> String {
    let mut text = format!("error: {error}\n");
    for cause in causes(error) {
        let _ = writeln!(text, "  cause: {cause}");
    }
    if let Some(hint) = error.hint() {
        let _ = writeln!(text, "  hint: {hint}");
    }
    text
}

/// What is behind an error, from the outside in.
#[must_use]
pub fn causes(error: &dyn Diagnosis) -> Vec<String> {
    let mut causes = Vec::new();
    let mut shown = error.to_string();
    let mut cause = error.source();
    while let Some(current) = cause {
        let message = current.to_string();
        // A wrapper that already quotes its cause would only repeat it.
        if !shown.contains(&message) {
            causes.push(message.clone());
        }
        shown = message;
        cause = current.source();
    }
    causes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot write part 3")]
    struct WriteError(#[source] std::io::Error);

    impl Diagnosis for WriteError {
        fn exit_code(&self) -> ExitCode {
            ExitCode::Failed
        }
        fn hint(&self) -> Option<String> {
            Some("free some space".into())
        }
    }

    #[test]
    fn an_error_shows_its_causes_and_its_hint() {
        let error = WriteError(std::io::Error::other("disk full"));
        assert_eq!(describe(&error), "error: cannot write part 3\n  cause: disk full\n  hint: free some space\n");
        assert_eq!(ExitCode::Terminated.number(), 143);
    }
}
