//! What a random round does to the program: nothing, something on the way, on the disk, to the process, to its query.

use std::fmt;
use std::time::Duration;

use fastrand::Rng;
use rustix::process::Signal;

use super::Known;
use crate::programs::Finished;
use crate::proxy::{Action, At, Fault, On};

/// Calls that change something on the disk, with the errors that they may have.
const CALLS: [&str; 8] = ["write", "fsync", "rename", "mkdir", "unlink", "flock", "ftruncate", "openat"];

/// The trouble of one round.
#[derive(Debug, Clone)]
pub enum Trouble {
    /// None: the round must succeed, and take away what the ones before have left.
    None,
    /// Faults of the network.
    Network(Vec<Fault>),
    /// A system call fails or is the process's last.
    Disk {
        /// All threads, or the first alone.
        all_threads: bool,
        /// The call.
        call: &'static str,
        /// Its fault, as `strace` calls it.
        fault: String,
        /// Which call of a thread.
        count: u64,
    },
    /// A signal after some time.
    Signal {
        /// SIGINT, SIGTERM or SIGKILL.
        signal: Signal,
        /// The time.
        after: Duration,
    },
    /// Somebody kills the query or the connection.
    Statement {
        /// The whole connection.
        connection: bool,
        /// The time.
        after: Duration,
    },
}

impl Trouble {
    /// Draws one.
    pub fn draw(random: &mut Rng, known: &Known<'_>) -> Self {
        let after = known.took.mul_f64(random.f64() * 1.2);
        match random.u8(..12) {
            0 => Self::None,
            1..6 => Self::Network((0..random.usize(1..=3)).map(|_| fault(random, known)).collect()),
            6..8 => {
                let call = CALLS[random.usize(..CALLS.len())];
                let fault = match random.u8(..3) {
                    0 => "signal=KILL".to_owned(),
                    _ => format!("error={}", ["ENOSPC", "EIO", "EACCES", "EDQUOT", "EROFS"][random.usize(..5)]),
                };
                let most = if call == "write" || call == "openat" { 60 } else { 8 };
                Self::Disk { all_threads: random.bool(), call, fault, count: random.u64(1..=most) }
            }
            8..11 => {
                let signal = [Signal::INT, Signal::TERM, Signal::KILL][random.usize(..3)];
                Self::Signal { signal, after }
            }
            _ => Self::Statement { connection: random.bool(), after },
        }
    }

    /// The faults for the proxy.
    pub fn faults(&self) -> &[Fault] {
        if let Self::Network(faults) = self { faults } else { &[] }
    }

    /// The program that starts `extract`.
    pub fn wrapper(&self) -> Vec<String> {
        let Self::Disk { all_threads, call, fault, count } = self else { return Vec::new() };
        let mut wrapper = vec!["strace".to_owned()];
        wrapper.extend(all_threads.then(|| "-f".to_owned()));
        wrapper.extend(["-qq", "-o", "/dev/null", "-e"].map(str::to_owned));
        wrapper.extend([format!("trace={call}"), "-e".to_owned(), format!("inject={call}:{fault}:when={count}")]);
        wrapper
    }

    /// Whether the program may end so.
    pub fn allows(&self, finished: &Finished) -> bool {
        match (self, finished.code, finished.signal) {
            (_, Some(0), _) => true,
            (Self::Network(_) | Self::Statement { .. }, Some(12), _) => true,
            (Self::Disk { fault, .. }, None, Some(9)) => fault == "signal=KILL",
            // Without its libraries, its zone or its server's address it cannot even start.
            (Self::Disk { call: "openat", fault, .. }, Some(1 | 12 | 127), _) => fault != "signal=KILL",
            (Self::Disk { fault, .. }, Some(1), _) => fault != "signal=KILL",
            (Self::Signal { signal: Signal::INT, .. }, Some(130), _) => true,
            (Self::Signal { signal: Signal::TERM, .. }, Some(143), _) => true,
            // Before it catches signals, and where it cannot.
            (Self::Signal { signal, .. }, None, Some(number)) => signal.as_raw() == number,
            _ => false,
        }
    }
}

fn fault(random: &mut Rng, known: &Known<'_>) -> Fault {
    let on = if random.u8(..6) == 0 { On::Every } else { On::Connection(random.usize(1..=4)) };
    // A row has some 1,500 bytes, and what comes before the rows some ten thousand.
    let bytes = known.rows * 1_500 + 10_000;
    let at = match random.u8(..8) {
        0 => At::LastFrame,
        1 => At::InsideLastFrame,
        2 => At::Byte(random.u64(..12_000)),
        3 => At::Row(random.u64(..known.rows)),
        4 => At::InsideRow(random.u64(..known.rows)),
        _ => At::Byte(random.u64(..bytes)),
    };
    let action = match random.u8(..8) {
        0..3 => Action::Cut,
        3..5 => Action::Reset,
        5 => Action::Hold(Duration::from_millis(random.u64(..1_000))),
        6 => Action::HoldForEver,
        _ => Action::Slow {
            delay: Duration::from_micros(random.u64(..500)),
            bytes_per_second: random.u64(5_000_000..50_000_000),
        },
    };
    // Length and sequence of a packet; what it holds is not protected by anything.
    let garbled = random.u8(..10) == 0;
    let (at, action) = match (garbled, at) {
        (true, At::Row(_) | At::InsideRow(_)) => (at, Action::Garble { byte: random.usize(..4) }),
        _ => (at, action),
    };
    Fault { on, at, action }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network(faults) => {
                for (index, Fault { on, at, action }) in faults.iter().enumerate() {
                    let comma = if index > 0 { ", " } else { "" };
                    write!(f, "{comma}{action:?} at {at:?} on {on:?}")?;
                }
                Ok(())
            }
            other => write!(f, "{other:?}"),
        }
    }
}
