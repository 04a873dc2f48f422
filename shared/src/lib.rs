//! What `extract` and `load` must agree on, and the few services that both need.
//!
//! The snapshot format is the only contract between the two programs; it lives in [`snapshot`] and is written down for
//! people in `docs/snapshot-format.md`. Nothing here connects to a server, and only a binary's `main` chooses how
//! progress and logs are shown.
#![warn(missing_docs)]

pub mod certificate;
pub mod command_line;
pub mod disk;
pub mod distinct;
pub mod env_file;
pub mod exit;
pub mod instants;
pub mod interrupt;
pub mod memory;
pub mod open_files;
pub mod page;
pub mod progress;
pub mod secret;
pub mod snapshot;
pub mod socket;
pub mod telemetry;
pub mod type_map;
pub mod version;
