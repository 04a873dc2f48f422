//! Keywords in a text: `CEO` stands in `Founder/CEO` and not in `oceonics`. A text and a keyword come in, yes or no goes
//! out. Case is folded; nothing is normalised, and no blank of a keyword stands for more than itself.

use memchr::memchr2_iter;

use super::{equals_ignoring_case, folded, is_letter_or_digit};

/// Whether the keyword stands in the text where neither neighbour is a letter or digit, in any case, and where the word
/// before it (the nearest run of letters and digits to its left) is none of `not_after`. One such place is enough. The case of
/// the keyword must be folded.
pub fn contains_keyword(text: &str, keyword: &str, not_after: &[String]) -> bool {
    if keyword.is_empty() {
        return false;
    }
    if text.is_ascii() { in_ascii(text, keyword.as_bytes(), not_after) } else { in_unicode(text, keyword, not_after) }
}

fn in_ascii(text: &str, keyword: &[u8], not_after: &[String]) -> bool {
    let bytes = text.as_bytes();
    memchr2_iter(keyword[0], keyword[0].to_ascii_uppercase(), bytes).any(|from| {
        let to = from + keyword.len();
        bytes.get(from..to).is_some_and(|found| found.eq_ignore_ascii_case(keyword))
            && (from == 0 || !bytes[from - 1].is_ascii_alphanumeric())
            && bytes.get(to).is_none_or(|next| !next.is_ascii_alphanumeric())
            && may_follow(&text[..from], not_after)
    })
}

/// Neighbours are those of the text as written, since folding can turn a letter into a letter with a mark behind it.
fn in_unicode(text: &str, keyword: &str, not_after: &[String]) -> bool {
    let mut after_word = false;
    text.char_indices().any(|(from, c)| {
        let bounded = !after_word;
        after_word = is_letter_or_digit(c);
        bounded
            && rest_after(&text[from..], keyword)
                .is_some_and(|rest| !rest.chars().next().is_some_and(is_letter_or_digit))
            && may_follow(&text[..from], not_after)
    })
}

/// What follows the keyword in a text that begins with it; a keyword never ends within the folding of a character.
fn rest_after<'a>(text: &'a str, keyword: &str) -> Option<&'a str> {
    let mut wanted = keyword.chars();
    let mut rest = text.chars();
    while !wanted.as_str().is_empty() {
        for c in folded(rest.next()?) {
            if wanted.next() != Some(c) {
                return None;
            }
        }
    }
    Some(rest.as_str())
}

fn may_follow(before: &str, not_after: &[String]) -> bool {
    if not_after.is_empty() {
        return true;
    }
    let word = last_word(before);
    !not_after.iter().any(|excluded| equals_ignoring_case(word, excluded))
}

/// The last run of letters and digits of a text; empty where there is none.
fn last_word(text: &str) -> &str {
    let word_and_before = text.trim_end_matches(|c| !is_letter_or_digit(c));
    let before = word_and_before.trim_end_matches(is_letter_or_digit);
    &word_and_before[before.len()..]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::text::case_fold;

    fn found(text: &str, keyword: &str, not_after: &[&str]) -> bool {
        let not_after: Vec<String> = not_after.iter().map(|word| (*word).to_owned()).collect();
        let keyword = &*case_fold(keyword);
        let answer = contains_keyword(text, keyword, &not_after);
        // A sign without a class at the far end turns the ASCII path off and changes nothing.
        assert_eq!(contains_keyword(&format!("{text} ™"), keyword, &not_after), answer, "{text:?} {keyword:?}");
        answer
    }

    #[test]
    fn keywords_stand_alone() {
        let cases = [
            ("CEO", "ceo", true),
            ("ceo", "CEO", true),
            ("Founder/CEO", "ceo", true),
            ("Co-Founder", "founder", true),
            ("Co-Founder", "co-founder", true),
            ("cofounder", "founder", false),
            ("founders", "founder", false),
            ("oceonics", "ceo", false),
            ("ceo2", "ceo", false),
            ("2ceo", "ceo", false),
            ("ceo_x", "ceo", true),
            ("ceox ceo", "ceo", true),
            ("xceo ceox (ceo)", "ceo", true),
            ("self-employed", "self employed", false),
            ("Self Employed!", "self employed", true),
            ("ceo at", "ceo at x", false),
            ("", "ceo", false),
            ("ceo", "", false),
            ("start-up-start-upx", "start-up", true),
        ];
        for (text, keyword, expected) in cases {
            assert_eq!(found(text, keyword, &[]), expected, "{text:?} {keyword:?}");
        }
    }

    #[test]
    fn other_scripts_and_foldings() {
        let cases = [
            ("Directrice générale", "GÉNÉRALE", true),
            ("éceo", "ceo", false),
            ("ceoé", "ceo", false),
            ("—ceo—", "ceo", true),
            ("مؤسس شركة", "مؤسس", true),
            ("المؤسس", "مؤسس", false),
            ("GROSSE Straße", "strasse", true),
            ("ß", "s", false),
            ("ßs", "sss", true),
            ("ẖceo", "ceo", false),
            ("ceo\u{301}", "ceo", true),
            ("wor\u{212a}er", "worker", true),
            ("worker", "wor\u{212a}er", true),
            ("１ceo", "ceo", false),
            ("ceo", "é", false),
        ];
        for (text, keyword, expected) in cases {
            assert_eq!(found(text, keyword, &[]), expected, "{text:?} {keyword:?}");
        }
    }

    #[test]
    fn some_words_before_take_it_away() {
        let cases = [
            ("Owner", true),
            ("Product Owner", false),
            ("PRODUCT  OWNER", false),
            ("Product-Owner", false),
            ("process/owner", false),
            ("Products Owner", true),
            ("Byproduct owner", true),
            ("product shop owner", true),
            ("Product Owner and Owner", true),
            ("Owner, Product Owner", true),
            ("Product Owner, Process Owner", false),
            ("Product Owner Owner", true),
        ];
        for (text, expected) in cases {
            assert_eq!(found(text, "owner", &["product", "process"]), expected, "{text:?}");
        }
        assert!(!found("Größe Owner", "owner", &["GRÖSSE"]));
    }

    #[test]
    fn the_last_word() {
        let cases = [("", ""), (" - ", ""), ("one two", "two"), ("one two - ", "two"), ("été,", "été"), ("a1", "a1")];
        for (text, expected) in cases {
            assert_eq!(last_word(text), expected, "{text:?}");
        }
    }
}
