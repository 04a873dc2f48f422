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
    /// What it asks of its values; absent where one that a step gives up is just missing.
    pub strict: Option<Box<Strict>>,
}

/// What a field asks of its values, where one that a step gives up is more than missing.
#[derive(Debug)]
pub struct Strict {
    /// Whether such a value ends the load; it rejects its record otherwise.
    pub ends_load: bool,
    /// Column that the value comes from, for messages.
    pub column: String,
    /// Whether its record is joined, chosen or told apart by it, so that it is judged before that.
    pub decides: bool,
}

impl Field {
    /// The fields that its origin and its steps read.
    pub fn refs(&self) -> Vec<Ref> {
        let mut refs = self.origin.refs();
        refs.extend(self.steps.iter().flat_map(|step| step.refs()).copied());
        refs
    }
}

/// The slots that these slots need, they themselves included, in the order of computation. `fields` stand behind `own_slots`
/// that are filled otherwise; those are left out.
pub fn needed_slots(fields: &[Field], own_slots: usize, wanted: impl IntoIterator<Item = usize>) -> Vec<usize> {
    let mut needed: Vec<usize> = wanted.into_iter().collect();
    let mut at = 0;
    while let Some(slot) = needed.get(at) {
        for need in slot.checked_sub(own_slots).into_iter().flat_map(|place| fields[place].refs()) {
            if let Ref::Own(slot) = need
                && !needed.contains(&slot)
            {
                needed.push(slot);
            }
        }
        at += 1;
    }
    needed.retain(|slot| *slot >= own_slots);
    needed.sort_unstable();
    needed.dedup();
    needed
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
