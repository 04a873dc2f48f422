//! Every rule of the learner graph as a table of cases: rows go in, and what staging makes of them is compared with what was
//! derived by hand from the text of the rules (`tests/cases/README.md`). The Python reference runs the same cases.

#![expect(clippy::unwrap_used, reason = "a case that cannot be read has to fail the test")]

mod staged;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, Decimal128Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use load::graph_table::manifest::GraphTables;
use load::mapping::Mapping;
use load::stage::{StageRequest, stage};
use rayon::prelude::*;
use serde_json::{Map, Value as Json, json};
use sha2::{Digest, Sha256};
use shared::interrupt::Interrupt;
use shared::progress::Silent;
use shared::snapshot::SealedSnapshot;
use staged::{rows, seal};

const DEFAULT_EMAIL: &str = "00000000000000000000000000000001";

/// Columns of the source table, with `b` for bigint, `d` for decimal(38,6), `f` for double and `t` for text.
const COLUMNS: &str = "hashed_email:t sand_id:t email:t full_name:t profile_photo_url:t bio:t skills_list:t gender:t \
    country_of_residence:t country_of_origin:t city_of_residence:t region_name:t education_level_of_study:t \
    education_field_of_study:t country_of_residence_latitude:d country_of_residence_longitude:d \
    city_of_residence_latitude:d city_of_residence_longitude:d designation:t testimonial:t is_learning_data:b is_featured:b \
    youtube_id:t is_featured_video:b is_graduate_learner:b is_active_learner:b is_a_dropped_out:b learning_details:t \
    is_running_a_venture:b is_a_freelancer:b is_wage_employed:b placement_details:t is_placed:b employment_details:t \
    has_employment_details:b education_details:t has_education_details:b has_data:b is_rural:b \
    description_of_living_location:t has_disability:b type_of_disability:t is_from_low_income_household:b \
    demographic_details:t legacy_points_transaction_history:t has_legacy_points_transactions:b meta_rn:b meta_ui_lat:f \
    meta_ui_lng:f student_record_ranking:b rnk:b zoom_attendance_details:t circle_events:t ehub_check_ins:t \
    has_placement_details:b has_profile_profile_photo:b has_social_economic_data:b snapshot_id:b";

fn sha16(text: &str) -> String {
    hex::encode(Sha256::digest(text))[..16].to_owned()
}

/// Replaces the stand-ins of a case by what they stand for.
fn expand(value: &Json) -> Json {
    match value {
        Json::Object(members) => {
            if let (1, Some(Json::Array(repeat))) = (members.len(), members.get("repeat")) {
                return json!(repeat[0].as_str().unwrap().repeat(repeat[1].as_u64().unwrap() as usize));
            }
            if let (1, Some(text)) = (members.len(), members.get("sha16")) {
                return json!(sha16(expand(text).as_str().unwrap()));
            }
            Json::Object(members.iter().map(|(name, value)| (name.clone(), expand(value))).collect())
        }
        Json::Array(items) => Json::Array(items.iter().map(expand).collect()),
        other => other.clone(),
    }
}

/// The cell of a row as text, where it is there.
fn cell(row: &Map<String, Json>, column: &str) -> Option<String> {
    match row.get(column) {
        None if column == "hashed_email" => Some(DEFAULT_EMAIL.to_owned()),
        None | Some(Json::Null) => None,
        Some(Json::String(text)) => Some(text.clone()),
        Some(other) => Some(other.to_string()),
    }
}

fn column(rows: &[Map<String, Json>], name: &str, kind: &str) -> (DataType, ArrayRef) {
    let texts: Vec<Option<String>> = rows.iter().map(|row| cell(row, name)).collect();
    let is_text = |row: &Map<String, Json>| matches!(row.get(name), Some(Json::String(_)));
    match kind {
        "b" if !rows.iter().any(is_text) => {
            let numbers: Int64Array =
                texts.iter().map(|text| text.as_ref().map(|text| text.parse().unwrap())).collect();
            (DataType::Int64, Arc::new(numbers))
        }
        "d" => {
            let units = |text: &String| {
                let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
                format!("{whole}{fraction:0<6}").parse::<i128>().unwrap()
            };
            let decimals: Decimal128Array = texts.iter().map(|text| text.as_ref().map(units)).collect();
            (DataType::Decimal128(38, 6), Arc::new(decimals.with_precision_and_scale(38, 6).unwrap()))
        }
        _ => (DataType::Utf8, Arc::new(texts.iter().map(Option::as_deref).collect::<StringArray>())),
    }
}

/// A snapshot of these rows, as `extract` would seal it.
fn snapshot(dir: &Path, rows: &[Map<String, Json>]) -> SealedSnapshot {
    let (fields, arrays): (Vec<Field>, Vec<ArrayRef>) = COLUMNS
        .split_whitespace()
        .map(|column_kind| {
            let (name, kind) = column_kind.split_once(':').unwrap();
            let (data_type, array) = column(rows, name, kind);
            (Field::new(name, data_type, true), array)
        })
        .unzip();
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap();
    seal(dir, "impact_learners_profile", &batch)
}

/// Names of relationship columns as the cases have them.
fn as_in_cases(row: Map<String, Json>) -> Map<String, Json> {
    let name = |name: String| match name.split_once('.') {
        Some(("source", _)) => "start".to_owned(),
        Some(("target", _)) => "end".to_owned(),
        Some(("rel", property)) => property.to_owned(),
        _ => name,
    };
    row.into_iter().map(|(key, value)| (name(key), value)).collect()
}

fn is_like(expected: &Json, found: &Map<String, Json>) -> bool {
    expected.as_object().unwrap().iter().all(|(name, value)| match value {
        Json::Null => !found.contains_key(name),
        value => found.get(name) == Some(value),
    })
}

/// Each expected element has a found one of its own, and none is left over.
fn differences(what: &str, expected: &Json, mut found: Vec<Map<String, Json>>) -> Vec<String> {
    let mut differences = Vec::new();
    for element in expected.as_array().unwrap() {
        match found.iter().position(|candidate| is_like(element, candidate)) {
            Some(place) => drop(found.remove(place)),
            None => differences.push(format!("{what}: nothing like {element}")),
        }
    }
    differences.extend(found.into_iter().map(|found| format!("{what}: not expected: {}", Json::Object(found))));
    differences
}

fn count(tables: &GraphTables, name: &str) -> u64 {
    let sum = |what: &[&str], reason: &str| -> u64 {
        let all = tables.manifest.counts.iter().chain(&tables.manifest.notes);
        let counts = all.filter(|(key, _)| what.iter().any(|prefix| key.starts_with(prefix)));
        counts.filter_map(|(_, reasons)| reasons.get(reason)).sum()
    };
    let no_key = "no key: nothing is made of it";
    match name {
        "merged_rows" => sum(&["impact_learners_profile"], "rows joined to an earlier one"),
        "bad_boolean" => sum(&[""], "not a boolean"),
        "bad_gender" => sum(&["learners.gender"], "value outside the list"),
        "bad_date" => sum(&[""], "not a date in the years that are taken"),
        "bad_number" => sum(&[""], "not a finite number") + sum(&[""], "not a whole number of 64 bits"),
        "unknown_country" => sum(&["places."], "value that the lookup table does not have"),
        "city_without_country" => sum(&["places city"], no_key),
        "skill_past_limit" => sum(&["skills"], "item past the limit of its record"),
        "enrolment_without_program" => sum(&["enrolments program"], no_key),
        "job_without_company" => sum(&["jobs employer"], no_key),
        "placement_without_company" => sum(&["placements"], no_key),
        "starts_after_as_of" => sum(&[""], "entry starts after the as-of date"),
        "text_too_long" => sum(&[""], "indexed text too long for an index"),
        other => panic!("no count {other}"),
    }
}

fn run(case: &Json, as_of: &str) -> Vec<String> {
    let dir = tempfile::tempdir().unwrap();
    let source_rows: Vec<Map<String, Json>> =
        case["rows"].as_array().unwrap().iter().map(|row| expand(row).as_object().unwrap().clone()).collect();
    let snapshots = [snapshot(dir.path(), &source_rows)];
    let mapping = Mapping::load(None).unwrap();
    let work = dir.path().join("work");
    let request = StageRequest {
        mapping: &mapping,
        snapshots: &snapshots,
        as_of: Some(as_of.parse().unwrap()),
        sample: None,
        work: &work,
        threads: 1,
        interrupt: &Interrupt::never(),
    };
    let tables = stage(&request, &Silent).unwrap_or_else(|error| panic!("{error}")).tables;
    let expect = expand(&case["expect"]);
    let mut all = Vec::new();
    for (label, expected) in expect["nodes"].as_object().into_iter().flatten() {
        let table = tables.manifest.nodes.iter().find(|table| table.labels[0] == *label).unwrap();
        all.extend(differences(label, expected, rows(&tables.dir, &table.files)));
    }
    for (kind, expected) in expect["relationships"].as_object().into_iter().flatten() {
        let of_type = tables.manifest.relationships.iter().filter(|table| table.rel_type == *kind);
        let found = of_type.flat_map(|table| rows(&tables.dir, &table.files)).map(as_in_cases).collect();
        all.extend(differences(kind, expected, found));
    }
    if let Some(expected) = expect.get("rejects") {
        all.extend(differences("rejects", expected, rows(&tables.dir, std::slice::from_ref(&tables.manifest.rejects))));
    }
    for (name, number) in expect["counts"].as_object().into_iter().flatten() {
        let found = count(&tables, name);
        if number.as_u64() != Some(found) {
            all.push(format!("count {name}: {found}, expected {number}"));
        }
    }
    all
}

#[test]
fn staging_makes_of_every_case_what_the_rules_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/cases");
    let mut cases = Vec::new();
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for path in files.iter().filter(|path| path.extension().is_some_and(|extension| extension == "json")) {
        let topic: Json = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        for case in topic["cases"].as_array().unwrap() {
            let as_of = case.get("as_of").unwrap_or(&topic["as_of"]).as_str().unwrap();
            let name = format!("{}: {}", path.file_stem().unwrap().to_string_lossy(), case["name"]);
            cases.push((name, case.clone(), as_of.to_owned()));
        }
    }
    let cases_found = cases.len();
    assert!(cases_found >= 150, "only {cases_found} cases were found");
    // Each case waits for the disk most of its time.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(8).build().unwrap();
    let failures: BTreeMap<String, Vec<String>> = pool.install(|| {
        let run = cases.par_iter().map(|(name, case, as_of)| (name.clone(), run(case, as_of)));
        run.filter(|(_, differences)| !differences.is_empty()).collect()
    });
    let text: Vec<String> =
        failures.iter().map(|(name, differences)| format!("{name}\n    {}", differences.join("\n    "))).collect();
    assert!(failures.is_empty(), "{} of {cases_found} cases differ\n{}", failures.len(), text.join("\n"));
}
