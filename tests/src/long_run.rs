//! A long random run: rounds one after the other, each with a seed of its own, until the time or their number is over.
//!
//! In: the arguments of a program, and what a round does. Out: a line a round in the record, what is worth a look on standard
//! output, and how many rounds broke a rule.

use std::fmt::Display;
use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context;

/// How long, from where on, and where it is written down.
#[derive(clap::Args)]
pub struct LongRun {
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

/// A round, as a long run needs it. Its display is its line in the record.
pub trait Round: Display {
    /// What is said of it while the run goes on.
    fn news(&self) -> String;
    /// Whether a rule is broken.
    fn is_broken(&self) -> bool;
}

/// What a long run came to.
pub struct Ran {
    rounds: u64,
    broken: u64,
    first_seed: u64,
    seconds: u64,
}

impl LongRun {
    /// Opens the record and chooses the first seed, before anything that takes long.
    ///
    /// # Errors
    /// When the record cannot be written.
    pub fn begin(self, header: &str) -> anyhow::Result<Rounds> {
        let mut record: Box<dyn Write> = match &self.record {
            Some(path) => Box::new(File::create(path).with_context(|| format!("cannot create {}", path.display()))?),
            None => Box::new(std::io::sink()),
        };
        writeln!(record, "{header}")?;
        Ok(Rounds { record, first_seed: self.seed.unwrap_or_else(|| fastrand::u64(..1 << 32)), most: self.rounds })
    }
}

/// The rounds to come.
pub struct Rounds {
    record: Box<dyn Write>,
    first_seed: u64,
    most: u64,
}

impl Rounds {
    /// Runs `round` with one seed after the other.
    ///
    /// # Errors
    /// When the record cannot be written.
    pub fn run<R: Round>(mut self, minutes: f64, mut round: impl FnMut(u64) -> R) -> anyhow::Result<Ran> {
        let (since, mut rounds, mut broken) = (Instant::now(), 0, 0);
        while rounds < self.most && since.elapsed() < Duration::from_secs_f64(minutes * 60.0) {
            let round = round(self.first_seed.wrapping_add(rounds));
            // Nothing is lost of a run that is killed.
            writeln!(self.record, "{round}")?;
            self.record.flush()?;
            println!("{}", round.news());
            rounds += 1;
            broken += u64::from(round.is_broken());
        }
        Ok(Ran { rounds, broken, first_seed: self.first_seed, seconds: since.elapsed().as_secs() })
    }
}

impl Ran {
    /// Says what it came to, with what was met.
    ///
    /// # Errors
    /// When a rule was broken.
    pub fn conclude(&self, met: &str) -> anyhow::Result<()> {
        let Self { rounds, broken, first_seed, seconds } = self;
        println!("{rounds} rounds in {seconds} s from seed {first_seed}, trouble met{met}, rules broken in {broken}");
        anyhow::ensure!(*broken == 0, "rules were broken in {broken} rounds");
        Ok(())
    }
}
