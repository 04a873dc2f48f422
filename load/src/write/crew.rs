//! How many writers write at the same time: a fixed number, or as many as the server and the way to it can use.
//!
//! In: the rows of each batch that was committed. Out: which writers may take another batch. `auto` starts with as many as keep a
//! server busy while answers are on their way, then tries one more at a time and keeps it where that pays. It must never hold up
//! a writer that has a batch: only the taking of the next one waits.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

/// Writers that keep a server busy that answers at once: one transaction is prepared while another one is applied.
const NEARBY: usize = 2;
/// Writers that `auto` opens at most. More would queue for the same locks and pages.
pub const MOST: usize = 8;
/// Exchanges of a transaction in which the server waits for us: begin, run, commit, and the way of the rows.
const EXCHANGES: u32 = 4;
/// What a batch takes on a server that answers at once (see [`super::pace`]).
const BATCH: Duration = Duration::from_millis(250);
/// Shorter windows tell more about chance than about the number of writers.
const WINDOW: Duration = Duration::from_secs(4);
/// Batches of each writer that a window holds at least.
const BATCHES: u32 = 3;
/// One writer more must bring so much over the windows before and after it: what is less may be chance, and each one costs the
/// server memory. A server that warms up is faster in every later window.
const GAIN: f64 = 1.08;

/// How many connections write at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writers {
    /// Ours to choose.
    Auto,
    /// So many.
    Fixed(usize),
}

impl Writers {
    /// Connections to open.
    pub fn most(self) -> usize {
        match self {
            Self::Auto => MOST,
            Self::Fixed(writers) => writers.max(1),
        }
    }
}

/// The writers of a run.
#[derive(Debug)]
pub struct Crew {
    most: usize,
    state: Mutex<State>,
    gate: watch::Sender<Gate>,
}

#[derive(Debug, Clone, Copy)]
struct Gate {
    active: usize,
    /// The table has no more batches: whoever waits may come and see.
    is_over: bool,
}

#[derive(Debug)]
struct State {
    /// No more of them will be tried.
    is_settled: bool,
    since: Instant,
    rows: u64,
    batches: u32,
    trial: Trial,
}

/// One writer more, on trial: a window with it between two without.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Trial {
    /// None yet.
    No,
    /// It writes; before it there were so many rows a second.
    With { before: f64 },
    /// It has written, so many rows a second; now it rests again.
    After { before: f64, with: f64 },
}

impl Crew {
    /// A crew for a server that answers after `round_trip`.
    pub fn new(writers: Writers, round_trip: Duration) -> Self {
        let active = match writers {
            Writers::Fixed(writers) => writers.max(1),
            Writers::Auto => for_round_trip(round_trip),
        };
        let is_settled = writers != Writers::Auto;
        let state = State { is_settled, since: Instant::now(), rows: 0, batches: 0, trial: Trial::No };
        Self {
            most: writers.most(),
            state: Mutex::new(state),
            gate: watch::Sender::new(Gate { active, is_over: false }),
        }
    }

    /// Writers that may take batches now.
    pub fn active(&self) -> usize {
        self.gate.borrow().active
    }

    /// A table begins: rates of another one say nothing about it. A trial that it cut short is begun anew.
    pub fn begin_table(&self) {
        self.gate.send_modify(|gate| gate.is_over = false);
        let mut state = self.state();
        if matches!(state.trial, Trial::With { .. }) {
            self.set(self.active() - 1);
        }
        state.trial = Trial::No;
        state.restart();
    }

    /// A table has no more batches.
    pub fn end_table(&self) {
        self.gate.send_modify(|gate| gate.is_over = true);
    }

    /// Waits until the writer with this number, counted from 0, may take a batch.
    pub async fn turn(&self, number: usize) {
        let mut gate = self.gate.subscribe();
        // The sender lives as long as we do, so this ends by the condition alone.
        drop(gate.wait_for(|gate| gate.is_over || number < gate.active).await);
    }

    /// Rows were committed.
    pub fn committed(&self, rows: usize) {
        let mut state = self.state();
        state.rows += rows as u64;
        state.batches += 1;
        let active = self.active();
        let elapsed = state.since.elapsed();
        let is_long = elapsed >= WINDOW && state.batches >= BATCHES * u32::try_from(active).unwrap_or(u32::MAX);
        if state.is_settled || !is_long {
            return;
        }
        let rate = state.rows as f64 / elapsed.as_secs_f64();
        match state.trial {
            Trial::No if active < self.most => {
                state.trial = Trial::With { before: rate };
                self.set(active + 1);
                tracing::debug!(writers = active + 1, rate, "one writer more is tried");
            }
            Trial::No => state.is_settled = true,
            Trial::With { before } => {
                state.trial = Trial::After { before, with: rate };
                self.set(active - 1);
            }
            Trial::After { before, with } if with >= before.max(rate) * GAIN => {
                state.trial = Trial::No;
                self.set(active + 1);
                tracing::info!(writers = active + 1, "one writer more brings more");
            }
            Trial::After { .. } => {
                state.is_settled = true;
                tracing::info!(writers = active, "one writer more brought nothing");
            }
        }
        state.restart();
    }

    /// The server could not hold what so many send: one fewer from now on, but never none.
    pub fn shrink(&self) {
        let mut state = self.state();
        state.is_settled = true;
        self.set(self.active().saturating_sub(1).max(1));
    }

    fn set(&self, active: usize) {
        self.gate.send_modify(|gate| gate.active = active);
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn restart(&mut self) {
        (self.since, self.rows, self.batches) = (Instant::now(), 0, 0);
    }
}

/// So many that the server has as much to do as with [`NEARBY`] of them beside it.
fn for_round_trip(round_trip: Duration) -> usize {
    let share = (round_trip * EXCHANGES).as_secs_f64() / BATCH.as_secs_f64();
    ((NEARBY as f64 * (1.0 + share)).ceil() as usize).clamp(NEARBY, MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at_rate(crew: &Crew, rows_per_second: u64) {
        let mut state = crew.state();
        state.since = Instant::now() - Duration::from_secs(10);
        (state.rows, state.batches) = (rows_per_second * 10, 100);
        drop(state);
        crew.committed(0);
    }

    #[test]
    fn a_server_far_away_is_given_more_writers() {
        let active = |millis| Crew::new(Writers::Auto, Duration::from_millis(millis)).active();
        assert_eq!((active(0), active(10), active(50), active(400)), (2, 3, 4, MOST));
        assert_eq!(Crew::new(Writers::Fixed(5), Duration::from_secs(1)).active(), 5);
    }

    #[test]
    fn one_more_is_tried_until_it_does_not_pay() {
        let crew = Crew::new(Writers::Auto, Duration::ZERO);
        let mut seen = vec![crew.active()];
        // Two, three, two: the third pays. Three, four, three: the fourth does not.
        for rate in [1_000, 1_400, 1_100, 1_400, 1_450, 1_400, 5_000] {
            at_rate(&crew, rate);
            seen.push(crew.active());
        }
        assert_eq!(seen, [2, 3, 2, 3, 4, 3, 3, 3]);
    }

    #[test]
    fn a_server_that_warms_up_does_not_speak_for_one_more() {
        let crew = Crew::new(Writers::Auto, Duration::ZERO);
        for rate in [1_000, 1_300, 1_600] {
            at_rate(&crew, rate);
        }
        assert_eq!(crew.active(), 2);
        let crew = Crew::new(Writers::Auto, Duration::ZERO);
        at_rate(&crew, 1_000);
        crew.begin_table();
        assert_eq!(crew.active(), 2, "a trial that the end of a table cut short counts for nothing");
    }

    #[test]
    fn a_fixed_number_changes_only_for_want_of_memory() {
        let crew = Crew::new(Writers::Fixed(2), Duration::ZERO);
        at_rate(&crew, 1_000);
        assert_eq!(crew.active(), 2);
        crew.shrink();
        crew.shrink();
        assert_eq!(crew.active(), 1);
    }

    #[tokio::test]
    async fn a_writer_beyond_the_number_waits_for_its_turn_or_the_end() {
        let crew = Crew::new(Writers::Fixed(1), Duration::ZERO);
        crew.turn(0).await;
        let waiting = tokio::time::timeout(Duration::from_millis(20), crew.turn(1)).await;
        assert!(waiting.is_err());
        crew.end_table();
        crew.turn(1).await;
        crew.begin_table();
        assert!(tokio::time::timeout(Duration::from_millis(20), crew.turn(1)).await.is_err());
    }
}
