//! What is said, where, and in which form: the log as JSON, progress, colours, completions, pages, the plan.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::Value;
use testkit::programs::{Finished, Program};
use testkit::snapshots::{DataFolder, Snapshot};
use testkit::source::SourceTable;

use super::run;

/// Every line of standard error as an object of the documented schema.
#[track_caller]
fn events(finished: &Finished) -> Vec<Value> {
    let parse = |line: &str| -> Value {
        let event: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}: {finished}"));
        assert_eq!(event["log_version"], 1, "{line}");
        assert!(event["time"].is_string() && event["event"].is_string(), "{line}");
        event
    };
    finished.stderr.lines().map(parse).collect()
}

fn names(events: &[Value]) -> Vec<&str> {
    let names = events.iter().map(|event| event["event"].as_str().expect("a name"));
    names.filter(|name| !matches!(*name, "progress" | "message")).collect()
}

#[test]
fn the_log_as_json_tells_every_step() {
    let table = SourceTable::generated("practical_log", 3_000, 71);
    let environment = table.environment();
    let data = DataFolder::new();
    let finished =
        run(&data, &environment, &["--log", "json", "--part-size", "2MB", "--row-group", "1MB"]).expect_code(0);
    let snapshot = Snapshot::printed(&finished);
    let events = events(&finished);
    let names = names(&events);
    let parts = snapshot.manifest["parts"].as_array().expect("parts").len();
    assert!(parts > 1);
    let mut expected = vec!["started", "connected"];
    expected.extend(std::iter::repeat_n("part_written", parts));
    expected.extend(["sealed", "finished"]);
    assert_eq!(names, expected);
    let sealed = events.iter().find(|event| event["event"] == "sealed").expect("sealed");
    assert_eq!(sealed["path"], snapshot.path.to_str().expect("plain"));
    assert_eq!(
        (&sealed["rows"], &sealed["content_digest"]),
        (&snapshot.manifest["rows"], &snapshot.manifest["content_digest"])
    );
    let progress: Vec<&Value> = events.iter().filter(|event| event["event"] == "progress").collect();
    assert!(progress.len() >= 2, "progress is JSON too");
    assert_eq!(progress.last().map(|last| (&last["finished"], &last["done"])), Some((&true.into(), &3_000.into())));
    assert!(!finished.stderr.contains(&environment["MYSQL_PASSWORD"]), "a password was logged");

    let finished = run(&data, &environment, &["--log=json", "--where", "nonsense ="]).expect_code(12);
    let events = self::events(&finished);
    let failed = events.last().expect("a last word");
    assert_eq!((&failed["event"], &failed["exit_code"]), (&"failed".into(), &12.into()));
    assert!(failed["hint"].is_string() && failed["causes"][0].as_str().is_some_and(|cause| cause.contains("syntax")));

    let finished = run(&data, &environment, &["--log", "json", "--limit", "0"]).expect_code(2);
    let events = self::events(&finished);
    assert_eq!((&events[0]["event"], &events[0]["exit_code"]), (&"failed".into(), &2.into()));

    let finished = Program::extract(&["verify", data.text(), "--log", "json"]).run().expect_code(0);
    assert_eq!(self::names(&self::events(&finished)), ["started", "verified", "finished"]);
    let finished = run(&data, &environment, &["--log", "json", "--dry-run"]).expect_code(0);
    assert_eq!(self::names(&self::events(&finished)), ["started", "plan", "finished"]);
    let finished = Program::load(&["--from", "/nowhere", "--uri", "bolt://localhost:1", "--log", "json"]).run();
    assert_eq!(self::events(&finished).last().map(|event| event["event"].clone()), Some("failed".into()));
}

#[test]
fn progress_is_what_was_asked_for() {
    let table = SourceTable::generated("practical_progress", 500, 72);
    let environment = table.environment();
    let data = DataFolder::new();
    let with = |style: &[&str]| run(&data, &environment, style).expect_code(0).stderr;
    for style in [["--progress", "auto"], ["--progress", "bar"], ["--progress", "plain"]] {
        let said = with(&style);
        assert!(said.contains("reading tracking.practical_progress"), "{style:?}: {said}");
        assert!(!said.contains('\x1b'), "{style:?}: no colour and no cursor in a pipe: {said}");
    }
    let said = with(&["--progress", "none"]);
    assert!(!said.contains("reading ") && said.contains("500 rows"), "{said}");
    let said = with(&["--progress", "json"]);
    let objects = said.lines().filter(|line| line.starts_with('{')).collect::<Vec<_>>();
    assert!(objects.len() >= 2 && said.lines().count() > objects.len(), "objects, and the summary for people: {said}");
    assert_eq!(with(&["--quiet"]), "");
}

/// Runs a command line on a terminal of its own.
fn on_a_terminal(line: &str, no_color: bool) -> String {
    let mut command = Command::new("script");
    command.args(["-qec", line, "/dev/null"]).stdin(Stdio::null()).env("TERM", "xterm-256color").env_remove("NO_COLOR");
    if no_color {
        command.env("NO_COLOR", "1");
    }
    let output = command.output().expect("script of util-linux");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn colours_are_for_terminals_that_want_them() {
    // The programs are built by the first that asks for one by name.
    let help = Program::extract(&["--help"]).run().expect_code(0).stdout;
    assert!(!help.contains('\x1b'), "no colour in a pipe");
    let folder = std::env::current_exe().expect("this test");
    let program = folder.parent().and_then(std::path::Path::parent).expect("target").join("extract");
    let line = |arguments: &str| format!("{} {arguments}", program.display());
    assert!(on_a_terminal(&line("--help"), false).contains('\x1b'));
    assert!(!on_a_terminal(&line("--help"), true).contains('\x1b'));
    assert!(!on_a_terminal(&line("--nonsense"), true).contains('\x1b'));
    let password = "--out d --database d --table t --password x --dry-run";
    assert!(on_a_terminal(&line(password), false).contains('\x1b'), "a warning in the log has colour");
    assert!(!on_a_terminal(&line(password), true).contains('\x1b'));
}

#[test]
fn completions_and_pages_come_from_the_arguments() {
    for (name, program) in [("extract", Program::extract as fn(&[&str]) -> Program), ("load", Program::load)] {
        for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
            let text = program(&["completions", shell]).run().expect_code(0).stdout;
            assert!(text.contains("verify") && text.contains("dry-run"), "{name} {shell}");
            if shell == "bash" {
                let mut bash = Command::new("bash").arg("-n").stdin(Stdio::piped()).spawn().expect("bash");
                bash.stdin.take().expect("piped").write_all(text.as_bytes()).expect("read by bash");
                assert!(bash.wait().expect("ends").success(), "{name}: bash understands it");
            }
        }
        program(&["completions", "nonsense"]).run().expect_code(2).expect_said(&["zsh"]);
        let page = program(&["man"]).run().expect_code(0).stdout;
        assert!(page.contains(".TH") && page.contains("dry\\-run"), "{name}: {page}");
        let data = DataFolder::new();
        let folder = data.path().join("man1");
        let folder = folder.to_str().expect("plain");
        let written = program(&["man", "--out", folder]).run().expect_code(0).stdout;
        assert!(written.contains(&format!("{name}-verify.1")), "{written}");
        assert!(written.lines().all(|path| std::fs::read_to_string(path).is_ok_and(|page| page.contains(".SH NAME"))));
    }
    Program::extract(&["man", "--out", "/dev/null/x"]).run().expect_code(1).expect_said(&["/dev/null/x"]);
}

#[test]
fn the_plan_is_printed_and_nothing_is_done() {
    let data = DataFolder::new();
    let arguments = [
        "--out",
        data.text(),
        "--dry-run",
        "--host",
        "no-such-host.invalid",
        "--user",
        "me",
        "--database",
        "shop",
        "--table",
        "orders_*",
        "--table",
        "items",
        "--limit",
        "5",
        "--compression",
        "snappy",
        "--keep",
        "3",
    ];
    let said = [
        "orders_*, items",
        "shop",
        "no-such-host.invalid:3306",
        "verify-identity",
        "first 5 rows",
        "snappy",
        "newest 3",
    ];
    Program::extract(&arguments).run().expect_code(0).expect_said(&said);
    assert!(data.files().is_empty());
}
