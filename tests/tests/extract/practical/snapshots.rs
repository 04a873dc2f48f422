//! `verify`, `show`, `list` and `--keep`: what can be done with snapshots that are there.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use testkit::browser::Seen;
use testkit::programs::{Finished, Program};
use testkit::snapshots::DataFolder;
use testkit::source::SourceTable;

use super::{extracted, run};

fn command(arguments: &[&str]) -> Finished {
    Program::extract(arguments).run()
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a plain path")
}

/// Changes one file of a snapshot, checks what `verify` says of it, and puts the file back.
#[track_caller]
fn damaged(snapshot: &Path, file: &str, change: impl FnOnce(&mut Vec<u8>), said: &[&str]) {
    let path = snapshot.join(file);
    let sealed = fs::read(&path).expect("a file of the snapshot");
    let mut bytes = sealed.clone();
    change(&mut bytes);
    fs::write(&path, bytes).expect("writable");
    command(&["verify", text(snapshot)]).expect_code(11).expect_said(said);
    fs::write(&path, sealed).expect("writable");
}

#[test]
fn verify_finds_whatever_is_not_as_it_was_sealed() {
    let table = SourceTable::generated("practical_verify", 4_000, 51);
    let data = DataFolder::new();
    let snapshot = extracted(&data, &table.environment(), &["--part-size", "1MB", "--row-group", "1MB"]);
    let path = snapshot.path.as_path();
    assert!(path.join("part-00002.parquet").is_file(), "several parts");
    for place in [path, path.parent().expect("a table's folder"), data.path(), &path.join("_manifest.json")] {
        let finished = command(&["verify", text(place)]).expect_code(0);
        let expected = format!("verified {} rows=4000 content={}\n", path.display(), snapshot.content_digest());
        assert_eq!(finished.stdout, expected);
    }

    damaged(path, "part-00001.parquet", |bytes| bytes[1000] ^= 1, &["part-00001.parquet", "SHA-256"]);
    damaged(path, "part-00001.parquet", |bytes| bytes.truncate(1000), &["part-00001.parquet", "size"]);
    damaged(path, "_SHA256SUMS", |bytes| bytes[3] ^= 1, &["_SHA256SUMS", "part-00000.parquet"]);
    damaged(path, "_SHA256SUMS", |bytes| bytes.extend(b"more"), &["_SHA256SUMS", "too many"]);
    damaged(path, "_manifest.json", |bytes| bytes.truncate(100), &["_manifest.json", "cannot be understood"]);
    let digest = snapshot.content_digest().to_owned();
    let other = |from: &str, to: &str| {
        let (from, to) = (from.to_owned(), to.to_owned());
        move |bytes: &mut Vec<u8>| *bytes = String::from_utf8_lossy(bytes).replacen(&from, &to, 1).into_bytes()
    };
    damaged(path, "_manifest.json", other(&digest, &"0".repeat(64)), &["content digest", &digest]);
    damaged(path, "_manifest.json", other(r#""name": "email""#, r#""name": "e-mail""#), &["columns", "e-mail"]);
    damaged(
        path,
        "_manifest.json",
        other(r#""arrow_type": "utf8""#, r#""arrow_type": "binary""#),
        &["columns", "utf8"],
    );

    let stray = path.join("part-99999.parquet");
    fs::copy(path.join("part-00000.parquet"), &stray).expect("a copy");
    command(&["verify", text(path)]).expect_code(11).expect_said(&["part-99999.parquet", "not a part"]);
    fs::remove_file(&stray).expect("removed");
    fs::rename(path.join("part-00000.parquet"), &stray).expect("renamed");
    command(&["verify", text(path)]).expect_code(11).expect_said(&["part-00000.parquet", "missing"]);
    fs::rename(&stray, path.join("part-00000.parquet")).expect("renamed");
    command(&["verify", text(path)]).expect_code(0);

    // Checksums that agree with changed values do not help: the digest is over the values.
    let again = extracted(&data, &table.environment(), &["--where", "rnk >= 0", "--limit", "3999"]);
    let manifest = fs::read_to_string(again.path.join("_manifest.json")).expect("a manifest");
    fs::write(again.path.join("_manifest.json"), manifest.replace(again.content_digest(), &digest)).expect("writable");
    let both = command(&["verify", text(data.path())]).expect_code(11).expect_said(&["content digest"]);
    assert!(both.stdout.contains(text(path)), "the whole one is verified beside the other: {both}");
}

#[test]
fn what_is_no_snapshot_has_a_code_of_its_own() {
    let data = DataFolder::new();
    for command_name in ["verify", "show", "list"] {
        command(&[command_name, data.text()]).expect_code(10).expect_said(&[data.text()]);
        command(&[command_name, "/nowhere/at/all"]).expect_code(10).expect_said(&["/nowhere/at/all"]);
    }
    assert_eq!(command(&["list", data.text(), "--json"]).expect_code(10).stdout, "[]\n");
    let unsealed = data.path().join("d.t/2026-01-01T000000Z-abcdef");
    fs::create_dir_all(&unsealed).expect("a folder");
    fs::write(unsealed.join("part-00000.parquet"), "rows").expect("a file");
    command(&["verify", text(&unsealed)]).expect_code(10).expect_said(&["not a sealed snapshot"]);
}

#[test]
fn show_and_list_say_what_the_manifests_say() {
    let (one, two) =
        (SourceTable::generated("practical_one", 300, 52), SourceTable::generated("practical_two", 200, 53));
    let data = DataFolder::new();
    let old = extracted(&data, &one.environment(), &[]);
    let new = extracted(&data, &one.environment(), &["--limit", "7"]);
    let other = extracted(&data, &two.environment(), &[]);

    let shown = command(&["show", text(&old.path)]).expect_code(0).stdout;
    for expected in ["tracking.practical_one", "300", old.content_digest(), "hashed_email", "text", "utf8", "MariaDB"] {
        assert!(shown.contains(expected), "{expected}: {shown}");
    }
    assert!(!shown.contains("selection"), "{shown}");
    // A table's folder is its newest snapshot.
    let shown = command(&["show", text(new.path.parent().expect("a table's folder"))]).expect_code(0).stdout;
    assert!(shown.contains("the first 7 rows") && shown.contains(new.content_digest()), "{shown}");
    command(&["show", data.text()]).expect_code(2).expect_said(&["several tables", "practical_one", "practical_two"]);
    let shown = command(&["show", "--json", text(&old.path)]).expect_code(0).stdout;
    assert_eq!(shown, fs::read_to_string(old.path.join("_manifest.json")).expect("a manifest"));

    // The page reads the parts themselves.
    let html = command(&["show", "--html", text(&old.path)]).expect_code(0).stdout;
    let page = data.path().join("page.html");
    fs::write(&page, &html).expect("writable");
    let seen = Seen::at(&page, 400, true);
    assert!(seen.wide.is_empty() && seen.asked.is_empty() && seen.page_width <= seen.width, "{seen:?}");
    let columns = old.manifest["columns"].as_array().expect("columns");
    for column in columns {
        assert!(seen.text.contains(column["name"].as_str().expect("a name")), "{column} is not shown: {}", seen.text);
    }
    for shown in ["300", &columns.len().to_string(), "all different", old.content_digest()] {
        assert!(seen.text.contains(shown), "{shown}: {}", seen.text);
    }

    let listed = command(&["list", data.text()]).expect_code(0).stdout;
    let lines: Vec<&str> = listed.lines().collect();
    assert_eq!(lines.len(), 4, "{listed}");
    assert!(lines[0].starts_with("TABLE") && lines[1].contains(text(&old.path)) && lines[3].contains("practical_two"));
    assert!(lines[2].contains("practical_one (selection)") && lines[2].contains(" 7 "), "{listed}");
    let listed: Value =
        serde_json::from_str(&command(&["list", "--json", data.text()]).expect_code(0).stdout).expect("JSON");
    assert_eq!(listed.as_array().expect("an array").len(), 3);
    assert_eq!(listed[0]["content_digest"], old.content_digest());
    assert_eq!(listed[1]["selection"], json!({"limit": 7}));
    assert_eq!((&listed[2]["rows"], &listed[2]["path"]), (&json!(200), &json!(text(&other.path))));

    fs::write(old.path.join("_manifest.json"), "{").expect("writable");
    let listed =
        command(&["list", data.text()]).expect_code(11).expect_said(&[text(&old.path), "cannot be understood"]);
    assert_eq!(listed.stdout.lines().count(), 3, "the others are listed: {listed}");
}

#[test]
fn only_what_is_older_than_the_newest_goes() {
    let (table, other) =
        (SourceTable::generated("practical_keep", 150, 54), SourceTable::generated("practical_kept", 150, 55));
    let environment = table.environment();
    let data = DataFolder::new();
    let elsewhere = extracted(&data, &other.environment(), &[]).path;
    let make = |arguments: &[&str]| extracted(&data, &environment, arguments).path;
    let there = |paths: &[&PathBuf]| paths.iter().map(|path| path.is_dir()).collect::<Vec<_>>();

    let first = make(&[]);
    let second = make(&[]);
    let damaged = make(&[]);
    fs::write(damaged.join("_manifest.json"), "{}").expect("writable");
    let sample = make(&["--limit", "3", "--keep", "1"]);
    assert_eq!(there(&[&first, &second, &damaged]), [true; 3], "a sample pushes out no whole table");

    let finished = run(&data, &environment, &["--keep", "2"]).expect_code(0);
    let finished = finished.expect_said(&["removed", text(&first), text(&damaged), "neither counted nor removed"]);
    let third = PathBuf::from(finished.stdout.trim());
    assert_eq!(there(&[&first, &second, &damaged, &sample, &third, &elsewhere]), [false, true, true, true, true, true]);

    let fourth = make(&["--keep", "1"]);
    assert_eq!(there(&[&second, &damaged, &sample, &third, &fourth]), [false, true, true, false, true]);
    let hidden = data.files().into_iter().filter(|path| path.to_string_lossy().contains("/.")).collect::<Vec<_>>();
    assert_eq!(hidden, Vec::<PathBuf>::new(), "nothing half removed stays");

    // An extraction that fails removes nothing.
    run(&data, &environment, &["--keep", "1", "--where", "nonsense ="]).expect_code(12);
    assert_eq!(there(&[&sample, &fourth]), [true, true]);
}
