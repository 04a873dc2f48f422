//! `report.html` as a person sees it: in a browser, on a telephone and on a screen, light and dark, with the figures of
//! `report.json`, and with values of rows that try to be more than text.

use std::time::Duration;

use serde_json::Value;
use shared::progress::{human_count, human_duration};
use testkit::browser::{Figure, Seen};
use testkit::programs::Program;
use testkit::snapshots::DataFolder;
use testkit::source::SourceTable;
use testkit::target::Lease;

use crate::job::{page_of, report_of, target_environment};

const SCRIPT: &str = "<script>document.title='x'</script><img src=http://127.0.0.1:9/x>";

const MAPPING: &str = r#"
version: "1"
config: {name: people}
sources:
  - name: people
    type: snapshot
    table: report_page
    group_by: id
    fields:
      id: {column: id}
      name: {column: name}
      nothing: {column: nothing}
      status: {column: status, clean: [trim]}
  - name: jobs
    type: snapshot
    of: people
    explode: {column: jobs, json: array}
    fields:
      company: {from: company, clean: [trim]}
      company_id: {field: company, slug: true}
targets:
  nodes:
    - name: person
      source: people
      labels: [Person]
      properties:
        - {source_field: id, target_property: id}
        - {source_field: name, target_property: name}
        - {source_field: nothing, target_property: nothing}
      schema: {unique_constraints: [{name: person_id, label: Person, properties: [id]}]}
    - name: status
      source: people
      labels: [Status]
      properties: [{source_field: status, target_property: status}]
      schema: {unique_constraints: [{name: status_status, label: Status, properties: [status]}]}
    - name: company
      source: jobs
      labels: [Company]
      properties:
        - {source_field: company_id, target_property: id}
        - {source_field: company, target_property: name}
      schema: {unique_constraints: [{name: company_id, label: Company, properties: [id]}]}
  relationships:
    - {name: is, source: people, type: IS, start_node_reference: person, end_node_reference: status}
    - {name: works_for, source: jobs, type: WORKS_FOR, start_node_reference: person, end_node_reference: company}
"#;

/// Every figure with a place in the report is the one that stands there.
#[track_caller]
fn expect_figures(seen: &Seen, report: &Value) {
    assert!(seen.figures.len() > 20, "{:?}", seen.figures);
    for Figure { at, kind, text } in &seen.figures {
        let told = report.pointer(at).unwrap_or_else(|| panic!("nothing at {at}: {report:#}"));
        let expected = match kind.as_str() {
            "seconds" => human_duration(Duration::from_secs_f64(told.as_f64().expect("seconds"))),
            _ => human_count(told.as_u64().expect("a number")),
        };
        assert_eq!(*text, expected, "{at}");
    }
}

#[test]
fn a_report_is_a_page_for_people() {
    let target = Lease::take();
    let rows = r#"INSERT INTO `{table}` SELECT seq, CONCAT('Person ', seq), NULL, IF(seq % 3, 'active', 'away'),
                  CONCAT('[{"company": "Company ', seq % 20, '"}]') FROM seq_1_to_400"#;
    let nasty = format!(
        "INSERT INTO `{{table}}` VALUES (9001, \"{SCRIPT}\", NULL, \"{SCRIPT}\", '[]'), (9002, 'x', NULL, 'away', \"{SCRIPT}\"),
         (9003, 'y', NULL, 'away', '[{{\"company\": \"{}\"}}]'), (9004, 'z', NULL, 'away', '[7]'), (NULL, 'nobody', NULL, 'away', '[]')",
        SCRIPT.replace('\'', "''")
    );
    let table = SourceTable::made_by(
        "report_page",
        &[
            "CREATE TABLE `{table}` (id INT, name TEXT, nothing TEXT, status TEXT, jobs TEXT) CHARSET utf8mb4",
            rows,
            &nasty,
        ],
    );
    let data = DataFolder::new();
    data.extract(&table);
    let mapping = data.path().join("people.yaml");
    std::fs::write(&mapping, MAPPING).expect("a mapping file");
    let load = Program::load(&["--from", data.text(), "--mapping"]).argument(&mapping).with(&target_environment());
    let done = load.run().expect_code(0);
    let (report, page) = (report_of(&done), page_of(&done));
    assert_eq!(target.number("MATCH (p:Person) RETURN count(p) AS n"), 404);

    for (width, is_dark) in [(400, false), (1_200, true)] {
        let seen = Seen::at(&page, width, is_dark);
        assert!((seen.width - f64::from(width)).abs() < 1.0, "the window has another width: {}", seen.width);
        assert!(
            seen.page_width <= seen.width && seen.wide.is_empty(),
            "{} of {width}: {:?}",
            seen.page_width,
            seen.wide
        );
        let (dark_ground, light_ground) = ("rgb(15, 20, 27)", "rgb(245, 246, 248)");
        assert_eq!(seen.ground, if is_dark { dark_ground } else { light_ground });
        assert_eq!((seen.asked.len(), seen.scripts), (0, 0), "{:?}", seen.asked);
        let sections = ["warnings", "model", "tables", "sources", "rejects", "time", "degrees", "details"];
        assert_eq!(seen.sections, sections);
        expect_figures(&seen, &report);
        assert!(seen.plots >= 4, "{} bars", seen.plots);
        for text in ["Person", "404", "IS", "WORKS_FOR", "401", "Company"] {
            assert!(seen.picture.iter().any(|drawn| drawn.contains(text)), "{text} is not drawn: {:?}", seen.picture);
        }
        // The values themselves, as text: a rejected cell, a rejected element, the key of a node.
        for text in [&SCRIPT[..40], "not JSON", "Person.nothing", "[0]"] {
            assert!(seen.text.contains(text), "{text} cannot be read: {}", seen.text);
        }
    }
    let html = std::fs::read_to_string(&page).expect("the page");
    assert!(!html.contains("<script") && !html.contains("<img"), "a value became markup");
    assert!(!html.contains(&target_environment()["NEO4J_PASSWORD"]), "a password");
}

#[test]
fn a_mapping_is_drawn_in_three_ways() {
    let model = |more: &[&str]| Program::load(&[&["model"], more].concat()).run();
    let svg = model(&[]).expect_code(0).stdout;
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n") && svg.contains(">HAS_LEARNING_STATE<"), "{svg}");
    let html = format!("<!doctype html><html><body><main>{svg}</main></body></html>");
    let seen = Seen::of(&html, 1_200, false);
    assert!(seen.picture.iter().any(|text| text == "Learner") && seen.asked.is_empty(), "{seen:?}");
    let mermaid = model(&["--format", "mermaid"]).expect_code(0).stdout;
    assert!(mermaid.contains("    Learner -->|\"HAS_SKILL\"| Skill\n"), "{mermaid}");
    let text = model(&["--format", "text"]).expect_code(0).stdout;
    assert!(text.contains("(:Learner {hashedEmail}) -[:HAS_SKILL]-> (:Skill {id})\n"), "{text}");
    let data = DataFolder::new();
    let broken = data.path().join("broken.yaml");
    std::fs::write(&broken, MAPPING.replace("end_node_reference: status", "end_node_reference: state"))
        .expect("a file");
    Program::load(&["model", "--mapping"]).argument(&broken).run().expect_code(17).expect_said(&["state", "status"]);
}
