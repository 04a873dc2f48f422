//! The command: arguments in, one line for scripts on standard output, everything else on standard error.
//!
//! Only here is decided how progress and logs are shown, and only here signals are caught and people are asked.

use std::io::{self, IsTerminal, Write};
use std::process;
use std::sync::Arc;

use clap::Parser;
use load::args::{Args, ClearArgs, Command, LoadArgs, OutputArgs, StatusArgs, VerifyArgs};
use load::job::{JobError, JobOutcome, first_look, run_load, run_verify, runtime, until_stopped};
use load::plan::{GraphPlan, LoadPlan, endpoint};
use load::{clear, mapping, report, status};
use shared::exit::{self, Diagnosis, ExitCode};
use shared::interrupt::Interrupt;
use shared::progress::{Progress, Style, write_stderr};

fn main() -> process::ExitCode {
    // First of all: should a dependency bring a second provider of TLS, none would be the default any more.
    drop(rustls::crypto::ring::default_provider().install_default());
    let args = Args::parse();
    let output = args.output();
    shared::telemetry::install(if output.quiet { -1 } else { i8::try_from(output.verbose).unwrap_or(i8::MAX) });
    let done = match &args.command {
        None => load(&args.load),
        Some(Command::Mapping) => print(mapping::DEFAULT_YAML),
        Some(Command::Status(args)) => show_status(args),
        Some(Command::Clear(args)) => clear_runs(args),
        Some(Command::Verify(args)) => verify(args),
    };
    done.unwrap_or_else(|error| exit::report(error.as_ref())).into()
}

type Done = Result<ExitCode, Box<dyn Diagnosis>>;

fn boxed<E: Diagnosis + 'static>(error: E) -> Box<dyn Diagnosis> {
    Box::new(error)
}

fn load(args: &LoadArgs) -> Done {
    let plan = LoadPlan::resolve(args).map_err(boxed)?;
    if args.dry_run {
        write_stderr(&plan.to_string());
        return Ok(ExitCode::Done);
    }
    let outcome = run_load(&plan, &interrupt(), &progress(&args.output)).map_err(boxed)?;
    if !args.output.quiet {
        write_stderr(&report::for_people(&outcome));
    }
    print(&format!("{}\n", report::for_scripts(&outcome)))?;
    Ok(match outcome {
        JobOutcome::Already(_) => ExitCode::Done,
        JobOutcome::Loaded { report, .. } if report.refused > 0 => ExitCode::DoneWithRejects,
        JobOutcome::Loaded { tables, .. } if plan.strict && report::has_set_aside(&tables.manifest) => {
            ExitCode::DoneWithRejects
        }
        JobOutcome::Loaded { .. } => ExitCode::Done,
    })
}

fn show_status(args: &StatusArgs) -> Done {
    let endpoint = endpoint(&args.target).map_err(boxed)?;
    let runtime = runtime(1).map_err(boxed)?;
    print(&until_stopped(&runtime, &interrupt(), status::status(&endpoint)).map_err(boxed)?)
}

fn clear_runs(args: &ClearArgs) -> Done {
    let endpoint = endpoint(&args.target).map_err(boxed)?;
    let (runtime, interrupt) = (runtime(1).map_err(boxed)?, interrupt());
    let look = async {
        let (server, runs) = first_look(&endpoint).await?;
        let runs = clear::runs_to_clear(&runs);
        let mut sink = load::target::check::connect(&endpoint, &server)?;
        let text = clear::describe(&mut sink, &runs).await?;
        Ok::<_, JobError>((server, runs, text))
    };
    let (server, runs, text) = until_stopped(&runtime, &interrupt, look).map_err(boxed)?;
    if runs.is_empty() {
        write_stderr("no run of this program is in the target: nothing to clear\n");
        return Ok(ExitCode::Done);
    }
    if !args.yes && !confirm(&format!("{endpoint}\n{text}")) {
        write_stderr("nothing was removed; to remove without being asked: load clear --yes\n");
        return Ok(ExitCode::Usage);
    }
    let progress = progress(&args.output);
    let clearing = clear::clear(&endpoint, &server, &runs, progress.as_ref());
    let cleared = until_stopped(&runtime, &interrupt, clearing).map_err(boxed)?;
    for run in &cleared.upserts {
        write_stderr(&format!("run {run} was in upsert mode: its data stays in the target\n"));
    }
    for (label, count) in &cleared.kept {
        write_stderr(&format!("{count} nodes with label {label} stay: others have tied relationships to them\n"));
    }
    print(&format!("cleared={}\n", cleared.runs.join(",")))
}

fn verify(args: &VerifyArgs) -> Done {
    let endpoint = endpoint(&args.target).map_err(boxed)?;
    let plan = GraphPlan::resolve(&args.graph).map_err(boxed)?;
    let progress = progress(&args.output);
    let show = |tables: &[load::verify::deep::TableVerdict]| {
        for table in tables {
            let verdict = if table.is_same() { "same" } else { "DIFFERS" };
            println!("{:<26} {:>12} {:>12} {} {verdict}", table.table, table.expected, table.found, table.found_digest);
        }
    };
    let verdict = run_verify(&plan, &endpoint, args.deep, &interrupt(), progress.as_ref(), show).map_err(boxed)?;
    if !args.output.quiet {
        let how =
            if args.deep { "every element and property was compared" } else { "numbers by label and type are right" };
        write_stderr(&format!("{}: {how}\n", verdict.run.describe()));
    }
    print(&format!("run={} verified=true\n", verdict.run.id))
}

/// Asks on the terminal; without one, nobody said yes.
fn confirm(what: &str) -> bool {
    if !io::stdin().is_terminal() {
        write_stderr(what);
        return false;
    }
    write_stderr(&format!("{what}Remove this? Type yes: "));
    let mut answer = String::new();
    io::stdin().read_line(&mut answer).is_ok() && answer.trim() == "yes"
}

fn interrupt() -> Interrupt {
    Interrupt::install().unwrap_or_else(|error| {
        tracing::warn!("signals cannot be caught ({error}); a load that is killed goes on with --resume all the same");
        Interrupt::never()
    })
}

fn progress(output: &OutputArgs) -> Arc<dyn Progress> {
    let style = if output.quiet { Style::None } else { output.progress };
    Arc::from(style.reporter())
}

fn print(text: &str) -> Done {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        // Whoever reads us has enough, as `head` does.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            write_stderr(&format!("error: cannot write to standard output: {error}\n"));
            Ok(ExitCode::Failed)
        }
        _ => Ok(ExitCode::Done),
    }
}
