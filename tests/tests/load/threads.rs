//! Results never depend on timing: graph tables of one thread and of two, byte by byte.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::job::{Job, load};

/// All files below a folder by relative path, but locks.
fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_none_or(|extension| extension != "lock") {
                found.insert(path.strip_prefix(folder).expect("below").to_owned(), fs::read(&path).expect("readable"));
            }
        }
    }
    found
}

#[test]
fn one_thread_and_two_give_the_same_bytes() {
    let job = Job::in_small_pieces("threads", 5_000, 71);
    let mut tables = Vec::new();
    for threads in ["1", "2", "5"] {
        let work = job.data.path().join(format!("work-{threads}"));
        let work_text = work.to_str().expect("plain");
        // What staging makes is there before the first write; the target is of no interest here.
        let staged =
            job.load(&["--threads", threads, "--work", work_text]).variable("ROWGRAPH_FAILPOINT", "staged").run();
        assert!(staged.signal.is_some(), "{staged}");
        tables.push(contents(&work));
    }
    assert!(tables[0].keys().any(|path| path.ends_with("_graph.json")), "{:?}", tables[0].keys());
    assert!(tables[0].len() > 15, "a file a table at least");
    for other in &tables[1..] {
        assert_eq!(tables[0].keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>());
        for (path, bytes) in &tables[0] {
            assert!(bytes == &other[path], "{} differs", path.display());
        }
    }
    load(&["status"]).run().expect_code(0);
}
