//! The target: a Neo4j database, reached over Bolt.
//!
//! In: where it is and who we are. Out: transactions in it, behind the small trait [`sink::GraphSink`], so that another
//! driver can take the place of the one we use. All Cypher text stands in [`cypher`]. Nothing here decides what is written,
//! and nothing here repeats a write by itself.

pub mod bolt;
pub mod check;
pub mod cypher;
pub mod endpoint;
pub mod error;
pub mod failure;
pub mod retry;
pub mod sink;
pub mod tls;
pub mod value;
