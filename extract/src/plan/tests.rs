//! What is typed and what it means.

use clap::Parser;

use std::time::Duration;

use shared::exit::{Diagnosis, ExitCode};

use super::*;
use crate::args::{Args, SslMode};

fn resolve(arguments: &str, env_file: &str) -> Result<Plan, PlanError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("my.env");
    std::fs::write(&path, env_file).unwrap();
    let mut typed: Vec<String> = vec!["extract".into(), "--out".into(), "data".into()];
    typed.extend(["--env-file".into(), path.display().to_string()]);
    typed.extend(arguments.split_whitespace().map(str::to_owned));
    Plan::resolve(&Args::try_parse_from(typed).unwrap().extract)
}

#[test]
fn the_settings_are_documented() {
    let page = include_str!("../../../docs/reference/settings.md");
    SETTINGS.iter().for_each(|name| assert!(page.contains(&format!("`{name}`")), "{name}"));
}

#[test]
fn a_flag_beats_the_url_and_the_url_the_env_file() {
    let file =
        "MYSQL_HOST=file\nMYSQL_PORT=1\nMYSQL_USER=file\nMYSQL_DATABASE=file\nMYSQL_TABLE=file\nMYSQL_PASSWORD=p\n";
    // The names are those that a developer's shell may hold too; the environment would rightly win then.
    if std::env::vars().any(|(name, _)| name.starts_with("MYSQL_")) {
        return;
    }
    let plan = resolve("", file).unwrap();
    assert_eq!(plan.endpoint.address, Address::Tcp { host: "file".into(), port: 1 });
    assert_eq!((plan.database.as_str(), plan.wanted.single()), ("file", Some("file")));
    assert_eq!(plan.endpoint.tls.mode, SslMode::VerifyIdentity);

    let plan = resolve("--url mysql://me:s%40crt@[::1]:7/db --table t --user you", file).unwrap();
    assert_eq!(plan.endpoint.address, Address::Tcp { host: "::1".into(), port: 7 });
    assert_eq!(plan.endpoint.user.as_deref(), Some("you"));
    assert_eq!(plan.endpoint.password.as_ref().unwrap().expose(), "s@crt");
    assert_eq!((plan.database.as_str(), plan.wanted.single()), ("db", Some("t")));
    assert_eq!(plan.endpoint.tls.mode, SslMode::Disabled);
    assert!(!format!("{plan}{plan:?}").contains("s@crt"));

    let plan = resolve("--socket /run/s --database d --table t", "").unwrap();
    assert_eq!(plan.endpoint.address, Address::Socket("/run/s".into()));
}

#[test]
fn what_is_missing_or_wrong_is_named() {
    for (arguments, file, expected) in [
        ("--table t --url mysql://h/d?nonsense=1", "", "the URL is not of the form"),
        ("--table t --url http://u:secret@h/d", "", "the URL is not of the form"),
        ("--table t --database d --ssl-ca /nowhere/ca.pem", "", "cannot read /nowhere/ca.pem, given by --ssl-ca"),
        ("--table t --database d --password-file /nowhere", "", "given by --password-file"),
        ("--table t --database d --part-size 1MB", "", "--row-group is larger"),
        ("--table t --database d --compression none --level 3", "", "--level is for"),
        ("--table t --database d --columns a,,b", "", "--columns is empty"),
        ("--table t --database d --exclude-table x", "", "--exclude-table leaves"),
        ("--table t --table u --database d --where a", "", "--where selects from one table"),
        ("--table t* --database d --columns a", "", "--columns selects from one table"),
        ("--all-tables --database d --exclude a", "", "--exclude selects from one table"),
        ("--database d --query DELETE", "", "no name for the query"),
        ("--database d --name n --query DELETE", "", "it starts with DELETE"),
        ("--database d --table t --table u --query SELECT", "", "several names"),
        ("--table t --database d", "BROKEN", "line 1 of the env file"),
        ("--table t --database d", "MYSQL_SSL_MODE=maybe", "MYSQL_SSL_MODE is `maybe`"),
    ] {
        let error = resolve(arguments, file).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        assert!(!shared::exit::describe(&error).contains("secret"), "{error}");
        assert_eq!(error.exit_code(), ExitCode::Usage);
    }
}

#[test]
fn local_servers_are_told_from_others() {
    for (host, local) in [
        ("localhost", true),
        ("127.0.0.1", true),
        ("::1", true),
        ("127.9.9.9", true),
        ("10.0.0.1", false),
        ("db.example", false),
    ] {
        assert_eq!(Address::Tcp { host: host.into(), port: 1 }.is_local(), local, "{host}");
    }
}

#[test]
fn times_and_sizes_have_units() {
    assert_eq!(parse_duration("90s").unwrap(), Duration::from_secs(90));
    assert_eq!(parse_duration("5m").unwrap(), Duration::from_secs(300));
    assert_eq!(parse_duration("7").unwrap(), Duration::from_secs(7));
    assert!(parse_duration("0").is_err() && parse_duration("-1s").is_err() && parse_duration("soon").is_err());
    assert_eq!(parse_size("512MB").unwrap(), 512_000_000);
    assert_eq!(parse_size("64MiB").unwrap(), 64 << 20);
    assert!(parse_size("12").is_err() && parse_size("1 TBB").is_err() && parse_size("").is_err());
}

#[test]
fn the_plan_says_what_is_selected_and_kept() {
    let plan = resolve("--database d --table t --columns a,b --where c>1 --limit 5 --keep 2 --compression snappy", "");
    let text = plan.unwrap().to_string();
    for expected in ["table t of database d", "columns a, b", "where c>1", "first 5 rows", "snappy", "newest 2"] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    let text = resolve("--database d --all-tables --exclude-table tmp_*", "").unwrap().to_string();
    assert!(text.contains("all tables but tmp_*") && text.contains("a snapshot of each table"), "{text}");
}

#[test]
fn a_level_is_that_of_every_column_only_when_it_is_asked_for() {
    let pages = |typed: &str| resolve(&format!("--database d --table t {typed}"), "").unwrap().cut.compression;
    let zstd = |level| PageCompression::As(Compression::ZSTD(ZstdLevel::try_new(level).unwrap()));
    assert_eq!(pages(""), PageCompression::ByColumn);
    assert_eq!(pages("--compression zstd"), PageCompression::ByColumn);
    assert_eq!([pages("--level 1"), pages("--compression zstd --level 22")], [zstd(1), zstd(22)]);
    assert_eq!(pages("--compression none"), PageCompression::As(Compression::UNCOMPRESSED));
    let told = |typed: &str| resolve(&format!("--database d --table t {typed}"), "").unwrap().to_string();
    assert!(told("").contains("zstd level 1, or 3 in columns"), "{}", told(""));
    assert!(told("--level 1").contains("zstd level 1\n"), "{}", told("--level 1"));
}
