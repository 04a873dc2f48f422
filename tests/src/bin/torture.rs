//! `torture`: extracts under random faults for half an hour. `just torture-extract` calls it.
//! In: minutes, a seed, a file. Out: a line a round in the file, what broke a rule on standard output too, exit code 1 then.

use clap::Parser;
use testkit::long_run::LongRun;
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
    #[command(flatten)]
    run: LongRun,
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
    let Arguments { minutes, run } = Arguments::parse();
    let rounds = run.begin(HEADER)?;
    let made = tables();
    let tables: Vec<Known<'_>> =
        made.iter().map(|Made { engine, table, rows, has_key }| Known::of(*engine, table, *rows, *has_key)).collect();
    let data = DataFolder::new();
    let mut met = 0;
    let ran = rounds.run(minutes, |seed| {
        let round = round(&tables, &data, seed);
        met += u64::from(round.met);
        round
    })?;
    for known in &tables {
        let snapshot = data.extract(known.table);
        anyhow::ensure!(snapshot.content_digest() == known.digest, "an undisturbed run gives something else");
    }
    anyhow::ensure!(data.staged().is_empty(), "staging is left: {:?}", data.staged());
    ran.conclude(&format!(" in {met}"))
}
