//! One column, looked at: its values come in as text, what they have in common goes out.
//!
//! Values are counted, never kept: of each only 64 bits of a hash stay, so that different ones can be counted and looked for in
//! other columns. With the rows that are looked at bounded, a column takes some 1.2 MB at most.

use std::collections::BTreeMap;

use hashbrown::HashSet;
use shared::snapshot::Column as Described;

use super::json_shape::JsonShape;
use super::list_shape::ListShape;
use crate::graph_table::manifest::PropertyType;
use crate::mapping::resolve::ColumnKind;

/// Texts that hardly ever mean something, in small letters: a draft takes them for "no value" where it sees them.
const NOTHING: [&str; 6] = ["", "null", "n/a", "#n/a", "\\n", "undefined"];
/// Texts that may well mean something (`NA` is Namibia, and `Nan` a name): a draft only says that they are there.
const PERHAPS_NOTHING: [&str; 10] =
    ["none", "na", "nan", "nil", "-", "--", "?", "unknown", "not available", "not applicable"];
/// A longer text is no key: nobody refers to it, and indexes take no more than 8,000 bytes.
const LONGEST_KEY_BYTES: usize = 500;

/// What the values of a column are for a mapping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// Texts.
    Text,
    /// Whole numbers of 64 bits.
    Whole,
    /// Truth values, as a `TINYINT(1)` of 0 and 1.
    Truth,
    /// What no property holds.
    Bytes,
    /// Other numbers, days, moments.
    Other,
}

/// A hash of a value, equal for `7` in a number and in a text.
pub type ValueHash = u64;

/// One column and its values, as far as they were looked at.
#[derive(Debug)]
pub struct ColumnProfile {
    /// Its name.
    pub name: String,
    /// Its type in MySQL.
    pub declared: String,
    /// What the snapshot holds.
    pub kind: ColumnKind,
    /// Rows that were looked at.
    pub seen: u64,
    /// Rows without a value: NULL, or a text that means nothing.
    pub missing: u64,
    /// Texts that mean nothing, in small letters, with how often.
    pub nothing: BTreeMap<&'static str, u64>,
    /// Texts that perhaps mean nothing.
    pub perhaps_nothing: BTreeMap<&'static str, u64>,
    /// Texts with blanks at their ends.
    pub with_blanks: u64,
    /// Different values.
    pub values: HashSet<ValueHash>,
    /// Bytes of the longest.
    pub longest_bytes: usize,
    /// What is in texts that are JSON.
    pub json: JsonShape,
    /// What is in texts that are lists.
    pub list: ListShape,
    truths: u64,
    past_64_bits: bool,
}

/// The value of a cell as it counts for a draft: without blanks at its ends; none where it means nothing.
pub fn value_of(text: &str) -> Option<&str> {
    let text = text.trim();
    is_one_of(&NOTHING, text).is_none().then_some(text)
}

/// Its hash.
pub fn value_hash(value: &str) -> ValueHash {
    let hash = blake3::hash(value.as_bytes());
    let (half, _) = hash.as_bytes().split_first_chunk::<8>().expect("a BLAKE3 hash has 32 bytes");
    u64::from_le_bytes(*half)
}

fn is_one_of(texts: &[&'static str], text: &str) -> Option<&'static str> {
    texts.iter().find(|nothing| nothing.eq_ignore_ascii_case(text)).copied()
}

impl ColumnProfile {
    /// A column of which nothing was seen yet.
    pub fn new(described: &Described, kind: ColumnKind) -> Self {
        Self {
            name: described.name.clone(),
            declared: described.mysql_type.clone(),
            kind,
            seen: 0,
            missing: 0,
            nothing: BTreeMap::new(),
            perhaps_nothing: BTreeMap::new(),
            with_blanks: 0,
            values: HashSet::new(),
            longest_bytes: 0,
            json: JsonShape::default(),
            list: ListShape::default(),
            truths: 0,
            past_64_bits: false,
        }
    }

    /// Looks at one more cell.
    pub fn see(&mut self, cell: Option<&str>) {
        self.seen += 1;
        let Some(text) = cell else {
            self.missing += 1;
            return;
        };
        let is_text = self.kind == ColumnKind::Property(PropertyType::String);
        let value = text.trim();
        if is_text {
            if let Some(nothing) = is_one_of(&NOTHING, value) {
                *self.nothing.entry(nothing).or_default() += 1;
                self.missing += 1;
                return;
            }
            if let Some(perhaps) = is_one_of(&PERHAPS_NOTHING, value) {
                *self.perhaps_nothing.entry(perhaps).or_default() += 1;
            }
            self.with_blanks += u64::from(value.len() != text.len());
            self.json.see(value);
            self.list.see(value);
        }
        self.truths += u64::from(matches!(value, "0" | "1"));
        self.past_64_bits |= matches!(self.kind, ColumnKind::Decimal { .. }) && value.parse::<i64>().is_err();
        self.longest_bytes = self.longest_bytes.max(value.len());
        self.values.insert(value_hash(value));
    }

    /// Rows with a value.
    pub fn present(&self) -> u64 {
        self.seen - self.missing
    }

    /// What its values are.
    pub fn holds(&self) -> Holds {
        match self.kind {
            ColumnKind::Bytes => Holds::Bytes,
            ColumnKind::Property(PropertyType::String) => Holds::Text,
            // As whole numbers those past 64 bits would be lost.
            ColumnKind::Decimal { scale: 0 } if self.past_64_bits => Holds::Text,
            ColumnKind::Property(PropertyType::Integer) if self.is_truth() => Holds::Truth,
            ColumnKind::Property(PropertyType::Integer) | ColumnKind::Decimal { scale: 0 } => Holds::Whole,
            _ => Holds::Other,
        }
    }

    /// `BOOLEAN` is `TINYINT(1)` to MySQL; one with other numbers than 0 and 1 is none.
    fn is_truth(&self) -> bool {
        self.declared.to_ascii_lowercase().starts_with("tinyint(1)") && self.truths == self.present()
    }

    /// Whether its numbers must be read as texts, as they do not fit 64 bits.
    pub fn is_number_as_text(&self) -> bool {
        self.holds() == Holds::Text && matches!(self.kind, ColumnKind::Decimal { .. })
    }

    /// Whether its values can tell rows apart, or refer to a column that does.
    pub fn may_refer(&self) -> bool {
        matches!(self.holds(), Holds::Text | Holds::Whole)
            && self.longest_bytes <= LONGEST_KEY_BYTES
            && !self.json.is_structured()
    }

    /// Whether its values are days or moments.
    pub fn is_time(&self) -> bool {
        use PropertyType as P;
        matches!(self.kind, ColumnKind::Property(P::Date | P::LocalDatetime | P::ZonedDatetime))
    }

    /// Whether every row has a value of its own.
    pub fn is_unique(&self) -> bool {
        self.may_refer() && self.missing == 0 && self.values.len() as u64 == self.seen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(declared: &str, kind: ColumnKind, cells: &[Option<&str>]) -> ColumnProfile {
        let described = Described {
            name: "c".into(),
            mysql_type: declared.into(),
            nullable: true,
            charset: None,
            arrow_type: String::new(),
            parquet_type: String::new(),
            rule: String::new(),
        };
        let mut column = ColumnProfile::new(&described, kind);
        cells.iter().for_each(|cell| column.see(*cell));
        column
    }

    #[test]
    fn what_means_nothing_is_missing_and_what_perhaps_does_is_not() {
        let text = ColumnKind::Property(PropertyType::String);
        let cells = [Some("a"), Some(" A "), Some(" N/A"), Some(""), Some("NA"), None];
        let column = column("varchar(9)", text, &cells);
        assert_eq!((column.missing, column.values.len(), column.with_blanks), (3, 3, 1));
        assert_eq!((column.nothing.len(), column.perhaps_nothing["na"]), (2, 1));
        assert!(!column.is_unique());
    }

    #[test]
    fn numbers_are_whole_true_or_too_large() {
        let integer = ColumnKind::Property(PropertyType::Integer);
        assert_eq!(column("tinyint(1)", integer, &[Some("0"), None, Some("1")]).holds(), Holds::Truth);
        assert_eq!(column("tinyint(1)", integer, &[Some("0"), Some("2")]).holds(), Holds::Whole);
        assert_eq!(column("int", integer, &[Some("0"), Some("1")]).holds(), Holds::Whole);
        let decimal = ColumnKind::Decimal { scale: 0 };
        let large = column("bigint unsigned", decimal, &[Some("18446744073709551615")]);
        assert!(large.is_number_as_text() && large.is_unique());
        assert_eq!(column("bigint unsigned", decimal, &[Some("7")]).holds(), Holds::Whole);
        assert_eq!(value_hash("7"), value_hash(value_of(" 7").unwrap()));
    }
}
