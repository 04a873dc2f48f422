//! What `--version` says: of which source a program was built, for what, and with what.
//!
//! In: the commit, which only a program's `main.rs` knows, and what the build script has seen. Out: text, one fact a line.
//! Never the time or the place of a build: the same source and compiler give the same program.

use std::fmt::Write as _;

/// Written by `build.rs`.
mod seen {
    include!(concat!(env!("OUT_DIR"), "/built.rs"));
}

/// The dependencies that decide how files and servers are spoken to.
const TOLD: [&str; 4] = ["arrow", "mysql", "neo4rs", "parquet"];

/// A commit of the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Commit {
    /// Its full hash, and a word where files were changed since.
    pub id: &'static str,
    /// The day on which it was made, as `YYYY-MM-DD`.
    pub date: &'static str,
}

/// The version number and, a line each, what the program was built of.
#[must_use]
pub fn long(commit: Option<Commit>) -> String {
    let commit = match commit {
        Some(Commit { id, date }) => format!("{id} ({date})"),
        None => "unknown (built without git)".to_owned(),
    };
    let mut text = env!("CARGO_PKG_VERSION").to_owned();
    let locked = locked();
    for (name, fact) in [
        ("commit:", commit.as_str()),
        ("target:", seen::TARGET),
        ("compiler:", seen::RUSTC_VERSION),
        ("profile:", seen::PROFILE),
        ("locked:", locked.as_str()),
    ] {
        let _ = write!(text, "\n{name:<9} {fact}");
    }
    text
}

/// Versions as `Cargo.lock` has them: what `cargo build` and `cargo install --locked` take.
fn locked() -> String {
    let told = seen::DEPENDENCIES.iter().filter(|(name, _)| TOLD.contains(name));
    told.map(|(name, version)| format!("{name} {version}")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_says_what_it_was_built_of() {
        let text = long(Some(Commit { id: "0123456789abcdef", date: "2026-11-23" }));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], env!("CARGO_PKG_VERSION"));
        assert_eq!(lines[1], "commit:   0123456789abcdef (2026-11-23)");
        assert!(lines[3].starts_with("compiler: rustc "), "{text}");
        assert!(TOLD.iter().all(|name| lines[5].contains(name)), "{text}");
        assert!(long(None).contains("\ncommit:   unknown"));
    }
}
