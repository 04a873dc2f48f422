//! Timelines: the slots that a period fills, and the state and text of each phase.
//!
//! In: from `resolve`, which has checked that starts and ends are dates and that states and texts are texts. Out: to the
//! staging of periods. The order of the slots and the list of their names must never differ.

use super::condition::Bound;
use super::field::Ref;

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
