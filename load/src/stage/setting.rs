//! What every record of a load has in common: the mapping, the days that count, the texts that mean "no value".
//!
//! In: a resolved mapping and the as-of date. Out: answers that fields ask for again and again, sorted out once. Nothing here
//! depends on a row.

use super::date::{Day, day_of};
use super::text::trimmed;
use crate::mapping::resolved::Resolved;

/// What every record of a load has in common.
pub struct Setting<'m> {
    /// The mapping.
    pub mapping: &'m Resolved,
    /// "Today".
    pub as_of: Day,
    /// The first day that is taken as a date, and the last.
    pub days: (Day, Day),
    /// Texts that mean "no value".
    nothing: Nothing<'m>,
}

impl<'m> Setting<'m> {
    /// A setting in which dates of the mapping's years are taken.
    pub fn new(mapping: &'m Resolved, as_of: jiff::civil::Date) -> Self {
        let days = mapping.years.map_or((Day::MIN, Day::MAX), |years| {
            let last = as_of.year().saturating_add(years.after_as_of).clamp(0, 9_999);
            (day_of(jiff::civil::date(years.first.clamp(0, 9_999), 1, 1)), day_of(jiff::civil::date(last, 12, 31)))
        });
        Self { mapping, as_of: day_of(as_of), days, nothing: Nothing::new(&mapping.nothing) }
    }
}

/// The texts that mean "no value", sorted out once: almost every text of a table is held against them.
struct Nothing<'m> {
    ascii: Vec<&'m str>,
    /// The length of the longest of them.
    longest: usize,
    others: Vec<&'m str>,
}

impl<'m> Nothing<'m> {
    fn new(texts: &'m [String]) -> Self {
        let (ascii, others): (Vec<&str>, Vec<&str>) =
            texts.iter().map(String::as_str).partition(|text| text.is_ascii());
        Self { longest: ascii.iter().map(|text| text.len()).max().unwrap_or_default(), ascii, others }
    }

    fn has(&self, text: &str) -> bool {
        (text.len() <= self.longest && self.ascii.iter().any(|nothing| nothing.eq_ignore_ascii_case(text)))
            || (!self.others.is_empty() && !text.is_ascii() && self.others.contains(&text.to_lowercase().as_str()))
    }
}

/// Whether a text means "no value", blanks around it aside.
pub fn is_nothing(text: &str, setting: &Setting<'_>) -> bool {
    setting.nothing.has(trimmed(text))
}
