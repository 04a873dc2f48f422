//! A mapping with every name replaced by the place that it stands for: what staging runs.
//!
//! In: nothing; these are plain structures made by `resolve`. Out: the same to every thread. Nothing here is ever changed
//! once it is made.

use std::sync::Arc;

use super::lookup::LookupIndex;
use crate::graph_table::manifest::{EndPoint, OnUpsert, Property, PropertyType, SchemaItem};
use crate::stage::text::CharSet;
use crate::stage::value::OwnedValue;

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
    /// Constraints and indexes.
    pub schema: Vec<SchemaItem>,
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

/// One pass over one table.
#[derive(Debug)]
pub struct TableScan {
    /// The table, as the mapping names it.
    pub table: String,
    /// Columns that are read, in the order of the table.
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
        /// Its name.
        column_name: String,
        /// What stands between two items.
        separator: String,
        /// Slot that tells items apart.
        distinct: Option<usize>,
        /// Distinct items taken of one record.
        limit: usize,
        /// Counter of items past the limit.
        past_limit: usize,
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
    /// Periods. The slots are those of [`timeline_slot`].
    Timeline(Box<TimelinePlan>),
}

/// Slots that a timeline fills.
pub mod timeline_slot {
    /// State of the period.
    pub const STATE: usize = 0;
    /// Text for people.
    pub const TEXT: usize = 1;
    /// Place in the timeline, from 0.
    pub const SEQUENCE: usize = 2;
    /// First day, or missing.
    pub const VALID_FROM: usize = 3;
    /// First day after it, or missing.
    pub const VALID_TO: usize = 4;
    /// Whether it is the last.
    pub const IS_CURRENT: usize = 5;
    /// Whether its dates are unknown.
    pub const DATE_UNKNOWN: usize = 6;
    /// Names of the slots, in order.
    pub const NAMES: [&str; 7] = ["state", "text", "sequence", "valid_from", "valid_to", "is_current", "date_unknown"];
}

/// A timeline.
#[derive(Debug)]
pub struct TimelinePlan {
    /// The child whose records are the entries.
    pub entries: usize,
    /// Slot of an entry's start.
    pub start: usize,
    /// Slot of an entry's end.
    pub end: usize,
    /// How entries become periods.
    pub kind: TimelineKindPlan,
    /// An entry without usable dates.
    pub undated: PhasePlan,
    /// Days that make a gap a period.
    pub gap_days: i32,
    /// State of a gap.
    pub gap_state: Bound,
    /// Text of a gap, with `{days}`.
    pub gap_text: String,
    /// The only period of a record that has no other.
    pub fallback: PhasePlan,
    /// Value that the last state is compared with.
    pub compare_with: Option<(Ref, usize)>,
    /// Counter of entries that start after the as-of date.
    pub not_begun: usize,
}

/// How entries become periods.
#[derive(Debug)]
pub enum TimelineKindPlan {
    /// Openings.
    Stages {
        /// On an entry's start.
        opens: PhasePlan,
        /// Slot of the entry that says whether its end opens a period.
        closes_when: usize,
        /// On an entry's end.
        closes: PhasePlan,
    },
    /// Coverage.
    Spans {
        /// From start to end.
        entry: PhasePlan,
        /// Length, state and text of the time before the first entry.
        lead_days: i32,
        /// State and text of that time.
        lead: PhasePlan,
        /// After the last entry.
        tail: PhasePlan,
    },
}

/// State and text of a period. References of an entry's phase are to the entry; of all others to the record.
#[derive(Debug)]
pub struct PhasePlan {
    /// State.
    pub state: Bound,
    /// Text.
    pub text: Bound,
}

/// The place of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ref {
    /// A slot of the record at hand.
    Own(usize),
    /// A slot of the record that it is made of.
    Parent(usize),
    /// The as-of date.
    AsOf,
}

/// A field or a constant.
#[derive(Debug, Clone, PartialEq)]
pub enum Bound {
    /// A field.
    Field(Ref),
    /// A constant.
    Constant(OwnedValue),
}

/// A field: an origin and steps.
#[derive(Debug)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Where its value comes from.
    pub origin: Origin,
    /// What is done to it.
    pub steps: Vec<Step>,
    /// Its type once the steps are done.
    pub kind: PropertyType,
    /// The value where there is none.
    pub default: Option<OwnedValue>,
}

/// Where a value comes from.
#[derive(Debug)]
pub enum Origin {
    /// A column of the row; `as_text` where the steps need a text.
    Column {
        /// Its place among the columns that are read.
        column: usize,
        /// Whether numbers are to be written as text.
        as_text: bool,
    },
    /// A member of the object.
    Member(String),
    /// Another field.
    Field(Ref),
    /// A constant.
    Constant(OwnedValue),
    /// Texts with fields in them.
    Template(Vec<Template>),
    /// The first that is there.
    FirstOf(Vec<Ref>),
    /// The smallest that is there.
    SmallestOf(Vec<Ref>),
    /// The first case that holds.
    Case(Vec<(Test, Bound)>, Option<Bound>),
    /// Whether a test holds.
    Test(Test),
    /// Number of a child's records.
    Count {
        /// The child.
        child: usize,
        /// Slot that must be true.
        filter: Option<usize>,
    },
    /// A slot of a child's first record.
    First {
        /// The child.
        child: usize,
        /// The slot.
        slot: usize,
        /// Slot that must be true.
        filter: Option<usize>,
    },
    /// How many are true.
    CountTrue(Vec<Ref>),
    /// Whether the object has one of these members.
    HasMember(Vec<String>),
    /// Days between two dates, in units.
    Span {
        /// First date.
        from: Ref,
        /// Last date.
        to: Ref,
        /// Length of a unit.
        unit_days: i32,
        /// The least that is given.
        minimum: i64,
    },
}

impl Origin {
    /// The fields that it reads.
    pub fn refs(&self) -> Vec<Ref> {
        let mut refs = Vec::new();
        let piece = |piece: &Piece| match piece {
            Piece::Field(field) => Some(*field),
            Piece::Literal(_) => None,
        };
        match self {
            Self::Field(field) => refs.push(*field),
            Self::FirstOf(fields) | Self::SmallestOf(fields) | Self::CountTrue(fields) => refs.extend(fields),
            Self::Template(templates) => {
                refs.extend(templates.iter().flat_map(|template| &template.0).filter_map(piece));
            }
            Self::Case(cases, otherwise) => {
                for (test, value) in cases {
                    test.refs(&mut refs);
                    value.refs(&mut refs);
                }
                if let Some(value) = otherwise {
                    value.refs(&mut refs);
                }
            }
            Self::Test(test) => test.refs(&mut refs),
            Self::Span { from, to, .. } => refs.extend([from, to]),
            Self::Column { .. }
            | Self::Member(_)
            | Self::Constant(_)
            | Self::Count { .. }
            | Self::First { .. }
            | Self::HasMember(_) => {}
        }
        refs
    }
}

impl Bound {
    fn refs(&self, refs: &mut Vec<Ref>) {
        if let Self::Field(field) = self {
            refs.push(*field);
        }
    }
}

impl Test {
    fn refs(&self, refs: &mut Vec<Ref>) {
        match self {
            Self::All(tests) | Self::Any(tests) => tests.iter().for_each(|test| test.refs(refs)),
            Self::Not(test) => test.refs(refs),
            Self::Present(field) | Self::True(field) | Self::Contains(field, _) | Self::StartsWith(field, _) => {
                refs.push(*field);
            }
            Self::Equals(field, bounds) => {
                refs.push(*field);
                bounds.iter().for_each(|bound| bound.refs(refs));
            }
            Self::AtLeast(field, bound)
            | Self::AtMost(field, bound)
            | Self::LessThan(field, bound)
            | Self::MoreThan(field, bound) => {
                refs.push(*field);
                bound.refs(refs);
            }
        }
    }
}

/// Pieces of a text.
#[derive(Debug)]
pub struct Template(pub Vec<Piece>);

/// A piece of a text.
#[derive(Debug)]
pub enum Piece {
    /// As it is.
    Literal(String),
    /// The value of a field.
    Field(Ref),
}

/// A keyword and the words that it must not follow.
pub type KeywordPlan = (String, Vec<String>);

/// A step. `usize` fields named `counter` are places in [`Resolved::counters`].
#[derive(Debug)]
pub enum Step {
    /// Blanks at both ends go.
    Trim,
    /// Texts that mean "no value" are missing.
    Nothing,
    /// Lower case.
    Lower,
    /// Upper case.
    Upper,
    /// NFKC.
    Nfkc,
    /// Case folding.
    CaseFold,
    /// Runs of blanks become one space.
    CollapseBlanks,
    /// A number or a day is written as text.
    ToText,
    /// Only these stay.
    Keep(CharSet),
    /// Runs of these become a text.
    ReplaceRuns(CharSet, String),
    /// These at the ends go.
    TrimOf(Vec<char>),
    /// The first class with a keyword in the text or in the other fields.
    Keywords {
        /// Other fields.
        also: Vec<Ref>,
        /// Class and its keywords, each with the words it must not follow.
        classes: Vec<(String, Vec<KeywordPlan>)>,
        /// Class of all else.
        otherwise: String,
    },
    /// The first class with a word of the text.
    Words {
        /// What stands between words.
        separator: String,
        /// Class and its words, each a list of neighbours.
        classes: Vec<(String, Vec<Vec<String>>)>,
        /// Class of all else.
        otherwise: String,
    },
    /// Anything else is missing.
    OneOf {
        /// What may stand.
        values: Vec<String>,
        /// Counter of all else.
        counter: usize,
    },
    /// Written as in the list, where it is there without regard to case.
    Spelling(Vec<String>),
    /// Looked up.
    Lookup {
        /// By slug.
        index: Arc<LookupIndex>,
        /// What stands before the slug of an unknown value.
        unknown_prefix: Option<String>,
        /// Whether an unknown value is expected, and so not counted.
        optional: bool,
        /// Counter of unknown values.
        counter: usize,
    },
    /// Slug.
    Slug,
    /// Hex digits of the SHA-256.
    Hash(usize),
    /// Read as a truth value.
    ToBoolean {
        /// Texts in lower case.
        true_values: Vec<String>,
        /// Texts in lower case.
        false_values: Vec<String>,
        /// Numbers that mean "no value".
        nothing: Vec<String>,
        /// Counter of all else.
        counter: usize,
    },
    /// Read as a whole number.
    ToInteger {
        /// Numbers that mean "no value".
        nothing: Vec<String>,
        /// Counter of all else.
        counter: usize,
    },
    /// Read as a number.
    ToFloat {
        /// Numbers that mean "no value".
        nothing: Vec<String>,
        /// Counter of all else.
        counter: usize,
    },
    /// Read as a day.
    ToDate {
        /// Days that mean "no value".
        nothing: Vec<i32>,
        /// Counter of all else.
        counter: usize,
    },
    /// Longer texts are missing.
    MaxBytes {
        /// The limit.
        bytes: usize,
        /// Counter.
        counter: usize,
    },
}

/// A condition.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// All hold.
    All(Vec<Test>),
    /// One holds.
    Any(Vec<Test>),
    /// It does not hold.
    Not(Box<Test>),
    /// There is a value.
    Present(Ref),
    /// It is true.
    True(Ref),
    /// It equals one of these.
    Equals(Ref, Vec<Bound>),
    /// It contains one of these.
    Contains(Ref, Vec<String>),
    /// It starts with one of these.
    StartsWith(Ref, Vec<String>),
    /// Not smaller.
    AtLeast(Ref, Bound),
    /// Not greater.
    AtMost(Ref, Bound),
    /// Smaller.
    LessThan(Ref, Bound),
    /// Greater.
    MoreThan(Ref, Bound),
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

/// What becomes of a record: one row of one table.
#[derive(Debug)]
pub struct Emit {
    /// The child whose records it is about; the record itself where absent.
    pub child: Option<usize>,
    /// Only records for which this holds.
    pub filter: Option<Test>,
    /// What is made.
    pub makes: Makes,
    /// Name of the target, for rejects and counts.
    pub target: String,
    /// Column that the key comes from, for rejects.
    pub column: String,
}

/// What is made.
#[derive(Debug)]
pub enum Makes {
    /// A node.
    Node {
        /// Place in [`Resolved::nodes`].
        table: usize,
        /// The key.
        key: Vec<Ref>,
        /// A value for each property of the table, the key among them.
        properties: Vec<Option<Ref>>,
        /// Counter of indexed texts that were too long.
        too_long: usize,
        /// Counter of records without a key, where one is expected.
        no_key: usize,
        /// Which records are expected to have a key.
        expect_key: ExpectKey,
    },
    /// A relationship.
    Relationship {
        /// Place in [`Resolved::relationships`].
        table: usize,
        /// Key of the start node.
        start: Vec<Ref>,
        /// Key of the end node.
        end: Vec<Ref>,
        /// A value for each property of the table.
        properties: Vec<Option<Ref>>,
        /// Counter of those whose end node does not exist.
        no_end: usize,
        /// Counter of those that repeat another one's identity.
        repeated: usize,
    },
}

/// Which records are expected to have a key, so that one without is counted.
#[derive(Debug)]
pub enum ExpectKey {
    /// All.
    Always,
    /// None.
    Never,
    /// Those for which this holds.
    If(Test),
}

/// A node table.
#[derive(Debug)]
pub struct NodePlan {
    /// Its name.
    pub table: String,
    /// Labels.
    pub labels: Vec<String>,
    /// Number of key properties: they come first.
    pub key: usize,
    /// All properties.
    pub properties: Vec<Property>,
    /// Whether each property is in an index or constraint.
    pub indexed: Vec<bool>,
    /// Whether its rows come out in order and once each, so that nothing has to be remembered.
    pub streams: bool,
    /// Properties chosen together, and whether by votes. The key is in none.
    pub choices: Vec<Choice>,
    /// Whether all its nodes stand in the mapping.
    pub inline: bool,
}

/// Properties chosen as one value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Places among the properties.
    pub properties: Vec<usize>,
    /// By votes; else the first that is there.
    pub by_votes: bool,
}

/// A relationship table.
#[derive(Debug)]
pub struct RelationshipPlan {
    /// Its name.
    pub table: String,
    /// Type.
    pub rel_type: String,
    /// Start node.
    pub start: EndPoint,
    /// End node.
    pub end: EndPoint,
    /// Places of its ends among the node tables.
    pub start_table: usize,
    /// Places of its ends among the node tables.
    pub end_table: usize,
    /// Properties that tell two of one pair apart.
    pub identity: Vec<usize>,
    /// All properties.
    pub properties: Vec<Property>,
    /// What upsert does with vanished ones.
    pub on_upsert: OnUpsert,
    /// Whether each start node's relationships come out together, so that nothing has to be remembered.
    pub streams: bool,
    /// How it is known that the ends exist.
    pub start_check: EndCheck,
    /// How it is known that the ends exist.
    pub end_check: EndCheck,
}

/// How it is known that an end of a relationship exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndCheck {
    /// The same record makes the node.
    Proven,
    /// The node table is complete before the scan: looked up at once.
    Inline,
    /// Looked up when all tables have been scanned.
    AfterScan,
}
