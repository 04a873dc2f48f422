//! One pass over the table: the reader on its own thread, the encoder on this one, a bounded queue between them.
//!
//! In: an open source inside its transaction, and what a broken pass before it has left. Out: the whole table encoded, or
//! the verdict that the connection was lost and what may be kept. Whatever fails here, on either side or by a signal, ends
//! the other side at once; nothing is drained.

use std::thread;
use std::time::Instant;

use crossbeam_channel::{Receiver, Sender};
use rayon::ThreadPool;
use shared::interrupt::Interrupt;
use shared::progress::{Progress, Total, Unit, human_bytes};
use shared::snapshot::{Staging, Writing};

use crate::batch::{RowBatch, Spent};
use crate::cursor::{self, Queue, Reading, Received};
use crate::encoder::{Encoded, Encoder, Left};
use crate::error::ExtractError;
use crate::layout::Layout;
use crate::plan::Plan;
use crate::source::{Source, SourceError, Table};
use crate::time_split::{ReaderClock, TimeSplit};

/// Full batches that wait for the encoder. With the one being filled and the one being encoded it bounds the memory between
/// socket and files to three batches.
const QUEUED_BATCHES: usize = 1;

/// How a pass ended, if not by an error of ours.
pub enum Outcome {
    /// All rows are in finished parts.
    Whole(Received, Encoded),
    /// The connection was lost; a new pass may keep what is left.
    Lost(SourceError, Left),
}

/// What every pass needs.
#[allow(missing_docs)]
pub struct Context<'a> {
    pub plan: &'a Plan,
    pub pool: &'a ThreadPool,
    pub progress: &'a dyn Progress,
    pub interrupt: &'a Interrupt,
}

/// What this pass needs besides its source.
#[allow(missing_docs)]
pub struct Pass<'a> {
    pub context: &'a Context<'a>,
    pub layout: &'a Layout,
    pub staging: &'a Staging<Writing>,
    /// Whether the connection may go with the last row.
    pub is_last: bool,
}

impl Pass<'_> {
    /// Reads and encodes the whole table, and adds to `time` where the time went.
    ///
    /// # Errors
    /// Whatever a new pass would not cure.
    pub fn run(
        &self,
        source: Source,
        table: &Table,
        left: Left,
        time: &mut TimeSplit,
    ) -> Result<Outcome, ExtractError> {
        let Context { plan, pool, progress, interrupt } = *self.context;
        let abort = source.abort.clone();
        let on_signal = abort.clone();
        let listening = interrupt.on_request(move || on_signal.now());
        let total = table.estimated_rows.map_or(Total::Unknown, Total::Estimate);
        progress.start(&format!("reading {}", self.layout.table), total, Unit::Count("rows"));
        let mut encoder = Encoder::new(self.layout, plan.cut, pool, self.staging, left);
        let (full, batches) = crossbeam_channel::bounded(QUEUED_BATCHES);
        let (back, spent) = crossbeam_channel::bounded(QUEUED_BATCHES);
        let queue = Queue { full, spent };
        let (received, taken) = thread::scope(|scope| {
            let reading = Reading::of(plan, self.layout, source.abort.clone(), self.is_last);
            let reader = scope.spawn(move || {
                let mut clock = ReaderClock::start();
                let received = cursor::read(source, &reading, &queue, &mut clock);
                (received, clock.stop())
            });
            let taken = self.encode(batches, &back, &mut encoder);
            if taken.is_err() {
                // The reader may be waiting for the server; nobody wants its rows any more.
                abort.now();
            }
            (reader.join(), taken)
        });
        drop(listening);
        progress.finish();
        interrupt.check()?;
        let bytes = taken?;
        tracing::debug!("{} of values were taken", human_bytes(bytes));
        let Ok((received, reader_time)) = received else {
            let (table, detail) = (self.layout.table.clone(), "the driver gave up on a packet".into());
            return Err(SourceError::Garbled { table, rows: encoder.rows(), detail }.into());
        };
        *time += reader_time;
        match received {
            Ok(received) => {
                let encoded = encoder.finish()?;
                *time += encoded.time;
                Ok(Outcome::Whole(received, encoded))
            }
            Err(error) if error.is_lost() => {
                *time += encoder.time();
                Ok(Outcome::Lost(error, encoder.give_up()))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Takes batches until the reader sends no more, for good or ill, and returns the bytes taken.
    fn encode(
        &self,
        batches: Receiver<RowBatch>,
        back: &Sender<Spent>,
        encoder: &mut Encoder<'_>,
    ) -> Result<u64, ExtractError> {
        let started = Instant::now();
        for batch in batches {
            self.context.interrupt.check()?;
            let rows = batch.rows as u64;
            // A full or closed channel means that the reader has enough memory, or is done.
            drop(back.try_send(encoder.take(batch)?));
            self.context.progress.advance(rows);
            let rate = encoder.source_bytes() as f64 / started.elapsed().as_secs_f64().max(0.001);
            self.context.progress.set_message(&format!(
                "{}, {}/s",
                human_bytes(encoder.source_bytes()),
                human_bytes(rate as u64)
            ));
        }
        Ok(encoder.source_bytes())
    }
}
