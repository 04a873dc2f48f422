//! A Neo4j of one test's own, which it may set up as it likes, kill and restart.
//! In: settings of `neo4j.conf`. Out: a running server, started by `scripts/servers` in a folder of its own, gone when its
//! owner is dropped. Only the process whose number that script has written down is ever killed.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::own_server::is_gone;
use crate::servers::{Environment, exports, own_folder, script};

/// A server that belongs to one test.
pub struct OwnNeo4j {
    folder: PathBuf,
    environment: Environment,
}

impl OwnNeo4j {
    /// Starts one with these settings beside the usual ones, or instead of them.
    pub fn start(settings: &[(&str, &str)]) -> Self {
        let mut server = Self::in_folder(own_folder());
        server.set(settings);
        server.start_first();
        server
    }

    /// One that has not been started yet, so that its folder can be prepared.
    pub(crate) fn in_folder(folder: PathBuf) -> Self {
        Self { folder, environment: Environment::new() }
    }

    /// Its first start.
    pub(crate) fn start_first(&mut self) {
        self.up();
        self.environment = exports(&self.folder, &["env"]);
    }

    /// The settings of its next start; those that were given before are forgotten.
    pub fn set(&self, settings: &[(&str, &str)]) {
        let home = self.folder.join("neo4j");
        fs::create_dir_all(&home).expect("the server's folder");
        let lines: String = settings.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
        fs::write(home.join("settings.conf"), lines).expect("a file of settings");
    }

    /// Starts it again, on the same port, and waits until it answers.
    pub fn up(&self) {
        let up = script(&self.folder).args(["up", "--only", "neo4j"]).status().expect("bash runs scripts/servers");
        assert!(up.success(), "scripts/servers up failed in {}", self.folder.display());
    }

    /// Stops it, as a person would.
    pub fn down(&self) {
        let down = script(&self.folder).args(["down", "--only", "neo4j"]).status().expect("bash runs scripts/servers");
        assert!(down.success(), "scripts/servers down failed in {}", self.folder.display());
    }

    /// `kill -9`, and waits until it is gone.
    pub fn kill(&self) {
        let pid = self.pid();
        kill_process(pid, Signal::KILL).expect("it runs");
        while !is_gone(pid) {
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Its process.
    pub fn pid(&self) -> Pid {
        let text = fs::read_to_string(self.folder.join("neo4j/pid"));
        let text = text.expect("the script has written its process number down");
        text.trim().parse().ok().and_then(Pid::from_raw).expect("a process number")
    }

    /// Its private folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        let port = self.environment["NEO4J_URI"].rsplit(':').next().and_then(|port| port.parse().ok());
        port.expect("an address with a port")
    }

    /// `NEO4J_*`.
    pub fn environment(&self) -> &Environment {
        &self.environment
    }
}

impl Drop for OwnNeo4j {
    fn drop(&mut self) {
        script(&self.folder).args(["down", "--only", "neo4j"]).status().map(drop).unwrap_or_default();
        fs::remove_dir_all(&self.folder).unwrap_or_default();
    }
}
