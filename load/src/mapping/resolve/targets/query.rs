//! Query targets: each has a table of the rows that its Cypher is given.
//!
//! In: query targets as typed. Out: the plan of each table, with a value for every field. A field that is named must be there;
//! where none is named, the rows have all that the source has by itself, save bytes, which no row can hold.

use indexmap::IndexSet;

use super::super::{ColumnKind, Resolver};
use super::Targets;
use crate::graph_table::manifest::Property;
use crate::mapping::resolved::{Makes, QueryPlan};
use crate::mapping::spec::QuerySpec;
use crate::specification::Code;

impl Resolver<'_> {
    /// Adds the table of a query target, and the row that a record of its source becomes.
    pub(super) fn query(&mut self, targets: &mut Targets, spec: &QuerySpec) {
        let place = format!("targets.queries.{}", spec.name);
        let Some(source) = self.source(&spec.source, &place) else { return };
        let names = match &spec.fields {
            None => self.all_of(source),
            Some(names) => {
                let once: IndexSet<String> = names.iter().cloned().collect();
                if once.len() < names.len() {
                    self.finding(Code::RepeatedProperty, &format!("{place}.fields"), "a field stands here twice");
                }
                once
            }
        };
        if names.is_empty() {
            return self.finding(Code::Empty, &place, "its rows have no fields");
        }
        let (mut fields, mut values) = (Vec::new(), Vec::new());
        for name in names {
            let Some(field) = self.field(source, &name, &place) else { continue };
            fields.push(Property { name, kind: self.kind_of(source, field) });
            values.push(field);
        }
        let column = values.first().map_or_else(String::new, |first| self.column_of(source, *first));
        let table = self.table_name(targets, &spec.name);
        targets.queries.push(QueryPlan { table, query: spec.query.clone(), fields });
        let makes = Makes::Row { table: targets.queries.len() - 1, values };
        self.emit(targets, source, &spec.name, spec.filter.as_ref(), makes, column, &place);
    }

    /// All fields and columns that a source has by itself.
    fn all_of(&self, source: usize) -> IndexSet<String> {
        let state = &self.sources[source];
        let columns = state.spec.table.as_ref().and_then(|table| self.tables.get(table));
        let columns = columns.into_iter().flatten().filter(|(_, kind)| **kind != ColumnKind::Bytes);
        let own = state.own.iter().map(|(name, _)| name);
        own.chain(state.spec.fields.keys()).chain(columns.map(|(name, _)| name)).cloned().collect()
    }
}
