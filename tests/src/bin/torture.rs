//! `torture`: extracts under random faults for half an hour. `just torture-extract` calls it.
//! In: minutes, a seed, a file. Out: a line a round in the file, what broke a rule on standard output too, exit code 1 then.

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context;
use clap::Parser;
use testkit::servers::Engine;
use testkit::snapshots::DataFolder;
use testkit::source::SourceTable;
use testkit::torture::{HEADER, Known, round};

/// A long random run of `extract` under faults.
#[derive(Parser)]
struct Arguments {
    /// How long
    #[arg(long, env = "MINUTES", default_value_t = 30.0)]
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

/// A table for the rounds.
struct Made {
    engine: Engine,
    table: SourceTable,
    rows: u64,
    has_key: bool,
}

/// Small and large ones on both servers, on each one with a key, which `--readers` can split.
fn tables() -> Vec<Made> {
    let kinds = [(300, false), (4_000, false), (20_000, false), (8_000, true)];
    let all = Engine::ALL.into_iter().flat_map(|engine| kinds.map(|(rows, has_key)| (engine, rows, has_key)));
    all.map(|(engine, rows, has_key)| {
        let table = SourceTable::generated_on(engine, &format!("torture_{rows}"), rows, 7);
        if has_key {
            table.run(&["ALTER TABLE `{table}` ADD COLUMN id INT NOT NULL AUTO_INCREMENT PRIMARY KEY"]);
        }
        Made { engine, table, rows, has_key }
    })
    .collect()
}

fn main() -> anyhow::Result<()> {
    let Arguments { minutes, seed, rounds, record } = Arguments::parse();
    let first = seed.unwrap_or_else(|| fastrand::u64(..1 << 32));
    let mut record: Box<dyn Write> = match &record {
        Some(path) => Box::new(File::create(path).with_context(|| format!("cannot create {}", path.display()))?),
        None => Box::new(std::io::sink()),
    };
    writeln!(record, "{HEADER}")?;
    let made = tables();
    let tables: Vec<Known<'_>> =
        made.iter().map(|Made { engine, table, rows, has_key }| Known::of(*engine, table, *rows, *has_key)).collect();
    let data = DataFolder::new();
    let (since, mut done, mut met, mut broken) = (Instant::now(), 0, 0, 0);
    while done < rounds && since.elapsed() < Duration::from_secs_f64(minutes * 60.0) {
        let round = round(&tables, &data, first.wrapping_add(done));
        writeln!(record, "{round}")?;
        done += 1;
        met += u64::from(round.met);
        println!("{} {}: {}, {}", round.seed, round.ended, round.trouble, round.broken_rule.as_deref().unwrap_or("ok"));
        broken += u64::from(round.broken_rule.is_some());
    }
    for known in &tables {
        let snapshot = data.extract(known.table);
        anyhow::ensure!(snapshot.content_digest() == known.digest, "an undisturbed run gives something else");
    }
    anyhow::ensure!(data.staged().is_empty(), "staging is left: {:?}", data.staged());
    record.flush()?;
    let seconds = since.elapsed().as_secs();
    println!("{done} rounds in {seconds} s from seed {first}, trouble met in {met}, rules broken in {broken}");
    anyhow::ensure!(broken == 0, "rules were broken in {broken} rounds");
    Ok(())
}
