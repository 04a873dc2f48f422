//! Which tables: by name, by pattern, all of them, or what a query gives.
//!
//! In: `--table`, `--all-tables`, `--query`, `MYSQL_TABLE`. Out: [`Wanted`], which picks from the tables that a server has.
//! What may be contradictory is refused here: a selection of columns or rows is of one table.

use std::fmt;

use wildmatch::WildMatch;

use super::PlanError;
use crate::args::{SelectionArgs, TableArgs};
use crate::source::{SourceError, nearest};

/// What is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// Tables.
    Tables {
        /// By name or pattern; empty for all.
        names: Vec<TableName>,
        /// Left out of all, and of what a pattern gives.
        excluded: Vec<TableName>,
    },
    /// The rows of a query, under this name.
    Query {
        /// The name.
        name: String,
    },
}

/// A table's name, or a pattern with `*` for any characters and `?` for one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableName(pub String);

impl TableName {
    /// Whether it may stand for several tables.
    #[must_use]
    pub fn is_pattern(&self) -> bool {
        self.0.contains(['*', '?'])
    }

    /// Whether a table is meant. Upper and lower case differ, as they do for a server on Linux.
    #[must_use]
    pub fn matches(&self, table: &str) -> bool {
        self.0 == table || (self.is_pattern() && WildMatch::new(&self.0).matches(table))
    }
}

impl Wanted {
    pub(super) fn resolve(
        tables: &TableArgs,
        selection: &SelectionArgs,
        setting: Option<String>,
    ) -> Result<Self, PlanError> {
        let named = |names: &[String]| -> Result<Vec<TableName>, PlanError> {
            let names: Vec<TableName> = names.iter().map(|name| TableName(name.trim().to_owned())).collect();
            if names.iter().any(|name| name.0.is_empty()) {
                Err(PlanError::Empty { flag: "--table" })
            } else {
                Ok(names)
            }
        };
        if selection.query.is_some() {
            let name = match (&selection.name, tables.table.as_slice()) {
                (Some(name), _) | (None, [name]) => name.trim(),
                (None, [_, _, ..]) => return Err(PlanError::OneName),
                (None, []) => "",
            };
            return if name.is_empty() {
                Err(PlanError::Missing { what: "name for the query's snapshot", hint: "give it by --name" })
            } else {
                Ok(Self::Query { name: name.to_owned() })
            };
        }
        let mut names = named(&tables.table)?;
        if names.is_empty() && !tables.all_tables {
            let hint = "give it by --table, or as MYSQL_TABLE; --all-tables takes all of the database";
            names = named(&[setting.ok_or(PlanError::Missing { what: "table", hint })?])?;
        }
        names.dedup();
        let wanted = Self::Tables { names, excluded: named(&tables.exclude_table)? };
        match &wanted {
            Self::Tables { excluded, .. } if wanted.single().is_some() && !excluded.is_empty() => {
                Err(PlanError::ExcludedFromNames)
            }
            _ if wanted.single().is_none() => {
                let flag = if !selection.columns.is_empty() {
                    Some("--columns")
                } else if !selection.exclude.is_empty() {
                    Some("--exclude")
                } else {
                    selection.condition.as_ref().map(|_| "--where")
                };
                flag.map_or(Ok(wanted), |flag| Err(PlanError::OneTable { flag }))
            }
            _ => Ok(wanted),
        }
    }

    /// The tables that are meant, among those that a database has: by name in the order given, else in that of the names.
    ///
    /// # Errors
    /// When a pattern means none, a table that is to be left out is not there, or nothing is left.
    pub fn pick(&self, database: &str, all: &[String]) -> Result<Vec<String>, SourceError> {
        let Self::Tables { names, excluded } = self else { return Ok(Vec::new()) };
        let no_match = |pattern: &str| SourceError::NoMatch { database: database.into(), pattern: pattern.into() };
        let mut picked: Vec<String> = Vec::new();
        let mut add = |table: &str| {
            if !picked.iter().any(|other| other == table) {
                picked.push(table.to_owned());
            }
        };
        // Whoever mistypes what must not be read would read it. A pattern may be for tables that come and go.
        if let Some(TableName(table)) = excluded.iter().find(|name| !name.is_pattern() && !all.contains(&name.0)) {
            let similar = nearest(table, all.iter().map(String::as_str));
            return Err(SourceError::NothingExcluded { database: database.into(), table: table.clone(), similar });
        }
        let is_left_out = |table: &str| excluded.iter().any(|name| name.matches(table));
        for name in names {
            // A name that stands there as it is needs no listing: it may be a view.
            if !name.is_pattern() || all.contains(&name.0) {
                add(&name.0);
                continue;
            }
            let mut matching = all.iter().filter(|table| name.matches(table)).peekable();
            matching.peek().ok_or_else(|| no_match(&name.0))?;
            matching.filter(|table| !is_left_out(table)).for_each(|table| add(table));
        }
        if names.is_empty() {
            all.iter().filter(|table| !is_left_out(table)).for_each(|table| add(table));
        }
        if picked.is_empty() { Err(no_match("*")) } else { Ok(picked) }
    }

    /// The one table, where it is certain that there is one.
    #[must_use]
    pub fn single(&self) -> Option<&str> {
        match self {
            Self::Tables { names, .. } => match names.as_slice() {
                [name] if !name.is_pattern() => Some(&name.0),
                _ => None,
            },
            Self::Query { name } => Some(name),
        }
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |names: &[TableName]| names.iter().map(|name| name.0.as_str()).collect::<Vec<_>>().join(", ");
        match self {
            Self::Query { name } => write!(f, "a query, called {name},"),
            Self::Tables { names, excluded } => {
                match names.as_slice() {
                    [] => f.write_str("all tables")?,
                    [name] => write!(f, "{} {}", if name.is_pattern() { "tables" } else { "table" }, name.0)?,
                    names => write!(f, "tables {}", list(names))?,
                }
                if excluded.is_empty() { Ok(()) } else { write!(f, " but {}", list(excluded)) }
            }
        }
    }
}

/// The query without a `;` at its end. The server has the last word; this only catches what is plainly something else, before
/// anything connects.
pub(super) fn one_select(query: &str) -> Result<String, PlanError> {
    let query = query.trim_end_matches(|c: char| c == ';' || c.is_whitespace());
    let mut rest = query.trim_start();
    loop {
        let comment_end = if rest.starts_with("/*") && !rest.starts_with("/*!") {
            rest.find("*/").map(|end| end + 2)
        } else if rest.starts_with("-- ") || rest.starts_with('#') {
            rest.find('\n')
        } else {
            None
        };
        match comment_end {
            Some(end) => rest = rest[end..].trim_start(),
            None => break,
        }
    }
    let word: String = rest.chars().take_while(char::is_ascii_alphabetic).collect();
    let is_select = rest.starts_with('(')
        || ["select", "with", "table", "values"].iter().any(|first| word.eq_ignore_ascii_case(first));
    if is_select { Ok(query.to_owned()) } else { Err(PlanError::NotASelect { first: word }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_a_shell() {
        let name = |text: &str| TableName(text.into());
        assert!(name("shop_*").matches("shop_orders") && !name("shop_*").matches("old_shop_orders"));
        assert!(name("t?").matches("t1") && !name("t?").matches("t12") && !name("t").matches("T"));
        assert!(name("odd*name").matches("odd*name"));
    }

    #[test]
    fn tables_are_picked_in_the_order_in_which_they_are_named() {
        let all = ["a", "b", "shop_1", "shop_2", "shop_tmp"].map(str::to_owned);
        let names = |names: &[&str]| names.iter().map(|name| TableName((*name).into())).collect::<Vec<_>>();
        let pick = |named: &[&str], excluded: &[&str]| {
            Wanted::Tables { names: names(named), excluded: names(excluded) }.pick("d", &all)
        };
        assert_eq!(pick(&["b", "shop_*", "shop_2"], &["*_tmp"]).unwrap(), ["b", "shop_1", "shop_2"]);
        assert_eq!(pick(&[], &["shop_*", "b"]).unwrap(), ["a"]);
        assert_eq!(pick(&["view", "a"], &[]).unwrap(), ["view", "a"]);
        assert!(matches!(pick(&["a", "x*"], &[]), Err(SourceError::NoMatch { pattern, .. }) if pattern == "x*"));
        assert!(pick(&[], &["*"]).is_err());
        assert!(
            matches!(pick(&[], &["shop1"]), Err(SourceError::NothingExcluded { similar, .. }) if similar[0] == "shop_1")
        );
        assert_eq!(pick(&["shop_1"], &["old_*"]).unwrap(), ["shop_1"]);
    }

    #[test]
    fn only_a_select_is_a_query() {
        for query in [
            "SELECT 1",
            " ( select 1 ) ;",
            "with a as (select 1) select * from a",
            "-- why\nselect 2;;\n",
            "/* x */ TABLE t",
        ] {
            assert!(one_select(query).is_ok(), "{query}");
        }
        assert_eq!(one_select("select 1 ; \n").unwrap(), "select 1");
        for query in
            ["DELETE FROM t", "drop table t", "", ";", "/* select */ update t set a = 1", "/*! delete */ from t"]
        {
            assert!(matches!(one_select(query), Err(PlanError::NotASelect { .. })), "{query}");
        }
    }
}
