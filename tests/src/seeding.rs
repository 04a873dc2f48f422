//! Puts a generated table into a MySQL or MariaDB server, or writes it as text.
//! In: an account that may create tables, a table name, rows and seed. Out: the finished table under its name, with rows and
//! seed in its comment. A half-filled table is never seen under that name: it is filled beside it and renamed.

use std::io::{self, Write};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use mysql::prelude::Queryable;
use mysql::{Conn, LocalInfileHandler, OptsBuilder};

use crate::generator::{Generator, table};
use crate::servers::Environment;

/// Rows that are generated and handed over at once: some 2.5 MB, so that a handful in flight is small.
const CHUNK_ROWS: u64 = 2_000;
/// Chunks between generator and server.
const CHUNKS_IN_FLIGHT: usize = 4;

/// What went wrong, with the way out.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// No connection.
    #[error("cannot connect to the server at {place}: {source}; is it up (scripts/servers up)?")]
    Connect {
        /// Socket or host and port.
        place: String,
        /// Why.
        source: mysql::Error,
    },
    /// A statement failed.
    #[error("the server refused to {what} the table {table}: {source}")]
    Refused {
        /// A verb.
        what: &'static str,
        /// Table name.
        table: String,
        /// Why.
        source: mysql::Error,
    },
    /// The server has other rows than were sent.
    #[error("the table {table} has {found} rows instead of {expected}")]
    Short {
        /// Table name.
        table: String,
        /// Counted.
        found: u64,
        /// Sent.
        expected: u64,
    },
    /// Another name than one that needs no quoting.
    #[error("the table name {0:?} may have letters, digits and _ only")]
    Name(String),
}

/// Where the table goes.
pub struct Destination {
    /// Unix socket.
    pub socket: String,
    /// An account that may create tables.
    pub user: String,
    /// Its password.
    pub password: String,
    /// Database.
    pub database: String,
    /// Table.
    pub table: String,
}

impl Destination {
    /// The one that `scripts/servers env --seed` tells.
    pub fn from_environment(seed: &Environment, table: &str) -> Self {
        let value = |name: &str| seed[name].clone();
        Self {
            socket: value("ROWGRAPH_SEED_SOCKET"),
            user: value("ROWGRAPH_SEED_USER"),
            password: value("ROWGRAPH_SEED_PASSWORD"),
            database: value("ROWGRAPH_SEED_DATABASE"),
            table: table.to_owned(),
        }
    }

    /// Connects.
    pub fn connect(&self) -> Result<Conn, SeedError> {
        let options = OptsBuilder::new()
            .socket(Some(&self.socket))
            .user(Some(&self.user))
            .pass(Some(&self.password))
            .db_name(Some(&self.database))
            .max_allowed_packet(Some(64 << 20));
        Conn::new(options).map_err(|source| SeedError::Connect { place: self.socket.clone(), source })
    }

    fn refused(&self, what: &'static str) -> impl FnOnce(mysql::Error) -> SeedError {
        let table = self.table.clone();
        move |source| SeedError::Refused { what, table, source }
    }

    /// True where the table was made whole with these rows and this seed, and has been left alone since.
    pub fn holds(&self, rows: u64, seed: u64) -> Result<bool, SeedError> {
        let find = "SELECT table_comment FROM information_schema.tables WHERE table_schema = ? AND table_name = ?";
        let comment: Option<String> =
            self.connect()?.exec_first(find, (&self.database, &self.table)).map_err(self.refused("look for"))?;
        Ok(comment.is_some_and(|comment| comment == mark(rows, seed)))
    }

    /// Makes the table anew and returns the time it took.
    pub fn seed(&self, rows: u64, seed: u64) -> Result<Duration, SeedError> {
        if !self.table.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            return Err(SeedError::Name(self.table.clone()));
        }
        let start = Instant::now();
        let mut connection = self.connect()?;
        let filling = format!("{}_filling", self.table);
        // Without these checks MariaDB fills an empty table in bulk, without an undo record a row.
        for statement in [
            "SET unique_checks = 0, foreign_key_checks = 0, sql_mode = 'STRICT_ALL_TABLES'".to_owned(),
            format!("DROP TABLE IF EXISTS `{filling}`"),
            table::create_statement(&filling),
        ] {
            connection.query_drop(statement).map_err(self.refused("create"))?;
        }
        let chunks = std::sync::Mutex::new(Some(generate(seed, rows)));
        connection.set_local_infile_handler(Some(LocalInfileHandler::new(move |_, server| {
            let chunks = chunks.lock().ok().and_then(|mut chunks| chunks.take());
            chunks.into_iter().flatten().try_for_each(|chunk| server.write_all(&chunk))
        })));
        // The bytes are UTF-8 already: as `binary` the server need not read them character by character.
        let load = format!("LOAD DATA LOCAL INFILE 'generated' INTO TABLE `{filling}` CHARACTER SET binary");
        connection.query_drop(load).map_err(self.refused("fill"))?;
        let found = connection.affected_rows();
        if found != rows {
            return Err(SeedError::Short { table: self.table.clone(), found, expected: rows });
        }
        for statement in [
            format!("ALTER TABLE `{filling}` COMMENT = '{}'", mark(rows, seed)),
            format!("DROP TABLE IF EXISTS `{}`", self.table),
            format!("RENAME TABLE `{filling}` TO `{}`", self.table),
            // So that information_schema estimates the rows at once, and not some seconds later.
            format!("ANALYZE TABLE `{}`", self.table),
        ] {
            connection.query_drop(statement).map_err(self.refused("finish"))?;
        }
        Ok(start.elapsed())
    }
}

/// Writes the lines that `LOAD DATA` would read.
pub fn write(output: &mut impl Write, rows: u64, seed: u64) -> io::Result<()> {
    generate(seed, rows).into_iter().try_for_each(|chunk| output.write_all(&chunk))
}

fn mark(rows: u64, seed: u64) -> String {
    format!("rowgraph seed: {rows} rows, seed {seed}, generator 1")
}

/// Generates on a thread of its own. It ends early when nobody takes the chunks any more.
fn generate(seed: u64, rows: u64) -> Receiver<Vec<u8>> {
    let (send, receive) = sync_channel(CHUNKS_IN_FLIGHT);
    thread::spawn(move || {
        let generator = Generator::new(seed, rows);
        for first in (0..rows).step_by(CHUNK_ROWS as usize) {
            let mut lines = Vec::with_capacity(CHUNK_ROWS as usize * 1_600);
            generator.lines(first..rows.min(first + CHUNK_ROWS), &mut lines);
            if send.send(lines).is_err() {
                break;
            }
        }
    });
    receive
}
