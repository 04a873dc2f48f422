//! The vocabulary of faults: on which connection, at which place of the server's stream, what happens.
//! In: nothing. Out: values that tests combine and that a random run draws. Nothing here knows a protocol.

use std::time::Duration;

use super::bolt::Kind;

/// One fault. It happens once on each connection that it is for; with [`On::Any`], once in all.
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
    /// Whichever comes to the place first. Requests are counted over all connections.
    Any,
}

/// A request of a client, by its number among its like. Only of Bolt, whose requests the proxy can tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request {
    /// What it is.
    pub kind: Kind,
    /// Words of its statement or, where it has none, of the last one on its connection.
    pub of: Option<&'static str>,
    /// Counted from 1.
    pub number: u64,
}

impl Request {
    /// The request with this number of its kind.
    pub fn nth(kind: Kind, number: u64) -> Self {
        Self { kind, of: None, number }
    }

    /// The request with this number among those of its kind about such a statement.
    pub fn of(kind: Kind, words: &'static str, number: u64) -> Self {
        Self { kind, of: Some(words), number }
    }
}

/// Where in the stream from server to client, or around which request. An answer is what the server sends after one request.
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
    /// Before the request is passed on: the server never sees it.
    Before(Request),
    /// In the middle of the request: the server sees half of it.
    Inside(Request),
    /// As soon as the request is passed on: the server has only begun with it.
    Behind(Request),
    /// Before the answer to it is passed on: the server has done what it was asked for.
    BeforeAnswer(Request),
    /// In the middle of the answer's first frame.
    InsideAnswer(Request),
    /// When the answer is passed on.
    AfterAnswer(Request),
}

impl At {
    /// The request that it is about.
    pub fn request(self) -> Option<Request> {
        match self {
            Self::Before(request)
            | Self::Inside(request)
            | Self::Behind(request)
            | Self::BeforeAnswer(request)
            | Self::InsideAnswer(request)
            | Self::AfterAnswer(request) => Some(request),
            Self::Byte(_)
            | Self::Frame(_)
            | Self::InsideFrame(_)
            | Self::Row(_)
            | Self::InsideRow(_)
            | Self::LastFrame
            | Self::InsideLastFrame => None,
        }
    }
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
    /// Instead of the answer the server seems to say this (a code of Neo4j's), and to ignore the rest up to a reset.
    Fail(&'static str),
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

    /// A fault on whichever connection comes to the place first.
    pub fn any(at: At, action: Action) -> Self {
        Self { on: On::Any, at, action }
    }

    /// Whether it is for this connection.
    pub fn is_for(&self, number: usize) -> bool {
        match self.on {
            On::Connection(wanted) => wanted == number,
            On::Every | On::Any => true,
        }
    }
}
