//! Times and sizes as people type them.

use std::time::Duration;

/// A time such as `90s`, `5m` or a number of seconds.
///
/// # Errors
/// When it is none, or not above zero.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let duration = match text.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => text
            .parse::<jiff::SignedDuration>()
            .ok()
            .and_then(|duration| Duration::try_from(duration).ok())
            .ok_or("expected a time such as 90s, 5m or a number of seconds")?,
    };
    if duration.is_zero() { Err("it must be above zero".into()) } else { Ok(duration) }
}

/// A size such as `512MB`, `64MiB` or a number of bytes.
///
/// # Errors
/// When it is none, or below 1 MB: files of a few rows are of no use to anybody.
pub fn parse_size(text: &str) -> Result<u64, String> {
    let number_end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(number_end);
    let factor: u64 = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" => 1_000,
        "m" | "mb" => 1_000_000,
        "g" | "gb" => 1_000_000_000,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        _ => return Err("expected a size such as 512MB, 64MiB or a number of bytes".into()),
    };
    let bytes = number.parse::<u64>().ok().and_then(|number| number.checked_mul(factor));
    let bytes = bytes.ok_or("expected a size such as 512MB, 64MiB or a number of bytes")?;
    if bytes < 1_000_000 { Err("it must be at least 1MB".into()) } else { Ok(bytes) }
}
