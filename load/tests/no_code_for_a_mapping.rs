//! A mapping is data: no code knows a shipped one. Every name that a shipped mapping gives to a table, a column, a label, a type
//! or a property is looked for in the program's code, tests and comments aside; whoever writes code for one of them fails here.
//! Words that are the vocabulary of mappings themselves, as those of timelines, are names of no mapping.

#![expect(clippy::unwrap_used, reason = "a file that cannot be read has to fail the test")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use load::mapping::resolved::timeline_slot;
use load::mapping::shipped::MAPPINGS;
use load::mapping::{DEFAULT_NAME, Mapping};

/// The one file that names shipped mappings: it compiles them in.
const REGISTER: &str = "mapping/shipped.rs";

/// Names of tables, labels, types, and of columns and properties that are made of more than one word: `name` and `status` are
/// words of the program too, `hashed_email` is not.
fn names_of(mapping: &Mapping) -> BTreeSet<String> {
    let spec = &mapping.spec;
    let mut names: BTreeSet<String> = mapping.tables().into_iter().chain(mapping.labels()).collect();
    names.extend(spec.targets.relationships.iter().map(|target| target.rel_type.clone()));
    let columns =
        spec.sources.iter().flat_map(|source| source.fields.values()).filter_map(|field| field.column.clone());
    let of_nodes = spec.targets.nodes.iter().flat_map(|target| &target.properties);
    let of_relationships = spec.targets.relationships.iter().flat_map(|target| &target.properties);
    let properties = of_nodes.chain(of_relationships).map(|property| property.target_property.clone());
    let is_compound = |name: &String| name.contains('_') || name.chars().any(char::is_uppercase);
    names.extend(columns.chain(properties).filter(is_compound));
    names.retain(|name| !timeline_slot::NAMES.contains(&name.as_str()));
    names
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// The text literals of a file, without those of its tests and comments: a name of a mapping is never anything else to code.
fn literals(code: &str) -> Vec<String> {
    let code = code.split("#[cfg(test)]").next().unwrap_or_default();
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.flat_map(|line| line.split('"').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>()).collect()
}

#[test]
fn no_code_knows_a_name_of_a_shipped_mapping() {
    let mut names = BTreeSet::new();
    for shipped in MAPPINGS.iter().filter(|shipped| [DEFAULT_NAME, "books"].contains(&shipped.name)) {
        names.extend(names_of(&Mapping::parse(shipped.name, shipped.text, None).unwrap()));
    }
    assert!(names.contains("hashed_email") && names.contains("HAS_SKILL") && names.len() > 100, "{names:?}");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut looked_at = 0;
    for path in files(&source) {
        let place = path.strip_prefix(&source).unwrap().to_string_lossy().into_owned();
        if place == REGISTER || place.ends_with("tests.rs") {
            continue;
        }
        for literal in literals(&fs::read_to_string(&path).unwrap()) {
            looked_at += 1;
            let words: BTreeSet<&str> = literal.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
            found.extend(
                names.iter().filter(|name| words.contains(name.as_str())).map(|name| format!("{place}: {name}")),
            );
        }
    }
    assert!(looked_at > 500, "the code has more literals than {looked_at}");
    assert!(found.is_empty(), "code that knows a mapping: {found:#?}");
}

#[test]
fn every_shipped_mapping_is_one() {
    for shipped in MAPPINGS {
        let mapping = Mapping::parse(shipped.name, shipped.text, None).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(mapping.name(), shipped.name);
    }
}
