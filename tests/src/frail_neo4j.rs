//! A Neo4j that is killed, restarted with other settings, starved of disk and given another password.
//! In: settings of `neo4j.conf`. Out: a running server of one's own (see [`OwnNeo4j`]), held by one test at a time.

use std::fs;
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::Command;
use std::thread;
use std::time::Duration;

use crate::own_neo4j::OwnNeo4j;
use crate::servers::{Environment, own_folder};
use crate::target::Target;

/// A server that bad things are done to.
pub struct FrailNeo4j {
    server: OwnNeo4j,
    /// Of the server as it runs; `None` where it does not.
    settings: Option<String>,
    disk: Disk,
    password: Option<String>,
}

/// How its store can be kept from growing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Disk {
    /// The store lies on a file system in memory, which can be made smaller and larger.
    Memory,
    /// This process may not mount one, so the server's files get a limit: another error, at the same calls.
    FileLimit,
}

/// Room for the store while nothing starves.
const ROOMY: &str = "size=1500m";

/// So that its logs do not fill the store's file system: they are cut off at a checkpoint only.
const THRIFTY: [(&str, &str); 3] = [
    ("db.checkpoint.interval.time", "30s"),
    ("db.tx_log.rotation.size", "8m"),
    ("db.tx_log.rotation.retention_policy", "keep_none"),
];

impl FrailNeo4j {
    /// Starts one.
    pub fn start() -> Self {
        let folder = own_folder();
        let data = folder.join("neo4j/data");
        fs::create_dir_all(&data).expect("a folder for its store");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", ROOMY, "tmpfs"]).arg(&data);
        let is_mounted = mount.output().is_ok_and(|output| output.status.success());
        let mut server = OwnNeo4j::in_folder(folder);
        server.set(&THRIFTY);
        server.start_first();
        let disk = if is_mounted { Disk::Memory } else { Disk::FileLimit };
        Self { server, settings: Some(String::new()), disk, password: None }
    }

    /// Has it run with these settings, as `name=value`: on the same port, with the same store.
    pub fn up(&mut self, settings: &str) {
        if self.settings.as_deref() == Some(settings) {
            return;
        }
        if self.settings.is_some() {
            self.server.down();
        }
        self.server.set(&settings.split_once('=').into_iter().chain(THRIFTY).collect::<Vec<_>>());
        self.server.up();
        self.settings = Some(settings.to_owned());
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.settings = None;
        self.server.kill();
        // Its last threads let go of the port a little later, and the next start would take another one.
        while TcpStream::connect(("127.0.0.1", self.server.port())).is_ok() {
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// `NEO4J_*`.
    pub fn environment(&self) -> Environment {
        let mut environment = self.server.environment().clone();
        if let Some(password) = &self.password {
            environment.insert("NEO4J_PASSWORD".into(), password.clone());
        }
        environment
    }

    /// From now on it has another password.
    pub fn set_password(&mut self, password: &str) {
        let mut system = self.environment();
        system.insert("NEO4J_DATABASE".into(), "system".into());
        let target = Target::connect(&system).expect("a connection to the system database");
        target.ask(&format!("ALTER USER neo4j SET PASSWORD '{password}' CHANGE NOT REQUIRED"));
        self.password = Some(password.to_owned());
    }

    /// Leaves its store so many bytes to grow.
    pub fn starve(&self, bytes: u64) {
        let data = self.data();
        match self.disk {
            Disk::Memory => {
                let used = Command::new("du").args(["-s", "-B1"]).arg(&data).output().expect("du");
                let used = String::from_utf8_lossy(&used.stdout).into_owned();
                let used: u64 = used.split_whitespace().next().and_then(|used| used.parse().ok()).expect("bytes used");
                self.remount(&format!("size={}", used + bytes));
            }
            Disk::FileLimit => self.limit_files(&bytes.to_string()),
        }
    }

    /// There is room again; what the server makes of that is its own affair.
    pub fn feed(&self) {
        match self.disk {
            Disk::Memory => self.remount(ROOMY),
            Disk::FileLimit => self.limit_files("unlimited"),
        }
    }

    fn data(&self) -> PathBuf {
        self.server.folder().join("neo4j/data")
    }

    fn remount(&self, size: &str) {
        let mut mount = Command::new("mount");
        let mounted = mount.args(["-o", &format!("remount,{size}")]).arg(self.data()).status();
        assert!(mounted.is_ok_and(|status| status.success()), "the store's file system cannot have {size}");
    }

    fn limit_files(&self, bytes: &str) {
        let pid = self.server.pid().as_raw_nonzero().to_string();
        let limit = format!("--fsize={bytes}:unlimited");
        let limited = Command::new("prlimit").args(["--pid", &pid, &limit]).status();
        assert!(limited.is_ok_and(|status| status.success()), "no limit of {bytes} for files");
    }
}

impl Drop for FrailNeo4j {
    fn drop(&mut self) {
        if self.disk == Disk::Memory {
            // A file system in use goes when the server, which is stopped next, lets go of it.
            drop(Command::new("umount").arg("-l").arg(self.data()).status());
        }
    }
}
