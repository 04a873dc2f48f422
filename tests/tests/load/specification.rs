//! What the import specification offers beyond texts and numbers, on a real server: every type of property that is written, all
//! kinds of indexes, actions at their stages, queries that are given rows, several tables tied by keys, and what the server's
//! edition cannot do.

use testkit::programs::Program;
use testkit::snapshots::DataFolder;
use testkit::source::SourceTable;
use testkit::target::Lease;

use crate::job::target_environment;

const MAPPING: &str = r#"
version: "1"
config: {name: shop, nothing: [""]}
sources:
  - {name: customers, type: snapshot, table: spec_customers, group_by: id}
  - {name: orders, type: snapshot, table: spec_orders, group_by: id}
targets:
  nodes:
    - name: customer
      source: customers
      labels: [SpecCustomer, SpecPerson]
      properties:
        - {source_field: id, target_property: id}
        - {source_field: home, target_property: home, target_property_type: point}
        - {source_field: langs, target_property: langs, target_property_type: STRING_ARRAY}
        - {source_field: scores, target_property: scores, target_property_type: {name: float_array}}
        - {source_field: opens, target_property: opens, target_property_type: local_time}
        - {source_field: calls, target_property: calls, target_property_type: zoned_time}
        - {source_field: lasts, target_property: lasts, target_property_type: duration}
        - {source_field: seen, target_property: seen, target_property_type: zoned_datetime}
        - {source_field: days, target_property: days, target_property_type: date_array}
        - {source_field: about, target_property: about}
      schema:
        unique_constraints: [{name: spec_customer_id, label: SpecCustomer, properties: [id]}]
        text_indexes: [{name: spec_about_text, label: SpecPerson, property: about}]
        point_indexes: [{name: spec_home, label: SpecCustomer, property: home}]
        fulltext_indexes: [{name: spec_words, labels: [SpecCustomer, SpecPerson], properties: [about]}]
        vector_indexes:
          - name: spec_scores
            label: SpecCustomer
            property: scores
            options: {indexConfig: {vector.dimensions: 3, vector.similarity_function: cosine}}
    - name: order
      source: orders
      labels: [SpecOrder]
      properties:
        - {source_field: id, target_property: id}
        - {source_field: took, target_property: took, target_property_type: duration}
      schema: {unique_constraints: [{name: spec_order_id, label: SpecOrder, properties: [id]}]}
  relationships:
    - name: placed
      source: orders
      type: SPEC_PLACED
      start_node_reference: {name: customer, key_mappings: [{source_field: customer_id, node_property: id}]}
      end_node_reference: order
      properties: [{source_field: took, target_property: took, target_property_type: duration}]
  queries:
    - name: totals
      source: customers
      depends_on: [visits]
      fields: [id, langs]
      query: "UNWIND $rows AS row CREATE (:SpecTotal {id: row.id, keys: keys(row), visits: COUNT { (:SpecVisit) }})"
    - name: visits
      source: orders
      where: {present: took}
      query: "UNWIND $rows AS row MATCH (o:SpecOrder {id: row.id}) CREATE (o)<-[:SPEC_OF]-(:SpecVisit {customer: row.customer_id, took: row.took})"
actions:
  - {name: begin, type: cypher, stage: start, query: "CREATE (:SpecAction {name: 'begin', nodes: COUNT { (:SpecOrder) }})"}
  - {name: between, type: cypher, stage: PRE_RELATIONSHIPS, query: "CREATE (:SpecAction {name: 'between', nodes: COUNT { (:SpecOrder) }})"}
  - {name: off, type: cypher, stage: end, active: false, query: "CREATE (:SpecAction {name: 'off'})"}
  - name: finish
    type: cypher
    stage: end
    execution_mode: autocommit
    query: "MATCH (o:SpecOrder) CALL (o) { CREATE (:SpecAction {name: 'finish ' + o.id}) } IN TRANSACTIONS OF 1 ROW"
"#;

fn snapshots() -> DataFolder {
    let customers = SourceTable::made_by(
        "spec_customers",
        &[
            "CREATE TABLE `{table}` (id INT, home TEXT, langs TEXT, scores TEXT, opens TIME, calls TEXT, lasts TEXT,
             seen TEXT, days TEXT, about TEXT) CHARSET utf8mb4",
            r#"INSERT INTO `{table}` VALUES
             (1, '{"longitude": 12.5, "latitude": 41.9}', '["it", "en"]', '[1, 0.5, 0]', '07:05:00', '12:00+02:00',
              'P1Y2DT3.5S', '2024-02-29T12:00:00+02:00', '["2024-02-29"]', 'baker of Rome'),
             (2, 'POINT(1 2)', '[]', 'none', '26:00:00', '12:00', '-00:30:00', 'yesterday', '[1]', NULL)"#,
        ],
    );
    let orders = SourceTable::made_by(
        "spec_orders",
        &[
            "CREATE TABLE `{table}` (id INT, customer_id INT, took TIME) CHARSET utf8mb4",
            "INSERT INTO `{table}` VALUES (10, 1, '00:10:00'), (11, 1, '100:00:00'), (12, 2, NULL), (13, 9, '00:00:01')",
        ],
    );
    let data = DataFolder::new();
    data.extract(&customers);
    data.extract(&orders);
    data
}

#[test]
fn types_indexes_and_actions_of_the_specification_reach_the_server() {
    let target = Lease::take();
    let data = snapshots();
    let path = data.path().join("shop.yaml");
    std::fs::write(&path, MAPPING).expect("a mapping file");
    let load =
        |arguments: &[&str]| Program::load(arguments).argument("--mapping").argument(&path).with(&target_environment());
    let from = ["--from", data.text()];
    Program::load(&["check", "--from", data.text()]).argument("--mapping").argument(&path).run().expect_code(0);

    // The preview shows what each query is given, by name.
    let preview = Program::load(&["preview", "--from", data.text(), "--mapping"]).argument(&path).run().expect_code(0);
    for line in ["query visits  3 rows for its $rows", "{id: 10, customer_id: 1, took: \"00:10:00\"}"] {
        assert!(preview.stdout.contains(line), "{line}: {preview}");
    }

    // Killed after its first action, and after one of the last: each is done once all the same.
    let killed = load(&from).variable("ROWGRAPH_FAILPOINT", "action-done:1").run();
    assert!(killed.signal.is_some(), "{killed}");
    for point in ["query-batch-done:1", "before-verified:1"] {
        let killed = load(&["--from", data.text(), "--resume"]).variable("ROWGRAPH_FAILPOINT", point).run();
        assert!(killed.signal.is_some(), "{killed}");
    }
    load(&["--from", data.text(), "--resume"]).run().expect_code(0).expect_said(&["totals"]);
    let actions =
        "MATCH (a:SpecAction) WITH a ORDER BY a.name RETURN collect(a.name + ' ' + coalesce(a.nodes, '')) AS names";
    let names = ["begin 0", "between 4", "finish 10 ", "finish 11 ", "finish 12 ", "finish 13 "];
    assert_eq!(target.ask(actions)[0]["names"], serde_json::json!(names));

    // Each query had its rows once, in the order in which they depend on each other, with all fields or those that it asks for.
    let visits = "MATCH (o:SpecOrder)<-[:SPEC_OF]-(v:SpecVisit) WITH o, v ORDER BY o.id
         RETURN collect([o.id, v.customer, v.took]) AS visits";
    let wanted = serde_json::json!([[10, 1, "00:10:00"], [11, 1, "100:00:00"], [13, 9, "00:00:01"]]);
    assert_eq!(target.ask(visits)[0]["visits"], wanted);
    let totals = "MATCH (t:SpecTotal) WITH t ORDER BY t.id RETURN collect([t.id, t.visits,
         COLLECT { UNWIND t.keys AS key WITH key ORDER BY key RETURN key }]) AS totals";
    let wanted = serde_json::json!([[1, 3, ["id", "langs"]], [2, 3, ["id", "langs"]]]);
    assert_eq!(target.ask(totals)[0]["totals"], wanted);

    let first = &target.ask(
        "MATCH (c:SpecCustomer {id: 1}) RETURN valueType(c.home) AS home, c.home.latitude AS latitude, c.langs AS langs,
         c.scores AS scores, toString(c.opens) AS opens, toString(c.calls) AS calls, toString(c.lasts) AS lasts,
         toString(c.seen) AS seen, valueType(c.days) AS days, COUNT { (c)-[:SPEC_PLACED]->() } AS orders",
    )[0];
    let wanted = serde_json::json!({
        "home": "POINT NOT NULL", "latitude": 41.9, "langs": ["it", "en"], "scores": [1.0, 0.5, 0.0],
        "opens": "07:05:00", "calls": "12:00:00+02:00", "lasts": "P1Y2DT3.5S", "seen": "2024-02-29T10:00:00Z",
        "days": "LIST<DATE NOT NULL> NOT NULL", "orders": 2,
    });
    for (name, value) in wanted.as_object().expect("an object") {
        assert_eq!(&first[name.as_str()], value, "{name}");
    }
    let second = "MATCH (c:SpecCustomer {id: 2}) RETURN [c.scores, c.opens, c.calls, c.seen, c.days] AS unread,
         c.langs AS langs, toString(c.lasts) AS lasts, c.home.srid AS srid";
    let second = &target.ask(second)[0];
    assert_eq!(second["unread"], serde_json::json!([null, null, null, null, null]));
    assert_eq!((&second["langs"], &second["srid"]), (&serde_json::json!([]), &serde_json::json!(7203)));
    assert_eq!(second["lasts"], "PT-30M");
    let took =
        "MATCH ()-[r:SPEC_PLACED]->(o:SpecOrder {id: 11}) RETURN toString(r.took) AS took, r.took = o.took AS same";
    assert_eq!(target.ask(took)[0]["took"], "PT100H");
    let indexes = "SHOW INDEXES YIELD name, type WHERE name STARTS WITH 'spec_' AND type <> 'RANGE'
         RETURN collect(name + ' ' + type) AS names";
    let kinds = ["spec_about_text TEXT", "spec_home POINT", "spec_scores VECTOR", "spec_words FULLTEXT"];
    let mut found: Vec<String> = serde_json::from_value(target.ask(indexes)[0]["names"].clone()).expect("a list");
    found.sort();
    assert_eq!(found, kinds);

    // Read back whole, with every type.
    let verified = load(&["verify", "--from", data.text(), "--deep"]).run().expect_code(0);
    assert!(!verified.stdout.contains("DIFFERS"), "{verified}");
    load(&["--from", data.text(), "--mode", "upsert"]).run().expect_code(0).expect_said(&["already"]);
}

#[test]
fn what_the_server_or_the_program_cannot_do_is_refused_with_a_code() {
    let target = Lease::take();
    let data = snapshots();
    let path = data.path().join("shop.yaml");
    let cases = [
        // Community has no such constraints; the way out is named.
        (
            "unique_constraints: [{name: spec_order_id",
            "key_constraints: [{name: spec_order_id",
            17,
            "unique_constraints",
        ),
        ("{name: float_array}", "{name: float_vector, dimension: 3}", 17, "not-honoured"),
        ("type: cypher, stage: start", "type: http, stage: start", 17, "unknown-action-type"),
        ("label: SpecPerson, property: about", "label: SpecPersn, property: about", 17, "unknown-label"),
        ("CREATE (:SpecAction {name: 'begin'", "CREATE (:SpecAction {name: 'begin'}", 13, "run action begin"),
        ("UNWIND $rows AS row MATCH", "UNWIND $rows AS row MTCH", 13, "run query visits"),
        // Nodes are written before queries are run.
        ("labels: [SpecOrder]", "labels: [SpecOrder]\n      depends_on: [visits]", 17, "both before queries"),
    ];
    for (old, new, code, said) in cases {
        std::fs::write(&path, MAPPING.replacen(old, new, 1)).expect("a mapping file");
        let load = Program::load(&["--from", data.text()]).argument("--mapping").argument(&path);
        load.with(&target_environment()).run().expect_code(code).expect_said(&[said]);
        Program::load(&["clear", "--yes"]).with(&target_environment()).run().expect_code(0);
        // What actions did stays.
        target.ask("MATCH (a:SpecAction) DELETE a RETURN count(*) AS gone");
    }
    assert_eq!(target.counts().len(), 0);
}
