//! Faults of the network, the server, the disk and the clock, and of people who press Ctrl-C: after each there is either a
//! whole snapshot or none, a message that says how far it came and what to do, the right exit code, and nothing that stays.
//!
//! What the server has a part in runs on both of them ([`on_both`]). Faults of the disk, signals, the seal and the clock run on
//! MariaDB alone: they meet the program between its own calls, and no packet looks different to it.

mod clock;
mod disk;
mod hostile;
mod moment;
mod network;
mod readers;
mod retries;
mod seal;
mod server;
mod set_up;
mod signals;

use std::{panic, thread};

use testkit::programs::Finished;
use testkit::servers::Engine;
use testkit::snapshots::{DataFolder, Snapshot};
use testkit::source::SourceTable;

/// Parts and row groups as small as may be, so that a table of some thousand rows has several.
const SMALL: [&str; 6] = ["--progress", "none", "--part-size", "1MB", "--row-group", "1MB"];

/// Rows of a table with several parts.
const ROWS: u64 = 4_000;

/// Runs a test on MariaDB and on MySQL side by side: most of these wait more than they work.
fn on_both(test: impl Fn(Engine) + Sync) {
    thread::scope(|scope| {
        let test = &test;
        let runs = Engine::ALL.map(|engine| (engine, scope.spawn(move || test(engine))));
        for (engine, run) in runs {
            if let Err(failure) = run.join() {
                eprintln!("that was {engine:?}");
                panic::resume_unwind(failure);
            }
        }
    });
}

/// The arguments for `out` with small parts and some more.
fn small<'a>(data: &'a DataFolder, more: &[&'a str]) -> Vec<&'a str> {
    [&["--out", data.text()], &SMALL[..], more].concat()
}

/// Fails unless the folder holds no snapshot and no staging.
#[track_caller]
fn expect_nothing(data: &DataFolder) {
    assert_eq!((data.sealed(), data.staged()), (vec![], vec![]));
}

/// Fails unless whatever is sealed is whole and has this content; it is removed then.
#[track_caller]
fn expect_whole_or_none(data: &DataFolder, digest: &str, after: &str) {
    for path in data.sealed() {
        let snapshot = Snapshot::at(path);
        assert_eq!(snapshot.fault(), None, "{after}");
        assert_eq!(snapshot.content_digest(), digest, "{after}");
    }
    data.remove_sealed();
}

/// Fails unless an undisturbed run gives this content and takes away what others have left.
#[track_caller]
fn expect_recovery(data: &DataFolder, table: &SourceTable, digest: &str) {
    let snapshot = data.extract(table);
    assert_eq!(snapshot.fault(), None);
    assert_eq!(snapshot.content_digest(), digest);
    assert_eq!(data.staged(), Vec::<std::path::PathBuf>::new(), "staging of the dead was removed");
}

/// The content digest of the table as it is.
#[track_caller]
fn digest(table: &SourceTable) -> String {
    DataFolder::new().extract(table).content_digest().to_owned()
}

/// Fails unless the program has said what happened and what to do.
#[track_caller]
fn expect_told(finished: &Finished, words: &[&str]) {
    let said = &finished.stderr;
    assert!(said.contains("error: ") && said.contains("hint: "), "{finished}");
    for word in words {
        assert!(said.contains(word), "nothing of {word:?} was said: {finished}");
    }
}
