//! The recipe: connect, describe, read and encode side by side, seal.
//!
//! In: a plan. Out: a sealed snapshot. A lost connection is followed by a new pass from the first row, since a table without
//! a key has no other safe point; every other error ends the extraction, and staging goes with it.

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use backon::{BackoffBuilder, ExponentialBuilder};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rayon::{ThreadPool, ThreadPoolBuilder};
use shared::disk;
use shared::interrupt::{Interrupt, Interrupted};
use shared::memory::peak_rss_bytes;
use shared::progress::{Progress, human_duration};
use shared::snapshot::{self, BinlogPosition, Manifest, Staging};

use crate::cursor::Received;
use crate::encoder::{Encoded, Left};
use crate::error::ExtractError;
use crate::layout::Layout;
use crate::pass::{Outcome, Pass};
use crate::plan::Plan;
use crate::source::{Server, Source, SourceError, Table};
use crate::summary::Summary;

/// The parts are at least this much smaller than the table on the server's disk (measured: four to eight times).
const LEAST_COMPRESSION: u64 = 3;

/// How often work that cannot be woken looks whether somebody asked to stop.
const LOOK_INTERVAL: Duration = Duration::from_millis(50);

/// Makes a snapshot of the plan's table.
///
/// # Errors
/// Whatever prevented it; nothing is left behind then.
pub fn extract(plan: &Plan, progress: &dyn Progress, interrupt: &Interrupt) -> Result<Summary, ExtractError> {
    let started = Instant::now();
    let mut opened = open(plan, interrupt)?;
    let layout = Layout::of(&opened.table, plan.protocol, plan.on_bad_value);
    require_space(plan, &opened.table)?;
    let mut staging = Staging::create(&plan.out, &opened.table.database, &opened.table.name, opened.started_at)?;
    let pool = encoding_pool();
    let mut pauses = pauses(plan.retries);
    let mut left = Left::default();
    let mut passes = 1;
    let (facts, received, encoded) = loop {
        let (source, facts) = opened.into_parts();
        let pass = Pass { plan, layout: &layout, pool: &pool, staging: &staging, progress, interrupt };
        match pass.run(source, &facts.table, left)? {
            Outcome::Whole(received, encoded) => break (facts, received, encoded),
            Outcome::Lost(error, kept) => {
                left = kept;
                opened = open_again(plan, &layout, error, &mut pauses, progress, interrupt)?;
                staging.restart_at(opened.started_at);
                passes += 1;
            }
        }
    };
    interrupt.check()?;
    let manifest = manifest(plan, &layout, &facts, &received, encoded);
    let snapshot = staging.complete(manifest.parts.clone())?.publish(manifest)?;
    Ok(Summary {
        snapshot,
        elapsed: started.elapsed(),
        connected: Duration::try_from(received.ended_at.duration_since(facts.started_at)).unwrap_or_default(),
        passes,
        peak_rss_bytes: peak_rss_bytes(),
    })
}

/// A source inside its transaction, with what it said of itself.
struct Opened {
    source: Source,
    server: Server,
    table: Table,
    started_at: Timestamp,
    position: Option<BinlogPosition>,
}

/// What the manifest needs of an opened source once the source itself is gone.
struct Facts {
    server: Server,
    table: Table,
    started_at: Timestamp,
    position: Option<BinlogPosition>,
}

impl Opened {
    fn into_parts(self) -> (Source, Facts) {
        let Self { source, server, table, started_at, position } = self;
        (source, Facts { server, table, started_at, position })
    }
}

/// Connects and describes the table, on a thread of its own: a driver that waits for a network cannot be woken, but left.
fn open(plan: &Plan, interrupt: &Interrupt) -> Result<Opened, ExtractError> {
    let (sender, receiver) = mpsc::channel();
    let plan = plan.clone();
    thread::spawn(move || drop(sender.send(open_here(&plan))));
    loop {
        match receiver.recv_timeout(LOOK_INTERVAL) {
            Ok(opened) => return Ok(opened?),
            Err(mpsc::RecvTimeoutError::Timeout) => interrupt.check()?,
            Err(mpsc::RecvTimeoutError::Disconnected) => {
                // The thread panicked: the driver did not understand an answer.
                let (table, detail) = ("the table".into(), "the driver gave up on an answer".into());
                return Err(SourceError::Garbled { table, rows: 0, detail }.into());
            }
        }
    }
}

fn open_here(plan: &Plan) -> Result<Opened, SourceError> {
    let mut source = Source::connect(&plan.endpoint)?;
    source.prepare_session()?;
    let server = source.server()?;
    tracing::info!("connected to {} {} at {}", server.kind, server.version, plan.endpoint.address);
    let before = source.current_position();
    let started_at = source.begin()?;
    let position = source.position(&server, before.as_ref());
    let user = plan.endpoint.user.as_deref().unwrap_or("(none)");
    let table = source.describe(&plan.database, &plan.table, user)?;
    if !table.consistent {
        tracing::warn!(
            "{} is not an InnoDB table: rows that change meanwhile may be of different moments",
            plan.table_name()
        );
    }
    Ok(Opened { source, server, table, started_at, position })
}

/// After a lost connection: waits, connects again, and checks that the table is still the same.
fn open_again(
    plan: &Plan,
    layout: &Layout,
    mut lost: SourceError,
    pauses: &mut impl Iterator<Item = Duration>,
    progress: &dyn Progress,
    interrupt: &Interrupt,
) -> Result<Opened, ExtractError> {
    loop {
        let Some(pause) = pauses.next() else { return Err(lost.into()) };
        progress.finish();
        let cause = std::error::Error::source(&lost).map_or(String::new(), |cause| format!(" ({cause})"));
        tracing::warn!("{lost}{cause}; trying again in {}", human_duration(pause));
        sleep(pause, interrupt)?;
        match open(plan, interrupt) {
            Ok(opened) => {
                if Layout::of(&opened.table, plan.protocol, plan.on_bad_value) != *layout {
                    return Err(SourceError::Altered { table: plan.table_name() }.into());
                }
                return Ok(opened);
            }
            Err(ExtractError::Source(error)) if error.is_lost() => lost = error,
            Err(error) => return Err(error),
        }
    }
}

fn pauses(retries: usize) -> impl Iterator<Item = Duration> {
    let builder = ExponentialBuilder::default()
        .with_min_delay(Duration::from_secs(1))
        .with_max_delay(Duration::from_secs(60))
        .with_max_times(retries)
        .with_jitter();
    builder.build()
}

fn sleep(pause: Duration, interrupt: &Interrupt) -> Result<(), Interrupted> {
    let until = Instant::now() + pause;
    while Instant::now() < until {
        interrupt.check()?;
        thread::sleep(LOOK_INTERVAL.min(until.saturating_duration_since(Instant::now())));
    }
    interrupt.check()
}

fn require_space(plan: &Plan, table: &Table) -> Result<(), ExtractError> {
    let estimated = table.estimated_bytes.unwrap_or(0);
    Ok(disk::require_free(&plan.out, estimated / LEAST_COMPRESSION)?)
}

/// One thread a core for decoding, hashing and encoding; the reader mostly waits for the server.
fn encoding_pool() -> ThreadPool {
    let threads = thread::available_parallelism().map_or(2, usize::from);
    let named = ThreadPoolBuilder::new().num_threads(threads).thread_name(|number| format!("encode-{number}"));
    named.build().expect("a few threads can be started")
}

fn manifest(plan: &Plan, layout: &Layout, facts: &Facts, received: &Received, encoded: Encoded) -> Manifest {
    let Encoded { parts, rows, source_bytes, bad_values, content_digest } = encoded;
    Manifest {
        format_version: snapshot::FORMAT_VERSION,
        tool_version: env!("CARGO_PKG_VERSION").into(),
        source: snapshot::Source {
            server_kind: facts.server.kind.into(),
            server_version: facts.server.version.clone(),
            database: facts.table.database.clone(),
            table: facts.table.name.clone(),
            statement: layout.statement.clone(),
            started_at: facts.started_at,
            ended_at: received.ended_at,
            consistent_read: facts.table.consistent,
            binlog: facts.position.clone(),
            protocol: plan.protocol.to_string(),
            on_bad_value: plan.on_bad_value.to_string(),
        },
        as_of_date: facts.started_at.to_zoned(TimeZone::UTC).date(),
        columns: layout.manifest_columns(),
        rows,
        source_bytes,
        parts,
        bad_values,
        content_digest,
    }
}
