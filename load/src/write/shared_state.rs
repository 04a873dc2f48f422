//! What the writers of a run have in common.
//!
//! In: the lease, the limits and the flags of a run. Out: one value that every writer holds. It holds no connection.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};

use shared::interrupt::Interrupt;
use shared::progress::Progress;
use super::crew::Crew;
use crate::run::lease::Lease;
use crate::target::retry::{Patience, Tally};

/// The common state of a run's writers.
pub struct Shared {
    /// Our hold on the run.
    pub lease: Lease,
    /// How long failures are borne.
    pub patience: Patience,
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
}
