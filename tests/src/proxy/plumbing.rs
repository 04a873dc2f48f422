//! One connection through the proxy: two threads, one a direction, and the faults on both ways.
//! In: a client that has connected. Out: nothing; both sides are closed when either is. Bytes are passed on as they came, but
//! for what a fault says.

use std::io::{self, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::Shared;
use super::fault::{Action, At, Fault};
use super::framing::{Answer, Framing, LONG_ANSWER};
use super::marks::{Asked, Mark};
use super::outlet::Outlet;

/// How often something held looks whether it may go on.
const LOOK_INTERVAL: Duration = Duration::from_millis(2);

/// How long a read or write waits before it looks whether the proxy has been stopped.
const PATIENCE: Duration = Duration::from_millis(100);

pub(super) struct Connection {
    pub(super) number: usize,
    pub(super) client: TcpStream,
    server: TcpStream,
    framing: Framing,
    pub(super) shared: Arc<Shared>,
    /// Requests without an answer so far. Of Bolt only.
    pub(super) asked: Mutex<Asked>,
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
        Ok(Arc::new(Self {
            number,
            client,
            server,
            framing,
            shared,
            asked: Mutex::default(),
            requests: AtomicU64::new(0),
            client_gone: AtomicBool::new(false),
            reset: AtomicBool::new(false),
        }))
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

    /// Ends the connection as a fault.
    pub(super) fn end(&self, with_reset: bool) -> io::Result<()> {
        if with_reset {
            // Closed with this set, a socket sends a reset.
            rustix::net::sockopt::set_socket_linger(&self.client, Some(Duration::ZERO))?;
            self.reset.store(true, Ordering::SeqCst);
        }
        self.close();
        Err(io::ErrorKind::ConnectionAborted.into())
    }

    /// Lets nothing pass for so long, or until the proxy is told to release it.
    pub(super) fn hold(&self, time: Option<Duration>) -> io::Result<()> {
        let since = Instant::now();
        while !self.shared.released.load(Ordering::SeqCst) && time.is_none_or(|time| since.elapsed() < time) {
            if self.is_over() {
                return Err(io::ErrorKind::ConnectionAborted.into());
            }
            thread::sleep(LOOK_INTERVAL);
        }
        Ok(())
    }

    fn pass_requests(&self) -> io::Result<()> {
        let mut client = BufReader::new(Patient { stream: &self.client, shared: &self.shared });
        let mut server = Patient { stream: &self.server, shared: &self.shared };
        let mut frames = self.framing.of_requests();
        while let Some(frame) = frames.next(&mut client)? {
            let is_first = self.requests.fetch_add(1, Ordering::SeqCst) == 0;
            self.shared.note_request(self.number, &frame);
            let marks = if self.framing == Framing::Bolt { self.mark(&frame, is_first) } else { Vec::new() };
            self.meet(&marks, |at| matches!(at, At::Before(_)))?;
            let (first, rest) = frame.split_at(frame.len() / 2);
            server.write_all(first)?;
            self.meet(&marks, |at| matches!(at, At::Inside(_)))?;
            server.write_all(rest)?;
            self.meet(&marks, |at| matches!(at, At::Behind(_)))?;
        }
        Ok(())
    }

    /// Lets those faults of a request happen that lie in this place before its answer.
    fn meet(&self, marks: &[Mark], is_here: impl Fn(At) -> bool) -> io::Result<()> {
        for mark in marks.iter().filter(|mark| is_here(mark.at)) {
            self.shared.fired.fetch_add(1, Ordering::SeqCst);
            match mark.action {
                Action::Cut => self.end(false)?,
                Action::Reset => self.end(true)?,
                Action::Hold(time) => self.hold(Some(time))?,
                Action::HoldForEver => self.hold(None)?,
                Action::Slow { .. } | Action::Garble { .. } | Action::Fail(_) => {
                    panic!("{:?} is for answers", mark.action)
                }
            }
        }
        Ok(())
    }

    fn pass_answers(&self) -> io::Result<()> {
        let mut server = BufReader::with_capacity(64 * 1024, Patient { stream: &self.server, shared: &self.shared });
        let mut outlet = Outlet::new(self);
        let mut frames = self.framing.of_answers();
        let faults = self.shared.faults.iter().enumerate();
        let mut faults: Vec<(usize, Fault)> =
            faults.filter(|(_, fault)| fault.is_for(self.number)).map(|(index, fault)| (index, *fault)).collect();
        let (mut request, mut frame_number, mut bytes) = (0, 0, 0);
        let (mut answer, mut rows) = (Answer::default(), 0);
        while let Some(mut frame) = frames.next(&mut server)? {
            let current = self.requests.load(Ordering::SeqCst);
            if current != request {
                (request, frame_number, answer) = (current, 0, Answer::default());
            }
            let row = answer.takes_row(self.framing, &frame).then_some(rows);
            rows += u64::from(row.is_some());
            self.shared.note_answer(self.number, &frame);
            let is_last = frame_number > LONG_ANSWER && self.framing.ends_answer(&frame);
            let place = Place { bytes, frame_number, row, length: frame.len(), is_last };
            let mut due = if self.framing == Framing::Bolt { self.due(&mut frame) } else { Vec::new() };
            faults.retain(|(index, fault)| match place.offset(fault.at) {
                Some(offset) => {
                    due.extend(self.shared.claims(*index).then_some((offset, fault.action)));
                    false
                }
                None => true,
            });
            due.sort_by_key(|(offset, _)| *offset);
            bytes += place.length as u64;
            frame_number += 1;
            let mut passed = 0;
            for (offset, action) in due {
                let offset = offset.min(frame.len()).max(passed);
                if let Action::Garble { byte } = action {
                    let byte = byte.min(frame.len() - 1).max(passed);
                    frame[byte] ^= 0x55;
                } else {
                    outlet.pass(&frame[passed..offset])?;
                    passed = offset;
                }
                self.shared.fired.fetch_add(1, Ordering::SeqCst);
                outlet.act(action)?;
            }
            outlet.pass(&frame[passed..])?;
            if server.buffer().is_empty() {
                outlet.flush()?;
            }
        }
        outlet.flush()
    }

    pub(super) fn is_over(&self) -> bool {
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
            // Met by request, not by place.
            At::Before(_)
            | At::Inside(_)
            | At::Behind(_)
            | At::BeforeAnswer(_)
            | At::InsideAnswer(_)
            | At::AfterAnswer(_) => None,
        }
    }
}

/// A stream whose reads and writes wait until there is something, the end, or a stopped proxy.
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

impl Write for Patient<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            match (&mut &*self.stream).write(bytes) {
                Err(error) if is_impatient(&error) && !self.shared.stopped.load(Ordering::SeqCst) => {}
                written => return written,
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub(super) fn is_impatient(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}
