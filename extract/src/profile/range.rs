//! The smallest and the largest value of a column.
//!
//! In: its values, batch by batch. Out: both ends, as text. Numbers, dates and times are compared as what they are, texts by
//! their bytes, truth values and binary not at all. A text is kept only as far as it can be shown.

use std::cmp::Ordering;

use arrow::array::{Array, ArrayRef, AsArray, make_comparator};
use arrow::compute::SortOptions;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use shared::instants::with_offset;
use shared::page::shortened;

/// Bytes of a text that are compared; texts that are equal so far are shown the same.
const COMPARED_BYTES: usize = 512;

/// Both ends of the values so far.
#[derive(Debug, Default)]
pub(super) struct Range {
    texts: Option<(String, String)>,
    /// One value each.
    others: Option<(ArrayRef, ArrayRef)>,
}

impl Range {
    pub(super) fn add(&mut self, values: &ArrayRef) {
        if let Some(texts) = values.as_string_opt::<i32>() {
            texts.iter().flatten().for_each(|text| self.add_text(start(text)));
            return;
        }
        let is_ordered = values.data_type().is_numeric() || values.data_type().is_temporal();
        if !is_ordered {
            return;
        }
        let Ok(compare) = make_comparator(values.as_ref(), values.as_ref(), SortOptions::default()) else { return };
        let mut rows = (0..values.len()).filter(|row| values.is_valid(*row));
        let Some(first) = rows.next() else { return };
        let (mut least, mut most) = (first, first);
        for row in rows {
            if compare(row, least) == Ordering::Less {
                least = row;
            }
            if compare(row, most) == Ordering::Greater {
                most = row;
            }
        }
        let (least, most) = (values.slice(least, 1), values.slice(most, 1));
        let joined = match self.others.take() {
            None => (least, most),
            Some((before_least, before_most)) => {
                let is_less = comes_before(&least, &before_least);
                let is_more = comes_before(&before_most, &most);
                (if is_less { least } else { before_least }, if is_more { most } else { before_most })
            }
        };
        self.others = Some(joined);
    }

    fn add_text(&mut self, text: &str) {
        match &mut self.texts {
            None => self.texts = Some((text.to_owned(), text.to_owned())),
            Some((least, _)) if text < least.as_str() => text.clone_into(least),
            Some((_, most)) if text > most.as_str() => text.clone_into(most),
            Some(_) => {}
        }
    }

    /// Both ends, shortened.
    pub(super) fn ends(&self, characters: usize) -> (Option<String>, Option<String>) {
        if let Some((least, most)) = &self.texts {
            return (Some(shortened(least, characters)), Some(shortened(most, characters)));
        }
        let options = FormatOptions::default();
        let text = |value: &ArrayRef| {
            let value = with_offset(value);
            let text = ArrayFormatter::try_new(value.as_ref(), &options).ok()?;
            Some(shortened(&text.value(0).to_string(), characters))
        };
        self.others.as_ref().map_or((None, None), |(least, most)| (text(least), text(most)))
    }
}

fn comes_before(one: &ArrayRef, other: &ArrayRef) -> bool {
    let compare = make_comparator(one.as_ref(), other.as_ref(), SortOptions::default());
    compare.is_ok_and(|compare| compare(0, 0) == Ordering::Less)
}

/// The first bytes of a text, no character cut.
fn start(text: &str) -> &str {
    if text.len() <= COMPARED_BYTES { text } else { &text[..text.floor_char_boundary(COMPARED_BYTES)] }
}
