//! The documentation is true: its commands run, its links lead somewhere, and what it says of flags and exit codes is what
//! the programs say.
//!
//! A page's `sh` blocks run in order in one shell, in a folder of their own that looks like the project's, with the programs
//! on the path. A block that cannot run here is `sh no-run: REASON`; the test tells how many there are, and why.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::Instant;

use testkit::pages::{Block, Page};
use testkit::programs::{self, Program};
use testkit::servers::{SERVERS, project};
use testkit::source::SourceTable;
use testkit::target::Lease;

/// The table that the default mapping is for. It is the Neo4j's lease that makes it this test's alone.
const TABLE: &str = "impact_learners_profile";

const EXTRACTED: &str = "extract --out data/ --env-file my.env --quiet >/dev/null";
const LOADED: &str = "extract --out data/ --env-file my.env --quiet >/dev/null
load --from data/ --env-file my.env --quiet >/dev/null";

/// What a reader of a page has done before he comes to it.
const BEFORE: [(&str, &str); 10] = [
    (
        "docs/findings.md",
        concat!("load mapping >mine.yaml; cp mine.yaml theirs.yaml\n", "extract --out data/ --env-file my.env -q"),
    ),
    ("docs/graph-tables.md", LOADED),
    ("docs/how-to/amazon-rds.md", "cp my.example.env rds.env"),
    ("docs/how-to/archive-and-reload.md", EXTRACTED),
    ("docs/how-to/aura.md", "cp my.env aura.env\nextract --out data/ --env-file my.env --quiet >/dev/null"),
    ("docs/how-to/resume.md", EXTRACTED),
    ("docs/mapping.md", "set -a; . ./my.env; set +a\nextract --out data/ --quiet >/dev/null"),
    ("docs/run-report.md", LOADED),
    ("docs/reference/exit-codes.md", EXTRACTED),
    ("docs/snapshot-format.md", EXTRACTED),
];

/// First words of commands. Outside `sh` blocks no line begins with one.
const COMMANDS: [&str; 8] = ["$ ", "extract ", "load ", "just ", "cargo ", "./scripts/", "scripts/", "target/release/"];

#[test]
fn every_command_of_the_documentation_runs() {
    let pages = Page::all();
    for page in &pages {
        page.blocks.iter().for_each(|block| expect_sound(page, block));
    }
    for (name, _) in BEFORE {
        assert!(pages.iter().any(|page| page.path == Path::new(name)), "there is no page {name}");
    }
    let target = Lease::take();
    let table = SourceTable::generated(TABLE, 300, 7);
    let mut failed = Vec::new();
    for page in pages.iter().filter(|page| page.blocks.iter().any(is_run)) {
        target.empty_of_data();
        let name = page.path.to_string_lossy();
        let before = BEFORE.iter().find(|(of, _)| *of == name).map_or("", |(_, before)| *before);
        let folder = like_the_project(&table);
        let script = folder.path().join("page.sh");
        fs::write(&script, script_of(page, before)).expect("a script");
        let start = Instant::now();
        let path = format!("{}:{}", programs::folder().display(), std::env::var("PATH").unwrap_or_default());
        let finished = Program::at(Path::new("bash"))
            .argument(&script)
            .variable("PATH", path)
            .variable("ROWGRAPH_SERVERS", &SERVERS.folder)
            .variable("ROWGRAPH_BUILT", "yes")
            .run();
        if finished.code != Some(0) {
            failed.push(format!("{name}: {finished}"));
        }
        let count = page.blocks.iter().filter(|block| is_run(block)).count();
        println!("{name}: {count} blocks ran in {:.1} s", start.elapsed().as_secs_f64());
    }
    for page in &pages {
        for block in page.blocks.iter().filter(|block| not_run(block).is_some()) {
            println!("not run: {}:{}: {}", page.path.display(), block.line, not_run(block).unwrap_or_default());
        }
    }
    assert!(failed.is_empty(), "{} pages do not run:\n{}", failed.len(), failed.join("\n\n"));
}

fn is_run(block: &Block) -> bool {
    block.info == "sh"
}

/// Why a block of commands is not run.
fn not_run(block: &Block) -> Option<&str> {
    Some(block.info.strip_prefix("sh no-run:")?.trim())
}

/// Commands stand in blocks that say so, and those that are not run say why.
#[track_caller]
fn expect_sound(page: &Page, block: &Block) {
    let place = format!("{}:{}", page.path.display(), block.line);
    let language = block.info.split_whitespace().next().unwrap_or_default();
    assert!(!["bash", "shell", "console", "zsh"].contains(&language), "{place}: write `sh`");
    if language == "sh" {
        let has_reason = not_run(block).is_some_and(|reason| reason.split_whitespace().count() > 1);
        assert!(is_run(block) || has_reason, "{place}: `sh`, or `sh no-run: REASON`, but `{}`", block.info);
    } else if ["", "text"].contains(&language) {
        let is_command = |line: &&str| COMMANDS.iter().any(|command| line.starts_with(command));
        let command = block.text.lines().find(is_command);
        assert!(command.is_none(), "{place}: a command that nobody runs: {command:?}; write it into a block of `sh`");
    }
}

/// A folder with what a reader sees at the top of the project, and env files that are filled in.
fn like_the_project(table: &SourceTable) -> tempfile::TempDir {
    let folder = tempfile::Builder::new().prefix("rowgraph-page-").tempdir().expect("a folder");
    for name in ["scripts", "load", "docs", "Cargo.toml"] {
        symlink(project().join(name), folder.path().join(name)).expect("a link");
    }
    for name in ["data", "target"] {
        fs::create_dir(folder.path().join(name)).expect("a folder");
    }
    symlink(programs::folder(), folder.path().join("target/release")).expect("a link");
    let settings = table.environment().iter().fold(String::new(), |mut text, (name, value)| {
        let _ = writeln!(text, "{name}={value}");
        text
    });
    for name in ["my.env", "my.example.env"] {
        fs::write(folder.path().join(name), &settings).expect("an env file");
    }
    folder
}

/// All blocks of a page in one script, which says in which of them it stopped.
fn script_of(page: &Page, before: &str) -> String {
    let mut script = format!(
        "set -Ee -o pipefail\ncd \"$(dirname \"$0\")\"\nblock='what comes before the page'\n\
         trap 'echo \"stopped in $block\" >&2' ERR\n{before}\n"
    );
    for block in page.blocks.iter().filter(|block| is_run(block)) {
        let _ =
            write!(script, "block='the block of line {0}'\necho \"== line {0}\" >&2\n{1}\n", block.line, block.text);
    }
    script
}

#[test]
fn every_link_between_pages_leads_somewhere() {
    let pages: BTreeMap<PathBuf, Page> = Page::all().into_iter().map(|page| (page.path.clone(), page)).collect();
    let mut broken = Vec::new();
    for page in pages.values() {
        for link in page.links.iter().filter(|link| !link.target.contains("://") && !link.target.starts_with("mailto:"))
        {
            let (file, heading) =
                link.target.split_once('#').map_or((&*link.target, None), |(file, to)| (file, Some(to)));
            let to = if file.is_empty() { page.path.clone() } else { resolved(&page.path, file) };
            let leads = match (heading, pages.get(&to)) {
                (Some(heading), Some(other)) => other.anchors.contains(heading),
                (Some(_), None) => false,
                (None, _) => project().join(&to).exists(),
            };
            if !leads {
                broken.push(format!("{}:{}: {}", page.path.display(), link.line, link.target));
            }
        }
    }
    assert!(broken.is_empty(), "links that lead nowhere:\n{}", broken.join("\n"));
    assert!(pages.len() > 20, "the pages were not found");
}

/// The path below the project that `file` means on a page.
fn resolved(page: &Path, file: &str) -> PathBuf {
    let mut path = page.parent().unwrap_or(Path::new("")).to_owned();
    for part in file.split('/') {
        match part {
            "." | "" => {}
            ".." => assert!(path.pop(), "{}: {file} leads out of the project", page.display()),
            name => path.push(name),
        }
    }
    path
}

/// Every page can be found from the index.
#[test]
fn the_index_of_the_documentation_names_every_page() {
    let index = Page::read(&project().join("docs/README.md"));
    let named: BTreeSet<PathBuf> = index.links.iter().map(|link| resolved(&index.path, &link.target)).collect();
    for page in Page::all() {
        let is_listed = page.path.starts_with("docs") && !page.path.starts_with("docs/adr") && page.path != index.path;
        assert!(!is_listed || named.contains(&page.path), "docs/README.md does not name {}", page.path.display());
    }
}

#[test]
fn the_reference_of_flags_is_what_the_programs_print() {
    let folder = tempfile::tempdir().expect("a folder");
    let target = programs::folder().parent().expect("a target folder");
    let written = Program::at(&project().join("scripts/reference"))
        .argument(folder.path())
        .variable("ROWGRAPH_BUILT", "yes")
        .variable("CARGO_TARGET_DIR", target)
        .run();
    written.expect_code(0);
    for name in ["extract.md", "load.md"] {
        let read =
            |folder: &Path| fs::read_to_string(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        let (printed, documented) = (read(folder.path()), read(&project().join("docs/reference")));
        let differs = printed.lines().zip(documented.lines()).find(|(printed, documented)| printed != documented);
        assert!(printed == documented, "docs/reference/{name} is out of date, run scripts/reference: {differs:?}");
    }
}

#[test]
fn exit_codes_are_the_same_in_code_and_documentation() {
    let read = |name: &str| fs::read_to_string(project().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    let code = read("shared/src/exit.rs");
    let (_, variants) = code.split_once("pub enum ExitCode {").expect("the enum of exit codes");
    let variants = variants.split_once('}').expect("its end").0.lines();
    let numbers = variants.filter_map(|line| line.trim().strip_suffix(',')?.rsplit_once(" = ")?.1.parse().ok());
    let numbers: BTreeSet<u8> = numbers.collect();
    assert!(numbers.contains(&0) && numbers.contains(&143), "{numbers:?}");
    for (page, heading) in [("README.md", "### Exit codes"), ("docs/reference/exit-codes.md", "# Exit codes")] {
        let text = read(page);
        let (_, section) = text.split_once(heading).unwrap_or_else(|| panic!("{page} has no {heading}"));
        let rows = section.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
        let cells = rows.filter_map(|row| row.split('|').nth(1));
        let documented: BTreeSet<u8> =
            cells.flat_map(|cell| cell.split(',')).filter_map(|n| n.trim().parse().ok()).collect();
        assert_eq!(documented, numbers, "{page}");
    }
}
