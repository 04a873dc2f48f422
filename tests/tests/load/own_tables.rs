//! A new user's own tables, from MySQL to Neo4j: a mapping that `load init` drafts loads without an edit, and the examples that
//! are shipped make what their tables hold. What is in the graph is counted with Cypher, what is in the tables with SQL.

use std::path::{Path, PathBuf};

use mysql::Row;
use mysql::prelude::Queryable;
use testkit::programs::Program;
use testkit::servers::{Engine, project};
use testkit::snapshots::DataFolder;
use testkit::source::SourceTable;
use testkit::target::Lease;

use crate::job::target_environment;

/// A database of the test's own, made by a file of statements, and snapshots of all its tables.
struct OwnDatabase {
    /// A table beside it, for its connections.
    anchor: SourceTable,
    name: &'static str,
    data: DataFolder,
}

impl OwnDatabase {
    fn made_by(engine: Engine, name: &'static str, file: &str) -> Self {
        let path = project().join("load/mappings/examples").join(file);
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let statements = text.split(";\n").map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
        Self::made_of(engine, name, statements.collect())
    }

    fn made_of(engine: Engine, name: &'static str, statements: Vec<String>) -> Self {
        let anchor = SourceTable::made_on(engine, &format!("{name}_anchor"), &["CREATE TABLE `{table}` (id INT)"]);
        let set_up =
            [format!("DROP DATABASE IF EXISTS {name}"), format!("CREATE DATABASE {name}"), format!("USE {name}")];
        let grant = format!("GRANT SELECT ON {name}.* TO rowgraph_read@127.0.0.1");
        anchor.run(&set_up.into_iter().chain(statements).chain([grant]).collect::<Vec<_>>());
        let own = Self { anchor, name, data: DataFolder::new() };
        let mut environment = own.anchor.environment();
        environment.insert("MYSQL_DATABASE".into(), name.into());
        environment.remove("MYSQL_TABLE");
        Program::extract(&["--all-tables", "--out", own.data.text()]).with(&environment).run().expect_code(0);
        own
    }

    /// The rows of a query, each as its values with a bar between.
    fn rows(&self, statement: &str) -> Vec<String> {
        let mut connection = self.anchor.connect();
        connection.query_drop(format!("USE {}", self.name)).expect("the database");
        let rows: Vec<Row> = connection.query(statement).unwrap_or_else(|error| panic!("{statement}: {error}"));
        let text = |value: mysql::Value| mysql::from_value::<Option<String>>(value).unwrap_or_default();
        rows.into_iter().map(|row| row.unwrap().into_iter().map(text).collect::<Vec<_>>().join("|")).collect()
    }

    /// A file beside the snapshots with what a command printed.
    fn printed(&self, file: &str, arguments: &[&str]) -> PathBuf {
        let path = self.data.path().join(file);
        let printed = Program::load(arguments).run().expect_code(0).stdout;
        std::fs::write(&path, printed).expect("a mapping file");
        path
    }

    /// Loads with a mapping, and reads everything back.
    fn load(&self, mapping: &Path) -> testkit::programs::Finished {
        let run = |arguments: &[&str]| {
            let program = Program::load(arguments).argument("--from").argument(self.data.path()).argument("--mapping");
            program.argument(mapping).with(&target_environment()).run().expect_code(0)
        };
        Program::load(&["check", "--from", self.data.text(), "--mapping"]).argument(mapping).run().expect_code(0);
        let loaded = run(&[]);
        run(&["verify", "--deep"]);
        loaded
    }

    /// Fails unless each statement of Cypher gives what the one of SQL beside it gives.
    fn expect_same(&self, target: &Lease, pairs: &[(&str, &str)]) {
        for (cypher, sql) in pairs {
            let found: Vec<String> = target.ask(cypher).iter().flat_map(|record| record.values().map(text)).collect();
            let wanted = self.rows(sql);
            assert!(!wanted.is_empty() && wanted != ["0"], "{sql} tells nothing");
            assert_eq!(found, wanted, "{cypher}\n{sql}");
        }
    }
}

/// A mapping without its comments.
fn bare(mapping: &str) -> Vec<&str> {
    let lines = mapping.lines().map(|line| line.split("  # ").next().unwrap_or_default());
    lines.filter(|line| !line.trim_start().starts_with('#')).collect()
}

/// A value, or several in a list, as [`OwnDatabase::rows`] gives them.
fn text(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Array(values) => values.iter().map(text).collect::<Vec<_>>().join("|"),
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

impl Drop for OwnDatabase {
    fn drop(&mut self) {
        if let Ok(mut connection) = self.anchor.try_connect() {
            connection.query_drop(format!("DROP DATABASE IF EXISTS {}", self.name)).unwrap_or_default();
        }
    }
}

#[test]
fn a_drafted_mapping_of_a_shop_loads_without_an_edit_and_so_does_the_example() {
    let target = Lease::take();
    let shop = OwnDatabase::made_by(Engine::MariaDb, "own_shop", "shop.sql");
    let init = ["init", "--from", shop.data.text()];
    let draft = shop.printed("draft.yaml", &init);
    let text = std::fs::read_to_string(&draft).expect("the draft");
    assert_eq!(Program::load(&init).run().stdout, text, "the same snapshots give the same draft");
    assert!(text.contains("#   Key: order_id, as the table declares."), "{text}");

    // Tables that declare nothing are understood by their names and values, and no otherwise.
    let copy = |table: String| format!("CREATE TABLE {table} SELECT * FROM own_shop.{table}");
    let copies = shop.rows("SHOW TABLES").into_iter().map(copy).collect();
    let undeclared = OwnDatabase::made_of(Engine::MariaDb, "own_undeclared_shop", copies);
    let guessed = undeclared.printed("draft.yaml", &["init", "--from", undeclared.data.text()]);
    let guessed = std::fs::read_to_string(guessed).expect("the draft");
    assert!(guessed.contains("#   Key: order_id, all there and all different."), "{guessed}");
    assert_eq!(bare(&guessed), bare(&text));

    shop.load(&draft);
    shop.expect_same(&target, &[
        ("MATCH (n:Customer) RETURN count(n)", "SELECT COUNT(*) FROM customers"),
        ("MATCH (n:Order) RETURN count(n)", "SELECT COUNT(*) FROM orders"),
        ("MATCH (n:Product) RETURN count(n)", "SELECT COUNT(*) FROM products"),
        ("MATCH (n:Employee) RETURN count(n)", "SELECT COUNT(*) FROM employees"),
        ("MATCH (n:Category) RETURN count(n)", "SELECT COUNT(*) FROM categories"),
        ("MATCH (n:Supplier) RETURN count(n)", "SELECT COUNT(*) FROM suppliers"),
        ("MATCH (n:Shipper) RETURN count(n)", "SELECT COUNT(*) FROM shippers"),
        ("MATCH (n:Region) RETURN count(n)", "SELECT COUNT(*) FROM regions"),
        ("MATCH (n:Territory) RETURN count(n)", "SELECT COUNT(*) FROM territories"),
        (
            "MATCH (c:Customer) RETURN [c.customerId, COUNT { (c)<-[:HAS_CUSTOMER]-(:Order) }] AS row ORDER BY c.customerId",
            "SELECT c.customer_id, COUNT(o.order_id) FROM customers c LEFT JOIN orders o USING (customer_id)
             GROUP BY c.customer_id ORDER BY c.customer_id",
        ),
        (
            "MATCH (o:Order)-[:HAS_EMPLOYEE]->(e:Employee) RETURN [o.orderId, e.employeeId] AS row ORDER BY o.orderId",
            "SELECT order_id, employee_id FROM orders WHERE employee_id IS NOT NULL ORDER BY order_id",
        ),
        (
            "MATCH (o:Order)-[:SHIP_VIA]->(s:Shipper) RETURN [o.orderId, s.shipperId] AS row ORDER BY o.orderId",
            "SELECT order_id, ship_via FROM orders WHERE ship_via IS NOT NULL ORDER BY order_id",
        ),
        (
            "MATCH (o:Order)-[d:ORDER_DETAIL]->(p:Product)
             RETURN [o.orderId, p.productId, d.quantity] AS row ORDER BY o.orderId, p.productId",
            "SELECT order_id, product_id, quantity FROM order_details ORDER BY order_id, product_id",
        ),
        (
            "MATCH (p:Product)-[:HAS_SUPPLIER]->(s:Supplier) RETURN [p.productId, s.supplierId] AS row ORDER BY p.productId",
            "SELECT product_id, supplier_id FROM products WHERE supplier_id IS NOT NULL ORDER BY product_id",
        ),
        (
            "MATCH (p:Product)-[:HAS_CATEGORY]->(c:Category) RETURN [p.productId, c.categoryName] AS row ORDER BY p.productId",
            "SELECT product_id, category_name FROM products JOIN categories USING (category_id) ORDER BY product_id",
        ),
        (
            "MATCH (e:Employee)-[:REPORTS_TO]->(m:Employee) RETURN [e.employeeId, m.employeeId] AS row ORDER BY e.employeeId",
            "SELECT employee_id, reports_to FROM employees WHERE reports_to IS NOT NULL ORDER BY employee_id",
        ),
        (
            "MATCH (e:Employee)-[:EMPLOYEE_TERRITORY]->(t:Territory)-[:HAS_REGION]->(r:Region)
             RETURN [e.employeeId, t.territoryId, r.regionId] AS row ORDER BY e.employeeId, t.territoryId",
            "SELECT employee_id, territory_id, region_id FROM employee_territories JOIN territories USING (territory_id)
             ORDER BY employee_id, territory_id",
        ),
        ("MATCH ()-[r]->() RETURN count(r)", "SELECT (SELECT COUNT(customer_id) + COUNT(employee_id) + COUNT(ship_via)
             FROM orders) + (SELECT COUNT(*) FROM order_details) + (SELECT COUNT(supplier_id) + COUNT(category_id)
             FROM products) + (SELECT COUNT(reports_to) FROM employees) + (SELECT COUNT(*) FROM employee_territories)
             + (SELECT COUNT(region_id) FROM territories)"),
    ]);
    let types = "MATCH (o:Order {orderId: 10201}), (p:Product {productId: 3})
         RETURN valueType(o.orderDate) AS moment, valueType(o.freight) AS number, p.discontinued AS truth";
    let types = &target.ask(types)[0];
    assert_eq!(types["moment"], "LOCAL DATETIME NOT NULL");
    assert_eq!(types["number"], "FLOAT NOT NULL");
    assert_eq!(types["truth"], true);

    Program::load(&["clear", "--yes"]).with(&target_environment()).run().expect_code(0);
    let example = shop.printed("shop.yaml", &["mapping", "shop"]);
    shop.load(&example);
    shop.expect_same(&target, &[
        (
            "MATCH (c:Customer) RETURN [c.id, c.name, COUNT { (c)-[:PLACED]->(:Order) }] AS row ORDER BY c.id",
            "SELECT c.customer_id, c.company_name, COUNT(o.order_id) FROM customers c LEFT JOIN orders o
             USING (customer_id) GROUP BY c.customer_id, c.company_name ORDER BY c.customer_id",
        ),
        (
            "MATCH (e:Employee)-[:SOLD]->(o:Order)-[:SHIPPED_BY]->(s:Shipper) RETURN [o.id, e.lastName, s.name] AS row ORDER BY o.id",
            "SELECT order_id, last_name, shippers.company_name FROM orders JOIN employees USING (employee_id)
             JOIN shippers ON ship_via = shipper_id ORDER BY order_id",
        ),
        (
            "MATCH (o:Order)-[c:CONTAINS]->(p:Product)-[:IN_CATEGORY]->(k:Category)
             RETURN [o.id, p.id, c.quantity, k.name] AS row ORDER BY o.id, p.id",
            "SELECT order_id, product_id, quantity, category_name FROM order_details JOIN products USING (product_id)
             JOIN categories USING (category_id) ORDER BY order_id, product_id",
        ),
        ("MATCH (:Product)-[r:SUPPLIED_BY]->(:Supplier) RETURN count(r)", "SELECT COUNT(supplier_id) FROM products"),
        ("MATCH (:Employee)-[r:REPORTS_TO]->(:Employee) RETURN count(r)", "SELECT COUNT(reports_to) FROM employees"),
        (
            "MATCH (:Employee)-[r:COVERS]->(:Territory)-[:IN_REGION]->(:Region) RETURN count(r)",
            "SELECT COUNT(*) FROM employee_territories",
        ),
        ("MATCH (o:Order {isShipped: false}) RETURN count(o)", "SELECT COUNT(*) FROM orders WHERE shipped_date IS NULL"),
        ("MATCH (c:Customer) RETURN count(c.region)", "SELECT COUNT(*) FROM customers WHERE region <> ''"),
    ]);

    // A row of several tables must say of which.
    let row = ["preview", "--from", shop.data.text(), "--row", "0", "--mapping"];
    Program::load(&row).argument(&example).run().expect_code(2).expect_said(&["--table"]);
    let preview =
        Program::load(&row).argument(&example).argument("--table").argument("order_details").run().expect_code(0);
    let line = "  (:Order {id: 10201})-[:CONTAINS {quantity: ";
    assert!(preview.stdout.contains(line), "{preview}");
    assert!(preview.stdout.contains("(:Customer)  0 nodes"), "only rows of that table: {preview}");
}

#[test]
fn a_wide_log_with_lists_and_json_becomes_the_graph_of_the_example() {
    let target = Lease::take();
    let log = OwnDatabase::made_by(Engine::MySql, "own_log", "log.sql");
    let example = log.printed("log.yaml", &["mapping", "log"]);
    log.load(&example).expect_said(&["rejected while staging: 2"]);
    let tags = "FROM requests, JSON_TABLE(CONCAT('[\"', REPLACE(tags, ',', '\",\"'), '\"]'), '$[*]' \
                COLUMNS (tag VARCHAR(50) PATH '$')) t WHERE TRIM(t.tag) <> ''";
    let calls = "FROM requests, JSON_TABLE(calls, '$[*]' COLUMNS (service VARCHAR(50) PATH '$.service', \
                 ms INT PATH '$.ms')) c WHERE c.service IS NOT NULL AND JSON_TYPE(calls) = 'ARRAY'";
    log.expect_same(&target, &[
        ("MATCH (n:Request) RETURN count(n)", "SELECT COUNT(*) FROM requests"),
        ("MATCH (n:Request {isError: true}) RETURN count(n)", "SELECT COUNT(*) FROM requests WHERE status >= 500"),
        ("MATCH (n:Session) RETURN count(n)", "SELECT COUNT(DISTINCT session_id) FROM requests"),
        ("MATCH (n:User) RETURN n.email ORDER BY n.email",
            "SELECT DISTINCT LOWER(user_email) AS email FROM requests WHERE user_email IS NOT NULL ORDER BY email"),
        ("MATCH (n:Device) RETURN count(n)", "SELECT COUNT(DISTINCT device, os, browser) FROM requests"),
        ("MATCH (n:Endpoint) RETURN count(n)", "SELECT COUNT(DISTINCT REGEXP_REPLACE(path, '[0-9]+', 'n')) FROM requests"),
        ("MATCH (n:Tag) RETURN count(n)", &format!("SELECT COUNT(DISTINCT LOWER(TRIM(t.tag))) {tags}")),
        ("MATCH (:Request)-[r:TAGGED]->(:Tag) RETURN count(r)",
            &format!("SELECT COUNT(DISTINCT request_id, LOWER(TRIM(t.tag))) {tags}")),
        ("MATCH (n:Service) RETURN count(n)", &format!("SELECT COUNT(DISTINCT LOWER(c.service)) {calls}")),
        ("MATCH (:Request)-[r:CALLED]->(s:Service) WITH s.name AS name, count(r) AS calls, sum(r.ms) AS ms
             RETURN [name, calls, ms] AS row ORDER BY name",
            &format!("SELECT LOWER(c.service) AS service, COUNT(*), SUM(c.ms) {calls} GROUP BY service ORDER BY service")),
        ("MATCH (s:Session)-[:OF_USER]->(u:User) RETURN [s.id, u.email] AS row ORDER BY s.id",
            "SELECT DISTINCT session_id, LOWER(user_email) FROM requests WHERE user_email IS NOT NULL ORDER BY session_id"),
        ("MATCH (:Session)-[r:ON_DEVICE]->(:Device) RETURN count(r)", "SELECT COUNT(DISTINCT session_id) FROM requests"),
        ("MATCH (s:Session {countryCode: 'KE'}) RETURN count(s)",
            "SELECT COUNT(DISTINCT session_id) FROM requests WHERE LOWER(country) = 'kenya'"),
    ]);

    let preview = |arguments: &[&str]| {
        let program = Program::load(&["preview", "--from", log.data.text(), "--mapping"]).argument(&example);
        arguments.iter().fold(program, |program, argument| program.argument(argument)).run()
    };
    let all = preview(&["--rows", "60"]).expect_code(0);
    for part in [
        "60 rows of requests",
        "(:Request {id: \"00a10000\", at: \"2025-03-01T",
        "-[:CALLED {index: 1, ms: ",
        "rejected: 2\n",
        "requests row 17, calls: the cell is not a JSON array",
        "requests row 41, calls, place 1: the element is not a JSON object",
    ] {
        assert!(all.stdout.contains(part), "nothing like {part:?}: {all}");
    }
    let one = preview(&["--row", "17", "--format", "json"]).expect_code(0);
    let one: serde_json::Value = serde_json::from_str(&one.stdout).expect("a preview of JSON");
    assert_eq!(one["rejects"][0]["row"], 17);
    assert_eq!(one["rows"][0][1], 1);
    assert_eq!(one["nodes"][0]["nodes"].as_array().map(Vec::len), Some(1));
    assert_eq!(one["nodes"][0]["nodes"][0]["status"], 404);
    preview(&["--row", "60"]).expect_code(2).expect_said(&["no row 60", "60 rows"]);
    preview(&["--table", "orders"]).expect_code(2).expect_said(&["does not read a table orders"]);

    // What is in JSON and in lists is seen by a draft too, and the draft fits.
    let draft = log.printed("draft.yaml", &["init", "--from", log.data.text(), "--table", "requests"]);
    let text = std::fs::read_to_string(&draft).expect("the draft");
    for part in [
        "group_by: request_id",
        "explode: {column: calls, json: array",
        "labels: [RequestCall]",
        "ms: {from: ms, type: integer}",
    ] {
        assert!(text.contains(part), "nothing like {part:?} in\n{text}");
    }
    let drafted =
        Program::load(&["preview", "--from", log.data.text(), "--mapping"]).argument(&draft).run().expect_code(0);
    assert!(drafted.stdout.contains("-[:HAS_CALL]->(:RequestCall {requestId: \"00a10000\", index: 1})"), "{drafted}");
    Program::load(&["init", "--from", log.data.text(), "--table", "request"])
        .run()
        .expect_code(10)
        .expect_said(&["requests?"]);
}
