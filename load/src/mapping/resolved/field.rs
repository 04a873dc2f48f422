//! Fields: where a value comes from, what is done to it, and its place.
//!
//! In: from `resolve`, each field after those that it needs. Out: to staging, which computes them in that order, and back to
//! `resolve`, which asks what a field reads to know whether it needs a child. [`Origin::refs`] must never leave one out: a
//! field would then be computed before what it is made of.

use super::condition::{Bound, Test};
use super::step::Step;
use crate::graph_table::manifest::PropertyType;
use crate::stage::value::OwnedValue;

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
                    test.add_refs(&mut refs);
                    value.add_refs(&mut refs);
                }
                if let Some(value) = otherwise {
                    value.add_refs(&mut refs);
                }
            }
            Self::Test(test) => test.add_refs(&mut refs),
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
