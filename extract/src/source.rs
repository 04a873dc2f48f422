//! The server: connection, session, table, and everything it may answer instead of rows.
//!
//! In: an endpoint. Out: an open [`Source`] inside a consistent read, which the cursor consumes. Nothing here writes to the
//! database, and nothing is retried here: the extraction decides that.

mod cause;
mod connection;
mod declared;
mod error;
mod key;
mod position;
mod query;
mod selection;
mod selection_error;
mod session;
mod table;
mod tls;

/// What stands for the user where none is given.
pub(crate) const NO_USER: &str = "(none)";

pub use connection::{Abort, Source};
pub use error::SourceError;
pub use key::Split;
pub(crate) use selection::nearest;
pub use selection_error::SelectionError;
pub use session::Server;
pub use table::{SourceColumn, Table, quoted};
