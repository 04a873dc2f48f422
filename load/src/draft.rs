//! `load init`: snapshots of tables come in, the text of a mapping file goes out, with comments that tell what was seen and
//! what was guessed.
//!
//! The recipe: profile the newest snapshot of each table; find their keys and what refers to what, by names and by values;
//! decide what becomes a node and what a relationship; write it down; judge it as `load check` would. Nothing is loaded, no
//! server is asked, and no value of a row but a text that means "no value" stands in a draft. The same snapshots give the
//! same text.

mod column;
mod json_shape;
mod key;
mod list_shape;
mod model;
mod naming;
mod profile;
mod reference;
mod wide_link;
mod yaml;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use shared::exit::{Diagnosis, ExitCode};
use shared::progress::{Progress, Total, Unit};
use shared::snapshot::{SealedSnapshot, SnapshotError, list};

use crate::mapping::resolve::{Columns, resolve};
use crate::mapping::{Mapping, MappingError};
use crate::specification::{Finding, nearest};
use crate::stage::StageError;
use profile::TableProfile;

/// A drafted mapping.
#[derive(Debug)]
pub struct Draft {
    /// The mapping file.
    pub text: String,
    /// Tables that became something.
    pub tables: usize,
    /// Labels.
    pub labels: usize,
    /// Relationships, as targets.
    pub relationships: usize,
    /// What `load check` would find; empty but for a table that is too odd.
    pub findings: Vec<Finding>,
}

/// There is no draft.
#[derive(Debug, thiserror::Error)]
pub enum DraftError {
    /// Snapshots cannot be found or read.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// A snapshot cannot be read.
    #[error(transparent)]
    Stage(#[from] StageError),
    /// A table that was asked for has no snapshot.
    #[error("there is no sealed snapshot of table {table}{}", near(nearest.as_deref()))]
    NoTable {
        /// The table.
        table: String,
        /// A table that is there and has almost this name.
        nearest: Option<String>,
    },
    /// No snapshot at all.
    #[error("there is no sealed snapshot under {}", .0.display())]
    NoneSealed(PathBuf),
    /// Nothing in the tables can become a node.
    #[error("no column of these tables can become a property")]
    NoColumns,
}

fn near(name: Option<&str>) -> String {
    name.map(|name| format!("; did you mean {name}?")).unwrap_or_default()
}

impl Diagnosis for DraftError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Snapshot(error) => error.exit_code(),
            Self::Stage(error) => error.exit_code(),
            Self::NoTable { .. } | Self::NoneSealed(_) => ExitCode::NoSnapshot,
            Self::NoColumns => ExitCode::Mapping,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Snapshot(error) => error.hint(),
            Self::Stage(error) => error.hint(),
            Self::NoTable { .. } => Some("`extract list DIR` shows which tables have one".to_owned()),
            Self::NoneSealed(_) => Some("take one first: extract --out DIR --all-tables".to_owned()),
            Self::NoColumns => Some("they hold bytes alone, or no columns; extract other tables".to_owned()),
        }
    }
}

/// Drafts a mapping of the newest snapshot of each table under `from`, or of those that are named.
///
/// # Errors
/// When there is no snapshot, or one cannot be read.
pub fn draft(from: &Path, wanted: &[String], progress: &dyn Progress) -> Result<Draft, DraftError> {
    let snapshots = newest(from, wanted)?;
    let rows = snapshots.values().map(|snapshot| snapshot.manifest.rows.min(profile::PROFILED_ROWS)).sum();
    progress.start("looking at the tables", Total::Exact(rows), Unit::Count("rows"));
    let mut tables = Vec::new();
    for (name, snapshot) in &snapshots {
        tables.push(profile::profile(name, snapshot, progress)?);
    }
    progress.finish();
    let (keys, references) = reference::find(&tables)?;
    let graph = model::draw(&tables, &keys, references);
    if graph.labels().next().is_none() {
        return Err(DraftError::NoColumns);
    }
    let text = yaml::write(&graph);
    let findings = judge(&text, &tables)?;
    Ok(Draft {
        tables: graph.tables.iter().filter(|table| table.is_something()).count(),
        labels: graph.labels().count(),
        relationships: graph.relationships(),
        text,
        findings,
    })
}

/// The newest snapshot of each table, by the name that a mapping calls it: with its database where two databases have it.
fn newest(from: &Path, wanted: &[String]) -> Result<BTreeMap<String, SealedSnapshot>, DraftError> {
    let mut all: BTreeMap<(String, String), SealedSnapshot> = BTreeMap::new();
    for snapshot in list(from)? {
        let source = &snapshot.manifest.source;
        // The oldest come first, so the newest stays.
        all.insert((source.table.clone(), source.database.clone()), snapshot);
    }
    if all.is_empty() {
        return Err(DraftError::NoneSealed(from.to_owned()));
    }
    let mut named: BTreeMap<String, SealedSnapshot> = BTreeMap::new();
    for ((table, database), snapshot) in &all {
        let is_shared = all.keys().filter(|(other, _)| other == table).count() > 1;
        let is_wanted = wanted.is_empty()
            || wanted.iter().any(|wanted| wanted == table || *wanted == format!("{database}.{table}"));
        if is_wanted {
            let name = if is_shared { format!("{database}.{table}") } else { table.clone() };
            named.insert(name, snapshot.clone());
        }
    }
    let has = |wanted: &String| {
        named.values().any(|snapshot| {
            let source = &snapshot.manifest.source;
            *wanted == source.table || *wanted == format!("{}.{}", source.database, source.table)
        })
    };
    if let Some(missing) = wanted.iter().find(|wanted| !has(wanted)) {
        let nearest = nearest(missing, all.keys().map(|(table, _)| table.as_str())).map(str::to_owned);
        return Err(DraftError::NoTable { table: missing.clone(), nearest });
    }
    Ok(named)
}

/// What is wrong with a draft; a draft of tables with plain names and types has no findings.
fn judge(text: &str, tables: &[TableProfile]) -> Result<Vec<Finding>, StageError> {
    let resolved = Mapping::parse("draft", text, None).and_then(|mapping| {
        let columns: BTreeMap<String, Columns> =
            tables.iter().map(|table| (table.name.clone(), table.kinds())).collect();
        resolve(&mapping, &columns)
    });
    match resolved {
        Ok(_) => Ok(Vec::new()),
        Err(MappingError::Findings { findings, .. }) => Ok(findings),
        Err(other) => Err(other.into()),
    }
}

#[cfg(test)]
mod tests;
