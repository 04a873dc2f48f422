//! Why the target cannot be used, for people.
//!
//! In: a classified failure and what we were doing. Out: one variant a diagnosis, each with its way out. Almost all of these
//! leave the run resumable.

use std::path::Path;

use shared::exit::{Diagnosis, ExitCode};

use super::endpoint::{Encryption, Endpoint, EndpointError};
use super::failure::{Class, Failure};
use super::tls::TlsFailure;
use crate::way_on;

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
    #[error("{}", reason.describe(address))]
    Tls {
        /// Where.
        address: String,
        /// Why.
        reason: TlsFailure,
        /// `--ca`, where it was given.
        ca: Option<Box<Path>>,
        /// The cause.
        #[source]
        source: Box<Failure>,
    },
    /// It hung up without a word, as a server does that takes TLS only.
    #[error("the server at {address} hung up without an answer, as one does that takes connections with TLS only")]
    HungUp {
        /// Where.
        address: String,
        /// The cause.
        #[source]
        source: Failure,
    },
    /// The server is there, but sends writers elsewhere, where they cannot go.
    #[error("the server at {address} sends those who write to {member}, which cannot be used")]
    Member {
        /// Where we asked.
        address: String,
        /// What its routing table names.
        member: String,
        /// Why not.
        #[source]
        source: Box<TargetError>,
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
        source: Box<Failure>,
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
    /// Something else has the name of a constraint or index of the mapping.
    #[error("the mapping's constraint or index {name} is not there, but the database has another one of this name")]
    SchemaNameTaken {
        /// The name.
        name: String,
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
    /// The password was changed, or the account closed, after the first contact.
    #[error("Neo4j does not accept the user's password any more: it was to {doing}")]
    LoginLost {
        /// What we were doing.
        doing: String,
        /// The cause.
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
    /// A failure of the first contact with `endpoint`.
    pub fn at_first_contact(endpoint: &Endpoint, source: Failure) -> Self {
        let address = endpoint.uri(endpoint.routed);
        match source.class {
            Class::Connection if source.hung_up && endpoint.encryption == Encryption::None => {
                Self::HungUp { address, source }
            }
            Class::Connection => Self::Unreachable { address, source },
            Class::Tls(reason) => {
                Self::Tls { address, reason, ca: endpoint.ca.as_deref().map(Into::into), source: Box::new(source) }
            }
            Class::NotNeo4j => Self::NotNeo4j { address, source },
            Class::Login => Self::Login { address, user: endpoint.user.clone(), source: Box::new(source) },
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
            Class::Connection | Class::Tls(_) | Class::Transient | Class::TooLarge | Class::MemoryPool => {
                Self::Lost { doing, source }
            }
            Class::Login => Self::LoginLost { doing, source },
            Class::NotNeo4j | Class::Row | Class::Refused => Self::Refused { doing, source },
        }
    }
}

impl Diagnosis for TargetError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Endpoint(error) => error.exit_code(),
            Self::Member { source, .. } => source.exit_code(),
            Self::UnsupportedConstraint { .. } | Self::NoKeyIndex { .. } | Self::SchemaNameTaken { .. } => {
                ExitCode::Mapping
            }
            _ => ExitCode::Target,
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Endpoint(error) => return error.hint(),
            Self::Unreachable { .. } => {
                "check host and port (NEO4J_URI or --uri), that the server runs (an Aura instance may be paused), and firewalls"
            }
            Self::Tls { reason, ca, .. } => return Some(reason.hint(ca.as_deref())),
            Self::HungUp { .. } => {
                "use neo4j+s:// or bolt+s:// (--uri, NEO4J_URI), with --ca FILE for an authority of its own; check also that the port is that of Bolt"
            }
            Self::Member { source, address, .. } => {
                let direct = address.replacen("neo4j", "bolt", 1);
                let of_member = source.hint().map(|hint| format!("{hint}; ")).unwrap_or_default();
                return Some(format!(
                    "{of_member}the name is the server's own setting server.bolt.advertised_address; --uri {direct} goes to this very server"
                ));
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
            Self::SchemaNameTaken { .. } => {
                "give it another name in the mapping, or see SHOW CONSTRAINTS and SHOW INDEXES and drop the other one"
            }
            Self::NoKeyIndex { .. } => "add unique_constraints for the key of that node target to the mapping",
            Self::LoginLost { .. } => {
                return Some(format!(
                    "what is done is kept; give the right NEO4J_USERNAME (--user) and NEO4J_PASSWORD (--password-file), and {}",
                    way_on::go_on()
                ));
            }
            Self::Lost { source, .. } if matches!(source.class, Class::TooLarge | Class::MemoryPool) => {
                return Some(format!(
                    "the server gives a transaction too little memory or time even for the smallest batch (1,000 rows, 1 MiB): raise db.memory.transaction.max or db.transaction.timeout there; then {}",
                    way_on::go_on()
                ));
            }
            Self::Lost { .. } => return Some(format!("when the server is back, {}", way_on::go_on())),
            Self::Refused { .. } => {
                return Some(format!("what is done is kept; once the cause is removed, {}", way_on::go_on()));
            }
        };
        Some(hint.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_that_cannot_be_used_is_told_with_the_way_around_it() {
        let failure = Failure::new(Class::Connection, "no route to host");
        let source = TargetError::Unreachable { address: "bolt+s://core-2:7687".into(), source: failure };
        let (address, member) = ("neo4j+s://db.example.org:7687".to_owned(), "core-2:7687".to_owned());
        let error = TargetError::Member { address, member, source: Box::new(source) };
        assert_eq!(error.exit_code(), ExitCode::Target);
        let text = shared::exit::describe(&error);
        for said in
            ["core-2:7687", "cannot reach", "no route to host", "advertised_address", "--uri bolt+s://db.example.org"]
        {
            assert!(text.contains(said), "{said}: {text}");
        }
    }
}
