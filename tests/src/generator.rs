//! The generated source table: rows like those of SOURCE.md, at any count, the same bytes for the same seed.
//! In: a seed and a row count. Out: lines for `LOAD DATA`, in table order. It must never ask a clock, another row, or
//! anything whose order can change between runs.

pub mod nasty;
pub mod table;

mod calendar;
mod chance;
mod jobs;
mod json;
mod learner;
mod learning;
mod places;
mod schools;
mod skills;
mod words;

pub use learner::hashed_email;

/// A table to be made.
pub struct Generator {
    world: learner::World,
    seed: u64,
    rows: u64,
}

impl Generator {
    /// A table of `rows` rows.
    pub fn new(seed: u64, rows: u64) -> Self {
        Self { world: learner::World::new(), seed, rows }
    }

    /// The row at `ordinal`, counted from 0.
    pub fn row(&self, ordinal: u64) -> table::Row {
        let mut row = self.world.ordinary_row(self.seed, ordinal);
        nasty::apply(&mut row, self.seed, ordinal, self.rows);
        row
    }

    /// Appends the rows of a range to `lines`.
    pub fn lines(&self, range: std::ops::Range<u64>, lines: &mut Vec<u8>) {
        for ordinal in range {
            self.row(ordinal).write_line(lines);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn lines(seed: u64, rows: u64, range: std::ops::Range<u64>) -> Vec<u8> {
        let mut lines = Vec::new();
        Generator::new(seed, rows).lines(range, &mut lines);
        lines
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
        assert_eq!(lines(7, 500, 0..500), lines(7, 500, 0..500));
        let whole = lines(7, 500, 0..500);
        assert_eq!([lines(7, 500, 0..123), lines(7, 500, 123..500)].concat(), whole, "chunks make the same table");
        assert_ne!(lines(8, 500, 0..500), whole);
    }

    #[test]
    fn every_row_has_every_column() {
        let generator = Generator::new(3, 1_000);
        for ordinal in 0..1_000 {
            assert_eq!(generator.row(ordinal).cells().len(), table::COLUMNS.len());
        }
        let newlines = lines(3, 1_000, 0..1_000).iter().filter(|byte| **byte == b'\n').count();
        assert_eq!(newlines, 1_000, "no raw newline inside a line");
    }

    #[test]
    fn every_nasty_value_is_there_from_100_rows_up() {
        for rows in [100, 101, 3_000] {
            let generator = Generator::new(7, rows);
            for name in nasty::names() {
                let ordinal = nasty::position(name, rows).unwrap();
                // A case that leaves its row as it comes is the first of a learner's rows.
                let changed = generator.row(ordinal) != generator.world.ordinary_row(7, ordinal);
                assert!(changed || name == "twice A1", "{name} in {rows} rows");
            }
        }
        assert!(nasty::position("emoji", 50).is_none());
    }

    #[test]
    fn learners_in_several_rows_share_a_key_and_little_else() {
        let generator = Generator::new(7, 300);
        let row = |case: &str| generator.row(nasty::position(case, 300).unwrap());
        let (first, second) = (row("twice A1"), row("twice A2"));
        assert_eq!(first.text("hashed_email"), second.text("hashed_email"));
        assert_ne!(first.text("full_name"), second.text("full_name"));
        assert_eq!(row("thrice B1").text("hashed_email"), row("thrice B2").text("hashed_email").trim());
        assert_eq!(row("thrice B1").text("hashed_email"), row("thrice B3").text("hashed_email"));
    }

    #[test]
    fn shares_are_those_of_the_real_table() {
        let rows = 30_000;
        let generator = Generator::new(7, rows);
        let mut counts: BTreeMap<&str, f64> = BTreeMap::new();
        let mut bytes = 0;
        for ordinal in 0..rows {
            let row = generator.row(ordinal);
            let mut line = Vec::new();
            row.write_line(&mut line);
            bytes += line.len();
            let mut count = |name, yes: bool| *counts.entry(name).or_default() += f64::from(u8::from(yes));
            count("Nigeria", row.text("country_of_residence") == "Nigeria");
            count("Kenya", row.text("country_of_residence") == "Kenya");
            count("Graduated", row.text("learning_details").contains("\"Graduated\""));
            count("Enrolled", row.text("learning_details").contains("\"Enrolled\""));
            count("no sand", row.text("sand_id") == "n/a");
            count("jobs", row.text("employment_details").len() > 10);
            count("schools", row.text("education_details").len() > 10);
            count("placement", row.text("placement_details").len() > 10);
            count("photo", row.text("profile_photo_url").len() > 10);
            count("points", row.text("legacy_points_transaction_history").len() > 10);
            count("no start", row.text("learning_details").contains("program_start_date\": \"1970"));
            count("no graduation", row.text("learning_details").contains("graduation_date\": \"1970"));
            let listed = row.text("skills_list").trim();
            let none = ["", "n/a", "N/A"].contains(&listed);
            *counts.entry("skills").or_default() += if none { 0.0 } else { listed.split(',').count() as f64 };
            *counts.entry("entries").or_default() +=
                row.text("employment_details").matches("organisation_name").count() as f64;
            *counts.entry("-99").or_default() += row.text("learning_details").matches("-99").count() as f64 / 14.0;
        }
        let expected = [
            ("Nigeria", 0.33, 0.02),
            ("Kenya", 0.115, 0.01),
            ("Graduated", 0.162, 0.01),
            ("Enrolled", 0.061, 0.006),
            ("no sand", 0.875, 0.01),
            ("jobs", 0.18, 0.01),
            ("schools", 0.063, 0.006),
            ("placement", 0.039, 0.006),
            ("photo", 0.074, 0.006),
            ("points", 0.135, 0.01),
            ("no start", 0.014, 0.004),
            ("no graduation", 0.84, 0.01),
            ("skills", 2.7, 0.1),
            ("entries", 0.558, 0.03),
            ("-99", 0.40, 0.02),
        ];
        for (name, share, tolerance) in expected {
            let found = counts[name] / rows as f64;
            assert!((found - share).abs() <= tolerance, "{name}: {found:.4} instead of {share}");
        }
        let mean = (bytes as u64 - 11_000_000) / rows;
        assert!((1_100..=1_500).contains(&mean), "{mean} bytes a row");
    }
}
