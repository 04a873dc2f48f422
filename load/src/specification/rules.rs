//! The rules beyond the shape: those of the specification's validators.
//!
//! In: what a document says. Out: findings. A rule is silent where another one has spoken already of the same part, as the
//! validators are, but only of that part: one mistake never hides another one elsewhere.

mod actions;
mod definitions;
mod dependencies;
mod graph_type;
mod keys;
mod names;
mod properties;

use super::finding::Finding;
use super::model::Model;

pub fn judge(model: &Model<'_>, findings: &mut Vec<Finding>) {
    names::judge(model, findings);
    dependencies::judge(model, findings);
    properties::judge(model, findings);
    definitions::judge(model, findings);
    keys::judge(model, findings);
    actions::judge(model, findings);
    graph_type::judge(model, findings);
}
