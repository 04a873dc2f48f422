//! What each command does and says.
//!
//! In: arguments, the request to stop and where progress goes. Out: an exit code; what was asked for on standard output,
//! everything else on standard error. Nothing but `extract` itself needs a server, and nothing but it writes a snapshot.

mod list;
mod show;
mod show_page;

use std::io::Write;
use std::path::Path;
use std::process;

use shared::command_line;
use shared::exit::{Diagnosis, ExitCode, report};
use shared::interrupt::{Interrupt, Interrupted, Subscription};
use shared::progress::{Progress, write_stderr};
use shared::snapshot::{MANIFEST_FILE, SealedSnapshot, SnapshotError, Survey, survey};
use shared::telemetry::{self, Event};

use crate::args::{Args, Command, ExtractArgs, VerifyArgs};
use crate::error::ExtractError;
use crate::extraction::extract;
use crate::plan::Plan;
use crate::verify::verify;

/// An exit code, or an error with its diagnosis.
pub type Done = Result<ExitCode, Box<dyn Diagnosis>>;

/// Does what was asked for.
///
/// # Errors
/// Those of the command.
pub fn run(args: &Args, interrupt: &Interrupt, progress: &dyn Progress) -> Done {
    let (tool_version, command) = (env!("CARGO_PKG_VERSION"), args.command_name());
    telemetry::emit(&Event::Started { program: "extract", tool_version, command });
    let code = match &args.command {
        None => make(&args.extract, interrupt, progress),
        Some(Command::Verify(args)) => verify_all(args, interrupt, progress),
        Some(Command::Show(args)) => show::run(args, interrupt, progress),
        Some(Command::List(args)) => list::run(args),
        Some(Command::Completions(args)) => print(&command_line::completions::<Args>(args)),
        Some(Command::Man(args)) => {
            let pages = command_line::man::<Args>(args);
            let path = args.out.clone().unwrap_or_default();
            print(&pages.map_err(|source| boxed(SnapshotError::Write { action: "write pages into", path, source }))?)
        }
    }?;
    telemetry::emit(&Event::Finished { exit_code: code.number() });
    Ok(code)
}

fn boxed<E>(error: E) -> Box<dyn Diagnosis>
where
    ExtractError: From<E>,
{
    Box::new(ExtractError::from(error))
}

fn make(args: &ExtractArgs, interrupt: &Interrupt, progress: &dyn Progress) -> Done {
    let plan = Plan::resolve(args).map_err(boxed)?;
    if args.dry_run {
        if telemetry::is_json() {
            telemetry::emit(&Event::Plan { lines: plan.to_string().lines().collect() });
        } else {
            write_stderr(&plan.to_string());
        }
        return Ok(ExitCode::Done);
    }
    let summaries = extract(&plan, progress, interrupt).map_err(boxed)?;
    let mut paths = Vec::new();
    for summary in &summaries {
        if !args.output.quiet {
            write_stderr(&summary.to_string());
        }
        writeln!(paths, "{}", summary.snapshot.path.display()).unwrap_or_default();
    }
    print(&paths)
}

/// Checks every snapshot that is meant, also after one that is damaged; the first error decides the exit code.
fn verify_all(args: &VerifyArgs, interrupt: &Interrupt, progress: &dyn Progress) -> Done {
    let _leave = leave_at_once(interrupt);
    let mut worst = ExitCode::Done;
    let mut failed = |error: &dyn Diagnosis| {
        let code = report(error);
        if worst == ExitCode::Done {
            worst = code;
        }
    };
    for path in &args.paths {
        match find(path) {
            Ok(Survey { sealed, damaged }) => {
                damaged.iter().for_each(|(_, error)| failed(error));
                for snapshot in sealed {
                    match verify(&snapshot, progress) {
                        Ok(()) => drop(tell_verified(&snapshot)?),
                        Err(error) => {
                            progress.finish();
                            failed(&error);
                        }
                    }
                }
            }
            Err(error) => failed(&error),
        }
    }
    Ok(worst)
}

/// Ends the process as soon as somebody asks for it. For work that writes nothing, so that there is nothing to end well: whoever
/// asks to stop need not wait for a part of gigabytes.
fn leave_at_once(interrupt: &Interrupt) -> Subscription {
    let asked = interrupt.clone();
    interrupt.on_request(move || {
        if let Some(code) = asked.requested() {
            process::exit(i32::from(report(&Interrupted(code)).number()));
        }
    })
}

fn tell_verified(snapshot: &SealedSnapshot) -> Done {
    let manifest = &snapshot.manifest;
    let (rows, digest) = (manifest.rows, manifest.content_digest.to_string());
    telemetry::emit(&Event::Verified { path: &snapshot.path, rows, content_digest: &digest });
    print(format!("verified {} rows={rows} content={digest}\n", snapshot.path.display()).as_bytes())
}

/// The snapshots that a path means: the one of that folder, or all below it.
fn find(path: &Path) -> Result<Survey, SnapshotError> {
    // A manifest itself is as good as its folder.
    let path = if path.ends_with(MANIFEST_FILE) { path.parent().unwrap_or(path) } else { path };
    let found = survey(path)?;
    if !found.sealed.is_empty() || !found.damaged.is_empty() {
        return Ok(found);
    }
    let holds_parts = path.join("part-00000.parquet").is_file();
    Err(if holds_parts {
        SnapshotError::NotSealed { path: path.to_path_buf() }
    } else {
        SnapshotError::NoneSealed { from: path.to_path_buf() }
    })
}

fn print(bytes: &[u8]) -> Done {
    Ok(command_line::print(bytes))
}
