//! Constraints and indexes: on labels and properties that the target has, none twice, none that another one gives already.

use std::collections::HashSet;

use super::properties::repeated;
use crate::specification::code::Code;
use crate::specification::finding::Finding;
use crate::specification::model::{Definition, DefinitionKind, Model, Target};

pub fn judge(model: &Model<'_>, findings: &mut Vec<Finding>) {
    // Definitions of which something is said already; rules that compare several leave these alone.
    let mut said: HashSet<&str> = HashSet::new();
    for target in &model.targets {
        for definition in &target.definitions {
            let before = findings.len();
            unknown(target, definition, findings);
            if findings.len() > before {
                said.insert(&definition.path);
                continue;
            }
            let labels = definition.labels.iter();
            repeated(labels, Code::RepeatedLabel, Some("DUPL-010"), "the label", findings);
            if definition.kind == DefinitionKind::Type {
                typed(target, definition, findings);
            }
        }
        twice(target, &mut said, findings);
        needless(target, &mut said, findings);
    }
    names(model, &said, findings);
}

fn unknown(target: &Target<'_>, definition: &Definition<'_>, findings: &mut Vec<Finding>) {
    let (property_code, label_code) = definition.kind.unknown();
    if target.labels_known {
        let labels: Vec<&str> = target.labels.iter().map(|label| label.text).collect();
        for label in definition.labels.iter().filter(|label| !labels.contains(&label.text)) {
            let message = format!("the target has no label `{}`", label.text);
            let finding = Finding::new(Code::UnknownLabel, &label.path, message).of(label_code);
            findings.push(finding.near(label.text, labels.iter().copied()));
        }
    }
    if target.properties_known {
        for property in definition.properties.iter().filter(|property| !target.maps(property.text)) {
            let message = format!("the target maps no property `{}`", property.text);
            let known = target.properties.iter().map(|own| own.target.text);
            let finding = Finding::new(Code::UnknownProperty, &property.path, message).of(property_code);
            findings.push(finding.near(property.text, known));
        }
    }
}

fn typed(target: &Target<'_>, definition: &Definition<'_>, findings: &mut Vec<Finding>) {
    for constrained in &definition.properties {
        let mut mapped = target.properties.iter().filter(|property| property.target.text == constrained.text);
        let (Some(property), None) = (mapped.next(), mapped.next()) else { continue };
        match property.kind.as_deref() {
            None => {
                let message = format!("the property `{}` has no `target_property_type`", constrained.text);
                findings.push(Finding::new(Code::UntypedProperty, &constrained.path, message));
            }
            Some("BYTE_ARRAY") => {
                let message = format!("`{}` is a byte array, for which there is no type constraint", constrained.text);
                findings.push(Finding::new(Code::ByteArrayConstraint, &constrained.path, message));
            }
            Some(_) => {}
        }
    }
}

/// Definitions of one kind that differ in nothing but their name. The order of properties means something.
fn twice<'m>(target: &'m Target<'_>, said: &mut HashSet<&'m str>, findings: &mut Vec<Finding>) {
    for (at, definition) in target.definitions.iter().enumerate() {
        let same = target.definitions[..at].iter().find(|other| {
            other.kind == definition.kind
                && other.covers() == definition.covers()
                && other.options == definition.options
                && other.name != definition.name
        });
        if let Some(same) = same {
            let message = format!("`{}` covers the same as `{}`", definition.name, same.name);
            findings.push(Finding::new(Code::RepeatedDefinition, &definition.path, message));
            said.insert(&definition.path);
            said.insert(&same.path);
        }
    }
}

/// What a key or a uniqueness constraint gives already.
fn needless<'m>(target: &'m Target<'_>, said: &mut HashSet<&'m str>, findings: &mut Vec<Finding>) {
    use DefinitionKind::{Existence, Key, Range, Unique};
    let sound: Vec<&Definition<'_>> =
        target.definitions.iter().filter(|definition| !said.contains(definition.path.as_str())).collect();
    let rules = [
        (Existence, Key, "NRDC-001", "a key constraint asks for existence too"),
        (Unique, Key, "NRDC-002", "a key constraint asks for uniqueness too"),
        (Range, Key, "NRDC-003", "a key constraint has an index of its own"),
        (Range, Unique, "NRDC-004", "a uniqueness constraint has an index of its own"),
    ];
    for (kind, by, code, why) in rules {
        for definition in sound.iter().filter(|definition| definition.kind == kind) {
            let (labels, properties) = definition.covers();
            let given = sound.iter().filter(|other| other.kind == by).find(|other| {
                let (by_labels, by_properties) = other.covers();
                // Existence is given property by property, all else by the same properties in the same order.
                let same = match kind {
                    Existence => properties.iter().all(|property| by_properties.contains(property)),
                    _ => properties == by_properties,
                };
                same && labels == by_labels
            });
            if let Some(given) = given {
                let message = format!("needless beside `{}`: {why}", given.name);
                findings.push(Finding::new(Code::NeedlessDefinition, &definition.path, message).of(code));
                said.insert(&definition.path);
                said.insert(&given.path);
            }
        }
    }
}

/// Names of definitions, which the database knows them by. Two targets may both have one definition, whole.
fn names(model: &Model<'_>, said: &HashSet<&str>, findings: &mut Vec<Finding>) {
    let all: Vec<(&Target<'_>, &Definition<'_>)> = model
        .targets
        .iter()
        .flat_map(|target| target.definitions.iter().map(move |definition| (target, definition)))
        .filter(|(_, definition)| !said.contains(definition.path.as_str()))
        .collect();
    for (at, (target, definition)) in all.iter().enumerate() {
        let other = all[..at].iter().find(|(other_target, other)| {
            let whole = other_target.kind == target.kind
                && other.kind == definition.kind
                && other.covers() == definition.covers()
                && other.options == definition.options;
            other.name == definition.name && !whole
        });
        if let Some((_, other)) = other {
            let message = format!("the name `{}` is taken by {}", definition.name, other.path);
            findings.push(Finding::new(Code::RepeatedDefinitionName, &definition.path, message));
        }
    }
}
