//! Whether the texts of a column are lists: words between commas that come again and again.
//!
//! In: texts, one by one. Out: the mark between the items, where it is one. Prose has commas too, but what stands between them
//! hardly ever comes twice.

use hashbrown::HashSet;

use super::column::{ValueHash, value_hash};

/// Marks between items.
const MARKS: [char; 3] = [',', ';', '|'];
/// Cells that are taken apart, and different items that are kept of them: 64 bits of each.
const LOOKED_CELLS: u64 = 10_000;
/// A longer item is prose.
const LONGEST_ITEM_BYTES: usize = 60;
/// So many items of a column, and each so often on average, make lists of its texts.
const FEWEST_ITEMS: u64 = 20;
const REPEATS: u64 = 3;

/// What stands between the marks of the texts of a column.
#[derive(Debug, Default)]
pub struct ListShape {
    cells: u64,
    marks: [Items; MARKS.len()],
}

#[derive(Debug, Default)]
struct Items {
    lists: u64,
    items: u64,
    different: HashSet<ValueHash>,
    with_letters: u64,
    is_prose: bool,
}

impl ListShape {
    /// Looks at one more text.
    pub fn see(&mut self, text: &str) {
        if self.cells == LOOKED_CELLS {
            return;
        }
        self.cells += 1;
        for (mark, items) in MARKS.iter().zip(&mut self.marks) {
            if items.is_prose || !text.contains(*mark) {
                continue;
            }
            items.lists += 1;
            for item in text.split(*mark).map(str::trim) {
                if item.len() > LONGEST_ITEM_BYTES || items.different.len() as u64 > LOOKED_CELLS {
                    *items = Items { is_prose: true, ..Items::default() };
                    break;
                }
                items.items += 1;
                items.with_letters += u64::from(item.contains(char::is_alphabetic));
                items.different.insert(value_hash(item));
            }
        }
    }

    /// The mark, where at least a tenth of the texts are lists by it.
    pub fn mark(&self) -> Option<char> {
        let is_list = |items: &Items| {
            let different = items.different.len() as u64;
            // A comma between digits is mostly a decimal one.
            let is_words = items.with_letters * 2 > items.items;
            let is_often = items.lists * 10 >= self.cells && items.items >= FEWEST_ITEMS.max(REPEATS * different);
            !items.is_prose && is_words && is_often
        };
        MARKS.iter().zip(&self.marks).find(|(_, items)| items.lists > 0 && is_list(items)).map(|(mark, _)| *mark)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark<'a>(texts: impl IntoIterator<Item = &'a str>) -> Option<char> {
        let mut shape = ListShape::default();
        texts.into_iter().for_each(|text| shape.see(text));
        shape.mark()
    }

    #[test]
    fn words_that_come_again_between_marks_make_a_list() {
        assert_eq!(mark(["rock, pop", "pop,jazz", "jazz"].into_iter().cycle().take(60)), Some(','));
        assert_eq!(mark(["a|b", "b|c"].into_iter().cycle().take(60)), Some('|'));
        assert_eq!(mark(["rock", "pop"].into_iter().cycle().take(60)), None);
        let prose: Vec<String> = (0..60).map(|n| format!("It was {n}, I think, or {n}{n}")).collect();
        assert_eq!(mark(prose.iter().map(String::as_str)), None);
        let long = format!("a, {}", "x".repeat(LONGEST_ITEM_BYTES + 1));
        assert_eq!(mark(std::iter::repeat_n(long.as_str(), 60)), None, "a sentence is no item");
        assert_eq!(mark(["a, b"]), None, "one cell says nothing");
        assert_eq!(mark(["1,75", "1,8"].into_iter().cycle().take(60)), None, "decimal commas");
    }
}
