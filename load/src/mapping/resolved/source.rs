//! Sources: one pass over a table, the records that are made of its rows, and what is made of a record in turn.
//!
//! In: from `resolve`, once all names are known. Out: to the scan, which computes fields in the order that stands here:
//! the early ones, then the children, then the late ones. A slot is a place among a source's fields, those that its kind
//! fills first; it must never be read before it is computed, and `resolve` orders the fields so that it never is.

use super::condition::Test;
use super::field::Field;
use super::target::Emit;
use super::timeline::TimelinePlan;
use crate::mapping::json_path::JsonPath;
use crate::stage::value::OwnedValue;

/// One pass over one table.
#[derive(Debug)]
pub struct TableScan {
    /// The table, as the mapping names it.
    pub table: String,
    /// Columns that are read, in the order in which fields first needed them.
    pub columns: Vec<String>,
    /// Sources whose records are rows, or groups of rows, of this table.
    pub records: Vec<RecordPlan>,
}

/// A source whose records are rows or groups of rows.
#[derive(Debug)]
pub struct RecordPlan {
    /// Name of the source.
    pub name: String,
    /// Slot of the field whose equal values join rows.
    pub group_by: Option<usize>,
    /// Only records for which this holds.
    pub filter: Option<Test>,
    /// All fields; a slot each.
    pub fields: Vec<Field>,
    /// Slots in the order of computation: those that need no child.
    pub early: Vec<usize>,
    /// Those that need the records of a child.
    pub late: Vec<usize>,
    /// Sources made of this one, timelines after those they read; absent where nothing needs them.
    pub children: Vec<Option<ChildPlan>>,
    /// What becomes of a record.
    pub emits: Vec<Emit>,
}

/// A source made of another one.
#[derive(Debug)]
pub struct ChildPlan {
    /// Name of the source.
    pub name: String,
    /// How its records come about.
    pub kind: ChildKind,
    /// Slots that the kind fills itself; fields come after them.
    pub own_slots: usize,
    /// Fields; slot `own_slots + i` each, in the order of computation.
    pub fields: Vec<Field>,
    /// Only records for which this holds.
    pub filter: Option<Test>,
}

/// How the records of a child come about.
#[derive(Debug)]
pub enum ChildKind {
    /// Items of a list in a text. Slot 0 is the item.
    Split {
        /// The column.
        column: usize,
        /// What stands between two items.
        separator: String,
        /// Whether blanks at both ends of an item go.
        trim: bool,
        /// Whether empty items go.
        drop_empty: bool,
        /// What tells items apart.
        distinct: Option<DistinctPlan>,
    },
    /// Objects of a JSON array. Slot 0 is the index, where there is one.
    Json {
        /// The column.
        column: usize,
        /// Its name.
        column_name: String,
        /// Whether objects are numbered, and the member that may hold the number.
        index: Option<Option<String>>,
    },
    /// What stands at the end of a path in a JSON cell. Slot 0 is the index, where there is one.
    Path {
        /// The column.
        column: usize,
        /// Its name.
        column_name: String,
        /// The path, with what is read on the way.
        path: JsonPath,
        /// Whether items are numbered, and what may hold the number.
        index: Option<Option<String>>,
        /// What tells items apart.
        distinct: Option<DistinctPlan>,
    },
    /// Periods. The slots are those of [`timeline_slot`].
    Timeline(Box<TimelinePlan>),
}

/// What tells the items of a record apart.
#[derive(Debug)]
pub struct DistinctPlan {
    /// The slot.
    pub slot: usize,
    /// Distinct items taken of one record.
    pub limit: usize,
    /// Counter of items past the limit.
    pub past_limit: usize,
}

/// Records that stand in the mapping.
#[derive(Debug)]
pub struct InlineRecords {
    /// Name of the source.
    pub name: String,
    /// Values, a row each.
    pub rows: Vec<Vec<OwnedValue>>,
    /// Fields made of them; their slots come after those of the values.
    pub fields: Vec<Field>,
    /// What becomes of them.
    pub emits: Vec<Emit>,
}
