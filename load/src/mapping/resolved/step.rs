//! Steps: what is done to the value of a field, one after the other.
//!
//! In: from `resolve`, in the order in which they are done whatever their order in the file. Out: to staging. A step that
//! gives a value up counts it, unless the mapping says that such values are expected; it must never change one in silence.

use crate::graph_table::manifest::PropertyType;
use std::sync::Arc;

use super::field::Ref;
use crate::mapping::lookup::LookupIndex;
use crate::stage::text::CharSet;

/// A keyword, its case folded, and the words that it must not follow.
pub type KeywordPlan = (String, Vec<String>);

/// A step. `usize` fields named `counter` are places in [`Resolved::counters`](super::Resolved::counters).
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
    /// The pieces of the text, as a list.
    Split {
        /// What stands between two pieces.
        by: String,
        /// Whether blanks at both ends of a piece go.
        trim: bool,
        /// Whether empty pieces go.
        drop_empty: bool,
        /// Whether a piece that is there already goes.
        distinct: bool,
    },
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
    /// Read as a value of another type.
    ToTyped {
        /// The type.
        kind: PropertyType,
        /// Counter of what cannot be read.
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

impl Step {
    /// The counter of the values that it gives up; none where it always has something to give.
    pub fn gives_up(&self) -> Option<usize> {
        match self {
            Self::OneOf { counter, .. }
            | Self::Lookup { unknown_prefix: None, optional: false, counter, .. }
            | Self::ToBoolean { counter, .. }
            | Self::ToInteger { counter, .. }
            | Self::ToFloat { counter, .. }
            | Self::ToDate { counter, .. }
            | Self::ToTyped { counter, .. }
            | Self::MaxBytes { counter, .. } => Some(*counter),
            _ => None,
        }
    }

    /// The fields that it reads beside its own.
    pub(super) fn refs(&self) -> &[Ref] {
        match self {
            Self::Keywords { also, .. } => also,
            _ => &[],
        }
    }
}
