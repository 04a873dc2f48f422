//! Mappings: what says how records become nodes and relationships.
//!
//! In: a mapping file, or the one compiled in. Out: a checked mapping with its lookup tables and its digest, and, once the
//! snapshots' columns are known, the resolved form that staging runs. A mapping never runs code.

mod contradiction;
pub mod field;
pub mod json_path;
pub mod lookup;
pub mod resolve;
pub mod resolved;
pub mod schema;
pub mod shipped;
pub mod spec;

use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use shared::exit::{Diagnosis, ExitCode};

use crate::specification::{self, Code, Finding, Unreadable};
use lookup::Lookup;
use spec::Spec;

/// The default mapping, as `load mapping` prints it.
pub const DEFAULT_YAML: &str = shipped::MAPPINGS[0].text;
/// Its name.
pub const DEFAULT_NAME: &str = shipped::MAPPINGS[0].name;

/// A mapping file, read and understood.
#[derive(Debug, Clone)]
pub struct Mapping {
    /// The words of the file.
    pub spec: Spec,
    /// Its lookup tables.
    pub lookups: IndexMap<String, Lookup>,
    name: String,
    digest: String,
}

/// Why a mapping cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MappingError {
    /// A file could not be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// The file is not YAML or JSON.
    #[error("mapping {name} is neither YAML nor JSON")]
    Syntax {
        /// The mapping.
        name: String,
        /// The cause.
        #[source]
        source: Unreadable,
    },
    /// A lookup table could not be read.
    #[error("lookup table {name} cannot be read")]
    Lookup {
        /// The file.
        name: String,
        /// The cause.
        #[source]
        source: csv::Error,
    },
    /// The mapping contradicts the specification, itself or the snapshot; all findings at once.
    #[error("mapping {name} does not fit:{}", list(findings))]
    Findings {
        /// The mapping.
        name: String,
        /// Each with its code, its place and what is wrong there.
        findings: Vec<Finding>,
    },
}

fn list(findings: &[Finding]) -> String {
    findings.iter().map(|finding| format!("\n  {finding}")).collect()
}

impl Diagnosis for MappingError {
    fn exit_code(&self) -> ExitCode {
        ExitCode::Mapping
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Read { .. } | Self::Lookup { .. } => {
                "check the path after --mapping; lookup tables are looked for beside the mapping file".to_owned()
            }
            Self::Syntax { .. } => {
                "`load mapping` prints the mapping that is compiled in: start from a copy of it".to_owned()
            }
            Self::Findings { .. } => {
                "change the mapping file (--mapping FILE), or give --from a snapshot of the table that it is for; \
                 `load check` says the same without a server"
                    .to_owned()
            }
        })
    }
}

impl Mapping {
    /// Reads a mapping file, or takes the default mapping where no path is given.
    ///
    /// # Errors
    /// When a file cannot be read or has words that a mapping does not have.
    pub fn load(path: Option<&Path>) -> Result<Self, MappingError> {
        match path {
            None => Self::parse(DEFAULT_NAME, DEFAULT_YAML, None),
            Some(path) => {
                let text = std::fs::read_to_string(path)
                    .map_err(|source| MappingError::Read { path: path.to_owned(), source })?;
                Self::parse(&path.display().to_string(), &text, path.parent())
            }
        }
    }

    /// Understands the text of a mapping; its lookup tables lie in `folder`.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn parse(name: &str, text: &str, folder: Option<&Path>) -> Result<Self, MappingError> {
        // By way of JSON, so that a YAML and a JSON file with the same content are the same mapping.
        let json =
            specification::read(text).map_err(|source| MappingError::Syntax { name: name.to_owned(), source })?;
        let findings = specification::judge(&json, None);
        if !findings.is_empty() {
            return Err(MappingError::Findings { name: name.to_owned(), findings });
        }
        // The schema says all at once what reading would say one by one; reading has the last word.
        let findings = schema::faults(&json);
        if !findings.is_empty() {
            return Err(MappingError::Findings { name: name.to_owned(), findings });
        }
        let spec: Spec = serde_path_to_error::deserialize(&json).map_err(|error| {
            let place = format!("$.{}", error.path());
            let finding = Finding::new(Code::NotOurs, place, error.inner().to_string());
            MappingError::Findings { name: name.to_owned(), findings: vec![finding] }
        })?;
        let findings = contradiction::contradictions(&spec);
        if !findings.is_empty() {
            return Err(MappingError::Findings { name: name.to_owned(), findings });
        }
        let lookups = lookup::read_all(&spec.config.lookups, folder)?;
        let mut digest = Sha256::new();
        // What is expected of the tables does not change them.
        digest.update(canonical(&spec::without_expectations(&json)).to_string());
        for (name, lookup) in &lookups {
            digest.update(format!("\n{name} {}", lookup.sha256));
        }
        let name = spec.config.name.clone().unwrap_or_else(|| {
            Path::new(name).file_stem().map_or_else(|| name.to_owned(), |stem| stem.to_string_lossy().into_owned())
        });
        Ok(Self { spec, lookups, name, digest: hex::encode(digest.finalize()) })
    }

    /// Name for people.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// SHA-256 of the mapping as canonical JSON and of its lookup tables, in hex.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// The tables whose snapshots it reads, each once, in the order of the mapping.
    pub fn tables(&self) -> Vec<String> {
        let tables: indexmap::IndexSet<&String> =
            self.spec.sources.iter().filter_map(|source| source.table.as_ref()).collect();
        tables.into_iter().cloned().collect()
    }

    /// The labels that its active node targets make.
    pub fn labels(&self) -> Vec<String> {
        let nodes = self.spec.targets.nodes.iter().filter(|target| target.active);
        let labels: indexmap::IndexSet<&String> = nodes.flat_map(|target| &target.labels).collect();
        labels.into_iter().cloned().collect()
    }
}

/// The same JSON with the keys of every object in order. Only the order of classes means something: the first match wins.
fn canonical(json: &Json) -> Json {
    fn object(members: &serde_json::Map<String, Json>, keep_order: bool) -> Json {
        let mut members: Vec<_> = members
            .iter()
            .map(|(key, value)| match value {
                Json::Object(inner) => (key.clone(), object(inner, key == "classes")),
                other => (key.clone(), canonical(other)),
            })
            .collect();
        if keep_order {
            return Json::Array(members.into_iter().map(|(key, value)| Json::Array(vec![key.into(), value])).collect());
        }
        members.sort_by(|a, b| a.0.cmp(&b.0));
        Json::Object(members.into_iter().collect())
    }
    match json {
        Json::Object(members) => object(members, false),
        Json::Array(items) => Json::Array(items.iter().map(canonical).collect()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_mapping_reads_one_table() {
        let mapping = Mapping::load(None).unwrap();
        assert_eq!(mapping.name(), "learners");
        assert_eq!(mapping.tables(), ["impact_learners_profile"]);
    }

    #[test]
    fn order_of_keys_is_nothing_and_order_of_classes_is_something() {
        let canonical_text = |yaml: &str| canonical(&serde_yaml_ng::from_str(yaml).unwrap()).to_string();
        assert_eq!(canonical_text("{a: 1, b: {c: 2, d: 3}}"), canonical_text("{b: {d: 3, c: 2}, a: 1}"));
        assert_ne!(canonical_text("{classes: {c: [2], d: [3]}}"), canonical_text("{classes: {d: [3], c: [2]}}"));
    }

    #[test]
    fn a_word_that_no_mapping_has_is_named_with_its_place() {
        let error = Mapping::parse(
            "m",
            "{version: '1', sources: [{name: a, type: snapshot, tabel: t}],
             targets: {queries: [{name: q, source: a, query: x}]}}",
            None,
        );
        let message = error.unwrap_err().to_string();
        assert!(message.contains("sources[0]") && message.contains("tabel"), "{message}");
    }
}
