//! Where the time of an extraction went, so that one sees who waits for whom.
//!
//! In: clocks of the reader's thread and of the encoder, read once a batch. Out: how long the reader waited for the server,
//! took rows, and waited for the encoder; and how long was encoded and written beside that. The reader's three add up to
//! the time of its passes; the encoder's run at the same time. On a busy machine waiting for a core counts as waiting for the server.

use std::fmt;
use std::ops::AddAssign;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};
use shared::progress::human_duration;

/// Time by what it was spent on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TimeSplit {
    /// The reader, waiting for the server or the network.
    pub waiting_for_server: Duration,
    /// The reader, taking rows off the connection.
    pub reading: Duration,
    /// The reader, with a full queue before it.
    pub waiting_for_encoder: Duration,
    /// Checking, hashing and compressing.
    pub encoding: Duration,
    /// Handing compressed bytes to the system, and syncing them.
    pub writing: Duration,
}

impl TimeSplit {
    /// The reader's time: from the statement to the last row, over all passes.
    #[must_use]
    pub fn connected(&self) -> Duration {
        self.waiting_for_server + self.reading + self.waiting_for_encoder
    }
}

impl AddAssign for TimeSplit {
    fn add_assign(&mut self, other: Self) {
        self.waiting_for_server += other.waiting_for_server;
        self.reading += other.reading;
        self.waiting_for_encoder += other.waiting_for_encoder;
        self.encoding += other.encoding;
        self.writing += other.writing;
    }
}

impl fmt::Display for TimeSplit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let connected = self.connected().as_secs_f64().max(0.001);
        let share = |duration: Duration| (100.0 * duration.as_secs_f64() / connected).round() as u64;
        write!(
            f,
            "reader {} % waiting for the server, {} % taking rows, {} % waiting for the encoder; encoding {}, writing {}",
            share(self.waiting_for_server),
            share(self.reading),
            share(self.waiting_for_encoder),
            human_duration(self.encoding),
            human_duration(self.writing),
        )
    }
}

/// The reader's clock. It runs on the reader's thread.
pub struct ReaderClock {
    started: Instant,
    started_cpu: Duration,
    blocked: Duration,
}

impl ReaderClock {
    /// Starts it.
    pub fn start() -> Self {
        Self { started: Instant::now(), started_cpu: thread_cpu_time(), blocked: Duration::ZERO }
    }

    /// Runs what may wait for the encoder.
    pub fn blocked<T>(&mut self, wait: impl FnOnce() -> T) -> T {
        let started = Instant::now();
        let result = wait();
        self.blocked += started.elapsed();
        result
    }

    /// What it has measured: time without a core's work is waiting for the server, unless it was waiting for the encoder.
    pub fn stop(self) -> TimeSplit {
        let (all, waiting_for_encoder) = (self.started.elapsed(), self.blocked);
        let reading = thread_cpu_time().saturating_sub(self.started_cpu).min(all - waiting_for_encoder);
        let waiting_for_server = all - waiting_for_encoder - reading;
        TimeSplit { waiting_for_server, reading, waiting_for_encoder, ..TimeSplit::default() }
    }
}

/// What this thread has had of a core so far.
fn thread_cpu_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reader_either_waits_or_works() {
        let mut clock = ReaderClock::start();
        clock.blocked(|| std::thread::sleep(Duration::from_millis(30)));
        std::thread::sleep(Duration::from_millis(40));
        let split = clock.stop();
        assert!(split.waiting_for_encoder >= Duration::from_millis(30), "{split:?}");
        assert!(split.waiting_for_server >= Duration::from_millis(30), "{split:?}");
        assert!(split.connected() >= Duration::from_millis(70), "{split:?}");
        let mut twice = split;
        twice += split;
        assert_eq!(twice.connected(), split.connected() * 2);
        assert!(split.to_string().starts_with("reader "), "{split}");
    }
}
