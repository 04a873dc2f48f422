//! Words of a mapping, each staged for itself: small tables of texts go in, graph tables, counts and rejects come out. How texts
//! are split and how JSON paths are followed stands in `tests/cases/words`, which an independent program in Python reads too.

#![expect(clippy::unwrap_used, reason = "a case that cannot be read has to fail the test")]

mod staged;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use load::graph_table::manifest::GraphTables;
use load::mapping::Mapping;
use load::stage::{StageError, StageRequest, stage};
use serde_json::{Value as Json, json};
use shared::exit::{Diagnosis, ExitCode};
use shared::interrupt::Interrupt;
use shared::progress::Silent;
use staged::{rows, seal};
use tempfile::TempDir;

/// A table of texts, and where it is staged.
struct Table {
    folder: TempDir,
    columns: Vec<&'static str>,
    rows: Vec<Vec<Option<String>>>,
}

impl Table {
    fn of<const WIDTH: usize>(columns: [&'static str; WIDTH], rows: &[[&str; WIDTH]]) -> Self {
        let rows = rows.iter().map(|row| row.iter().map(|cell| Some((*cell).to_owned())).collect()).collect();
        Self { folder: tempfile::tempdir().unwrap(), columns: columns.to_vec(), rows }
    }

    /// Stages it with a mapping whose sources read the table `t`.
    fn staged(&self, mapping: &str) -> Result<GraphTables, StageError> {
        let mapping = Mapping::parse("words", mapping, None).unwrap_or_else(|error| panic!("{error}"));
        let field = |name: &&str| Field::new(*name, DataType::Utf8, true);
        let schema = Arc::new(Schema::new(self.columns.iter().map(field).collect::<Vec<_>>()));
        let columns = (0..self.columns.len()).map(|column| -> ArrayRef {
            Arc::new(self.rows.iter().map(|row| row[column].as_deref()).collect::<StringArray>())
        });
        let batch = RecordBatch::try_new(schema, columns.collect()).unwrap();
        let snapshots = [seal(self.folder.path(), "t", &batch)];
        let request = StageRequest {
            mapping: &mapping,
            snapshots: &snapshots,
            as_of: None,
            sample: None,
            work: &self.folder.path().join("work"),
            threads: 2,
            interrupt: &Interrupt::never(),
        };
        stage(&request, &Silent).map(|staged| staged.tables)
    }
}

/// The nodes of the only label, as JSON.
fn nodes(tables: &GraphTables) -> Json {
    json!(rows(&tables.dir, &tables.manifest.nodes[0].files))
}

/// The rejects, each as `row column place reason`.
fn rejects(tables: &GraphTables) -> Vec<String> {
    let text = |value: Option<&Json>| match value {
        None => "-".to_owned(),
        Some(Json::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    let found = rows(&tables.dir, std::slice::from_ref(&tables.manifest.rejects));
    found.iter().map(|row| ["row", "column", "place", "reason"].map(|name| text(row.get(name))).join(" ")).collect()
}

/// A mapping of the nodes `N` of one source.
fn mapping(sources: &str, source: &str, properties: &[&str], more: &str) -> String {
    let property = |name: &&str| format!("{{source_field: {name}, target_property: {name}}}");
    let properties = properties.iter().map(property).collect::<Vec<_>>().join(", ");
    format!(
        "{{version: '1', config: {{nothing: ['', 'n/a']}}, sources: [{sources}], targets: {{nodes: [
          {{name: n, source: {source}, labels: [N], properties: [{properties}]{more},
            schema: {{unique_constraints: [{{name: n_id, label: N, properties: [id]}}]}}}}]}}}}"
    )
}

/// Rows of `t (id, age, kind)`, of which `age` is to be a whole number.
fn people(on_error: &str, more: &str) -> String {
    let fields =
        format!("{{id: {{column: id}}, age: {{column: age, clean: [trim, nothing], type: integer, {on_error}}}}}");
    let source = format!("{{name: people, type: snapshot, table: t, group_by: id, fields: {fields}{more}}}");
    mapping(&source, "people", &["id", "age"], "")
}

const PEOPLE: [[&str; 3]; 6] =
    [["a", "31", "x"], ["b", "old", "x"], ["c", "n/a", "x"], ["b", "7", "x"], ["d", "very old", "y"], ["e", "5", "y"]];

#[test]
fn a_value_that_cannot_be_used_is_missing_by_default() {
    let table = Table::of(["id", "age", "kind"], &PEOPLE);
    for on_error in ["", "on_error: missing"] {
        let tables = table.staged(&people(on_error, "")).unwrap();
        assert_eq!(
            nodes(&tables),
            json!([{"id": "a", "age": 31}, {"id": "b"}, {"id": "c"}, {"id": "d"}, {"id": "e", "age": 5}])
        );
        assert_eq!(tables.manifest.counts["people.age"]["not a whole number of 64 bits"], 2);
        assert_eq!(rejects(&tables), [""; 0]);
    }
}

#[test]
fn a_record_is_rejected_for_a_value_where_the_field_says_so() {
    let table = Table::of(["id", "age", "kind"], &PEOPLE);
    let reason = "people.age: not a whole number of 64 bits";
    // Both rows of `b` are one record, whose age is that of its first row.
    let tables = table.staged(&people("on_error: reject", "")).unwrap();
    assert_eq!(nodes(&tables), json!([{"id": "a", "age": 31}, {"id": "c"}, {"id": "e", "age": 5}]));
    assert_eq!(
        rejects(&tables),
        [format!("1 age - {reason}"), format!("3 age - {reason}"), format!("4 age - {reason}")]
    );
    assert!(tables.manifest.counts.is_empty(), "what is rejected is not left out: {:?}", tables.manifest.counts);
    // A record that nobody wants has no faults.
    let of_kind = ", where: {field: kind, equals: y}";
    let tables = table.staged(&people("on_error: reject", of_kind)).unwrap();
    assert_eq!(nodes(&tables), json!([{"id": "e", "age": 5}]));
    assert_eq!(rejects(&tables), [format!("4 age - {reason}")]);
    // Whether it is wanted cannot be told where the very value decides it.
    let adults = ", where: {field: age, at_least: 18}";
    let tables = table.staged(&people("on_error: reject", adults)).unwrap();
    assert_eq!(nodes(&tables), json!([{"id": "a", "age": 31}]));
    assert_eq!(rejects(&tables).len(), 3);
}

#[test]
fn the_load_ends_at_the_first_such_row_where_the_field_says_so() {
    let rows: Vec<[String; 3]> = (0..9_000)
        .map(|row| {
            let age = if [5_000, 7_000].contains(&row) {
                format!("{row} years of a long life, {}", "x".repeat(99))
            } else {
                "7".to_owned()
            };
            [format!("p{row}"), age, "x".to_owned()]
        })
        .collect();
    let rows: Vec<[&str; 3]> = rows.iter().map(|row| [row[0].as_str(), row[1].as_str(), row[2].as_str()]).collect();
    let table = Table::of(["id", "age", "kind"], &rows);
    let error = table.staged(&people("on_error: fail", "")).unwrap_err();
    assert_eq!(error.exit_code(), ExitCode::Mapping);
    let StageError::Value(failure) = &error else { panic!("{error}") };
    assert_eq!((failure.table.as_str(), failure.row, failure.column.as_str()), ("t", 5_000, "age"));
    let message = error.to_string();
    assert!(message.contains("people.age") && message.contains("5000 years of a long life"), "{message}");
    assert!(message.len() < 300 && error.hint().unwrap().contains("on_error: reject"), "{message}");
    // Nobody asks for the rows with such values.
    let none = ", where: {field: kind, equals: y}";
    assert!(table.staged(&people("on_error: fail", none)).is_ok());
}

#[test]
fn an_item_is_rejected_for_a_value_and_its_record_loads() {
    let sources =
        "{name: rows, type: snapshot, table: t, group_by: id, fields: {id: {column: id}, many: {count: {of: items}},
          price: {first: {of: items, field: price}}}},
        {name: items, type: snapshot, of: rows, explode: {column: prices, split: ';', trim: true, drop_empty: true},
         fields: {price: {from: item, type: float, on_error: reject}}}";
    let table = Table::of(["id", "prices"], &[["a", "1; x ;; 2.5"], ["b", "dear"]]);
    let tables = table.staged(&mapping(sources, "rows", &["id", "many", "price"], "")).unwrap();
    assert_eq!(nodes(&tables), json!([{"id": "a", "many": 2, "price": 1.0}, {"id": "b", "many": 0}]));
    let reason = "items.price: not a finite number";
    assert_eq!(rejects(&tables), [format!("0 prices 1 {reason}"), format!("1 prices 0 {reason}")]);
    // A field that no target needs is never computed, so it has no errors.
    let tables = table.staged(&mapping(sources, "rows", &["id", "many"], "")).unwrap();
    assert_eq!(nodes(&tables), json!([{"id": "a", "many": 3}, {"id": "b", "many": 1}]));
    assert!(rejects(&tables).is_empty());
}

#[test]
fn what_a_field_says_of_errors_holds_for_the_type_of_a_property_too() {
    let source =
        "{name: rows, type: snapshot, table: t, group_by: id, fields: {since: {column: since, on_error: reject}}}";
    let text = mapping(source, "rows", &["id", "since"], "");
    let typed = text.replace("target_property: since", "target_property: since, target_property_type: local_time");
    let table = Table::of(["id", "since"], &[["a", "07:05"], ["b", "noon"]]);
    let tables = table.staged(&typed).unwrap();
    assert_eq!(nodes(&tables), json!([{"id": "a", "since": "07:05:00"}]));
    assert_eq!(rejects(&tables), ["1 since - rows.since as time of day: not a value of its type"]);
    // Without such a type nothing can go wrong with it.
    let StageError::Mapping(error) = table.staged(&text).unwrap_err() else { panic!() };
    assert!(error.to_string().contains("has none of them"), "{error}");
}

#[test]
fn rows_are_joined_by_all_that_their_key_is_made_of() {
    let table = Table::of(["id", "age", "kind"], &PEOPLE);
    let key = "{column: kind, keywords: {also: [age], classes: {old: [old]}, else: young}}";
    let source = format!("{{name: ages, type: snapshot, table: t, group_by: id, fields: {{id: {key}}}}}");
    let tables = table.staged(&mapping(&source, "ages", &["id"], "")).unwrap();
    assert_eq!(nodes(&tables), json!([{"id": "young"}, {"id": "old"}]));
}

#[test]
fn numbers_of_nodes_that_are_not_expected_are_told_before_anything_is_written() {
    let table = Table::of(["id", "age", "kind"], &PEOPLE);
    let expecting = |target: &str, all: &str| {
        let text = people("on_error: reject", "").replace("labels: [N]", &format!("labels: [N]{target}"));
        table.staged(&text.replace("config: {", &format!("config: {{{all}")))
    };
    let fine = [", expect: {rows: 3}", ", expect: {rows: {min: 3}}", ", expect: {rows: {min: 1, max: 3}}", ""];
    for target in fine {
        assert!(expecting(target, "").is_ok(), "{target}");
    }
    assert!(expecting("", "expect: {rejects: {max: 3, max_percent: 50}}, ").is_ok());
    let error =
        expecting(", expect: {rows: {max: 2}}", "expect: {rejects: {max: 2, max_percent: 49.9}}, ").unwrap_err();
    assert_eq!(error.exit_code(), ExitCode::Mapping);
    assert_eq!(
        error.to_string(),
        "there is not what the mapping expects:\n  target `n`: 3 nodes (N), where at most 2 are expected\n  3 rejects, where at \
         most 2 are expected\n  3 rejects of 6 rows, where at most 49.9 % are expected"
    );
    // The tables are there, so the mended number is judged at once.
    assert!(error.hint().unwrap().contains("_graph.json"));
}

#[test]
fn texts_become_lists_as_the_cases_say() {
    for case in cases("splits.json") {
        let table = Table::of(["id", "text"], &[["a", case["text"].as_str().unwrap()]]);
        let split = &case["split"];
        let kind = case.get("type").map_or_else(String::new, |kind| format!(", type: {kind}"));
        let source = format!(
            "{{name: rows, type: snapshot, table: t, group_by: id, fields: {{list: {{column: text, split: {split}{kind}}}}}}}"
        );
        let tables = table.staged(&mapping(&source, "rows", &["id", "list"], "")).unwrap();
        let found = nodes(&tables)[0]
            .get("list")
            .map_or(Json::Null, |list| serde_json::from_str(list.as_str().unwrap()).unwrap());
        assert_eq!(found, case["list"], "{case}");
        // The same pieces as records, which are told apart by their place.
        if split.get("distinct").is_none() && case.get("type").is_none() {
            let flag = |name: &str| split.get(name).and_then(Json::as_bool).unwrap_or(true);
            let sources = format!(
                "{{name: rows, type: snapshot, table: t, group_by: id}}, {{name: items, type: snapshot, of: rows, explode:
                  {{column: text, split: {}, as: id, trim: {}, drop_empty: {}, distinct: id}}}}",
                split["by"],
                flag("trim"),
                flag("drop_empty")
            );
            let tables = table.staged(&mapping(&sources, "items", &["id"], "")).unwrap();
            let mut wanted: Vec<Json> = Vec::new();
            for piece in case["list"].as_array().into_iter().flatten().map(|piece| json!({"id": piece})) {
                if !wanted.contains(&piece) {
                    wanted.push(piece);
                }
            }
            // A cell that means nothing has no items.
            let means_nothing = ["", "n/a"].contains(&case["text"].as_str().unwrap().trim());
            assert_eq!(nodes(&tables), json!(if means_nothing { Vec::new() } else { wanted }), "{case}");
        }
    }
}

#[test]
fn paths_lead_to_items_as_the_cases_say() {
    for case in cases("paths.json") {
        let cell = match &case["cell"] {
            Json::String(text) => text.clone(),
            other => other.to_string(),
        };
        let reads = case["from"].as_object().unwrap();
        let fields: Vec<String> = reads.iter().map(|(name, from)| format!("{name}: {{from: {from}}}")).collect();
        let sources = format!(
            "{{name: rows, type: snapshot, table: t, group_by: key}}, {{name: items, type: snapshot, of: rows, explode:
              {{column: cell, path: {}, index: {{as: id}}}}, fields: {{{}}}}}",
            case["path"],
            fields.join(", ")
        );
        let names: Vec<&str> = std::iter::once("id").chain(reads.keys().map(String::as_str)).collect();
        let table = Table::of(["key", "cell"], &[["k", &cell]]);
        let tables = table.staged(&mapping(&sources, "items", &names, "")).unwrap();
        let wanted: Vec<Json> = case["items"]
            .as_array()
            .unwrap()
            .iter()
            .enumerate()
            .map(|(at, item)| {
                let mut item = item.clone();
                item["id"] = json!(at + 1);
                item
            })
            .collect();
        assert_eq!(nodes(&tables), json!(wanted), "{case}");
        let wanted: Vec<String> = case["rejects"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|reject| {
                let place = reject.get("place").map_or_else(|| "-".to_owned(), Json::to_string);
                format!("0 cell {place} {}", reject["reason"].as_str().unwrap())
            })
            .collect();
        // What the parser says of a cell that is no JSON is its own.
        let found: Vec<String> = rejects(&tables)
            .into_iter()
            .map(|reject| {
                reject
                    .split("not JSON: ")
                    .next()
                    .map(str::trim_end)
                    .unwrap_or_default()
                    .trim_end_matches(':')
                    .to_owned()
            })
            .collect();
        assert_eq!(found, wanted, "{case}");
    }
}

#[test]
fn items_of_a_path_are_told_apart_limited_and_chosen() {
    let sources =
        "{name: rows, type: snapshot, table: t, group_by: key}, {name: items, type: snapshot, of: rows, explode:
        {column: cell, path: '$[*].parts[*]', distinct: id, limit: 2}, where: {present: box}, fields: {id: {from: id},
         box: {from: '$[*].box'}, has_note: {has_member: [note, '$[*].note']}}}";
    let cell = r#"[{"parts": [{"id": "a"}], "box": null}, {"box": 1, "parts": [{"id": "a"}, {"id": "b", "note": null}, {"id": "c"}]}]"#;
    let table = Table::of(["key", "cell"], &[["k", cell]]);
    let tables = table.staged(&mapping(sources, "items", &["id", "box", "has_note"], "")).unwrap();
    // The first `a` is in no box; the second one repeats it, so it only votes; `c` is past the limit.
    assert_eq!(
        nodes(&tables),
        json!([{"id": "a", "box": "1", "has_note": false}, {"id": "b", "box": "1", "has_note": true}])
    );
    assert_eq!(tables.manifest.counts["items"]["item past the limit of its record"], 1);
}

#[test]
fn queries_have_rows_of_all_fields_or_of_those_that_are_named() {
    let table = Table::of(["id", "age", "kind"], &PEOPLE);
    let with_query = |query: &str| {
        let query =
            format!("queries: [{{name: q, source: people, query: 'UNWIND $rows AS row RETURN 1'{query}}}], nodes: [");
        table.staged(&people("", "").replace("nodes: [", &query)).unwrap()
    };
    let rows_of = |tables: &GraphTables| json!(rows(&tables.dir, &tables.manifest.queries[0].files));
    let all = with_query("");
    assert_eq!(
        rows_of(&all),
        json!([{"id": "a", "age": 31, "kind": "x"}, {"id": "b", "kind": "x"}, {"id": "c", "kind": "x"}, {"id": "d", "kind": "y"},
               {"id": "e", "age": 5, "kind": "y"}])
    );
    assert_eq!((all.manifest.queries[0].rows, all.manifest.queries[0].unit_rows.as_slice()), (5, &[5][..]));
    all.verify().unwrap();
    let some = with_query(", fields: [kind, as_of], where: {field: kind, equals: y}");
    let day = json!({"date": "2000-01-01"});
    assert_eq!(rows_of(&some), json!([{"kind": "y", "as_of": day}, {"kind": "y", "as_of": day}]));
}

fn cases(file: &str) -> Vec<Json> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/cases/words").join(file);
    let topic: Json = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    topic["cases"].as_array().unwrap().clone()
}
