//! One moment of the database: connections inside one consistent read, and the tables as they are there.
//!
//! In: a plan. Out: an open [`Moment`], from which all tables are read, so that all their rows are of one time. A moment
//! cannot be had again: after a lost connection there is a new one, and every table is compared with it from its first row.

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use backon::{BackoffBuilder, ExponentialBuilder};
use jiff::Timestamp;
use shared::interrupt::{Interrupt, Interrupted};
use shared::progress::{Progress, human_duration};
use shared::snapshot::BinlogPosition;
use shared::telemetry::{self, Event};

use crate::error::ExtractError;
use crate::layout::Layout;
use crate::plan::{Plan, Wanted};
use crate::source::{NO_USER, Server, Source, SourceError, Table};

/// How often work that cannot be woken looks whether somebody asked to stop.
const LOOK_INTERVAL: Duration = Duration::from_millis(50);

/// Sources inside their transactions, with what the server said.
pub struct Moment {
    /// The open connections; all see the same rows.
    pub sources: Vec<Source>,
    /// What the manifests tell of it.
    pub facts: Facts,
    /// The tables to read, in the order in which they are read.
    pub tables: Vec<Table>,
}

/// What the manifests need of a moment once its connection is gone.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The server.
    pub server: Server,
    /// When the transaction was opened.
    pub started_at: Timestamp,
    /// The position in the binary log that belongs to it.
    pub position: Option<BinlogPosition>,
}

impl Moment {
    /// The first one. A connection that is lost while it is set up is opened again; a refusal, or nobody there, is told at once.
    ///
    /// # Errors
    /// The diagnosis of why there is none, or that somebody asked to stop.
    pub fn open_first(
        plan: &Plan,
        pauses: &mut Pauses,
        progress: &dyn Progress,
        interrupt: &Interrupt,
    ) -> Result<Self, ExtractError> {
        match Self::open(plan, interrupt) {
            Err(ExtractError::Source(error)) if error.is_passing() => {
                Self::open_again(plan, error, pauses, progress, interrupt)
            }
            opened => opened,
        }
    }

    /// Connects and describes the tables, on a thread of its own: a driver that waits for a network cannot be woken, but left.
    fn open(plan: &Plan, interrupt: &Interrupt) -> Result<Self, ExtractError> {
        let (sender, receiver) = mpsc::channel();
        let plan = plan.clone();
        thread::spawn(move || drop(sender.send(Self::open_here(&plan))));
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

    fn open_here(plan: &Plan) -> Result<Self, SourceError> {
        let mut sources = vec![connect(plan)?];
        let server = sources[0].server()?;
        tracing::info!("connected to {} {} at {}", server.kind, server.version, plan.endpoint.address);
        for _ in 1..plan.readers.unwrap_or(1) {
            sources.push(connect(plan)?);
        }
        let mut names = None;
        let locked = if sources.len() > 1 { Some(Locked::take(plan, &mut sources[0], &mut names)?) } else { None };
        let before = sources[0].current_position();
        let started_at = sources[0].begin()?;
        let position = sources[0].position(&server, before.as_ref());
        for source in &mut sources[1..] {
            source.begin()?;
        }
        let refused = locked.and_then(Locked::release);
        let tables = describe(&mut sources[0], plan, names)?;
        // The description comes first: it knows better what is wrong with a table that cannot be locked.
        match refused {
            Some(refused) if tables.iter().any(|table| table.split.is_some()) => return Err(refused),
            // Nothing is split, so one connection reads all.
            _ => {}
        }
        telemetry::emit(&Event::Connected {
            server_kind: server.kind,
            server_version: &server.version,
            address: &plan.endpoint.address.to_string(),
            tables: tables.len(),
        });
        Ok(Self { sources, facts: Facts { server, started_at, position }, tables })
    }

    /// After a lost connection: waits, and connects again.
    ///
    /// # Errors
    /// The loss itself when there are no pauses left; else whatever a new connection would not cure.
    pub fn open_again(
        plan: &Plan,
        mut lost: SourceError,
        pauses: &mut Pauses,
        progress: &dyn Progress,
        interrupt: &Interrupt,
    ) -> Result<Self, ExtractError> {
        loop {
            let Some(pause) = pauses.next() else { return Err(lost.into()) };
            progress.finish();
            let cause = std::error::Error::source(&lost).map_or(String::new(), |cause| format!(" ({cause})"));
            let message = format!("{lost}{cause}");
            let (attempt, rows) = (pauses.attempt, lost.rows());
            telemetry::emit(&Event::Retry { attempt, rows, message: &message, pause });
            tracing::warn!("{message}; trying again in {}", human_duration(pause));
            sleep(pause, interrupt)?;
            match Self::open(plan, interrupt) {
                Err(ExtractError::Source(error)) if error.is_lost() => lost = error,
                opened => return opened,
            }
        }
    }

    /// The tables of the first moment, unchanged, and no others: one that came since is for the next extraction.
    ///
    /// # Errors
    /// When one of them was altered or is gone.
    pub fn keep_only(&mut self, layouts: &[&Layout], plan: &Plan) -> Result<(), SourceError> {
        let mut found = std::mem::take(&mut self.tables);
        for layout in layouts {
            let altered = || SourceError::Altered { table: layout.table.clone() };
            let place = found.iter().position(|table| table.full_name() == layout.table).ok_or_else(altered)?;
            let table = found.swap_remove(place);
            if Layout::of(&table, plan.protocol, plan.on_bad_value)? != **layout {
                return Err(altered());
            }
            self.tables.push(table);
        }
        Ok(())
    }
}

fn connect(plan: &Plan) -> Result<Source, SourceError> {
    let mut source = Source::connect(&plan.endpoint)?;
    source.prepare_session()?;
    Ok(source)
}

/// The tables, locked for reading by a connection that does nothing else: what opens its moment meanwhile sees the same rows.
struct Locked {
    /// Holds the lock until it is closed.
    _holder: Source,
    refused: Option<SourceError>,
}

impl Locked {
    /// Locks what is wanted, and names it. A refusal is kept for later.
    fn take(plan: &Plan, source: &mut Source, names: &mut Option<Vec<String>>) -> Result<Self, SourceError> {
        let mut holder = connect(plan)?;
        let named = wanted(source, plan)?;
        let user = plan.endpoint.user.as_deref().unwrap_or(NO_USER);
        let refused = match holder.lock_for_reading(&plan.database, &named, user) {
            Ok(()) => None,
            Err(error) if error.is_lost() => return Err(error),
            Err(error) => Some(error),
        };
        *names = Some(named);
        Ok(Self { _holder: holder, refused })
    }

    fn release(self) -> Option<SourceError> {
        self.refused
    }
}

/// The names of the tables that are wanted.
fn wanted(source: &mut Source, plan: &Plan) -> Result<Vec<String>, SourceError> {
    match plan.wanted.single() {
        Some(name) => Ok(vec![name.to_owned()]),
        None => plan.wanted.pick(&plan.database, &source.list_tables(&plan.database)?),
    }
}

/// Describes all that is wanted. From then on the server holds the definitions of these tables until the transaction ends.
fn describe(source: &mut Source, plan: &Plan, names: Option<Vec<String>>) -> Result<Vec<Table>, SourceError> {
    if let (Wanted::Query { name }, Some(query)) = (&plan.wanted, &plan.selection.query) {
        tracing::info!("whether all rows of a query are of one moment is not known: the manifest says no");
        return Ok(vec![source.describe_query(&plan.database, name, query, plan.protocol)?]);
    }
    let names = names.map_or_else(|| wanted(source, plan), Ok)?;
    let mut tables: Vec<Table> = Vec::with_capacity(names.len());
    for name in names {
        let table = source.describe(&name, plan)?;
        // Two spellings may be one table, where case does not matter to the server.
        if tables.iter().any(|other| other.full_name() == table.full_name()) {
            continue;
        }
        if !table.consistent {
            tracing::warn!(
                "{} is not an InnoDB table: rows that change meanwhile may be of different moments",
                table.full_name()
            );
        }
        if plan.readers.is_some() && table.split.is_none() {
            tracing::warn!(
                "{} is read by one connection, as it comes: it has no primary key of one integer, or is not InnoDB",
                table.full_name()
            );
        }
        tables.push(table);
    }
    Ok(tables)
}

/// The pauses before each new connection.
pub struct Pauses {
    pauses: Box<dyn Iterator<Item = Duration>>,
    attempt: usize,
}

impl Pauses {
    /// As many as there may be retries, each longer than the one before and never quite the same.
    #[must_use]
    pub fn new(retries: usize) -> Self {
        let builder = ExponentialBuilder::default()
            .with_min_delay(Duration::from_secs(1))
            .with_max_delay(Duration::from_secs(60))
            .with_max_times(retries)
            .with_jitter();
        Self { pauses: Box::new(builder.build()), attempt: 0 }
    }
}

impl Iterator for Pauses {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        self.attempt += 1;
        self.pauses.next()
    }
}

fn sleep(pause: Duration, interrupt: &Interrupt) -> Result<(), Interrupted> {
    let until = Instant::now() + pause;
    while Instant::now() < until {
        interrupt.check()?;
        thread::sleep(LOOK_INTERVAL.min(until.saturating_duration_since(Instant::now())));
    }
    interrupt.check()
}
