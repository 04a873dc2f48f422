//! The test kit: servers of one's own, the generated source table, the programs under test, and the reference to compare with.

pub mod browser;
pub mod frail_neo4j;
pub mod generator;
pub mod hostile;
pub mod locker;
pub mod long_run;
pub mod own_neo4j;
pub mod own_server;
pub mod pages;
pub mod programs;
pub mod proxy;
pub mod reference;
pub mod seeding;
pub mod servers;
pub mod snapshots;
pub mod source;
pub mod target;
pub mod tls;
pub mod torture;
pub mod torture_load;
