//! The command: arguments in, exit code out.
//!
//! Only here is decided how progress and logs are shown, and only here signals are caught.

use std::process;
use std::sync::Arc;
use std::time::Duration;

use git_version::git_version;
use load::args::{Args, OutputArgs};
use load::{commands, way_on};
use shared::interrupt::Interrupt;
use shared::progress::{Progress, Style};
use shared::version::Commit;
use shared::{command_line, exit, telemetry};

/// Time to come to an end in good order after a signal, batches in flight included. Whatever is left then is for `--resume`,
/// which copes with a killed load as well.
const GRACE: Duration = Duration::from_secs(4);

/// Staging allocates for every record, on all cores, which glibc serves slowly and musl one thread at a time.
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
    let interrupt = interrupt();
    let _limit = interrupt.exit_after(GRACE, way_on::go_on);
    commands::run(&args, &interrupt, &progress(output)).unwrap_or_else(|error| exit::report(error.as_ref())).into()
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
