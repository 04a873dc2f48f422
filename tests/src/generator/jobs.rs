//! Organisations, jobs and placements (`employment_details`, `placement_details`).
//! In: the choices of a row. Out: JSON cells with histories as people have them: gaps, overlaps, jobs without a date, jobs
//! that go on. About half of the organisation names occur once: people write what they like.

use super::calendar::{Calendar, EXPORT_DAY};
use super::chance::{Chance, Weights, scatter};
use super::json::Array;
use super::words::{JOB_TITLES, ORGANISATION_FIRSTS, ORGANISATION_SECONDS, ORGANISATION_THIRDS, ORGANISATIONS};

/// Names that many people share; the rest of the jobs are at names of their own.
const SHARED: usize = 80_000;
const OWN_SHARE: f64 = 0.45;

/// Weights of the shared organisations.
pub struct Jobs {
    shared: Weights,
}

impl Jobs {
    /// Ready to draw.
    pub fn new() -> Self {
        Self { shared: Weights::zipf(SHARED, 12.0) }
    }

    /// The cell: `[]` in 82 %, else 1 to 14 jobs. `at_home` is the learner's country.
    pub fn history(&self, chance: &mut Chance, days: &Calendar, at_home: &str) -> Option<String> {
        if chance.share(0.82) {
            return None;
        }
        let mut count = 1;
        while count < 14 && chance.share(0.685) {
            count += 1;
        }
        let mut spans: Vec<(i64, Option<i64>)> = Vec::with_capacity(count);
        let mut start = chance.between(Calendar::number(2008, 1, 1), Calendar::number(2023, 12, 31));
        for _ in 0..count {
            start = start.min(EXPORT_DAY - 10);
            let longest = if chance.share(0.3) { 1_800 } else { 500 };
            let length = chance.between(30, longest);
            let end = start + length;
            spans.push((start, (end < EXPORT_DAY).then_some(end)));
            // One in four starts before the last one has ended, one in four follows at once, the others leave a gap.
            start += match chance.place(4) {
                0 => chance.between(1, length),
                1 => length,
                _ => length + chance.between(2, 400),
            };
        }
        if chance.share(0.7) {
            spans.reverse();
        }
        let mut array = Array::new(count * 240);
        for (place, (start, end)) in spans.into_iter().enumerate() {
            self.write(&mut array, place, start, end, chance, days, at_home);
        }
        Some(array.finish())
    }

    #[expect(clippy::too_many_arguments, reason = "one call, and each is a thing of its own")]
    fn write(
        &self,
        array: &mut Array,
        place: usize,
        start: i64,
        end: Option<i64>,
        chance: &mut Chance,
        days: &Calendar,
        at_home: &str,
    ) {
        let start_text = match chance.place(1_000) {
            0..14 => "1970-01-01",
            14..40 => "n/a",
            _ => days.text(start),
        };
        let end_text = match end {
            Some(_) if chance.share(0.02) => "n/a",
            Some(end) => days.text(end),
            None => chance.by_weight(&[("9999-12-31", 6.0), ("n/a", 3.0), ("", 1.0)]),
        };
        let months = end.map_or(-99, |end| (end - start) / 30);
        let years = if months < 0 { "-99".to_owned() } else { format!("{}.{}", months / 12, months % 12 * 10 / 12) };
        let title = if chance.share(0.03) { "n/a" } else { chance.of(&JOB_TITLES) };
        array
            .object()
            .string("index", &(place + 1).to_string())
            .string("organisation_name", &self.organisation(chance));
        array.string("start_date", start_text).string("end_date", end_text);
        array.string("country", if chance.share(0.15) { "n/a" } else { at_home }).string("job_title", title);
        array.string("is_current", if end.is_none() { "1" } else { "0" }).string("duration_in_years", &years);
    }

    /// A name as people write it: 5 % mean nothing, some shout, some leave blanks.
    pub fn organisation(&self, chance: &mut Chance) -> String {
        if chance.share(0.05) {
            return chance.by_weight(&[("n/a", 7.0), ("N/A", 1.0), ("none", 1.0), ("", 1.0)]).to_owned();
        }
        let name = if chance.share(OWN_SHARE) {
            invented(chance.bits(), true)
        } else {
            let rank = chance.weighted(&self.shared);
            ORGANISATIONS.get(rank).map_or_else(|| invented(scatter(rank as u64), false), |known| (*known).to_owned())
        };
        match chance.place(100) {
            0..4 => name.to_uppercase(),
            4..7 => name.to_lowercase(),
            7..9 => format!("{name} "),
            9 => name.replace(' ', "  "),
            _ => name,
        }
    }

    /// The cell: `[]` in 96.1 %, else a wage (3.3 % of all rows) or a venture.
    pub fn placement(&self, chance: &mut Chance, days: &Calendar) -> Placement {
        let drawn = chance.between(0, 999);
        if drawn >= 39 {
            return Placement::None;
        }
        let start = days.text(chance.between(Calendar::number(2018, 1, 1), EXPORT_DAY));
        let mut array = Array::new(260);
        if drawn >= 33 {
            array.object().string("business_name", &self.organisation(chance)).string("job_start_date", start);
            array.bare("jobs_created_to_date", &chance.between(0, 25).to_string());
            array.bare("capital_secured_todate", &format!("{}.0", chance.between(0, 200) * 500));
            array.bare("female_opp_todate", &chance.between(0, 12).to_string());
            return Placement::Venture(array.finish());
        }
        let kind = chance.by_weight(&[
            ("Full-time", 6.0),
            ("Part-time", 2.0),
            ("Contract", 1.0),
            ("Internship", 2.0),
            ("n/a", 0.5),
        ]);
        let salary = chance.by_weight(&[
            ("n/a", 4.0),
            ("$0 - $250", 3.0),
            ("$251 - $500", 2.0),
            ("$501 - $1,000", 1.0),
            ("-99", 0.5),
        ]);
        array.object().string("employment_type", kind).string("job_start_date", start);
        array.string("organisation_name", &self.organisation(chance)).string("salary_range", salary);
        array.string("job_title", chance.of(&JOB_TITLES));
        Placement::Wage(array.finish())
    }
}

/// What a row's placement is.
pub enum Placement {
    /// No entry.
    None,
    /// Employed, with the cell.
    Wage(String),
    /// Runs a venture, with the cell.
    Venture(String),
}

fn invented(bits: u64, own: bool) -> String {
    let pick = |list: &[&'static str], shift: u32| list[(bits >> shift) as usize % list.len()];
    let mut name = format!("{} {}", pick(&ORGANISATION_FIRSTS, 3), pick(&ORGANISATION_SECONDS, 17));
    // A name of one's own has a second part before the trade: enough names that they hardly repeat.
    if own || bits.is_multiple_of(2) {
        name = format!(
            "{} {}{name}",
            pick(&ORGANISATION_FIRSTS, 29),
            if own { pick(&["", "& ", "de ", "van "], 53) } else { "" }
        );
    }
    let third = pick(&ORGANISATION_THIRDS, 41);
    if !third.is_empty() {
        name.push(' ');
        name.push_str(third);
    }
    name
}
