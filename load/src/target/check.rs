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
use super::retry::{Patience, repeat};
use super::sink::{GraphSink, GraphTxn, Statement, update};
use super::value::{Record, Value};
use crate::run::RunRecord;

/// Limit of the first contact, name resolution and TLS included.
const CONTACT_LIMIT: Duration = Duration::from_secs(20);

/// How often the state of indexes is asked for; an empty one is built in some ten milliseconds.
const INDEX_INTERVAL: Duration = Duration::from_millis(50);

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
    let at_contact = |failure| TargetError::at_first_contact(endpoint.uri(endpoint.routed), &endpoint.user, failure);
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
        let records = update(&mut direct, Statement::new(cypher::MEMBERS)).await;
        let records = records.map_err(|failure| TargetError::during("name the members of its cluster", failure))?;
        members = records.iter().map(|record| text(record, 0)).collect();
    }
    Ok(Server { version: text(&server, 0), edition: text(&server, 1), database: text(&database, 0), members })
}

/// A working connection.
///
/// # Errors
/// When the driver refuses the settings.
pub fn connect(endpoint: &Endpoint, server: &Server) -> Result<BoltSink, TargetError> {
    let mut sink = BoltSink::new(endpoint, endpoint.routed)
        .map_err(|failure| TargetError::at_first_contact(endpoint.uri(endpoint.routed), &endpoint.user, failure))?;
    sink.add_peers(server.members.iter().map(String::as_str));
    Ok(sink)
}

/// The runs that the database knows, the one done last at the end.
///
/// # Errors
/// When they cannot be read.
pub async fn runs<S: GraphSink>(sink: &mut S) -> Result<Vec<RunRecord>, TargetError> {
    let records =
        repeat(sink, Patience::default(), async |sink| update(sink, Statement::new(cypher::RUNS)).await).await;
    let records = records.map_err(|failure| TargetError::during("tell its runs", failure))?;
    Ok(records.iter().map(RunRecord::from_record).collect())
}

/// Makes sure of the constraints of run and ledger.
///
/// # Errors
/// When the user may not create constraints, or something stands in the way.
pub async fn create_ledger_schema<S: GraphSink>(sink: &mut S) -> Result<(), TargetError> {
    for text in cypher::CREATE_LEDGER_SCHEMA {
        // Two loads that start at the same moment may meet in a deadlock here.
        let created = repeat(sink, Patience::default(), async |sink| update(sink, Statement::new(text)).await).await;
        created.map_err(|failure| TargetError::during("create constraints", failure))?;
    }
    await_indexes(sink).await
}

/// Waits until all indexes are built.
///
/// # Errors
/// When the target is lost, or an index could not be built.
pub async fn await_indexes<S: GraphSink>(sink: &mut S) -> Result<(), TargetError> {
    loop {
        let states =
            repeat(sink, Patience::default(), async |sink| update(sink, Statement::new(cypher::INDEX_STATES)).await)
                .await;
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
