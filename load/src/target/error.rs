//! Why the target cannot be used, for people.
//!
//! In: a classified failure and what we were doing. Out: one variant a diagnosis, each with its way out. Almost all of these
//! leave the run resumable.

use shared::exit::{Diagnosis, ExitCode};

use super::endpoint::EndpointError;
use super::failure::{Class, Failure};

/// The target refused or was lost.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// The settings do not make an endpoint.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// No connection.
    #[error("cannot reach Neo4j at {address}")]
    Unreachable {
        /// Where.
        address: String,
        /// The cause.
        #[source]
        source: Failure,
    },
    /// TLS failed.
    #[error("cannot set up TLS with {address}")]
    Tls {
        /// Where.
        address: String,
        /// The cause.
        #[source]
        source: Failure,
    },
    /// Something else listens there.
    #[error("what answers at {address} is not a Neo4j server with Bolt 4.4")]
    NotNeo4j {
        /// Where.
        address: String,
        /// The cause.
        #[source]
        source: Failure,
    },
    /// Wrong user or password.
    #[error("Neo4j at {address} does not accept the password of user {user}")]
    Login {
        /// Where.
        address: String,
        /// Who.
        user: String,
        /// The cause.
        #[source]
        source: Failure,
    },
    /// No such database.
    #[error("Neo4j has no database of that name")]
    UnknownDatabase {
        /// The cause.
        #[source]
        source: Failure,
    },
    /// A right is missing.
    #[error("the user may not {doing}")]
    Forbidden {
        /// What we were doing.
        doing: String,
        /// The cause.
        #[source]
        source: Failure,
    },
    /// A constraint or index stands in the way of another.
    #[error("cannot {doing}: it conflicts with what the database has")]
    SchemaConflict {
        /// What we were doing.
        doing: String,
        /// The cause.
        #[source]
        source: Failure,
    },
    /// The edition has no such constraints.
    #[error("the mapping asks for {kind} constraints ({name}), which this server ({edition}) does not have")]
    UnsupportedConstraint {
        /// Key or existence.
        kind: &'static str,
        /// Name of the constraint.
        name: String,
        /// Edition of the server.
        edition: String,
    },
    /// Nodes would be looked up without an index.
    #[error("{label}({property}) has no uniqueness constraint, so relationship table {table} cannot find its nodes")]
    NoKeyIndex {
        /// Relationship table.
        table: String,
        /// Label.
        label: String,
        /// Key.
        property: String,
    },
    /// The connection was lost and did not come back.
    #[error("lost Neo4j while it should {doing}")]
    Lost {
        /// What we were doing.
        doing: String,
        /// The last failure.
        #[source]
        source: Failure,
    },
    /// The server said no.
    #[error("Neo4j refused to {doing}")]
    Refused {
        /// What we were doing.
        doing: String,
        /// The cause.
        #[source]
        source: Failure,
    },
}

impl TargetError {
    /// A failure of the first contact with `address` as `user`.
    pub fn at_first_contact(address: String, user: &str, source: Failure) -> Self {
        match source.class {
            Class::Connection => Self::Unreachable { address, source },
            Class::Tls => Self::Tls { address, source },
            Class::NotNeo4j => Self::NotNeo4j { address, source },
            Class::Login => Self::Login { address, user: user.to_owned(), source },
            _ => Self::during("answer", source),
        }
    }

    /// A failure later on; `doing` completes "refused to ..." and "may not ...".
    pub fn during(doing: impl Into<String>, source: Failure) -> Self {
        let doing = doing.into();
        match source.class {
            Class::UnknownDatabase => Self::UnknownDatabase { source },
            Class::Forbidden => Self::Forbidden { doing, source },
            Class::SchemaConflict | Class::Constraint => Self::SchemaConflict { doing, source },
            Class::Connection | Class::Tls | Class::Transient | Class::TooLarge | Class::MemoryPool => {
                Self::Lost { doing, source }
            }
            Class::NotNeo4j | Class::Login | Class::Row | Class::Refused => Self::Refused { doing, source },
        }
    }
}

impl Diagnosis for TargetError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Endpoint(error) => error.exit_code(),
            Self::UnsupportedConstraint { .. } | Self::NoKeyIndex { .. } => ExitCode::Mapping,
            _ => ExitCode::Target,
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Endpoint(error) => return error.hint(),
            Self::Unreachable { .. } => {
                "check host and port (NEO4J_URI or --uri), that the server runs (an Aura instance may be paused), and firewalls"
            }
            Self::Tls { .. } => {
                "use --ca FILE for a certificate authority of your own; a server without TLS needs neo4j:// or bolt://"
            }
            Self::NotNeo4j { .. } => {
                "the address must be that of Bolt (port 7687 by default), not of HTTP (7474), of Neo4j 4.4 or later"
            }
            Self::Login { .. } => "check NEO4J_USERNAME (--user) and NEO4J_PASSWORD (--password-file)",
            Self::UnknownDatabase { .. } => {
                "check NEO4J_DATABASE (--database); without one, the user's home database is taken"
            }
            Self::Forbidden { .. } => {
                "the user needs the rights to read, to write, and to create constraints, indexes and new names: role admin, or architect"
            }
            Self::SchemaConflict { .. } => {
                "see SHOW CONSTRAINTS and SHOW INDEXES; drop the one in the way, or remove duplicates from the label"
            }
            Self::UnsupportedConstraint { .. } => "use unique_constraints in the mapping: every edition has them",
            Self::NoKeyIndex { .. } => "add unique_constraints for the key of that node target to the mapping",
            Self::Lost { .. } => "when the server is back, go on with: load --resume",
            Self::Refused { .. } => "what is done is kept; once the cause is removed, go on with: load --resume",
        };
        Some(hint.to_owned())
    }
}
