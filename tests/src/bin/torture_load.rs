//! `torture_load`: loads under random faults for an hour. `just torture-load` calls it.
//! In: minutes, a seed, a file. Out: a line a round in the file, what broke a rule on standard output too, exit code 1 then.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context;
use clap::Parser;
use rustix::process::Signal;
use testkit::frail_neo4j::FrailNeo4j;
use testkit::torture_load::{HEADER, Known, Trouble, round};

/// A long random run of `load` under faults.
#[derive(Parser)]
struct Arguments {
    /// How long
    #[arg(long, env = "MINUTES", default_value_t = 60.0)]
    minutes: f64,
    /// The seed of the first round; the next has the next
    #[arg(long, env = "SEED")]
    seed: Option<u64>,
    /// Only so many rounds: 1 with a seed replays a round
    #[arg(long, env = "ROUNDS", default_value_t = u64::MAX)]
    rounds: u64,
    /// File for the record
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
}

fn main() -> anyhow::Result<()> {
    let Arguments { minutes, seed, rounds, record } = Arguments::parse();
    let first = seed.unwrap_or_else(|| fastrand::u64(..1 << 32));
    let mut record: Box<dyn Write> = match &record {
        Some(path) => Box::new(File::create(path).with_context(|| format!("cannot create {}", path.display()))?),
        None => Box::new(std::io::sink()),
    };
    writeln!(record, "{HEADER}")?;
    let mut server = FrailNeo4j::start();
    let tables = [400, 2_000, 4_000].map(|rows| Known::generated(&format!("torture_load_{rows}"), rows, 7, &server));
    let (since, mut done, mut broken) = (Instant::now(), 0, 0);
    let mut met: BTreeMap<&str, u64> = BTreeMap::new();
    while done < rounds && since.elapsed() < Duration::from_secs_f64(minutes * 60.0) {
        let round = round(&tables, &mut server, first.wrapping_add(done));
        writeln!(record, "{round}")?;
        record.flush()?;
        done += 1;
        let (seconds, verdict) = (round.took.as_secs(), round.broken_rule.as_deref().unwrap_or("ok"));
        println!("{} {}, {seconds} s: {}, {verdict}", round.seed, round.ended, round.trouble);
        broken += u64::from(round.broken_rule.is_some());
        if round.met {
            *met.entry(name(&round.trouble)).or_default() += 1;
        }
    }
    let seconds = since.elapsed().as_secs();
    println!("{done} rounds in {seconds} s from seed {first}, trouble met: {met:?}, rules broken in {broken}");
    anyhow::ensure!(broken == 0, "rules were broken in {broken} rounds");
    Ok(())
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
