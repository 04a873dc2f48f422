//! From a mapping's words to what staging runs: every name is looked up, and every finding is collected.
//!
//! In: a mapping and the columns of the tables that it reads. Out: a [`Resolved`] mapping, or all findings at once, each with
//! its place in the file. A field that no target needs is never looked at, so it is never computed either.

mod conditions;
mod explode;
mod fields;
mod sources;
mod steps;
mod targets;
mod timelines;

use std::collections::BTreeMap;

use indexmap::{IndexMap, IndexSet};

use super::resolved::{ChildKind, Field, Resolved, Test};
use super::spec::SourceSpec;
use super::{Mapping, MappingError};
use crate::graph_table::manifest::PropertyType;
use crate::specification::{Code, Finding};

/// Name and kind of every column of a table, in order.
pub type Columns = IndexMap<String, ColumnKind>;

/// What a column of a snapshot holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// Values that a property can hold as they are.
    Property(PropertyType),
    /// A decimal number: a float, a whole number where it has no digits after the point, or a text where one is asked for.
    Decimal {
        /// Digits after the point.
        scale: i8,
    },
    /// Bytes, which no property can hold.
    Bytes,
}

/// Resolves a mapping against the columns of its tables.
///
/// # Errors
/// [`MappingError::Findings`] with everything that does not fit.
pub fn resolve(mapping: &Mapping, tables: &BTreeMap<String, Columns>) -> Result<Resolved, MappingError> {
    let mut resolver = Resolver::new(mapping, tables);
    resolver.check_sources();
    let targets = resolver.targets();
    if !resolver.findings.is_empty() {
        return Err(MappingError::Findings { name: mapping.name().to_owned(), findings: resolver.findings });
    }
    Ok(resolver.finish(targets))
}

/// What is known of a source while names are being looked up.
struct SourceState<'m> {
    spec: &'m SourceSpec,
    /// The source that it is made of.
    parent: Option<usize>,
    /// Slots that its kind fills: name and type.
    own: Vec<(String, PropertyType)>,
    fields: Vec<Field>,
    /// Whether each field needs the records of a child.
    late: Vec<bool>,
    slots: IndexMap<String, Slot>,
    /// What its kind needs, once something needs its records.
    kind: Option<ChildKind>,
    filter: Option<Test>,
    group_by: Option<usize>,
    needed: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Slot {
    /// Being looked up: to meet it again is a cycle.
    Open,
    Done(usize),
    /// It has a finding already.
    Faulty,
}

struct Resolver<'m> {
    mapping: &'m Mapping,
    tables: &'m BTreeMap<String, Columns>,
    sources: Vec<SourceState<'m>>,
    /// Columns that are read, by table.
    columns: IndexMap<String, IndexSet<String>>,
    counters: IndexSet<(String, String)>,
    notes: Vec<usize>,
    findings: Vec<Finding>,
}

impl<'m> Resolver<'m> {
    fn new(mapping: &'m Mapping, tables: &'m BTreeMap<String, Columns>) -> Self {
        let specs = &mapping.spec.sources;
        let sources = specs
            .iter()
            .map(|spec| SourceState {
                spec,
                parent: spec.of.as_ref().and_then(|of| specs.iter().position(|other| &other.name == of)),
                own: sources::own_slots(spec),
                fields: Vec::new(),
                late: Vec::new(),
                slots: IndexMap::new(),
                kind: None,
                filter: None,
                group_by: None,
                needed: false,
            })
            .collect();
        Self {
            mapping,
            tables,
            sources,
            columns: IndexMap::new(),
            counters: IndexSet::new(),
            notes: Vec::new(),
            findings: Vec::new(),
        }
    }

    fn finding(&mut self, code: Code, place: &str, message: impl AsRef<str>) {
        self.finding_near(code, place, message, None);
    }

    /// A finding with the name that was perhaps meant.
    fn finding_near(&mut self, code: Code, place: &str, message: impl AsRef<str>, nearest: Option<String>) {
        let mut finding = Finding::new(code, self.path(place), message.as_ref());
        finding.specification_code = None;
        finding.nearest = nearest;
        if !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
    }

    /// The path in the file of a place that is written with names: `$.sources[0].where` of `sources.rows.where`.
    fn path(&self, place: &str) -> String {
        let spec = &self.mapping.spec;
        let sources = spec.sources.iter().map(|source| &source.name).collect::<Vec<_>>();
        let nodes = spec.targets.nodes.iter().map(|target| &target.name).collect::<Vec<_>>();
        let relationships = spec.targets.relationships.iter().map(|target| &target.name).collect::<Vec<_>>();
        let queries = spec.targets.queries.iter().map(|target| &target.name).collect::<Vec<_>>();
        let lists = [
            ("sources.", sources),
            ("targets.nodes.", nodes),
            ("targets.relationships.", relationships),
            ("targets.queries.", queries),
        ];
        for (prefix, names) in lists {
            let Some(rest) = place.strip_prefix(prefix) else { continue };
            // Names may hold dots: the longest one that is whole counts.
            let whole =
                |name: &str| rest.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
            let found = (0..names.len()).filter(|at| whole(names[*at])).max_by_key(|at| names[*at].len());
            if let Some(at) = found {
                return format!("$.{}[{at}]{}", prefix.trim_end_matches('.'), &rest[names[at].len()..]);
            }
        }
        format!("$.{place}")
    }

    /// The place of a counter; two of the same name are one.
    fn counter(&mut self, what: String, reason: &str) -> usize {
        self.counters.insert_full((what, reason.to_owned())).0
    }

    /// The place of a counter of what is only noticed.
    fn note(&mut self, what: String, reason: &str) -> usize {
        let place = self.counter(what, reason);
        self.notes.push(place);
        place
    }

    /// The name of a source, for messages.
    fn name(&self, source: usize) -> &'m str {
        &self.sources[source].spec.name
    }

    /// Place of a column among those read of the source's table.
    fn column(&mut self, source: usize, column: &str, place: &str) -> Option<(usize, ColumnKind)> {
        let root = self.root(source);
        let table = self.sources[root].spec.table.as_ref()?;
        let columns = self.tables.get(table)?;
        let Some(kind) = columns.get(column) else {
            let nearest = nearest(column, columns.keys().map(String::as_str));
            self.finding_near(Code::UnknownColumn, place, format!("table `{table}` has no column `{column}`"), nearest);
            return None;
        };
        if *kind == ColumnKind::Bytes {
            self.finding(
                Code::UnusableColumn,
                place,
                format!("column `{column}` of table `{table}` holds bytes, which no property can hold"),
            );
            return None;
        }
        Some((self.columns.entry(table.clone()).or_default().insert_full(column.to_owned()).0, *kind))
    }

    /// The source whose records are rows.
    fn root(&self, source: usize) -> usize {
        self.sources[source].parent.unwrap_or(source)
    }

    /// Whether the table that a source reads has no snapshot. Nobody knows its columns; that it is not there has been said.
    fn lacks_table(&self, source: &str) -> bool {
        let source = self.sources.iter().position(|state| state.spec.name == source);
        let table = source.and_then(|source| self.sources[self.root(source)].spec.table.as_ref());
        table.is_some_and(|table| !self.tables.contains_key(table))
    }

    /// Children of a record source in the order in which they are computed: timelines read the others.
    fn children(&self, record: usize) -> Vec<usize> {
        let mut children: Vec<usize> =
            (0..self.sources.len()).filter(|source| self.sources[*source].parent == Some(record)).collect();
        children.sort_by_key(|child| self.sources[*child].spec.derive.is_some());
        children
    }

    /// Place of a child among those of its record.
    fn child_place(&self, child: usize) -> usize {
        let siblings = self.children(self.root(child));
        siblings.iter().position(|sibling| *sibling == child).expect("a child is among its parent's children")
    }

    /// A source by name.
    fn source(&mut self, name: &str, place: &str) -> Option<usize> {
        let found = self.sources.iter().position(|source| source.spec.name == name);
        if found.is_none() {
            let names: Vec<&'m str> = self.sources.iter().map(|source| source.spec.name.as_str()).collect();
            let nearest = nearest(name, names.into_iter());
            self.finding_near(Code::UnknownSource, place, format!("there is no source `{name}`"), nearest);
        }
        found
    }
}

/// The name that was perhaps meant, owned, as names are borrowed from what a finding changes.
fn nearest<'a>(word: &str, names: impl Iterator<Item = &'a str>) -> Option<String> {
    crate::specification::nearest(word, names).map(str::to_owned)
}

#[cfg(test)]
mod tests;
