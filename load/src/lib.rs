//! `load`: a sealed snapshot comes in, a graph in Neo4j goes out, each batch applied exactly once.
//!
//! The recipe: read the mapping, stage the snapshot into graph tables, write those unit by unit, verify, report.

pub mod args;
pub mod check;
pub mod clear;
pub mod columns;
pub mod commands;
pub mod draft;
pub mod failpoint;
pub mod forecast;
pub mod graph_table;
pub mod job;
pub mod journal;
pub mod ledger;
pub mod load;
pub mod mapping;
pub mod model;
pub mod plan;
pub mod preview;
pub mod report;
pub mod report_page;
pub mod run;
pub mod run_report;
pub mod selection;
pub mod specification;
pub mod stage;
pub mod status;
pub mod target;
pub mod verify;
pub mod way_on;
pub mod write;
