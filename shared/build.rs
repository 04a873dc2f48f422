//! Writes down what `--version` says of target, compiler and dependencies.
//!
//! In: what cargo tells build scripts, and the lock file. Out: constants for `version.rs`. It looks at neither git nor the
//! clock: whatever depends on this crate would be built anew at each commit.

fn main() -> std::io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=../Cargo.lock");
    built::write_built_file()
}
