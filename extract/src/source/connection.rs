//! One connection to the server, with a second handle on its socket.
//!
//! In: an endpoint. Out: an authenticated connection, or the diagnosis of why there is none. The second handle exists
//! because the driver reads a result to its end before it lets go: shutting the socket down is the only way to stop at once.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use mysql::{Conn, OptsBuilder};
use shared::socket::{self, KeptSocket};

use super::NO_USER;
use super::cause::Cause;
use super::error::SourceError;
use super::tls::DriverTls;
use crate::args::SslMode;
use crate::plan::{Address, Endpoint};

/// A host that does not answer by then is not there.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Below the idle limits of firewalls and cloud balancers, which start at some minutes.
const KEEPALIVE: Duration = Duration::from_secs(60);

/// Longest answer that is accepted: the protocol's own limit for one value.
const MAX_PACKET_BYTES: usize = 1 << 30;

/// An open connection.
pub struct Source {
    /// The connection itself.
    pub conn: Conn,
    /// Ends it from another thread.
    pub abort: Abort,
}

/// Ends a connection at once, from any thread: whoever reads from it gets an error, and nothing is drained.
#[derive(Clone)]
pub struct Abort(Option<Arc<KeptSocket>>);

impl Abort {
    /// Shuts the connection's socket down.
    pub fn now(&self) {
        if let Some(socket) = &self.0 {
            socket.shut_down();
        }
    }
}

impl Source {
    /// Connects and authenticates.
    ///
    /// # Errors
    /// The diagnosis of why there is no connection.
    pub fn connect(endpoint: &Endpoint) -> Result<Self, SourceError> {
        let tls = DriverTls::of(&endpoint.tls)?;
        let conn = open(endpoint, &tls).map_err(|error| diagnose(endpoint, error))?;
        // Its own socket: with several readers there are others to the same server.
        let kept = socket::keep(&conn);
        if kept.is_none() {
            tracing::warn!("the connection's socket cannot be held: stopping may take longer");
        }
        Ok(Self { conn, abort: Abort(kept.map(Arc::new)) })
    }
}

/// The driver gives up when the first of a host's addresses refuses, unless it binds to an address family first.
fn open(endpoint: &Endpoint, tls: &DriverTls) -> mysql::Result<Conn> {
    let first = Conn::new(options(endpoint, tls));
    let Err(error) = first else { return first };
    let several = match &endpoint.address {
        Address::Tcp { host, port } => (host.as_str(), *port).to_socket_addrs().is_ok_and(|found| found.count() > 1),
        Address::Socket(_) => false,
    };
    if !several || !is_unreachable(&error) {
        return Err(error);
    }
    let any: [SocketAddr; 2] = [([0, 0, 0, 0], 0).into(), ([0_u16; 8], 0).into()];
    any.into_iter().find_map(|any| Conn::new(options(endpoint, tls).bind_address(Some(any))).ok()).ok_or(error)
}

fn options(endpoint: &Endpoint, tls: &DriverTls) -> OptsBuilder {
    let keepalive_ms = u32::try_from(KEEPALIVE.as_millis()).unwrap_or(u32::MAX);
    let options = OptsBuilder::new()
        .user(endpoint.user.as_deref())
        .pass(endpoint.password.as_ref().map(|password| password.expose()))
        // Else the driver swaps our connection for one over a socket path that the server names.
        .prefer_socket(false)
        .tcp_connect_timeout(Some(CONNECT_TIMEOUT))
        .tcp_keepalive_time_ms(Some(keepalive_ms))
        .read_timeout(Some(endpoint.read_timeout))
        .write_timeout(Some(endpoint.read_timeout))
        .max_allowed_packet(Some(MAX_PACKET_BYTES))
        .ssl_opts(tls.options.clone());
    match &endpoint.address {
        Address::Tcp { host, port } => options.ip_or_hostname(Some(host.as_str())).tcp_port(*port),
        Address::Socket(path) => options.socket(Some(path.to_string_lossy())),
    }
}

fn is_unreachable(error: &mysql::Error) -> bool {
    use mysql::{DriverError, Error};
    matches!(error, Error::DriverError(DriverError::ConnectTimeout | DriverError::CouldNotConnect(_)))
}

fn diagnose(endpoint: &Endpoint, error: mysql::Error) -> SourceError {
    use mysql::{DriverError, Error};
    let address = endpoint.address.to_string();
    let tls = &endpoint.tls;
    match &error {
        Error::DriverError(DriverError::TlsNotSupported) => {
            return SourceError::TlsNotOffered { address, ssl_mode: tls.mode.to_string() };
        }
        Error::DriverError(DriverError::UnknownAuthPlugin(plugin)) => {
            return SourceError::UnknownPlugin { address, plugin: plugin.clone() };
        }
        Error::DriverError(DriverError::CleartextPluginDisabled) => {
            return SourceError::UnknownPlugin { address, plugin: "mysql_clear_password".into() };
        }
        Error::DriverError(DriverError::OldMysqlPasswordDisabled) => {
            return SourceError::UnknownPlugin { address, plugin: "mysql_old_password".into() };
        }
        _ => {}
    }
    let unreachable = is_unreachable(&error);
    let source = Cause::from(error);
    match source.code() {
        // Access denied: by password, by plugin, without a password.
        Some(1045 | 1698 | 1862 | 1820 | 3118) => SourceError::AccessDenied {
            address,
            user: endpoint.user.clone().unwrap_or_else(|| NO_USER.into()),
            with_password: endpoint.password.is_some(),
            encrypted: tls.mode != SslMode::Disabled,
            with_certificate: tls.identity.is_some(),
            source,
        },
        Some(3159) => SourceError::TlsRequired { address, source },
        // Too many connections, shutdown in progress, host not allowed or blocked, user limit.
        Some(1040 | 1053 | 1129 | 1130 | 1203 | 1226) => SourceError::NotServed { address, source },
        Some(_) => SourceError::Refused { action: "open a session", source },
        None => match source {
            Cause::Tls { failure, .. } => SourceError::Tls {
                what: format!("{} (--ssl-mode {})", failure.describe(&address), tls.mode),
                hint: failure.hint(tls, &address),
                source,
            },
            // Once the connection stands, an error of the network is its loss.
            Cause::Io(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                SourceError::Mute { address, read_timeout: endpoint.read_timeout }
            }
            Cause::Io(error) if error.kind() == io::ErrorKind::InvalidData => {
                SourceError::Garbled { table: "the table".into(), rows: 0, detail: error.to_string() }
            }
            Cause::Io(_) => SourceError::Dropped { address, source },
            _ if unreachable => SourceError::Unreachable { address, source },
            _ => SourceError::Refused { action: "open a session", source },
        },
    }
}
