//! References of several columns: foreign keys whose columns together hold a key of as many columns.
//!
//! In: the keys that tables declare. Out: for each such foreign key the table that it refers to, and its columns with those of
//! the key. Only what is declared is found: to try all columns together would find too much by chance.

use super::key::Key;
use super::profile::TableProfile;

/// Columns, by place, that together hold the key of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WideReference {
    /// The table that they refer to.
    pub to: usize,
    /// Each column, and the column of the key there that it holds.
    pub columns: Vec<(usize, usize)>,
}

/// What the table at `from` declares to refer to keys of several columns.
pub fn find(tables: &[TableProfile], keys: &[Key], from: usize) -> Vec<WideReference> {
    let declared = tables[from].snapshot.manifest.keys.foreign.iter().filter(|foreign| foreign.columns.len() > 1);
    let found = declared.filter_map(|foreign| {
        let is_meant = |table: &TableProfile| {
            let source = &table.snapshot.manifest.source;
            source.table == foreign.table && source.database == foreign.database
        };
        let to = tables.iter().position(is_meant)?;
        let own = tables[from].places(&foreign.columns)?;
        let theirs = tables[to].places(&foreign.references)?;
        let Key::Columns(key) = &keys[to] else { return None };
        let holds = |own: usize, theirs: usize| {
            tables[from].columns[own].holds() == tables[to].columns[theirs].holds() && key.contains(&theirs)
        };
        let columns: Vec<(usize, usize)> = own.into_iter().zip(theirs).collect();
        let is_key = columns.len() == key.len() && columns.iter().all(|(own, theirs)| holds(*own, *theirs));
        is_key.then_some(WideReference { to, columns })
    });
    let mut different: Vec<WideReference> = Vec::new();
    for reference in found {
        // The same may be declared twice, under two names.
        if !different.contains(&reference) {
            different.push(reference);
        }
    }
    different
}
