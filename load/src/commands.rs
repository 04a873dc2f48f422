//! What each command does and says.
//!
//! In: arguments, the request to stop and where progress goes. Out: an exit code; one line for scripts on standard output,
//! everything else on standard error. Only here people are asked.

use std::io::{self, IsTerminal};
use std::sync::Arc;

use shared::command_line;
use shared::exit::{Diagnosis, ExitCode};
use shared::interrupt::Interrupt;
use shared::progress::{Progress, write_stderr};
use shared::snapshot::SnapshotError;
use shared::telemetry::{self, Event};

use crate::args::{
    Args, CheckArgs, CheckFormat, ClearArgs, Command, InitArgs, LoadArgs, ModelArgs, ModelFormat, PlanArgs, PlanFormat,
    PreviewArgs, StatusArgs, TargetArgs, VerifyArgs,
};
use crate::draft::draft;
use crate::forecast::forecast;
use crate::job::{JobError, JobOutcome, first_look, run_load, run_verify, runtime, until_stopped};
use crate::journal::Journal;
use crate::mapping::shipped;
use crate::model::{self, Model};
use crate::plan::{GraphPlan, LoadPlan, endpoint, forecast_plan};
use crate::preview::preview;
use crate::run_report::{self, Ending};
use crate::specification::for_people;
use crate::target::check;
use crate::target::endpoint::Endpoint;
use crate::verify::deep::TableVerdict;
use crate::{check as judging, clear, mapping, report, status, way_on};

/// An exit code, or an error with its diagnosis.
pub type Done = Result<ExitCode, Box<dyn Diagnosis>>;

/// Does what was asked for.
///
/// # Errors
/// Those of the command.
pub fn run(args: &Args, interrupt: &Interrupt, progress: &Arc<dyn Progress>) -> Done {
    let (tool_version, command) = (env!("CARGO_PKG_VERSION"), args.command_name());
    telemetry::emit(&Event::Started { program: "load", tool_version, command });
    let code = match &args.command {
        None => load(&args.load, interrupt, progress),
        Some(Command::Mapping(args)) => print(shipped::text(&args.name).unwrap_or_default()),
        Some(Command::Init(args)) => draft_mapping(args, progress.as_ref()),
        Some(Command::Preview(args)) => show_preview(args, interrupt),
        Some(Command::Schema) => print(&mapping::schema::text()),
        Some(Command::Model(args)) => show_model(args),
        Some(Command::Check(args)) => check_mapping(args),
        Some(Command::Completions(args)) => print_bytes(&command_line::completions::<Args>(args)),
        Some(Command::Man(args)) => {
            let pages = command_line::man::<Args>(args);
            let path = args.out.clone().unwrap_or_default();
            let failed = |source| boxed(SnapshotError::Write { action: "write pages into", path, source });
            print_bytes(&pages.map_err(failed)?)
        }
        Some(Command::Status(args)) => show_status(args, interrupt),
        Some(Command::Clear(args)) => clear_runs(args, interrupt, progress.as_ref()),
        Some(Command::Verify(args)) => verify(args, interrupt, progress.as_ref()),
        Some(Command::Plan(args)) => show_plan(args, interrupt, progress.as_ref()),
    }?;
    telemetry::emit(&Event::Finished { exit_code: code.number() });
    Ok(code)
}

fn boxed<E: Diagnosis + 'static>(error: E) -> Box<dyn Diagnosis> {
    Box::new(error)
}

fn check_mapping(args: &CheckArgs) -> Done {
    let judgement = judging::judge(args).map_err(boxed)?;
    print(&judgement.print(args.format))?;
    write_stderr(&judgement.summary());
    Ok(match (judgement.valid, args.spec_only) {
        (true, _) => ExitCode::Done,
        (false, true) => ExitCode::Failed,
        (false, false) => ExitCode::Mapping,
    })
}

/// Standard output is the mapping file itself.
fn draft_mapping(args: &InitArgs, progress: &dyn Progress) -> Done {
    let draft = draft(&args.from, &args.table, progress).map_err(boxed)?;
    progress.finish();
    print(&draft.text)?;
    let (tables, labels, relationships) = (draft.tables, draft.labels, draft.relationships);
    write_stderr(&format!("drafted of {tables} tables: {labels} labels, {relationships} kinds of relationship\n"));
    if draft.findings.is_empty() {
        return Ok(ExitCode::Done);
    }
    let findings = for_people(&draft.findings);
    write_stderr(&format!("the draft does not load as it stands; to be mended by hand:\n{findings}"));
    Ok(ExitCode::Mapping)
}

/// Standard output is the preview itself.
fn show_preview(args: &PreviewArgs, interrupt: &Interrupt) -> Done {
    let preview = preview(args, interrupt).map_err(boxed)?;
    match args.format {
        CheckFormat::Text => print(&preview.to_string()),
        CheckFormat::Json => {
            let json = serde_json::to_string_pretty(&preview).expect("a preview is plain data");
            print(&format!("{json}\n"))
        }
    }
}

fn show_model(args: &ModelArgs) -> Done {
    let mapping = mapping::Mapping::load(args.mapping.as_deref()).map_err(boxed)?;
    let model = Model::of_mapping(&mapping);
    match args.format {
        ModelFormat::Svg => {
            let picture = model::picture(&model).expect("the template fits every model");
            print(&format!("{picture}\n"))
        }
        ModelFormat::Mermaid => print(&model::mermaid(&model)),
        ModelFormat::Text => print(&model.to_string()),
    }
}

fn load(args: &LoadArgs, interrupt: &Interrupt, progress: &Arc<dyn Progress>) -> Done {
    let plan = LoadPlan::resolve(args).map_err(boxed)?;
    way_on::remember(std::env::args_os());
    if args.dry_run {
        write_stderr(&format!("{plan}connected to nothing: what the target would say is told by load plan\n"));
        return Ok(ExitCode::Done);
    }
    warn_of(&plan.endpoint);
    let journal = Journal::begin();
    let loaded = run_load(&plan, interrupt, progress, &journal);
    // A bar that was running when it failed would stand above what is said now.
    progress.finish();
    let written = match &loaded {
        // Nothing was done that could be reported.
        Ok(JobOutcome::Already(_)) => None,
        Ok(outcome) => run_report::write(&journal, &Ending::Done(exit_code(&plan, outcome))),
        Err(error) => run_report::write(&journal, &Ending::Failed(error)),
    };
    let say = |text: &str| {
        if !args.output.quiet {
            write_stderr(text);
        }
    };
    if let Ok(outcome) = &loaded {
        say(&report::for_people(outcome, &journal.entries()));
    }
    if let Some(written) = &written {
        say(&format!("report: {}\n", written.path.display()));
    }
    let code = match &loaded {
        Ok(outcome) => {
            print(&format!("{}\n", report::for_scripts(outcome)))?;
            exit_code(&plan, outcome)
        }
        Err(error) => error.exit_code(),
    };
    // What the load came to is said and stays: nobody has to wait for the page.
    let _at_once = (interrupt.requested().is_none())
        .then(|| interrupt.on_request(move || signal_hook::low_level::exit(code.number().into())));
    if let Some((path, warnings)) = written.and_then(|written| run_report::write_page(&journal, &written)) {
        let warnings = match warnings {
            0 => String::new(),
            1 => " (1 warning)".to_owned(),
            several => format!(" ({several} warnings)"),
        };
        say(&format!("page: {}{warnings}\n", path.display()));
    }
    loaded.map(|_| code).map_err(boxed)
}

fn exit_code(plan: &LoadPlan, outcome: &JobOutcome) -> ExitCode {
    match outcome {
        JobOutcome::Already(_) => ExitCode::Done,
        JobOutcome::Loaded { report, .. } if report.refused > 0 => ExitCode::DoneWithRejects,
        JobOutcome::Loaded { tables, .. } if plan.strict && report::has_set_aside(&tables.manifest) => {
            ExitCode::DoneWithRejects
        }
        JobOutcome::Loaded { .. } => ExitCode::Done,
    }
}

/// What a load would do; standard output is the plan itself.
fn show_plan(args: &PlanArgs, interrupt: &Interrupt, progress: &dyn Progress) -> Done {
    let plan = forecast_plan(args).map_err(boxed)?;
    if let Some(endpoint) = &plan.endpoint {
        warn_of(endpoint);
    }
    let document = forecast(&plan, interrupt, progress).map_err(boxed)?;
    progress.finish();
    match args.format {
        PlanFormat::Text => print(&document.to_string()),
        PlanFormat::Json => {
            let json = serde_json::to_string_pretty(&document).expect("a plan is plain data");
            print(&format!("{json}\n"))
        }
    }
}

fn target(args: &TargetArgs) -> Result<Endpoint, Box<dyn Diagnosis>> {
    let endpoint = endpoint(args).map_err(boxed)?;
    warn_of(&endpoint);
    Ok(endpoint)
}

fn warn_of(endpoint: &Endpoint) {
    if let Some(warning) = endpoint.warning() {
        write_stderr(&format!("warning: {warning}\n"));
    }
}

fn show_status(args: &StatusArgs, interrupt: &Interrupt) -> Done {
    let endpoint = target(&args.target)?;
    let runtime = runtime(1).map_err(boxed)?;
    print(&until_stopped(&runtime, interrupt, status::status(&endpoint)).map_err(boxed)?)
}

fn clear_runs(args: &ClearArgs, interrupt: &Interrupt, progress: &dyn Progress) -> Done {
    let endpoint = target(&args.target)?;
    let runtime = runtime(1).map_err(boxed)?;
    let look = async {
        let (server, runs) = first_look(&endpoint).await?;
        let runs = clear::runs_to_clear(&runs);
        let mut sink = check::connect(&endpoint, &server)?;
        let text = clear::describe(&mut sink, &runs).await?;
        Ok::<_, JobError>((server, runs, text))
    };
    let (server, runs, text) = until_stopped(&runtime, interrupt, look).map_err(boxed)?;
    if runs.is_empty() {
        write_stderr("no run of this program is in the target: nothing to clear\n");
        return Ok(ExitCode::Done);
    }
    if !args.yes && !confirm(&format!("{endpoint}\n{text}"), interrupt) {
        write_stderr("nothing was removed; to remove without being asked: load clear --yes\n");
        return Ok(ExitCode::Usage);
    }
    let clearing = clear::clear(&endpoint, &server, &runs, progress);
    let cleared = until_stopped(&runtime, interrupt, clearing).map_err(boxed)?;
    for run in &cleared.upserts {
        write_stderr(&format!("run {run} was in upsert mode: its data stays in the target\n"));
    }
    for (label, count) in &cleared.kept {
        write_stderr(&format!("{count} nodes with label {label} stay: others have tied relationships to them\n"));
    }
    print(&format!("cleared={}\n", cleared.runs.join(",")))
}

fn verify(args: &VerifyArgs, interrupt: &Interrupt, progress: &dyn Progress) -> Done {
    let endpoint = target(&args.target)?;
    let plan = GraphPlan::resolve(&args.graph).map_err(boxed)?;
    let show = |tables: &[TableVerdict]| {
        for table in tables {
            let verdict = if table.is_same() { "same" } else { "DIFFERS" };
            println!("{:<26} {:>12} {:>12} {} {verdict}", table.table, table.expected, table.found, table.found_digest);
        }
    };
    let verdict = run_verify(&plan, &endpoint, args.deep, interrupt, progress, show).map_err(boxed)?;
    if !args.output.quiet {
        let how = match &verdict.absent {
            Some(_) => "every element of the snapshot is there, with its properties",
            None if args.deep => "every element and property was compared",
            None => "numbers by label and type are right",
        };
        write_stderr(&format!("{}: {how}\n", verdict.run.describe()));
        write_stderr(&verdict.absent.as_ref().map(report::left_there).unwrap_or_default());
    }
    print(&format!("run={} verified=true\n", verdict.run.id))
}

/// Asks on the terminal; without one, nobody said yes.
fn confirm(what: &str, interrupt: &Interrupt) -> bool {
    if !io::stdin().is_terminal() {
        write_stderr(what);
        return false;
    }
    // Nothing has begun yet, and a terminal that is being read cannot be woken otherwise.
    let _leave = interrupt.on_request(|| std::process::exit(i32::from(ExitCode::Interrupted.number())));
    write_stderr(&format!("{what}Remove this? Type yes: "));
    let mut answer = String::new();
    io::stdin().read_line(&mut answer).is_ok() && answer.trim() == "yes"
}

fn print(text: &str) -> Done {
    print_bytes(text.as_bytes())
}

fn print_bytes(bytes: &[u8]) -> Done {
    Ok(command_line::print(bytes))
}
