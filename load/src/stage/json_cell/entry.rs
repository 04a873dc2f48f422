//! Entries: one JSON object of a cell as names with texts, and when two of them are one (rule 15 of GRAPH.md).
//! Values are as they stand in the cell, untrimmed: what they mean is the mapping's to say.

use std::hash::{DefaultHasher, Hash, Hasher};

use hashbrown::HashMap;

/// One object of a cell's array.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry<'a> {
    /// 0-based place in the array; what is not an object counts.
    pub place: u32,
    /// No name stands twice.
    pub members: &'a [Member<'a>],
}

/// One name of an object and the text of its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Member<'a> {
    pub name: &'a str,
    /// None for null, an object or an array.
    pub value: Option<&'a str>,
}

/// Up to this many members, searching one by one is cheaper than a map.
const FEW_MEMBERS: usize = 64;

/// Whether two entries have the same names with the same values, in any order. A missing value differs from an absent
/// name; places do not matter.
pub fn same_entry(a: &Entry<'_>, b: &Entry<'_>) -> bool {
    // No name stands twice, so equal numbers and one direction are enough.
    a.members.len() == b.members.len()
        && (a.members == b.members
            || if b.members.len() <= FEW_MEMBERS {
                a.members.iter().all(|member| b.members.contains(member))
            } else {
                let values: HashMap<_, _> = b.members.iter().map(|member| (member.name, member.value)).collect();
                a.members.iter().all(|member| values.get(member.name) == Some(&member.value))
            })
}

/// A hash that equal entries share, whatever the order of their members; the same in every run of one program.
pub fn entry_hash(entry: &Entry<'_>) -> u64 {
    entry.members.iter().fold(0, |sum, member| {
        // The standard hasher of this constructor has fixed keys. The sum does not depend on the order.
        let mut hasher = DefaultHasher::new();
        member.hash(&mut hasher);
        sum.wrapping_add(hasher.finish())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members<'a>(pairs: &[(&'a str, Option<&'a str>)]) -> Vec<Member<'a>> {
        pairs.iter().map(|&(name, value)| Member { name, value }).collect()
    }

    fn same(a: &[(&str, Option<&str>)], b: &[(&str, Option<&str>)]) -> bool {
        let (x, y) = (members(a), members(b));
        let (x, y) = (Entry { place: 0, members: &x }, Entry { place: 7, members: &y });
        let same = same_entry(&x, &y);
        assert_eq!(same_entry(&y, &x), same);
        assert_eq!(entry_hash(&x) == entry_hash(&y), same, "{a:?} {b:?}");
        same
    }

    #[test]
    fn equal_entries() {
        let (a, b) = (("a", Some("1")), ("b", Some("2")));
        assert!(same(&[], &[]));
        assert!(same(&[a, b], &[a, b]));
        assert!(same(&[a, b], &[b, a]));
        assert!(same(&[a, ("n", None)], &[("n", None), a]));
    }

    #[test]
    fn entries_that_differ() {
        let (a, b) = (("a", Some("1")), ("b", Some("2")));
        assert!(!same(&[a], &[b]));
        assert!(!same(&[a, b], &[a]));
        assert!(!same(&[a, ("n", None)], &[a]));
        assert!(!same(&[a, ("n", None)], &[a, ("m", None)]));
        assert!(!same(&[("a", None)], &[("a", Some(""))]));
        assert!(!same(&[("a", Some("1 "))], &[a]));
        assert!(!same(&[("a", Some("2")), ("b", Some("1"))], &[a, b]));
        assert!(!same(&[("ab", Some("c"))], &[("a", Some("bc"))]));
    }

    #[test]
    fn large_entries() {
        let names: Vec<String> = (0..500).map(|n| format!("name {n}")).collect();
        let members: Vec<_> = names.iter().map(|name| (name.as_str(), Some(name.as_str()))).collect();
        let mut turned = members.clone();
        turned.reverse();
        assert!(same(&members, &turned));
        turned[250].1 = None;
        assert!(!same(&members, &turned));
    }
}
