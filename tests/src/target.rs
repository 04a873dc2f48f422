//! The Neo4j of a test: Community has one database, so a test holds it alone and finds it empty.
//! In: the address of a server. Out: answers to statements, as JSON. Emptying goes in bounded transactions. A statement is
//! sent once: nothing here repeats a write.

use std::collections::BTreeSet;
use std::fs::File;
use std::ops::Deref;
use std::thread;
use std::time::{Duration, Instant};

use neo4rs::{ConfigBuilder, Graph, Txn, query};
use serde_json::{Map, Value};
use tokio::runtime::Runtime;

use crate::servers::{Environment, SERVERS};

/// A connection of a program that has ended lives no longer than its last statement takes.
const GONE_WITHIN: Duration = Duration::from_secs(60);

/// A record, by column.
pub type Record = Map<String, Value>;

/// A connection to a Neo4j.
pub struct Target {
    graph: Graph,
    runtime: Runtime,
}

impl Target {
    /// Connects by the variables that `load` reads, too.
    pub fn connect(environment: &Environment) -> anyhow::Result<Self> {
        let value = |name: &str| {
            environment
                .get(name)
                .map(String::as_str)
                .ok_or_else(|| anyhow::anyhow!("{name} is not set (scripts/servers env)"))
        };
        let config = ConfigBuilder::default()
            .uri(value("NEO4J_URI")?)
            .user(value("NEO4J_USERNAME")?)
            .password(value("NEO4J_PASSWORD")?)
            .db(value("NEO4J_DATABASE")?)
            .max_connections(1)
            .build()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let graph = runtime.block_on(async { Graph::connect(config) })?;
        Ok(Self { graph, runtime })
    }

    /// Runs a statement in a transaction of its own and returns its records. Dates must be asked for as `toString(date)`.
    pub fn try_ask(&self, statement: &str) -> anyhow::Result<Vec<Record>> {
        self.runtime.block_on(async {
            let mut transaction = self.graph.start_txn().await?;
            let mut rows = transaction.execute(query(statement)).await?;
            let mut records = Vec::new();
            while let Some(row) = rows.next(transaction.handle()).await? {
                records.push(row.to::<Record>()?);
            }
            transaction.commit().await?;
            Ok(records)
        })
    }

    /// Opens a transaction and leaves it open, with the locks that its statements take.
    pub fn begin(&self) -> anyhow::Result<Held<'_>> {
        let transaction = self.runtime.block_on(self.graph.start_txn())?;
        Ok(Held { target: self, transaction })
    }

    /// Deletes all relationships and nodes. Constraints and indexes stay, which makes the next load quicker.
    pub fn empty_of_data(&self) {
        for statement in [
            "MATCH ()-[r]->() WITH r LIMIT 20000 DELETE r RETURN count(*) AS deleted",
            "MATCH (n) WITH n LIMIT 20000 DELETE n RETURN count(*) AS deleted",
        ] {
            while self.number(statement) > 0 {}
        }
    }

    /// Deletes everything: relationships, nodes, constraints, indexes.
    pub fn empty(&self) {
        self.empty_of_data();
        for (show, drop) in [
            ("SHOW CONSTRAINTS YIELD name RETURN name", "DROP CONSTRAINT"),
            ("SHOW INDEXES YIELD name, type WHERE type <> 'LOOKUP' RETURN name", "DROP INDEX"),
        ] {
            for record in self.ask(show) {
                let name = record["name"].as_str().expect("a name");
                self.ask(&format!("{drop} `{name}`"));
            }
        }
    }

    /// The records of a statement.
    pub fn ask(&self, statement: &str) -> Vec<Record> {
        self.try_ask(statement).unwrap_or_else(|error| panic!("{statement}: {error}"))
    }

    /// The only value of a statement with one record of one number.
    pub fn number(&self, statement: &str) -> i64 {
        let records = self.ask(statement);
        let first = records.first().and_then(|record| record.values().next()).and_then(Value::as_i64);
        first.unwrap_or_else(|| panic!("{statement} gave no number but {records:?}"))
    }

    /// Names of the clients' connections that are open now.
    pub fn connections(&self) -> BTreeSet<String> {
        let listed = self.ask("CALL dbms.listConnections() YIELD connectionId RETURN connectionId AS id");
        listed.iter().filter_map(|record| record["id"].as_str().map(str::to_owned)).collect()
    }

    /// Waits until nobody is connected but this client and those of old, and no batch is under way: by then, all that a program
    /// had sent before it was killed is carried out or given up. (A commit goes on when its connection is gone.)
    fn wait_until_others_are_gone(&self, old: &BTreeSet<String>) {
        let own = "SHOW TRANSACTIONS YIELD currentQuery, connectionId WHERE currentQuery CONTAINS 'which is this' \
                   RETURN connectionId AS id";
        let under_way = "SHOW TRANSACTIONS YIELD metaData WHERE metaData.rowgraphRun IS NOT NULL RETURN count(*) AS n";
        let patience = Instant::now() + GONE_WITHIN;
        loop {
            let own = self.ask(own);
            let own = own.iter().filter_map(|record| record["id"].as_str()).collect::<BTreeSet<_>>();
            let others = self.connections();
            let mut others = others.difference(old).filter(|id| !own.contains(id.as_str()));
            if others.next().is_none() && self.number(under_way) == 0 {
                return;
            }
            assert!(Instant::now() < patience, "a program that has ended is still connected");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Rows that the ledger names, once no ended program has a statement under way (connections of `old` are no program's);
    /// `None` where there is no ledger because nothing is being written.
    pub fn rows_applied(&self, old: &BTreeSet<String>) -> Option<i64> {
        self.wait_until_others_are_gone(old);
        let is_writing = "MATCH (r:_RowgraphRun {slot: 'open', state: 'writing'}) RETURN count(r) AS n";
        let rows = "MATCH (b:_RowgraphBatch) RETURN coalesce(sum(b.rows), 0) AS n";
        (self.number(is_writing) == 1).then(|| self.number(rows))
    }

    /// Numbers of nodes by label and of relationships by type, without the bookkeeping.
    pub fn counts(&self) -> Vec<(String, i64)> {
        let nodes = "MATCH (n) WHERE NOT any(l IN labels(n) WHERE l STARTS WITH '_Rowgraph') \
                     UNWIND labels(n) AS name RETURN name, count(*) AS number ORDER BY name";
        let relationships = "MATCH ()-[r]->() RETURN type(r) AS name, count(*) AS number ORDER BY name";
        let records = self.ask(nodes).into_iter().chain(self.ask(relationships));
        records
            .map(|record| {
                (record["name"].as_str().unwrap_or_default().to_owned(), record["number"].as_i64().unwrap_or(-1))
            })
            .collect()
    }

    /// Nodes of the bookkeeping with a label: ledger entries or runs.
    pub fn bookkeeping(&self, label: &str) -> i64 {
        self.number(&format!("MATCH (n:`{label}`) RETURN count(n) AS number"))
    }
}

/// An open transaction of another client. Its connection must have answered before it is dropped.
pub struct Held<'a> {
    target: &'a Target,
    transaction: Txn,
}

impl Held<'_> {
    /// Runs a statement, which may wait for locks.
    pub fn run(&mut self, statement: &str) -> anyhow::Result<()> {
        self.target.runtime.block_on(self.transaction.run(query(statement)))?;
        Ok(())
    }

    /// Lets go of everything.
    pub fn roll_back(self) -> anyhow::Result<()> {
        Ok(self.target.runtime.block_on(self.transaction.rollback())?)
    }
}

/// The shared Neo4j, held by one test at a time, empty at the beginning.
pub struct Lease {
    target: Target,
    _lock: File,
}

impl Lease {
    /// Waits for its turn, then empties the database.
    pub fn take() -> Self {
        let path = SERVERS.folder.join("neo4j.lease");
        let lock = File::create(&path).expect("a lock file in the servers' folder");
        lock.lock().expect("the lock of the database");
        let target = Target::connect(SERVERS.environment()).expect("a connection to Neo4j");
        let lease = Self { target, _lock: lock };
        lease.empty();
        lease
    }
}

impl Deref for Lease {
    type Target = Target;

    fn deref(&self) -> &Target {
        &self.target
    }
}
