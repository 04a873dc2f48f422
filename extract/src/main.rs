//! The command: arguments in, the snapshot's path out, everything else on standard error.
//!
//! Only here is decided how progress and logs are shown, and only here signals are caught.

use std::process;

use clap::Parser;
use extract::args::Args;
use extract::{ExtractError, Plan};
use shared::exit::{Diagnosis, ExitCode, report};
use shared::interrupt::Interrupt;
use shared::progress::{Style, write_stderr};
use shared::telemetry;

/// A row is some thirty short allocations of the driver's: glibc keeps seven of a size at hand and searches for the rest
/// (measured: an eighth of all time, docs/adr/0009).
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> process::ExitCode {
    // First of all: should a dependency bring a second provider of TLS, none would be the default any more.
    drop(rustls::crypto::ring::default_provider().install_default());
    let args = Args::parse();
    let verbosity = if args.quiet { -1 } else { i8::try_from(args.verbose).unwrap_or(i8::MAX) };
    telemetry::install(verbosity);
    run(&args).unwrap_or_else(|error| report(error.as_ref())).into()
}

fn run(args: &Args) -> Result<ExitCode, Box<dyn Diagnosis>> {
    let plan = Plan::resolve(args).map_err(boxed)?;
    if args.dry_run {
        write_stderr(&plan.to_string());
        return Ok(ExitCode::Done);
    }
    let interrupt = Interrupt::install().unwrap_or_else(|error| {
        tracing::warn!(
            "signals cannot be caught ({error}): Ctrl-C will leave a staging folder for the next run to remove"
        );
        Interrupt::never()
    });
    let progress = if args.quiet { Style::None } else { args.progress }.reporter();
    let summary = extract::extract(&plan, progress.as_ref(), &interrupt).map_err(boxed)?;
    if !args.quiet {
        write_stderr(&summary.to_string());
    }
    println!("{}", summary.snapshot.path.display());
    Ok(ExitCode::Done)
}

fn boxed<E>(error: E) -> Box<dyn Diagnosis>
where
    ExtractError: From<E>,
{
    Box::new(ExtractError::from(error))
}
