//! A long random run of `extract` under faults, and the rules that must hold after each.
//! In: tables with their content digests, and a seed. Out: a line a round, with its verdict. A seed gives its round again, as
//! far as the machine's timing allows.

mod trouble;

use std::fmt;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use fastrand::Rng;
use mysql::prelude::Queryable;

pub use trouble::Trouble;

use crate::locker::Locker;
use crate::long_run;
use crate::programs::{Finished, Program, Running};
use crate::proxy::Proxy;
use crate::servers::{Engine, Environment};
use crate::snapshots::{DataFolder, Snapshot};
use crate::source::SourceTable;

/// No round takes longer unless it hangs.
const LIMIT: Duration = Duration::from_secs(120);

/// A table whose content is known.
pub struct Known<'a> {
    /// The table.
    pub table: &'a SourceTable,
    /// Its server.
    pub engine: Engine,
    /// Who may lock it, where it has a key for `--readers`.
    pub locker: Option<Locker<'a>>,
    /// Its rows.
    pub rows: u64,
    /// The digest of an undisturbed snapshot.
    pub digest: String,
    /// How long that took.
    pub took: Duration,
}

impl<'a> Known<'a> {
    /// A table, extracted once.
    pub fn of(engine: Engine, table: &'a SourceTable, rows: u64, has_key: bool) -> Self {
        let since = Instant::now();
        let digest = DataFolder::new().extract(table).content_digest().to_owned();
        let locker = has_key.then(|| Locker::of(table));
        Self { table, engine, locker, rows, digest, took: since.elapsed() }
    }

    /// Its server and name.
    pub fn name(&self) -> String {
        format!("{:?} {}", self.engine, self.table.name())
    }

    fn environment(&self) -> Environment {
        self.locker.as_ref().map_or_else(|| self.table.environment(), Locker::environment)
    }
}

/// What happened in a round.
pub struct Round {
    /// Its seed.
    pub seed: u64,
    /// Its table.
    pub table: String,
    /// Flags of `extract`.
    pub flags: Vec<String>,
    /// What was done to it.
    pub trouble: Trouble,
    /// Whether that came about.
    pub met: bool,
    /// How it ended.
    pub ended: String,
    /// How long it ran.
    pub took: Duration,
    /// What is wrong; nothing where all rules hold.
    pub broken_rule: Option<String>,
}

/// Column names of [`Round`]'s lines.
pub const HEADER: &str = "seed\ttable\tflags\ttrouble\tmet\tended\tseconds\tverdict";

impl fmt::Display for Round {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = self.broken_rule.as_deref().unwrap_or("ok").replace(['\n', '\t'], " ");
        let (flags, seconds) = (self.flags.join(" "), self.took.as_secs_f64());
        let Self { seed, table, trouble, met, ended, .. } = self;
        write!(f, "{seed}\t{table}\t{flags}\t{trouble}\t{met}\t{ended}\t{seconds:.2}\t{verdict}")
    }
}

impl long_run::Round for Round {
    fn news(&self) -> String {
        format!("{} {}: {}, {}", self.seed, self.ended, self.trouble, self.broken_rule.as_deref().unwrap_or("ok"))
    }

    fn is_broken(&self) -> bool {
        self.broken_rule.is_some()
    }
}

/// One round in a folder that the rounds share: the leavings of one are the next one's to remove.
pub fn round(tables: &[Known<'_>], data: &DataFolder, seed: u64) -> Round {
    let mut random = Rng::with_seed(seed);
    let known = &tables[random.usize(..tables.len())];
    let flags = flags(&mut random, known.locker.is_some());
    let trouble = Trouble::draw(&mut random, known);
    let left_before = data.staged();
    let (finished, met) = run(known, data, &flags, &trouble, &mut random);
    let broken_rule = broken_rule(known, data, &left_before, &trouble, &finished);
    data.remove_sealed();
    let ended = finished.ending();
    let table = known.name();
    Round { seed, table, flags, trouble, met, ended, took: finished.took, broken_rule }
}

fn flags(random: &mut Rng, has_key: bool) -> Vec<String> {
    let mut flags = Vec::new();
    let mut add = |name: &str, value: &str| flags.extend([format!("--{name}"), value.to_owned()]);
    add("part-size", ["1MB", "2MB", "7MB", "64MB"][random.usize(..4)]);
    add("row-group", "1MB");
    add("protocol", ["binary", "text"][random.usize(..2)]);
    add("retries", ["0", "1", "3"][random.usize(..3)]);
    add("level", ["1", "3"][random.usize(..2)]);
    add("read-timeout", "2");
    if has_key {
        add("readers", ["1", "2", "3"][random.usize(..3)]);
    }
    flags
}

/// Runs `extract` in trouble, and tells whether the trouble came about.
fn run(
    known: &Known<'_>,
    data: &DataFolder,
    flags: &[String],
    trouble: &Trouble,
    random: &mut Rng,
) -> (Finished, bool) {
    let mut arguments = vec!["--progress", "none", "--out", data.text()];
    arguments.extend(flags.iter().map(String::as_str));
    let environment = known.environment();
    let proxy = Proxy::to_mysql(&environment, trouble.faults());
    let wrapper = trouble.wrapper();
    let wrapper: Vec<&str> = wrapper.iter().map(String::as_str).collect();
    let mut running = Program::extract_under(&wrapper, &arguments).with(&proxy.mysql_environment(&environment)).start();
    let met = match trouble {
        Trouble::None => true,
        Trouble::Network(faults) => {
            let finished = running.finish();
            return (finished, proxy.fired() == faults.len());
        }
        Trouble::Disk { .. } => {
            let finished = running.finish();
            let met = finished.code != Some(0);
            return (finished, met);
        }
        Trouble::Signal { signal, after } => {
            thread::sleep(*after);
            let met = running.is_running();
            if met {
                running.signal(*signal);
            }
            met
        }
        Trouble::Statement { connection, after } => {
            thread::sleep(*after);
            kill_statement(known, &mut running, *connection, random)
        }
    };
    (running.finish(), met)
}

/// Kills the program's query, or its whole connection; whether there was one.
fn kill_statement(known: &Known<'_>, running: &mut Running, connection: bool, random: &mut Rng) -> bool {
    let mut own = known.table.connect();
    let find = format!(
        "SELECT id FROM information_schema.processlist WHERE user = '{}' AND (info LIKE '%{}%' OR {})",
        known.environment()["MYSQL_USER"],
        known.table.name(),
        random.u8(..4) == 0
    );
    let ids: Vec<u64> = own.query(find).unwrap_or_default();
    let what = if connection { "CONNECTION" } else { "QUERY" };
    let killed = ids.iter().filter(|id| own.query_drop(format!("KILL {what} {id}")).is_ok()).count();
    killed > 0 && running.is_running()
}

/// The first rule that does not hold.
fn broken_rule(
    known: &Known<'_>,
    data: &DataFolder,
    left_before: &[PathBuf],
    trouble: &Trouble,
    finished: &Finished,
) -> Option<String> {
    let sealed = data.sealed();
    for path in &sealed {
        let snapshot = Snapshot::at(path.clone());
        if let Some(fault) = snapshot.fault() {
            return Some(format!("a snapshot that is not whole: {fault}"));
        }
        if snapshot.content_digest() != known.digest {
            return Some(format!("a snapshot of other content: {finished}"));
        }
    }
    if !trouble.allows(finished) {
        return Some(format!("an end that this trouble cannot have: {finished}"));
    }
    let expected = match (finished.code, finished.signal) {
        (Some(0), _) => 1,
        (Some(_), _) => 0,
        // Killed after the last rename it has one.
        (None, _) => sealed.len().min(1),
    };
    if sealed.len() != expected {
        return Some(format!("{} snapshots: {finished}", sealed.len()));
    }
    let in_a_hurry = finished.stderr.contains("the next run removes what is left");
    // It leaves nothing of its own. What the killed have left of this table goes with the next success, of another it stays.
    let of_this_table = format!(".{}/", known.table.name());
    let is_wrong = |path: &PathBuf| {
        let is_of_this_table = path.to_string_lossy().contains(&of_this_table);
        !left_before.contains(path) || (finished.code == Some(0) && is_of_this_table)
    };
    let left: Vec<PathBuf> = data.staged().into_iter().filter(is_wrong).collect();
    if finished.code.is_some() && !in_a_hurry && !left.is_empty() {
        return Some(format!("staging is left: {left:?}, {finished}"));
    }
    let told = finished.stderr.contains("error: ") && finished.stderr.contains("hint: ");
    if finished.code.is_some_and(|code| code != 0) && !told && !in_a_hurry {
        return Some(format!("nothing was said of what to do: {finished}"));
    }
    (finished.took > LIMIT).then(|| format!("it hung: {finished}"))
}
