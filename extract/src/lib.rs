//! `extract`: a MySQL table, streamed once into a sealed snapshot of Parquet files.
//!
//! In: a [`Plan`], made from the command line and checked before anything connects. Out: sealed snapshots, or an error
//! that says what is wrong and what to do. [`extract`] is the recipe; read it first. The database is only ever read, its
//! connection is closed as soon as the last row is here, and nothing half written stays behind.

pub mod args;
mod batch;
mod column;
pub mod commands;
mod cursor;
mod encoder;
mod error;
mod extraction;
mod layout;
mod moment;
mod part;
mod pass;
pub mod plan;
pub mod profile;
mod range;
mod reuse;
mod source;
mod summary;
mod table_extract;
mod time_split;
mod verify;

pub use error::ExtractError;
pub use extraction::extract;
pub use plan::{Plan, PlanError};
pub use source::SourceError;
pub use summary::Summary;
pub use time_split::TimeSplit;
