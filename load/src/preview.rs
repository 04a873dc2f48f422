//! `load preview`: what a mapping makes of a few rows, before anything is staged or loaded.
//!
//! In: a mapping, snapshots, and which rows. Out: the nodes and relationships that come of just these rows, with everything that
//! was rejected or counted, and why. It works in a temporary folder that goes again, asks no server, and leaves nothing behind.

mod document;
mod text;

use std::ops::Range;

use shared::exit::{Diagnosis, ExitCode};
use shared::interrupt::Interrupt;
use shared::progress::Silent;

use crate::args::PreviewArgs;
use crate::graph_table::manifest::GraphTablesError;
use crate::mapping::{Mapping, MappingError};
use crate::plan::GraphPlan;
use crate::selection::{Selection, SelectionError};
use crate::stage::excerpt::excerpt;
use crate::stage::{StageError, inputs};

pub use document::Preview;

/// There is no preview.
#[derive(Debug, thiserror::Error)]
pub enum PreviewError {
    /// The mapping cannot be used.
    #[error(transparent)]
    Mapping(#[from] MappingError),
    /// There are no such snapshots.
    #[error(transparent)]
    Selection(#[from] SelectionError),
    /// The rows cannot be read, or the mapping does not fit.
    #[error(transparent)]
    Stage(#[from] StageError),
    /// What was made cannot be read.
    #[error(transparent)]
    Tables(#[from] GraphTablesError),
    /// The mapping reads another table.
    #[error("the mapping does not read a table {table}, but {}", tables.join(", "))]
    NoTable {
        /// The table that was asked for.
        table: String,
        /// Those of the mapping.
        tables: Vec<String>,
    },
    /// A row was asked for, of which of several tables is not said.
    #[error("the mapping reads several tables: {}; a row is one of one table", .0.join(", "))]
    WhichTable(Vec<String>),
    /// There is no such row.
    #[error("table {table} has no row {row}: it has {rows} rows, and the first is row 0")]
    NoRow {
        /// The table.
        table: String,
        /// The row that was asked for.
        row: u64,
        /// Rows of the snapshot.
        rows: u64,
    },
}

impl Diagnosis for PreviewError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Mapping(error) => error.exit_code(),
            Self::Selection(error) => error.exit_code(),
            Self::Stage(error) => error.exit_code(),
            Self::Tables(_) => ExitCode::Failed,
            Self::NoTable { .. } | Self::WhichTable(_) | Self::NoRow { .. } => ExitCode::Usage,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Mapping(error) => error.hint(),
            Self::Selection(error) => error.hint(),
            Self::Stage(error) => error.hint(),
            Self::Tables(_) => Some("see that the folder for temporary files has space (TMPDIR)".to_owned()),
            Self::NoTable { .. } => Some("give --table one of these, or another mapping with --mapping".to_owned()),
            Self::WhichTable(_) => Some("say which with --table".to_owned()),
            Self::NoRow { .. } => {
                Some("a reject names the row that it is about; `extract show` tells how many there are".to_owned())
            }
        }
    }
}

/// Previews.
///
/// # Errors
/// See [`PreviewError`].
pub fn preview(args: &PreviewArgs, interrupt: &Interrupt) -> Result<Preview, PreviewError> {
    let plan = GraphPlan {
        from: args.from.clone(),
        mapping: Mapping::load(args.mapping.as_deref())?,
        as_of: args.as_of,
        sample: None,
        work: None,
        threads: 1,
    };
    let tables = plan.mapping.tables();
    if let Some(table) = args.table.as_ref().filter(|table| !tables.contains(table)) {
        return Err(PreviewError::NoTable { table: table.clone(), tables });
    }
    if args.row.is_some() && args.table.is_none() && tables.len() > 1 {
        return Err(PreviewError::WhichTable(tables));
    }
    let selection = Selection::newest(&plan)?;
    if let Some(row) = args.row {
        let of = |name: &String| args.table.as_ref().is_none_or(|table| table == name);
        let asked = tables.iter().zip(&selection.snapshots).find(|(name, _)| of(name));
        if let Some((table, snapshot)) = asked.filter(|(_, snapshot)| row >= snapshot.manifest.rows) {
            return Err(PreviewError::NoRow { table: table.clone(), row, rows: snapshot.manifest.rows });
        }
    }
    let range = |name: &str| -> Range<u64> {
        match (args.row, &args.table) {
            (_, Some(table)) if table != name => 0..0,
            (Some(row), _) => row..row + 1,
            (None, _) => 0..args.rows,
        }
    };
    let folder = tempfile::tempdir().map_err(|source| StageError::Folder {
        what: "create",
        path: std::env::temp_dir(),
        source,
    })?;
    let request = selection.request(&plan, interrupt);
    let made = excerpt(&request, range, folder.path(), &Silent)?;
    let rows = tables.into_iter().zip(made.rows.iter().copied()).collect();
    Ok(Preview::read(&inputs(&request), rows, &made, folder.path())?)
}
