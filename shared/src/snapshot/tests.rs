//! A snapshot from its first byte to its verification, and what is left after a stop at each step in between.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Int64Array, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema};
use jiff::Timestamp;
use parquet::arrow::ArrowWriter;

use super::*;
use crate::exit::{Diagnosis, ExitCode};
use crate::progress::Silent;

const START: &str = "2026-11-22T11:15:30Z";

fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

fn parquet(rows: std::ops::Range<i64>) -> Vec<u8> {
    let schema = Arc::new(Schema::new(vec![Field::new("n", DataType::Int64, true)]));
    let batch = RecordBatch::try_new(schema.clone(), vec![Arc::new(Int64Array::from_iter_values(rows))]).unwrap();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, schema, None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

fn manifest(database: &str, table: &str, started_at: Timestamp, parts: Vec<Part>) -> Manifest {
    Manifest {
        format_version: FORMAT_VERSION,
        tool_version: "0.0.0".into(),
        source: Source {
            server_kind: "MariaDB".into(),
            server_version: "10.11".into(),
            database: database.into(),
            table: table.into(),
            statement: "SELECT `n` FROM `t`".into(),
            started_at,
            ended_at: started_at,
            consistent_read: true,
            binlog: None,
            protocol: "binary".into(),
            on_bad_value: "null".into(),
            ordered_by: None,
        },
        selection: Selection::default(),
        as_of_date: jiff::civil::date(2026, 11, 22),
        columns: Vec::new(),
        keys: DeclaredKeys::default(),
        rows: parts.iter().map(|part| part.rows).sum(),
        source_bytes: 0,
        parts,
        bad_values: Vec::new(),
        content_digest: ContentHasher::new(&[]).digest(),
    }
}

fn write_part(staging: &Staging<Writing>, ordinal: usize, rows: std::ops::Range<i64>) -> Part {
    let mut part = staging.part(ordinal).unwrap();
    part.write_all(&parquet(rows.clone())).unwrap();
    part.finish(rows.start.unsigned_abs(), rows.end.abs_diff(rows.start)).unwrap()
}

fn snapshot(out: &Path, database: &str, table: &str, started_at: &str) -> SealedSnapshot {
    let staging = Staging::create(out, database, table, at(started_at)).unwrap();
    let parts = vec![write_part(&staging, 0, 0..3), write_part(&staging, 1, 3..5)];
    let manifest = manifest(database, table, at(started_at), parts.clone());
    staging.complete(parts).unwrap().publish(manifest).unwrap()
}

fn entries(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_published_snapshot_opens_verifies_and_is_private() {
    use std::os::unix::fs::PermissionsExt;
    let out = tempfile::tempdir().unwrap();
    let made = snapshot(out.path(), "tracking", "t", START);
    assert!(made.path.ends_with(format!("tracking.t/2026-11-22T111530Z-{}", made.manifest.content_digest.short())));
    assert_eq!(entries(&made.path), ["_SHA256SUMS", "_manifest.json", "part-00000.parquet", "part-00001.parquet"]);
    assert_eq!(fs::metadata(&made.path).unwrap().permissions().mode() & 0o777, 0o700);
    let opened = SealedSnapshot::open(&made.path).unwrap();
    assert_eq!(opened.manifest, made.manifest);
    opened.verify(&Silent).unwrap();
    let sums = fs::read_to_string(made.path.join(CHECKSUMS_FILE)).unwrap();
    assert!(sums.lines().all(|line| line.len() == 64 + 2 + "part-00000.parquet".len()), "{sums}");
}

#[test]
fn two_snapshots_of_one_second_and_content_both_stay() {
    let out = tempfile::tempdir().unwrap();
    let first = snapshot(out.path(), "d", "t", START);
    let second = snapshot(out.path(), "d", "t", START);
    assert_ne!(first.path, second.path);
    assert_eq!(list(out.path()).unwrap().len(), 2);
}

#[test]
fn every_kind_of_damage_is_told_from_the_others() {
    type Damage = fn(&Path);
    let damage: [(&str, Damage); 4] = [
        ("is missing", |part| fs::remove_file(part).unwrap()),
        ("its size is", |part| fs::write(part, b"PAR1").unwrap()),
        ("its SHA-256 is", |part| {
            let mut bytes = fs::read(part).unwrap();
            bytes[10] ^= 1;
            fs::write(part, bytes).unwrap();
        }),
        ("its number of rows is 3", |part| {
            let manifest = part.with_file_name(MANIFEST_FILE);
            let text = fs::read_to_string(&manifest).unwrap();
            let text = text.replacen("\"rows\": 5", "\"rows\": 6", 1).replacen("\"rows\": 3", "\"rows\": 4", 1);
            fs::write(&manifest, text.replacen("\"first_row\": 3", "\"first_row\": 4", 1)).unwrap();
        }),
    ];
    for (expected, damage) in damage {
        let out = tempfile::tempdir().unwrap();
        let made = snapshot(out.path(), "d", "t", START);
        damage(&made.part_paths()[0]);
        let error = SealedSnapshot::open(&made.path).unwrap().verify(&Silent).unwrap_err();
        assert!(error.to_string().contains("part-00000.parquet") && error.to_string().contains(expected), "{error}");
        assert_eq!(error.exit_code(), ExitCode::SnapshotDamaged);
    }
}

#[test]
fn a_manifest_that_cannot_be_trusted_is_refused() {
    let edits: [(&str, &str, &str); 4] = [
        ("\"format_version\": 1", "\"format_version\": 2", "format version 2"),
        ("\"rows\": 5", "\"rows\": 7", "the parts have 5 rows, the snapshot 7"),
        ("part-00001.parquet", "../part-00001.parquet", "is not a part's file name"),
        ("\"columns\": [", "\"columns\": {", "cannot be understood"),
    ];
    for (from, to, expected) in edits {
        let out = tempfile::tempdir().unwrap();
        let made = snapshot(out.path(), "d", "t", START);
        let file = made.path.join(MANIFEST_FILE);
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.contains(from), "{text}");
        fs::write(&file, text.replacen(from, to, 1)).unwrap();
        let error = SealedSnapshot::open(&made.path).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        assert_eq!(error.exit_code(), ExitCode::SnapshotDamaged);
    }
}

#[test]
fn the_newest_is_found_by_what_manifests_say() {
    let out = tempfile::tempdir().unwrap();
    let newest = snapshot(out.path(), "a", "t", "2026-11-22T11:15:31Z");
    let oldest = snapshot(out.path(), "a", "t", START);
    snapshot(out.path(), "a", "u", "2026-11-23T00:00:00Z");
    for wanted in ["t", "a.t"] {
        assert_eq!(find_newest(out.path(), wanted).unwrap().path, newest.path);
    }
    assert_eq!(find_newest(newest.path.parent().unwrap(), "t").unwrap().path, newest.path);
    assert_eq!(find_newest(&oldest.path, "whatever").unwrap().path, oldest.path);
    let starts: Vec<_> = list(out.path()).unwrap().into_iter().map(|s| s.manifest.source.started_at).collect();
    assert!(starts[0] < starts[1], "{starts:?}");

    let error = find_newest(out.path(), "b.t").unwrap_err();
    assert_eq!(error.exit_code(), ExitCode::NoSnapshot);
    let error = find_newest(&out.path().join("nowhere"), "t").unwrap_err();
    assert!(error.to_string().contains("there is no folder"), "{error}");

    snapshot(out.path(), "b", "t", START);
    let error = find_newest(out.path(), "t").unwrap_err();
    assert!(matches!(&error, SnapshotError::AmbiguousTable { databases, .. } if databases == &["a", "b"]), "{error}");
    assert_eq!(error.exit_code(), ExitCode::Usage);
    find_newest(out.path(), "b.t").unwrap();
}

#[test]
fn a_damaged_manifest_is_not_passed_over_for_an_older_snapshot() {
    let out = tempfile::tempdir().unwrap();
    snapshot(out.path(), "d", "t", START);
    snapshot(out.path(), "d", "u", START);
    let damaged = snapshot(out.path(), "d", "t", "2026-11-23T00:00:00Z");
    fs::write(damaged.path.join(MANIFEST_FILE), "{").unwrap();
    assert_eq!(find_newest(out.path(), "t").unwrap_err().exit_code(), ExitCode::SnapshotDamaged);
    find_newest(out.path(), "d.u").unwrap();
}

/// Leaves staging as a killed process would: nothing is dropped, but the locks go, as they do with a process.
fn killed_at(out: &Path, step: usize) -> PathBuf {
    let staging = Staging::create(out, "d", "t", at(START)).unwrap();
    let path = staging.path().to_path_buf();
    let copy = out.join("copy");
    let mut parts = Vec::new();
    if step >= 1 {
        parts.push(write_part(&staging, 0, 0..3));
    }
    let unfinished = (step >= 2).then(|| {
        let mut part = staging.part(1).unwrap();
        part.write_all(b"PAR1 and no more").unwrap();
        part
    });
    drop(unfinished);
    if step >= 3 {
        let complete = staging.complete(parts.clone()).unwrap();
        if step >= 4 {
            let text = serde_json::to_vec(&manifest("d", "t", at(START), parts)).unwrap();
            fs::write(path.join(MANIFEST_FILE), text).unwrap();
        }
        fs::rename(&path, &copy).unwrap();
        drop(complete);
    } else {
        fs::rename(&path, &copy).unwrap();
        drop(staging);
    }
    fs::rename(&copy, &path).unwrap();
    path
}

#[test]
fn what_a_killed_process_leaves_is_no_snapshot_and_is_removed_by_the_next() {
    for step in 0..=4 {
        let out = tempfile::tempdir().unwrap();
        let left = killed_at(out.path(), step);
        assert!(left.exists());
        assert_eq!(list(out.path()).unwrap().len(), 0, "step {step}");
        let made = snapshot(out.path(), "d", "t", "2026-11-23T00:00:00Z");
        assert!(!left.exists(), "step {step}");
        assert_eq!(find_newest(out.path(), "t").unwrap().path, made.path);
    }
}

#[test]
fn staging_of_a_living_process_is_left_alone_and_its_own_goes_with_it() {
    let out = tempfile::tempdir().unwrap();
    let first = Staging::create(out.path(), "d", "t", at(START)).unwrap();
    let second = Staging::create(out.path(), "d", "t", at("2026-11-22T11:15:31Z")).unwrap();
    let (first_path, second_path) = (first.path().to_path_buf(), second.path().to_path_buf());
    assert!(first_path.exists() && second_path.exists());
    drop(first);
    assert!(!first_path.exists() && second_path.exists());
    drop(second);
    assert_eq!(entries(&out.path().join("d.t")), Vec::<String>::new());
}

#[test]
fn two_processes_of_one_number_and_second_have_folders_of_their_own() {
    let out = tempfile::tempdir().unwrap();
    let [first, second] = [0, 1].map(|_| Staging::create(out.path(), "d", "t", at(START)).unwrap());
    assert_ne!(first.path(), second.path());
    assert!(second.path().file_name().unwrap().to_str().unwrap().ends_with("-2"));
    drop(first);
    assert!(second.path().is_dir());
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let out = tempfile::tempdir().unwrap();
    let file = out.path().join("file");
    fs::write(&file, "").unwrap();
    let error = Staging::create(&file, "d", "t", at(START)).unwrap_err();
    assert_eq!(error.exit_code(), ExitCode::Failed);
    assert!(error.to_string().contains("file/d.t") && error.hint().unwrap().contains("--out"), "{error}");
}
