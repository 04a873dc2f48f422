//! What a random round does to a load: on the way to the server, to the server, to the process, beside it.

use std::fmt;
use std::time::Duration;

use fastrand::Rng;
use rustix::process::Signal;

use crate::programs::Finished;
use crate::proxy::{Action, At, Fault, Kind, Request};

/// Words of the statement of every batch.
pub(super) const BATCH: &str = "CREATE (:_RowgraphBatch";

/// Points at which the program can be made to die.
pub const POINTS: [&str; 13] = [
    "before-seal",
    "staged",
    "run-created",
    "schema-created",
    "batch-sent",
    "batch-committed",
    "tables-written",
    "before-verified",
    "verified",
    "ledger-removal",
    "rejects-written",
    "before-done",
    "done",
];

/// The trouble of one round.
#[derive(Debug, Clone)]
pub enum Trouble {
    /// None: the load must succeed.
    None,
    /// Faults of the network.
    Network(Vec<Fault>),
    /// `kill -9`, SIGINT or SIGTERM after some time.
    Signal {
        /// Which.
        signal: Signal,
        /// The time.
        after: Duration,
    },
    /// The process dies at a named point.
    Point(String),
    /// The server is killed after some time and started again, first read-only if a time for that is given.
    Server {
        /// The time.
        after: Duration,
        /// How long nothing can be written.
        read_only: Option<Duration>,
    },
    /// The server has little memory for transactions, or ends them early.
    Settings(&'static str),
    /// The server's disk is full after so many bytes.
    Disk {
        /// Bytes.
        bytes: u64,
    },
    /// A second load of the same starts after some time.
    SecondLoad {
        /// The time.
        after: Duration,
    },
    /// The process is frozen, replaced by another one, and thawed.
    Frozen {
        /// The time after which it is frozen.
        after: Duration,
    },
    /// Another client takes the locks of some units, one after the other, backwards.
    Locks {
        /// How long it waits between two locks.
        between: Duration,
    },
}

impl Trouble {
    /// Draws one; `took` is the time of an undisturbed load. Kills and the network make up two thirds.
    pub fn draw(random: &mut Rng, took: Duration) -> Self {
        let after = took.mul_f64(random.f64() * 1.2);
        match random.u8(..40) {
            0 => Self::None,
            1..15 => Self::Network((0..random.usize(1..=4)).map(|_| fault(random)).collect()),
            15..27 => Self::Signal { signal: Signal::KILL, after },
            27..30 => Self::Signal { signal: [Signal::INT, Signal::TERM][random.usize(..2)], after },
            30..33 => {
                let point = POINTS[random.usize(..POINTS.len())];
                let time = if point.starts_with("batch") { random.u8(1..12) } else { 1 };
                Self::Point(format!("{point}:{time}"))
            }
            33 => Self::Server { after, read_only: None },
            34 => {
                let time = if random.u8(..4) == 0 { 60 } else { random.u64(1..8) };
                Self::Server { after, read_only: Some(Duration::from_secs(time)) }
            }
            35 => Self::Settings(["db.memory.transaction.max=96m", "db.transaction.timeout=5s"][random.usize(..2)]),
            36 => Self::Disk { bytes: random.u64(1..12) << 20 },
            37 => Self::SecondLoad { after },
            38 => Self::Frozen { after },
            _ => Self::Locks { between: Duration::from_millis(random.u64(..1_500)) },
        }
    }

    /// The faults for the proxy.
    pub(super) fn faults(&self) -> &[Fault] {
        if let Self::Network(faults) = self { faults } else { &[] }
    }

    /// The settings of the server.
    pub(super) fn settings(&self) -> &'static str {
        if let Self::Settings(settings) = self { settings } else { "" }
    }

    /// Whether the program may end so.
    pub(super) fn allows(&self, finished: &Finished) -> bool {
        // Whatever ends a load other than a kill has to say how to go on.
        let is_told = finished.stderr.contains("error: ") && finished.stderr.contains("hint: ");
        match (self, finished.code, finished.signal) {
            (_, Some(0), _) => true,
            (Self::None, ..) => false,
            (Self::Signal { signal: Signal::INT, .. }, Some(130), _) => finished.stderr.contains("--resume"),
            (Self::Signal { signal: Signal::TERM, .. }, Some(143), _) => finished.stderr.contains("--resume"),
            (Self::Signal { signal, .. }, None, Some(number)) => signal.as_raw() == number,
            (Self::Point(_), None, Some(number)) => number == Signal::ABORT.as_raw(),
            (Self::SecondLoad { .. } | Self::Frozen { .. }, Some(13..=15), _) => is_told,
            (Self::Signal { .. } | Self::Point(_), ..) => false,
            (_, Some(13), _) => is_told,
            _ => false,
        }
    }
}

fn fault(random: &mut Rng) -> Fault {
    let kind =
        [Kind::Begin, Kind::Run, Kind::Commit, Kind::Commit, Kind::Discard, Kind::Pull, Kind::Rollback, Kind::Reset]
            [random.usize(..8)];
    let number = random.u64(1..60);
    let request = if random.bool() { Request::nth(kind, number) } else { Request::of(kind, BATCH, number.div_ceil(3)) };
    let at = match random.u8(..8) {
        0 => At::Before(request),
        1 => At::Inside(request),
        2 | 3 => At::Behind(request),
        4 | 5 => At::BeforeAnswer(request),
        6 => At::InsideAnswer(request),
        _ => At::AfterAnswer(request),
    };
    let hold = match random.u8(..12) {
        0 => Duration::from_secs(60),
        1..4 => Duration::from_secs(random.u64(5..16)),
        _ => Duration::from_millis(random.u64(..3_000)),
    };
    let codes = [
        "Neo.TransientError.Transaction.DeadlockDetected",
        "Neo.TransientError.Transaction.LockClientStopped",
        "Neo.TransientError.General.DatabaseUnavailable",
        "Neo.TransientError.General.TransactionOutOfMemoryError",
        "Neo.TransientError.General.MemoryPoolOutOfMemoryError",
        "Neo.DatabaseError.Transaction.TransactionCommitFailed",
        "Neo.ClientError.Transaction.TransactionTimedOut",
        "Neo.ClientError.Cluster.NotALeader",
        "Neo.ClientError.Security.AuthorizationExpired",
    ];
    let action = match random.u8(..12) {
        0..5 => Action::Cut,
        5..8 => Action::Reset,
        8..10 => Action::Hold(hold),
        _ if matches!(at, At::BeforeAnswer(_)) => Action::Fail(codes[random.usize(..codes.len())]),
        _ => Action::Cut,
    };
    Fault::any(at, action)
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Network(faults) = self else { return write!(f, "{self:?}") };
        for (index, Fault { at, action, .. }) in faults.iter().enumerate() {
            let comma = if index > 0 { ", " } else { "" };
            write!(f, "{comma}{action:?} {at:?}")?;
        }
        Ok(())
    }
}
