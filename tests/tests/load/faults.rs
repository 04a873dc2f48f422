//! Faults of network, server, disk and other clients while `load` writes: in the end the graph is that of an undisturbed load,
//! element by element; what has to be said is said, with the right exit code; and no batch is written twice.

mod disk;
mod locks;
mod network;
mod random_kills;
mod server;
mod signals;
mod takeover;

use std::collections::BTreeSet;
use std::time::Duration;

use testkit::programs::{Finished, Program};
use testkit::proxy::{Kind, Request};
use testkit::servers::Environment;
use testkit::snapshots::{DataFolder, Snapshot};
use testkit::source::SourceTable;
use testkit::target::{Lease, Target};

use crate::job::target_environment;

/// Words of the statement of every batch.
const BATCH: &str = "CREATE (:_RowgraphBatch";

/// Starts of a load until it must be through; each of these faults costs one or two.
const STARTS: usize = 8;

/// The commit of the n-th batch.
fn commit_of_batch(number: u64) -> Request {
    Request::of(Kind::Commit, BATCH, number)
}

/// A graph that is loaded again and again.
struct Case {
    environment: Environment,
    target: Target,
    snapshot: Snapshot,
    data: DataFolder,
    _table: SourceTable,
    /// What an undisturbed load gives.
    digest: String,
    /// How long that took.
    took: Duration,
    /// Connections that are no program's.
    own: BTreeSet<String>,
    _lease: Option<Lease>,
}

impl Case {
    /// A generated table for the shared Neo4j.
    fn shared(table: &str, rows: u64, seed: u64) -> Self {
        let lease = Lease::take();
        Self::prepare(table, rows, seed, target_environment(), Some(lease))
    }

    /// A generated table for a server of one's own.
    fn own(table: &str, rows: u64, seed: u64, environment: &Environment) -> Self {
        Self::prepare(table, rows, seed, environment.clone(), None)
    }

    fn prepare(table: &str, rows: u64, seed: u64, environment: Environment, lease: Option<Lease>) -> Self {
        let table = SourceTable::generated(table, rows, seed);
        let data = DataFolder::new();
        let snapshot = data.extract(&table);
        let target = Target::connect(&environment).expect("a connection to Neo4j");
        target.empty();
        let mut case = Self {
            environment,
            target,
            snapshot,
            data,
            _table: table,
            digest: String::new(),
            took: Duration::ZERO,
            own: BTreeSet::new(),
            _lease: lease,
        };
        case.own = case.target.connections();
        case.took = case.load(&[]).run().expect_code(0).took;
        case.digest = case.deep_digest();
        case.target.empty_of_data();
        case
    }

    /// `load --from SNAPSHOT` with more arguments.
    fn load(&self, more: &[&str]) -> Program {
        self.load_in(&self.environment, more)
    }

    /// The same by another way to the server.
    fn load_in(&self, environment: &Environment, more: &[&str]) -> Program {
        let from = self.snapshot.path.to_string_lossy().into_owned();
        let arguments: Vec<&str> =
            ["--from", &from, "--progress", "none"].into_iter().chain(more.iter().copied()).collect();
        Program::load(&arguments).with(environment)
    }

    /// Removes the graph tables, so that the next load stages anew.
    fn forget_tables(&self) {
        std::fs::remove_dir_all(self.data.path().join(".graph")).unwrap_or_default();
    }

    /// `load verify --deep`.
    fn verify(&self) -> Finished {
        let from = self.snapshot.path.to_string_lossy().into_owned();
        Program::load(&["verify", "--deep", "--progress", "none", "--from", &from]).with(&self.environment).run()
    }

    #[track_caller]
    fn deep_digest(&self) -> String {
        self.verify().expect_code(0).stdout
    }

    /// Fails unless the graph is the undisturbed one and the ledger is gone. The database is empty then.
    #[track_caller]
    fn expect_whole(&self, after: &str) {
        assert_eq!(self.deep_digest(), self.digest, "after {after}");
        assert_eq!(self.target.bookkeeping("_RowgraphBatch"), 0, "after {after}");
        self.target.empty_of_data();
    }

    /// Resumes until the load is done, then looks at the graph.
    #[track_caller]
    fn resume_to_the_end(&self, after: &str) {
        for _ in 0..STARTS {
            let before = self.target.rows_applied(&self.own);
            let finished = self.load(&["--resume"]).run();
            if finished.code == Some(0) {
                expect_no_row_twice(before, &finished, after);
                return self.expect_whole(after);
            }
            assert!([Some(13), Some(14)].contains(&finished.code), "after {after}: {finished}");
        }
        panic!("after {after} the load never came to its end");
    }
}

/// Fails unless a load that went on wrote none of the rows that the ledger named when it began.
#[track_caller]
fn expect_no_row_twice(applied: Option<i64>, finished: &Finished, after: &str) {
    if let (Some(applied), Some(before)) = (applied, finished.rows_before()) {
        assert_eq!(before, applied, "rows that were not written again, after {after}: {finished}");
    }
}
