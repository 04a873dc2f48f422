//! Drafts of small tables, from the snapshots to the mapping that comes of them. Every draft here must fit its snapshots.

use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, BinaryArray, Date32Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{Field, Schema};
use parquet::arrow::ArrowWriter;
use serde_json::{Value as Json, json};
use shared::progress::Silent;

use super::*;

/// Seals a table under `dir`: columns as `name type`, rows as lists.
fn table(dir: &Path, database: &str, name: &str, columns: &[&str], rows: &Json) {
    let rows = rows.as_array().unwrap();
    let columns: Vec<(&str, &str)> = columns.iter().map(|column| column.rsplit_once(' ').unwrap()).collect();
    let array = |at: usize, declared: &str| -> ArrayRef {
        let cells = rows.iter().map(|row| &row[at]);
        match declared {
            "date" => Arc::new(
                cells.map(|cell| cell.as_i64().and_then(|day| i32::try_from(day).ok())).collect::<Date32Array>(),
            ),
            "int" | "tinyint(1)" => Arc::new(cells.map(Json::as_i64).collect::<Int64Array>()),
            "blob" => Arc::new(cells.map(|cell| cell.as_str().map(str::as_bytes)).collect::<BinaryArray>()),
            _ => Arc::new(cells.map(Json::as_str).collect::<StringArray>()),
        }
    };
    let arrays: Vec<ArrayRef> = columns.iter().enumerate().map(|(at, (_, declared))| array(at, declared)).collect();
    let fields =
        columns.iter().zip(&arrays).map(|((name, _), array)| Field::new(*name, array.data_type().clone(), true));
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields.collect::<Vec<_>>())), arrays).unwrap();
    let folder = dir.join(format!("{database}.{}", name.len())).join(name.replace(['/', '*'], "_"));
    fs::create_dir_all(&folder).unwrap();
    let part = File::create(folder.join("part-00000.parquet")).unwrap();
    let mut writer = ArrowWriter::try_new(part, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let described: Vec<Json> = columns
        .iter()
        .map(|(name, declared)| {
            json!({"name": name, "mysql_type": declared, "nullable": true, "arrow_type": "", "parquet_type": "", "rule": ""})
        })
        .collect();
    let manifest = json!({
        "format_version": 1, "tool_version": "0", "as_of_date": "2000-01-01", "columns": described, "rows": rows.len(),
        "source_bytes": 0, "bad_values": [], "content_digest": "00".repeat(32),
        "parts": [{"file": "part-00000.parquet", "rows": rows.len(), "first_row": 0, "bytes": 0, "sha256": "00".repeat(32)}],
        "source": {"server_kind": "MariaDB", "server_version": "10", "database": database, "table": name, "statement": "",
            "started_at": "2000-01-01T00:00:00Z", "ended_at": "2000-01-01T00:00:00Z", "consistent_read": true,
            "protocol": "binary", "on_bad_value": "null"},
    });
    fs::write(folder.join("_manifest.json"), manifest.to_string()).unwrap();
}

/// Says something more in the manifest of a table.
fn note(dir: &Path, database: &str, name: &str, key: &str, value: Json) {
    let path = dir.join(format!("{database}.{}", name.len())).join(name).join("_manifest.json");
    let mut manifest: Json = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    manifest[key] = value;
    fs::write(path, manifest.to_string()).unwrap();
}

/// The draft of a folder, which must fit it and come out the same again.
#[track_caller]
fn drafted(dir: &Path) -> String {
    let first = draft(dir, &[], &Silent).unwrap();
    let findings: Vec<String> = first.findings.iter().map(ToString::to_string).collect();
    assert!(findings.is_empty(), "{findings:#?}\n{}", first.text);
    assert_eq!(draft(dir, &[], &Silent).unwrap().text, first.text);
    first.text
}

#[track_caller]
fn expect(text: &str, lines: &[&str]) {
    for line in lines {
        assert!(text.contains(line), "nothing like {line:?} in\n{text}");
    }
}

#[test]
fn tables_with_keys_become_nodes_and_what_refers_to_them_relationships() {
    let dir = tempfile::tempdir().unwrap();
    let table = |name: &str, columns: &[&str], rows: Json| table(dir.path(), "d", name, columns, &rows);
    table(
        "shop_people",
        &["id int", "name varchar(9)", "reports_to int", "is_new tinyint(1)"],
        json!([[1, "Ann", null, 1], [2, "Bo ", 1, 0], [3, "", 1, 0],]),
    );
    table(
        "shop_orders",
        &["OrderID int", "PersonID int", "billing_person_id int", "quantity int"],
        json!([[10, 1, 2, 1], [11, 1, 9, 2], [12, 2, 3, 3],]),
    );
    table("shop_products", &["product_no varchar(4)", "dept_id int"], json!([["a", 1], ["b", 2]]));
    table("shop_departments", &["id int", "name varchar(9)"], json!([[1, "x"], [2, "x"], [3, null]]));
    table(
        "shop_order_lines",
        &["order_id int", "product_no varchar(4)", "price int"],
        json!([[10, "a", 5], [10, "b", 5], [11, "a", 6],]),
    );
    let text = drafted(dir.path());
    expect(
        &text,
        &[
            "(:ShopOrder)-[:SHOP_ORDER_LINE]->(:ShopProduct)",
            "  - name: shop_people\n    type: snapshot\n    table: shop_people\n    group_by: id\n    fields:\n",
            "      name: {column: name, clean: [trim, nothing]}\n",
            "      is_new: {column: is_new, type: boolean}\n",
            "type: REPORTS_TO\n",
            "type: HAS_PERSON\n",
            "type: HAS_DEPT\n",
            "end_node_reference: {name: shop_person, key_mappings: [{source_field: PersonID, node_property: id}]}",
            "- {source_field: quantity, target_property: quantity}  # int, 3 different",
            "{source_field: price, target_property: price}",
        ],
    );
    // Two of three values are too few for a reference that is only named like one.
    assert!(!text.contains("HAS_BILLING_PERSON") && text.contains("target_property: billingPersonId"), "{text}");
    assert!(!text.contains("target_property: personId"), "a relationship tells it");
}

#[test]
fn schemas_of_other_styles_are_understood() {
    let dir = tempfile::tempdir().unwrap();
    let table_of = |name: &str, columns: &[&str], rows: Json| table(dir.path(), "d", name, columns, &rows);
    table_of("employees", &["emp_no int", "last_name varchar(9)"], json!([[10001, "a"], [10002, "b"], [10003, "a"]]));
    table_of("departments", &["dept_no char(4)", "dept_name varchar(9)"], json!([["d001", "x"], ["d002", "y"]]));
    table_of(
        "dept_emp",
        &["emp_no int", "dept_no char(4)", "from_date date"],
        json!([[10001, "d001", 1], [10002, "d001", 1], [10003, "d002", 2],]),
    );
    table_of(
        "dept_manager",
        &["dept_no char(4)", "emp_no int", "from_date date"],
        json!([["d001", 10001, 1], ["d001", 10001, 9], ["d002", 10003, 1],]),
    );
    table_of(
        "salaries",
        &["emp_no int", "salary int", "from_date date"],
        json!([[10001, 60000, 1], [10001, 60000, 366], [10002, 50000, 1],]),
    );
    let text = drafted(dir.path());
    expect(
        &text,
        &[
            "(:Employee)-[:DEPT_EMP]->(:Department)",
            "(:Department)-[:DEPT_MANAGER]->(:Employee)",
            "identity: [fromDate]",
            "# d.salaries: 3 rows.\n  #   Key: emp_no and from_date, all there and all different.",
            "type: HAS_EMP\n",
        ],
    );

    let dir = tempfile::tempdir().unwrap();
    let table_of = |name: &str, columns: &[&str], rows: Json| table(dir.path(), "d", name, columns, &rows);
    table_of("Artist", &["ArtistId int", "Name varchar(9)"], json!([[1, "a"], [2, "b"]]));
    table_of("Album", &["AlbumId int", "Title varchar(9)", "ArtistId int"], json!([[1, "x", 1], [2, "y", 1]]));
    table_of("Track", &["TrackId int", "AlbumId int", "Milliseconds int"], json!([[1, 1, 2], [2, null, 1]]));
    table_of("Playlist", &["PlaylistId int", "Name varchar(9)"], json!([[1, "m"], [2, "m"]]));
    table_of("PlaylistTrack", &["PlaylistId int", "TrackId int"], json!([[1, 1], [1, 2], [2, 1]]));
    table_of("Customer", &["CustomerId int", "SupportRepId int"], json!([[1, 7], [2, 7]]));
    let text = drafted(dir.path());
    expect(
        &text,
        &[
            "type: HAS_ARTIST\n",
            "type: HAS_ALBUM\n",
            "(:Playlist)-[:PLAYLIST_TRACK]->(:Track)",
            "SupportRepId: may be a key of something; no table here has its name and its values",
        ],
    );
}

#[test]
fn declared_references_of_several_columns_are_relationships() {
    let dir = tempfile::tempdir().unwrap();
    let table_of = |name: &str, columns: &[&str], rows: Json| table(dir.path(), "d", name, columns, &rows);
    let keys = |name: &str, keys: Json| note(dir.path(), "d", name, "keys", keys);
    table_of(
        "stage",
        &["city varchar(9)", "no int", "name text"],
        json!([["a", 1, "x"], ["a", 2, "y"], ["b", 1, "x"]]),
    );
    keys("stage", json!({"primary": ["city", "no"]}));
    table_of(
        "shows",
        &["id int", "city varchar(9)", "stage_no int", "moved_to int"],
        json!([[1, "a", 2, 1], [2, "b", 1, null], [3, "b", 9, null]]),
    );
    let to_stage =
        |no: &str| json!({"columns": ["city", no], "database": "d", "table": "stage", "references": ["city", "no"]});
    keys("shows", json!({"primary": ["id"], "foreign": [to_stage("stage_no"), to_stage("moved_to")]}));
    let text = drafted(dir.path());
    expect(
        &text,
        &[
            "# shows.city and stage_no refer to Stage, as the table declares\n",
            "type: HAS_STAGE\n",
            "type: HAS_STAGE_BY_CITY_MOVED_TO\n",
            "end_node_reference: {name: stage_2, key_mappings: [{source_field: city, node_property: city}, \
             {source_field: stage_no, node_property: \"no\"}]}",
            "target_property: stageNo",
        ],
    );
    assert!(!text.contains("stage_no: may be a key"), "{text}");
}

#[test]
fn a_part_of_a_table_still_shows_what_its_columns_refer_to() {
    let dir = tempfile::tempdir().unwrap();
    let table_of = |name: &str, columns: &[&str], rows: Json| table(dir.path(), "d", name, columns, &rows);
    table_of("people", &["id int", "name text"], json!([[1, "a"], [2, "b"], [3, "b"]]));
    table_of("visits", &["id int", "person_id int"], json!([[1, 7], [2, 8], [3, 2]]));
    assert!(!drafted(dir.path()).contains("HAS_PERSON"), "one of three values is too few");
    note(dir.path(), "d", "people", "selection", json!({"limit": 3}));
    let text = drafted(dir.path());
    let said = "refers to people.id: 1 of its 3 values are in that part of the table, so the property is kept";
    expect(&text, &["type: HAS_PERSON\n", said, "target_property: personId"]);
}

#[test]
fn texts_that_are_lists_are_pointed_out() {
    let dir = tempfile::tempdir().unwrap();
    let rows: Vec<Json> =
        (0..40).map(|id| json!([id, if id % 2 == 0 { "rock, pop" } else { "pop,jazz" }, "[1, 2]"])).collect();
    table(dir.path(), "d", "bands", &["id int", "genres text", "years json"], &json!(rows));
    let text = drafted(dir.path());
    expect(&text, &["genres: looks like lists with \",\" between the items", "`split: {by: \",\"}`"]);
    assert!(!text.contains("years: looks like lists"), "{text}");
}

#[test]
fn a_table_without_a_key_is_keyed_by_its_rows_and_lists_of_objects_are_nodes() {
    let dir = tempfile::tempdir().unwrap();
    table(
        dir.path(),
        "d",
        "clicks",
        &["page varchar(9)", "n int", "raw blob"],
        &json!([["a", 1, "x"], ["a", 1, "x"], [null, 2, "x"],]),
    );
    let items = r#"[{"sku": "a", "n": 1, "id": 5}, {"sku": "b", "n": 2}]"#;
    table(
        dir.path(),
        "d",
        "carts",
        &["id int", "items text", "tags json", "about json"],
        &json!([[1, items, "[\"x\"]", "{\"a\": 1}"], [2, "[]", "[]", "{}"], [3, null, null, null],]),
    );
    let text = drafted(dir.path());
    expect(
        &text,
        &[
            "row_hash: {template: \"{text_of_1}\\u001F{text_of_2}\", hash: 32}",
            "text_of_2: {column: \"n\", type: text, default: \"\"}",
            "raw: left out, no property can hold blob",
            "of: carts\n",
            "explode: {column: items, json: array, index: {as: index}}",
            "id_2: {from: id, type: integer}",
            "properties: [cartId, index]",
            "{source_field: tags, target_property: tags, target_property_type: string_array}",
            "about: JSON objects with a, kept as text",
            "type: HAS_ITEM\n",
        ],
    );
}

#[test]
fn names_of_any_kind_end_neither_a_line_nor_a_word() {
    let dir = tempfile::tempdir().unwrap();
    let rows = json!([[1, "a", "N/A", "x"], [2, "b", "no", "y"], [3, "c", "unknown", "y"]]);
    let odd = ["id int", "a: {b}\n- c varchar(9)", "# note varchar(9)", "true varchar(9)"];
    table(dir.path(), "d", "news: \"x\" #1", &odd, &rows);
    table(dir.path(), "d", "***", &["*** varchar(9)", "as_of varchar(9)"], &json!([["x", "y"], ["x", "z"]]));
    table(dir.path(), "e", "***", &["*** varchar(9)"], &json!([]));
    table(dir.path(), "d", "only bytes", &["b blob"], &json!([["x"]]));
    let text = drafted(dir.path());
    expect(&text, &["nothing: [\"\", \"n/a\"]", "table: \"d.***\"", "table: \"e.***\"", "has \"unknown\""]);
    assert!(
        !text.contains("only bytes: 1 rows") && text.contains("nothing: no property can hold what is in it"),
        "{text}"
    );
}

#[test]
fn a_table_that_is_not_there_is_named_with_what_is() {
    let dir = tempfile::tempdir().unwrap();
    assert!(matches!(draft(dir.path(), &[], &Silent), Err(DraftError::NoneSealed(_))));
    table(dir.path(), "d", "orders", &["id int"], &json!([[1]]));
    let error = draft(dir.path(), &["order".to_owned()], &Silent).unwrap_err();
    assert_eq!(error.to_string(), "there is no sealed snapshot of table order; did you mean orders?");
    assert_eq!(draft(dir.path(), &["d.orders".to_owned()], &Silent).unwrap().labels, 1);
}
