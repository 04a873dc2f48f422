//! Stages the newest snapshot under a folder into graph tables, and says how long that took: for profiles and benchmarks.
//! Usage: `stage FROM WORK [THREADS]`.

use std::path::PathBuf;
use std::time::Instant;

use load::mapping::Mapping;
use load::stage::{StageRequest, stage};
use shared::interrupt::Interrupt;
use shared::progress::Silent;
use shared::snapshot::find_newest;

/// As in the program.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [from, work, ..] = arguments.as_slice() else { return Err("usage: stage FROM WORK [THREADS]".into()) };
    let threads = arguments.get(2).map_or(Ok(0), |threads| threads.parse())?;
    let mapping = Mapping::load(None)?;
    let snapshots =
        mapping.tables().iter().map(|table| find_newest(&PathBuf::from(from), table)).collect::<Result<Vec<_>, _>>()?;
    let started = Instant::now();
    let interrupt = Interrupt::never();
    let request = StageRequest {
        mapping: &mapping,
        snapshots: &snapshots,
        as_of: None,
        sample: None,
        work: &PathBuf::from(work),
        threads,
        interrupt: &interrupt,
    };
    let staged = stage(&request, &Silent)?;
    let seconds = started.elapsed().as_secs_f64();
    for table in &staged.tables.manifest.nodes {
        println!("{:>12} {}", table.rows, table.table);
    }
    for table in &staged.tables.manifest.relationships {
        println!("{:>12} {}", table.rows, table.table);
    }
    let peak_mb = shared::memory::peak_rss_bytes().unwrap_or_default() / 1_000_000;
    println!("{seconds:.2} s, peak {peak_mb} MB, found: {}, run {}", staged.found, staged.tables.manifest.run_id());
    println!("{:#?}", staged.tables.manifest.counts);
    Ok(())
}
