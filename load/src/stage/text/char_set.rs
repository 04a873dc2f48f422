//! Sets of characters, as a mapping names them: classes of Unicode (letters, digits, marks, blanks, hyphens) and single
//! characters. What a set keeps of a text, or what stands for its runs, goes out. A set is built once a load and asked
//! for every character of a cell, so its ASCII part is one bit each.

use super::{is_blank, is_digit, is_hyphen, is_letter, is_mark};

/// A class of characters, as GRAPH.md defines it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CharClass {
    Letters,
    Digits,
    Marks,
    Blanks,
    Hyphens,
}

impl CharClass {
    /// The class a mapping calls by this name.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "letters" => Some(Self::Letters),
            "digits" => Some(Self::Digits),
            "marks" => Some(Self::Marks),
            "blanks" => Some(Self::Blanks),
            "hyphens" => Some(Self::Hyphens),
            _ => None,
        }
    }

    fn contains(self, c: char) -> bool {
        match self {
            Self::Letters => is_letter(c),
            Self::Digits => is_digit(c),
            Self::Marks => is_mark(c),
            Self::Blanks => is_blank(c),
            Self::Hyphens => is_hyphen(c),
        }
    }
}

/// A set of characters: some classes, and the characters listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CharSet {
    classes: Vec<CharClass>,
    /// Those listed that are not ASCII, sorted.
    listed: Vec<char>,
    /// One bit an ASCII character, of classes and list alike.
    ascii: u128,
}

impl CharSet {
    pub fn new(classes: &[CharClass], listed: &str) -> Self {
        let ascii = (0..128u8)
            .filter(|&byte| {
                let c = char::from(byte);
                listed.contains(c) || classes.iter().any(|class| class.contains(c))
            })
            .fold(0, |bits, byte| bits | (1u128 << byte));
        let mut listed: Vec<char> = listed.chars().filter(|c| !c.is_ascii()).collect();
        listed.sort_unstable();
        listed.dedup();
        Self { classes: classes.to_vec(), listed, ascii }
    }

    #[inline]
    pub fn contains(&self, c: char) -> bool {
        if c.is_ascii() {
            return self.ascii >> u32::from(c) & 1 == 1;
        }
        self.listed.binary_search(&c).is_ok() || self.classes.iter().any(|class| class.contains(c))
    }
}

/// A text without the characters outside the set.
pub fn keep(text: &str, set: &CharSet) -> String {
    text.chars().filter(|&c| set.contains(c)).collect()
}

/// A text in which each run of characters of the set is `with`, at the ends too.
pub fn replace_runs(text: &str, set: &CharSet, with: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut in_run = false;
    for c in text.chars() {
        let is_member = set.contains(c);
        if !is_member {
            out.push(c);
        } else if !in_run {
            out.push_str(with);
        }
        in_run = is_member;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The two sets of the rule for skill ids.
    fn skill_sets() -> (CharSet, CharSet) {
        use CharClass::{Blanks, Digits, Hyphens, Letters};
        (CharSet::new(&[Letters, Digits, Blanks, Hyphens], "_+#"), CharSet::new(&[Blanks, Hyphens], ""))
    }

    #[test]
    fn a_set_holds_its_classes_and_its_list() {
        let set = CharSet::new(&[CharClass::Digits, CharClass::Hyphens], "ax€é€");
        for c in "09٣-–ax€é".chars() {
            assert!(set.contains(c), "{c:?}");
        }
        for c in "bA _\u{301}è中\0".chars() {
            assert!(!set.contains(c), "{c:?}");
        }
        let nothing = CharSet::new(&[], "");
        assert!("a1 -€\u{301}".chars().all(|c| !nothing.contains(c)));
    }

    #[test]
    fn classes_have_names() {
        for (name, inside, outside) in [
            ("letters", 'é', '1'),
            ("digits", '٣', 'a'),
            ("marks", '\u{301}', 'a'),
            ("blanks", '\u{a0}', '-'),
            ("hyphens", '—', ' '),
        ] {
            let set = CharSet::new(&[CharClass::named(name).unwrap()], "");
            assert!(set.contains(inside) && !set.contains(outside), "{name}");
        }
        assert_eq!(CharClass::named("Letters"), None);
    }

    #[test]
    fn skill_ids_are_made_of_two_sets() {
        let (kept, joints) = skill_sets();
        let cases = [
            ("c++", "c++", "c++"),
            ("c#", "c#", "c#"),
            ("node.js", "nodejs", "nodejs"),
            ("problem - solving", "problem - solving", "problem_solving"),
            (" (machine)\tlearning ", " machine\tlearning ", "_machine_learning_"),
            ("e\u{301}t\u{a0}é", "et\u{a0}é", "et_é"),
            ("data–science", "data–science", "data_science"),
            ("😀", "", ""),
            ("", "", ""),
        ];
        for (text, left, id) in cases {
            assert_eq!(keep(text, &kept), left, "{text:?}");
            assert_eq!(replace_runs(left, &joints, "_"), id, "{text:?}");
        }
        assert_eq!(replace_runs("a - b", &joints, ""), "ab");
        assert_eq!(replace_runs("a - b", &joints, "--"), "a--b");
    }
}
