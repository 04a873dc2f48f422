//! Timelines (GRAPH.md): a learner's entries come in as days, periods go out, each with what it came of. No text, no
//! state and no clock is in here: "today" is the as-of day, and the caller says what a period is called.
//!
//! Entries are in entry order, equal ones once. The caller numbers the periods in the order given, marks the last as
//! current, and makes the fallback period where there is none. A period without `from` has an unknown date.

pub mod spans;
pub mod stages;

use super::date::Day;

/// A stretch of days, half open: `from` belongs to it, `to` is the first day after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period<O> {
    pub origin: O,
    /// None where the date is unknown; then there is no `to` either.
    pub from: Option<Day>,
    /// None where the period goes on.
    pub to: Option<Day>,
}

impl<O> Period<O> {
    fn undated(origin: O) -> Self {
        Self { origin, from: None, to: None }
    }
}

/// Appends a period for each opening: each lasts until the next one, so that no hole is left, the last until its own end.
fn append_dated<O>(periods: &mut Vec<Period<O>>, openings: Vec<(Day, O)>, last_end: Option<Day>) {
    let ends: Vec<Option<Day>> =
        openings.iter().skip(1).map(|(day, _)| Some(*day)).chain(std::iter::once(last_end)).collect();
    periods.extend(openings.into_iter().zip(ends).map(|((from, origin), to)| Period { origin, from: Some(from), to }));
}

#[cfg(test)]
mod drawing {
    use super::{Day, Period};
    use crate::stage::date::{parse_date, to_iso};

    /// The as-of day of the worked examples.
    pub const AS_OF: &str = "2026-11-22";

    /// A day of an example: a year alone is its 1 January, `-` is none.
    pub fn day(text: &str) -> Option<Day> {
        match text {
            "-" => None,
            year if year.len() == 4 => Some(parse_date(&format!("{year}-01-01")).expect("a year")),
            date => Some(parse_date(date).expect("a date")),
        }
    }

    /// Periods as lines: what it came of, from, to.
    pub fn lines<O: std::fmt::Debug>(periods: &[Period<O>]) -> Vec<String> {
        let written = |day: Option<Day>| day.map_or_else(|| "-".to_owned(), to_iso);
        periods.iter().map(|p| format!("{:?} {} {}", p.origin, written(p.from), written(p.to))).collect()
    }
}
