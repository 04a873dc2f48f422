//! The name of the folder that holds all snapshots of one table.
//!
//! In: any database and table name that MySQL allows. Out: `<database>.<table>`, safe on every file system: a byte outside
//! `[A-Za-z0-9_-]` becomes `%XX`, so the one dot is the border and two tables never share a folder. A name that would grow too
//! long for a file system is cut, and ends in its digest.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

/// The longest form of a database's or a table's name: two of them with a dot stay below 255 bytes, the limit of file
/// systems. Only names that hardly use ASCII reach it: 64 characters may be 192 bytes, and 576 escaped.
const LONGEST_BYTES: usize = 120;

/// Hex digits of the digest at the end of a name that was cut.
const DIGEST_DIGITS: usize = 16;

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
    if escaped.len() <= LONGEST_BYTES {
        return escaped;
    }
    escaped.truncate(LONGEST_BYTES - DIGEST_DIGITS - 1);
    // Not in the middle of an escape.
    if let Some(cut) = escaped.rfind('%').filter(|at| escaped.len() - at < 3) {
        escaped.truncate(cut);
    }
    let digest = hex::encode(Sha256::digest(name));
    format!("{escaped}-{}", &digest[..DIGEST_DIGITS])
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

    #[test]
    fn the_longest_names_fit_into_a_file_system() {
        let long = |last: &str| format!("{}{last}", "\u{65e5}".repeat(63));
        let (one, other) = (folder_name(&long("a"), &long("b")), folder_name(&long("a"), &long("c")));
        assert!(one.len() < 255 && one.starts_with("%E6%97%A5") && one.contains("%E6-"), "{one}");
        assert_ne!(one, other);
        assert_eq!(folder_name("d", &"t".repeat(64)), format!("d.{}", "t".repeat(64)));
    }
}
