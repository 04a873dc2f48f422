//! The vocabulary of faults: on which connection, at which place of the server's stream, what happens.
//! In: nothing. Out: values that tests combine and that a random run draws. Nothing here knows a protocol.

use std::time::Duration;

/// One fault. It happens once on each connection that it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// The connection.
    pub on: On,
    /// The place.
    pub at: At,
    /// What happens there.
    pub action: Action,
}

/// Which connections, counted from 1 in the order in which they come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    /// This one only, so that a retry meets a good one.
    Connection(usize),
    /// All.
    Every,
}

/// Where in the stream from server to client. An answer is what the server sends after one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// Before this byte, counted from 0 over the whole connection.
    Byte(u64),
    /// Before this frame of an answer, counted from 0: the first answer that has so many.
    Frame(u64),
    /// In the middle of that frame.
    InsideFrame(u64),
    /// Before this row of a table, counted from 0 over the whole connection. Whatever describes the rows is not counted, so that
    /// the place is the same whichever server and protocol sends them.
    Row(u64),
    /// In the middle of that row.
    InsideRow(u64),
    /// Before the frame that ends an answer of many frames.
    LastFrame,
    /// In the middle of that frame.
    InsideLastFrame,
}

/// What happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// The connection is closed in good order, as by a process that ends.
    Cut,
    /// The connection is reset, as by a machine that has forgotten it.
    Reset,
    /// Nothing more comes for so long, or until [`super::Proxy::release`].
    Hold(Duration),
    /// Nothing more comes until [`super::Proxy::release`].
    HoldForEver,
    /// From here on each burst comes so much later, and no more than so many bytes a second.
    Slow {
        /// Added to each burst.
        delay: Duration,
        /// The limit.
        bytes_per_second: u64,
    },
    /// One byte of the frame is another: its place in the frame, header and all.
    Garble {
        /// Counted from 0; the last one where the frame is shorter.
        byte: usize,
    },
}

impl Fault {
    /// A fault on the first connection.
    pub fn first(at: At, action: Action) -> Self {
        Self { on: On::Connection(1), at, action }
    }

    /// A fault on every connection.
    pub fn every(at: At, action: Action) -> Self {
        Self { on: On::Every, at, action }
    }

    /// A fault on the connection with this number.
    pub fn on(number: usize, at: At, action: Action) -> Self {
        Self { on: On::Connection(number), at, action }
    }

    /// Whether it is for this connection.
    pub fn is_for(&self, number: usize) -> bool {
        match self.on {
            On::Connection(wanted) => wanted == number,
            On::Every => true,
        }
    }
}
