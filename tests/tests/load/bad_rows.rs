//! Rows that the server refuses, which a constraint or an index of somebody else's sees to: each is found, named and set
//! aside, with the relationships that lose an end by it; past `--max-rejects` the load stops and can be resumed.

use std::collections::BTreeSet;
use std::fs;

use testkit::programs::Program;
use testkit::reference::parquet_rows;
use testkit::snapshots::{DataFolder, Snapshot};
use testkit::source::SourceTable;
use testkit::target::Lease;

use crate::job::target_environment;

/// Two thousand parts, each of one of fifty makers. Which rows are bad stands in the columns: `serial` and `lot` are each
/// row's own, but for the bad ones.
const MAPPING: &str = r#"
version: "1"
config: {name: parts}
sources:
  - name: parts
    type: snapshot
    table: TABLE
    group_by: id
    fields:
      id: {column: id}
      maker: {column: maker}
targets:
  nodes:
    - name: part
      source: parts
      labels: [Part]
      properties:
        - {source_field: id, target_property: id}
        - {source_field: serial, target_property: serial}
        - {source_field: note, target_property: note}
      schema: {unique_constraints: [{name: part_id, label: Part, properties: [id]}]}
    - name: maker
      source: parts
      labels: [Maker]
      on_conflict: most_frequent
      properties: [{source_field: maker, target_property: name}]
      schema: {unique_constraints: [{name: maker_name, label: Maker, properties: [name]}]}
  relationships:
    - name: made_by
      source: parts
      type: MADE_BY
      start_node_reference: part
      end_node_reference: maker
      properties: [{source_field: lot, target_property: lot}]
"#;

/// Rows of the table.
const ROWS: usize = 2_000;

struct Parts {
    target: Lease,
    data: DataFolder,
    snapshot: Snapshot,
    _table: SourceTable,
}

impl Parts {
    /// A table in which `changes` (assignments and conditions of UPDATE) have made rows bad.
    fn with(name: &str, changes: &[&str]) -> Self {
        let target = Lease::take();
        let mut statements = vec![
            "CREATE TABLE `{table}` (id VARCHAR(20), maker VARCHAR(20), serial VARCHAR(20), lot VARCHAR(20), note LONGTEXT)"
                .to_owned(),
            "INSERT INTO `{table}` SELECT CONCAT('p', seq), CONCAT('m', seq % 50), CONCAT('s', seq), CONCAT('l', seq), 'x' \
             FROM seq_0_to_1999"
                .to_owned(),
        ];
        statements.extend(changes.iter().map(|change| format!("UPDATE `{{table}}` SET {change}")));
        let statements: Vec<&str> = statements.iter().map(String::as_str).collect();
        let table = SourceTable::made_by(name, &statements);
        let data = DataFolder::new();
        let snapshot = data.extract(&table);
        fs::write(data.path().join("parts.yaml"), MAPPING.replace("TABLE", name)).expect("a mapping");
        Self { target, data, snapshot, _table: table }
    }

    fn run(&self, command: &[&str], more: &[&str]) -> Program {
        let mapping = self.data.path().join("parts.yaml");
        let arguments = [command, &["--from", self.data.text(), "--progress", "none"], more].concat();
        Program::load(&arguments).argument("--mapping").argument(mapping).with(&target_environment())
    }

    /// Table, row and reason of what was set aside.
    fn refused(&self) -> Vec<(String, usize, String)> {
        let runs = fs::read_dir(self.data.path().join(".graph/runs")).expect("runs").flatten();
        let file = runs.map(|run| run.path().join("server-rejects.parquet")).find(|path| path.exists());
        let rows = parquet_rows(&file.expect("a file of refused rows"));
        rows.into_iter()
            .map(|mut row| {
                let (reason, number, table) = (row.pop(), row.pop(), row.pop());
                let number = number.and_then(|number| number.parse().ok()).expect("a number");
                (table.expect("a table"), number, reason.expect("a reason"))
            })
            .collect()
    }

    /// Ordinals of what was set aside of a table for this reason.
    fn refused_of(&self, table: &str, words: &str) -> BTreeSet<usize> {
        let refused = self.refused().into_iter();
        refused.filter(|(of, _, reason)| of == table && reason.contains(words)).map(|(_, row, _)| row).collect()
    }

    fn count(&self, pattern: &str) -> i64 {
        self.target.number(&format!("MATCH {pattern} RETURN count(*) AS n"))
    }
}

#[test]
fn several_bad_nodes_of_a_batch_are_set_aside_with_their_relationships() {
    // Serial numbers of others, in the first unit and in the last; notes too long for an index.
    let parts = Parts::with(
        "bad_nodes",
        &[
            "serial = 's1' WHERE id IN ('p17', 'p18', 'p999')",
            "serial = 's5' WHERE id IN ('p1000', 'p1999')",
            "note = REPEAT('long', 5000) WHERE id IN ('p3', 'p1500')",
        ],
    );
    parts.target.ask("CREATE CONSTRAINT theirs FOR (n:Part) REQUIRE n.serial IS UNIQUE");
    parts.target.ask("CREATE INDEX theirs_too FOR (n:Part) ON (n.note)");
    let bad = BTreeSet::from([3, 17, 18, 999, 1000, 1500, 1999]);

    // None may be refused, then fewer than there are: the first too many is named, and everything else stays to be gone on with.
    let stopped = parts.run(&[], &[]).run().expect_code(13);
    stopped.expect_said(&["refuses row", "Part", "--max-rejects 0", "--resume"]);
    parts.run(&[], &["--resume", "--max-rejects", "6"]).run().expect_code(13).expect_said(&["--max-rejects 6"]);
    let loaded = parts.run(&[], &["--resume", "--max-rejects", "7"]).run().expect_code(3);
    loaded.expect_said(&["refused by the server: 14 rows", "server-rejects.parquet"]);

    assert_eq!(parts.refused_of("Part", ""), bad);
    assert_eq!(parts.refused_of("Part", "serial"), BTreeSet::from([17, 18, 999, 1000, 1999]));
    assert_eq!(parts.refused_of("MADE_BY", "start node was refused").len(), bad.len());
    assert_eq!(parts.count("(n:Part)"), (ROWS - bad.len()) as i64);
    assert_eq!(parts.count("(:Part)-[:MADE_BY]->(:Maker)"), (ROWS - bad.len()) as i64);
    for row in &bad {
        assert_eq!(parts.count(&format!("(n:Part {{id: 'p{row}'}})")), 0, "p{row}");
    }
    parts.run(&["verify"], &[]).run().expect_code(0);
    parts.run(&["verify"], &["--deep"]).run().expect_code(0);
    assert_eq!(parts.snapshot.rows(), ROWS as u64);
}

#[test]
fn bad_relationships_are_set_aside_and_their_nodes_stay() {
    let parts = Parts::with("bad_relationships", &["lot = 'l7' WHERE id IN ('p8', 'p57', 'p1207', 'p1208')"]);
    parts.target.ask("CREATE CONSTRAINT theirs FOR ()-[r:MADE_BY]-() REQUIRE r.lot IS UNIQUE");
    parts.run(&[], &["--max-rejects", "2"]).run().expect_code(13).expect_said(&["refuses row", "MADE_BY", "lot"]);
    // Killed in the midst of the search, too: what was found so far is found again.
    let killed = parts.run(&[], &["--resume", "--max-rejects", "9"]).variable("ROWGRAPH_FAILPOINT", "rejects-written");
    let killed = killed.run();
    assert!(killed.signal.is_some(), "{killed}");
    parts.run(&[], &["--resume", "--max-rejects", "9"]).run().expect_code(3).expect_said(&["server: 4 rows"]);
    assert_eq!(parts.refused_of("MADE_BY", "lot").len(), 4);
    assert_eq!(parts.count("(:Part)"), ROWS as i64);
    assert_eq!(parts.count("(:Part)-[:MADE_BY]->(:Maker)"), ROWS as i64 - 4);
    assert_eq!(parts.count("(:Part)-[:MADE_BY {lot: 'l7'}]->(:Maker)"), 1);
    parts.run(&["verify"], &["--deep"]).run().expect_code(0);
}
