//! A mapping with every name replaced by the place that it stands for: what staging runs.
//!
//! In: nothing; these are plain structures made by `resolve`. Out: the same to every thread. Nothing here is ever changed
//! once it is made, and nothing here knows a name of the mapping but to write it in a message or a table.

mod condition;
mod field;
mod source;
mod step;
mod target;
mod timeline;

use crate::graph_table::manifest::{Action, SchemaItem};

pub use condition::{Bound, Test};
pub use field::{Field, Origin, Piece, Ref, Strict, Template, needed_slots};
pub use source::{ChildKind, ChildPlan, DistinctPlan, InlineRecords, RecordPlan, TableScan};
pub use step::{KeywordPlan, Step};
pub use target::{Choice, Emit, EndCheck, ExpectKey, Makes, NodePlan, QueryPlan, RelationshipPlan};
pub use timeline::{PhasePlan, TimelineKindPlan, TimelinePlan, timeline_slot};

/// A whole mapping, resolved against the columns of its snapshots.
#[derive(Debug)]
pub struct Resolved {
    /// One scan a table.
    pub scans: Vec<TableScan>,
    /// Records that stand in the mapping itself.
    pub inline: Vec<InlineRecords>,
    /// Node tables, in the order of the mapping.
    pub nodes: Vec<NodePlan>,
    /// Relationship tables, in the order of the mapping.
    pub relationships: Vec<RelationshipPlan>,
    /// Tables of rows for queries, in the order in which they are run.
    pub queries: Vec<QueryPlan>,
    /// Constraints and indexes.
    pub schema: Vec<SchemaItem>,
    /// Actions that are active.
    pub actions: Vec<Action>,
    /// Texts that mean "no value", in lower case.
    pub nothing: Vec<String>,
    /// Longest key or indexed text in bytes.
    pub longest_key_bytes: usize,
    /// What each counter counts: `<source>.<field or target>` and a reason.
    pub counters: Vec<(String, String)>,
    /// Counters of what is only noticed: nothing is left out for it.
    pub notes: Vec<usize>,
    /// Days that are dates: years before the first one and so many after the as-of date's are none.
    pub years: Option<Years>,
}

/// The years that dates are taken of.
#[derive(Debug, Clone, Copy)]
pub struct Years {
    /// First year.
    pub first: i16,
    /// Years after that of the as-of date.
    pub after_as_of: i16,
}
