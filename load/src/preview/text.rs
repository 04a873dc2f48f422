//! A preview, as people read it: nodes and relationships as Cypher writes them, then what was set aside and why.
//!
//! In: the preview. Out: lines for a terminal. Values are shortened, and what could steer a terminal is escaped: a cell may
//! hold anything.

use std::fmt::{self, Write as _};

use serde_json::Value as Json;
use shared::progress::human_count;

use super::document::{Nodes, Preview, Properties, QueryRows, Relationships};

/// Characters that are shown of a text.
const SHOWN_CHARACTERS: usize = 60;
/// Elements that are shown of a kind: one row may have hundreds of them.
const SHOWN_ELEMENTS: usize = 50;

impl fmt::Display for Preview {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows: Vec<String> =
            self.rows.iter().map(|(table, rows)| format!("{} of {table}", many(*rows, "row"))).collect();
        writeln!(f, "mapping {}, as of {}: {}", self.mapping, self.as_of, rows.join(", "))?;
        self.nodes.iter().try_for_each(|nodes| show_nodes(f, nodes))?;
        self.relationships.iter().try_for_each(|relationships| show_relationships(f, relationships))?;
        self.queries.iter().try_for_each(|query| show_query_rows(f, query))?;
        writeln!(f, "\nrejected: {}", human_count(self.rejects.len() as u64))?;
        for reject in &self.rejects {
            let place = reject.place.map(|place| format!(", place {place}")).unwrap_or_default();
            writeln!(
                f,
                "  {} row {}, {}{place}: {}",
                reject.table,
                reject.row,
                reject.column,
                escaped(&reject.reason)
            )?;
        }
        for (title, counts) in [("counted, and left out", &self.counts), ("noticed", &self.notes)] {
            if !counts.is_empty() {
                writeln!(f, "{title}:")?;
            }
            for (place, reasons) in counts {
                for (reason, count) in reasons {
                    writeln!(f, "  {place}: {} ({})", escaped(reason), human_count(*count))?;
                }
            }
        }
        Ok(())
    }
}

fn many(number: u64, what: &str) -> String {
    format!("{} {what}{}", human_count(number), if number == 1 { "" } else { "s" })
}

fn show_nodes(f: &mut fmt::Formatter<'_>, nodes: &Nodes) -> fmt::Result {
    let labels = nodes.labels.join(":");
    writeln!(f, "\n(:{labels})  {}", many(nodes.nodes.len() as u64, "node"))?;
    for properties in nodes.nodes.iter().take(SHOWN_ELEMENTS) {
        writeln!(f, "  (:{labels}{})", braces(properties))?;
    }
    show_rest(f, nodes.nodes.len(), &nodes.never_there)
}

fn show_relationships(f: &mut fmt::Formatter<'_>, all: &Relationships) -> fmt::Result {
    let (start, rel_type, end) = (&all.start_label, &all.rel_type, &all.end_label);
    let number = many(all.relationships.len() as u64, "relationship");
    writeln!(f, "\n(:{start})-[:{rel_type}]->(:{end})  {number}")?;
    for one in all.relationships.iter().take(SHOWN_ELEMENTS) {
        let (from, own, to) = (braces(&one.start), braces(&one.properties), braces(&one.end));
        writeln!(f, "  (:{start}{from})-[:{rel_type}{own}]->(:{end}{to})")?;
    }
    show_rest(f, all.relationships.len(), &all.never_there)
}

fn show_query_rows(f: &mut fmt::Formatter<'_>, query: &QueryRows) -> fmt::Result {
    writeln!(f, "\nquery {}  {} for its $rows", query.query, many(query.rows.len() as u64, "row"))?;
    for row in query.rows.iter().take(SHOWN_ELEMENTS) {
        writeln!(f, "  {}", braces(row).trim_start())?;
    }
    show_rest(f, query.rows.len(), &query.never_there)
}

fn show_rest(f: &mut fmt::Formatter<'_>, number: usize, never_there: &[String]) -> fmt::Result {
    if number > SHOWN_ELEMENTS {
        let more = human_count((number - SHOWN_ELEMENTS) as u64);
        writeln!(f, "  and {more} more; --format json shows all")?;
    }
    if never_there.is_empty() { Ok(()) } else { writeln!(f, "  never there: {}", never_there.join(", ")) }
}

fn braces(properties: &Properties) -> String {
    if properties.is_empty() {
        return String::new();
    }
    let all: Vec<String> = properties.iter().map(|(name, value)| format!("{name}: {}", shown(value))).collect();
    format!(" {{{}}}", all.join(", "))
}

fn shown(value: &Json) -> String {
    match value {
        Json::String(text) => format!("\"{}\"", escaped(&shortened(text)).replace('"', "\\\"")),
        Json::Array(items) => format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(SHOWN_CHARACTERS) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

/// The text with characters that are no signs written out.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') {
            // Writing into a String cannot fail.
            let _ = write!(escaped, "\\u{:04x}", u32::from(c));
        } else {
            escaped.push(c);
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_shown_short_and_steer_no_terminal() {
        let values = serde_json::json!({"a": "x".repeat(70), "b": "\u{1b}[2J\u{9b}\"\n", "c": [1, "y"], "d": 1.5});
        let shown = braces(values.as_object().unwrap());
        let expected =
            format!(" {{a: \"{}...\", b: \"\\u001b[2J\\u009b\\\"\\u000a\", c: [1, \"y\"], d: 1.5}}", "x".repeat(60));
        assert_eq!(shown, expected);
    }
}
