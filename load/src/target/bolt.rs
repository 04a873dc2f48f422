//! The target over Bolt, with the driver `neo4rs`.
//!
//! In: an endpoint. Out: one connection a sink, never shared. What we know of this driver (its version is pinned): its own
//! `run` and `execute` repeat a statement whose answer was lost, so only transactions are used; its connect limit is also
//! the limit of every answer, so connecting is timed here; a failed transaction stays open on the server until its
//! connection is used again, hence one connection a sink and [`GraphSink::release`]; it leaves Nagle's algorithm on.

mod decode;
mod encode;

use std::collections::HashMap;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use neo4rs::{BoltList, BoltMap, BoltString, BoltType, ConfigBuilder, Error, Graph, Query, Txn};
use tokio::time::timeout;

use super::cypher::MARK;
use super::endpoint::Endpoint;
use super::failure::{Class, Failure};
use super::retry::Patience;
use super::sink::{Counts, GraphSink, GraphTxn, Statement};
use super::tls::TlsFailure;
use super::value::Record;

/// Limit of every answer. A batch takes a second or so; only a server that is gone, or one that waits for a lock of a
/// client that is gone, takes minutes.
const ANSWER_LIMIT: Duration = Duration::from_secs(600);
/// Limit of opening a transaction, connecting and TLS included.
const BEGIN_LIMIT: Duration = Duration::from_secs(30);
/// Limit of rolling back after a failure; what is still open then falls with its connection.
const RELEASE_LIMIT: Duration = Duration::from_secs(10);
/// Records asked for at a time: the most that is held in memory of an answer.
const FETCH_RECORDS: usize = 2_000;

/// A connection of its own.
pub struct BoltSink {
    graph: Graph,
    peers: Vec<SocketAddr>,
    encoding_nanos: Arc<AtomicU64>,
    /// Whether transactions can be marked (see [`MARK`]).
    can_mark: Arc<AtomicBool>,
    patience: Patience,
}

impl BoltSink {
    /// A sink for the endpoint; nothing connects before the first transaction. `routed` false goes to the very server of
    /// the address.
    ///
    /// # Errors
    /// When the driver refuses the settings (a file of certificate authorities, for example).
    pub fn new(endpoint: &Endpoint, routed: bool) -> Result<Self, Failure> {
        let mut config = ConfigBuilder::default()
            .uri(endpoint.uri(routed))
            .user(endpoint.user.as_str())
            .password(endpoint.password.expose())
            .max_connections(1)
            .fetch_size(FETCH_RECORDS)
            .connection_timeout(ANSWER_LIMIT)
            .tcp_keepalive(Duration::from_secs(30));
        if let Some(database) = &endpoint.database {
            config = config.db(database.as_str());
        }
        if let Some(ca) = &endpoint.ca {
            config = config.with_client_certificate(ca);
        }
        let graph = config.build().and_then(Graph::connect).map_err(|error| match error {
            // Nothing connects here: what can be lacking are the files of certificate authorities.
            Error::IOError { detail } if endpoint.ca.is_none() => {
                Failure::new(Class::Tls(TlsFailure::NoAuthorities), detail.to_string())
            }
            error => failure(&error),
        })?;
        Ok(Self {
            graph,
            peers: endpoint.socket_addresses(),
            encoding_nanos: Arc::default(),
            can_mark: Arc::new(AtomicBool::new(true)),
            patience: endpoint.patience,
        })
    }

    /// Addresses of cluster members, as `host:port`, beside the endpoint's own.
    pub fn add_peers<'a>(&mut self, members: impl IntoIterator<Item = &'a str>) {
        for member in members {
            self.peers.extend(member.to_socket_addrs().into_iter().flatten());
        }
        self.peers.sort_unstable();
        self.peers.dedup();
    }

    /// A batch of some hundred kilobytes would wait 40 ms for an acknowledgement. The driver may have opened a new
    /// connection at any time, so this is done for every transaction; it takes microseconds.
    fn send_at_once(&self) {
        for peer in &self.peers {
            if let Err(error) = shared::socket::set_nodelay_to_peer(*peer) {
                tracing::debug!(%error, "TCP_NODELAY could not be set");
            }
        }
    }
}

impl GraphSink for BoltSink {
    type Txn = BoltTxn;

    fn patience(&self) -> Patience {
        self.patience
    }

    async fn begin(&mut self) -> Result<BoltTxn, Failure> {
        let txn = timeout(BEGIN_LIMIT, self.graph.start_txn())
            .await
            .map_err(|_| Failure::timed_out("the opening of a transaction", BEGIN_LIMIT))?
            .map_err(|error| failure(&error))?;
        self.send_at_once();
        let (encoding_nanos, can_mark) = (Arc::clone(&self.encoding_nanos), Arc::clone(&self.can_mark));
        Ok(BoltTxn { txn, encoding_nanos, can_mark })
    }

    async fn autocommit(&mut self, statement: Statement) -> Result<Counts, Failure> {
        self.graph.run(query(statement)).await.map_err(|error| failure(&error))?;
        Ok(Counts::default())
    }

    fn encoding_time(&self) -> Duration {
        Duration::from_nanos(self.encoding_nanos.load(Ordering::Relaxed))
    }

    async fn release(&mut self) {
        let rollback = async {
            if let Ok(txn) = self.graph.start_txn().await {
                drop(txn.rollback().await);
            }
        };
        drop(timeout(RELEASE_LIMIT, rollback).await);
    }
}

/// An open transaction.
pub struct BoltTxn {
    txn: Txn,
    encoding_nanos: Arc<AtomicU64>,
    can_mark: Arc<AtomicBool>,
}

impl BoltTxn {
    fn query(&self, mut statement: Statement) -> Query {
        let began = Instant::now();
        if !self.can_mark.load(Ordering::Relaxed)
            && let Some(rest) = statement.text.strip_prefix(MARK)
        {
            statement.text = rest.into();
        }
        let query = query(statement);
        let nanos = u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.encoding_nanos.fetch_add(nanos, Ordering::Relaxed);
        query
    }

    /// The failure of a statement.
    fn failed(&self, error: &Error) -> Failure {
        let failure = failure(error);
        if failure.says(&["Terminated"]) {
            self.can_mark.store(false, Ordering::Relaxed);
        }
        failure
    }
}

impl GraphTxn for BoltTxn {
    async fn run(&mut self, statement: Statement) -> Result<Counts, Failure> {
        let query = self.query(statement);
        let summary = self.txn.run(query).await.map_err(|error| self.failed(&error))?;
        Ok(counts(summary.stats()))
    }

    async fn stream(
        &mut self,
        statement: Statement,
        on_record: &mut (dyn FnMut(Record) + Send),
    ) -> Result<Counts, Failure> {
        let query = self.query(statement);
        let mut rows = self.txn.execute(query).await.map_err(|error| self.failed(&error))?;
        while let Some(row) = rows.next(self.txn.handle()).await.map_err(|error| self.failed(&error))? {
            on_record(decode::record(&row)?);
        }
        let summary = rows.finish(self.txn.handle()).await.map_err(|error| self.failed(&error))?;
        Ok(counts(summary.stats()))
    }

    async fn commit(self) -> Result<(), Failure> {
        self.txn.commit().await.map(drop).map_err(|error| failure(&error))
    }

    async fn rollback(self) -> Result<(), Failure> {
        self.txn.rollback().await.map_err(|error| failure(&error))
    }
}

fn query(statement: Statement) -> Query {
    let mut query = Query::new(statement.text.to_string());
    for (name, value) in statement.parameters {
        query = query.param(name, encode::value(value));
    }
    let rows = statement.rows.map(|rows| ("rows", encode::rows(&rows)));
    let lists = statement.lists.into_iter().map(|(name, list)| (name, encode::value(list))).chain(rows);
    let lists: HashMap<BoltString, BoltType> = lists.map(|(name, list)| (BoltString::new(name), list)).collect();
    if !lists.is_empty() {
        query = query.param("lists", BoltType::Map(BoltMap { value: lists }));
    }
    if let Some(rows) = statement.named_rows {
        query = query.param("rows", encode::named_rows(&rows));
    }
    query
}

fn counts(stats: &neo4rs::summary::Counters) -> Counts {
    Counts {
        nodes_created: stats.nodes_created,
        nodes_deleted: stats.nodes_deleted,
        relationships_created: stats.relationships_created,
        relationships_deleted: stats.relationships_deleted,
        schema_changes: stats.constraints_added
            + stats.constraints_removed
            + stats.indexes_added
            + stats.indexes_removed,
    }
}

fn failure(error: &Error) -> Failure {
    let message = error.to_string();
    match error {
        Error::Neo4j(answer) => Failure::from_server(answer.code(), answer.message()),
        Error::ConnectionClosed(_) => Failure::new(Class::Connection, message),
        Error::AuthenticationError(answer) => Failure::new(Class::Login, answer.clone()),
        Error::RoutingTableError((code, text)) => Failure::from_server(code, text),
        Error::ProtocolMismatch(_) | Error::UnsupportedVersion(..) => Failure::new(Class::NotNeo4j, message),
        Error::IOError { detail } => match TlsFailure::of(detail) {
            Some(reason) => Failure::new(Class::Tls(reason), detail.to_string()),
            None => Failure {
                hung_up: detail.kind() == io::ErrorKind::UnexpectedEof,
                ..Failure::new(Class::Connection, detail.to_string())
            },
        },
        Error::InvalidDnsName(_) | Error::UrlParseError(_) | Error::UnsupportedScheme(_) | Error::InvalidConfig => {
            Failure::new(Class::Refused, message)
        }
        Error::StringTooLong | Error::MapTooBig | Error::BytesTooBig | Error::ListTooLong => {
            Failure::new(Class::TooLarge, message)
        }
        // Whatever else happens between BEGIN and the answer leaves the connection in doubt.
        _ => Failure::new(Class::Connection, message),
    }
}

/// A list without the copy that the driver's own conversion of vectors makes.
fn list(values: Vec<BoltType>) -> BoltType {
    BoltType::List(BoltList { value: values })
}

fn text(value: String) -> BoltType {
    BoltType::String(BoltString { value })
}
