//! The words for a field of a source: where its value comes from and the steps it goes through, in this order:
//! origin, `clean`, `keywords` or `words`, `one_of`, `spelling`, `lookup`, `slug`, `hash`, `split`, `type` with `nothing`,
//! `max_bytes`, `default`.
//!
//! In: YAML or JSON. Out: plain structures. A step that throws a value away counts it, by field and reason, unless `on_error`
//! says that its record is rejected, or that the load ends.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use super::spec::Operand;
use crate::graph_table::manifest::PropertyType;

/// One field, as typed.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FieldSpec {
    // Origins: exactly one.
    /// A column of the table.
    #[serde(default)]
    pub column: Option<String>,
    /// A member of the exploded object, or the item of a split.
    #[serde(default)]
    pub from: Option<String>,
    /// Another field of this source, or of the one it is made of.
    #[serde(default)]
    pub field: Option<String>,
    /// A constant.
    #[serde(default)]
    pub value: Option<Operand>,
    /// Texts with `{field}` in them: the first whose fields are all there.
    #[serde(default)]
    pub template: Option<OneOrMany<String>>,
    /// The first of these fields that is there.
    #[serde(default)]
    pub first_of: Option<Vec<String>>,
    /// The smallest of these fields that are there.
    #[serde(default)]
    pub smallest_of: Option<Vec<String>>,
    /// The first case whose condition holds, or `else`.
    #[serde(default)]
    pub case: Option<Vec<Case>>,
    /// The value where no case holds.
    #[serde(default, rename = "else")]
    pub otherwise: Option<Operand>,
    /// Whether a condition holds.
    #[serde(default)]
    pub test: Option<Condition>,
    /// Records of a source made of this one.
    #[serde(default)]
    pub count: Option<CountSpec>,
    /// A field of the first record of a source made of this one.
    #[serde(default)]
    pub first: Option<FirstSpec>,
    /// How many of these fields are true.
    #[serde(default)]
    pub count_true: Option<Vec<String>>,
    /// Whether the exploded object has one of these members, whatever its value.
    #[serde(default)]
    pub has_member: Option<Vec<String>>,
    /// Time between two dates; missing where one is or they are out of order.
    #[serde(default)]
    pub span: Option<SpanSpec>,

    // Steps.
    /// Steps on text, in order.
    #[serde(default)]
    pub clean: Vec<CleanStep>,
    /// The first class with a keyword in the text.
    #[serde(default)]
    pub keywords: Option<KeywordsSpec>,
    /// The first class with a word, or several neighbouring ones, of the text.
    #[serde(default)]
    pub words: Option<WordsSpec>,
    /// Anything else is missing, and counted.
    #[serde(default)]
    pub one_of: Option<Vec<String>>,
    /// Matched without case and written as here; anything else is kept.
    #[serde(default)]
    pub spelling: Option<Vec<String>>,
    /// A value of a lookup table.
    #[serde(default)]
    pub lookup: Option<LookupUse>,
    /// Slug of the text.
    #[serde(default)]
    pub slug: bool,
    /// First hex digits of the SHA-256 of the text.
    #[serde(default)]
    pub hash: Option<usize>,
    /// The pieces of the text, as a list.
    #[serde(default)]
    pub split: Option<SplitSpec>,
    /// Type to read the text as; what cannot be read is missing, and counted.
    #[serde(default, rename = "type")]
    pub kind: Option<FieldType>,
    /// Values of that type that mean "no value".
    #[serde(default)]
    pub nothing: Vec<Scalar>,
    /// Texts read as true, besides the usual.
    #[serde(default)]
    pub true_values: Vec<String>,
    /// Texts read as false, besides the usual.
    #[serde(default)]
    pub false_values: Vec<String>,
    /// A longer text is missing, and counted.
    #[serde(default)]
    pub max_bytes: Option<usize>,
    /// The value where there is none.
    #[serde(default)]
    pub default: Option<Operand>,
    /// What becomes of a value that `one_of`, `lookup`, `type` or `max_bytes` gives up.
    #[serde(default)]
    pub on_error: OnError,
}

/// What becomes of a value that a step gives up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnError {
    /// It is missing, and counted.
    #[default]
    Missing,
    /// Its record is rejected.
    Reject,
    /// The load ends.
    Fail,
}

/// How a text becomes a list.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SplitSpec {
    /// What stands between two pieces.
    pub by: String,
    /// Whether blanks at both ends of a piece go.
    #[serde(default = "yes")]
    pub trim: bool,
    /// Whether empty pieces go.
    #[serde(default = "yes")]
    pub drop_empty: bool,
    /// Whether a piece that is there already goes.
    #[serde(default)]
    pub distinct: bool,
}

fn yes() -> bool {
    true
}

/// Type of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FieldType {
    /// Text as it is.
    Text,
    /// `1/0`, `true/false`, `yes/no`, `y/n`, in any case.
    Boolean,
    /// A whole number of 64 bits, also written as `12.0`.
    Integer,
    /// A finite number.
    Float,
    /// `YYYY-MM-DD`, alone or followed by `T` or a blank and anything.
    Date,
    /// Any other type of a property, by its name in the specification.
    #[serde(untagged)]
    Other(PropertyType),
}

/// A scalar of YAML.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Scalar {
    /// A whole number.
    Integer(i64),
    /// A number.
    Float(f64),
    /// A text.
    Text(String),
}

/// One value or a list.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum OneOrMany<T> {
    /// One.
    One(T),
    /// Several.
    Many(Vec<T>),
}

impl<T> OneOrMany<T> {
    /// All of them.
    pub fn as_slice(&self) -> &[T] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }
}

/// One case.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Condition.
    pub when: Condition,
    /// Value.
    pub value: Operand,
}

/// Counts records.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CountSpec {
    /// The source.
    pub of: String,
    /// Boolean field of its records; all of them where absent.
    #[serde(default, rename = "where")]
    pub filter: Option<String>,
}

/// Takes a field of the first record.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FirstSpec {
    /// The source.
    pub of: String,
    /// The field.
    pub field: String,
    /// Boolean field of its records; the first of all where absent.
    #[serde(default, rename = "where")]
    pub filter: Option<String>,
}

/// Time between two dates.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SpanSpec {
    /// Date field.
    pub from: String,
    /// Date field.
    pub to: String,
    /// Length of one unit in days: 1, or 30 for months.
    pub unit_days: i32,
    /// The least that is given.
    #[serde(default)]
    pub minimum: i64,
}

/// A step on text.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CleanStep {
    /// Blanks at both ends go.
    Trim,
    /// Texts that mean "no value" (`config.nothing`) are missing, without being counted.
    Nothing,
    /// Lower case.
    Lower,
    /// Upper case.
    Upper,
    /// Unicode NFKC.
    Nfkc,
    /// Unicode case folding.
    CaseFold,
    /// Blanks at both ends go, each run of blanks is one space.
    CollapseBlanks,
    /// Only these characters stay: `letters`, `digits`, `marks`, `blanks`, `hyphens`, or listed ones.
    Keep(Vec<String>),
    /// Each run of these characters becomes `with`.
    ReplaceRuns {
        /// The characters.
        of: Vec<String>,
        /// What replaces a run.
        with: String,
    },
    /// These characters at either end go.
    TrimOf(String),
}

/// Classes by keyword: a keyword counts where neither neighbour is a letter or digit, in any case.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeywordsSpec {
    /// Further fields whose texts are searched as well.
    #[serde(default)]
    pub also: Vec<String>,
    /// Classes, in order.
    pub classes: IndexMap<String, Vec<Keyword>>,
    /// Class of all else.
    #[serde(rename = "else")]
    pub otherwise: String,
}

/// A keyword, perhaps with words that it must not follow.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Keyword {
    /// Anywhere.
    Word(String),
    /// Not after one of these words.
    NotAfter {
        /// The keyword.
        word: String,
        /// The words.
        not_after: Vec<String>,
    },
}

/// Classes by whole words.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WordsSpec {
    /// What stands between two words of the text.
    pub separator: String,
    /// Classes, in order; a word of two parts with a blank between means two neighbouring words.
    pub classes: IndexMap<String, Vec<String>>,
    /// Class of all else.
    #[serde(rename = "else")]
    pub otherwise: String,
}

/// Use of a lookup table.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LookupUse {
    /// Name in `config.lookups`.
    #[serde(rename = "in")]
    pub table: String,
    /// Column compared with the value, as slugs without `-`.
    pub by: String,
    /// Column taken, of the first line that matches.
    pub get: String,
    /// What an unknown value becomes: this before its slug. Missing where absent. Counted and listed in either case.
    #[serde(default)]
    pub unknown_prefix: Option<String>,
    /// An unknown value is expected, or counted elsewhere: it is not counted here.
    #[serde(default)]
    pub optional: bool,
}

/// A condition on fields.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// All of these hold.
    #[serde(default)]
    pub all: Option<Vec<Condition>>,
    /// One of these holds.
    #[serde(default)]
    pub any: Option<Vec<Condition>>,
    /// This does not hold.
    #[serde(default)]
    pub not: Option<Box<Condition>>,
    /// A field has a value.
    #[serde(default)]
    pub present: Option<String>,
    /// A field has none.
    #[serde(default)]
    pub absent: Option<String>,
    /// A boolean field is true.
    #[serde(default, rename = "true")]
    pub is_true: Option<String>,
    /// The field that the following compare; a missing one never holds.
    #[serde(default)]
    pub field: Option<String>,
    /// Equal to one of these.
    #[serde(default)]
    pub equals: Option<OneOrMany<Operand>>,
    /// A text that contains one of these.
    #[serde(default)]
    pub contains: Option<OneOrMany<String>>,
    /// A text that starts with one of these.
    #[serde(default)]
    pub starts_with: Option<OneOrMany<String>>,
    /// Not smaller.
    #[serde(default)]
    pub at_least: Option<Operand>,
    /// Not greater.
    #[serde(default)]
    pub at_most: Option<Operand>,
    /// Smaller.
    #[serde(default)]
    pub less_than: Option<Operand>,
    /// Greater.
    #[serde(default)]
    pub more_than: Option<Operand>,
}
