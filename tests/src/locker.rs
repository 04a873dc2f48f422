//! An account that may lock what it reads, as `--readers` needs to make one moment.
//! In: a table. Out: the environment with which `extract` uses the account. The account goes when its owner is dropped.

use mysql::prelude::Queryable;

use crate::servers::Environment;
use crate::source::SourceTable;

/// Worth nothing: the account is on a server of the tests, and reads what they have made.
const PASSWORD: &str = "only for this test";

/// An account that may read and lock.
pub struct Locker<'a> {
    table: &'a SourceTable,
    name: String,
}

impl<'a> Locker<'a> {
    /// One for this table's test.
    pub fn of(table: &'a SourceTable) -> Self {
        let name = format!("locker_{}", table.name());
        let gone = format!("DROP USER IF EXISTS {name}@127.0.0.1");
        let create = format!("CREATE USER {name}@127.0.0.1 IDENTIFIED BY '{PASSWORD}'");
        let grant = format!("GRANT SELECT, LOCK TABLES ON tracking.* TO {name}@127.0.0.1");
        table.run(&[gone, create, grant]);
        Self { table, name }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What `extract` reads from the environment.
    pub fn environment(&self) -> Environment {
        let mut environment = self.table.environment();
        environment.insert("MYSQL_USER".into(), self.name.clone());
        environment.insert("MYSQL_PASSWORD".into(), PASSWORD.into());
        environment
    }
}

impl Drop for Locker<'_> {
    fn drop(&mut self) {
        let gone = format!("DROP USER IF EXISTS {}@127.0.0.1", self.name);
        if let Ok(mut connection) = self.table.try_connect() {
            connection.query_drop(gone).unwrap_or_default();
        }
    }
}
