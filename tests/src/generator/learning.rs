//! Programs, cohorts and the one enrolment that an ordinary learner has (`learning_details`).
//! In: the choices of a row. Out: the JSON cell, and the status that the flags of the row must agree with.

use super::calendar::{Calendar, EXPORT_DAY};
use super::chance::{Chance, Weights};
use super::json::Array;

/// Program, prefix of its cohort codes, number of cohorts, first cohort's start, days from cohort to cohort, days it lasts.
type Program = (&'static str, &'static str, usize, i64, i64, i64);

const PROGRAMS: [Program; 26] = [
    ("Virtual Assistant", "VA", 10, Calendar::number(2022, 9, 5), 62, 60),
    ("AI Career Essentials", "AiCE", 8, Calendar::number(2024, 1, 15), 70, 56),
    ("Professional Foundations", "FOUNDATIONS", 12, Calendar::number(2023, 7, 3), 60, 63),
    ("Software Engineering", "SE", 24, Calendar::number(2018, 3, 5), 90, 365),
    ("AI Starter Kit", "ASK", 5, Calendar::number(2024, 2, 5), 90, 28),
    ("Data Analytics", "DA", 8, Calendar::number(2023, 3, 6), 90, 180),
    ("Data Science", "DS", 6, Calendar::number(2023, 1, 9), 110, 390),
    ("Founder Academy", "FA", 5, Calendar::number(2023, 5, 8), 150, 180),
    ("Salesforce Administrator", "SA", 4, Calendar::number(2022, 10, 3), 120, 150),
    ("AWS Cloud Practitioner", "CP", 4, Calendar::number(2023, 2, 6), 120, 90),
    ("Content Creation", "CC", 3, Calendar::number(2024, 6, 3), 120, 56),
    ("Graphic Design", "GD", 3, Calendar::number(2024, 8, 5), 120, 84),
    ("Financial Analyst", "FAN", 2, Calendar::number(2021, 5, 3), 200, 180),
    ("Back-End Web Development", "BE", 3, Calendar::number(2025, 1, 6), 120, 240),
    ("Front-End Web Development", "FE", 3, Calendar::number(2025, 1, 13), 120, 240),
    ("Cybersecurity", "CY", 3, Calendar::number(2025, 3, 3), 120, 180),
    ("Data Engineering", "DE", 3, Calendar::number(2024, 9, 2), 150, 270),
    ("Product Management", "PM", 2, Calendar::number(2025, 4, 7), 120, 120),
    ("Project Management", "PJ", 2, Calendar::number(2025, 5, 5), 120, 120),
    ("UX Research & Design", "UX", 2, Calendar::number(2025, 6, 2), 120, 120),
    ("Freelancer Academy", "FR", 2, Calendar::number(2024, 11, 4), 150, 42),
    ("Career Accelerator", "CA", 2, Calendar::number(2022, 4, 4), 200, 70),
    ("Leadership Fellowship", "LF", 2, Calendar::number(2016, 9, 5), 365, 300),
    ("Bachelor of Business Leadership", "BBL", 1, Calendar::number(2015, 1, 12), 365, 1_095),
    ("Remote Work Readiness", "RW", 1, Calendar::number(2021, 2, 1), 365, 45),
    ("Alumni Growth Track", "AG", 1, Calendar::number(2025, 9, 1), 120, 200),
];

/// The three kinds of work in an entry: their four fields, and the most that a program asks for.
const WORK: [(&str, &str, &str, &str, i64); 3] = [
    ("no_of_assignments", "no_of_submissions", "no_of_assignment_passed", "assignment_completion_rate", 30),
    ("no_of_milestone", "no_of_milestone_submitted", "no_of_milestone_passed", "milestone_completion_rate", 12),
    ("no_of_test", "no_of_test_submitted", "no_of_test_passed", "test_completion_rate", 15),
];

/// What became of an enrolment; the flags of the row follow it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// 16.23 % of all rows.
    Graduated,
    /// 6.11 %.
    Enrolled,
    /// The rest.
    DroppedOut,
}

struct Cohort {
    program: &'static str,
    code: String,
    start: i64,
    length: i64,
}

/// All cohorts with their weights.
pub struct Programs {
    cohorts: Vec<Cohort>,
    weights: Weights,
}

impl Programs {
    /// The 121 cohorts, the same for every seed.
    pub fn new() -> Self {
        let mut cohorts = Vec::new();
        // Round by round, so that the most popular cohorts are the early ones of the first programs.
        for round in 0..24 {
            for &(program, prefix, count, first, apart, length) in &PROGRAMS {
                if round < count {
                    let nth = count - round;
                    let start = (first + apart * (nth as i64 - 1)).min(EXPORT_DAY - 20);
                    cohorts.push(Cohort { program, code: format!("{prefix}-C{nth}"), start, length });
                }
            }
        }
        let shares = [9.0, 6.0, 6.0];
        let tail = (0..cohorts.len() - shares.len()).map(|rank| 79.0 / 2.62 / (rank as f64 + 9.0));
        Self { weights: Weights::of(shares.into_iter().chain(tail)), cohorts }
    }

    /// The cell of an ordinary learner.
    pub fn enrolment(&self, chance: &mut Chance, days: &Calendar, bare_numbers: bool) -> (String, Outcome) {
        let cohort = &self.cohorts[chance.weighted(&self.weights)];
        let drawn = chance.between(0, 9_999);
        let outcome = match drawn {
            0..1_623 => Outcome::Graduated,
            1_623..2_234 => Outcome::Enrolled,
            _ => Outcome::DroppedOut,
        };
        let mut array = Array::new(1_000);
        self.write(&mut array, cohort, outcome, chance, days);
        let mut text = array.finish();
        if bare_numbers {
            // A part of the export has numbers where the rest has strings.
            text = text.replace(": \"-99\"", ": -99");
        }
        (text, outcome)
    }

    fn write(&self, array: &mut Array, cohort: &Cohort, outcome: Outcome, chance: &mut Chance, days: &Calendar) {
        let end = cohort.start + cohort.length;
        let unknown = "1970-01-01";
        let start_text = if chance.share(0.014) { unknown } else { days.text(cohort.start) };
        let graduation = match outcome {
            Outcome::Graduated if chance.share(0.985) => days.text((end + chance.between(0, 45)).min(EXPORT_DAY)),
            _ => unknown,
        };
        // Past days of one program are spelled with a time in the export.
        let end_text =
            if chance.share(0.01) { format!("{}T00:00:00", days.text(end)) } else { days.text(end).to_owned() };
        let status = match outcome {
            Outcome::Graduated => "Graduated",
            Outcome::Enrolled => "Enrolled",
            Outcome::DroppedOut if chance.share(201.0 / 1_256_000.0) => "Dropped out",
            Outcome::DroppedOut => "Dropped Out",
        };
        array.object().string("index", "1").string("program_name", cohort.program).string("cohort_code", &cohort.code);
        array.string("program_start_date", start_text).string("program_end_date", &end_text);
        array.string("enrollment_status", status).string("program_graduation_date", graduation);
        // A third of the learners never came to the learning platform; others lack single numbers.
        let absent = chance.share(0.34);
        let done = if outcome == Outcome::Graduated { chance.between(70, 100) } else { chance.between(0, 75) };
        let mut number = |array: &mut Array, name: &str, make: &dyn Fn(&mut Chance) -> String| {
            let text = if absent || chance.share(0.09) { "-99".to_owned() } else { make(chance) };
            array.string(name, &text);
        };
        let rate = move |chance: &mut Chance| {
            let rate = (done * 100 + chance.between(-500, 500)).clamp(0, 10_000);
            format!("{}.{:04}", rate / 10_000, rate % 10_000)
        };
        let total = |low: i64, high: i64| move |chance: &mut Chance| chance.between(low, high).to_string();
        number(array, "lms_overall_score", &move |chance| format!("{done}.{:02}", chance.between(0, 99)));
        for (all, sent, passed, completed, high) in WORK {
            number(array, all, &total(high / 2, high));
            number(array, sent, &total(0, high / 2));
            number(array, passed, &total(0, high / 3));
            number(array, completed, &rate);
        }
        number(array, "completion_rate", &rate);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_26_programs_in_121_cohorts() {
        assert_eq!(Programs::new().cohorts.len(), 121);
    }
}
