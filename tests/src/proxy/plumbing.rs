//! One connection through the proxy: two threads, one a direction, and the faults on the way back.
//! In: a client that has connected. Out: nothing; both sides are closed when either is. Bytes are passed on as they came, but
//! for what a fault says.

use std::io::{self, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::Shared;
use super::fault::{Action, At, Fault};
use super::framing::{Answer, Framing, LONG_ANSWER};

/// How often something held looks whether it may go on.
const LOOK_INTERVAL: Duration = Duration::from_millis(2);

/// How long a read or write waits before it looks whether the proxy has been stopped.
const PATIENCE: Duration = Duration::from_millis(100);

/// A burst is passed on in pieces of this size where a rate is limited.
const PACED_BYTES: usize = 4 * 1024;

pub(super) struct Connection {
    number: usize,
    client: TcpStream,
    server: TcpStream,
    framing: Framing,
    shared: Arc<Shared>,
    /// Requests until now: a new one starts a new answer.
    requests: AtomicU64,
    client_gone: AtomicBool,
    /// The client is to get a reset, which a shutdown would forestall.
    reset: AtomicBool,
}

impl Connection {
    pub(super) fn open(
        number: usize,
        client: TcpStream,
        upstream: SocketAddr,
        framing: Framing,
        shared: Arc<Shared>,
    ) -> io::Result<Arc<Self>> {
        let server = TcpStream::connect_timeout(&upstream, Duration::from_secs(10))?;
        client.set_nodelay(true)?;
        server.set_nodelay(true)?;
        // So that a stopped proxy is noticed.
        for stream in [&server, &client] {
            stream.set_read_timeout(Some(PATIENCE))?;
            stream.set_write_timeout(Some(PATIENCE))?;
        }
        let (client_gone, reset) = (AtomicBool::new(false), AtomicBool::new(false));
        Ok(Arc::new(Self { number, client, server, framing, shared, requests: AtomicU64::new(0), client_gone, reset }))
    }

    /// Starts both directions.
    pub(super) fn run(self: Arc<Self>) -> [JoinHandle<()>; 2] {
        let there = Arc::clone(&self);
        [
            thread::spawn(move || {
                drop(there.pass_requests());
                there.client_gone.store(true, Ordering::SeqCst);
                there.close();
            }),
            thread::spawn(move || {
                drop(self.pass_answers());
                self.close();
            }),
        ]
    }

    fn close(&self) {
        drop(self.server.shutdown(Shutdown::Both));
        // With a reset to come, the client's side closes when both threads have let go of it.
        let how = if self.reset.load(Ordering::SeqCst) { Shutdown::Read } else { Shutdown::Both };
        drop(self.client.shutdown(how));
    }

    fn pass_requests(&self) -> io::Result<()> {
        let mut client = BufReader::new(Patient { stream: &self.client, shared: &self.shared });
        while let Some(frame) = self.framing.next(&mut client)? {
            self.requests.fetch_add(1, Ordering::SeqCst);
            self.shared.note_request(self.number, &frame);
            (&self.server).write_all(&frame)?;
        }
        Ok(())
    }

    fn pass_answers(&self) -> io::Result<()> {
        let mut server = BufReader::with_capacity(64 * 1024, Patient { stream: &self.server, shared: &self.shared });
        let mut outlet = Outlet { connection: self, waiting: Vec::new(), pace: None };
        let mut faults: Vec<Fault> =
            self.shared.faults.iter().filter(|fault| fault.is_for(self.number)).copied().collect();
        let (mut request, mut frame_number, mut bytes) = (0, 0, 0);
        let (mut answer, mut rows) = (Answer::default(), 0);
        while let Some(mut frame) = self.framing.next(&mut server)? {
            let current = self.requests.load(Ordering::SeqCst);
            if current != request {
                (request, frame_number, answer) = (current, 0, Answer::default());
            }
            let row = answer.takes_row(self.framing, &frame).then_some(rows);
            rows += u64::from(row.is_some());
            self.shared.note_answer(self.number, &frame);
            let is_last = frame_number > LONG_ANSWER && self.framing.ends_answer(&frame);
            let place = Place { bytes, frame_number, row, length: frame.len(), is_last };
            let mut passed = 0;
            while let Some((index, offset)) = place.next_fault(&faults) {
                let fault = faults.remove(index);
                let offset = offset.max(passed);
                if let Action::Garble { byte } = fault.action {
                    let byte = byte.min(frame.len() - 1).max(passed);
                    frame[byte] ^= 0x55;
                } else {
                    outlet.pass(&frame[passed..offset])?;
                    passed = offset;
                }
                self.shared.fired.fetch_add(1, Ordering::SeqCst);
                outlet.act(fault.action)?;
            }
            outlet.pass(&frame[passed..])?;
            bytes += frame.len() as u64;
            frame_number += 1;
            if server.buffer().is_empty() {
                outlet.flush()?;
            }
        }
        outlet.flush()
    }

    fn is_over(&self) -> bool {
        self.shared.stopped.load(Ordering::SeqCst) || self.client_gone.load(Ordering::SeqCst)
    }
}

/// One frame's place in the stream.
struct Place {
    bytes: u64,
    frame_number: u64,
    /// Which row of a table it is, if one.
    row: Option<u64>,
    length: usize,
    is_last: bool,
}

impl Place {
    /// The first fault that lies in this frame, with its place there.
    fn next_fault(&self, faults: &[Fault]) -> Option<(usize, usize)> {
        let met = faults.iter().enumerate().filter_map(|(index, fault)| Some((index, self.offset(fault.at)?)));
        met.min_by_key(|(_, offset)| *offset)
    }

    fn offset(&self, at: At) -> Option<usize> {
        let middle = self.length.saturating_sub(2).max(self.length / 2);
        match at {
            At::Byte(byte) => {
                let offset = usize::try_from(byte.checked_sub(self.bytes)?).ok()?;
                (offset < self.length).then_some(offset)
            }
            At::Frame(number) => (self.frame_number == number).then_some(0),
            At::InsideFrame(number) => (self.frame_number == number).then_some(self.length / 2),
            At::Row(ordinal) => (self.row == Some(ordinal)).then_some(0),
            At::InsideRow(ordinal) => (self.row == Some(ordinal)).then_some(self.length / 2),
            At::LastFrame => self.is_last.then_some(0),
            At::InsideLastFrame => self.is_last.then_some(middle),
        }
    }
}

/// The way to the client.
struct Outlet<'a> {
    connection: &'a Connection,
    waiting: Vec<u8>,
    pace: Option<(Duration, u64)>,
}

impl Outlet<'_> {
    fn pass(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.waiting.extend_from_slice(bytes);
        if self.waiting.len() >= 64 * 1024 { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> io::Result<()> {
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

    fn act(&mut self, action: Action) -> io::Result<()> {
        let over = || io::Error::from(io::ErrorKind::ConnectionAborted);
        match action {
            Action::Garble { .. } => Ok(()),
            Action::Slow { delay, bytes_per_second } => {
                self.flush()?;
                self.pace = Some((delay, bytes_per_second));
                Ok(())
            }
            Action::Hold(time) => {
                self.flush()?;
                self.wait_for_release(Some(time))
            }
            Action::HoldForEver => {
                self.flush()?;
                self.wait_for_release(None)
            }
            Action::Cut => {
                self.flush()?;
                self.connection.close();
                Err(over())
            }
            Action::Reset => {
                self.flush()?;
                // Closed with this set, a socket sends a reset.
                rustix::net::sockopt::set_socket_linger(&self.connection.client, Some(Duration::ZERO))?;
                self.connection.reset.store(true, Ordering::SeqCst);
                self.connection.close();
                Err(over())
            }
        }
    }

    fn wait_for_release(&self, time: Option<Duration>) -> io::Result<()> {
        let since = Instant::now();
        let shared = &self.connection.shared;
        while !shared.released.load(Ordering::SeqCst) && time.is_none_or(|time| since.elapsed() < time) {
            if self.connection.is_over() {
                return Err(io::ErrorKind::ConnectionAborted.into());
            }
            thread::sleep(LOOK_INTERVAL);
        }
        Ok(())
    }

    fn wait(&self, time: Option<Duration>) {
        drop(self.wait_for_release(time));
    }
}

/// A stream whose reads wait until there is something, the end, or a stopped proxy.
struct Patient<'a> {
    stream: &'a TcpStream,
    shared: &'a Shared,
}

impl Read for Patient<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        loop {
            match (&mut &*self.stream).read(bytes) {
                Err(error) if is_impatient(&error) => {
                    if self.shared.stopped.load(Ordering::SeqCst) {
                        return Ok(0);
                    }
                }
                read => return read,
            }
        }
    }
}

fn is_impatient(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}
