//! The test kit: servers of one's own, the generated source table, the programs under test, and the reference to compare with.

pub mod generator;
pub mod seeding;
