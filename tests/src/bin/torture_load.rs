//! `torture_load`: loads under random faults for an hour. `just torture-load` calls it.
//! In: minutes, a seed, a file. Out: a line a round in the file, what broke a rule on standard output too, exit code 1 then.

use std::collections::BTreeMap;

use clap::Parser;
use rustix::process::Signal;
use testkit::frail_neo4j::FrailNeo4j;
use testkit::long_run::LongRun;
use testkit::torture_load::{HEADER, Known, Trouble, round};

/// A long random run of `load` under faults.
#[derive(Parser)]
struct Arguments {
    /// How long
    #[arg(long, env = "MINUTES", default_value_t = 60.0)]
    minutes: f64,
    #[command(flatten)]
    run: LongRun,
}

fn main() -> anyhow::Result<()> {
    let Arguments { minutes, run } = Arguments::parse();
    let rounds = run.begin(HEADER)?;
    let mut server = FrailNeo4j::start();
    let tables = [400, 2_000, 4_000].map(|rows| Known::generated(&format!("torture_load_{rows}"), rows, 7, &server));
    let mut met: BTreeMap<&str, u64> = BTreeMap::new();
    let ran = rounds.run(minutes, |seed| {
        let round = round(&tables, &mut server, seed);
        if round.met {
            *met.entry(name(&round.trouble)).or_default() += 1;
        }
        round
    })?;
    ran.conclude(&format!(": {met:?}"))
}

fn name(trouble: &Trouble) -> &'static str {
    match trouble {
        Trouble::None => "none",
        Trouble::Network(_) => "network",
        Trouble::Signal { signal: Signal::KILL, .. } => "kill",
        Trouble::Signal { .. } => "signal",
        Trouble::Point(_) => "point",
        Trouble::Server { read_only: None, .. } => "server killed",
        Trouble::Server { .. } => "server read-only",
        Trouble::Settings(_) => "settings",
        Trouble::Disk { .. } => "disk",
        Trouble::SecondLoad { .. } => "second load",
        Trouble::Frozen { .. } => "frozen",
        Trouble::Locks { .. } => "locks",
    }
}
