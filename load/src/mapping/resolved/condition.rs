//! Conditions: what is compared, how, and which fields that reads.
//!
//! In: from `resolve`, which has checked that both sides are of one type. Out: to staging, which asks each for a record.
//! A condition must never read a field that its list of fields does not name.

use super::field::Ref;
use crate::stage::value::OwnedValue;

/// A field or a constant.
#[derive(Debug, Clone, PartialEq)]
pub enum Bound {
    /// A field.
    Field(Ref),
    /// A constant.
    Constant(OwnedValue),
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

impl Bound {
    /// Adds the fields that it reads.
    pub(super) fn add_refs(&self, refs: &mut Vec<Ref>) {
        if let Self::Field(field) = self {
            refs.push(*field);
        }
    }
}

impl Test {
    /// The fields that it reads.
    pub fn refs(&self) -> Vec<Ref> {
        let mut refs = Vec::new();
        self.add_refs(&mut refs);
        refs
    }

    /// Adds the fields that it reads.
    pub(super) fn add_refs(&self, refs: &mut Vec<Ref>) {
        match self {
            Self::All(tests) | Self::Any(tests) => tests.iter().for_each(|test| test.add_refs(refs)),
            Self::Not(test) => test.add_refs(refs),
            Self::Present(field) | Self::True(field) | Self::Contains(field, _) | Self::StartsWith(field, _) => {
                refs.push(*field);
            }
            Self::Equals(field, bounds) => {
                refs.push(*field);
                bounds.iter().for_each(|bound| bound.add_refs(refs));
            }
            Self::AtLeast(field, bound)
            | Self::AtMost(field, bound)
            | Self::LessThan(field, bound)
            | Self::MoreThan(field, bound) => {
                refs.push(*field);
                bound.add_refs(refs);
            }
        }
    }
}
