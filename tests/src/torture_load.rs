//! A long random run of `load` under faults, and the rules that must hold after each round.
//! In: a snapshot whose graph is known, a Neo4j of the run's own, and a seed. Out: a line a round, with its verdict. A seed
//! gives its round again, as far as the machine's timing allows.

mod act;
mod trouble;

use std::collections::BTreeSet;
use std::fmt;
use std::time::{Duration, Instant};

use fastrand::Rng;
pub use trouble::{POINTS, Trouble};

use crate::frail_neo4j::FrailNeo4j;
use crate::long_run;
use crate::programs::{Finished, Program};
use crate::servers::Environment;
use crate::snapshots::{DataFolder, Snapshot};
use crate::source::SourceTable;
use crate::target::Target;

/// No single start of the program takes longer unless it hangs: answers are held for a minute at most.
const LIMIT: Duration = Duration::from_secs(200);

/// Undisturbed starts until the load must be done: one takes over, one may still meet what the trouble left.
const STARTS: u32 = 4;

/// Writes table by table; without it, nodes go with the relationships that start at them.
const APART: &str = "--apart";

/// A snapshot whose graph is known.
pub struct Known {
    /// Rows of its table.
    pub rows: u64,
    snapshot: Snapshot,
    data: DataFolder,
    _table: SourceTable,
    /// What `load verify --deep` prints of the graph.
    digest: String,
    counts: Vec<(String, i64)>,
    /// How long an undisturbed load takes.
    took: Duration,
}

impl Known {
    /// A generated table, extracted and loaded once.
    pub fn generated(name: &str, rows: u64, seed: u64, server: &FrailNeo4j) -> Self {
        let table = SourceTable::generated(name, rows, seed);
        let data = DataFolder::new();
        let snapshot = data.extract(&table);
        let (digest, counts, took) = (String::new(), Vec::new(), Duration::ZERO);
        let mut known = Self { rows, snapshot, data, _table: table, digest, counts, took };
        let target = Target::connect(&server.environment()).expect("a connection to Neo4j");
        target.empty();
        known.took = known.load(&server.environment(), &[]).run().expect_code(0).took;
        known.digest = known.verify(&server.environment()).expect_code(0).stdout;
        known.counts = target.counts();
        target.empty();
        known
    }

    fn load(&self, environment: &Environment, flags: &[String]) -> Program {
        let mut program = Program::load(&["--progress", "none", "--from"]).argument(&self.snapshot.path);
        for flag in flags {
            program = program.argument(flag);
        }
        program.with(environment)
    }

    fn verify(&self, environment: &Environment) -> Finished {
        let program = Program::load(&["verify", "--deep", "--progress", "none", "--from"]);
        program.argument(&self.snapshot.path).with(environment).run()
    }

    /// So that the next load stages anew.
    fn forget_tables(&self) {
        std::fs::remove_dir_all(self.data.path().join(".graph")).unwrap_or_default();
    }
}

/// What happened in a round.
pub struct Round {
    /// Its seed.
    pub seed: u64,
    /// Rows of its table.
    pub rows: u64,
    /// Flags of `load`.
    pub flags: Vec<String>,
    /// What was done to it.
    pub trouble: Trouble,
    /// Whether that came about.
    pub met: bool,
    /// How the disturbed load ended.
    pub ended: String,
    /// Starts with `--resume` after it.
    pub resumes: u32,
    /// How long all of it took.
    pub took: Duration,
    /// What is wrong; nothing where all rules hold.
    pub broken_rule: Option<String>,
}

/// Column names of [`Round`]'s lines.
pub const HEADER: &str = "seed\trows\tflags\ttrouble\tmet\tended\tresumes\tseconds\tverdict";

impl fmt::Display for Round {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = self.broken_rule.as_deref().unwrap_or("ok").replace(['\n', '\t'], " ");
        let (flags, seconds) = (self.flags.join(" "), self.took.as_secs_f64());
        let Self { seed, rows, trouble, met, ended, resumes, .. } = self;
        write!(f, "{seed}\t{rows}\t{flags}\t{trouble}\t{met}\t{ended}\t{resumes}\t{seconds:.1}\t{verdict}")
    }
}

impl long_run::Round for Round {
    fn news(&self) -> String {
        let (seconds, verdict) = (self.took.as_secs(), self.broken_rule.as_deref().unwrap_or("ok"));
        format!("{} {}, {seconds} s: {}, {verdict}", self.seed, self.ended, self.trouble)
    }

    fn is_broken(&self) -> bool {
        self.broken_rule.is_some()
    }
}

/// One round in a database that is empty at its beginning and at its end.
pub fn round(tables: &[Known], server: &mut FrailNeo4j, seed: u64) -> Round {
    let mut random = Rng::with_seed(seed);
    let known = &tables[random.usize(..tables.len())];
    let flags = flags(&mut random);
    let trouble = Trouble::draw(&mut random, known.took);
    let since = Instant::now();
    server.up(trouble.settings());
    if random.u8(..4) == 0 {
        known.forget_tables();
    }
    let (finished, met) = act::disturbed_load(known, server, &flags, &trouble, &mut random);
    let ended = finished.ending();
    // Looking into the graph is not to suffer from the round's settings; the load itself has.
    server.feed();
    server.up("");
    let mut resumes = 0;
    let mut broken_rule = (!trouble.allows(&finished)).then(|| format!("an end that it cannot have: {finished}"));
    if broken_rule.is_none() {
        // A load may go on in the other way.
        let ways = if random.bool() { flags.clone() } else { other_way(&flags) };
        broken_rule = to_the_end(known, server, &ways, &mut resumes).err();
    }
    if let Err(error) = clean_up(server, &mut random) {
        broken_rule.get_or_insert(error);
    }
    Round { seed, rows: known.rows, flags, trouble, met, ended, resumes, took: since.elapsed(), broken_rule }
}

fn flags(random: &mut Rng) -> Vec<String> {
    let mut flags = Vec::new();
    let mut add = |name: &str, value: &str| flags.extend([format!("--{name}"), value.to_owned()]);
    add("writers", ["1", "2", "4", "8"][random.usize(..4)]);
    add("retry-for", ["0", "5", "120"][random.usize(..3)]);
    if random.bool() {
        add("batch-rows", "1");
    }
    if random.u8(..5) == 0 {
        add("mode", "upsert");
    }
    if random.u8(..3) == 0 {
        flags.push(APART.to_owned());
    }
    flags
}

fn other_way(flags: &[String]) -> Vec<String> {
    let mut other: Vec<String> = flags.iter().filter(|flag| *flag != APART).cloned().collect();
    if other.len() == flags.len() {
        other.push(APART.to_owned());
    }
    other
}

/// Resumes without trouble until the load is done, and checks what it says and what is there.
fn to_the_end(known: &Known, server: &FrailNeo4j, flags: &[String], resumes: &mut u32) -> Result<(), String> {
    let target =
        Target::connect(&server.environment()).map_err(|error| format!("the server does not answer: {error}"))?;
    let flags = [flags, &["--resume".to_owned()]].concat();
    loop {
        let applied = target.rows_applied(&BTreeSet::new());
        let finished = known.load(&server.environment(), &flags).run();
        *resumes += 1;
        match finished.code {
            _ if finished.took > LIMIT => return Err(format!("it hung: {finished}")),
            Some(0) => {
                if let (Some(applied), Some(kept)) = (applied, finished.rows_before())
                    && applied != kept
                {
                    return Err(format!("{kept} rows were kept of the {applied} in the ledger: {finished}"));
                }
                break;
            }
            Some(13 | 14) if *resumes < STARTS => {}
            _ => return Err(format!("it cannot be resumed: {finished}")),
        }
    }
    let verified = known.verify(&server.environment());
    if verified.code != Some(0) {
        return Err(format!("the graph differs: {verified}"));
    }
    let is_upsert = flags.iter().any(|flag| flag == "upsert");
    if !is_upsert && verified.stdout != known.digest {
        return Err(format!("another digest: {verified}"));
    }
    let counts = target.counts();
    if counts != known.counts {
        return Err(format!("other numbers: {counts:?}"));
    }
    let left = target.bookkeeping("_RowgraphBatch");
    if left == 0 { Ok(()) } else { Err(format!("{left} nodes of the ledger are left")) }
}

/// Empties the database, now and then by the program's own means.
fn clean_up(server: &mut FrailNeo4j, random: &mut Rng) -> Result<(), String> {
    server.feed();
    server.up("");
    let target =
        Target::connect(&server.environment()).map_err(|error| format!("the server does not answer: {error}"))?;
    if random.u8(..4) == 0 {
        let cleared = Program::load(&["clear", "--yes"]).with(&server.environment()).run();
        let left = target.number("MATCH (n) RETURN count(n) AS n");
        let upserted = cleared.stderr.contains("upsert");
        if cleared.code != Some(0) || (left > 0 && !upserted) {
            return Err(format!("{left} nodes are left by: {cleared}"));
        }
    }
    target.empty_of_data();
    Ok(())
}
