//! Numbers from text: exactly, or not at all.

use std::str::FromStr;

/// Digits of which every number fits 64 bits with a sign.
const WORD_DIGITS: usize = 18;

const POWERS: [i64; WORD_DIGITS + 1] = {
    let mut powers = [1; WORD_DIGITS + 1];
    let mut power = 1;
    while power <= WORD_DIGITS {
        powers[power] = powers[power - 1] * 10;
        power += 1;
    }
    powers
};

/// Ten to the power of each precision that a stored decimal may have.
const LIMITS: [u128; 39] = {
    let mut limits = [1; 39];
    let mut precision = 1;
    while precision < limits.len() {
        limits[precision] = limits[precision - 1] * 10;
        precision += 1;
    }
    limits
};

/// A decimal of at most `precision` digits, `scale` of them after the point, as its unscaled value.
pub fn decimal(text: &[u8], precision: u8, scale: u8) -> Option<i128> {
    let unscaled = unscaled(text, scale)?;
    (unscaled.unsigned_abs() < LIMITS[usize::from(precision)]).then_some(unscaled)
}

/// The server writes all digits of the scale; fewer are taken too, more only when they are zeros: nothing is ever rounded.
fn unscaled(text: &[u8], scale: u8) -> Option<i128> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    let mut unscaled: i128 = 0;
    // Eighteen digits at a time fit a word, whose arithmetic is many times faster than that of two.
    let mut word: i64 = 0;
    let mut word_digits = 0;
    let mut after_point: Option<u8> = None;
    let mut any = false;
    for byte in digits {
        match byte {
            b'0'..=b'9' => {
                any = true;
                if after_point == Some(scale) {
                    if *byte != b'0' {
                        return None;
                    }
                    continue;
                }
                if word_digits == WORD_DIGITS {
                    unscaled = unscaled.checked_mul(POWERS[WORD_DIGITS].into())?.checked_add(word.into())?;
                    (word, word_digits) = (0, 0);
                }
                word = word * 10 + i64::from(byte - b'0');
                word_digits += 1;
                after_point = after_point.map(|digits| digits + 1);
            }
            b'.' if after_point.is_none() => after_point = Some(0),
            _ => return None,
        }
    }
    unscaled = unscaled.checked_mul(POWERS[word_digits].into())?.checked_add(word.into())?;
    let missing = scale - after_point.unwrap_or(0);
    if missing > 0 {
        unscaled = unscaled.checked_mul(10_i128.checked_pow(missing.into())?)?;
    }
    any.then_some(if negative { -unscaled } else { unscaled })
}

/// An integer or a float in ASCII.
pub fn parsed<T: FromStr>(text: &[u8]) -> Option<T> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact() {
        for (text, precision, scale, expected) in [
            ("30.044420", 38, 6, Some(30_044_420)),
            ("-30.044420", 38, 6, Some(-30_044_420)),
            ("-0.5", 38, 6, Some(-500_000)),
            ("0", 10, 2, Some(0)),
            ("007", 10, 0, Some(7)),
            ("1.2300", 10, 2, Some(123)),
            ("1.235", 10, 2, None),
            ("1000", 3, 0, None),
            ("999", 3, 0, Some(999)),
            ("1.2.3", 10, 2, None),
            ("", 10, 2, None),
            ("-", 10, 2, None),
            ("1e3", 10, 2, None),
        ] {
            assert_eq!(decimal(text.as_bytes(), precision, scale), expected, "{text}");
        }
        assert_eq!(decimal(b"1234567890123456789.123456", 38, 6), Some(1_234_567_890_123_456_789_123_456));
        assert_eq!(decimal(b"0000000000000000000000000000000000000000000012", 38, 0), Some(12));
        let widest = "99999999999999999999999999999999999999";
        assert_eq!(decimal(widest.as_bytes(), 38, 0), Some(10_i128.pow(38) - 1));
        assert_eq!(decimal(format!("{widest}9").as_bytes(), 38, 0), None);
        assert_eq!(decimal(format!("-{widest}").as_bytes(), 38, 0), Some(1 - 10_i128.pow(38)));
    }

    #[test]
    fn integers_and_floats_keep_their_limits() {
        assert_eq!(parsed::<i64>(b"-9223372036854775808"), Some(i64::MIN));
        assert_eq!(parsed::<i64>(b"9223372036854775808"), None);
        assert_eq!(parsed::<f64>(b"1.7976931348623157e308"), Some(f64::MAX));
        assert_eq!(parsed::<i64>(b"\xff"), None);
    }
}
