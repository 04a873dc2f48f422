//! What a server of an edition and version does not have.
//!
//! In: `community-5.26`, `enterprise-5.26`, `aura-5.27`. Out: findings for constraints and indexes that such a server would
//! refuse. One point differs from the specification's own table on purpose: Community does have range indexes on
//! relationships, and is not said to lack them.

use std::str::FromStr;

use super::code::Code;
use super::finding::Finding;
use super::model::{DefinitionKind, Model, TargetKind};

/// Edition of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edition {
    /// Neo4j Community.
    Community,
    /// Neo4j Enterprise.
    Enterprise,
    /// Neo4j Aura.
    Aura,
}

/// Edition and version of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServerKind {
    edition: Edition,
    version: (u32, u32),
}

impl ServerKind {
    /// Edition and version.
    pub const fn new(edition: Edition, version: (u32, u32)) -> Self {
        Self { edition, version }
    }

    /// Whether it has such a definition.
    fn has(self, kind: DefinitionKind, on: TargetKind) -> bool {
        let on_relationships = on == TargetKind::Relationship;
        let (paid, since) = match kind {
            DefinitionKind::Type => (true, (5, 9)),
            DefinitionKind::Key if on_relationships => (true, (5, 7)),
            DefinitionKind::Key | DefinitionKind::Existence => (true, (4, 4)),
            DefinitionKind::Unique if on_relationships => (false, (5, 7)),
            DefinitionKind::Vector => (false, (5, 13)),
            _ => (false, (4, 4)),
        };
        self.version >= since && !(paid && self.edition == Edition::Community)
    }
}

impl FromStr for ServerKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let help = || format!("`{text}` is no server: write edition and version, like community-5.26 or aura-5.27");
        let (edition, version) = text.split_once('-').ok_or_else(help)?;
        let edition = match edition.to_lowercase().as_str() {
            "community" => Edition::Community,
            "enterprise" => Edition::Enterprise,
            "aura" => Edition::Aura,
            _ => return Err(help()),
        };
        let mut numbers = version.split('.').map(str::parse::<u32>);
        match (numbers.next(), numbers.next()) {
            (Some(Ok(major)), Some(Ok(minor))) => Ok(Self { edition, version: (major, minor) }),
            _ => Err(help()),
        }
    }
}

impl std::fmt::Display for ServerKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Neo4j {}.{} {:?}", self.version.0, self.version.1, self.edition)
    }
}

/// Names every kind of definition that the server does not have, once a target.
pub fn judge(server: &ServerKind, model: &Model<'_>, findings: &mut Vec<Finding>) {
    for target in &model.targets {
        for kind in DefinitionKind::ALL {
            let some = target.definitions.iter().any(|definition| definition.kind == kind);
            if some && !server.has(kind, target.kind) {
                let key = kind.key();
                let mut message = format!("{server} has no {}", key.replace('_', " "));
                if matches!(kind, DefinitionKind::Key) {
                    message += "; `unique_constraints` are in every edition";
                }
                findings.push(Finding::new(Code::ServerLacks, format!("{}.schema.{key}", target.path), message));
            }
        }
    }
}
