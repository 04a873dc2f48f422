//! An excerpt: graph tables of a few rows, made by the same code as those of all rows.
//!
//! In: a mapping, snapshots, and which rows of each. Out: tables in a folder that the caller throws away, with what was counted and
//! rejected. Nothing is sealed. Ends of relationships are not looked for: the rows that make them may lie elsewhere, so a
//! relationship is never left out for that here.

use std::collections::BTreeMap;
use std::fs::File;
use std::ops::Range;
use std::path::Path;

use arrow::array::{Array, AsArray};
use arrow::datatypes::Int64Type;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use shared::progress::Progress;

use super::scan::SnapshotRows;
use super::tally::Reject;
use super::{StageError, StageRequest, columns, inputs, make_tables, seal};
use crate::graph_table::manifest::{NodeTable, QueryTable, RelationshipTable};
use crate::mapping::resolve::resolve;
use crate::mapping::resolved::EndCheck;

/// What became of some rows.
pub struct Excerpt {
    /// Rows taken of each table of the mapping, in its order.
    pub rows: Vec<u64>,
    /// Node tables.
    pub nodes: Vec<NodeTable>,
    /// Relationship tables.
    pub relationships: Vec<RelationshipTable>,
    /// Tables of rows for queries.
    pub queries: Vec<QueryTable>,
    /// What was left out, by place and reason.
    pub counts: BTreeMap<String, BTreeMap<String, u64>>,
    /// What was only noticed.
    pub notes: BTreeMap<String, BTreeMap<String, u64>>,
    /// What was rejected, in order.
    pub rejects: Vec<Reject>,
}

/// Makes graph tables in the folder `dir` of the rows that `range` gives for each table.
///
/// # Errors
/// As [`super::stage`]; snapshots are not verified.
pub fn excerpt(
    request: &StageRequest<'_>,
    range: impl Fn(&str) -> Range<u64>,
    dir: &Path,
    progress: &dyn Progress,
) -> Result<Excerpt, StageError> {
    let names = request.mapping.tables();
    let opened: Vec<SnapshotRows> = names
        .iter()
        .zip(request.snapshots)
        .map(|(name, snapshot)| SnapshotRows::open_range(snapshot, range(name)))
        .collect::<Result<_, _>>()?;
    let mut mapping = resolve(request.mapping, &columns(request.mapping, &opened))?;
    for plan in &mut mapping.relationships {
        for check in [&mut plan.start_check, &mut plan.end_check] {
            if *check == EndCheck::AfterScan {
                *check = EndCheck::Proven;
            }
        }
    }
    let (tables, tally, rejects) = make_tables(request, &mapping, &opened, &inputs(request), dir, progress)?;
    let finished = tables.finish()?;
    let (counts, notes) = seal::counts(&mapping, &finished, &tally);
    let rejects = read_rejects(&dir.join(rejects.finish()?.file))?;
    let rows = opened.iter().map(|rows| rows.rows).collect();
    let super::table::Finished { nodes, relationships, queries, .. } = finished;
    Ok(Excerpt { rows, nodes, relationships, queries, counts, notes, rejects })
}

/// Reads a file of rejects.
fn read_rejects(path: &Path) -> Result<Vec<Reject>, StageError> {
    let fault = |source| StageError::ReadPart { path: path.to_owned(), source };
    let file = File::open(path).map_err(|error| fault(error.into()))?;
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).map_err(fault)?.build().map_err(fault)?;
    let mut rejects = Vec::new();
    for batch in reader {
        let batch = batch.map_err(|error| fault(error.into()))?;
        let text = |column: usize, row: usize| batch.column(column).as_string::<i32>().value(row).to_owned();
        let (rows, places) = (batch.column(1).as_primitive::<Int64Type>(), batch.column(3).as_primitive::<Int64Type>());
        for row in 0..batch.num_rows() {
            rejects.push(Reject {
                table: text(0, row),
                row: rows.value(row).unsigned_abs(),
                column: text(2, row),
                place: places.is_valid(row).then(|| places.value(row).try_into().unwrap_or(u32::MAX)),
                reason: text(4, row),
            });
        }
    }
    Ok(rejects)
}
