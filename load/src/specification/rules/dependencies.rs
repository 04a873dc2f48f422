//! Dependencies of targets: on targets that are there, each named once, never in a circle.

use std::collections::HashSet;

use crate::specification::code::Code;
use crate::specification::finding::Finding;
use crate::specification::model::{Model, Target};

pub fn judge(model: &Model<'_>, findings: &mut Vec<Finding>) {
    for target in &model.targets {
        for (at, name) in target.depends_on.iter().enumerate() {
            if target.depends_on[..at].iter().any(|other| other.text == name.text) {
                let message = format!("`{}` is named already", name.text);
                findings.push(Finding::new(Code::RepeatedDependency, &name.path, message));
                continue;
            }
            let found = model.targets.iter().any(|other| other.has_name(name.text));
            if !found && model.targets_known {
                let names = model.targets.iter().filter_map(|other| other.name.as_ref()).map(|name| name.text);
                let message = format!("there is no target `{}`", name.text);
                findings.push(Finding::new(Code::UnknownDependency, &name.path, message).near(name.text, names));
            }
            if found && target.ends.iter().any(|end| end.name.text == name.text) {
                let message = format!("`{}` is an end of this relationship, so it comes before it anyway", name.text);
                findings.push(Finding::new(Code::NeedlessDependency, &name.path, message));
            }
        }
    }
    cycles(model, findings);
}

/// What a target comes after, where each name is given once.
fn before<'m, 'd>(model: &'m Model<'d>, target: &'m Target<'d>) -> Vec<usize> {
    let names = target.depends_on.iter().map(|name| name.text).chain(target.ends.iter().map(|end| end.name.text));
    let mut found = Vec::new();
    for name in names {
        let mut places = (0..model.targets.len()).filter(|other| model.targets[*other].has_name(name));
        if let (Some(place), None) = (places.next(), places.next())
            && !found.contains(&place)
        {
            found.push(place);
        }
    }
    found
}

fn cycles(model: &Model<'_>, findings: &mut Vec<Finding>) {
    let edges: Vec<Vec<usize>> = model.targets.iter().map(|target| before(model, target)).collect();
    let mut done = HashSet::new();
    for start in 0..edges.len() {
        let mut path = Vec::new();
        if let Some(cycle) = walk(start, &edges, &mut path, &mut done) {
            let name = |place: usize| model.targets[place].name.as_ref().map_or("?", |name| name.text);
            let mut names: Vec<&str> = cycle.iter().map(|place| name(*place)).collect();
            names.push(names[0]);
            let message = format!("targets depend on each other in a circle: {}", names.join(" -> "));
            findings.push(Finding::new(Code::DependencyCycle, &model.targets[cycle[0]].path, message));
        }
    }
}

/// The first circle that is met from here; each target is walked through once.
fn walk(at: usize, edges: &[Vec<usize>], path: &mut Vec<usize>, done: &mut HashSet<usize>) -> Option<Vec<usize>> {
    if let Some(start) = path.iter().position(|other| *other == at) {
        return Some(path[start..].to_vec());
    }
    if !done.insert(at) {
        return None;
    }
    path.push(at);
    let mut found = None;
    for next in &edges[at] {
        found = found.or(walk(*next, edges, path, done));
    }
    path.pop();
    found
}
