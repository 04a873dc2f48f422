//! Numbers as text (rule 6 of GRAPH.md): ASCII decimal with optional sign, point and exponent. A trimmed text comes in,
//! a float, a whole number of 64 bits or nothing goes out; whole numbers are read exactly, never by way of a float.
//! An exponent of any size costs no more than its digits: nothing here is padded or multiplied out.

/// A number, its decimal digits apart from its size: `-1.50e3` is minus `150` times ten to the power of 1.
struct Decimal<'a> {
    negative: bool,
    /// The digits before and behind the point.
    whole: &'a [u8],
    fraction: &'a [u8],
    /// What stands behind the `e`; nothing where it does not fit 64 bits.
    exponent: Option<i64>,
}

/// A number's significant digits: `digits` without zeros at either end, times ten to the power of `scale`.
struct Significant<'a> {
    digits: Digits<'a>,
    scale: Option<i64>,
}

/// Digits that may stand on two sides of a point.
#[derive(Clone)]
struct Digits<'a> {
    head: &'a [u8],
    tail: &'a [u8],
}

impl Digits<'_> {
    fn count(&self) -> usize {
        self.head.len() + self.tail.len()
    }

    fn iter(&self) -> impl Iterator<Item = u8> {
        self.head.iter().chain(self.tail).map(|digit| digit - b'0')
    }
}

/// Splits digits from what follows them.
fn split_digits(text: &[u8]) -> (&[u8], &[u8]) {
    text.split_at(text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len()))
}

/// Splits a sign from what follows it.
fn split_sign(text: &[u8]) -> (bool, &[u8]) {
    match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    }
}

/// The value of an exponent's digits, where it fits.
fn exponent_of(negative: bool, digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0i64, |sum, digit| {
        let digit = i64::from(digit - b'0');
        sum.checked_mul(10)?.checked_add(if negative { -digit } else { digit })
    })
}

impl<'a> Decimal<'a> {
    /// `[+-]?(digits[.digits?]|.digits)([eE][+-]?digits)?`, the whole text and nothing around it.
    fn parse(text: &'a str) -> Option<Self> {
        let (negative, rest) = split_sign(text.as_bytes());
        let (whole, rest) = split_digits(rest);
        let (fraction, rest) = match rest {
            [b'.', rest @ ..] => split_digits(rest),
            _ => (&[][..], rest),
        };
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let exponent = match rest {
            [] => Some(0),
            [b'e' | b'E', rest @ ..] => {
                let (negative, rest) = split_sign(rest);
                let (digits, rest) = split_digits(rest);
                if digits.is_empty() || !rest.is_empty() {
                    return None;
                }
                exponent_of(negative, digits)
            }
            _ => return None,
        };
        Some(Self { negative, whole, fraction, exponent })
    }

    /// The significant digits; nothing for zero.
    fn significant(&self) -> Option<Significant<'a>> {
        let trim_start = |digits: &'a [u8]| &digits[digits.iter().take_while(|&&digit| digit == b'0').count()..];
        let trim_end = |digits: &'a [u8]| {
            &digits[..digits.len() - digits.iter().rev().take_while(|&&digit| digit == b'0').count()]
        };
        let mut head = trim_start(self.whole);
        let mut tail = trim_end(self.fraction);
        // The last digit stands this many places behind the point.
        let mut places = i64::try_from(tail.len()).ok()?;
        if head.is_empty() {
            tail = trim_start(tail);
        }
        if tail.is_empty() {
            let trimmed = trim_end(head);
            places = -i64::try_from(head.len() - trimmed.len()).ok()?;
            head = trimmed;
        }
        if head.is_empty() && tail.is_empty() {
            return None;
        }
        let scale = self.exponent.and_then(|exponent| exponent.checked_sub(places));
        Some(Significant { digits: Digits { head, tail }, scale })
    }
}

/// A finite float; nothing for what is no number and for what a float cannot hold (`1e999`).
pub fn parse_float(text: &str) -> Option<f64> {
    Decimal::parse(text)?;
    text.parse::<f64>().ok().filter(|value| value.is_finite())
}

/// A whole number of 64 bits, exactly: `12.0`, `1e3` and `120e-1` are whole, `12.5` is not.
pub fn parse_integer(text: &str) -> Option<i64> {
    // The usual case: a few digits and nothing else. Eighteen of them fit whatever they are.
    if !text.is_empty() && text.len() <= 18 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(text.bytes().fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0')));
    }
    let number = Decimal::parse(text)?;
    let Some(Significant { digits, scale }) = number.significant() else { return Some(0) };
    // No number of 64 bits has more than 19 digits, zeros at its end included.
    let zeros = usize::try_from(scale?).ok().filter(|zeros| digits.count().saturating_add(*zeros) <= 19)?;
    let magnitude =
        digits.iter().chain(std::iter::repeat_n(0, zeros)).fold(0i128, |sum, digit| sum * 10 + i128::from(digit));
    i64::try_from(if number.negative { -magnitude } else { magnitude }).ok()
}

/// Whether two texts are numbers, and the same one: `-99`, `-99.0` and `-9.9e1` are, exactly, not by way of a float.
/// An exponent past 64 bits equals only its own spelling.
pub fn same_number(a: &str, b: &str) -> bool {
    let (Some(first), Some(second)) = (Decimal::parse(a), Decimal::parse(b)) else { return false };
    match (first.significant(), second.significant()) {
        (None, None) => true,
        (Some(x), Some(y)) => match (x.scale, y.scale) {
            (Some(m), Some(n)) => {
                first.negative == second.negative
                    && m == n
                    && x.digits.count() == y.digits.count()
                    && x.digits.iter().eq(y.digits.iter())
            }
            _ => a == b,
        },
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NO_NUMBERS: &[&str] = &[
        "", " ", "+", "-", ".", "-.", "e5", ".e5", "1e", "1e+", "1e-", "1e1.5", "1 ", " 1", "1 2", "1,000", "1_000",
        "--1", "+-1", "0x10", "1f", "NaN", "nan", "inf", "-inf", "Infinity", "١٢", "１", "1.2.3", "1..2", "12a",
        "1e5e5", "½", "−1", "n/a", "1\0",
    ];

    #[test]
    fn what_is_no_number_is_none() {
        for text in NO_NUMBERS {
            assert_eq!(parse_float(text), None, "{text:?}");
            assert_eq!(parse_integer(text), None, "{text:?}");
            assert!(!same_number(text, text), "{text:?}");
        }
    }

    #[test]
    fn floats() {
        let cases: &[(&str, Option<f64>)] = &[
            ("0", Some(0.0)),
            ("12", Some(12.0)),
            ("+12.50", Some(12.5)),
            ("-0.125", Some(-0.125)),
            ("5.", Some(5.0)),
            (".5", Some(0.5)),
            ("-.5e1", Some(-5.0)),
            ("5.e1", Some(50.0)),
            ("1E3", Some(1000.0)),
            ("1e+3", Some(1000.0)),
            ("1e-3", Some(0.001)),
            ("007", Some(7.0)),
            ("1.7976931348623157e308", Some(f64::MAX)),
            ("0.1", Some(0.1)),
            ("1e999", None),
            ("-1e999", None),
            ("1e99999999999999999999", None),
            ("1e-99999999999999999999", Some(0.0)),
            ("0e99999999999999999999", Some(0.0)),
        ];
        for (text, expected) in cases {
            assert_eq!(parse_float(text), *expected, "{text}");
        }
        assert_eq!(parse_float(&"9".repeat(400)), None);
        assert_eq!(parse_float(&format!("0.{}1", "0".repeat(100_000))), Some(0.0));
    }

    #[test]
    fn whole_numbers() {
        let cases: &[(&str, Option<i64>)] = &[
            ("0", Some(0)),
            ("-0", Some(0)),
            ("+0.000", Some(0)),
            (".0", Some(0)),
            ("0e5", Some(0)),
            ("0e99999999999999999999", Some(0)),
            ("12", Some(12)),
            ("+12", Some(12)),
            ("-12", Some(-12)),
            ("007", Some(7)),
            ("12.", Some(12)),
            ("12.0", Some(12)),
            ("12.000", Some(12)),
            ("12.5", None),
            (".5", None),
            (".5e1", Some(5)),
            ("1e3", Some(1000)),
            ("1E+3", Some(1000)),
            ("1.25e2", Some(125)),
            ("1.25e1", None),
            ("120e-1", Some(12)),
            ("125e-1", None),
            ("1000000e-6", Some(1)),
            ("1e-3", None),
            ("1e18", Some(1_000_000_000_000_000_000)),
            ("9e18", Some(9_000_000_000_000_000_000)),
            ("1e19", None),
            ("999999999999999999", Some(999_999_999_999_999_999)),
            ("9223372036854775807", Some(i64::MAX)),
            ("9223372036854775807.000", Some(i64::MAX)),
            ("9223372036854.775807e6", Some(i64::MAX)),
            ("92233720368547758070e-1", Some(i64::MAX)),
            ("000000000000000000009223372036854775807", Some(i64::MAX)),
            ("9223372036854775808", None),
            ("9223372036854775807.5", None),
            ("-9223372036854775808", Some(i64::MIN)),
            ("-9223372036854775809", None),
            ("18446744073709551615", None),
            ("1e999999999", None),
            ("1e9223372036854775807", None),
            ("1e9223372036854775808", None),
            ("1e-9223372036854775808", None),
            ("10e-9223372036854775808", None),
            ("1.5e-9223372036854775808", None),
            ("1e99999999999999999999999999999999999999999999", None),
            ("-1e-99999999999999999999999999999999999999999999", None),
            ("9007199254740993", Some(9_007_199_254_740_993)),
        ];
        for (text, expected) in cases {
            assert_eq!(parse_integer(text), *expected, "{text}");
        }
        let zeros = "0".repeat(100_000);
        assert_eq!(parse_integer(&format!("12{zeros}e-100000")), Some(12));
        assert_eq!(parse_integer(&format!("0.{zeros}12e100002")), Some(12));
        assert_eq!(parse_integer(&format!("12.{zeros}1")), None);
        assert_eq!(parse_integer(&format!("12{zeros}")), None);
    }

    #[test]
    fn one_number_in_several_spellings() {
        for text in ["-99", "-99.0", "-99.", "-099.000", "-9.9e1", "-.99E+2", "-990e-1", "-0.0099e4"] {
            assert!(same_number(text, "-99"), "{text}");
            assert!(same_number("-99.00", text), "{text}");
        }
        for text in
            ["99", "-9.9", "-990", "-99.0000000000000000000001", "-98.99999999999999999999", "-99e1", "- 99", "0", ""]
        {
            assert!(!same_number(text, "-99"), "{text}");
        }
        let same = [
            ("0", "-0.0e7"),
            ("0e99999999999999999999", ".0"),
            ("1e3", "1000"),
            ("9007199254740993", "9007199254740993.0"),
            ("1e99999999999999999999", "1e99999999999999999999"),
            ("12.5", "1.25e1"),
            ("0.5", ".5"),
        ];
        for (a, b) in same {
            assert!(same_number(a, b) && same_number(b, a), "{a} {b}");
        }
        let different = [
            ("9007199254740993", "9007199254740992"),
            ("1e99999999999999999999", "1e99999999999999999998"),
            ("1e99999999999999999999", "1"),
            ("1e999", "1e998"),
            ("1", "10"),
            ("101", "11"),
            ("1", "0"),
        ];
        for (a, b) in different {
            assert!(!same_number(a, b) && !same_number(b, a), "{a} {b}");
        }
    }
}
