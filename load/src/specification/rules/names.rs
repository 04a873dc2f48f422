//! Names: each given once among sources, targets and actions, and every name that is used is given.

use indexmap::IndexMap;

use crate::specification::code::Code;
use crate::specification::finding::Finding;
use crate::specification::model::{Model, TargetKind, Text};

pub fn judge(model: &Model<'_>, findings: &mut Vec<Finding>) {
    repeated(model, findings);
    sources(model, findings);
    references(model, findings);
    let something = !model.targets.is_empty() && model.targets_known;
    if something && !model.targets.iter().any(|target| target.active) {
        findings.push(Finding::new(Code::NothingActive, "$.targets", "no target is active"));
    }
}

fn repeated(model: &Model<'_>, findings: &mut Vec<Finding>) {
    let sources = model.sources.iter().flatten();
    let targets = model.targets.iter().filter_map(|target| target.name.as_ref());
    let actions = model.actions.iter().filter_map(|action| action.name.as_ref());
    let mut uses: IndexMap<&str, Vec<&Text<'_>>> = IndexMap::new();
    for name in sources.chain(targets).chain(actions) {
        uses.entry(name.text).or_default().push(name);
    }
    for (name, places) in uses {
        let [first, others @ ..] = places.as_slice() else { continue };
        for other in others {
            let message = format!("the name `{name}` is taken by {}", first.path.trim_end_matches(".name"));
            findings.push(Finding::new(Code::RepeatedName, &other.path, message));
        }
    }
}

fn sources(model: &Model<'_>, findings: &mut Vec<Finding>) {
    if !model.sources_known {
        return;
    }
    let names: Vec<&str> = model.sources.iter().flatten().map(|name| name.text).collect();
    for source in model.targets.iter().filter_map(|target| target.source.as_ref()) {
        if !names.contains(&source.text) {
            let message = format!("there is no source `{}`", source.text);
            let finding = Finding::new(Code::UnknownSource, &source.path, message);
            findings.push(finding.near(source.text, names.iter().copied()));
        }
    }
}

fn references(model: &Model<'_>, findings: &mut Vec<Finding>) {
    if !model.nodes_known {
        return;
    }
    let nodes: Vec<_> = model.of_kind(TargetKind::Node).collect();
    for relationship in model.of_kind(TargetKind::Relationship) {
        for end in &relationship.ends {
            let name = end.name.text;
            let mut found = nodes.iter().filter(|node| node.has_name(name)).peekable();
            if found.peek().is_none() {
                let other = model.targets.iter().find(|target| target.has_name(name));
                let message = match other {
                    Some(other) => format!("`{name}` is no node target, but {}", other.path),
                    None => format!("there is no node target `{name}`"),
                };
                let names = nodes.iter().filter_map(|node| node.name.as_ref()).map(|name| name.text);
                findings.push(Finding::new(Code::UnknownNode, &end.name.path, message).near(name, names));
            } else if relationship.active && !found.any(|node| node.active) {
                let message = format!("the node target `{name}` is inactive, this relationship is active");
                findings.push(Finding::new(Code::InactiveNode, &end.name.path, message));
            }
        }
    }
}
