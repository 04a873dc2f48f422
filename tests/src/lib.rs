//! The test kit: servers of one's own, the generated source table, the programs under test, and the reference to compare with.

pub mod generator;
pub mod programs;
pub mod reference;
pub mod seeding;
pub mod servers;
pub mod snapshots;
pub mod source;
pub mod target;
pub mod tls;
