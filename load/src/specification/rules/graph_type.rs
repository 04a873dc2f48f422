//! What `config.enable_graph_type` forbids: a graph type has one definition a first label and a relationship type.

use crate::specification::code::Code;
use crate::specification::finding::Finding;
use crate::specification::model::{Model, TargetKind, Text};

pub fn judge(model: &Model<'_>, findings: &mut Vec<Finding>) {
    if !model.graph_type {
        return;
    }
    if !model.actions.is_empty() {
        findings.push(Finding::new(Code::GraphTypeAction, "$.actions", "a graph type has no actions"));
    }
    if model.of_kind(TargetKind::Query).next().is_some() {
        findings.push(Finding::new(Code::GraphTypeQuery, "$.targets.queries", "a graph type has no query targets"));
    }
    let firsts: Vec<&Text<'_>> = model.of_kind(TargetKind::Node).filter_map(|node| node.labels.first()).collect();
    let mut twice = false;
    for (at, label) in firsts.iter().enumerate() {
        if let Some(first) = firsts[..at].iter().find(|other| other.text == label.text) {
            let message = format!("`{}` is the first label at {} too", label.text, first.path);
            findings.push(Finding::new(Code::GraphTypeLabel, &label.path, message).of("GTPL-001"));
            twice = true;
        }
    }
    for label in model.of_kind(TargetKind::Node).filter(|_| !twice).flat_map(|node| node.labels.iter().skip(1)) {
        if let Some(first) = firsts.iter().find(|first| first.text == label.text) {
            let message =
                format!("`{}` is the first label at {}, so it can be no further label", label.text, first.path);
            findings.push(Finding::new(Code::GraphTypeLabel, &label.path, message).of("GTPL-002"));
        }
    }
    let types: Vec<&Text<'_>> =
        model.of_kind(TargetKind::Relationship).filter_map(|target| target.rel_type.as_ref()).collect();
    for (at, kind) in types.iter().enumerate() {
        if let Some(first) = types[..at].iter().find(|other| other.text == kind.text) {
            let message = format!("`{}` is the type at {} too", kind.text, first.path);
            findings.push(Finding::new(Code::GraphTypeType, &kind.path, message));
        }
    }
}
