//! The first contact: is the target there, may we in, and what does it hold?
//!
//! In: an endpoint. Out: server, database and the runs it knows, read over connections that are thrown away, because
//! staging may take long and idle connections are dropped on the way. Nothing is written, except that
//! [`create_ledger_schema`] makes sure of the constraints of run and ledger, which shows whether we may create any.

use tokio::time::{Duration, sleep, timeout};

use super::bolt::BoltSink;
use super::cypher;
use super::endpoint::Endpoint;
use super::error::TargetError;
use super::failure::{Class, Failure};
use super::retry::repeat;
use super::sink::{GraphSink, GraphTxn, Statement, update};
use super::value::{Record, Value};
use crate::run::RunRecord;

/// Limit of the first contact, name resolution and TLS included.
const CONTACT_LIMIT: Duration = Duration::from_secs(20);

/// How often the state of indexes is asked for; an empty one is built in some ten milliseconds.
const INDEX_INTERVAL: Duration = Duration::from_millis(50);

/// How often, and how many times, an index that stands in the way of its own constraint is waited for.
const LEFT_INDEX_PAUSE: Duration = Duration::from_millis(250);
const LEFT_INDEX_PAUSES: u32 = 40;

/// What the target is.
#[derive(Debug, Clone)]
pub struct Server {
    /// For example `5.26.16`.
    pub version: String,
    /// `community` or `enterprise`; Aura calls itself the latter.
    pub edition: String,
    /// Name of the database.
    pub database: String,
    /// Addresses of a cluster's members.
    pub members: Vec<String>,
}

impl Server {
    /// Whether key and existence constraints exist.
    pub fn has_key_constraints(&self) -> bool {
        self.edition != "community"
    }
}

/// Looks at the target.
///
/// # Errors
/// When it cannot be reached, does not let us in, or has no such database.
pub async fn look(endpoint: &Endpoint) -> Result<Server, TargetError> {
    let at_contact = |failure| TargetError::at_first_contact(endpoint, failure);
    // Straight to the server of the address: routing would hide why it failed.
    let mut direct = BoltSink::new(endpoint, false).map_err(at_contact)?;
    let contact = async {
        let mut txn = direct.begin().await?;
        let server = single(txn.fetch(Statement::new(cypher::SERVER)).await?);
        let database = single(txn.fetch(Statement::new(cypher::DATABASE)).await?);
        txn.rollback().await?;
        Ok((server, database))
    };
    let (server, database) = timeout(CONTACT_LIMIT, contact)
        .await
        .unwrap_or_else(|_| Err(Failure::timed_out("the first contact", CONTACT_LIMIT)))
        .map_err(at_contact)?;
    let text =
        |record: &Record, index: usize| record.get(index).and_then(Value::as_text).unwrap_or_default().to_owned();
    let mut members = Vec::new();
    if endpoint.routed {
        let statement = Statement::new(cypher::MEMBERS)
            .with("database", endpoint.database.as_deref())
            .with("address", format!("{}:{}", endpoint.host, endpoint.port));
        let asked = repeat(&mut direct, async |sink| update(sink, statement.clone()).await).await;
        let records = asked.map_err(|failure| TargetError::during("name the members of its cluster", failure))?;
        members = records.iter().map(|record| text(record, 0)).collect();
        check_routing(endpoint, &members).await?;
    }
    Ok(Server { version: text(&server, 0), edition: text(&server, 1), database: text(&database, 0), members })
}

/// Whether writers come where the routing table sends them. The driver does not say why not, so each member is asked.
async fn check_routing(endpoint: &Endpoint, members: &[String]) -> Result<(), TargetError> {
    let mut routed =
        BoltSink::new(endpoint, true).map_err(|failure| TargetError::at_first_contact(endpoint, failure))?;
    let Err(failure) = greet(&mut routed).await else { return Ok(()) };
    for member in members {
        let there = endpoint.at(member);
        let greeting = match BoltSink::new(&there, false) {
            Ok(mut direct) => greet(&mut direct).await,
            Err(failure) => Err(failure),
        };
        if let Err(failure) = greeting {
            return Err(TargetError::Member {
                address: endpoint.uri(true),
                member: member.clone(),
                source: Box::new(TargetError::at_first_contact(&there, failure)),
            });
        }
    }
    Err(TargetError::at_first_contact(endpoint, failure))
}

/// A connection that can write, used for nothing.
async fn greet(sink: &mut BoltSink) -> Result<(), Failure> {
    let greeting = async { sink.begin().await?.rollback().await };
    timeout(CONTACT_LIMIT, greeting)
        .await
        .unwrap_or_else(|_| Err(Failure::timed_out("the first contact", CONTACT_LIMIT)))
}

/// A working connection.
///
/// # Errors
/// When the driver refuses the settings.
pub fn connect(endpoint: &Endpoint, server: &Server) -> Result<BoltSink, TargetError> {
    let mut sink =
        BoltSink::new(endpoint, endpoint.routed).map_err(|failure| TargetError::at_first_contact(endpoint, failure))?;
    sink.add_peers(server.members.iter().map(String::as_str));
    Ok(sink)
}

/// The runs that the database knows, the one done last at the end.
///
/// # Errors
/// When they cannot be read.
pub async fn runs<S: GraphSink>(sink: &mut S) -> Result<Vec<RunRecord>, TargetError> {
    let records = repeat(sink, async |sink| update(sink, Statement::new(cypher::RUNS)).await).await;
    let records = records.map_err(|failure| TargetError::during("tell its runs", failure))?;
    Ok(records.iter().map(RunRecord::from_record).collect())
}

/// Makes sure of the constraints of run and ledger.
///
/// # Errors
/// When the user may not create constraints, or something stands in the way.
pub async fn create_ledger_schema<S: GraphSink>(sink: &mut S) -> Result<(), TargetError> {
    let names = [cypher::SLOT_CONSTRAINT, cypher::BATCH_CONSTRAINT];
    for (name, text) in names.into_iter().zip(cypher::CREATE_LEDGER_SCHEMA) {
        // Two loads that start at the same moment may meet in a deadlock here.
        let created = create_constraint(sink, name, text).await;
        created.map_err(|failure| TargetError::during("create constraints", failure))?;
    }
    await_indexes(sink).await
}

/// Creates a constraint, also where a connection that was lost in the middle left its index behind: the server makes the
/// index first, and until somebody else drops that, it stands in the way of the constraint itself (seen on 5.26).
///
/// # Errors
/// As the driver says.
pub async fn create_constraint<S: GraphSink>(sink: &mut S, name: &str, text: &str) -> Result<(), Failure> {
    let mut pauses = 0;
    loop {
        let created = repeat(sink, async |sink| update(sink, Statement::new(text)).await).await;
        match created {
            Ok(_) => return Ok(()),
            Err(failure) if pauses < LEFT_INDEX_PAUSES && failure.says(cypher::INDEX_IN_THE_WAY) => {
                pauses += 1;
                sleep(LEFT_INDEX_PAUSE).await;
                // The server may still be at it. An index that a constraint owns stays.
                if pauses >= LEFT_INDEX_PAUSES / 2 {
                    drop_left_index(sink, name).await?;
                }
            }
            Err(failure) => return Err(failure),
        }
    }
}

async fn drop_left_index<S: GraphSink>(sink: &mut S, name: &str) -> Result<(), Failure> {
    let indexes = repeat(sink, async |sink| update(sink, Statement::new(cypher::INDEXES)).await).await?;
    let is_left = |index: &Record| {
        index.first().and_then(Value::as_text) == Some(name) && matches!(index.get(4), None | Some(Value::Null))
    };
    if indexes.iter().any(is_left) {
        let text = cypher::drop_index(name);
        repeat(sink, async |sink| update(sink, Statement::new(text.as_str())).await).await?;
    }
    Ok(())
}

/// Waits until all indexes are built.
///
/// # Errors
/// When the target is lost, or an index could not be built.
pub async fn await_indexes<S: GraphSink>(sink: &mut S) -> Result<(), TargetError> {
    loop {
        let states = repeat(sink, async |sink| update(sink, Statement::new(cypher::INDEX_STATES)).await).await;
        let states = states.map_err(|failure| TargetError::during("tell the state of its indexes", failure))?;
        let in_state =
            |wanted: &str| states.iter().find(|record| record.get(1).and_then(Value::as_text) == Some(wanted));
        if let Some(failed) = in_state("FAILED") {
            let name = failed.first().and_then(Value::as_text).unwrap_or_default();
            let failure = Failure::new(Class::SchemaConflict, format!("index {name} is in state FAILED"));
            return Err(TargetError::during("build its indexes", failure));
        }
        if in_state("POPULATING").is_none() {
            return Ok(());
        }
        sleep(INDEX_INTERVAL).await;
    }
}

fn single(records: Vec<Record>) -> Record {
    records.into_iter().next().unwrap_or_default()
}
