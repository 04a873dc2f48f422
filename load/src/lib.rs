//! `load`: a sealed snapshot comes in, a graph in Neo4j goes out, each batch applied exactly once.
//!
//! The recipe: read the mapping, stage the snapshot into graph tables, write those unit by unit, verify, report.

pub mod failpoint;
pub mod graph_table;
pub mod ledger;
pub mod load;
pub mod mapping;
pub mod run;
pub mod stage;
pub mod target;
pub mod verify;
pub mod write;
