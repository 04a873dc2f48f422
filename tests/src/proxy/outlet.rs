//! The way from the proxy to the client, on which most faults happen.
//! In: bytes of the server, and what is to happen between them. Out: nothing; bytes are gathered for as long as more are at
//! hand, so that a proxy without faults is not slow.

use std::io::{self, Write};
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::fault::Action;
use super::plumbing::{Connection, is_impatient};

/// A burst is passed on in pieces of this size where a rate is limited.
const PACED_BYTES: usize = 4 * 1024;

/// The way to the client.
pub(super) struct Outlet<'a> {
    connection: &'a Connection,
    waiting: Vec<u8>,
    pace: Option<(Duration, u64)>,
}

impl<'a> Outlet<'a> {
    pub(super) fn new(connection: &'a Connection) -> Self {
        Self { connection, waiting: Vec::new(), pace: None }
    }

    pub(super) fn pass(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.waiting.extend_from_slice(bytes);
        if self.waiting.len() >= 64 * 1024 { self.flush() } else { Ok(()) }
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        let waiting = std::mem::take(&mut self.waiting);
        let Some((delay, bytes_per_second)) = self.pace else { return self.send(&waiting) };
        if waiting.is_empty() {
            return Ok(());
        }
        self.wait(Some(delay));
        for piece in waiting.chunks(PACED_BYTES) {
            self.wait(Some(Duration::from_secs_f64(piece.len() as f64 / bytes_per_second.max(1) as f64)));
            self.send(piece)?;
        }
        Ok(())
    }

    fn send(&self, bytes: &[u8]) -> io::Result<()> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let sent = match (&self.connection.client).write(rest) {
                Err(error) if is_impatient(&error) && !self.connection.is_over() => continue,
                sent => sent?,
            };
            self.connection.shared.bytes.fetch_add(sent as u64, Ordering::SeqCst);
            rest = &rest[sent..];
        }
        Ok(())
    }

    pub(super) fn act(&mut self, action: Action) -> io::Result<()> {
        match action {
            // Both change a frame before it comes here.
            Action::Garble { .. } | Action::Fail(_) => Ok(()),
            Action::Slow { delay, bytes_per_second } => {
                self.flush()?;
                self.pace = Some((delay, bytes_per_second));
                Ok(())
            }
            Action::Hold(time) => {
                self.flush()?;
                self.connection.hold(Some(time))
            }
            Action::HoldForEver => {
                self.flush()?;
                self.connection.hold(None)
            }
            Action::Cut | Action::Reset => {
                self.flush()?;
                self.connection.end(action == Action::Reset)
            }
        }
    }

    fn wait(&self, time: Option<Duration>) {
        drop(self.connection.hold(time));
    }
}
