//! Days as texts. In: day numbers counted from 2000-01-01. Out: `YYYY-MM-DD`, looked up rather than computed, since every
//! row has a dozen of them. It knows no today: the generated world ends on a fixed day.

/// The day on which the export was "made": 2026-06-30. Later dates are plans (program ends, contracts).
pub const EXPORT_DAY: i64 = Calendar::number(2026, 6, 30);

const FIRST_YEAR: i64 = 2000;
const YEARS: i64 = 40;

/// All days of forty years as text.
pub struct Calendar(Vec<String>);

impl Calendar {
    /// Makes the texts.
    pub fn new() -> Self {
        let mut days = Vec::with_capacity(366 * YEARS as usize);
        for year in FIRST_YEAR..FIRST_YEAR + YEARS {
            for month in 1..=12 {
                for day in 1..=length(year, month) {
                    days.push(format!("{year}-{month:02}-{day:02}"));
                }
            }
        }
        Self(days)
    }

    /// The text of a day; days outside the forty years are moved to their edge.
    pub fn text(&self, day: i64) -> &str {
        &self.0[day.clamp(0, self.0.len() as i64 - 1) as usize]
    }

    /// The number of a day.
    pub const fn number(year: i64, month: i64, day: i64) -> i64 {
        let mut days = day - 1;
        let mut y = FIRST_YEAR;
        while y < year {
            days += if leap(y) { 366 } else { 365 };
            y += 1;
        }
        let mut m = 1;
        while m < month {
            days += length(year, m);
            m += 1;
        }
        days
    }
}

const fn leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

const fn length(year: i64, month: i64) -> i64 {
    match month {
        2 if leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}
