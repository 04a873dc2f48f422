//! Timelines, as typed: which entries they are made of, and what each of their phases says.
//!
//! In: `derive.timeline` of a source. Out: plain structures. Both kinds share them, so the phases of the other kind are
//! optional here; `resolve` must never let one kind run with the phases of the other.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Operand;

/// A timeline: dated entries become periods that follow each other.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TimelineSpec {
    /// How entries become periods.
    pub kind: TimelineKind,
    /// The source whose records are the entries.
    pub entries: String,
    /// Date field of an entry.
    pub start: String,
    /// Date field of an entry.
    pub end: String,
    /// Stages: what begins on an entry's start.
    #[serde(default)]
    pub opens: Option<Phase>,
    /// Stages: what begins on an entry's end.
    #[serde(default)]
    pub closes: Option<ClosingPhase>,
    /// Spans: what lasts from an entry's start to its end.
    #[serde(default)]
    pub entry: Option<Phase>,
    /// An entry without usable dates.
    pub undated: Phase,
    /// Spans: what comes before the first entry.
    #[serde(default)]
    pub lead: Option<LeadPhase>,
    /// What stands between two entries that are far apart; `{days}` in the text is the length.
    pub gap: GapPhase,
    /// Spans: what follows the last entry.
    #[serde(default)]
    pub tail: Option<Phase>,
    /// The only period of a record that has no other.
    pub fallback: Phase,
    /// Field of the record that the last period's state is compared with, and differences counted.
    #[serde(default)]
    pub compare_with: Option<String>,
}

/// How entries become periods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TimelineKind {
    /// An entry opens one state on its start and perhaps another on its end; the latest opening rules.
    Stages,
    /// An entry rules from its start to its end; the one that started last rules.
    Spans,
}

/// State and text of a period.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Phase {
    /// The state.
    pub state: Operand,
    /// Text for people.
    pub text: Operand,
}

/// State and text of a period that begins on an entry's end.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClosingPhase {
    /// Boolean field of the entry: whether its end begins a period.
    pub when: String,
    /// The state.
    pub state: Operand,
    /// Text for people.
    pub text: Operand,
}

/// State and text of the time before the first entry.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LeadPhase {
    /// Its length.
    pub days: i32,
    /// The state.
    pub state: Operand,
    /// Text for people.
    pub text: Operand,
}

/// State and text of a gap.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GapPhase {
    /// A gap of more days than this is a period.
    pub longer_than_days: i32,
    /// The state.
    pub state: Operand,
    /// Text for people; `{days}` stands for the length.
    pub text: String,
}
