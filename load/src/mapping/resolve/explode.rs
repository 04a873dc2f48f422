//! `explode`: how the cells of a column become items.
//!
//! In: the words of `explode`, and later the fields that the items have. Out: the plan by which cells are taken apart; of a
//! JSON path it knows what is read on the way, so that nothing else is ever kept. Words that do not go together are findings.

use super::Resolver;
use crate::mapping::json_path::{JsonPath, parse};
use crate::mapping::resolved::{ChildKind, DistinctPlan, Field, Origin};
use crate::mapping::spec::ExplodeSpec;
use crate::specification::Code;

impl Resolver<'_> {
    /// Resolves the `explode` of a source.
    pub(super) fn explode(&mut self, source: usize, explode: &ExplodeSpec, place: &str) -> Option<ChildKind> {
        let (column, _) = self.column(source, &explode.column, &format!("{place}.explode"))?;
        let column_name = explode.column.clone();
        if explode.split.is_none() && (explode.item.is_some() || explode.trim || explode.drop_empty) {
            self.finding(Code::Misplaced, place, "`as`, `trim` and `drop_empty` go with `split`");
        }
        if explode.json.is_some() && (explode.distinct.is_some() || explode.limit.is_some()) {
            self.finding(Code::Misplaced, place, "`distinct` and `limit` go with `split` or `path`");
        }
        if explode.split.is_some() && explode.index.is_some() {
            self.finding(Code::Misplaced, place, "`index` goes with `json` or `path`");
        }
        if explode.limit.is_some() && explode.distinct.is_none() {
            self.finding(Code::Misplaced, place, "`limit` counts distinct items: it goes with `distinct`");
        }
        let index = explode.index.as_ref().map(|index| index.from.clone());
        match (&explode.split, explode.json, &explode.path) {
            (Some(separator), None, None) => Some(ChildKind::Split {
                column,
                separator: separator.clone(),
                trim: explode.trim,
                drop_empty: explode.drop_empty,
                distinct: self.distinct(source, explode, place),
            }),
            (None, Some(_), None) => Some(ChildKind::Json { column, column_name, index }),
            (None, None, Some(path)) => {
                // One that cannot be taken apart was refused when the file was read.
                let steps = parse(path).ok()?;
                for member in index.iter().flatten() {
                    self.check_read(source, member, place);
                }
                let path = JsonPath::new(&steps);
                let distinct = self.distinct(source, explode, place);
                Some(ChildKind::Path { column, column_name, path, index, distinct })
            }
            _ => {
                let message = "`explode` has one of `split`, `json: array` and `path`";
                self.finding(Code::Misplaced, place, message);
                None
            }
        }
    }

    fn distinct(&mut self, source: usize, explode: &ExplodeSpec, place: &str) -> Option<DistinctPlan> {
        let slot = self.own_slot(source, explode.distinct.as_ref()?, place)?;
        let past_limit = self.counter(self.name(source).to_owned(), "item past the limit of its record");
        Some(DistinctPlan { slot, limit: explode.limit.unwrap_or(usize::MAX), past_limit })
    }

    /// Checks that what an item of a path is to read can be read there. Whether the path is one is said elsewhere.
    pub(super) fn check_read(&mut self, source: usize, member: &str, place: &str) {
        let path = self.sources[source].spec.explode.as_ref().and_then(|explode| explode.path.as_ref());
        let Some(Ok(steps)) = path.map(|path| parse(path)) else { return };
        if let Err(why) = JsonPath::new(&steps).place_of(member) {
            self.finding(Code::WrongValue, place, why);
        }
    }
}

/// Tells a path what the fields of its items read.
pub(super) fn settle_path(kind: &mut ChildKind, fields: &[Field]) {
    let ChildKind::Path { path, index, .. } = kind else { return };
    for member in index.iter().flatten() {
        path.read(member);
    }
    for field in fields {
        match &field.origin {
            Origin::Member(member) => path.read(member),
            Origin::HasMember(members) => members.iter().for_each(|member| path.read(member)),
            _ => {}
        }
    }
}
