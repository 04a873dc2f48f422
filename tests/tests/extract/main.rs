//! End-to-end tests of `extract` against a real MariaDB, its snapshots read by foreign readers.

mod bad_input;
mod faults;
mod practical;
mod snapshots;
mod stopped;
mod tls;
mod types;
