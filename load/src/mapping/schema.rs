//! The JSON Schema of mapping files, for editors and for us.
//!
//! In: the structures that a mapping is read into. Out: the import specification's words and ours, as one schema. It must
//! never allow a word that the program does not read: it is made of the very structures that refuse it.

use std::sync::LazyLock;

use schemars::generate::SchemaSettings;
use serde_json::Value as Json;

use super::spec::Spec;
use crate::specification::{Finding, shape_faults};

static SCHEMA: LazyLock<Json> = LazyLock::new(|| {
    let schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<Spec>();
    let mut schema = schema.to_value();
    if let Some(root) = schema.as_object_mut() {
        root.insert("title".to_owned(), Json::from("A mapping of Rowgraph"));
    }
    schema
});

/// The schema, as `load schema` prints it.
pub fn text() -> String {
    let mut text = serde_json::to_string_pretty(&*SCHEMA).expect("a schema is plain data");
    text.push('\n');
    text
}

/// What a document has that no mapping has, all of it.
pub fn faults(document: &Json) -> Vec<Finding> {
    shape_faults(&SCHEMA, document)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::DEFAULT_YAML;
    use crate::specification::read;

    const BOOKS: &str = include_str!("../../mappings/examples/books.yaml");

    fn lines(text: &str) -> Vec<String> {
        faults(&read(text).unwrap()).iter().map(|finding| format!("{} {}", finding.code, finding.path)).collect()
    }

    #[test]
    fn the_shipped_mappings_are_valid() {
        assert_eq!(lines(DEFAULT_YAML), [""; 0]);
        assert_eq!(lines(BOOKS), [""; 0]);
    }

    #[test]
    fn broken_ones_are_not() {
        let cases = [
            ("group_by: isbn", "group_bye: isbn", "unknown-key $.sources[0].group_bye"),
            ("distinct: tag_id", "distinct: [tag_id]", "wrong-type $.sources[1].explode.distinct"),
            ("limit: 20", "limit: twenty", "wrong-type $.sources[1].explode.limit"),
            ("slug: true", "slug: \"yes\"", "wrong-type $.sources[0].fields.author_id.slug"),
            ("collapse_blanks]", "collapse_blank]", "wrong-value $.sources[0].fields.author.clean[2]"),
            ("on_conflict: most_frequent", "on_conflict: most_often", "wrong-value $.targets.nodes[1].on_conflict"),
            ("on_upsert: replace", "on_upsert: replaced", "wrong-value $.targets.relationships[0].on_upsert"),
            ("source: tags", "from: tags", "unknown-key $.targets.nodes[2].from"),
            (
                "expect_key: {present: isbn}",
                "expect_key: {presnt: isbn}",
                "unknown-key $.targets.nodes[1].expect_key.presnt",
            ),
        ];
        for (old, new, wanted) in cases {
            let text = BOOKS.replacen(old, new, 1);
            assert_ne!(text, BOOKS);
            let found = lines(&text);
            assert!(found.iter().any(|line| line == wanted), "{new}: {found:?}");
        }
    }

    #[test]
    fn what_is_printed_is_a_schema() {
        let printed: Json = serde_json::from_str(&text()).unwrap();
        assert_eq!(printed["$schema"], "https://json-schema.org/draft/2020-12/schema");
        assert_eq!(printed["additionalProperties"], false);
        assert!(printed["properties"]["sources"]["description"].is_string());
    }
}
