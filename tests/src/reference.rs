//! The independent implementation in Python that our programs are compared with.
//! In: the environment of source and target, and a date. Out: nothing when both are equal; a failed test with the first
//! differences when not. The virtual environment comes from `scripts/python`, which makes it once.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use crate::programs::{Finished, Program};
use crate::servers::{Environment, project};

static PYTHON: LazyLock<PathBuf> = LazyLock::new(|| {
    let output = Command::new(project().join("scripts/python")).stdin(Stdio::null()).stderr(Stdio::inherit()).output();
    let output = output.expect("bash runs scripts/python");
    assert!(output.status.success(), "no test without its reference: scripts/python failed");
    PathBuf::from(String::from_utf8_lossy(&output.stdout).trim())
});

/// Fails unless the graph in the target is what GRAPH.md makes of the source table.
#[track_caller]
pub fn expect_equal_graph(environment: &Environment, as_of: &str) {
    run("compare_graph.py", &["--as-of", as_of], environment);
}

/// Writes the graph in the target, as the official driver reads it, into a file that [`compare_upsert`] takes.
#[track_caller]
pub fn dump_graph(environment: &Environment, file: &Path) {
    run("dump_graph.py", &[&file.to_string_lossy()], environment);
}

/// Fails unless `after` is what an upsert makes of the graph `before` when a fresh load of the newer snapshot gives `fresh`.
/// Returns what the script counted: nodes by label and relationships by type that the newer snapshot does not have.
#[track_caller]
pub fn compare_upsert(before: &Path, fresh: &Path, after: &Path) -> serde_json::Value {
    let files = [before, fresh, after].map(|file| file.to_string_lossy());
    let finished = run("compare_upsert.py", &files.each_ref().map(AsRef::as_ref), &Environment::new());
    serde_json::from_str(&finished.stdout).expect("counts as JSON")
}

/// Fails unless the snapshot holds the values of the source table; `reader` is `pyarrow` or `duckdb`.
#[track_caller]
pub fn expect_equal_snapshot(environment: &Environment, snapshot: &Path, reader: &str) {
    run("compare_snapshot.py", &[&snapshot.to_string_lossy(), "--reader", reader], environment);
}

/// Fails unless each of these snapshots of a table of odd types holds what the server says of each value, read by pyarrow
/// and by DuckDB, and its manifest counts what could not be stored.
#[track_caller]
pub fn expect_equal_types(environment: &Environment, snapshots: &[&Path]) {
    let mut arguments: Vec<_> = snapshots.iter().map(|path| path.to_string_lossy()).collect();
    arguments.extend(["--readers".into(), "pyarrow,duckdb".into()]);
    run("compare_types.py", &arguments.iter().map(AsRef::as_ref).collect::<Vec<&str>>(), environment);
}

/// The different values of one column of a snapshot, as DuckDB reads them.
#[track_caller]
pub fn column_values(snapshot: &Path, column: &str) -> BTreeSet<String> {
    let script = "import duckdb, sys\n\
        query = f'SELECT DISTINCT CAST(\"{sys.argv[2]}\" AS VARCHAR) FROM read_parquet(\\'{sys.argv[1]}/part-*.parquet\\')'\n\
        print(*(row[0] for row in duckdb.sql(query).fetchall()), sep='\\n')";
    let program = Program::at(&PYTHON).argument("-c").argument(script).argument(snapshot).argument(column);
    program.run().expect_code(0).stdout.lines().map(str::to_owned).collect()
}

/// The rows of a Parquet file as texts, as DuckDB reads them.
#[track_caller]
pub fn parquet_rows(file: &Path) -> Vec<Vec<String>> {
    let script = "import duckdb, json, sys\n\
        print(json.dumps([[str(value) for value in row] for row in duckdb.read_parquet(sys.argv[1]).fetchall()]))";
    let finished = Program::at(&PYTHON).argument("-c").argument(script).argument(file).run().expect_code(0);
    serde_json::from_str(&finished.stdout).expect("rows as JSON")
}

#[track_caller]
fn run(script: &str, arguments: &[&str], environment: &Environment) -> Finished {
    let mut program = Program::at(&PYTHON).argument(project().join("tests/reference").join(script));
    for argument in arguments {
        program = program.argument(argument);
    }
    let finished = program.with(environment).run();
    assert_eq!(finished.code, Some(0), "{script}: {finished}");
    finished
}
