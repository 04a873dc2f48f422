//! Dates as text (rule 5 of GRAPH.md) and as days since 1970-01-01, the form in which Arrow keeps them. A trimmed text
//! comes in, a day or nothing goes out; a time behind the date is cut off, never converted. Which years make sense is
//! the mapping's to say.
//!
//! The calendar is arithmetic of our own: jiff has no public way from a date to a day number and back but through
//! durations, and this runs a few times an entry. The tests hold it against jiff's, day by day.

use jiff::civil::Date;

/// Days since 1970-01-01, as Arrow's Date32.
pub type Day = i32;

/// Days of 400 Gregorian years, an era: then the calendar repeats.
const ERA_DAYS: i64 = 146_097;
/// From 1 March of the year 0, where eras begin so that a leap day is the last of its year, to 1970-01-01.
const EPOCH_OFFSET_DAYS: i64 = 719_468;

/// `YYYY-MM-DD`, a day of the calendar, alone or with a `T` or a blank behind it and then anything.
pub fn parse_date(text: &str) -> Option<Day> {
    let (date, rest) = text.as_bytes().split_first_chunk::<10>()?;
    let &[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = date else { return None };
    let number = |digits: &[u8]| {
        digits.iter().try_fold(0i32, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + i32::from(digit - b'0')))
    };
    let (year, month, day) = (number(&[y1, y2, y3, y4])?, number(&[m1, m2])?, number(&[d1, d2])?);
    // The ten bytes before are ASCII, so what follows them begins a character.
    let cut_off = rest.is_empty() || text[10..].starts_with(|c: char| c == 'T' || c.is_whitespace());
    (cut_off && (1..=12).contains(&month) && (1..=days_in_month(year, month)).contains(&day))
        .then(|| day_number(year, month, day))
}

fn days_in_month(year: i32, month: i32) -> i32 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The day number of a date of the calendar, for years of at most four digits.
fn day_number(year: i32, month: i32, day: i32) -> Day {
    // Years begin in March, so that the months before have 30.6 days on average whatever the year.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * ERA_DAYS as i32 + day_of_era - EPOCH_OFFSET_DAYS as i32
}

/// Year, month and day of a day number.
fn calendar_of(day: Day) -> (i64, i64, i64) {
    let from_era_start = i64::from(day) + EPOCH_OFFSET_DAYS;
    let era = from_era_start.div_euclid(ERA_DAYS);
    let day_of_era = from_era_start.rem_euclid(ERA_DAYS);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day_of_year - (153 * month_from_march + 2) / 5 + 1)
}

pub fn year_of(day: Day) -> i32 {
    // A day of 32 bits lies within six million years of 1970.
    calendar_of(day).0 as i32
}

pub fn day_of(date: Date) -> Day {
    day_number(date.year().into(), date.month().into(), date.day().into())
}

/// `YYYY-MM-DD`; a year past four digits is written with all of its digits, one before the year 0 with a `-`.
pub fn to_iso(day: Day) -> String {
    let (year, month, day) = calendar_of(day);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn dates() {
        let cases: &[(&str, Option<Day>)] = &[
            ("1970-01-01", Some(0)),
            ("1969-12-31", Some(-1)),
            ("1970-01-02T00:00:00Z", Some(1)),
            ("1970-01-02 23:59:59+14:00", Some(1)),
            ("1970-01-02T", Some(1)),
            ("1970-01-02 ", Some(1)),
            ("1970-01-02\tx", Some(1)),
            ("1970-01-02\u{a0}x", Some(1)),
            ("2024-02-29", Some(19_782)),
            ("2000-02-29", Some(11_016)),
            ("9999-12-31", Some(2_932_896)),
            ("0000-01-01", Some(-719_528)),
            ("2023-02-29", None),
            ("1900-02-29", None),
            ("2024-00-01", None),
            ("2024-13-01", None),
            ("2024-01-00", None),
            ("2024-01-32", None),
            ("2024-04-31", None),
            ("2024-1-01", None),
            ("2024-01-1", None),
            ("24-01-01", None),
            ("02024-01-01", None),
            ("20240101", None),
            ("2024/01/01", None),
            ("2024-01-01t00:00", None),
            ("2024-01-01Z", None),
            ("2024-01-011", None),
            ("2024-01-01é", None),
            ("2024-01-01\u{200b}", None),
            (" 2024-01-01", None),
            ("+024-01-01", None),
            ("-024-01-01", None),
            ("2024-01-é", None),
            ("٢٠٢٤-01-01", None),
            ("2024‐01‐01", None),
            ("", None),
            ("n/a", None),
            ("2024-01-0", None),
            ("2024-01-0T", None),
        ];
        for (text, expected) in cases {
            assert_eq!(parse_date(text), *expected, "{text:?}");
        }
    }

    #[test]
    fn every_day_of_ten_thousand_years_is_jiffs() {
        let mut expected = day_number(0, 1, 1);
        for date in date(0, 1, 1).series(jiff::Span::new().days(1)) {
            assert_eq!(day_of(date), expected);
            assert_eq!(year_of(expected), i32::from(date.year()));
            assert_eq!(calendar_of(expected), (date.year().into(), date.month().into(), date.day().into()));
            if expected % 7 == 0 {
                assert_eq!(to_iso(expected), date.to_string());
                assert_eq!(parse_date(&to_iso(expected)), Some(expected));
            }
            expected += 1;
        }
        assert_eq!(expected - 1, 2_932_896);
    }

    #[test]
    fn days_past_the_calendar_of_texts_do_not_panic() {
        assert_eq!((year_of(Day::MAX), to_iso(Day::MAX)), (5_881_580, "5881580-07-11".to_owned()));
        assert_eq!((year_of(Day::MIN), to_iso(Day::MIN)), (-5_877_641, "-5877641-06-23".to_owned()));
        assert_eq!(day_of(date(-9999, 1, 1)), -4_371_587);
        assert_eq!(to_iso(0), "1970-01-01");
    }
}
