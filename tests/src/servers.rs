//! The servers of a test run: one MariaDB, one Neo4j and, for those that ask for it, one MySQL, through `scripts/servers`
//! and nothing else.
//! In: `ROWGRAPH_SERVERS`, the folder that `scripts/test` has set up; without it this process gets servers of its own, which
//! end with it. Out: what the programs read from the environment. A test that gets no server panics: it never skips.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use crate::seeding::Destination;

/// Variables for a program under test, by name.
pub type Environment = BTreeMap<String, String>;

/// The servers of this process, started by the first test that needs them.
pub static SERVERS: LazyLock<Servers> = LazyLock::new(Servers::start);

/// The MySQL of this process, started by the first test that needs it.
static MYSQL: LazyLock<Servers> = LazyLock::new(Servers::start_mysql);

static FOLDER: LazyLock<PathBuf> =
    LazyLock::new(|| std::env::var_os("ROWGRAPH_SERVERS").map_or_else(own_folder, PathBuf::from));

/// The kinds of source server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// MariaDB 10.11, which every other test uses too.
    MariaDb,
    /// MySQL 9.7.
    MySql,
}

impl Engine {
    /// Both.
    pub const ALL: [Self; 2] = [Self::MariaDb, Self::MySql];

    /// The server of this kind.
    pub fn server(self) -> &'static Servers {
        match self {
            Self::MariaDb => &SERVERS,
            Self::MySql => &MYSQL,
        }
    }

    /// Its private folder, with `data/` and `tls/`.
    pub fn folder(self) -> PathBuf {
        self.server().folder.join(self.name())
    }

    /// What `scripts/servers` calls it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::MariaDb => "mariadb",
            Self::MySql => "mysql",
        }
    }

    /// How `scripts/servers` is asked for the way to it.
    pub(crate) fn env(self) -> &'static [&'static str] {
        match self {
            Self::MariaDb => &["env"],
            Self::MySql => &["env", "--mysql"],
        }
    }
}

/// Where the servers live, and how to reach them.
pub struct Servers {
    /// Their private folder.
    pub folder: PathBuf,
    environment: Environment,
    seed: Environment,
}

impl Servers {
    fn start() -> Self {
        Self::up(FOLDER.clone(), &["up"], Engine::MariaDb.env())
    }

    fn start_mysql() -> Self {
        Self::up(FOLDER.clone(), &["up", "--only", Engine::MySql.name()], Engine::MySql.env())
    }

    pub(crate) fn up(folder: PathBuf, up: &[&str], env: &[&str]) -> Self {
        let started = script(&folder).args(up).status().expect("bash runs scripts/servers");
        assert!(
            started.success(),
            "no test without its servers: scripts/servers {up:?} failed in {}",
            folder.display()
        );
        let seed = [env, &["--seed"]].concat();
        Self { environment: exports(&folder, env), seed: exports(&folder, &seed), folder }
    }

    /// `MYSQL_*` (an account that may only read) and `NEO4J_*`.
    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// Where tables are made, with the account that may do all.
    pub fn destination(&self, table: &str) -> Destination {
        Destination::from_environment(&self.seed, table)
    }
}

/// The top of the working tree.
pub fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package lies in the project's folder")
}

/// `scripts/servers` on the servers in `folder`.
pub(crate) fn script(folder: &Path) -> Command {
    let mut command = Command::new(project().join("scripts/servers"));
    command.env("ROWGRAPH_SERVERS", folder).stdin(Stdio::null());
    for (name, value) in [("MARIADB_POOL", "256M"), ("NEO4J_HEAP", "1g"), ("NEO4J_PAGECACHE", "256m")] {
        let name = format!("ROWGRAPH_{name}");
        if std::env::var_os(&name).is_none() {
            command.env(name, value);
        }
    }
    command
}

/// A folder for the servers of this process, and a watch that stops them and removes it when this process is gone, however
/// it goes.
pub(crate) fn own_folder() -> PathBuf {
    let folder = tempfile::Builder::new().prefix("rowgraph-servers-").tempdir().expect("a folder for servers").keep();
    let watch = r#"while kill -0 "$1" 2>/dev/null; do sleep 1; done; "$2" down
        ! mountpoint -q "$3/neo4j/data" || umount -l "$3/neo4j/data"; rm -rf "$3""#;
    let mut command = Command::new("setsid");
    command.args(["bash", "-c", watch, "watch", &std::process::id().to_string()]);
    command.arg(project().join("scripts/servers")).arg(&folder).env("ROWGRAPH_SERVERS", &folder);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut watch = command.spawn().expect("setsid and bash are there");
    std::thread::spawn(move || watch.wait());
    folder
}

/// What `scripts/servers` prints with these arguments.
pub(crate) fn exports(folder: &Path, arguments: &[&str]) -> Environment {
    let output = script(folder).args(arguments).output().expect("bash runs scripts/servers");
    let text = String::from_utf8(output.stdout).expect("exports are text");
    let exports = text.lines().filter_map(|line| line.strip_prefix("export ")?.split_once('='));
    exports.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}
