//! What in a graph is worth a second look, and what to do about it.
//!
//! In: what was measured of the graph tables, and what staging counted. Out: sentences, the most important first. A warning
//! names its place and says what helps; it never says that something is wrong where it may be meant.

use std::collections::BTreeMap;

use serde::Serialize;
use shared::page::share;
use shared::progress::human_count;

use super::degrees::Degrees;
use super::spellings::Spellings;
use super::uniform::Uniform;
use crate::graph_table::manifest::{GraphManifest, NO_END, RelationshipTable};

/// Incoming relationships from which a node is a super-node: a query that goes through it reads all of them.
const HUB: u64 = 10_000;
/// And share of its table, unless it has ten times as many.
const HUB_SHARE: f64 = 0.05;
/// Share of rows joined to earlier ones that is no mere repetition any more.
const JOINED_SHARE: f64 = 0.01;
/// Share of a source's rows or entries left out for one reason that is worth a warning.
const LEFT_OUT_SHARE: f64 = 0.05;
/// Properties listed in one warning.
const LISTED: usize = 8;

/// Something worth a second look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// Its kind, for programs and tests.
    pub kind: &'static str,
    /// What it is.
    pub what: String,
    /// What helps.
    pub help: String,
}

/// What was measured of the tables.
#[derive(Debug, Default)]
pub struct Measured {
    /// Degrees, by place of the relationship table.
    pub degrees: BTreeMap<usize, Degrees>,
    /// Properties that say nothing.
    pub uniform: Vec<Uniform>,
    /// Names that may mean the same.
    pub spellings: Vec<Spellings>,
}

/// All warnings.
pub fn warnings(graph: &GraphManifest, measured: &Measured) -> Vec<Warning> {
    let mut all = Vec::new();
    all.extend(nothing(graph));
    for (place, degrees) in &measured.degrees {
        all.extend(graph.relationships.get(*place).and_then(|table| hubs(table, degrees)));
    }
    all.extend(joined(graph));
    all.extend(measured.spellings.iter().map(spelled));
    all.extend(left_out(graph));
    all.extend(uniform(&measured.uniform, true));
    all.extend(uniform(&measured.uniform, false));
    all
}

/// Tables without a row.
fn nothing(graph: &GraphManifest) -> Option<Warning> {
    let empty: Vec<&str> = graph.tables().filter(|table| table.rows() == 0).map(|table| table.name()).collect();
    (!empty.is_empty()).then(|| Warning {
        kind: "empty table",
        what: format!("Nothing was made for {}", list(&empty)),
        help: "If this is not meant: does the target read the right fields, and does its condition ever hold? \
               `load preview` shows what becomes of single rows."
            .to_owned(),
    })
}

fn hubs(table: &RelationshipTable, degrees: &Degrees) -> Option<Warning> {
    let part = |count: u64| count as f64 / table.rows.max(1) as f64;
    let is_hub = |count: u64| count >= HUB && (part(count) >= HUB_SHARE || count >= 10 * HUB);
    let named: Vec<String> = degrees
        .end
        .top
        .iter()
        .filter(|hub| is_hub(hub.count))
        .map(|hub| format!("“{}” {} ({})", hub.key, human_count(hub.count), share(part(hub.count))))
        .collect();
    (!named.is_empty()).then(|| Warning {
        kind: "super-node",
        what: format!("{} has super-nodes among its {} nodes: {}", table.rel_type, table.end.label, list(&named)),
        help: format!(
            "A query that goes through such a node reads all its relationships. Start at {} and let {} only filter; or keep \
             the value as an indexed property of {} instead of a relationship; or split the node, for example by year.",
            table.start.label, table.end.label, table.start.label
        ),
    })
}

fn joined(graph: &GraphManifest) -> Vec<Warning> {
    let rows_of = |name: &str| {
        graph.inputs.sources.iter().find(|source| source.table == name).map(|source| graph.inputs.taken(source.rows))
    };
    let joined = graph.notes.iter().filter_map(|(table, notes)| {
        let (rows, all) = (*notes.get("rows joined to an earlier one")?, rows_of(table)?);
        let part = rows as f64 / all.max(1) as f64;
        (part >= JOINED_SHARE).then(|| Warning {
            kind: "merged rows",
            what: format!("{} rows of {table} ({}) were merged into the node of an earlier row", human_count(rows), share(part)),
            help: "They have the same key. If they are not the same thing, group by a column that tells them apart (`group_by`)."
                .to_owned(),
        })
    });
    joined.collect()
}

fn spelled(spellings: &Spellings) -> Warning {
    let shown: Vec<String> = spellings.shown.iter().map(|group| format!("“{}”", group.join("” / “"))).collect();
    let examples = if shown.is_empty() { String::new() } else { format!(", such as {}", shown.join("; ")) };
    Warning {
        kind: "names alike",
        what: format!(
            "{} has {} {} that differ only in case, spacing or punctuation{examples}",
            spellings.table,
            human_count(spellings.groups),
            if spellings.groups == 1 { "group of names" } else { "groups of names" },
        ),
        help: "If they mean the same, let the key be cleaned further, for example by `slug`, so that they become one node."
            .to_owned(),
    }
}

/// What was left out for one reason so often that it is hardly an exception.
fn left_out(graph: &GraphManifest) -> Vec<Warning> {
    // A source mostly has the name of its table; of what is taken out of cells, only the rows of all tables are known.
    let rows_of = |place: &str| {
        let name = place.split([' ', '.']).next().unwrap_or_default();
        let sources = &graph.inputs.sources;
        let own = sources.iter().find(|source| name == source.table || name == source.table.replace('.', "_"));
        own.map(|source| graph.inputs.taken(source.rows)).unwrap_or_else(|| graph.inputs.all_taken()).max(1)
    };
    let mut often: Vec<(&String, &String, u64, u64)> = graph
        .counts
        .iter()
        .flat_map(|(place, reasons)| reasons.iter().map(move |(reason, count)| (place, reason, *count)))
        // The first rows of a table rarely have the ends of their relationships among the first rows of another.
        .filter(|(_, reason, _)| graph.inputs.sample.is_none() || *reason != NO_END)
        .map(|(place, reason, count)| (place, reason, count, rows_of(place)))
        .filter(|(.., count, rows)| *count as f64 >= LEFT_OUT_SHARE * *rows as f64)
        .collect();
    often.sort_by_key(|(_, _, count, _)| std::cmp::Reverse(*count));
    let warning = |(place, reason, count, rows): (&String, &String, u64, u64)| Warning {
        kind: "left out",
        what: format!("{place}: {reason}, {} times in {} rows", human_count(count), human_count(rows)),
        help:
            "That is often for a table of this size. Look at some rows; another `clean`, `nothing` or `where` in the \
               mapping may suit them better."
                .to_owned(),
    };
    often.into_iter().take(3).map(warning).collect()
}

fn uniform(found: &[Uniform], missing: bool) -> Option<Warning> {
    let of_kind: Vec<String> = found
        .iter()
        .filter(|found| found.value.is_none() == missing)
        .map(|found| match &found.value {
            None => format!("{}.{}", found.table, found.property),
            Some(value) => format!("{}.{} = “{value}”", found.table, found.property),
        })
        .collect();
    if of_kind.is_empty() {
        return None;
    }
    let more = of_kind.len().saturating_sub(LISTED);
    let mut named = list(&of_kind[..of_kind.len().min(LISTED)]);
    if more > 0 {
        named = format!("{named} and {more} more");
    }
    Some(if missing {
        Warning {
            kind: "always missing",
            what: format!("Always missing: {named}"),
            help: "Is the field's name right, and does its cleaning keep any value? If the source has none, drop the property."
                .to_owned(),
        }
    } else {
        Warning {
            kind: "always the same",
            what: format!("Always the same where there is a value: {named}"),
            help:
                "A property that never differs selects nothing: drop it, unless other sources will bring other values."
                    .to_owned(),
        }
    })
}

fn list(items: &[impl AsRef<str>]) -> String {
    items.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report_page::degrees::{Distribution, Hub};
    use crate::report_page::tests::graph;

    fn kinds(graph: &GraphManifest, measured: &Measured) -> Vec<&'static str> {
        warnings(graph, measured).iter().map(|warning| warning.kind).collect()
    }

    #[test]
    fn what_is_left_out_is_measured_by_the_rows_of_its_table() {
        let mut graph = graph();
        let mut visits = graph.inputs.sources[0].clone();
        (visits.table, visits.rows) = ("visits".into(), 40);
        let people = graph.inputs.sources[0].rows;
        assert!(people > 200, "{people}");
        graph.inputs.sources.push(visits);
        graph.counts = BTreeMap::from([("visits visited".into(), BTreeMap::from([(NO_END.into(), 9)]))]);
        let all = warnings(&graph, &Measured::default());
        assert_eq!(all.len(), 1);
        assert_eq!(all[0].what, format!("visits visited: {NO_END}, 9 times in 40 rows"));
        // The few rows of a sample know few of each other.
        graph.inputs.sample = Some(40);
        assert_eq!(kinds(&graph, &Measured::default()), Vec::<&str>::new());
    }

    #[test]
    fn each_kind_of_finding_is_named_with_its_place() {
        let mut graph = graph();
        assert_eq!(kinds(&graph, &Measured::default()), Vec::<&str>::new());
        graph.relationships[0].rows = 100_000;
        graph.notes.insert("people".into(), BTreeMap::from([("rows joined to an earlier one".into(), 500)]));
        graph.counts.insert("jobs.start".into(), BTreeMap::from([("not a date".into(), 900)]));
        let hub = |key: &str, count| Hub { key: key.into(), count };
        let end = Distribution { top: vec![hub("Active", 60_000), hub("small", 9_999)], ..Distribution::default() };
        let uniform = |value: Option<&str>| Uniform {
            table: "Person".into(),
            property: "p".into(),
            value: value.map(Into::into),
        };
        let measured = Measured {
            degrees: BTreeMap::from([(0, Degrees { start: Distribution::default(), end })]),
            uniform: vec![uniform(None), uniform(Some("x"))],
            spellings: vec![Spellings {
                table: "Company".into(),
                groups: 1,
                shown: vec![vec!["A b".into(), "a-B".into()]],
            }],
        };
        let expected = ["super-node", "merged rows", "names alike", "left out", "always missing", "always the same"];
        assert_eq!(kinds(&graph, &measured), expected);
        let all = warnings(&graph, &measured);
        assert!(all[0].what.contains("“Active” 60,000 (60 %)") && !all[0].what.contains("small"), "{}", all[0].what);
        assert!(all[2].what.contains("“A b” / “a-B”"), "{}", all[2].what);
        graph.nodes[0].rows = 0;
        assert_eq!(kinds(&graph, &Measured::default())[0], "empty table");
    }
}
