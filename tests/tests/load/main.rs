//! End-to-end tests of `load` against a real Neo4j, its graphs compared with an implementation of GRAPH.md in Python that
//! reads the source table itself.

mod bad_input;
mod bad_rows;
mod differences;
mod documents;
mod endpoints;
mod faults;
mod job;
mod kills;
mod own_tables;
mod package;
mod plan;
mod quickstart;
mod report;
mod report_page;
mod rules_of_runs;
mod small_mapping;
mod specification;
mod stars;
mod threads;
mod upsert;
mod whole_job;
