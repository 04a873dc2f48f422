//! The source table: its 58 columns in order, and the statement that makes it (no key, no index, as the real one).
//! One row of it is a list of cells in that order. It must never gain a column that SOURCE.md does not have.

use std::io::Write;

/// Column names and MySQL types, in table order. `bio` alone is LONGTEXT: TEXT cannot hold the 10 MB one.
pub const COLUMNS: [(&str, &str); 58] = [
    ("hashed_email", "text"),
    ("sand_id", "text"),
    ("email", "text"),
    ("full_name", "text"),
    ("profile_photo_url", "text"),
    ("bio", "longtext"),
    ("skills_list", "text"),
    ("gender", "text"),
    ("country_of_residence", "text"),
    ("country_of_origin", "text"),
    ("city_of_residence", "text"),
    ("region_name", "text"),
    ("education_level_of_study", "text"),
    ("education_field_of_study", "text"),
    ("country_of_residence_latitude", "decimal(38,6)"),
    ("country_of_residence_longitude", "decimal(38,6)"),
    ("city_of_residence_latitude", "decimal(38,6)"),
    ("city_of_residence_longitude", "decimal(38,6)"),
    ("designation", "text"),
    ("testimonial", "text"),
    ("is_learning_data", "bigint"),
    ("is_featured", "bigint"),
    ("youtube_id", "text"),
    ("is_featured_video", "bigint"),
    ("is_graduate_learner", "bigint"),
    ("is_active_learner", "bigint"),
    ("is_a_dropped_out", "bigint"),
    ("learning_details", "text"),
    ("is_running_a_venture", "bigint"),
    ("is_a_freelancer", "bigint"),
    ("is_wage_employed", "bigint"),
    ("placement_details", "text"),
    ("is_placed", "bigint"),
    ("employment_details", "text"),
    ("has_employment_details", "bigint"),
    ("education_details", "text"),
    ("has_education_details", "bigint"),
    ("has_data", "bigint"),
    ("is_rural", "bigint"),
    ("description_of_living_location", "text"),
    ("has_disability", "bigint"),
    ("type_of_disability", "text"),
    ("is_from_low_income_household", "bigint"),
    ("demographic_details", "text"),
    ("legacy_points_transaction_history", "text"),
    ("has_legacy_points_transactions", "bigint"),
    ("meta_rn", "bigint"),
    ("meta_ui_lat", "double"),
    ("meta_ui_lng", "double"),
    ("student_record_ranking", "bigint"),
    ("rnk", "bigint"),
    ("zoom_attendance_details", "text"),
    ("circle_events", "text"),
    ("ehub_check_ins", "text"),
    ("has_placement_details", "bigint"),
    ("has_profile_profile_photo", "bigint"),
    ("has_social_economic_data", "bigint"),
    ("snapshot_id", "bigint"),
];

/// `CREATE TABLE` for the table under another name. The name must have no backtick.
pub fn create_statement(table: &str) -> String {
    let columns: Vec<String> = COLUMNS.iter().map(|(name, kind)| format!("  `{name}` {kind} NULL")).collect();
    format!("CREATE TABLE `{table}` (\n{}\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4", columns.join(",\n"))
}

/// The place of a column. Only names of `COLUMNS` may be asked for.
pub fn place(column: &str) -> usize {
    COLUMNS.iter().position(|(name, _)| *name == column).unwrap_or_else(|| panic!("the table has no column {column}"))
}

/// One value of one row.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Cell {
    /// SQL's NULL.
    #[default]
    Null,
    /// Text that stands in the program.
    Fixed(&'static str),
    /// Text made for this row.
    Text(String),
    /// A BIGINT.
    Integer(i64),
}

impl From<&'static str> for Cell {
    fn from(text: &'static str) -> Self {
        Self::Fixed(text)
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Cell {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<bool> for Cell {
    fn from(flag: bool) -> Self {
        Self::Integer(i64::from(flag))
    }
}

/// One row: 58 cells in table order. Cells are filled from the left with [`Row::add`] and changed by name with [`Row::set`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row(Vec<Cell>);

impl Row {
    /// An empty row with room for all cells.
    pub fn new() -> Self {
        Self(Vec::with_capacity(COLUMNS.len()))
    }

    /// The next cell.
    pub fn add(&mut self, cell: impl Into<Cell>) {
        self.0.push(cell.into());
    }

    /// All cells so far.
    pub fn cells(&self) -> &[Cell] {
        &self.0
    }

    /// Changes a cell.
    pub fn set(&mut self, column: &str, cell: impl Into<Cell>) {
        self.0[place(column)] = cell.into();
    }

    /// The text of a cell; empty where it holds none.
    pub fn text(&self, column: &str) -> &str {
        match &self.0[place(column)] {
            Cell::Fixed(text) => text,
            Cell::Text(text) => text,
            Cell::Null | Cell::Integer(_) => "",
        }
    }

    /// Writes the row as a line of `LOAD DATA`'s default format: tabs between, `\N` for NULL, backslash escapes.
    pub fn write_line(&self, line: &mut Vec<u8>) {
        for (place, cell) in self.0.iter().enumerate() {
            if place > 0 {
                line.push(b'\t');
            }
            match cell {
                Cell::Null => line.extend_from_slice(b"\\N"),
                Cell::Fixed(text) => escape(text.as_bytes(), line),
                Cell::Text(text) => escape(text.as_bytes(), line),
                Cell::Integer(number) => write!(line, "{number}").unwrap_or_default(),
            }
        }
        line.push(b'\n');
    }
}

/// Copies the stretches between special bytes whole: nearly all text has none.
fn escape(text: &[u8], line: &mut Vec<u8>) {
    let mut from = 0;
    for (at, byte) in text.iter().enumerate() {
        let escaped = match byte {
            b'\t' => b't',
            b'\n' => b'n',
            b'\r' => b'r',
            0 => b'0',
            b'\\' => b'\\',
            _ => continue,
        };
        line.extend_from_slice(&text[from..at]);
        line.extend_from_slice(&[b'\\', escaped]);
        from = at + 1;
    }
    line.extend_from_slice(&text[from..]);
}
