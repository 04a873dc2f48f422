//! `--mode upsert`: a graph follows its table, and the same again changes nothing.

use testkit::programs::Program;
use testkit::reference::{compare_upsert, dump_graph, expect_equal_graph};
use testkit::source::SourceTable;

use crate::job::{Job, load, report_of, target_environment};

#[test]
fn a_changed_table_updates_the_graph_and_twice_is_the_same_as_once() {
    let job = Job::generated("upserted", 400, 81);
    job.load(&[]).run().expect_code(0);
    // Changes that let no node vanish: upsert adds and updates, and never deletes nodes.
    job.table.run(&[
        "UPDATE `{table}` SET gender = 'female', bio = NULL WHERE meta_rn % 5 = 0",
        "UPDATE `{table}` SET skills_list = CONCAT(skills_list, ',Beekeeping') WHERE skills_list LIKE '%, %' AND meta_rn % 3 = 0",
        "UPDATE `{table}` SET is_graduate_learner = 1 - is_graduate_learner WHERE meta_rn % 7 = 0",
    ]);
    let snapshot = job.data.extract(&job.table);
    let from = snapshot.path.to_string_lossy().into_owned();
    let upsert = |more: &[&str]| {
        let arguments: Vec<&str> =
            ["--from", &from, "--mode", "upsert"].into_iter().chain(more.iter().copied()).collect();
        Program::load(&arguments).with(&target_environment())
    };
    Program::load(&["--from", &from]).with(&target_environment()).run().expect_code(14).expect_said(&["upsert"]);
    upsert(&[]).run().expect_code(0);
    expect_equal_graph(&job.table.environment(), snapshot.as_of());
    let counts = job.target.counts();
    upsert(&[]).run().expect_code(0).expect_said(&["already"]);

    // The first graph again, then the second again: nothing may be doubled.
    job.load(&["--mode", "upsert"]).run().expect_code(0);
    let stopped = upsert(&["--batch-rows", "1"]).variable("ROWGRAPH_FAILPOINT", "batch-committed:6").run();
    assert!(stopped.signal.is_some(), "{stopped}");
    upsert(&["--resume"]).run().expect_code(0);
    expect_equal_graph(&job.table.environment(), snapshot.as_of());
    assert_eq!(job.target.counts(), counts);
}

/// A second extraction of a table that was changed in every way: rows gone, new and changed, properties gone, relationships
/// gone, changed and new.
fn change_in_every_way(table: &SourceTable) {
    let others = SourceTable::generated("upsert_others", 60, 87);
    let add = format!("INSERT INTO {{table}} SELECT * FROM `{}`", others.name());
    table.run(&[
        "DELETE FROM {table} WHERE meta_rn % 11 = 0",
        "UPDATE {table} SET gender = 'female', bio = NULL, is_rural = 1 - is_rural WHERE meta_rn % 5 = 0",
        "UPDATE {table} SET full_name = NULL, country_of_residence = 'Kenya', city_of_residence = 'Nakuru' WHERE meta_rn % 7 = 1",
        "UPDATE {table} SET skills_list = CONCAT('Beekeeping, ', skills_list) WHERE meta_rn % 4 = 1",
        "UPDATE {table} SET skills_list = NULL WHERE meta_rn % 4 = 2",
        "UPDATE {table} SET learning_details = '[]', employment_details = '[]' WHERE meta_rn % 9 = 4",
        "UPDATE {table} SET employment_details = REPLACE(employment_details, '\"index\": \"1\"', '\"index\": \"7\"') WHERE meta_rn % 3 = 0",
        "UPDATE {table} SET employment_details = REPLACE(employment_details, '-01-', '-02-'), \
         learning_details = REPLACE(learning_details, 'Graduated', 'Dropped Out') WHERE meta_rn % 3 = 1",
        "UPDATE {table} AS a JOIN {table} AS b ON a.meta_rn = b.meta_rn + 1 \
         SET a.placement_details = b.placement_details, a.education_details = b.education_details WHERE a.meta_rn % 6 = 2",
    ]);
    others.run(&["UPDATE {table} SET hashed_email = CONCAT('new', SUBSTRING(hashed_email, 4)), meta_rn = NULL"]);
    table.run(&[add]);
}

#[test]
fn a_newer_snapshot_gives_what_a_fresh_load_gives_and_leaves_the_rest_alone() {
    let job = Job::generated("upsert_newer", 600, 86);
    let dumps = tempfile::tempdir().expect("a folder");
    let dump = |name: &str| {
        let file = dumps.path().join(name);
        dump_graph(&target_environment(), &file);
        file
    };
    change_in_every_way(&job.table);
    let newer = job.data.extract(&job.table);
    let from = newer.path.to_string_lossy().into_owned();
    let load_newer =
        |more: &[&str]| Program::load(&[&["--from", from.as_str()], more].concat()).with(&target_environment()).run();
    load_newer(&[]).expect_code(0);
    let fresh = dump("fresh.json");
    load(&["clear", "--yes"]).run().expect_code(0);

    // The older snapshot, and what others have put beside it.
    job.load(&[]).run().expect_code(0);
    job.target.ask(
        "MATCH (l:Learner) WITH l ORDER BY l.hashedEmail LIMIT 40 SET l.foreignNote = 'theirs' \
         CREATE (l)-[:MENTORED_BY {since: 2020}]->(:Mentor {id: l.hashedEmail}) \
         CREATE (l)-[:HAS_SKILL {source: 'Mentor'}]->(:Hobby {id: l.hashedEmail}) RETURN 1 AS one",
    );
    job.target.ask("MATCH (:Learner)-[r:HAS_SKILL]->(:Skill) WITH r LIMIT 300 SET r.foreignLevel = 3 RETURN 1 AS one");
    job.target
        .ask("MATCH (s:Skill) WITH s LIMIT 5 CREATE (:Skill {id: 'theirs of ' + s.id})-[:NEAR]->(s) RETURN 1 AS one");
    let before = dump("before.json");
    let refused = load_newer(&[]).expect_code(14);
    refused.expect_said(&["already holds nodes", "Learner", "was done last", "--mode upsert", "load clear"]);

    let upserted =
        load_newer(&["--mode", "upsert"]).expect_code(0).expect_said(&["in the target, not in the snapshot"]);
    let after = dump("after.json");
    let counted = compare_upsert(&before, &fresh, &after);
    for way in ["changed", "vanished", "new"] {
        assert!(counted[way].as_i64().expect("a number") > 10, "the snapshots hardly differ: {counted}");
    }
    // What the script counts as gone, the report counts too; those of others by their label.
    let report = report_of(&upserted);
    assert_eq!(report["mode"], "upsert");
    assert_eq!(report["absent"]["nodes"], counted["nodes"], "{report:#}");
    assert_eq!(report["absent"]["relationships"], counted["relationships"]);
    assert!(
        counted["nodes"]["Learner"].as_i64() > Some(30) && counted["nodes"]["Skill"].as_i64() >= Some(5),
        "{counted}"
    );

    // Once more, with the run forgotten: nothing changes, and no relationship is made anew.
    let newest = "MATCH ()-[r]->() RETURN max(id(r)) AS newest";
    let newest_before = job.target.number(newest);
    job.target.ask("MATCH (r:_RowgraphRun) DELETE r RETURN 1 AS one");
    load_newer(&["--mode", "upsert"]).expect_code(0);
    compare_upsert(&before, &fresh, &dump("twice.json"));
    assert_eq!(job.target.number(newest), newest_before);
}

#[test]
fn the_graph_of_an_earlier_program_is_refused_and_then_updated() {
    let job = Job::generated("upsert_earlier", 300, 88);
    job.load(&[]).run().expect_code(0);
    // What another program would have left: the same labels and types, other values, no note of a run.
    for statement in [
        "MATCH (r:_RowgraphRun) DELETE r RETURN 1 AS one",
        "MATCH (l:Learner) SET l.bio = 'old', l.gender = NULL, l.createdAt = datetime() RETURN 1 AS one",
        "MATCH (:Learner)-[r:WORKS_FOR]->() SET r.position = NULL, r.isCurrent = 1 RETURN 1 AS one",
        "MATCH (l:Learner) WITH l LIMIT 20 MATCH (s:Skill) WITH l, s LIMIT 200 CREATE (l)-[:HAS_SKILL {level: 1}]->(s) RETURN 1 AS one",
        "MATCH (c:City) WITH c LIMIT 10 DETACH DELETE c RETURN 1 AS one",
    ] {
        job.target.ask(statement);
    }
    let refused = job.load(&[]).run().expect_code(14);
    refused.expect_said(&[
        "already holds nodes",
        "Learner 2",
        "no run of this program",
        "--mode upsert",
        "DETACH DELETE",
    ]);
    job.load(&["--mode", "upsert"]).run().expect_code(0);
    job.target.ask("MATCH (l:Learner) REMOVE l.createdAt RETURN 1 AS one");
    job.target.ask("MATCH ()-[r:HAS_SKILL]->() REMOVE r.level RETURN 1 AS one");
    job.expect_reference();
}
