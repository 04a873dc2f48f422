//! Durations: months, days and seconds, which Neo4j keeps apart because a month has no fixed number of days.
//!
//! In: ISO 8601 (`P1Y2M3DT4H5M6.7S`, each number perhaps negative), or hours, minutes and seconds as MySQL's TIME writes them
//! (`-838:59:59.5`). Out: the value, and `P<months>M<days>DT<seconds>S`.

use crate::target::value::Value;

const NANOS: i128 = 1_000_000_000;

/// Reads a duration.
pub fn parse(text: &str) -> Option<Value> {
    if let Some(rest) = text.strip_prefix(['+', '-']).or(Some(text)).filter(|rest| rest.contains(':')) {
        let nanos = clock(rest)?;
        return value(0, 0, if text.starts_with('-') { -nanos } else { nanos });
    }
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text),
    };
    let text = text.strip_prefix(['P', 'p'])?;
    let (date, time) = match text.split_once(['T', 't']) {
        Some((_, "")) => return None,
        Some((date, time)) => (date, time),
        None => (text, ""),
    };
    if date.is_empty() && time.is_empty() {
        return None;
    }
    let (mut months, mut days, mut nanos) = (0i64, 0i64, 0i128);
    for (number, unit) in parts(date)? {
        let whole: i64 = number.parse().ok()?;
        match unit {
            'Y' => months = months.checked_add(whole.checked_mul(12)?)?,
            'M' => months = months.checked_add(whole)?,
            'W' => days = days.checked_add(whole.checked_mul(7)?)?,
            'D' => days = days.checked_add(whole)?,
            _ => return None,
        }
    }
    for (number, unit) in parts(time)? {
        let unit_nanos = match unit {
            'H' => 3_600 * NANOS,
            'M' => 60 * NANOS,
            'S' => NANOS,
            _ => return None,
        };
        let part = if unit == 'S' { seconds(number)? } else { i128::from(number.parse::<i64>().ok()?) * unit_nanos };
        nanos += part;
    }
    value(sign * months, sign * days, i128::from(sign) * nanos)
}

fn value(months: i64, days: i64, nanos: i128) -> Option<Value> {
    let seconds = i64::try_from(nanos.div_euclid(NANOS)).ok()?;
    Some(Value::Duration { months, days, seconds, nanos: i64::try_from(nanos.rem_euclid(NANOS)).ok()? })
}

/// Numbers and the letters after them.
fn parts(text: &str) -> Option<Vec<(&str, char)>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let at = rest.find(|c: char| c.is_ascii_alphabetic()).filter(|at| *at > 0)?;
        parts.push((&rest[..at], rest[at..].chars().next()?.to_ascii_uppercase()));
        rest = &rest[at + 1..];
    }
    Some(parts)
}

/// Seconds with at most nine decimals, in nanoseconds.
fn seconds(text: &str) -> Option<i128> {
    let (negative, text) = text.strip_prefix('-').map_or((false, text.trim_start_matches('+')), |rest| (true, rest));
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || decimals.len() > 9 || !digits(whole) || !digits(decimals) {
        return None;
    }
    let nanos: i128 = format!("{decimals:0<9}").parse().ok()?;
    let total = whole.parse::<i64>().ok().map(i128::from)? * NANOS + nanos;
    Some(if negative { -total } else { total })
}

fn clock(text: &str) -> Option<i128> {
    let mut fields = text.split(':');
    let (hours, minutes, rest) = (fields.next()?, fields.next()?, fields.next().unwrap_or("0"));
    let hours: u32 = hours.parse().ok()?;
    let minutes: u32 = minutes.parse().ok().filter(|minutes| *minutes < 60)?;
    let seconds = seconds(rest).filter(|nanos| (0..60 * NANOS).contains(nanos))?;
    fields.next().is_none().then(|| (i128::from(hours) * 3_600 + i128::from(minutes) * 60) * NANOS + seconds)
}

/// The text that graph tables keep.
pub fn text(duration: &Value) -> Option<String> {
    let Value::Duration { months, days, seconds, nanos } = duration else { return None };
    let total = i128::from(*seconds) * NANOS + i128::from(*nanos);
    let sign = if total < 0 { "-" } else { "" };
    let (whole, rest) = (total.abs() / NANOS, total.abs() % NANOS);
    let decimals = if rest == 0 { String::new() } else { format!(".{rest:09}").trim_end_matches('0').to_owned() };
    Some(format!("P{months}M{days}DT{sign}{whole}{decimals}S"))
}
