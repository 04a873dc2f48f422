//! One pass over the table: each reader on its own thread, the encoder on this one, bounded queues between them.
//!
//! In: open sources inside one moment, and what a broken pass before it has left. Out: the whole table encoded, or
//! the verdict that the connection was lost and what may be kept. Whatever fails here, on either side or by a signal, ends
//! the other side at once; nothing is drained.

use std::thread::{self, ScopedJoinHandle};
use std::time::Instant;

use crossbeam_channel::{Receiver, Sender};
use jiff::Timestamp;
use rayon::ThreadPool;
use shared::interrupt::Interrupt;
use shared::progress::{Progress, Total, Unit, human_bytes};
use shared::snapshot::{Staging, Writing};

use crate::batch::Spent;
use crate::cursor::{self, Piece, Queue, Reading, Received};
use crate::encoder::{Encoded, Encoder, Left};
use crate::error::ExtractError;
use crate::layout::Layout;
use crate::plan::Plan;
use crate::range;
use crate::source::{Abort, Source, SourceError, Table};
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
    /// Reads and encodes the whole table, and adds to `time` where the time went. Where it is split, each source reads every
    /// so many'th range.
    ///
    /// # Errors
    /// Whatever a new pass would not cure.
    pub fn run(
        &self,
        mut sources: Vec<Source>,
        table: &Table,
        left: Left,
        time: &mut TimeSplit,
    ) -> Result<Outcome, ExtractError> {
        let Context { plan, pool, progress, interrupt } = *self.context;
        let statements = range::statements(table, self.layout, sources.len());
        let readers = sources.len().min(statements.len());
        let idle = sources.split_off(readers);
        let aborts: Vec<Abort> = sources.iter().map(|source| source.abort.clone()).collect();
        let on_signal = aborts.clone();
        let listening = interrupt.on_request(move || on_signal.iter().for_each(Abort::now));
        let total = table.estimated_rows.map_or(Total::Unknown, Total::Estimate);
        progress.start(&format!("reading {}", self.layout.table), total, Unit::Count("rows"));
        let mut encoder = Encoder::new(self.layout, plan.cut, pool, self.staging, left);
        let (received, taken) = thread::scope(|scope| {
            let mut lanes = Vec::with_capacity(readers);
            let mut threads = Vec::with_capacity(readers);
            for (place, source) in sources.into_iter().enumerate() {
                let (full, pieces) = crossbeam_channel::bounded(QUEUED_BATCHES);
                let (back, spent) = crossbeam_channel::bounded(QUEUED_BATCHES);
                let queue = Queue { full, spent };
                let reading = Reading::of(plan, self.layout, source.abort.clone(), self.is_last);
                let own: Vec<String> = statements.iter().skip(place).step_by(readers).cloned().collect();
                threads.push(scope.spawn(move || {
                    let mut clock = ReaderClock::start();
                    let received = cursor::read(source, &reading, &own, &queue, &mut clock);
                    (received, clock.stop())
                }));
                lanes.push(Lane { pieces, back });
            }
            let taken = self.encode(&lanes, statements.len(), &mut encoder);
            // Whoever waits to hand rows on is told that nobody takes them.
            drop(lanes);
            if !matches!(taken, Ok(Taken::All)) {
                // Readers may be waiting for the server; nobody wants their rows any more.
                aborts.iter().for_each(Abort::now);
            }
            (threads.into_iter().map(ScopedJoinHandle::join).collect::<Vec<_>>(), taken)
        });
        drop(listening);
        progress.finish();
        let received_until = |received: &Ended| match received {
            Ok((Err(error), _)) => error.rows(),
            _ => 0,
        };
        let rows = received.iter().map(received_until).sum::<u64>().max(encoder.rows());
        let outcome = self.outcome(received, taken, idle, encoder, time);
        outcome.map_err(|error| error.after_rows(&self.layout.table, rows))
    }

    /// What the ends of all threads mean together.
    fn outcome(
        &self,
        received: Vec<Ended>,
        taken: Result<Taken, ExtractError>,
        idle: Vec<Source>,
        encoder: Encoder<'_>,
        time: &mut TimeSplit,
    ) -> Result<Outcome, ExtractError> {
        self.context.interrupt.check()?;
        let readers = received.len();
        let stopped = match taken? {
            Taken::All => None,
            Taken::Until(reader) => Some(reader),
        };
        tracing::debug!("{} of values were taken", human_bytes(encoder.source_bytes()));
        let mut whole = Received { ended_at: Timestamp::UNIX_EPOCH, sources: Vec::new() };
        for (place, received) in received.into_iter().enumerate() {
            let Ok((received, reader_time)) = received else {
                return Err(self.gave_up("the driver gave up on a packet", &encoder));
            };
            *time += reader_time;
            match received {
                // Those that were stopped because another broke say nothing of interest.
                _ if stopped.is_some_and(|stopped| stopped != place) => {}
                Ok(received) => {
                    whole.ended_at = whole.ended_at.max(received.ended_at);
                    whole.sources.extend(received.sources);
                }
                Err(error) => return self.ended(error, readers, encoder, time),
            }
        }
        if stopped.is_some() {
            return Err(self.gave_up("a reader ended before its rows did", &encoder));
        }
        whole.sources.extend(idle);
        let encoded = encoder.finish()?;
        *time += encoded.time;
        Ok(Outcome::Whole(whole, encoded))
    }

    /// What is left when a reader could not go on.
    fn ended(
        &self,
        error: SourceError,
        readers: usize,
        encoder: Encoder<'_>,
        time: &mut TimeSplit,
    ) -> Result<Outcome, ExtractError> {
        *time += encoder.time();
        // One reader knows best how many rows it has received; of several, each knows only its own.
        let error = if readers > 1 { error.after(encoder.rows()) } else { error };
        if error.is_lost() { Ok(Outcome::Lost(error, encoder.give_up())) } else { Err(error.into()) }
    }

    fn gave_up(&self, detail: &str, encoder: &Encoder<'_>) -> ExtractError {
        let (table, detail) = (self.layout.table.clone(), detail.to_owned());
        SourceError::Garbled { table, rows: encoder.rows(), detail }.into()
    }

    /// Takes the rows of one statement after the other, each from the reader that has it, until one ends early or all have
    /// ended well. Row order is the order of statements, whoever is faster.
    fn encode(&self, lanes: &[Lane], statements: usize, encoder: &mut Encoder<'_>) -> Result<Taken, ExtractError> {
        let started = Instant::now();
        for statement in 0..statements {
            let reader = statement % lanes.len();
            let lane = &lanes[reader];
            loop {
                let mut batch = match lane.pieces.recv() {
                    Ok(Piece::Rows(batch)) => batch,
                    Ok(Piece::End) => break,
                    Err(_) => return Ok(Taken::Until(reader)),
                };
                self.context.interrupt.check()?;
                // The reader counts from the start of its statement.
                batch.first_row = encoder.rows();
                let rows = batch.rows as u64;
                // A full or closed channel means that the reader has enough memory, or is done.
                drop(lane.back.try_send(encoder.take(batch)?));
                self.context.progress.advance(rows);
                let rate = encoder.source_bytes() as f64 / started.elapsed().as_secs_f64().max(0.001);
                self.context.progress.set_message(&format!(
                    "{}, {}/s",
                    human_bytes(encoder.source_bytes()),
                    human_bytes(rate as u64)
                ));
            }
        }
        Ok(Taken::All)
    }
}

/// How a reader ended, with where its time went; not at all, if it panicked.
type Ended = thread::Result<(Result<Received, SourceError>, TimeSplit)>;

/// The encoder's ends of the way to one reader.
struct Lane {
    pieces: Receiver<Piece>,
    back: Sender<Spent>,
}

/// How far the encoder came.
enum Taken {
    /// Every statement ended well.
    All,
    /// This reader ended early, and knows why.
    Until(usize),
}
