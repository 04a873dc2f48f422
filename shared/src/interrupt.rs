//! SIGINT and SIGTERM: the first asks to stop, the second stops at once.
//!
//! In: the two signals. Out: a flag that work asks between steps, and callbacks that wake what is blocked (a socket that
//! waits for a server). Nothing is cleaned up here: whoever owns a half-written thing removes it when it sees the flag, and
//! what a second signal leaves behind is found and removed by the next start.

use std::io;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::exit::{Diagnosis, ExitCode};

/// Somebody asked the program to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("stopped by {}", if *.0 == ExitCode::Terminated { "SIGTERM" } else { "SIGINT" })]
pub struct Interrupted(pub ExitCode);

impl Diagnosis for Interrupted {
    fn exit_code(&self) -> ExitCode {
        self.0
    }

    fn hint(&self) -> Option<String> {
        None
    }
}

type Callback = Box<dyn Fn() + Send>;

#[derive(Default)]
struct State {
    /// 0, or the number of the first signal.
    signal: AtomicUsize,
    next_id: AtomicU64,
    callbacks: Mutex<Vec<(u64, Callback)>>,
}

impl State {
    fn request(&self, signal: i32) {
        let number = usize::try_from(signal).unwrap_or_default();
        if self.signal.compare_exchange(0, number, Ordering::SeqCst, Ordering::SeqCst).is_ok() {
            for (_, callback) in self.callbacks.lock().unwrap_or_else(PoisonError::into_inner).iter() {
                callback();
            }
        }
    }
}

/// The request to stop, shared by all threads; clones are the same request.
#[derive(Clone, Default)]
pub struct Interrupt(Arc<State>);

impl Interrupt {
    /// Starts to listen to both signals. Called once, by `main`.
    ///
    /// # Errors
    /// When the system refuses the handlers or the thread that serves them.
    pub fn install() -> io::Result<Self> {
        let interrupt = Self::default();
        let mut signals = Signals::new([SIGINT, SIGTERM])?;
        let state = Arc::clone(&interrupt.0);
        thread::Builder::new().name("signals".into()).spawn(move || {
            for signal in signals.forever() {
                if state.signal.load(Ordering::SeqCst) != 0 {
                    signal_hook::low_level::exit(128 + signal);
                }
                // Callbacks run on a thread of their own, so that one that blocks cannot hold up a second signal.
                let state = Arc::clone(&state);
                thread::spawn(move || state.request(signal));
            }
        })?;
        Ok(interrupt)
    }

    /// Ends the process so long after a request, however it is busy, and says how to go on: for a program whose next start
    /// copes with whatever this one leaves. It holds until the subscription is dropped.
    #[must_use = "the limit is lifted when the subscription is dropped"]
    pub fn exit_after(&self, grace: Duration, way_on: fn() -> String) -> Subscription {
        let interrupt = self.clone();
        self.on_request(move || {
            let code = interrupt.requested().unwrap_or(ExitCode::Interrupted);
            // Not here: a callback that sleeps would hold up the others.
            thread::spawn(move || {
                thread::sleep(grace);
                let rest = format!("error: stopped while the system was still busy; {}\n", way_on());
                crate::progress::write_stderr(&rest);
                signal_hook::low_level::exit(code.number().into());
            });
        })
    }

    /// A request that no signal makes; for tests and for libraries without a `main`.
    #[must_use]
    pub fn never() -> Self {
        Self::default()
    }

    /// Asks to stop as a signal would: `Terminated` as SIGTERM does, anything else as SIGINT.
    pub fn request(&self, code: ExitCode) {
        self.0.request(if code == ExitCode::Terminated { SIGTERM } else { SIGINT });
    }

    /// The exit code to end with, once somebody has asked to stop.
    #[must_use]
    pub fn requested(&self) -> Option<ExitCode> {
        match self.0.signal.load(Ordering::SeqCst) {
            0 => None,
            signal if i32::try_from(signal) == Ok(SIGTERM) => Some(ExitCode::Terminated),
            _ => Some(ExitCode::Interrupted),
        }
    }

    /// Goes on, or says that somebody asked to stop.
    ///
    /// # Errors
    /// [`Interrupted`] once a signal has come.
    pub fn check(&self) -> Result<(), Interrupted> {
        self.requested().map_or(Ok(()), |code| Err(Interrupted(code)))
    }

    /// Calls `wake` when somebody asks to stop (at once, if that has happened), until the subscription is dropped.
    /// `wake` may run twice and on any thread.
    #[must_use = "the callback is forgotten when the subscription is dropped"]
    pub fn on_request(&self, wake: impl Fn() + Send + 'static) -> Subscription {
        let id = self.0.next_id.fetch_add(1, Ordering::Relaxed);
        let mut callbacks = self.0.callbacks.lock().unwrap_or_else(PoisonError::into_inner);
        if self.requested().is_some() {
            wake();
        }
        callbacks.push((id, Box::new(wake)));
        Subscription { state: Arc::clone(&self.0), id }
    }
}

/// Keeps a callback of [`Interrupt::on_request`] alive.
pub struct Subscription {
    state: Arc<State>,
    id: u64,
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut callbacks = self.state.callbacks.lock().unwrap_or_else(PoisonError::into_inner);
        callbacks.retain(|(id, _)| *id != self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_sets_the_flag_and_wakes_whoever_still_listens() {
        let interrupt = Interrupt::never();
        let (sender, receiver) = std::sync::mpsc::channel();
        let kept = interrupt.on_request({
            let sender = sender.clone();
            move || sender.send("kept").unwrap()
        });
        drop(interrupt.on_request(move || sender.send("dropped").unwrap()));
        interrupt.check().unwrap();
        interrupt.request(ExitCode::Terminated);
        interrupt.request(ExitCode::Interrupted);
        assert_eq!(interrupt.check(), Err(Interrupted(ExitCode::Terminated)));
        assert_eq!(receiver.try_iter().collect::<Vec<_>>(), ["kept"]);
        drop(kept);
    }
}
