//! Figures as people read them: `1.8 GB`, `1,617,360`, `1 min 05 s`.
//!
//! Decimal units, as network and disk makers count; never used where a program reads the output.

use std::time::Duration;

use super::Unit;

/// Bytes with a decimal unit.
#[must_use]
pub fn human_bytes(bytes: u64) -> String {
    indicatif::DecimalBytes(bytes).to_string()
}

/// A count with commas between thousands.
#[must_use]
pub fn human_count(count: u64) -> String {
    indicatif::HumanCount(count).to_string()
}

/// A duration with a tenth of a second below a minute, in whole seconds above.
#[must_use]
pub fn human_duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..60 => format!("{:.1} s", duration.as_secs_f64()),
        60..3600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// An amount in the unit of a stage.
pub(super) fn amount(amount: u64, unit: Unit) -> String {
    match unit {
        Unit::Bytes => human_bytes(amount),
        Unit::Count(name) => format!("{} {name}", human_count(amount)),
    }
}

/// What is done in a second.
pub(super) fn rate(done: u64, elapsed: Duration, unit: Unit) -> String {
    let per_second = (done as f64 / elapsed.as_secs_f64().max(0.001)) as u64;
    match unit {
        Unit::Bytes => format!("{}/s", human_bytes(per_second)),
        Unit::Count(_) => format!("{}/s", human_count(per_second)),
    }
}

/// The line that a finished stage leaves.
pub(super) fn finished(stage: &str, done: u64, unit: Unit, elapsed: Duration, message: &str) -> String {
    let (amount, rate) = (amount(done, unit), rate(done, elapsed, unit));
    let message = if message.is_empty() { String::new() } else { format!(", {message}") };
    format!("{stage}: {amount} in {} ({rate}{message})\n", human_duration(elapsed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_well() {
        assert_eq!(human_bytes(1_800_000_000), "1.80 GB");
        assert_eq!(human_count(1_617_360), "1,617,360");
        assert_eq!(human_duration(Duration::from_millis(6_240)), "6.2 s");
        assert_eq!(human_duration(Duration::from_secs(65)), "1 min 05 s");
        assert_eq!(human_duration(Duration::from_secs(7_320)), "2 h 02 min");
    }
}
