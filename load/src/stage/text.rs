//! Text as GRAPH.md defines it: letters, digits, marks, blanks and hyphens by their Unicode category, case folding,
//! NFKC, blank collapsing, digests, and below it slugs, character sets and keywords.
//!
//! A text comes in, a text or an answer goes out. Nothing here knows a column, a list or a mapping, and nothing here
//! fails: every text has a result. This runs tens of millions of times a load, so ASCII never reaches a Unicode table
//! and a text that is already in shape is borrowed.

mod char_set;
mod keyword;
mod piece;
mod slug;

use std::borrow::Cow;
use std::iter;

use caseless::Caseless;
use sha2::{Digest, Sha256};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};
use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

pub use char_set::{CharClass, CharSet, keep, replace_runs};
pub use keyword::contains_keyword;
pub use piece::{each_once, pieces};
pub use slug::{slug, squeezed_slug};

/// Category L: `is_alphabetic` of the standard library would also count vowel marks.
#[inline]
pub fn is_letter(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_alphabetic() } else { c.general_category_group() == GeneralCategoryGroup::Letter }
}

/// Category N: decimal digits of every script, and letter-like and other numbers (`Ⅷ`, `½`).
#[inline]
pub fn is_digit(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_digit() } else { c.general_category_group() == GeneralCategoryGroup::Number }
}

/// Category M: accents and vowel signs that stand on another character.
#[inline]
pub fn is_mark(c: char) -> bool {
    !c.is_ascii() && c.general_category_group() == GeneralCategoryGroup::Mark
}

/// The property White_Space, which is what the standard library calls whitespace.
#[inline]
pub fn is_blank(c: char) -> bool {
    c.is_whitespace()
}

/// Category Pd: `-`, the dashes, and the hyphens of other scripts; not the minus sign, which is a symbol.
#[inline]
pub fn is_hyphen(c: char) -> bool {
    if c.is_ascii() { c == '-' } else { c.general_category() == GeneralCategory::DashPunctuation }
}

/// A letter or a digit, with one look into the table.
#[inline]
fn is_letter_or_digit(c: char) -> bool {
    if c.is_ascii() {
        c.is_ascii_alphanumeric()
    } else {
        matches!(c.general_category_group(), GeneralCategoryGroup::Letter | GeneralCategoryGroup::Number)
    }
}

/// The full case folding of one character: one to three characters.
fn folded(c: char) -> impl Iterator<Item = char> {
    iter::once(c).default_case_fold()
}

fn push_folded(c: char, out: &mut String) {
    if c.is_ascii() {
        out.push(c.to_ascii_lowercase());
    } else {
        out.extend(folded(c));
    }
}

/// Full case folding (`ß` is `ss`), which is not lower case: `ς` and `σ` fold alike.
pub fn case_fold(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return match text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            true => Cow::Owned(text.to_ascii_lowercase()),
            false => Cow::Borrowed(text),
        };
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        push_folded(c, &mut out);
    }
    Cow::Owned(out)
}

/// Whether two texts are one once case is folded. Neither is normalised: `é` in one and in two characters differ.
pub fn equals_ignoring_case(a: &str, b: &str) -> bool {
    if a.is_ascii() && b.is_ascii() { a.eq_ignore_ascii_case(b) } else { caseless::default_caseless_match_str(a, b) }
}

/// Normalisation form KC.
pub fn nfkc(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || is_nfkc_quick(text.chars()) == IsNormalized::Yes {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.nfkc().collect())
    }
}

/// The text without the blanks at its ends. Hardly any text has some, which two looks tell.
#[inline]
pub fn trimmed(text: &str) -> &str {
    match text.as_bytes() {
        [one] if one.is_ascii_graphic() => text,
        [first, .., last] if first.is_ascii_graphic() && last.is_ascii_graphic() => text,
        _ => text.trim(),
    }
}

/// Trims blanks at both ends and makes each run of blanks inside one ASCII space.
pub fn collapse_blanks(text: &str) -> Cow<'_, str> {
    let text = trimmed(text);
    let mut after_space = false;
    let collapsed = text.chars().all(|c| {
        let fits = !is_blank(c) || (c == ' ' && !after_space);
        after_space = c == ' ';
        fits
    });
    if collapsed {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    Cow::Owned(out)
}

/// The first `digits` hex digits (at most all 64) of the SHA-256 of a text's UTF-8 bytes.
pub fn sha256_hex(text: &str, digits: usize) -> String {
    let digest = Sha256::digest(text.as_bytes());
    let mut out = hex::encode(&digest[..digits.div_ceil(2).min(digest.len())]);
    out.truncate(digits);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_belong_to_their_unicode_classes() {
        // letter, digit, mark, blank, hyphen
        let cases: &[(&str, [bool; 5])] = &[
            ("azAZéßŉأኢ中ªʼ𝒜", [true, false, false, false, false]),
            ("09٣५Ⅷ½²①𝟙", [false, true, false, false, false]),
            ("\u{301}\u{308}\u{64e}\u{93e}\u{345}\u{20dd}\u{fe0f}", [false, false, true, false, false]),
            (
                "\t\n\u{b}\u{c}\r \u{85}\u{a0}\u{1680}\u{2003}\u{2028}\u{2029}\u{202f}\u{205f}\u{3000}",
                [false, false, false, true, false],
            ),
            ("-‐‑‒–—\u{58a}\u{301c}\u{ff0d}", [false, false, false, false, true]),
            ("_+#.\0\u{1c}\u{7f}\u{ad}\u{200b}\u{feff}−😀\u{180e}", [false; 5]),
        ];
        for (characters, expected) in cases {
            for c in characters.chars() {
                let classes = [is_letter(c), is_digit(c), is_mark(c), is_blank(c), is_hyphen(c)];
                assert_eq!(classes, *expected, "{c:?}");
                assert_eq!(is_letter_or_digit(c), expected[0] || expected[1], "{c:?}");
            }
        }
    }

    #[test]
    fn the_ascii_paths_agree_with_the_tables() {
        for c in (0..128u8).map(char::from) {
            let group = c.general_category_group();
            assert_eq!(is_letter(c), group == GeneralCategoryGroup::Letter, "{c:?}");
            assert_eq!(is_digit(c), group == GeneralCategoryGroup::Number, "{c:?}");
            assert_eq!(is_mark(c), group == GeneralCategoryGroup::Mark, "{c:?}");
            assert_eq!(is_hyphen(c), c.general_category() == GeneralCategory::DashPunctuation, "{c:?}");
            assert_eq!(case_fold(&c.to_string()), caseless::default_case_fold_str(&c.to_string()), "{c:?}");
        }
    }

    #[test]
    fn case_folds() {
        let cases = [
            ("", ""),
            ("plain 1", "plain 1"),
            ("Plain TEXT", "plain text"),
            ("Straße", "strasse"),
            ("ΣΑΣ ς", "σασ σ"),
            ("ÉCOLE", "école"),
            ("İ", "i\u{307}"),
            ("ﬃ", "ffi"),
            ("\u{212a}", "k"),
            ("A\0B", "a\0b"),
            ("Ꭰꭰ", "ᎠᎠ"),
        ];
        for (text, expected) in cases {
            assert_eq!(case_fold(text), expected, "{text:?}");
            assert!(equals_ignoring_case(text, expected), "{text:?}");
        }
        assert!(matches!(case_fold("plain"), Cow::Borrowed(_)));
        for (a, b) in [("a", "b"), ("a", "ab"), ("é", "e\u{301}"), ("ß", "s"), ("", "a")] {
            assert!(!equals_ignoring_case(a, b), "{a:?} {b:?}");
        }
    }

    #[test]
    fn trims_as_the_standard_library_does() {
        for text in
            ["", " ", "a", " a", "a ", "ab", "a b", "\u{a0}a", "aé", "é ", "\ta\n", "\u{1f}a", "a\u{7f}", "\u{85}"]
        {
            assert_eq!(trimmed(text), text.trim(), "{text:?}");
        }
    }

    #[test]
    fn normalises_to_nfkc() {
        let cases = [
            ("", ""),
            ("Google", "Google"),
            ("e\u{301}cole", "école"),
            ("école", "école"),
            ("Ｇｏｏｇｌｅ", "Google"),
            ("ﬁ ① ™", "fi 1 TM"),
            ("a\u{a0}b", "a b"),
            ("\u{1100}\u{1161}", "가"),
        ];
        for (text, expected) in cases {
            assert_eq!(nfkc(text), expected, "{text:?}");
        }
        assert!(matches!(nfkc("école"), Cow::Borrowed(_)));
    }

    #[test]
    fn collapses_blanks() {
        let cases = [
            ("", ""),
            ("   ", ""),
            ("one two", "one two"),
            ("  one two ", "one two"),
            ("one  two", "one two"),
            ("one\ttwo\r\n three", "one two three"),
            ("one\u{a0}two", "one two"),
            ("one \u{3000} two\u{2003}", "one two"),
            ("zero\u{200b}width", "zero\u{200b}width"),
        ];
        for (text, expected) in cases {
            assert_eq!(collapse_blanks(text), expected, "{text:?}");
        }
        assert!(matches!(collapse_blanks(" one two "), Cow::Borrowed("one two")));
    }

    #[test]
    fn digests() {
        let cases = [
            ("", 16, "e3b0c44298fc1c14"),
            ("google", 16, "bbdefa2950f49882"),
            ("google", 3, "bbd"),
            ("google", 0, ""),
            ("google", 64, "bbdefa2950f49882f295b1285d4fa9dec45fc4144bfb07ee6acc68762d12c2e3"),
            ("google", 99, "bbdefa2950f49882f295b1285d4fa9dec45fc4144bfb07ee6acc68762d12c2e3"),
        ];
        for (text, digits, expected) in cases {
            assert_eq!(sha256_hex(text, digits), expected);
        }
    }
}
