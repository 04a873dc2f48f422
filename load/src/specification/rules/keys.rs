//! Keys of node references: a node target that relationships refer to has a key, and key mappings give the whole of one.

use std::collections::BTreeSet;

use crate::specification::code::Code;
use crate::specification::finding::Finding;
use crate::specification::model::{Definition, DefinitionKind, Model, Reference, Target, TargetKind};

pub fn judge(model: &Model<'_>, findings: &mut Vec<Finding>) {
    for relationship in model.of_kind(TargetKind::Relationship) {
        for end in &relationship.ends {
            if let Some(node) = model.node(end.name.text) {
                reference(node, end, findings);
            }
        }
    }
}

fn reference(node: &Target<'_>, end: &Reference<'_>, findings: &mut Vec<Finding>) {
    let before = findings.len();
    if node.properties_known {
        for key in end.keys.iter().filter(|key| !node.maps(key.text)) {
            let message = format!("the node target `{}` maps no property `{}`", end.name.text, key.text);
            let known = node.properties.iter().map(|property| property.target.text);
            findings.push(Finding::new(Code::UnknownKeyProperty, &key.path, message).near(key.text, known));
        }
    }
    if findings.len() > before || !node.definitions_known {
        return;
    }
    let constraints: Vec<&Definition<'_>> = node
        .definitions
        .iter()
        .filter(|definition| matches!(definition.kind, DefinitionKind::Key | DefinitionKind::Unique))
        .collect();
    if constraints.is_empty() {
        let message =
            format!("the node target `{}` has no key or uniqueness constraint to find nodes by", end.name.text);
        findings.push(Finding::new(Code::KeylessNode, &end.path, message));
        return;
    }
    let of = |definition: &Definition<'_>| definition.properties.iter().any(|property| !node.maps(property.text));
    if end.keys.is_empty() || constraints.iter().any(|definition| of(definition)) {
        return;
    }
    for key in &end.keys {
        if !constraints.iter().any(|constraint| constraint.properties.iter().any(|own| own.text == key.text)) {
            let message =
                format!("`{}` is in no key or uniqueness constraint of node target `{}`", key.text, end.name.text);
            let known = constraints.iter().flat_map(|constraint| &constraint.properties).map(|own| own.text);
            findings.push(Finding::new(Code::NotAKeyProperty, &key.path, message).near(key.text, known));
        }
    }
    if findings.len() == before {
        whole(end, &constraints, findings);
    }
}

fn set<'d>(constraint: &Definition<'d>) -> BTreeSet<&'d str> {
    constraint.properties.iter().map(|own| own.text).collect()
}

/// Whether the mappings give one constraint whole.
fn whole(end: &Reference<'_>, constraints: &[&Definition<'_>], findings: &mut Vec<Finding>) {
    let mapped: BTreeSet<&str> = end.keys.iter().map(|key| key.text).collect();
    let given: BTreeSet<&str> = constraints
        .iter()
        .map(|constraint| set(constraint))
        .filter(|properties| properties.is_subset(&mapped))
        .flatten()
        .collect();
    let before = findings.len();
    for key in end.keys.iter().filter(|key| !given.contains(key.text)) {
        // The constraint that lacks least; of equal ones the one with more properties finds fewer nodes.
        let closest = constraints
            .iter()
            .filter(|constraint| constraint.properties.iter().any(|own| own.text == key.text))
            .max_by_key(|constraint| (set(constraint).intersection(&mapped).count(), constraint.properties.len()));
        let Some(closest) = closest else { continue };
        let missing: Vec<&str> =
            closest.properties.iter().map(|own| own.text).filter(|own| !mapped.contains(own)).collect();
        let message =
            format!("`{}` alone is not the whole of `{}`: map `{}` too", key.text, closest.name, missing.join("`, `"));
        let path = key.path.trim_end_matches(".node_property");
        findings.push(Finding::new(Code::IncompleteKey, path, message));
    }
    if findings.len() > before {
        return;
    }
    let matching: Vec<&str> =
        constraints.iter().filter(|constraint| set(constraint) == mapped).map(|constraint| constraint.name).collect();
    if matching.len() != 1 {
        let message = match matching.as_slice() {
            [] => "no key or uniqueness constraint has exactly these properties".to_owned(),
            several => format!("several constraints have exactly these properties: `{}`", several.join("`, `")),
        };
        findings.push(Finding::new(Code::AmbiguousKey, format!("{}.key_mappings", end.path), message));
    }
}
