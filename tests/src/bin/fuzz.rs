//! `fuzz`: lets the extractor listen to a hostile server for some minutes. `just fuzz-extract` calls it.
//! In: seconds and a seed. Out: figures, and exit code 1 where a panic of ours or too much memory was seen.

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use shared::memory::peak_rss_bytes;
use testkit::hostile::{fuzz, record};
use testkit::source::SourceTable;

/// Changed conversations of a real server, one after the other.
#[derive(Parser)]
struct Arguments {
    /// How long
    #[arg(long, env = "SECONDS_LONG", default_value_t = 600)]
    seconds: u64,
    /// The first case
    #[arg(long, env = "SEED")]
    seed: Option<u64>,
    /// The most memory that the process may have held; the largest packet sent is far smaller
    #[arg(long, default_value_t = 512)]
    peak_mib: u64,
}

fn main() -> ExitCode {
    let Arguments { seconds, seed, peak_mib } = Arguments::parse();
    let seed = seed.unwrap_or_else(|| fastrand::u64(..1 << 40));
    let table = SourceTable::generated("fuzz_extract", 400, 7);
    let environment = table.environment();
    let mut failed = false;
    for protocol in ["binary", "text"] {
        let conversation = record(&environment, protocol);
        let tally = fuzz(&environment, &conversation, protocol, Duration::from_secs(seconds / 2), seed);
        println!(
            "{protocol}, seed {seed}: {} cases, {} refused, {} taken, {} panics of the driver caught, {} failures",
            tally.cases,
            tally.refused,
            tally.taken,
            tally.driver_panics,
            tally.failures.len()
        );
        tally.failures.iter().for_each(|failure| println!("  {failure}"));
        failed |= !tally.failures.is_empty();
    }
    let peak = peak_rss_bytes().unwrap_or(0) >> 20;
    println!("peak memory {peak} MiB, {peak_mib} allowed");
    if failed || peak > peak_mib { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
