//! A source table of a test's own in the shared MariaDB.
//! In: a name (the test's), rows, a seed. Out: the environment with which `extract` reads it, and a connection to change
//! what is in it. The table goes when its owner is dropped.

use mysql::Conn;
use mysql::prelude::Queryable;

use crate::seeding::Destination;
use crate::servers::{Environment, SERVERS};

/// A table of the test's own.
pub struct SourceTable {
    destination: Destination,
}

impl SourceTable {
    /// A generated table.
    pub fn generated(name: &str, rows: u64, seed: u64) -> Self {
        let destination = SERVERS.destination(name);
        destination.seed(rows, seed).expect("the generated table");
        Self { destination }
    }

    /// A table made by statements in which `{table}` stands for its name.
    pub fn made_by(name: &str, statements: &[&str]) -> Self {
        let table = Self { destination: SERVERS.destination(name) };
        table.run(&["DROP TABLE IF EXISTS {table}"]);
        table.run(statements);
        table
    }

    /// Runs statements with the account that may do all; `{table}` stands for the table's name.
    pub fn run(&self, statements: &[&str]) {
        let mut connection = self.connect();
        for statement in statements {
            let statement = statement.replace("{table}", &self.destination.table);
            connection.query_drop(&statement).unwrap_or_else(|error| panic!("{statement}: {error}"));
        }
    }

    /// A connection with the account that may do all.
    pub fn connect(&self) -> Conn {
        self.destination.connect().expect("a connection to MariaDB")
    }

    /// What `extract` and the reference read from the environment.
    pub fn environment(&self) -> Environment {
        let mut environment = SERVERS.environment().clone();
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
        if let Ok(mut connection) = self.destination.connect() {
            connection.query_drop(format!("DROP TABLE IF EXISTS `{}`", self.destination.table)).unwrap_or_default();
        }
    }
}
