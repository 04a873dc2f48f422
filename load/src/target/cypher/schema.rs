//! Cypher about constraints and indexes of the graph.
//!
//! In: what the mapping asks for. Out: statements that do nothing where the thing is there, or gone, already.

use super::quote;
use crate::graph_table::manifest::{SchemaItem, SchemaKind, SchemaOn};

/// Creates a constraint or an index.
pub fn create_schema(item: &SchemaItem) -> String {
    let (pattern, key) = match &item.on {
        SchemaOn::Label(label) => (format!("(e:{})", quote(label)), "NODE KEY"),
        SchemaOn::Type(rel_type) => (format!("()-[e:{}]-()", quote(rel_type)), "RELATIONSHIP KEY"),
    };
    let properties: Vec<String> = item.properties.iter().map(|property| format!("e.{}", quote(property))).collect();
    let (name, properties) = (quote(&item.name), properties.join(", "));
    match item.kind {
        SchemaKind::UniqueConstraint => {
            format!("CREATE CONSTRAINT {name} IF NOT EXISTS FOR {pattern} REQUIRE ({properties}) IS UNIQUE")
        }
        SchemaKind::KeyConstraint => {
            format!("CREATE CONSTRAINT {name} IF NOT EXISTS FOR {pattern} REQUIRE ({properties}) IS {key}")
        }
        SchemaKind::ExistenceConstraint => {
            format!("CREATE CONSTRAINT {name} IF NOT EXISTS FOR {pattern} REQUIRE ({properties}) IS NOT NULL")
        }
        SchemaKind::RangeIndex => format!("CREATE RANGE INDEX {name} IF NOT EXISTS FOR {pattern} ON ({properties})"),
        SchemaKind::TextIndex => format!("CREATE TEXT INDEX {name} IF NOT EXISTS FOR {pattern} ON ({properties})"),
    }
}

/// Drops a constraint.
pub fn drop_constraint(name: &str) -> String {
    format!("DROP CONSTRAINT {} IF EXISTS", quote(name))
}

/// Drops an index.
pub fn drop_index(name: &str) -> String {
    format!("DROP INDEX {} IF EXISTS", quote(name))
}
