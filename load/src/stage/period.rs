//! Periods: gives the states and texts of the mapping to what the two timelines find.
//!
//! In: a resolved timeline, the items that are its entries, and the record. Out: one set of slots a period, numbered, the
//! last marked as current. A record without a period gets the fallback.

use super::field::Scope;
use super::item::{Items, Making};
use super::setting::Setting;
use super::tally::Tally;
use super::timeline::Period;
use super::timeline::spans::{SpanEntry, SpanOrigin, spans};
use super::timeline::stages::{StageEntry, StageOrigin, stages};
use super::value::Value;
use crate::mapping::resolved::{Bound, PhasePlan, TimelineKindPlan, TimelinePlan, timeline_slot};

/// State and text of a period.
type Said<'a> = (Value<'a>, Value<'a>);

/// Finds the periods of a record and hands the slots of each to `emit`.
pub fn periods<'a>(
    plan: &'a TimelinePlan,
    making: &Making<'_, 'a>,
    setting: &'a Setting<'_>,
    tally: &mut Tally,
    emit: &mut dyn FnMut(&[Value<'a>], &mut Tally),
) {
    let entries: Vec<&[Value<'a>]> = making.done.get(plan.entries).into_iter().flat_map(Items::distinct).collect();
    let sayer = Sayer { plan, making, setting, entries: &entries };
    let mut found: Vec<(Said<'a>, Period<()>)> = Vec::new();
    let not_begun = match &plan.kind {
        TimelineKindPlan::Stages { opens, closes_when, closes } => {
            let staged: Vec<StageEntry> = entries
                .iter()
                .map(|entry| StageEntry {
                    start: entry[plan.start].day(),
                    end: entry[plan.end].day(),
                    closes: entry[*closes_when].is_true(),
                })
                .collect();
            let stages = stages(&staged, setting.as_of, plan.gap_days);
            found.extend(stages.periods.into_iter().map(|period| {
                let said = match period.origin {
                    StageOrigin::Undated(entry) => sayer.of_entry(&plan.undated, entry),
                    StageOrigin::Opened(entry) => sayer.of_entry(opens, entry),
                    StageOrigin::Closed(entry) => sayer.of_entry(closes, entry),
                    StageOrigin::Gap { days } => sayer.of_gap(days),
                };
                (said, Period { origin: (), from: period.from, to: period.to })
            }));
            stages.not_begun
        }
        TimelineKindPlan::Spans { entry, lead_days, lead, tail } => {
            let spanned: Vec<SpanEntry> = entries
                .iter()
                .map(|entry| SpanEntry { start: entry[plan.start].day(), end: entry[plan.end].day() })
                .collect();
            let spans = spans(&spanned, setting.as_of, plan.gap_days, *lead_days);
            found.extend(spans.periods.into_iter().map(|period| {
                let said = match period.origin {
                    SpanOrigin::Undated(at) => sayer.of_entry(&plan.undated, at),
                    SpanOrigin::Entry(at) => sayer.of_entry(entry, at),
                    SpanOrigin::Lead => sayer.of_record(lead),
                    SpanOrigin::Tail => sayer.of_record(tail),
                    SpanOrigin::Gap { days } => sayer.of_gap(days),
                };
                (said, Period { origin: (), from: period.from, to: period.to })
            }));
            spans.not_begun
        }
    };
    for _ in 0..not_begun {
        tally.count(plan.not_begun);
    }
    if found.is_empty() {
        let period = Period { origin: (), from: Some(setting.as_of), to: None };
        found.push((sayer.of_record(&plan.fallback), period));
    }
    let last = found.len() - 1;
    for (sequence, ((state, text), period)) in found.into_iter().enumerate() {
        let mut slots = [Value::Missing; timeline_slot::NAMES.len()];
        slots[timeline_slot::STATE] = state;
        slots[timeline_slot::TEXT] = text;
        slots[timeline_slot::SEQUENCE] = Value::Integer(sequence as i64);
        slots[timeline_slot::VALID_FROM] = period.from.map_or(Value::Missing, Value::Date);
        slots[timeline_slot::VALID_TO] = period.to.map_or(Value::Missing, Value::Date);
        slots[timeline_slot::IS_CURRENT] = Value::Boolean(sequence == last);
        slots[timeline_slot::DATE_UNKNOWN] = Value::Boolean(period.from.is_none());
        if sequence == last
            && let Some((field, counter)) = plan.compare_with
            && sayer.record_scope().get(field, setting) != state
        {
            tally.count(counter);
        }
        emit(&slots, tally);
    }
}

/// Knows what a phase says of an entry, a gap or the record.
struct Sayer<'s, 'a> {
    plan: &'a TimelinePlan,
    making: &'s Making<'s, 'a>,
    setting: &'a Setting<'a>,
    entries: &'s [&'s [Value<'a>]],
}

impl<'a> Sayer<'_, 'a> {
    fn scope<'s>(&'s self, own: &'s [Value<'a>], parent: &'s [Value<'a>]) -> Scope<'s, 'a> {
        Scope { bump: self.making.bump, row: None, entry: None, own, parent, children: self.making.done }
    }

    fn record_scope(&self) -> Scope<'_, 'a> {
        self.scope(self.making.record, &[])
    }

    fn of_entry(&self, phase: &'a PhasePlan, entry: usize) -> Said<'a> {
        self.said(phase, &self.scope(self.entries[entry], self.making.record))
    }

    fn of_record(&self, phase: &'a PhasePlan) -> Said<'a> {
        self.said(phase, &self.record_scope())
    }

    fn of_gap(&self, days: i32) -> Said<'a> {
        let text = self.making.bump.alloc_str(&self.plan.gap_text.replace("{days}", &days.to_string()));
        (self.record_scope().bound(&self.plan.gap_state, self.setting), Value::Text(text))
    }

    fn said(&self, phase: &'a PhasePlan, scope: &Scope<'_, 'a>) -> Said<'a> {
        let value = |bound: &'a Bound| scope.bound(bound, self.setting);
        (value(&phase.state), value(&phase.text))
    }
}
