//! Dates and times: days and microseconds since 1970, or the reason why not.

use std::fmt::Write as _;

use arrow::array::ArrayRef;
use arrow::buffer::NullBuffer;
use jiff::civil::{Date, date};

use super::bad_value::Reason;
use crate::batch::{ClockTime, Moment};

const EPOCH: Date = date(1970, 1, 1);

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// Days since 1970-01-01.
pub fn days(moment: Moment) -> Result<i32, Reason> {
    let Moment { year, month, day, .. } = moment;
    if year == 0 && month == 0 && day == 0 {
        return Err(Reason::ZeroDate);
    }
    if month == 0 || day == 0 {
        return Err(Reason::PartialDate);
    }
    let date = i16::try_from(year).ok().zip(i8::try_from(month).ok()).zip(i8::try_from(day).ok());
    let date = date.and_then(|((year, month), day)| Date::new(year, month, day).ok()).ok_or(Reason::ImpossibleDate)?;
    let hours = date.duration_since(EPOCH).as_hours();
    i32::try_from(hours / 24).map_err(|_| Reason::ImpossibleDate)
}

/// Microseconds since 1970-01-01, without a zone.
pub fn micros(moment: Moment) -> Result<i64, Reason> {
    let days = days(moment)?;
    let Moment { hour, minute, second, micros, .. } = moment;
    if hour > 23 || minute > 59 || second > 59 || micros > 999_999 {
        return Err(Reason::NotOfItsType);
    }
    let seconds = i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second);
    Ok(i64::from(days) * MICROS_PER_DAY + seconds * 1_000_000 + i64::from(micros))
}

/// `YYYY-MM-DD`, with or without ` hh:mm:ss` and a fraction, as the server writes it.
pub fn parse(text: &[u8]) -> Option<Moment> {
    fn number<T: std::str::FromStr>(text: &str) -> Option<T> {
        text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
    }
    let text = std::str::from_utf8(text).ok()?;
    let (date, time) = text.split_once(' ').map_or((text, None), |(date, time)| (date, Some(time)));
    let mut parts = date.split('-');
    let mut moment = Moment {
        year: number(parts.next()?)?,
        month: number(parts.next()?)?,
        day: number(parts.next()?)?,
        ..Moment::default()
    };
    if parts.next().is_some() {
        return None;
    }
    let Some(time) = time else { return Some(moment) };
    let (clock, fraction) = time.split_once('.').unwrap_or((time, ""));
    let mut parts = clock.split(':');
    moment.hour = number(parts.next()?)?;
    moment.minute = number(parts.next()?)?;
    moment.second = number(parts.next()?)?;
    if parts.next().is_some() || fraction.len() > 6 {
        return None;
    }
    moment.micros = number(&format!("{fraction:0<6}"))?;
    Some(moment)
}

/// Times as the server writes them: `-838:59:59.000000`.
pub fn times(times: &[ClockTime], fraction: u8, nulls: Option<&NullBuffer>) -> ArrayRef {
    let digits = fraction.min(6);
    let written = times.iter().enumerate().map(|(row, time)| {
        if nulls.is_some_and(|nulls| nulls.is_null(row)) {
            return None;
        }
        let sign = if time.negative { "-" } else { "" };
        let hours = u64::from(time.days) * 24 + u64::from(time.hours);
        let mut text = format!("{sign}{hours:02}:{:02}:{:02}", time.minutes, time.seconds);
        if digits > 0 {
            let part = time.micros / 10_u32.pow(u32::from(6 - digits));
            let _ = write!(text, ".{part:0width$}", width = usize::from(digits));
        }
        Some(text)
    });
    super::string_array(written)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Moment {
        parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn days_are_counted_from_1970_both_ways() {
        for (text, expected) in [
            ("1970-01-01", Ok(0)),
            ("1969-12-31", Ok(-1)),
            ("2000-02-29", Ok(11_016)),
            ("1000-01-01", Ok(-354_285)),
            ("9999-12-31", Ok(2_932_896)),
            ("0000-00-00", Err(Reason::ZeroDate)),
            ("2020-00-10", Err(Reason::PartialDate)),
            ("2020-10-00", Err(Reason::PartialDate)),
            ("0000-10-10", Ok(-719_245)),
            ("2021-02-29", Err(Reason::ImpossibleDate)),
            ("2021-13-01", Err(Reason::ImpossibleDate)),
        ] {
            assert_eq!(days(at(text)), expected, "{text}");
        }
    }

    #[test]
    fn microseconds_carry_the_time_of_day() {
        assert_eq!(micros(at("1970-01-02 00:00:00.000001")), Ok(MICROS_PER_DAY + 1));
        assert_eq!(micros(at("1969-12-31 23:59:59.5")), Ok(-500_000));
        assert_eq!(micros(at("9999-12-31 23:59:59.999999")), Ok(253_402_300_799_999_999));
        assert_eq!(micros(at("0000-00-00 00:00:00")), Err(Reason::ZeroDate));
        assert_eq!(micros(at("2020-01-01 24:00:00")), Err(Reason::NotOfItsType));
    }

    #[test]
    fn what_is_no_date_is_not_read() {
        for text in
            ["", "2020", "2020-01", "2020-01-01-01", "2020-1a-01", "2020-01-01 10", "2020-01-01 10:00:00.1234567"]
        {
            assert!(parse(text.as_bytes()).is_none(), "{text}");
        }
        assert!(parse(b"\xff\xff").is_none());
    }

    #[test]
    fn times_are_written_as_the_server_does() {
        let time = |negative, days, hours, minutes, seconds, micros| ClockTime {
            negative,
            days,
            hours,
            minutes,
            seconds,
            micros,
        };
        let longest = time(true, 34, 22, 59, 59, 0);
        let written = |time, fraction| {
            let array = times(&[time], fraction, None);
            arrow::util::display::array_value_to_string(&array, 0).unwrap()
        };
        assert_eq!(written(longest, 0), "-838:59:59");
        assert_eq!(written(longest, 6), "-838:59:59.000000");
        assert_eq!(written(time(false, 0, 1, 2, 3, 40_000), 2), "01:02:03.04");
        assert_eq!(written(ClockTime::default(), 0), "00:00:00");
    }
}
