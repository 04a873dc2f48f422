//! The public import specification (`neo4j/import-spec`, version "1"): whether a file keeps to it, and where it does not.
//!
//! In: the text of a file in YAML or JSON. Out: all findings at once, each with a stable code and its place in the file. A
//! source may be of any type and have any keys, as the specification leaves these to plugins. Nothing is looked at but the
//! file: no snapshot, no server. What our own loader asks of a mapping beyond this is for `mapping::resolve` to say.

mod code;
mod document;
mod finding;
mod model;
mod rules;
mod server;
mod shape;

use serde_json::Value as Json;

pub use code::Code;
pub use document::{Unreadable, read};
pub use finding::{Finding, for_people, nearest, sort};
pub use server::{Edition, ServerKind};
pub use shape::faults_of as shape_faults;

/// Judges a document that has been read; an empty list means that it is valid.
pub fn judge(document: &Json, server: Option<&ServerKind>) -> Vec<Finding> {
    let mut findings = shape::judge(document);
    let model = model::Model::of(document, &findings);
    rules::judge(&model, &mut findings);
    if let Some(server) = server {
        server::judge(server, &model, &mut findings);
    }
    sort(&mut findings, document);
    findings
}
