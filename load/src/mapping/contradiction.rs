//! Contradictions: what is wrong with a mapping by its own words, whatever tables it is for.
//!
//! In: a mapping that has been read. Out: findings, which `load check` says without a snapshot. What depends on the columns of
//! a table is for `resolve` to say; nothing must be said twice.

use super::json_path;
use super::spec::{Amount, ExpectSpec, Spec};
use crate::specification::{Code, Finding};

/// All contradictions, in the order of the file's parts.
pub fn contradictions(spec: &Spec) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut wrong = |code, path: String, message: String| {
        let mut finding = Finding::new(code, path, message);
        finding.specification_code = None;
        findings.push(finding);
    };
    if let Some(expect) = &spec.config.expect {
        let place = "$.config.expect.rejects";
        match (expect.rejects.max, expect.rejects.max_percent) {
            (None, None) => {
                wrong(Code::Misplaced, place.to_owned(), "there is neither `max` nor `max_percent`".to_owned());
            }
            (_, Some(percent)) if !(0.0..=100.0).contains(&percent) => {
                wrong(Code::OutOfRange, format!("{place}.max_percent"), format!("{percent} is not between 0 and 100"));
            }
            _ => {}
        }
    }
    for (at, source) in spec.sources.iter().enumerate() {
        let place = format!("$.sources[{at}]");
        if let Some(explode) = &source.explode {
            if let Some(Err(why)) = explode.path.as_ref().map(|path| json_path::parse(path)) {
                wrong(Code::WrongValue, format!("{place}.explode.path"), why);
            }
            if explode.split.as_ref().is_some_and(String::is_empty) {
                wrong(Code::Empty, format!("{place}.explode.split"), NO_SEPARATOR.to_owned());
            }
        }
        for (name, field) in &source.fields {
            if field.split.as_ref().is_some_and(|split| split.by.is_empty()) {
                wrong(Code::Empty, format!("{place}.fields.{name}.split.by"), NO_SEPARATOR.to_owned());
            }
        }
    }
    let nodes = spec.targets.nodes.iter().map(|target| target.expect.as_ref());
    let relationships = spec.targets.relationships.iter().map(|target| target.expect.as_ref());
    for (list, expectations) in [("nodes", nodes.collect::<Vec<_>>()), ("relationships", relationships.collect())] {
        for (at, expect) in expectations.into_iter().enumerate() {
            let Some(ExpectSpec { rows }) = expect else { continue };
            let place = format!("$.targets.{list}[{at}].expect.rows");
            match rows {
                Amount::Between { min: None, max: None } => {
                    wrong(Code::Misplaced, place, "there is neither `min` nor `max`".to_owned());
                }
                Amount::Between { min: Some(min), max: Some(max) } if min > max => {
                    wrong(Code::OutOfRange, place, format!("`min` ({min}) is more than `max` ({max})"));
                }
                _ => {}
            }
        }
    }
    findings
}

const NO_SEPARATOR: &str = "nothing stands between two pieces: a separator is asked for";

#[cfg(test)]
mod tests {
    use crate::mapping::{Mapping, MappingError};

    fn findings(text: &str) -> Vec<String> {
        match Mapping::parse("m", text, None) {
            Err(MappingError::Findings { findings, .. }) => {
                findings.iter().map(|finding| format!("{} {}", finding.code, finding.path)).collect()
            }
            other => vec![format!("{other:?}")],
        }
    }

    #[test]
    fn what_cannot_be_meant_is_said_without_a_table() {
        let found = findings(
            "{version: '1', config: {expect: {rejects: {max_percent: 101}}}, sources: [
               {name: rows, type: snapshot, table: t, fields: {f: {column: c, split: {by: ''}}}},
               {name: items, type: snapshot, of: rows, explode: {column: c, path: '$.a[0]'}}],
             targets: {nodes: [
               {name: a, source: rows, labels: [A], expect: {rows: {min: 2, max: 1}}, properties: [{source_field: f, target_property: f}]},
               {name: b, source: rows, labels: [B], expect: {rows: {}}, properties: [{source_field: f, target_property: f}]}]}}",
        );
        let wanted = [
            "out-of-range $.config.expect.rejects.max_percent",
            "empty $.sources[0].fields.f.split.by",
            "wrong-value $.sources[1].explode.path",
            "out-of-range $.targets.nodes[0].expect.rows",
            "misplaced $.targets.nodes[1].expect.rows",
        ];
        assert_eq!(found, wanted);
    }

    #[test]
    fn a_number_that_is_mended_leaves_the_tables_what_they_are() {
        let digest = |expect: &str| {
            let text = format!(
                "{{version: '1', sources: [{{name: rows, type: snapshot, table: t}}], targets: {{nodes: [
                   {{name: a, source: rows, labels: [A]{expect}, properties: [{{source_field: f, target_property: f}}]}}]}}}}"
            );
            Mapping::parse("m", &text, None).unwrap().digest().to_owned()
        };
        assert_eq!(digest(""), digest(", expect: {rows: 8}"));
        assert_ne!(digest(""), digest(", on_conflict: most_frequent"));
    }
}
