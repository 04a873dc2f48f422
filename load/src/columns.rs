//! Lists in columns for people, as wide as what they hold: names to the left, numbers to the right, no lines between.
//!
//! In: cells as text. Out: lines of text that end without spaces. What stands in a cell is decided elsewhere.

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, ContentArrangement, Table};

/// A heading and rows below it, a line each; the first column goes to the left, all others to the right.
pub fn in_columns<const N: usize>(heading: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Disabled).set_header(heading);
    table.add_rows(rows);
    for (place, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 2));
        column.set_cell_alignment(if place == 0 { CellAlignment::Left } else { CellAlignment::Right });
    }
    table.trim_fmt() + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_what_they_hold() {
        let rows = [["Skill", "3,283"], ["HAS_PROFESSIONAL_STATUS", "1"]].map(|row| row.map(str::to_owned));
        let text = in_columns(["table", "rows"], rows);
        let lines =
            ["table                     rows", "Skill                    3,283", "HAS_PROFESSIONAL_STATUS      1"];
        assert_eq!(text.lines().collect::<Vec<_>>(), lines);
    }
}
