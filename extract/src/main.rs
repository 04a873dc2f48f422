//! The command: arguments in, the snapshots' paths out, everything else on standard error.
//!
//! Only here is decided how progress and logs are shown, and only here signals are caught.

use std::process;
use std::time::Duration;

use extract::args::Args;
use extract::commands;
use git_version::git_version;
use shared::exit::report;
use shared::interrupt::Interrupt;
use shared::progress::Style;
use shared::version::Commit;
use shared::{command_line, telemetry};

/// A signal ends the program by then, whatever the disk does; removing what was staged usually takes a tenth of it.
const GRACE: Duration = Duration::from_millis(900);

/// A row is some thirty short allocations of the driver's: glibc keeps seven of a size at hand and searches for the rest
/// (measured: an eighth of all time, docs/adr/0009).
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

git_testament::git_testament_macros!(head);

/// What this was built of. It stands here and not in a library, so that a commit builds this file anew and nothing else.
const COMMIT: Option<Commit> = if head_commit_present!() {
    let id =
        git_version!(args = ["--always", "--abbrev=40", "--exclude=*", "--dirty=, with changes"], fallback = "unknown");
    Some(Commit { id, date: head_commit_date!() })
} else {
    None
};

fn main() -> process::ExitCode {
    // First of all: should a dependency bring a second provider of TLS, none would be the default any more.
    drop(rustls::crypto::ring::default_provider().install_default());
    let args: Args = command_line::parse(COMMIT);
    let output = args.output();
    telemetry::install(if output.quiet { -1 } else { i8::try_from(output.verbose).unwrap_or(i8::MAX) }, output.log);
    let style = if output.quiet { Style::None } else { output.progress };
    let progress = style.reporter();
    let interrupt = interrupt();
    let _limit = interrupt.exit_after(GRACE, || "the next run removes what is left".to_owned());
    commands::run(&args, &interrupt, progress.as_ref()).unwrap_or_else(|error| report(error.as_ref())).into()
}

fn interrupt() -> Interrupt {
    Interrupt::install().unwrap_or_else(|error| {
        tracing::warn!(
            "signals cannot be caught ({error}): Ctrl-C will leave a staging folder for the next run to remove"
        );
        Interrupt::never()
    })
}
