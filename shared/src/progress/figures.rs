//! Figures as people read them: `1.8 GB`, `1,617,360`, `1 min 05 s`.
//!
//! Decimal units, as network and disk makers count; never used where a program reads the output.

use std::time::Duration;

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
