//! What the writers of a run have in common.
//!
//! In: the lease, the limits and the flags of a run. Out: one value that every writer holds. It holds no connection.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use shared::interrupt::Interrupt;
use shared::progress::{Progress, human_duration};
use shared::telemetry::{self, Event};

use super::crew::Crew;
use crate::run::lease::Lease;
use crate::target::failure::Failure;
use crate::target::retry::Tally;

/// A server that is away fails every writer every few seconds: one line in a while tells it.
const TELL_INTERVAL: Duration = Duration::from_secs(5);

/// The common state of a run's writers.
pub struct Shared {
    /// Our hold on the run.
    pub lease: Lease,
    /// Failures that were overcome.
    pub tally: Arc<Tally>,
    /// Rows that the server has refused so far; relationships that lost an end are not among them.
    pub refused: Arc<AtomicU64>,
    /// `--max-rejects`.
    pub max_rejects: u64,
    /// Label and key of the nodes that were refused: complete before the first relationship is written.
    pub refused_nodes: HashSet<(String, String)>,
    /// How many writers write at the same time.
    pub crew: Arc<Crew>,
    /// A writer stopped: the others do after their batch.
    pub stop: AtomicBool,
    /// Somebody took the run over.
    pub lost: Arc<AtomicBool>,
    /// Somebody asked to stop.
    pub interrupt: Interrupt,
    /// Where rows are reported to.
    pub progress: Arc<dyn Progress>,
    /// When a failure that we go on after was last told.
    pub told: Mutex<Option<Instant>>,
}

impl Shared {
    /// Counts a failure after which we go on, and tells what is tried again and why: beside the running bar, and now and then
    /// in a line of its own.
    pub fn going_on(&self, table: &str, failure: &Failure, pause: Duration) {
        self.tally.count(failure);
        let counts = self.tally.counts();
        let kinds: Vec<String> = counts.iter().map(|(what, count)| format!("{what} {count}")).collect();
        self.progress.set_message(&format!("tried again: {}", kinds.join(", ")));
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.is_some_and(|told| told.elapsed() < TELL_INTERVAL) {
            return;
        }
        *told = Some(Instant::now());
        drop(told);
        let attempt = usize::try_from(counts.values().sum::<u64>()).unwrap_or(usize::MAX);
        let message = format!("write {table}: {failure}");
        telemetry::emit(&Event::Retry { attempt, rows: 0, message: &message, pause });
        tracing::warn!("{message}; trying again in {}", human_duration(pause));
    }
}
