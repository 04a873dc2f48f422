//! How the trouble of a round comes about: a load is started, and something is done to it.
//! In: the load and its trouble. Out: how it ended, and whether the trouble was met.

use std::thread;
use std::time::{Duration, Instant};

use fastrand::Rng;
use rustix::process::Signal;

use super::Known;
use super::trouble::Trouble;
use crate::frail_neo4j::FrailNeo4j;
use crate::programs::{Finished, Running};
use crate::proxy::Proxy;
use crate::target::Target;

/// So that a run seems silent for longer than an owner may be.
const GROW_SILENT: &str = "MATCH (r:_RowgraphRun {slot: 'open'}) SET r.heartbeat = r.heartbeat - 61000 RETURN 1 AS one";

/// Runs a load in trouble, and tells whether the trouble came about.
pub(super) fn disturbed_load(
    known: &Known,
    server: &mut FrailNeo4j,
    flags: &[String],
    trouble: &Trouble,
    random: &mut Rng,
) -> (Finished, bool) {
    let proxy = Proxy::to_neo4j(&server.environment(), trouble.faults());
    let mut program = known.load(&proxy.neo4j_environment(&server.environment()), flags);
    if let Trouble::Point(point) = trouble {
        program = program.variable("ROWGRAPH_FAILPOINT", point);
    }
    if let Trouble::Disk { bytes } = trouble {
        server.starve(*bytes);
    }
    let mut running = program.start();
    match trouble {
        Trouble::None => (running.finish(), true),
        Trouble::Network(_) => {
            let finished = running.finish();
            (finished, proxy.fired() > 0)
        }
        Trouble::Point(_) => {
            let finished = running.finish();
            let met = finished.code.is_none();
            (finished, met)
        }
        Trouble::Settings(_) => {
            let finished = running.finish();
            let met = finished.stderr.contains("overcome");
            (finished, met)
        }
        Trouble::Signal { signal, after } => {
            thread::sleep(*after);
            let met = running.is_running();
            if met {
                running.signal(*signal);
            }
            (running.finish(), met)
        }
        Trouble::Server { after, read_only } => {
            thread::sleep(*after);
            let met = running.is_running();
            server.kill();
            if let Some(time) = read_only {
                server.up("server.databases.default_to_read_only=true");
                thread::sleep(*time);
            }
            server.up("");
            (running.finish(), met)
        }
        Trouble::Disk { .. } => {
            let finished = running.finish();
            let met = finished.code != Some(0);
            server.feed();
            // A server that has met the end of its disk has to be restarted, also when no client has noticed.
            server.kill();
            server.up("");
            (finished, met)
        }
        Trouble::SecondLoad { after } => {
            thread::sleep(*after);
            let met = running.is_running();
            let flags = [flags, &["--resume".to_owned()]].concat();
            let second = known.load(&server.environment(), &flags).start();
            let first = running.finish();
            let second = second.finish();
            // The one that ended worse has more to tell.
            (if trouble.allows(&second) { first } else { second }, met)
        }
        Trouble::Frozen { after } => freeze(known, server, flags, running, *after),
        Trouble::Locks { between } => {
            let met = take_locks(&mut running, server, *between, random);
            (running.finish(), met)
        }
    }
}

fn freeze(known: &Known, server: &FrailNeo4j, flags: &[String], running: Running, after: Duration) -> (Finished, bool) {
    let mut running = running;
    thread::sleep(after);
    let met = running.is_running();
    if !met {
        return (running.finish(), false);
    }
    running.signal(Signal::STOP);
    if let Ok(target) = Target::connect(&server.environment()) {
        drop(target.try_ask(GROW_SILENT));
    }
    let flags = [flags, &["--resume".to_owned()]].concat();
    let second = known.load(&server.environment(), &flags).run();
    running.signal(Signal::CONT);
    let first = running.finish();
    (if second.code == Some(0) { first } else { second }, met)
}

/// Takes the ledger's locks of the units of a table from the last to the first, while the load takes them from the first
/// to the last; whether there was anything to take.
fn take_locks(running: &mut Running, server: &FrailNeo4j, between: Duration, random: &mut Rng) -> bool {
    let Ok(target) = Target::connect(&server.environment()) else { return false };
    let since = Instant::now();
    let mut id = None;
    while id.is_none() && running.is_running() && since.elapsed() < Duration::from_secs(30) {
        let runs = target.try_ask("MATCH (r:_RowgraphRun {slot: 'open'}) RETURN r.id AS id").unwrap_or_default();
        id = runs.first().and_then(|run| run["id"].as_str().map(str::to_owned));
    }
    let Some(id) = id else { return false };
    let table = ["Learner", "Skill", "HAS_SKILL", "WORKS_FOR", "HAS_LEARNING_STATE"][random.usize(..5)];
    let Ok(mut held) = target.begin() else { return false };
    let mut met = false;
    for unit in (0..3).rev() {
        // A unit that is applied already, or a deadlock that is lost: the load has won.
        if held.run(&format!("CREATE (:_RowgraphBatch {{id: '{id}/{table}/{unit}'}})")).is_err() {
            break;
        }
        met = running.is_running();
        thread::sleep(between);
    }
    drop(held.roll_back());
    met
}
