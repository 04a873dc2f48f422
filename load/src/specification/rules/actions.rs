//! Actions: Cypher, with a query, in a mode that there is.

use serde_json::Value as Json;

use crate::specification::code::Code;
use crate::specification::finding::Finding;
use crate::specification::model::Model;

pub fn judge(model: &Model<'_>, findings: &mut Vec<Finding>) {
    for action in &model.actions {
        let Some(kind) = action.kind else { continue };
        if !kind.eq_ignore_ascii_case("cypher") {
            let message = format!("an action of type `{kind}` is known to nobody: only `cypher` is");
            let finding = Finding::new(Code::UnknownActionType, format!("{}.type", action.path), message);
            findings.push(finding.near(kind, ["cypher"]));
            continue;
        }
        let query = format!("{}.query", action.path);
        match action.query {
            None => {
                let finding = Finding::new(Code::MissingKey, &action.path, "the key `query` is missing");
                findings.push(finding);
            }
            Some(Json::String(text)) if text.trim().is_empty() => {
                findings.push(Finding::new(Code::BlankQuery, query, "the query is blank"));
            }
            Some(Json::String(_)) => {}
            Some(_) => findings.push(Finding::new(Code::WrongType, query, "a query is a text")),
        }
        let Some(mode) = action.execution_mode else { continue };
        let modes = ["transaction", "autocommit"];
        let text = mode.as_str().map(str::to_lowercase);
        if !text.as_deref().is_some_and(|text| modes.contains(&text)) {
            let message = format!("{mode} is neither `transaction` nor `autocommit`");
            let finding = Finding::new(Code::UnknownExecutionMode, format!("{}.execution_mode", action.path), message);
            findings.push(finding.near(text.as_deref().unwrap_or_default(), modes));
        }
    }
}
