//! Timelines: what each phase says, and that its parts are dates, texts and truth values.

use super::Resolver;
use super::conditions::word;
use crate::graph_table::manifest::PropertyType;
use crate::mapping::resolved::{Bound, PhasePlan, Ref, TimelineKindPlan, TimelinePlan};
use crate::mapping::spec::{Operand, TimelineKind, TimelineSpec};
use crate::specification::Code;

impl Resolver<'_> {
    /// Resolves a timeline: phases of entries read the entry, all others the record.
    pub(super) fn timeline(&mut self, source: usize, spec: &TimelineSpec, place: &str) -> Option<TimelinePlan> {
        let record = self.root(source);
        let entries = self.source(&spec.entries, place)?;
        if self.sources[entries].parent != Some(record) || self.sources[entries].spec.explode.is_none() {
            self.finding(
                Code::WrongSource,
                place,
                format!("source `{}` is not one of items of the same record", spec.entries),
            );
            return None;
        }
        self.need(entries);
        let start = self.date_slot(entries, &spec.start, place)?;
        let end = self.date_slot(entries, &spec.end, place)?;
        let undated = self.phase(entries, &spec.undated.state, &spec.undated.text, place)?;
        let of_stages = spec.opens.is_some() || spec.closes.is_some();
        let of_spans = spec.entry.is_some() || spec.lead.is_some() || spec.tail.is_some();
        let kind = match spec.kind {
            TimelineKind::Stages => {
                if of_spans {
                    self.finding(Code::Misplaced, place, "`entry`, `lead` and `tail` are for timelines of spans");
                }
                let (Some(opens), Some(closes)) = (&spec.opens, &spec.closes) else {
                    self.finding(Code::Misplaced, place, "a timeline of stages has `opens` and `closes`");
                    return None;
                };
                let closes_when = self.own_slot(entries, &closes.when, place)?;
                self.expect(entries, Ref::Own(closes_when), PropertyType::Boolean, &closes.when, place);
                TimelineKindPlan::Stages {
                    opens: self.phase(entries, &opens.state, &opens.text, place)?,
                    closes_when,
                    closes: self.phase(entries, &closes.state, &closes.text, place)?,
                }
            }
            TimelineKind::Spans => {
                if of_stages {
                    self.finding(Code::Misplaced, place, "`opens` and `closes` are for timelines of stages");
                }
                let (Some(entry), Some(lead), Some(tail)) = (&spec.entry, &spec.lead, &spec.tail) else {
                    self.finding(Code::Misplaced, place, "a timeline of spans has `entry`, `lead` and `tail`");
                    return None;
                };
                TimelineKindPlan::Spans {
                    entry: self.phase(entries, &entry.state, &entry.text, place)?,
                    lead_days: lead.days,
                    lead: self.phase(record, &lead.state, &lead.text, place)?,
                    tail: self.phase(record, &tail.state, &tail.text, place)?,
                }
            }
        };
        let compare_with = match &spec.compare_with {
            None => None,
            Some(name) => {
                let field = self.field(record, name, place)?;
                let counter =
                    self.note(self.name(source).to_owned(), "last period differs from the record's own state");
                Some((field, counter))
            }
        };
        Some(TimelinePlan {
            entries: self.child_place(entries),
            start,
            end,
            kind,
            undated,
            gap_days: spec.gap.longer_than_days,
            gap_state: self.text(record, &spec.gap.state, place)?,
            gap_text: spec.gap.text.clone(),
            fallback: self.phase(record, &spec.fallback.state, &spec.fallback.text, place)?,
            compare_with,
            not_begun: self.counter(self.name(source).to_owned(), "entry starts after the as-of date"),
        })
    }

    fn phase(&mut self, source: usize, state: &Operand, text: &Operand, place: &str) -> Option<PhasePlan> {
        Some(PhasePlan { state: self.text(source, state, place)?, text: self.text(source, text, place)? })
    }

    fn text(&mut self, source: usize, operand: &Operand, place: &str) -> Option<Bound> {
        let bound = self.operand(source, operand, None, place)?;
        let kind = self.kind_of_bound(source, &bound);
        if kind != PropertyType::String {
            self.finding(Code::WrongFieldType, place, format!("states and texts are texts, not a {}", word(kind)));
        }
        Some(bound)
    }

    fn date_slot(&mut self, source: usize, name: &str, place: &str) -> Option<usize> {
        let slot = self.own_slot(source, name, place)?;
        self.expect(source, Ref::Own(slot), PropertyType::Date, name, place);
        Some(slot)
    }

    fn expect(&mut self, source: usize, field: Ref, kind: PropertyType, name: &str, place: &str) {
        let found = self.kind_of(source, field);
        if found != kind {
            self.finding(
                Code::WrongFieldType,
                place,
                format!("field `{name}` is a {}, not a {}", word(found), word(kind)),
            );
        }
    }
}
