//! A model as Mermaid: text that GitHub, GitLab and many editors draw.
//!
//! In: a model. Out: a flowchart. A name that Mermaid would take for something else gets an id of its own and stands in
//! quotes.

use std::fmt::Write as _;

use shared::progress::human_count;

use super::Model;

/// Writes a model.
pub fn mermaid(model: &Model) -> String {
    let mut text = "flowchart LR\n".to_owned();
    for (place, node) in model.nodes.iter().enumerate() {
        let (id, name) = (id(model, place), quoted(&node.name()));
        // Writing into a String cannot fail.
        let _ = match node.count {
            Some(count) => writeln!(text, "    {id}[\"{name}<br>{}\"]", human_count(count)),
            None => writeln!(text, "    {id}[\"{name}\"]"),
        };
    }
    for relationship in &model.relationships {
        let (start, end) = (id(model, relationship.start), id(model, relationship.end));
        let name = quoted(&relationship.name);
        let count = relationship.count.map(|count| format!("<br>{}", human_count(count))).unwrap_or_default();
        let _ = writeln!(text, "    {start} -->|\"{name}{count}\"| {end}");
    }
    text
}

/// The label itself where it is a plain word, else a number: `end` and other words mean something to Mermaid.
fn id(model: &Model, place: usize) -> String {
    let name = model.nodes[place].name();
    let is_plain = name.chars().next().is_some_and(|first| first.is_ascii_uppercase())
        && name.chars().all(|character| character.is_ascii_alphanumeric())
        && name.chars().any(|character| character.is_ascii_lowercase());
    if is_plain { name } else { format!("n{place}") }
}

fn quoted(name: &str) -> String {
    name.replace('#', "#35;").replace('"', "#quot;").replace('<', "#lt;").replace('>', "#gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{NodeKind, RelationshipKind};

    #[test]
    fn names_that_mean_something_to_mermaid_are_only_names() {
        let node = |name: &str, count| NodeKind { labels: vec![name.to_owned()], key: Vec::new(), others: 0, count };
        let model = Model {
            nodes: vec![node("Learner", Some(1_000)), node("end", None)],
            relationships: vec![RelationshipKind {
                name: "A \"B\"".into(),
                start: 0,
                end: 1,
                properties: 0,
                count: None,
            }],
        };
        let expected = "flowchart LR\n    Learner[\"Learner<br>1,000\"]\n    n1[\"end\"]\n    Learner -->|\"A #quot;B#quot;\"| n1\n";
        assert_eq!(mermaid(&model), expected);
    }
}
