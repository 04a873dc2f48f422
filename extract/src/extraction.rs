//! The recipe: open one moment, stage every table in it, seal all.
//!
//! In: a plan. Out: a sealed snapshot a table. A lost connection is followed by a new moment and a new pass over every
//! table, since a table without a key has no other safe point and all tables must be of one moment; so nothing is sealed
//! before the last row of the last table is here. Every other error ends the extraction, and staging goes with it.

use std::time::Instant;

use rayon::{ThreadPool, ThreadPoolBuilder};
use shared::disk;
use shared::interrupt::Interrupt;
use shared::progress::Progress;
use shared::{open_files, snapshot};

use crate::error::ExtractError;
use crate::moment::{Moment, Pauses};
use crate::pass::Context;
use crate::plan::Plan;
use crate::source::{Source, SourceError, Table};
use crate::summary::{Summary, Timing};
use crate::table_extract::TableExtract;

/// The parts are at least this much smaller than the table on the server's disk (measured: four to eight times).
const LEAST_COMPRESSION: u64 = 3;

/// Makes a snapshot of each of the plan's tables.
///
/// # Errors
/// Whatever prevented it; nothing is left behind then.
pub fn extract(plan: &Plan, progress: &dyn Progress, interrupt: &Interrupt) -> Result<Vec<Summary>, ExtractError> {
    let started = Instant::now();
    let mut pauses = Pauses::new(plan.retries);
    let mut moment = Moment::open_first(plan, &mut pauses, progress, interrupt)?;
    require_space(plan, &moment.tables)?;
    open_files::allow(moment.tables.len());
    let mut extracts = moment.tables.iter().map(|table| TableExtract::new(plan, table, &moment.facts));
    let mut extracts: Vec<TableExtract> = extracts.by_ref().collect::<Result<_, _>>()?;
    let pool = encoding_pool();
    let context = Context { plan, pool: &pool, progress, interrupt };
    let mut passes = 1;
    let facts = loop {
        let Moment { sources, facts, tables } = moment;
        let Some(lost) = stage_all(&mut extracts, sources, &tables, &context)? else { break facts };
        moment = Moment::open_again(plan, lost, &mut pauses, progress, interrupt)?;
        moment.keep_only(&extracts.iter().map(TableExtract::layout).collect::<Vec<_>>(), plan)?;
        extracts.iter_mut().for_each(|extract| extract.restart_at(moment.facts.started_at));
        passes += 1;
    };
    interrupt.check()?;
    let timing = Timing { started, passes };
    seal_all(extracts, plan, &facts, timing)
}

/// Stages one table after the other; says what broke the connection, if it was lost.
fn stage_all(
    extracts: &mut [TableExtract],
    mut sources: Vec<Source>,
    tables: &[Table],
    context: &Context<'_>,
) -> Result<Option<SourceError>, ExtractError> {
    let last = tables.len().saturating_sub(1);
    for (place, (extract, table)) in extracts.iter_mut().zip(tables).enumerate() {
        match extract.stage(sources, table, place == last, context)? {
            Ok(open) => sources = open,
            Err(lost) => return Ok(Some(lost)),
        }
    }
    Ok(None)
}

/// Everything is on disk: the snapshots appear one after the other, and old ones go if they are to.
fn seal_all(
    extracts: Vec<TableExtract>,
    plan: &Plan,
    facts: &crate::moment::Facts,
    timing: Timing,
) -> Result<Vec<Summary>, ExtractError> {
    let complete = extracts.into_iter().map(|extract| extract.complete(plan, facts));
    let complete = complete.collect::<Result<Vec<_>, _>>()?;
    let mut summaries = Vec::with_capacity(complete.len());
    for table in complete {
        summaries.push(table.publish(timing)?);
    }
    if let Some(keep) = plan.keep {
        for summary in &mut summaries {
            summary.removed = snapshot::keep_newest(&summary.snapshot, keep);
        }
    }
    Ok(summaries)
}

fn require_space(plan: &Plan, tables: &[Table]) -> Result<(), ExtractError> {
    let estimated: u64 = tables.iter().filter_map(|table| table.estimated_bytes).sum();
    Ok(disk::require_free(&plan.out, estimated / LEAST_COMPRESSION)?)
}

/// One thread a core for decoding, hashing and encoding; the reader mostly waits for the server.
fn encoding_pool() -> ThreadPool {
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let named = ThreadPoolBuilder::new().num_threads(threads).thread_name(|number| format!("encode-{number}"));
    named.build().expect("a few threads can be started")
}
