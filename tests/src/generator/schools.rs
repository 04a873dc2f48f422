//! Institutions and the schooling of a learner (`education_details`), with the lists that the profile's own columns use.
//! In: the choices of a row. Out: the JSON cell; `[]` in 93.7 % of all rows.

use super::calendar::Calendar;
use super::chance::{Chance, Weights, scatter};
use super::json::Array;
use super::words::{SCHOOL_KINDS, SCHOOL_NAMES, STUDY_FIELDS};

/// Names to draw from; at full size nearly all of them are drawn (28,595 are in the real table).
const INSTITUTIONS: usize = 30_000;

/// Levels as the platform's form offers them, by weight. [`level`] bends the case of some.
const LEVELS: [(&str, f64); 12] = [
    ("Bachelor's degree or equivalent", 40.0),
    ("Currently Enrolled At University/College", 18.0),
    (
        "Completed secondary school or equivalent and earned a secondary or final national examination certificate.",
        15.0,
    ),
    ("University Diploma or equivalent", 9.0),
    ("Bachelor'S Degree", 5.0),
    ("Master's degree", 4.0),
    ("High School", 3.0),
    ("Associate Degree", 1.5),
    ("Professional Certificate", 1.5),
    ("PhD", 0.3),
    ("n/a", 2.5),
    ("Vocational training", 0.2),
];

/// Weights of the institutions.
pub struct Schools(Weights);

impl Schools {
    /// Ready to draw.
    pub fn new() -> Self {
        Self(Weights::zipf(INSTITUTIONS, 200.0))
    }

    /// The cell of a learner who has entries.
    pub fn history(&self, chance: &mut Chance, days: &Calendar) -> Option<String> {
        if chance.share(0.937) {
            return None;
        }
        let mut count = 1;
        while count < 11 && chance.share(0.35) {
            count += 1;
        }
        let mut array = Array::new(count * 260);
        let mut start = chance.between(Calendar::number(2004, 1, 1), Calendar::number(2020, 12, 31));
        for place in 1..=count {
            let end = start + chance.between(300, 1_900);
            array.object().string("index", &place.to_string()).string("institution_name", &self.institution(chance));
            array.string("start_date", if chance.share(0.03) { "1970-01-01" } else { days.text(start) });
            array.string("end_date", if chance.share(0.08) { "9999-12-31" } else { days.text(end) });
            array.string("field_of_study", chance.of(&STUDY_FIELDS)).string("level_of_study", &level(chance));
            array.string("graduated", if chance.share(0.6) { "1" } else { "0" });
            start = end + chance.between(30, 500);
        }
        Some(array.finish())
    }

    fn institution(&self, chance: &mut Chance) -> String {
        let rank = chance.weighted(&self.0);
        let bits = scatter(rank as u64 ^ 0x5c00);
        let (first, kind) =
            (SCHOOL_NAMES[rank % SCHOOL_NAMES.len()], SCHOOL_KINDS[(bits >> 9) as usize % SCHOOL_KINDS.len()]);
        match rank / SCHOOL_NAMES.len() {
            0 => format!("{first} {kind}"),
            // The number keeps names apart that would else repeat: "Moi College No. 17".
            round => format!("{first} {} {kind} No. {round}", SCHOOL_NAMES[(bits >> 29) as usize % SCHOOL_NAMES.len()]),
        }
    }
}

/// A level of study, in varying case.
pub fn level(chance: &mut Chance) -> String {
    let level = chance.by_weight(&LEVELS);
    match chance.place(20) {
        0 => level.to_uppercase(),
        1 | 2 => level.to_lowercase(),
        _ => level.to_owned(),
    }
}
