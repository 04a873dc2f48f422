//! The programs under test, run as a person runs them: with arguments, variables and a working folder.
//! In: what to run. Out: exit code and output, or a running process that can be signalled. Nothing of this process's own
//! environment that names a server reaches them, and a program that hangs is killed and fails its test.

use std::ffi::OsStr;
use std::fmt;
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::servers::{Environment, project};

/// Longer than any single program of a test takes, also on a busy machine.
const LIMIT: Duration = Duration::from_secs(300);

/// The folder with the built programs, built anew where something changed.
static PROGRAMS: LazyLock<PathBuf> = LazyLock::new(|| {
    let own = std::env::current_exe().expect("this program's path");
    let mut folder = own.parent().expect("a target folder").to_owned();
    // A test lies in target/release/deps, the programs one above.
    if folder.ends_with("deps") {
        folder.pop();
    }
    if std::env::var_os("ROWGRAPH_BUILT").is_none() {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut build = Command::new(cargo);
        build.args(["build", "--quiet", "--release", "--workspace", "--bins"]).current_dir(project());
        assert!(build.status().is_ok_and(|status| status.success()), "the programs under test do not build");
    }
    folder
});

/// The folder with the programs under test, for what looks for them itself.
pub fn folder() -> &'static Path {
    &PROGRAMS
}

/// A program about to be run.
pub struct Program {
    command: Command,
}

impl Program {
    /// `extract` with these arguments.
    pub fn extract(arguments: &[&str]) -> Self {
        Self::named("extract", arguments)
    }

    /// `load` with these arguments.
    pub fn load(arguments: &[&str]) -> Self {
        Self::named("load", arguments)
    }

    /// `extract` with these arguments, started by another program: `strace`, `faketime`, a shell.
    pub fn extract_under(wrapper: &[&str], arguments: &[&str]) -> Self {
        let [program, its_own @ ..] = wrapper else { return Self::extract(arguments) };
        let mut program = Self::at(Path::new(program));
        program.command.args(its_own).arg(PROGRAMS.join("extract")).args(arguments);
        program
    }

    fn named(name: &str, arguments: &[&str]) -> Self {
        let mut program = Self::at(&PROGRAMS.join(name));
        program.command.args(arguments);
        program
    }

    /// Any program.
    pub fn at(path: &Path) -> Self {
        let mut command = Command::new(path);
        for (name, _) in std::env::vars_os() {
            let name_text = name.to_string_lossy().into_owned();
            if ["MYSQL_", "NEO4J_", "ROWGRAPH_"].iter().any(|prefix| name_text.starts_with(prefix)) {
                command.env_remove(name);
            }
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Self { command }
    }

    /// Adds an argument.
    #[must_use]
    pub fn argument(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    /// Adds variables.
    #[must_use]
    pub fn with(mut self, environment: &Environment) -> Self {
        self.command.envs(environment);
        self
    }

    /// Sets one variable.
    #[must_use]
    pub fn variable(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Starts it.
    pub fn start(mut self) -> Running {
        let text = format!("{:?}", self.command.get_program());
        let mut child = self.command.spawn().unwrap_or_else(|error| panic!("{text}: {error}"));
        let output = [collect(child.stdout.take()), collect(child.stderr.take())];
        Running { child, output: Some(output), since: Instant::now(), text }
    }

    /// Runs it to its end.
    pub fn run(self) -> Finished {
        self.start().finish()
    }
}

fn collect(stream: Option<impl Read + Send + 'static>) -> JoinHandle<String> {
    let mut stream = stream.expect("output is piped");
    thread::spawn(move || {
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// A program that runs. Dropped, it is killed.
pub struct Running {
    child: Child,
    output: Option<[JoinHandle<String>; 2]>,
    since: Instant,
    text: String,
}

impl Running {
    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, signal).unwrap_or_else(|error| panic!("{}: {error}", self.text));
    }

    /// The process of this name that the program has started, once it is there.
    pub fn child_named(&mut self, name: &str) -> Pid {
        let parent = self.child.id();
        let mut found = None;
        let there = self.until(|| {
            let children =
                std::fs::read_to_string(format!("/proc/{parent}/task/{parent}/children")).unwrap_or_default();
            let is_named = |pid: &&str| {
                let comm = std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
                comm.trim() == name
            };
            found = children.split_whitespace().find(is_named).and_then(|pid| Pid::from_raw(pid.parse().ok()?));
            found.is_some()
        });
        assert!(there, "{} ended without a process called {name}", self.text);
        found.expect("just found")
    }

    /// Waits until the condition holds. False when the program ended before.
    pub fn until(&mut self, mut condition: impl FnMut() -> bool) -> bool {
        while self.is_running() {
            if condition() {
                return true;
            }
            assert!(self.since.elapsed() < LIMIT, "{} did not come to the point in {LIMIT:?}", self.text);
            thread::sleep(Duration::from_millis(2));
        }
        false
    }

    /// `kill -9`, and waits until it is gone.
    pub fn kill(mut self) -> Finished {
        self.child.kill().unwrap_or_default();
        self.finish()
    }

    /// Waits for its end.
    pub fn finish(mut self) -> Finished {
        while self.is_running() {
            if self.since.elapsed() > LIMIT {
                self.child.kill().unwrap_or_default();
                let output = self.collected();
                panic!("{} did not end within {LIMIT:?}; it said: {} {}", self.text, output[0], output[1]);
            }
            thread::sleep(Duration::from_millis(5));
        }
        let status = self.child.wait().expect("its exit status");
        let [stdout, stderr] = self.collected();
        Finished { code: status.code(), signal: status.signal(), stdout, stderr, took: self.since.elapsed() }
    }

    fn collected(&mut self) -> [String; 2] {
        let output = self.output.take().expect("collected once");
        output.map(|thread| thread.join().expect("its output"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.is_running() {
            self.child.kill().unwrap_or_default();
            self.child.wait().map(drop).unwrap_or_default();
        }
    }
}

/// What a program left behind.
#[derive(Debug)]
pub struct Finished {
    /// Exit code, unless a signal ended it.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// How long it ran.
    pub took: Duration,
}

impl Finished {
    /// How it ended, in two words.
    pub fn ending(&self) -> String {
        match (self.code, self.signal) {
            (Some(code), _) => format!("code {code}"),
            (None, signal) => format!("signal {}", signal.unwrap_or(0)),
        }
    }

    /// Fails the test unless the exit code is this one.
    #[track_caller]
    pub fn expect_code(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self}");
        self
    }

    /// Fails the test unless standard error holds all of these, in any case.
    #[track_caller]
    pub fn expect_said(self, words: &[&str]) -> Self {
        let said = self.stderr.to_lowercase();
        for word in words {
            assert!(said.contains(&word.to_lowercase()), "nothing of {word:?} was said: {self}");
        }
        self
    }

    /// Rows that a load says were written before it began; `None` where it wrote nothing to its end.
    pub fn rows_before(&self) -> Option<i64> {
        let is_number = |text: &&str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b',');
        let is_row = |columns: &Vec<&str>| columns.len() == 7 && columns[1..4].iter().all(is_number);
        let lines = self.stderr.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        let rows: Vec<i64> =
            lines.filter(is_row).filter_map(|columns| columns[2].replace(',', "").parse().ok()).collect();
        (!rows.is_empty()).then(|| rows.iter().sum())
    }
}

impl fmt::Display for Finished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "exit code {:?}, signal {:?}\n--- standard output\n{}\n--- standard error\n{}",
            self.code, self.signal, self.stdout, self.stderr
        )
    }
}
