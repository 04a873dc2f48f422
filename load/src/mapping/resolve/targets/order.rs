//! `depends_on` and `write_mode`: the order in which targets are made, and what each does where its element is there.
//!
//! In: active targets in the order of the file. Out: the same, each after those that it depends on; or findings. All nodes are
//! written before all relationships, queries are run after both, and targets that fill one table are written together: an
//! order against that cannot be kept, and is refused. So is `write_mode: create`, which would make two nodes of one key.

use std::collections::HashMap;

use super::super::Resolver;
use super::Targets;
use crate::mapping::resolved::Makes;
use crate::mapping::spec::{NodeSpec, QuerySpec, RelationshipSpec, WriteMode};
use crate::specification::Code;

/// What targets of all kinds have.
pub(super) trait Dependent {
    /// The list in which it stands.
    const LIST: &'static str;

    fn name(&self) -> &str;
    fn depends_on(&self) -> &[String];
    fn write_mode(&self) -> WriteMode;
}

macro_rules! dependent {
    ($target:ident, $list:literal, $write_mode:expr) => {
        impl Dependent for $target {
            const LIST: &'static str = $list;

            fn name(&self) -> &str {
                &self.name
            }

            fn depends_on(&self) -> &[String] {
                &self.depends_on
            }

            fn write_mode(&self) -> WriteMode {
                let of: fn(&Self) -> WriteMode = $write_mode;
                of(self)
            }
        }
    };
}

dependent!(NodeSpec, "nodes", |target| target.write_mode);
dependent!(RelationshipSpec, "relationships", |target| target.write_mode);
// What a query makes is its own affair.
dependent!(QuerySpec, "queries", |_| WriteMode::Merge);

/// The same targets, each after those that it depends on, else as they stand in the file. A circle keeps that order too: it
/// has a finding of its own.
pub(super) fn in_order<'t, T: Dependent>(targets: impl Iterator<Item = &'t T>) -> Vec<&'t T> {
    fn visit<'t, T: Dependent>(at: usize, targets: &[&'t T], seen: &mut [bool], ordered: &mut Vec<&'t T>) {
        if std::mem::replace(&mut seen[at], true) {
            return;
        }
        for name in targets[at].depends_on() {
            if let Some(other) = targets.iter().position(|target| target.name() == name) {
                visit(other, targets, seen, ordered);
            }
        }
        ordered.push(targets[at]);
    }
    let targets: Vec<&T> = targets.collect();
    let (mut seen, mut ordered) = (vec![false; targets.len()], Vec::with_capacity(targets.len()));
    for at in 0..targets.len() {
        visit(at, &targets, &mut seen, &mut ordered);
    }
    ordered
}

impl Resolver<'_> {
    /// Refuses what the tables as they have come out cannot keep.
    pub(super) fn check_order<T: Dependent>(&mut self, targets: &Targets, specs: &[&T]) {
        // Nodes come first, queries last. A target whose rows nobody needs has no place.
        let relationships_from = targets.nodes.len();
        let queries_from = relationships_from + targets.relationships.len();
        let places: HashMap<&str, usize> = targets
            .emits
            .iter()
            .map(|(_, emit)| match &emit.makes {
                Makes::Node { table, .. } => (emit.target.as_str(), *table),
                Makes::Relationship { table, .. } => (emit.target.as_str(), relationships_from + *table),
                Makes::Row { table, .. } => (emit.target.as_str(), queries_from + *table),
            })
            .collect();
        for spec in specs {
            let place = format!("targets.{}.{}", T::LIST, spec.name());
            if spec.write_mode() == WriteMode::Create {
                self.finding(
                    Code::NotHonoured,
                    &format!("{place}.write_mode"),
                    "`create` makes an element of every record; `load` makes one of all records with one key, whatever the \
                     database holds (`merge`): leave it out, or write `merge`",
                );
            }
            for other in spec.depends_on() {
                if let (Some(own), Some(others)) = (places.get(spec.name()), places.get(other.as_str()))
                    && own < others
                {
                    self.finding(
                        Code::NotHonoured,
                        &format!("{place}.depends_on"),
                        format!(
                            "it cannot come after `{other}`: nodes are written before relationships, both before queries \
                             are run, and targets of one table together with the first of them"
                        ),
                    );
                }
            }
        }
    }
}
