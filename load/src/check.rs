//! `load check`: whether a mapping is right, before anything is read of a table or said to a server.
//!
//! In: a mapping file, and the folder of snapshots where it is to fit those too. Out: all findings at once. With `--spec-only`
//! only the public specification is asked; otherwise our own words are understood as well, and every name is looked up in the
//! snapshots where a folder is given. Nothing is written but the answer.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;
use shared::snapshot::{SnapshotError, find_newest};

use crate::args::{CheckArgs, CheckFormat};
use crate::mapping::resolve::resolve;
use crate::mapping::{DEFAULT_NAME, DEFAULT_YAML, Mapping, MappingError, schema};
use crate::selection::tables_under;
use crate::specification::{self, Code, Finding, for_people};
use crate::stage::{StageError, snapshot_columns};

/// What is said of a mapping.
#[derive(Debug, Serialize)]
pub struct Judgement {
    /// The file, or the name of the mapping that is compiled in.
    pub mapping: String,
    /// What was asked: `specification`, `mapping` or `snapshots`.
    pub against: &'static str,
    /// Whether there is no finding.
    pub valid: bool,
    /// All findings, in the order of their places.
    pub findings: Vec<Finding>,
}

/// A mapping could not be judged.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// The file, or one that it needs, cannot be read.
    #[error(transparent)]
    Mapping(#[from] MappingError),
    /// There are no snapshots to judge it against.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// A snapshot cannot be read.
    #[error(transparent)]
    Stage(#[from] StageError),
}

impl shared::exit::Diagnosis for CheckError {
    fn exit_code(&self) -> shared::exit::ExitCode {
        match self {
            Self::Mapping(error) => error.exit_code(),
            Self::Snapshot(error) => error.exit_code(),
            Self::Stage(error) => error.exit_code(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Mapping(error) => error.hint(),
            Self::Snapshot(error) => error.hint(),
            Self::Stage(error) => error.hint(),
        }
    }
}

/// Judges a mapping.
///
/// # Errors
/// When a file or a snapshot cannot be read; what is wrong with the mapping is in the judgement.
pub fn judge(args: &CheckArgs) -> Result<Judgement, CheckError> {
    let (name, text, folder) = match &args.mapping {
        None => (DEFAULT_NAME.to_owned(), DEFAULT_YAML.to_owned(), None),
        Some(path) => {
            let read = |source| MappingError::Read { path: path.clone(), source };
            (path.display().to_string(), fs::read_to_string(path).map_err(read)?, path.parent().map(PathBuf::from))
        }
    };
    let against = match (args.spec_only, &args.from) {
        (true, _) => "specification",
        (false, None) => "mapping",
        (false, Some(_)) => "snapshots",
    };
    let findings = match specification::read(&text) {
        Err(error) => vec![Finding::new(Code::NotReadable, "$", error.to_string())],
        Ok(document) => {
            let mut findings = specification::judge(&document, args.server.as_ref());
            if !args.spec_only && !findings.is_empty() {
                // What is wrong by both is said once, in the specification's words.
                let said = |fault: &Finding| findings.iter().any(|finding| finding.path == fault.path);
                let faults: Vec<Finding> = schema::faults(&document).into_iter().filter(|fault| !said(fault)).collect();
                findings.extend(faults);
                specification::sort(&mut findings, &document);
            }
            if args.spec_only || !findings.is_empty() { findings } else { ours(args, &name, &text, folder.as_deref())? }
        }
    };
    Ok(Judgement { mapping: name, against, valid: findings.is_empty(), findings })
}

/// What our own vocabulary says of a file that keeps to the specification, and what the snapshots say of it.
fn ours(args: &CheckArgs, name: &str, text: &str, folder: Option<&Path>) -> Result<Vec<Finding>, CheckError> {
    let mapping = match Mapping::parse(name, text, folder) {
        Ok(mapping) => mapping,
        Err(MappingError::Findings { findings, .. }) => return Ok(findings),
        Err(other) => return Err(other.into()),
    };
    let Some(from) = &args.from else { return Ok(Vec::new()) };
    let mut snapshots = BTreeMap::new();
    let mut missing = Vec::new();
    for table in mapping.tables() {
        match find_newest(from, &table) {
            Ok(snapshot) => drop(snapshots.insert(table, snapshot)),
            Err(SnapshotError::NotFound { .. }) => missing.push(table),
            Err(other) => return Err(other.into()),
        }
    }
    match resolve(&mapping, &snapshot_columns(&snapshots)?) {
        Ok(_) => Ok(Vec::new()),
        Err(MappingError::Findings { findings, .. }) => Ok(near_tables(findings, &missing, &tables_under(from))),
        Err(other) => Err(other.into()),
    }
}

/// The same findings; those of a table without a snapshot name the table that may be meant.
fn near_tables(findings: Vec<Finding>, missing: &[String], known: &[String]) -> Vec<Finding> {
    let near = |finding: Finding| {
        let names =
            |table: &&String| finding.code == Code::NoSnapshot && finding.message.contains(&format!("`{table}`"));
        match missing.iter().find(names) {
            Some(table) => finding.near(table, known.iter().map(String::as_str)),
            None => finding,
        }
    };
    findings.into_iter().map(near).collect()
}

impl Judgement {
    /// The judgement as it is printed.
    pub fn print(&self, format: CheckFormat) -> String {
        match format {
            CheckFormat::Json => {
                let mut json = serde_json::to_string_pretty(self).expect("a judgement is plain data");
                json.push('\n');
                json
            }
            CheckFormat::Text => for_people(&self.findings),
        }
    }

    /// One line for people.
    pub fn summary(&self) -> String {
        let asked = match self.against {
            "specification" => "the import specification, version 1",
            "mapping" => "mappings of this program (with --from DIR also against snapshots)",
            _ => "mappings of this program and the snapshots",
        };
        match self.findings.len() {
            0 => format!("{}: valid, judged by {asked}\n", self.mapping),
            1 => format!("{}: 1 finding, judged by {asked}\n", self.mapping),
            several => format!("{}: {several} findings, judged by {asked}\n", self.mapping),
        }
    }
}
