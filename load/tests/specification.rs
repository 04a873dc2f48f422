//! Whole specifications, valid and invalid, and how they are judged.
//!
//! In: the cases of `specification/cases.yaml`, and the shape of every constraint and index, changed in every way that it can
//! be wrong. Out: nothing but the verdict. Each document is judged as YAML and as JSON; both must be judged alike.

#![allow(clippy::unwrap_used, reason = "a test may end where it is surprised")]

use std::collections::BTreeMap;

use load::specification::{Code, Finding, ServerKind, judge, read};
use serde_json::{Map, Value as Json, json};

const CASES: &str = include_str!("specification/cases.yaml");

fn cases() -> Json {
    read(CASES).expect("the cases are YAML")
}

/// Sets a place of a document, or takes it away.
fn change(document: &mut Json, path: &str, value: &Json) {
    let steps: Vec<&str> =
        path.trim_start_matches("$.").split(['.', '[']).map(|step| step.trim_end_matches(']')).collect();
    let (last, steps) = steps.split_last().expect("a path has steps");
    let mut at = document;
    for step in steps {
        at = match at {
            Json::Array(items) => &mut items[step.parse::<usize>().unwrap()],
            Json::Object(members) => members.entry((*step).to_owned()).or_insert_with(|| Json::Object(Map::new())),
            other => panic!("{path}: nothing is inside {other}"),
        };
    }
    match (at, value) {
        (Json::Object(members), Json::Null) => drop(members.shift_remove(*last)),
        (Json::Object(members), value) => drop(members.insert((*last).to_owned(), value.clone())),
        (Json::Array(items), value) => {
            let place = last.parse::<usize>().unwrap();
            if place == items.len() { items.push(value.clone()) } else { items[place] = value.clone() }
        }
        (other, _) => panic!("{path}: nothing is inside {other}"),
    }
}

/// The judgement of a document in either form.
fn judged(document: &Json) -> Vec<Finding> {
    let as_json = judge(&read(&serde_json::to_string_pretty(document).unwrap()).unwrap(), None);
    let as_yaml = judge(&read(&serde_yaml_ng::to_string(document).unwrap()).unwrap(), None);
    assert_eq!(as_json, as_yaml);
    as_json
}

fn line(finding: &Finding) -> String {
    let mut line = format!("{} {}", finding.code, finding.path);
    if let Some(code) = finding.specification_code.filter(|code| *code != "SCHM") {
        line += &format!(" ({code})");
    }
    if let Some(nearest) = &finding.nearest {
        line += &format!(" -> {nearest}");
    }
    line
}

#[test]
fn every_case_is_judged_as_the_specification_judges_it() {
    let cases = cases();
    let mut wrong = Vec::new();
    for case in cases["cases"].as_array().unwrap() {
        let mut document = cases["documents"][case["of"].as_str().unwrap()].clone();
        for (path, value) in case["change"].as_object().into_iter().flatten() {
            change(&mut document, path, value);
        }
        let found: Vec<String> = judged(&document).iter().map(line).collect();
        let wanted: Vec<&str> =
            case["findings"].as_array().into_iter().flatten().map(|finding| finding.as_str().unwrap()).collect();
        if found != wanted {
            wrong.push(format!("{}:\n  wanted {wanted:?}\n  found  {found:?}", case["name"]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Ways to spoil a value, and the code of what comes of it.
fn spoilt(value: &Json) -> Vec<(Json, Code)> {
    match value {
        Json::String(_) => vec![(json!(42), Code::WrongType), (json!(""), Code::Empty), (json!(" \t"), Code::Empty)],
        Json::Array(_) => vec![
            (json!("text"), Code::WrongType),
            (json!([]), Code::Empty),
            (json!([1]), Code::WrongType),
            (json!([""]), Code::Empty),
            (json!(["  "]), Code::Empty),
        ],
        _ => vec![(json!(42), Code::WrongType), (json!([]), Code::WrongType)],
    }
}

#[test]
fn every_key_of_every_constraint_and_index_is_asked_for() {
    let full = &cases()["documents"]["full"];
    let mut judgements = 0;
    for target in ["$.targets.nodes[0]", "$.targets.relationships[0]"] {
        let of = full.pointer(&target.trim_start_matches('$').replace(['.', '['], "/").replace(']', "")).unwrap();
        for (kind, list) in of["schema"].as_object().unwrap() {
            let list_path = format!("{target}.schema.{kind}");
            let mut tries = vec![
                (list_path.clone(), json!(42), Code::WrongType, list_path.clone()),
                (format!("{list_path}[0]"), json!(42), Code::WrongType, format!("{list_path}[0]")),
                (format!("{list_path}[0].nmae"), json!("x"), Code::UnknownKey, format!("{list_path}[0].nmae")),
            ];
            for (key, value) in list[0].as_object().unwrap() {
                let path = format!("{list_path}[0].{key}");
                if key != "options" || kind == "vector_indexes" {
                    tries.push((path.clone(), Json::Null, Code::MissingKey, format!("{list_path}[0]")));
                }
                for (spoilt, code) in spoilt(value) {
                    let inside = spoilt.as_array().is_some_and(|items| !items.is_empty());
                    let place = if inside { format!("{path}[0]") } else { path.clone() };
                    tries.push((path.clone(), spoilt, code, place));
                }
                // What the definition is on must be there.
                let unknown = match key.as_str() {
                    "label" | "property" => Some((path.clone(), json!("nowhere"))),
                    "labels" | "properties" => Some((format!("{path}[0]"), json!("nowhere"))),
                    _ => None,
                };
                let code = if key.starts_with("label") { Code::UnknownLabel } else { Code::UnknownProperty };
                tries.extend(unknown.map(|(path, value)| (path.clone(), value, code, path)));
            }
            for (path, value, code, place) in tries {
                let mut document = full.clone();
                change(&mut document, &path, &value);
                let findings = judged(&document);
                let found = findings.iter().any(|finding| finding.code == code && finding.path == place);
                assert!(found, "{path}: {value}: {findings:?}");
                judgements += 1;
            }
        }
    }
    assert!(judgements > 200, "{judgements}");
}

#[test]
fn names_and_references_are_texts_everywhere() {
    let full = &cases()["documents"]["full"];
    let places = [
        "$.sources[0].name",
        "$.sources[0].type",
        "$.targets.nodes[0].name",
        "$.targets.nodes[0].source",
        "$.targets.nodes[0].properties[0].source_field",
        "$.targets.nodes[0].properties[0].target_property",
        "$.targets.relationships[0].name",
        "$.targets.relationships[0].source",
        "$.targets.relationships[0].type",
        "$.targets.relationships[0].end_node_reference",
        "$.targets.relationships[0].start_node_reference.name",
        "$.targets.relationships[0].start_node_reference.key_mappings[0].source_field",
        "$.targets.relationships[0].start_node_reference.key_mappings[0].node_property",
        "$.targets.relationships[0].properties[0].source_field",
        "$.targets.relationships[0].properties[0].target_property",
        "$.targets.queries[0].name",
        "$.targets.queries[0].source",
        "$.actions[0].name",
        "$.actions[0].type",
    ];
    for place in places {
        for (value, code) in spoilt(&json!("text")) {
            let mut document = full.clone();
            change(&mut document, place, &value);
            let findings = judged(&document);
            assert!(findings.iter().any(|found| found.code == code && found.path == place), "{place}: {findings:?}");
        }
        let mut document = full.clone();
        change(&mut document, place, &Json::Null);
        let object = &place[..place.rfind('.').unwrap()];
        let findings = judged(&document);
        let found = findings.iter().any(|found| found.code == Code::MissingKey && found.path == object);
        assert!(found, "{place}: {findings:?}");
    }
}

#[test]
fn every_type_stage_and_mode_is_taken_in_either_case() {
    let full = &cases()["documents"]["full"];
    let scalar = "boolean date duration float integer local_datetime local_time point string zoned_datetime zoned_time";
    let arrays = scalar.split(' ').map(|kind| format!("{kind}_array"));
    let kinds: Vec<String> =
        scalar.split(' ').map(str::to_owned).chain(arrays).chain(["byte_array".to_owned()]).collect();
    let vectors = ["integer", "float", "float32", "integer8", "integer16", "integer32"];
    let vectors = vectors.map(|kind| format!("{kind}_vector"));
    let stages =
        "start post_sources pre_nodes post_nodes pre_relationships post_relationships pre_queries post_queries end";
    let kind_place = "$.targets.nodes[0].properties[6].target_property_type";
    let mut tries: Vec<(&str, Json)> = Vec::new();
    for text in kinds.iter().flat_map(|kind| [kind.clone(), kind.to_uppercase()]) {
        tries.push((kind_place, json!(text)));
        tries.push((kind_place, json!({"name": text})));
    }
    for text in vectors.iter().flat_map(|kind| [kind.clone(), kind.to_uppercase()]) {
        tries.push((kind_place, json!({"name": text, "dimension": 3})));
    }
    for text in stages.split(' ').flat_map(|stage| [stage.to_owned(), stage.to_uppercase()]) {
        tries.push(("$.actions[0].stage", json!(text)));
    }
    for text in ["transaction", "TRANSACTION", "autocommit", "Autocommit"] {
        tries.push(("$.actions[0].execution_mode", json!(text)));
    }
    for text in ["create", "CREATE", "merge", "MERGE"] {
        tries.push(("$.targets.relationships[0].write_mode", json!(text)));
    }
    for (place, value) in tries {
        let mut document = full.clone();
        change(&mut document, place, &value);
        assert_eq!(judged(&document), [], "{place}: {value}");
    }
}

#[test]
fn a_server_lacks_what_its_edition_and_version_lack() {
    let full = &cases()["documents"]["full"];
    let lacks = |server: &str| -> BTreeMap<String, usize> {
        let mut lacks = BTreeMap::new();
        for finding in judge(full, Some(&server.parse::<ServerKind>().unwrap())) {
            assert_eq!((finding.code, finding.specification_code), (Code::ServerLacks, Some("VERS-001")));
            *lacks.entry(finding.path.rsplit('.').next().unwrap().to_owned()).or_default() += 1;
        }
        lacks
    };
    assert!(lacks("enterprise-5.26").is_empty() && lacks("aura-5.27").is_empty());
    let paid = ["existence_constraints", "key_constraints", "type_constraints"];
    assert_eq!(lacks("community-5.26").into_keys().collect::<Vec<_>>(), paid);
    assert_eq!(lacks("enterprise-5.8").into_keys().collect::<Vec<_>>(), ["type_constraints", "vector_indexes"]);
    assert_eq!(lacks("enterprise-5.6")["unique_constraints"], 1, "those of relationships came with 5.7");
    assert!("neo4j".parse::<ServerKind>().is_err() && "community-5".parse::<ServerKind>().is_err());
}

#[test]
fn the_codes_in_the_documentation_are_those_of_the_program() {
    let documentation = include_str!("../../docs/findings.md");
    let row = |code: &Code| format!("| `{}` | {} | {} |\n", code.text(), code.specification(), code.meaning());
    let table: String = Code::ALL.iter().map(row).collect();
    assert!(documentation.contains(&table), "the table of docs/findings.md should be:\n{table}");
}
