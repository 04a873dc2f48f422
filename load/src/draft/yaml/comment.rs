//! The comments of a draft: what was seen, what was guessed, and what to do where a guess may be wrong.
//!
//! In: tables as they were looked at, and what is to become of them. Out: lines without a break. Counts and names stand in
//! them, and texts that mean nothing; never another value of a row.

use std::fmt::Write as _;

use shared::progress::human_count;

use super::scalar;
use crate::draft::column::{ColumnProfile, Holds};
use crate::draft::key::{self, Key};
use crate::draft::model::{Becomes, Graph, Link, TableDraft, WideLink};
use crate::draft::naming::stem;

/// The head of the file.
pub fn overview(graph: &Graph<'_>) -> String {
    let mut text = String::from(
        "# A mapping drafted by `load init`. Read it, change it, and give it to `load --mapping`; docs/mapping.md explains its\n\
         # words. `load preview` shows what becomes of the first rows, `load check --from` whether it still fits.\n\
         # Comments say what was seen in the snapshots. What was guessed of it: keys, references, and what becomes of a table.\n#\n",
    );
    let shown = |table: &TableDraft<'_>| scalar(&table.profile.name);
    let width = graph.tables.iter().map(|table| shown(table).chars().count()).max().unwrap_or(0);
    for table in &graph.tables {
        let (name, rows) = (shown(table), human_count(table.profile.rows));
        let becomes = match &table.becomes {
            Becomes::Node(node) => format!("(:{})", scalar(&node.label)),
            Becomes::Tie(tie) => {
                let ends: Vec<String> = table.links.iter().map(|link| label_of(graph, &link.node)).collect();
                format!("(:{})-[:{}]->(:{})", ends[0], scalar(&tie.rel_type), ends[1])
            }
            Becomes::Nothing => "nothing: no property can hold what is in it".to_owned(),
        };
        // Writing into a String cannot fail.
        let _ = writeln!(text, "#   {name:<width$}  {rows:>13} rows  {becomes}");
        for list in &table.lists {
            let _ = writeln!(
                text,
                "#   {:<width$}  {:>13}       (:{}) of each object in {}",
                "",
                "",
                scalar(&list.label),
                scalar(&table.column(list.column).name)
            );
        }
    }
    text.push_str("#\n");
    text
}

/// The label of a node target.
fn label_of(graph: &Graph<'_>, node: &str) -> String {
    let found = graph.tables.iter().filter_map(TableDraft::node).find(|other| other.name == node);
    scalar(found.map_or(node, |node| &node.label))
}

/// What was seen of a table.
pub fn of_table(table: &TableDraft<'_>) -> Vec<String> {
    let profile = table.profile;
    let source = &profile.snapshot.manifest.source;
    let name = scalar(&format!("{}.{}", source.database, source.table)).replace('"', "");
    let seen = match profile.is_whole() {
        true => String::new(),
        false => format!("; the first {} were looked at", human_count(profile.seen)),
    };
    let mut lines = vec![format!("{name}: {} rows{seen}.", human_count(profile.rows))];
    if !profile.snapshot.manifest.selection.is_all() {
        lines.push("  The snapshot is a part of the table only.".to_owned());
    }
    match &table.becomes {
        Becomes::Node(node) if node.is_row => {
            let bytes = profile.columns.iter().any(|column| column.holds() == Holds::Bytes);
            let but = if bytes { " but those of bytes" } else { "" };
            lines.push(format!(
                "  No column tells its rows apart, so a hash of all columns{but} does: equal rows are one node."
            ));
        }
        Becomes::Node(node) => {
            let names: Vec<String> = node.key.iter().map(|(field, _)| scalar(field)).collect();
            let columns: Option<Vec<usize>> = node
                .key
                .iter()
                .map(|(field, _)| profile.columns.iter().position(|column| column.name == *field))
                .collect();
            let is_declared =
                key::declared(profile).is_some_and(|declared| columns.map(Key::Columns) == Some(declared));
            let each = match (is_declared, profile.rows) {
                (true, _) => "as the table declares",
                (false, 0) => "by its name: there are no rows",
                (false, _) => "all there and all different",
            };
            lines.push(format!("  Key: {}, {each}.", names.join(" and ")));
        }
        Becomes::Tie(_) => {
            let ends: Vec<String> =
                table.links.iter().map(|link| scalar(&table.column(link.reference.column).name)).collect();
            lines.push(format!(
                "  It ties two tables together by {}, so each row is a relationship.",
                ends.join(" and ")
            ));
        }
        Becomes::Nothing => {}
    }
    for column in &profile.columns {
        let notes = of_column(table, column).into_iter().chain(of_texts(column));
        lines.extend(notes.map(|line| format!("  {}: {line}", scalar(&column.name))));
    }
    lines
}

/// What is worth saying of a column beside its property.
fn of_column(table: &TableDraft<'_>, column: &ColumnProfile) -> Option<String> {
    let is_link = table.links.iter().any(|link| table.column(link.reference.column).name == column.name)
        || table.wide_links.iter().any(|link| link.columns.iter().any(|(at, _)| table.column(*at).name == column.name));
    let is_key = table.node().is_some_and(|node| node.key.iter().any(|(field, _)| *field == column.name));
    match column.holds() {
        Holds::Bytes => Some(format!("left out, no property can hold {}", declared(column))),
        Holds::Text if column.json.is_object() => {
            let members: Vec<String> = column.json.members.keys().take(8).map(|name| scalar(name)).collect();
            Some(format!(
                "JSON objects with {}, kept as text; docs/mapping.md tells how to take them apart (an object in a cell)",
                members.join(", ")
            ))
        }
        Holds::Text if column.json.is_list_of_objects() && column.json.others() > 0 => {
            Some(format!("{} cells are no JSON list; they will be rejected", human_count(column.json.others())))
        }
        _ if !is_link && !is_key && column.may_refer() && stem(&column.name).is_some_and(|stem| !stem.is_empty()) => {
            Some("may be a key of something; no table here has its name and its values".to_owned())
        }
        Holds::Text if !is_link && !is_key && !column.json.is_structured() && column.list.mark().is_some() => {
            let mark = super::quoted(&column.list.mark().unwrap_or_default().to_string());
            Some(format!(
                "looks like lists with {mark} between the items; for a list property say `split: {{by: {mark}}}` of the field, \
                 for nodes `explode` (docs/mapping.md)"
            ))
        }
        _ => None,
    }
}

/// Its texts that perhaps mean nothing.
fn of_texts(column: &ColumnProfile) -> Option<String> {
    if column.perhaps_nothing.is_empty() {
        return None;
    }
    let texts: Vec<String> = column.perhaps_nothing.keys().map(|text| super::quoted(text)).collect();
    Some(format!("has {}; where that means \"no value\", add it to `nothing` above", texts.join(", ")))
}

fn declared(column: &ColumnProfile) -> String {
    // The values of an ENUM would fill the line.
    let kind = column.declared.split('(').next().unwrap_or_default();
    let is_list = ["enum", "set"].iter().any(|list| list.eq_ignore_ascii_case(kind));
    if is_list { kind.to_owned() } else { shortened(&column.declared) }
}

/// A declared type without a line break, as long as types are.
fn shortened(declared: &str) -> String {
    let kept: String = declared.chars().filter(|c| !c.is_control()).take(40).collect();
    if kept.len() < declared.len() { format!("{kept}...") } else { kept }
}

/// What was seen of a column, beside its property.
pub fn of_property(column: &ColumnProfile) -> String {
    let mut note = declared(column);
    if column.seen == 0 {
        return note;
    }
    if column.present() == 0 {
        return format!("{note}, never there");
    }
    let _ = write!(note, ", {} different", human_count(column.values.len() as u64));
    if column.missing > 0 {
        let percent = (column.missing as f64 * 100.0 / column.seen as f64).round().clamp(1.0, 99.0);
        let _ = write!(note, ", {percent} % missing");
    }
    if column.holds() == Holds::Text && column.json.is_object() {
        note.push_str(", JSON");
    }
    note
}

/// What was declared of a reference of several columns.
pub fn of_wide_link(graph: &Graph<'_>, table: &TableDraft<'_>, link: &WideLink) -> String {
    let columns: Vec<String> = link.columns.iter().map(|(at, _)| scalar(&table.column(*at).name)).collect();
    format!(
        "{}.{} refer to {}, as the table declares",
        scalar(&table.source),
        columns.join(" and "),
        label_of(graph, &link.node)
    )
}

/// What was seen of a reference.
pub fn of_link(graph: &Graph<'_>, table: &TableDraft<'_>, link: &Link) -> String {
    let column = scalar(&table.column(link.reference.column).name);
    let of = format!("{}.{column}", scalar(&table.source));
    let target = &graph.tables[link.reference.to];
    let key = target.node().and_then(|node| node.key.first()).map_or("", |(field, _)| field);
    let to = format!("{}.{}", scalar(&target.source), scalar(key));
    let (values, found) = (link.reference.values, link.reference.found);
    let is_part = !target.profile.snapshot.manifest.selection.is_all();
    match (values, found) {
        (0, _) => format!("{of} refers to {to} by its name; it has no values yet"),
        (1, 1) => format!("{of} refers to {to}: its only value is there"),
        _ if values > found && is_part => format!(
            "{of} refers to {to}: {found} of its {values} values are in that part of the table, so the property is kept"
        ),
        _ if values == found => format!("{of} refers to {to}: all of its {values} values are there"),
        _ => format!("{of} refers to {to}: {found} of its {values} values are there, so the property is kept"),
    }
}
