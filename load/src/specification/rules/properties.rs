//! Labels, properties and aggregations of a target: each given once, and dimensions only where they mean something.

use crate::specification::code::Code;
use crate::specification::finding::Finding;
use crate::specification::model::{Model, Text};

pub fn judge(model: &Model<'_>, findings: &mut Vec<Finding>) {
    for target in &model.targets {
        repeated(target.labels.iter(), Code::RepeatedLabel, Some("DUPL-008"), "the label", findings);
        let properties = target.properties.iter().map(|property| &property.target);
        repeated(properties, Code::RepeatedProperty, None, "the property", findings);
        repeated(target.aggregates.iter(), Code::RepeatedAggregate, None, "the field", findings);
        for property in &target.properties {
            let (Some(kind), Some(path)) = (&property.kind, &property.dimension) else { continue };
            if !kind.is_empty() && !kind.ends_with("_VECTOR") {
                let message = format!("`{}` is no vector, so it has no dimension", kind.to_lowercase());
                findings.push(Finding::new(Code::NeedlessDimension, path, message));
            }
        }
    }
}

/// Texts that stand there before.
pub fn repeated<'m, 'd: 'm>(
    texts: impl Iterator<Item = &'m Text<'d>>,
    code: Code,
    specification_code: Option<&'static str>,
    what: &str,
    findings: &mut Vec<Finding>,
) {
    let texts: Vec<&Text<'_>> = texts.collect();
    for (at, text) in texts.iter().enumerate() {
        if let Some(first) = texts[..at].iter().find(|other| other.text == text.text) {
            let finding =
                Finding::new(code, &text.path, format!("{what} `{}` stands already at {}", text.text, first.path));
            findings.push(match specification_code {
                Some(specification_code) => finding.of(specification_code),
                None => finding,
            });
        }
    }
}
