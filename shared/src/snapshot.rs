//! The snapshot format, version 1: the only thing that connects the two programs.
//!
//! In: parts of Parquet and a manifest that describes them. Out: a sealed folder, which nobody ever writes into again, or
//! the same folder opened and verified. A folder without `_manifest.json` is not a snapshot, whatever else it holds.
//! The format is written down for people in `docs/snapshot-format.md`.

mod catalogue;
mod content;
mod declared_keys;
mod digest;
mod error;
mod folder_name;
mod manifest;
mod retention;
mod sealed;
mod selection;
mod staging;
#[cfg(test)]
mod tests;

pub use catalogue::{Survey, find_newest, list, survey};
pub use content::{ContentHasher, value_bytes};
pub use declared_keys::{DeclaredKeys, ForeignKey};
pub use digest::ContentDigest;
pub use error::SnapshotError;
pub use folder_name::folder_name;
pub use manifest::{BadValues, BinlogPosition, Column, Manifest, Part, Source};
pub use retention::keep_newest;
pub use sealed::SealedSnapshot;
pub use selection::Selection;
pub use staging::{Complete, PartFile, Staging, Writing};

/// The version of the format that this code writes, and the highest that it reads.
pub const FORMAT_VERSION: u32 = 1;

/// The manifest's file name; its presence is the seal.
pub const MANIFEST_FILE: &str = "_manifest.json";

/// The checksums of the parts, in the form of `sha256sum`.
pub const CHECKSUMS_FILE: &str = "_SHA256SUMS";
