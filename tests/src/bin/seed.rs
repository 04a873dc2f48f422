//! `seed`: fills the source table with generated rows. `scripts/seed` calls it with the account that may write.
//! It prints `made` or `kept` for scripts; what people want to know goes to standard error.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::time::Instant;

use anyhow::Context;
use clap::Parser;
use testkit::seeding::{self, Destination};

/// Makes the table of the learners' export, at any size, the same bytes for the same seed.
#[derive(Parser)]
struct Arguments {
    /// Number of rows; from 100 on every nasty value is among them
    #[arg(long, default_value_t = 100_000)]
    rows: u64,
    /// Seed of all random choices
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Table to make; an older one of that name is replaced
    #[arg(long, env = "MYSQL_TABLE", default_value = "impact_learners_profile")]
    table: String,
    /// Leave the table alone when these rows and this seed made it
    #[arg(long)]
    keep: bool,
    /// Write the rows as LOAD DATA text to a file (or `-`) instead
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[arg(long, env = "ROWGRAPH_SEED_SOCKET", hide = true, default_value = "")]
    socket: String,
    #[arg(long, env = "ROWGRAPH_SEED_USER", hide = true, default_value = "")]
    user: String,
    #[arg(long, env = "ROWGRAPH_SEED_PASSWORD", hide = true, hide_env_values = true, default_value = "")]
    password: String,
    #[arg(long, env = "ROWGRAPH_SEED_DATABASE", hide = true, default_value = "tracking")]
    database: String,
}

fn main() -> anyhow::Result<()> {
    let Arguments { rows, seed, table, keep, out, socket, user, password, database } = Arguments::parse();
    let start = Instant::now();
    match out {
        Some(path) if path.as_os_str() == "-" => seeding::write(&mut io::stdout().lock(), rows, seed)?,
        Some(path) => {
            let file = File::create(&path).with_context(|| format!("cannot create {}", path.display()))?;
            let mut file = BufWriter::new(file);
            seeding::write(&mut file, rows, seed)?;
            file.flush()?;
        }
        None => {
            let destination = Destination { socket, user, password, database, table };
            let name = format!("{}.{}", destination.database, destination.table);
            if keep && destination.holds(rows, seed)? {
                eprintln!("{name} has these {rows} rows already (seed {seed})");
                println!("kept");
                return Ok(());
            }
            destination.seed(rows, seed)?;
            eprint!("{name}: ");
            println!("made");
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    eprintln!("{rows} rows in {seconds:.1} s ({:.0} rows/s), seed {seed}", rows as f64 / seconds);
    Ok(())
}
