//! A source server of one test's own, which it may kill, restart and set up badly.
//! In: the kind of server. Out: a running server, started by `scripts/servers` in a folder of its own, gone when its owner is
//! dropped or this process is. Only the process whose number that script has written down is ever killed.

use std::fs;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, test_kill_process};

use crate::servers::{Engine, Servers, own_folder, script};

/// A server that belongs to one test.
pub struct OwnServer {
    engine: Engine,
    folder: PathBuf,
    /// How to reach it.
    pub servers: Servers,
}

impl OwnServer {
    /// Starts one, empty.
    pub fn start(engine: Engine) -> Self {
        let folder = own_folder();
        let servers = Servers::up(folder.clone(), &["up", "--only", engine.name()], engine.env());
        Self { engine, folder, servers }
    }

    /// Starts it again, on the same port, and waits until it answers.
    pub fn up(&self) {
        let up = script(&self.folder).args(["up", "--only", self.engine.name()]).status();
        let up = up.expect("bash runs scripts/servers");
        assert!(up.success(), "scripts/servers up failed in {}", self.folder.display());
    }

    /// Sends its process a signal, and waits until it is gone where that ends it.
    pub fn signal(&self, signal: Signal) {
        let file = self.folder.join(self.engine.name()).join("pid");
        let text = fs::read_to_string(&file).expect("the script has written its process number down");
        let pid = text.trim().parse().ok().and_then(Pid::from_raw).expect("a process number");
        kill_process(pid, signal).expect("it runs");
        if [Signal::KILL, Signal::TERM].contains(&signal) {
            while !is_gone(pid) {
                thread::sleep(Duration::from_millis(5));
            }
        }
    }
}

/// Whether a process has ended, also one of which nobody has asked yet how.
pub(crate) fn is_gone(pid: Pid) -> bool {
    if test_kill_process(pid).is_err() {
        return true;
    }
    let status = fs::read_to_string(format!("/proc/{}/status", pid.as_raw_nonzero())).unwrap_or_default();
    status.lines().any(|line| line.starts_with("State:") && line.contains('Z'))
}

impl Drop for OwnServer {
    fn drop(&mut self) {
        script(&self.folder).args(["down", "--only", self.engine.name()]).status().map(drop).unwrap_or_default();
        fs::remove_dir_all(&self.folder).unwrap_or_default();
    }
}
