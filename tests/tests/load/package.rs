//! What `scripts/package` makes: a Debian package that holds all it promises and works where it is unpacked; and what
//! `--version` says, by which a user tells us which program he has.

use std::path::Path;
use std::process::Command;

use testkit::programs::{self, Finished, Program};
use testkit::servers::project;
use testkit::snapshots::DataFolder;
use testkit::source::SourceTable;

fn run(program: &str, arguments: &[&str]) -> Finished {
    arguments.iter().fold(Program::at(Path::new(program)), |program, argument| program.argument(argument)).run()
}

#[test]
fn the_debian_package_holds_working_programs_and_their_pages() {
    let folder = tempfile::tempdir().expect("a folder");
    let target = programs::folder().parent().expect("a target folder");
    let made = Program::at(&project().join("scripts/package"))
        .argument("deb")
        .variable("ROWGRAPH_BUILT", "yes")
        .variable("CARGO_TARGET_DIR", target)
        .variable("ROWGRAPH_PACKAGES", folder.path())
        .run()
        .expect_code(0);
    let package = made.stdout.trim();
    let control = run("dpkg-deb", &["--field", package]).expect_code(0).stdout;
    for line in ["Package: rowgraph", "Conflicts: extract", "Depends: libc6 (>= 2."] {
        assert!(control.contains(line), "no {line:?} in {control}");
    }

    let root = folder.path().join("root");
    run("dpkg-deb", &["--extract", package, root.to_str().expect("a plain path")]).expect_code(0);
    let usr = root.join("usr");
    for file in [
        "share/man/man1/extract.1.gz",
        "share/man/man1/load-plan.1.gz",
        "share/bash-completion/completions/load",
        "share/zsh/vendor-completions/_extract",
        "share/fish/vendor_completions.d/load.fish",
        "share/doc/rowgraph/copyright",
        "share/doc/rowgraph/third-parties.gz",
        "share/doc/rowgraph/docs/tutorial.md",
        "share/doc/rowgraph/mappings/examples/books.yaml",
    ] {
        assert!(usr.join(file).metadata().is_ok_and(|file| file.len() > 0), "the package has no {file}");
    }
    let page = run("gzip", &["-dc", usr.join("share/man/man1/load.1.gz").to_str().expect("a plain path")]);
    assert!(page.expect_code(0).stdout.contains("load \\- Turns a sealed snapshot"), "no manual page of load");

    // Not only its version: it reads a table and judges a mapping.
    let table = SourceTable::made_by(
        "packaged",
        &["CREATE TABLE `{table}` (id INT PRIMARY KEY, name TEXT)", "INSERT INTO `{table}` VALUES (1, 'one')"],
    );
    let data = DataFolder::new();
    let extract = Program::at(&usr.join("bin/extract")).argument("--out").argument(data.path());
    extract.with(&table.environment()).run().expect_code(0);
    assert_eq!(data.sealed().len(), 1);
    run(usr.join("bin/load").to_str().expect("a plain path"), &["check"]).expect_code(0);
}

#[test]
fn the_long_version_says_what_a_program_was_built_of() {
    for name in ["extract", "load"] {
        let program = programs::folder().join(name);
        let program = program.to_str().expect("a plain path");
        let short = run(program, &["-V"]).expect_code(0).stdout;
        assert_eq!(short.trim(), format!("{name} {}", env!("CARGO_PKG_VERSION")));
        let long = run(program, &["--version"]).expect_code(0).stdout;
        assert!(long.starts_with(short.trim_end()), "{long}");
        for fact in
            ["\ncommit:   ", "\ntarget:   ", "\ncompiler: rustc 1.", "\nprofile:  release", "parquet ", "neo4rs "]
        {
            assert!(long.contains(fact), "no {fact:?} in {long}");
        }
        let git = Command::new("git").arg("-C").arg(project()).args(["rev-parse", "HEAD"]).output();
        if let Ok(head) = git.map(|git| String::from_utf8_lossy(&git.stdout).trim().to_owned())
            && !head.is_empty()
        {
            assert!(long.contains(&head), "built of another commit than {head}: {long}");
        }
    }
}
