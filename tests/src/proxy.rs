//! A TCP proxy between a program under test and its server, which knows where the server's messages end and does what it is
//! told at chosen places: cuts, resets, holds, slows and garbles.
//!
//! In: the server's address, its [`Framing`] and a list of [`Fault`]s. Out: an address of its own, and what went through it.
//! A connection without a fault is passed on byte for byte. Dropping the proxy ends all its connections.

mod bolt;
mod fault;
mod framing;
mod marks;
mod outlet;
mod plumbing;
mod recording;

use std::collections::{HashMap, HashSet};
use std::net::{SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

pub use bolt::Kind;
pub use fault::{Action, At, Fault, On, Request};
pub use framing::{Answer, Framing, LONG_ANSWER};
pub use recording::Exchange;

use crate::servers::Environment;
use plumbing::Connection;

/// A proxy that runs until it is dropped.
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

/// What the connections of one proxy have in common.
#[derive(Default)]
struct Shared {
    faults: Vec<Fault>,
    stopped: AtomicBool,
    released: AtomicBool,
    connections: AtomicUsize,
    fired: AtomicUsize,
    /// Requests met so far, by fault and by connection; by fault alone where it is for any.
    met: Mutex<HashMap<(usize, Option<usize>), u64>>,
    /// Faults for any connection that one has come to.
    claimed: Mutex<HashSet<usize>>,
    /// Bytes that the server has sent to the client, over all connections.
    bytes: AtomicU64,
    recording: Option<Mutex<Vec<Exchange>>>,
}

impl Proxy {
    /// A proxy to the server at `upstream`, with faults.
    pub fn start(upstream: impl ToSocketAddrs, framing: Framing, faults: &[Fault]) -> Self {
        Self::with(upstream, framing, Shared { faults: faults.to_vec(), ..Shared::default() })
    }

    /// A proxy without faults that keeps what the first connection says and hears.
    pub fn recording(upstream: impl ToSocketAddrs, framing: Framing) -> Self {
        Self::with(upstream, framing, Shared { recording: Some(Mutex::default()), ..Shared::default() })
    }

    /// A proxy to the MySQL server that `environment` names.
    pub fn to_mysql(environment: &Environment, faults: &[Fault]) -> Self {
        Self::start(mysql_address(environment), Framing::MySql, faults)
    }

    /// A proxy to the Neo4j that `environment` names.
    pub fn to_neo4j(environment: &Environment, faults: &[Fault]) -> Self {
        Self::start(neo4j_address(environment), Framing::Bolt, faults)
    }

    fn with(upstream: impl ToSocketAddrs, framing: Framing, shared: Shared) -> Self {
        let upstream =
            upstream.to_socket_addrs().ok().and_then(|mut found| found.next()).expect("the server's address");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("its own address");
        let shared = Arc::new(shared);
        let accepting = thread::spawn({
            let shared = Arc::clone(&shared);
            move || accept(&listener, upstream, framing, &shared)
        });
        Self { address, shared, accepting: Some(accepting) }
    }

    /// Where clients connect to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The same settings with this proxy in the server's place.
    pub fn mysql_environment(&self, environment: &Environment) -> Environment {
        let mut environment = environment.clone();
        environment.insert("MYSQL_HOST".into(), self.address.ip().to_string());
        environment.insert("MYSQL_PORT".into(), self.address.port().to_string());
        environment
    }

    /// The same settings with this proxy in Neo4j's place.
    pub fn neo4j_environment(&self, environment: &Environment) -> Environment {
        let mut environment = environment.clone();
        environment.insert("NEO4J_URI".into(), format!("bolt://{}", self.address));
        environment
    }

    /// Connections until now.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// Faults that came to their place until now.
    pub fn fired(&self) -> usize {
        self.shared.fired.load(Ordering::SeqCst)
    }

    /// Bytes passed from server to client until now.
    pub fn bytes(&self) -> u64 {
        self.shared.bytes.load(Ordering::SeqCst)
    }

    /// Lets everything go on that is held.
    pub fn release(&self) {
        self.shared.released.store(true, Ordering::SeqCst);
    }

    /// What was said on the first connection of a recording proxy, until now.
    pub fn recorded(&self) -> Vec<Exchange> {
        let recording = self.shared.recording.as_ref().expect("a recording proxy");
        recording.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Host and port of the MySQL server that `environment` names.
pub fn mysql_address(environment: &Environment) -> (String, u16) {
    let port = environment["MYSQL_PORT"].parse().expect("a port");
    (environment["MYSQL_HOST"].clone(), port)
}

/// Host and port of the Neo4j that `environment` names.
fn neo4j_address(environment: &Environment) -> &str {
    environment["NEO4J_URI"].split_once("://").expect("a URI").1
}

fn accept(listener: &TcpListener, upstream: SocketAddr, framing: Framing, shared: &Arc<Shared>) {
    let mut pumps = Vec::new();
    for client in listener.incoming() {
        if shared.stopped.load(Ordering::SeqCst) {
            break;
        }
        let Ok(client) = client else { continue };
        let number = shared.connections.fetch_add(1, Ordering::SeqCst) + 1;
        // A server that is down refuses through the proxy too: the client sees its connection end.
        if let Ok(connection) = Connection::open(number, client, upstream, framing, Arc::clone(shared)) {
            pumps.extend(connection.run());
        }
    }
    for pump in pumps {
        drop(pump.join());
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        // Wakes the thread that accepts.
        drop(TcpStream::connect(self.address));
        if let Some(accepting) = self.accepting.take() {
            drop(accepting.join());
        }
    }
}
