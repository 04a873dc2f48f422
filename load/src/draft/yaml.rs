//! The draft as a mapping file: YAML for people, with comments that tell what was seen and what was guessed.
//!
//! In: the draft. Out: text that `load --mapping` takes. Every name is quoted where YAML could take it for something else, in a
//! comment too, so that no name of a column can end one. Values of rows never stand in it.

mod comment;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::column::{ColumnProfile, Holds};
use super::model::{Becomes, Graph, Link, List, Node, TableDraft, Tie, WideLink, free_field};
use comment::{of_link, of_property, of_table, of_wide_link, overview};

/// Writes the draft.
pub fn write(graph: &Graph<'_>) -> String {
    let mut file = File(overview(graph));
    file.line(0, "version: \"1\"");
    file.line(0, "config:");
    let nothing = nothing(graph);
    file.line(1, &format!("nothing: [{}]  # texts that mean \"no value\"", list(nothing.iter().copied())));
    file.line(0, "");
    file.line(0, "sources:");
    for table in graph.tables.iter().filter(|table| table.is_something()) {
        source(&mut file, table);
    }
    file.line(0, "");
    file.line(0, "targets:");
    file.line(1, "nodes:");
    for table in &graph.tables {
        if let Some(node) = table.node() {
            node_target(&mut file, table, node);
        }
        table.lists.iter().for_each(|list| list_target(&mut file, list));
    }
    if graph.relationships() > 0 {
        file.line(1, "relationships:");
        for table in &graph.tables {
            match &table.becomes {
                Becomes::Tie(tie) => tie_target(&mut file, table, tie),
                Becomes::Node(node) => {
                    table.links.iter().for_each(|link| link_target(&mut file, graph, table, node, link));
                    table.wide_links.iter().for_each(|link| wide_link_target(&mut file, graph, table, node, link));
                    table.lists.iter().for_each(|list| list_relationship(&mut file, node, list));
                }
                Becomes::Nothing => {}
            }
        }
    }
    file.0
}

/// Texts that mean nothing: the empty one, and those that were seen.
fn nothing(graph: &Graph<'_>) -> BTreeSet<&'static str> {
    let columns = graph.tables.iter().flat_map(|table| &table.profile.columns);
    columns.flat_map(|column| column.nothing.keys().copied()).chain([""]).collect()
}

struct File(String);

impl File {
    fn line(&mut self, depth: usize, text: &str) {
        // Writing into a String cannot fail.
        let _ = writeln!(self.0, "{:indent$}{text}", "", indent = if text.is_empty() { 0 } else { depth * 2 });
    }

    fn noted(&mut self, depth: usize, text: &str, note: &str) {
        self.line(depth, &if note.is_empty() { text.to_owned() } else { format!("{text}  # {note}") });
    }
}

/// A text as a scalar of YAML: plain where it is a word that means nothing else, or else in double quotes.
pub(super) fn scalar(text: &str) -> String {
    const MEANINGFUL: [&str; 12] =
        ["true", "false", "yes", "no", "on", "off", "y", "n", "null", "nan", "inf", "infinity"];
    let is_word = text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !MEANINGFUL.iter().any(|word| word.eq_ignore_ascii_case(text));
    if is_word { text.to_owned() } else { quoted(text) }
}

/// A text in double quotes, with everything escaped that could end a line or be lost.
fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            // What Unicode and YAML take for ends of lines, blanks and marks of byte order.
            '\u{85}' | '\u{a0}' | '\u{2028}' | '\u{2029}' | '\u{feff}' => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(c));
            }
            c if c.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

fn list<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    texts.map(quoted).collect::<Vec<_>>().join(", ")
}

/// The words for a field, where a column cannot be used just by its name.
fn field(table: &TableDraft<'_>, column: &ColumnProfile) -> Option<String> {
    let name = scalar(&column.name);
    match column.holds() {
        _ if column.is_number_as_text() => Some(format!("{{column: {name}, type: text}}")),
        Holds::Truth => Some(format!("{{column: {name}, type: boolean}}")),
        Holds::Text => {
            let needs_care = !table.profile.is_whole() || !column.nothing.is_empty() || column.with_blanks > 0;
            needs_care.then(|| format!("{{column: {name}, clean: [trim, nothing]}}"))
        }
        _ => None,
    }
}

fn source(file: &mut File, table: &TableDraft<'_>) {
    for line in of_table(table) {
        file.line(1, &format!("# {line}"));
    }
    file.line(1, &format!("- name: {}", scalar(&table.source)));
    file.line(2, "type: snapshot");
    file.line(2, &format!("table: {}", scalar(&table.profile.name)));
    let mut fields: Vec<String> = Vec::new();
    if let Some(node) = table.node() {
        if let [(field, _)] = node.key.as_slice() {
            file.line(2, &format!("group_by: {}", scalar(field)));
        }
        if node.is_row {
            row_fields(table, &node.key[0].0, &mut fields);
        }
    }
    let used = used_columns(table);
    for (_, column) in table.profile.columns.iter().enumerate().filter(|(at, _)| used.contains(at)) {
        if let Some(words) = field(table, column) {
            fields.push(format!("{}: {words}", scalar(&column.name)));
        }
    }
    if !fields.is_empty() {
        file.line(2, "fields:");
        fields.iter().for_each(|field| file.line(3, field));
    }
    for list in &table.lists {
        list_source(file, table, list);
    }
}

/// Columns that a target uses.
fn used_columns(table: &TableDraft<'_>) -> BTreeSet<usize> {
    let wide = table.wide_links.iter().flat_map(|link| &link.columns).map(|(at, _)| *at);
    let links = table.links.iter().map(|link| link.reference.column).chain(wide);
    let (properties, key) = match &table.becomes {
        Becomes::Node(node) => (node.properties.as_slice(), node.key.as_slice()),
        Becomes::Tie(tie) => (tie.properties.as_slice(), Default::default()),
        Becomes::Nothing => Default::default(),
    };
    let of_key =
        key.iter().filter_map(|(field, _)| table.profile.columns.iter().position(|column| column.name == *field));
    links.chain(properties.iter().map(|(at, _)| *at)).chain(of_key).collect()
}

/// Fields that make a key of a whole row: every column as a text, joined by what hardly stands in one, and hashed.
fn row_fields(table: &TableDraft<'_>, key: &str, fields: &mut Vec<String>) {
    let columns: Vec<usize> = table.profile.readable().collect();
    let name = |at: &usize| free_field(table.profile, &format!("text_of_{}", at + 1));
    let template: Vec<String> = columns.iter().map(|at| format!("{{{}}}", name(at))).collect();
    fields.push(format!("{}: {{template: {}, hash: 32}}", scalar(key), quoted(&template.join("\u{1f}"))));
    for at in &columns {
        let column = scalar(&table.column(*at).name);
        fields.push(format!("{}: {{column: {column}, type: text, default: \"\"}}", scalar(&name(at))));
    }
}

fn list_source(file: &mut File, table: &TableDraft<'_>, list: &List) {
    let column = &table.column(list.column).name;
    file.line(1, &format!("# One record an object of the JSON lists in {}.{}.", scalar(&table.source), scalar(column)));
    file.line(1, &format!("- name: {}", scalar(&list.source)));
    file.line(2, "type: snapshot");
    file.line(2, &format!("of: {}", scalar(&table.source)));
    let own = if list.numbers_itself { ", from: index" } else { "" };
    let index = format!("index: {{as: {}{own}}}", scalar(&list.index_field));
    file.line(2, &format!("explode: {{column: {}, json: array, {index}}}", scalar(column)));
    if !list.members.is_empty() {
        file.line(2, "fields:");
    }
    for (field, member, _, kind) in &list.members {
        let kind = kind.map(|kind| format!(", type: {kind}")).unwrap_or_default();
        file.line(3, &format!("{}: {{from: {}{kind}}}", scalar(field), scalar(member)));
    }
}

fn property(field: &str, property: &str, kind: Option<&str>) -> String {
    let kind = kind.map(|kind| format!(", target_property_type: {kind}")).unwrap_or_default();
    format!("- {{source_field: {}, target_property: {}{kind}}}", scalar(field), scalar(property))
}

fn properties(file: &mut File, table: &TableDraft<'_>, properties: &[(usize, String)]) {
    for (at, name) in properties {
        let column = table.column(*at);
        let kind = (column.holds() == Holds::Text).then(|| column.json.list_word()).flatten();
        file.noted(4, &property(&column.name, name, kind), &of_property(column));
    }
}

fn unique(file: &mut File, node: &str, label: &str, key: &[&str]) {
    let properties = key.iter().map(|property| scalar(property)).collect::<Vec<_>>().join(", ");
    let name = scalar(&format!("{node}_key"));
    let constraint = format!("{{name: {name}, label: {}, properties: [{properties}]}}", scalar(label));
    file.line(3, &format!("schema: {{unique_constraints: [{constraint}]}}"));
}

fn node_target(file: &mut File, table: &TableDraft<'_>, node: &Node) {
    head(file, &node.name, &table.source, &format!("labels: [{}]", scalar(&node.label)));
    file.line(3, "properties:");
    for (field, name) in &node.key {
        let column = table.profile.columns.iter().find(|column| column.name == *field);
        let note = column.map_or_else(|| "of the whole row".to_owned(), of_property);
        file.noted(4, &property(field, name, None), &format!("key; {note}"));
    }
    properties(file, table, &node.properties);
    let key: Vec<&str> = node.key.iter().map(|(_, property)| property.as_str()).collect();
    unique(file, &node.name, &node.label, &key);
}

fn head(file: &mut File, name: &str, source: &str, what: &str) {
    file.line(2, &format!("- name: {}", scalar(name)));
    file.line(3, &format!("source: {}", scalar(source)));
    file.line(3, what);
}

fn list_target(file: &mut File, list: &List) {
    head(file, &list.node, &list.source, &format!("labels: [{}]", scalar(&list.label)));
    file.line(3, "properties:");
    let index = (list.index_field.clone(), list.index_property.clone());
    for (field, name) in list.key.iter().chain([&index]) {
        file.noted(4, &property(field, name, None), "key");
    }
    for (field, _, name, _) in &list.members {
        file.line(4, &property(field, name, None));
    }
    let key = list.key.iter().map(|(_, property)| property.as_str()).chain([list.index_property.as_str()]);
    unique(file, &list.node, &list.label, &key.collect::<Vec<_>>());
}

fn list_relationship(file: &mut File, node: &Node, list: &List) {
    relationship_head(file, &list.relationship, &list.source, &list.rel_type);
    file.line(3, &format!("start_node_reference: {}", scalar(&node.name)));
    file.line(3, &format!("end_node_reference: {}", scalar(&list.node)));
}

fn relationship_head(file: &mut File, name: &str, source: &str, rel_type: &str) {
    head(file, name, source, &format!("type: {}", scalar(rel_type)));
    file.line(3, "on_upsert: replace");
}

/// A reference to the node at the end of a link, by the column that refers to it.
fn end(table: &TableDraft<'_>, link: &Link) -> String {
    let (node, property) = (scalar(&link.node), scalar(&link.node_property));
    let column = scalar(&table.column(link.reference.column).name);
    format!("{{name: {node}, key_mappings: [{{source_field: {column}, node_property: {property}}}]}}")
}

fn link_target(file: &mut File, graph: &Graph<'_>, table: &TableDraft<'_>, node: &Node, link: &Link) {
    file.line(2, &format!("# {}", of_link(graph, table, link)));
    relationship_head(file, &link.name, &table.source, &link.rel_type);
    file.line(3, &format!("start_node_reference: {}", scalar(&node.name)));
    file.line(3, &format!("end_node_reference: {}", end(table, link)));
}

fn wide_link_target(file: &mut File, graph: &Graph<'_>, table: &TableDraft<'_>, node: &Node, link: &WideLink) {
    file.line(2, &format!("# {}", of_wide_link(graph, table, link)));
    relationship_head(file, &link.name, &table.source, &link.rel_type);
    file.line(3, &format!("start_node_reference: {}", scalar(&node.name)));
    let mappings = link.columns.iter().map(|(at, property)| {
        let column = scalar(&table.column(*at).name);
        format!("{{source_field: {column}, node_property: {}}}", scalar(property))
    });
    let mappings = mappings.collect::<Vec<_>>().join(", ");
    file.line(3, &format!("end_node_reference: {{name: {}, key_mappings: [{mappings}]}}", scalar(&link.node)));
}

fn tie_target(file: &mut File, table: &TableDraft<'_>, tie: &Tie) {
    let [start, other] = table.links.as_slice() else { unreachable!("a table that ties has two links") };
    relationship_head(file, &tie.name, &table.source, &tie.rel_type);
    file.line(3, &format!("start_node_reference: {}", end(table, start)));
    file.line(3, &format!("end_node_reference: {}", end(table, other)));
    if let Some(identity) = &tie.identity {
        file.noted(3, &format!("identity: [{}]", scalar(identity)), "tells several of one pair apart");
    }
    if !tie.properties.is_empty() {
        file.line(3, "properties:");
        properties(file, table, &tie.properties);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scalar_is_read_back_as_the_text_that_it_was() {
        let odd = [
            "plain_1",
            "no",
            "NULL",
            "1st",
            "",
            " ",
            "a: b",
            "- a",
            "#",
            "it's",
            "say \"x\"",
            "back\\slash",
            "tab\there",
            "line\nfeed",
            "\u{85}\u{2028}\u{feff}\u{a0}",
            "\u{1f}\u{7f}",
            "名前",
            "😀",
            "{a}",
            "[a]",
            "&a",
            "*a",
            "!a",
            "%a",
            "@a",
            "`a`",
            "~",
            "1e3",
            "0x10",
            "2024-01-01",
            "y",
            "=",
            "<<",
            "_",
        ];
        for text in odd {
            let yaml = format!("{{k: {}, {}: [{}]}}  # x", scalar(text), scalar(&format!("{text}2")), quoted(text));
            let read: serde_json::Value =
                serde_yaml_ng::from_str(&yaml).unwrap_or_else(|error| panic!("{yaml}: {error}"));
            assert_eq!(read, serde_json::json!({"k": text, (format!("{text}2")): [text]}), "{yaml}");
            assert!(!scalar(text).contains('\n'));
        }
    }
}
