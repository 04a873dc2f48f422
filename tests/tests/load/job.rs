//! What most of these tests begin with: a generated table, its snapshot, and an empty Neo4j held alone.

use testkit::programs::{Finished, Program};
use testkit::reference::expect_equal_graph;
use testkit::servers::{Environment, SERVERS};
use testkit::snapshots::{DataFolder, Snapshot};
use testkit::source::SourceTable;
use testkit::target::Lease;

/// A mapping of the default's, for a table of another name.
///
/// Tests own a table named after themselves, and a mapping names the table that it is for.
pub fn mapping_for(table: &str, data: &DataFolder) -> String {
    let default = Program::load(&["mapping"]).run().expect_code(0).stdout;
    let countries = testkit::servers::project().join("load/mappings/countries.csv");
    let mapping =
        default.replace("impact_learners_profile", table).replace("countries.csv", &countries.to_string_lossy());
    let path = data.path().join("mapping.yaml");
    std::fs::write(&path, mapping).expect("a mapping file");
    path.to_string_lossy().into_owned()
}

/// A snapshot ready to load.
pub struct Job {
    /// Where it goes.
    pub target: Lease,
    /// Where it is from.
    pub table: SourceTable,
    /// Where the snapshot is.
    pub data: DataFolder,
    /// The snapshot.
    pub snapshot: Snapshot,
}

impl Job {
    /// A generated table, extracted. A snapshot's own folder is given to `load`, so the table may have any name.
    pub fn generated(table: &str, rows: u64, seed: u64) -> Self {
        Self::extracted(table, rows, seed, &[])
    }

    /// The same in small files of small row groups: staging works on them side by side.
    pub fn in_small_pieces(table: &str, rows: u64, seed: u64) -> Self {
        Self::extracted(table, rows, seed, &["--part-size", "1MB", "--row-group", "1MB"])
    }

    fn extracted(table: &str, rows: u64, seed: u64, arguments: &[&str]) -> Self {
        let target = Lease::take();
        let table = SourceTable::generated(table, rows, seed);
        let data = DataFolder::new();
        let snapshot = data.extract_with(&table, arguments);
        Self { target, table, data, snapshot }
    }

    /// `load --from SNAPSHOT` with more arguments.
    pub fn load(&self, more: &[&str]) -> Program {
        let from = self.snapshot.path.to_string_lossy().into_owned();
        let arguments: Vec<&str> = ["--from", &from].into_iter().chain(more.iter().copied()).collect();
        Program::load(&arguments).with(&target_environment())
    }

    /// `load verify --from SNAPSHOT` with more arguments.
    pub fn verify(&self, more: &[&str]) -> Finished {
        let from = self.snapshot.path.to_string_lossy().into_owned();
        let arguments: Vec<&str> = ["verify", "--from", &from].into_iter().chain(more.iter().copied()).collect();
        Program::load(&arguments).with(&target_environment()).run()
    }

    /// The digest of every element and property in the target, table by table, as `load verify --deep` prints it.
    #[track_caller]
    pub fn deep_digest(&self) -> String {
        let digest = self.verify(&["--deep"]).expect_code(0).stdout;
        assert!(digest.contains("HAS_PROFESSIONAL_STATUS") && !digest.contains("DIFFERS"), "{digest}");
        digest
    }

    /// Fails unless the graph is what the reference makes of the table.
    #[track_caller]
    pub fn expect_reference(&self) {
        expect_equal_graph(&self.table.environment(), self.snapshot.as_of());
        assert_eq!(self.target.bookkeeping("_RowgraphBatch"), 0, "the ledger is gone");
    }
}

/// `NEO4J_*` alone: `load` must need nothing of MySQL.
pub fn target_environment() -> Environment {
    let all = SERVERS.environment().iter();
    all.filter(|(name, _)| name.starts_with("NEO4J_")).map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// `load status` or `load clear` and their arguments.
pub fn load(arguments: &[&str]) -> Program {
    Program::load(arguments).with(&target_environment())
}

/// The report that a load printed the path of.
#[track_caller]
pub fn report_of(finished: &Finished) -> serde_json::Value {
    let path = finished.stderr.lines().find_map(|line| line.strip_prefix("report: "));
    let path = path.unwrap_or_else(|| panic!("no report was named: {finished}"));
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).expect("a report of JSON")
}

/// The page for people that a load printed the path of.
#[track_caller]
pub fn page_of(finished: &Finished) -> std::path::PathBuf {
    let line = finished.stderr.lines().find_map(|line| line.strip_prefix("page: "));
    let line = line.unwrap_or_else(|| panic!("no page was named: {finished}"));
    line.split(" (").next().expect("a path").into()
}
