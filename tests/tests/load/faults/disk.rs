//! The disk on which `load` stages: full at each file, and failing at each sync, rename and new folder, by `strace`, which lets
//! chosen calls fail.

use std::path::{Path, PathBuf};

use testkit::programs::{Finished, Program};
use testkit::snapshots::DataFolder;

use super::Case;

/// Where the program under test is.
fn load_program() -> PathBuf {
    drop(Program::load(&["--version"]).run());
    let own = std::env::current_exe().expect("this test");
    own.parent().and_then(Path::parent).expect("a target folder").join("load")
}

/// Stages in `work` under a program that disturbs it, and ends before the first write to the target.
fn stage_under(case: &Case, wrapper: &[&str], work: &Path) -> Finished {
    let [program, its_own @ ..] = wrapper else { panic!("a wrapper") };
    let mut program = Program::at(Path::new(program));
    for argument in its_own {
        program = program.argument(argument);
    }
    program =
        program.argument(load_program()).argument("--progress").argument("none").argument("--threads").argument("1");
    program = program.argument("--from").argument(&case.snapshot.path).argument("--work").argument(work);
    program.with(&case.environment).variable("ROWGRAPH_FAILPOINT", "staged").run()
}

/// Whether it came to the end of staging.
fn has_staged(finished: &Finished) -> bool {
    finished.stderr.contains("failpoint staged")
}

#[test]
fn a_disk_that_is_full_at_any_file_of_staging_is_said() {
    let case = Case::shared("full_at_any_file", 600, 251);
    // The case's own tables tell which files there will be.
    let files: Vec<PathBuf> = case.data.graph_tables().into_iter().map(|(path, _)| path).collect();
    let folder = DataFolder::new();
    let work = folder.path().join("work");
    let mut failed = 0;
    let is_table = |file: &&PathBuf| !file.starts_with("runs") && file.extension().is_some_and(|end| end != "lock");
    for file in files.iter().filter(is_table) {
        let staged = work.join(format!(".staging-{}", file.display()));
        let staged = staged.to_str().expect("a plain path");
        let wrapper = ["strace", "-f", "-qq", "-o", "/dev/null", "-P", staged, "-e", "trace=write"];
        let finished = stage_under(&case, &[&wrapper[..], &["-e", "inject=write:error=ENOSPC:when=1"]].concat(), &work);
        assert!(!has_staged(&finished), "{staged} was never written");
        finished.expect_code(1).expect_said(&["work", "No space left on device", "hint: "]);
        failed += 1;
    }
    assert!(failed > 15, "a file a table at least, not {failed} of {files:?}");
    assert_eq!(case.target.number("MATCH (n) RETURN count(n) AS n"), 0, "nothing was written");
    case.resume_to_the_end("full disks");
}

#[test]
fn each_failing_sync_rename_and_folder_ends_staging_and_the_next_one_is_whole() {
    let case = Case::shared("failing_calls", 300, 252);
    for (call, error, least) in
        [("fsync", "EIO", 5), ("rename,renameat,renameat2", "EACCES", 1), ("mkdir", "ENOSPC", 2)]
    {
        let folder = DataFolder::new();
        let mut count = 1;
        loop {
            let inject = format!("inject={call}:error={error}:when={count}");
            let wrapper = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", &format!("trace={call}"), "-e", &inject];
            let finished = stage_under(&case, &wrapper, &folder.path().join("work"));
            if has_staged(&finished) {
                break;
            }
            finished.expect_code(1).expect_said(&["error: ", "hint: ", "work"]);
            count += 1;
            assert!(count < 500, "{call} has no end");
        }
        assert!(count > least, "only {} calls of {call} were met", count - 1);
    }
    case.resume_to_the_end("failing calls");
}
