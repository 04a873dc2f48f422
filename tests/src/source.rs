//! A source table of a test's own in the shared MariaDB or MySQL.
//! In: a name (the test's), rows, a seed. Out: the environment with which `extract` reads it, and a connection to change
//! what is in it. The table (or view) goes when its owner is dropped.

use mysql::Conn;
use mysql::prelude::Queryable;

use crate::own_server::OwnServer;
use crate::seeding::{Destination, SeedError};
use crate::servers::{Engine, Environment, Servers};

/// A table of the test's own.
pub struct SourceTable {
    destination: Destination,
    server: Environment,
}

impl SourceTable {
    /// A generated table of MariaDB.
    pub fn generated(name: &str, rows: u64, seed: u64) -> Self {
        Self::generated_on(Engine::MariaDb, name, rows, seed)
    }

    /// A generated table.
    pub fn generated_on(engine: Engine, name: &str, rows: u64, seed: u64) -> Self {
        Self::generated_by(engine.server(), name, rows, seed)
    }

    /// A generated table in a server of the test's own.
    pub fn generated_in(server: &OwnServer, name: &str, rows: u64, seed: u64) -> Self {
        Self::generated_by(&server.servers, name, rows, seed)
    }

    fn generated_by(server: &Servers, name: &str, rows: u64, seed: u64) -> Self {
        let destination = server.destination(name);
        destination.seed(rows, seed).expect("the generated table");
        Self { destination, server: server.environment().clone() }
    }

    /// A table of MariaDB made by statements in which `{table}` stands for its name.
    pub fn made_by(name: &str, statements: &[&str]) -> Self {
        Self::made_on(Engine::MariaDb, name, statements)
    }

    /// A table made by statements in which `{table}` stands for its name. They run in one session.
    pub fn made_on(engine: Engine, name: &str, statements: &[impl AsRef<str>]) -> Self {
        let server = engine.server();
        let table = Self { destination: server.destination(name), server: server.environment().clone() };
        table.remove(&mut table.connect());
        table.run(statements);
        table
    }

    /// Runs statements in one session with the account that may do all; `{table}` stands for the table's name.
    pub fn run(&self, statements: &[impl AsRef<str>]) {
        let mut connection = self.connect();
        for statement in statements {
            let statement = statement.as_ref().replace("{table}", &self.destination.table);
            connection.query_drop(&statement).unwrap_or_else(|error| panic!("{statement:.2000}: {error}"));
        }
    }

    /// A connection with the account that may do all.
    pub fn connect(&self) -> Conn {
        self.try_connect().expect("a connection to the source server")
    }

    /// The same, for a server that may be gone.
    pub fn try_connect(&self) -> Result<Conn, SeedError> {
        self.destination.connect()
    }

    fn remove(&self, connection: &mut Conn) {
        let name = self.destination.table.replace('`', "``");
        for kind in ["VIEW", "TABLE"] {
            connection.query_drop(format!("DROP {kind} IF EXISTS `{name}`")).unwrap_or_default();
        }
    }

    /// What `extract` and the reference read from the environment.
    pub fn environment(&self) -> Environment {
        let mut environment = self.server.clone();
        environment.insert("MYSQL_TABLE".into(), self.destination.table.clone());
        environment
    }

    /// Name of the table.
    pub fn name(&self) -> &str {
        &self.destination.table
    }
}

impl Drop for SourceTable {
    fn drop(&mut self) {
        if let Ok(mut connection) = self.try_connect() {
            self.remove(&mut connection);
        }
    }
}
