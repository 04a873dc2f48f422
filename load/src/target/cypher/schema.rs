//! Cypher about constraints and indexes of the graph.
//!
//! In: what the mapping asks for. Out: statements that do nothing where the thing is there, or gone, already.

use serde_json::Value as Json;

use super::quote;
use crate::graph_table::manifest::{PropertyType, SchemaItem, SchemaKind, SchemaOn};

/// Creates a constraint or an index.
pub fn create_schema(item: &SchemaItem) -> String {
    let (pattern, key) = match &item.on {
        SchemaOn::Label(label) => (format!("(e:{})", quote(label)), "NODE KEY"),
        SchemaOn::Labels(labels) => {
            let labels: Vec<String> = labels.iter().map(|label| quote(label)).collect();
            (format!("(e:{})", labels.join("|")), "NODE KEY")
        }
        SchemaOn::Type(rel_type) => (format!("()-[e:{}]-()", quote(rel_type)), "RELATIONSHIP KEY"),
    };
    let properties: Vec<String> = item.properties.iter().map(|property| format!("e.{}", quote(property))).collect();
    let (name, properties) = (quote(&item.name), properties.join(", "));
    let options = item.options.as_deref().and_then(|options| serde_json::from_str(options).ok());
    let options = options.map_or_else(String::new, |options: Json| format!(" OPTIONS {}", literal(&options)));
    let created = match item.kind {
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
        SchemaKind::PointIndex => format!("CREATE POINT INDEX {name} IF NOT EXISTS FOR {pattern} ON ({properties})"),
        SchemaKind::FulltextIndex => {
            format!("CREATE FULLTEXT INDEX {name} IF NOT EXISTS FOR {pattern} ON EACH [{properties}]")
        }
        SchemaKind::VectorIndex => format!("CREATE VECTOR INDEX {name} IF NOT EXISTS FOR {pattern} ON ({properties})"),
        SchemaKind::TypeConstraint => {
            let kind = item.property_type.map_or_else(String::new, type_name);
            format!("CREATE CONSTRAINT {name} IF NOT EXISTS FOR {pattern} REQUIRE ({properties}) IS :: {kind}")
        }
    };
    created + &options
}

/// A type as Cypher names it.
fn type_name(kind: PropertyType) -> String {
    if let Some(element) = kind.element() {
        return format!("LIST<{} NOT NULL>", type_name(element));
    }
    let word = serde_json::to_value(kind).ok().and_then(|word| word.as_str().map(str::to_uppercase));
    word.unwrap_or_default().replace('_', " ")
}

/// A JSON value as Cypher writes it: keys stand in back quotes.
fn literal(json: &Json) -> String {
    match json {
        Json::Object(members) => {
            let members: Vec<String> =
                members.iter().map(|(key, value)| format!("{}: {}", quote(key), literal(value))).collect();
            format!("{{{}}}", members.join(", "))
        }
        Json::Array(items) => format!("[{}]", items.iter().map(literal).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_statement() {
        let item = |kind, on: SchemaOn, properties: &[&str], options: Option<&str>| SchemaItem {
            kind,
            name: "n".into(),
            on,
            properties: properties.iter().map(|name| (*name).to_owned()).collect(),
            options: options.map(str::to_owned),
            property_type: Some(PropertyType::StringArray),
        };
        let label = || SchemaOn::Label("L".into());
        let cases = [
            (
                item(SchemaKind::PointIndex, label(), &["p"], None),
                "CREATE POINT INDEX `n` IF NOT EXISTS FOR (e:`L`) ON (e.`p`)",
            ),
            (
                item(SchemaKind::FulltextIndex, SchemaOn::Labels(vec!["L".into(), "M".into()]), &["p", "q"], None),
                "CREATE FULLTEXT INDEX `n` IF NOT EXISTS FOR (e:`L`|`M`) ON EACH [e.`p`, e.`q`]",
            ),
            (
                item(SchemaKind::VectorIndex, label(), &["p"], Some(r#"{"indexConfig": {"vector.dimensions": 3}}"#)),
                "CREATE VECTOR INDEX `n` IF NOT EXISTS FOR (e:`L`) ON (e.`p`) OPTIONS {`indexConfig`: {`vector.dimensions`: 3}}",
            ),
            (
                item(SchemaKind::TypeConstraint, SchemaOn::Type("T".into()), &["p"], None),
                "CREATE CONSTRAINT `n` IF NOT EXISTS FOR ()-[e:`T`]-() REQUIRE (e.`p`) IS :: LIST<STRING NOT NULL>",
            ),
        ];
        for (item, wanted) in cases {
            assert_eq!(create_schema(&item), wanted);
        }
    }
}
