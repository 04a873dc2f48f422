//! The name of the folder that holds all snapshots of one table.
//!
//! In: any database and table name that MySQL allows. Out: `<database>.<table>`, safe on every file system: a byte outside
//! `[A-Za-z0-9_-]` becomes `%XX`, so the one dot is the border and two tables never share a folder.

use std::fmt::Write as _;

/// The folder name of a table.
#[must_use]
pub fn folder_name(database: &str, table: &str) -> String {
    format!("{}.{}", escape(database), escape(table))
}

fn escape(name: &str) -> String {
    let mut escaped = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-' {
            escaped.push(char::from(byte));
        } else {
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::folder_name;

    #[test]
    fn only_plain_bytes_stand_for_themselves() {
        assert_eq!(folder_name("tracking", "impact_learners-profile"), "tracking.impact_learners-profile");
        assert_eq!(folder_name("a.b", "c d/é%"), "a%2Eb.c%20d%2F%C3%A9%25");
        assert_ne!(folder_name("a.b", "c"), folder_name("a", "b.c"));
    }
}
