//! `load`: a sealed snapshot comes in, a graph in Neo4j goes out, each batch applied exactly once.
//!
//! The recipe: read the mapping, stage the snapshot into graph tables, write those unit by unit, verify, report.

pub mod graph_table;
pub mod mapping;
pub mod stage;
pub mod target;
pub mod ledger;
pub mod run;
pub mod failpoint;
pub mod write;
pub mod load;
pub mod verify;
