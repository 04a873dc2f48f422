//! The professional timeline: entries that last from start to end, such as jobs, of which one counts on each day: the
//! one that started last. Entries come in, the days of each go out as periods, with the gaps between them and what was
//! before and after. The work grows with the number of entries, not of days.

use std::collections::BinaryHeap;

use super::{Period, append_dated};
use crate::stage::date::Day;

/// One job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpanEntry {
    pub start: Option<Day>,
    /// The first day without it; none where it goes on for ever.
    pub end: Option<Day>,
}

/// What a period came of; numbers are places in the entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpanOrigin {
    /// The entry has no start, or ends before it.
    Undated(usize),
    /// The time before the first entry.
    Lead,
    /// The entry counts, or counted until a gap too short to tell.
    Entry(usize),
    /// No entry went on for this many days.
    Gap { days: i32 },
    /// All entries that began have ended.
    Tail,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spans {
    /// Undated ones first, then in order of time.
    pub periods: Vec<Period<SpanOrigin>>,
    /// How many entries start after the as-of day; they make no period.
    pub not_begun: usize,
}

/// An entry that covers at least one day.
struct Covering {
    entry: usize,
    start: Day,
    end: Option<Day>,
}

/// The periods of a learner. A gap of more than `gap_days` is one of its own; before the first start stand `lead_days`,
/// unless that is none or some entry has no date.
pub fn spans(entries: &[SpanEntry], as_of: Day, gap_days: i32, lead_days: i32) -> Spans {
    let mut periods = Vec::new();
    let mut covering = Vec::with_capacity(entries.len());
    let mut not_begun = 0;
    let mut goes_on = false;
    let mut latest_end = None;
    for (entry, &SpanEntry { start, end }) in entries.iter().enumerate() {
        if start.is_some_and(|start| start > as_of) {
            not_begun += 1;
            continue;
        }
        goes_on |= end.is_none_or(|end| end >= as_of);
        latest_end = latest_end.max(end);
        match start {
            Some(start) if end.is_none_or(|end| end > start) => covering.push(Covering { entry, start, end }),
            // It ends on the day it starts: only its end counts.
            Some(start) if end == Some(start) => {}
            _ => periods.push(Period::undated(SpanOrigin::Undated(entry))),
        }
    }
    // Stable: entries of one start stay in entry order.
    covering.sort_by_key(|entry| entry.start);

    let mut openings = Vec::with_capacity(covering.len() + 2);
    if let Some(first) = covering.first()
        && periods.is_empty()
        && lead_days > 0
    {
        openings.push((first.start.saturating_sub(lead_days), SpanOrigin::Lead));
    }
    open_each(&covering, as_of, gap_days, &mut openings);
    // Where none goes on, each that began has an end, so there is a latest one wherever any began.
    if let (false, Some(end)) = (goes_on, latest_end) {
        openings.push((end, SpanOrigin::Tail));
    }
    let last_end = match openings.last() {
        Some((_, SpanOrigin::Entry(entry))) => entries[*entry].end,
        _ => None,
    };
    append_dated(&mut periods, openings, last_end);
    Spans { periods, not_begun }
}

/// Appends the day on which each entry or gap begins to count, from the first start to the as-of day: a sweep from one
/// start or end to the next. Entries come sorted by start, then entry order.
fn open_each(covering: &[Covering], as_of: Day, gap_days: i32, openings: &mut Vec<(Day, SpanOrigin)>) {
    let Some(first) = covering.first() else { return };
    let mut waiting = covering.iter().enumerate().peekable();
    // The ranks of those that have started; the top one started last.
    let mut started = BinaryHeap::new();
    let mut day = first.start;
    while day <= as_of {
        while let Some((rank, _)) = waiting.next_if(|(_, entry)| entry.start <= day) {
            started.push(rank);
        }
        while started.peek().is_some_and(|&rank| covering[rank].end.is_some_and(|end| end <= day)) {
            started.pop();
        }
        let next_start = waiting.peek().map(|(_, entry)| entry.start);
        let next_day = match started.peek() {
            Some(&rank) => {
                let Covering { entry, end, .. } = covering[rank];
                openings.push((day, SpanOrigin::Entry(entry)));
                [end, next_start].into_iter().flatten().min()
            }
            None => {
                let days = next_start.map_or(0, |start| start.saturating_sub(day));
                if days > gap_days {
                    openings.push((day, SpanOrigin::Gap { days }));
                }
                next_start
            }
        };
        // Nothing changes any more.
        let Some(next_day) = next_day else { return };
        day = next_day;
    }
}

#[cfg(test)]
mod tests {
    use super::super::drawing::{AS_OF, day, lines};
    use super::*;

    const GAP_DAYS: i32 = 30;
    const LEAD_DAYS: i32 = 365;

    fn entries(texts: &[&str]) -> Vec<SpanEntry> {
        let entry = |text: &&str| {
            let (start, end) = text.split_once(' ').unwrap();
            SpanEntry { start: day(start), end: day(end) }
        };
        texts.iter().map(entry).collect()
    }

    fn drawn(texts: &[&str]) -> Vec<String> {
        lines(&spans(&entries(texts), day(AS_OF).unwrap(), GAP_DAYS, LEAD_DAYS).periods)
    }

    #[test]
    fn worked_examples() {
        let cases: &[(&[&str], &[&str])] = &[
            (
                &["2018 -", "2019 2020"],
                &[
                    "Lead 2017-01-01 2018-01-01",
                    "Entry(0) 2018-01-01 2019-01-01",
                    "Entry(1) 2019-01-01 2020-01-01",
                    "Entry(0) 2020-01-01 -",
                ],
            ),
            (
                &["2010 2020", "2012 2013", "2016 -"],
                &[
                    "Lead 2009-01-01 2010-01-01",
                    "Entry(0) 2010-01-01 2012-01-01",
                    "Entry(1) 2012-01-01 2013-01-01",
                    "Entry(0) 2013-01-01 2016-01-01",
                    "Entry(2) 2016-01-01 -",
                ],
            ),
            (&["2024-01-01 2027-06-30"], &["Lead 2023-01-01 2024-01-01", "Entry(0) 2024-01-01 2027-06-30"]),
            (&["2021-05-01 2020-01-01"], &["Undated(0) - -", "Tail 2020-01-01 -"]),
        ];
        for (entries, expected) in cases {
            assert_eq!(drawn(entries), *expected, "{entries:?}");
        }
    }

    #[test]
    fn other_cases() {
        let cases: &[(&[&str], &[&str])] = &[
            (&[], &[]),
            (&["2027 -", "2026-11-23 2020"], &[]),
            (&["- -"], &["Undated(0) - -"]),
            (&["- 2026-11-22"], &["Undated(0) - -"]),
            (&["- 2026-11-21"], &["Undated(0) - -", "Tail 2026-11-21 -"]),
            // An undated entry: no lead. It goes on: no tail.
            (&["2020 2021", "- -"], &["Undated(1) - -", "Entry(0) 2020-01-01 2021-01-01"]),
            // The tail is from the latest end, an undated one's too, and leaves no hole.
            (&["2020 2021", "- 2022"], &["Undated(1) - -", "Entry(0) 2020-01-01 2022-01-01", "Tail 2022-01-01 -"]),
            (&["2020 2021"], &["Lead 2019-01-01 2020-01-01", "Entry(0) 2020-01-01 2021-01-01", "Tail 2021-01-01 -"]),
            // It ends on the as-of day: it still goes on, and its end is known.
            (&["2020 2026-11-22"], &["Lead 2019-01-01 2020-01-01", "Entry(0) 2020-01-01 2026-11-22"]),
            (&["2026-11-22 -"], &["Lead 2025-11-22 2026-11-22", "Entry(0) 2026-11-22 -"]),
            (&["2026-11-22 2026-11-22"], &[]),
            // A job of no day: no period, no lead, but an end.
            (&["2020 2020"], &["Tail 2020-01-01 -"]),
            (
                &["2018 2018", "2019 2020", "2022 2022"],
                &["Lead 2018-01-01 2019-01-01", "Entry(1) 2019-01-01 2022-01-01", "Tail 2022-01-01 -"],
            ),
            (
                &["2020 2020-02-01", "2020-02-20 2020-02-20", "2020-03-10 -"],
                &[
                    "Lead 2019-01-01 2020-01-01",
                    "Entry(0) 2020-01-01 2020-02-01",
                    "Gap { days: 38 } 2020-02-01 2020-03-10",
                    "Entry(2) 2020-03-10 -",
                ],
            ),
            // 30 days are the job before them, 31 are a gap.
            (
                &["2023 2023-02-01", "2023-03-03 -"],
                &["Lead 2022-01-01 2023-01-01", "Entry(0) 2023-01-01 2023-03-03", "Entry(1) 2023-03-03 -"],
            ),
            (
                &["2023 2023-02-01", "2023-03-04 -"],
                &[
                    "Lead 2022-01-01 2023-01-01",
                    "Entry(0) 2023-01-01 2023-02-01",
                    "Gap { days: 31 } 2023-02-01 2023-03-04",
                    "Entry(1) 2023-03-04 -",
                ],
            ),
            // Days after the last job are no gap between jobs, though another is announced.
            (
                &["2023 2024", "2027 -"],
                &["Lead 2022-01-01 2023-01-01", "Entry(0) 2023-01-01 2024-01-01", "Tail 2024-01-01 -"],
            ),
            // Of one start, the later entry; the other only after it.
            (
                &["2020 2022", "2020 2021", "2020 2020-06-01"],
                &[
                    "Lead 2019-01-01 2020-01-01",
                    "Entry(2) 2020-01-01 2020-06-01",
                    "Entry(1) 2020-06-01 2021-01-01",
                    "Entry(0) 2021-01-01 2022-01-01",
                    "Tail 2022-01-01 -",
                ],
            ),
            // The last period is a job's that ends, while another ended later than the as-of day: its own end counts.
            (
                &["2020 2028", "2021 2027"],
                &["Lead 2019-01-01 2020-01-01", "Entry(0) 2020-01-01 2021-01-01", "Entry(1) 2021-01-01 2027-01-01"],
            ),
        ];
        for (entries, expected) in cases {
            assert_eq!(drawn(entries), *expected, "{entries:?}");
        }
        let late = entries(&["2027 -", "2024 -", "- 2024", "2026-11-23 2020"]);
        assert_eq!(spans(&late, day(AS_OF).unwrap(), GAP_DAYS, LEAD_DAYS).not_begun, 2);
    }

    /// The text of GRAPH.md, day by day.
    fn plain(entries: &[SpanEntry], as_of: Day, gap_days: i32, lead_days: i32) -> Spans {
        let all = || (0..entries.len()).filter(|&n| entries[n].start.is_none_or(|start| start <= as_of));
        let is_undated = |n: &usize| match (entries[*n].start, entries[*n].end) {
            (None, _) => true,
            (Some(start), Some(end)) => end < start,
            (Some(_), None) => false,
        };
        let covers = |n: usize, day: Day| {
            entries[n].start.is_some_and(|start| start <= day) && entries[n].end.is_none_or(|end| day < end)
        };
        let dated: Vec<usize> = all().filter(|n| !is_undated(n)).collect();
        let counts =
            |day: Day| dated.iter().copied().filter(|&n| covers(n, day)).max_by_key(|&n| (entries[n].start, n));
        let covered: Vec<Day> = (0..=as_of).filter(|&day| counts(day).is_some()).collect();

        let mut periods: Vec<Period<SpanOrigin>> =
            all().filter(is_undated).map(|n| Period::undated(SpanOrigin::Undated(n))).collect();
        let undated = periods.len();
        if let (Some(first), Some(last)) = (covered.first(), covered.last()) {
            if undated == 0 && lead_days > 0 {
                periods.push(Period { origin: SpanOrigin::Lead, from: Some(first - lead_days), to: None });
            }
            for today in *first..=*last {
                let origin = counts(today).map(SpanOrigin::Entry).unwrap_or_else(|| {
                    let before = *covered.iter().rfind(|&&day| day < today).unwrap();
                    let after = *covered.iter().find(|&&day| day > today).unwrap();
                    let days = after - before - 1;
                    if days > gap_days { SpanOrigin::Gap { days } } else { SpanOrigin::Entry(counts(before).unwrap()) }
                });
                // Two gaps of one length never touch, so equal neighbours are one run.
                if periods.last().is_none_or(|last| last.origin != origin) {
                    periods.push(Period { origin, from: Some(today), to: None });
                }
            }
        }
        let goes_on = all().any(|n| entries[n].end.is_none_or(|end| end >= as_of));
        if all().count() > 0 && !goes_on {
            let latest = all().filter_map(|n| entries[n].end).max();
            periods.push(Period { origin: SpanOrigin::Tail, from: latest, to: None });
        }
        for n in undated..periods.len() {
            periods[n].to = match (periods.get(n + 1), periods[n].origin) {
                (Some(next), _) => next.from,
                (None, SpanOrigin::Entry(entry)) => entries[entry].end,
                (None, _) => None,
            };
        }
        Spans { periods, not_begun: entries.len() - all().count() }
    }

    #[test]
    fn random_entries_are_drawn_as_the_text_says() {
        let mut rng = fastrand::Rng::with_seed(365);
        let (mut with_gap, mut with_tail) = (0, 0);
        for _ in 0..60_000 {
            let as_of = rng.i32(0..30);
            let (gap_days, lead_days) = (rng.i32(0..5), rng.i32(0..9));
            let entries: Vec<SpanEntry> = (0..rng.usize(0..7))
                .map(|_| {
                    let start = (rng.u8(0..9) > 0).then(|| rng.i32(0..34));
                    let end = (rng.u8(0..6) > 0).then(|| match start {
                        Some(start) if rng.u8(0..5) > 0 => start + rng.i32(0..9),
                        _ => rng.i32(0..34),
                    });
                    SpanEntry { start, end }
                })
                .collect();
            let drawn = spans(&entries, as_of, gap_days, lead_days);
            assert_eq!(
                drawn,
                plain(&entries, as_of, gap_days, lead_days),
                "{entries:?} {as_of} {gap_days} {lead_days}"
            );
            with_gap += usize::from(drawn.periods.iter().any(|p| matches!(p.origin, SpanOrigin::Gap { .. })));
            with_tail += usize::from(drawn.periods.iter().any(|p| p.origin == SpanOrigin::Tail));
        }
        assert!(with_gap > 5_000 && with_tail > 5_000, "{with_gap} {with_tail}");
    }

    #[test]
    fn many_entries_and_far_days_are_no_trouble() {
        let entries: Vec<SpanEntry> =
            (0..100_000).map(|n| SpanEntry { start: Some(n * 20_000), end: Some(n * 20_000 + 30_000) }).collect();
        let drawn = spans(&entries, Day::MAX, GAP_DAYS, LEAD_DAYS);
        assert_eq!(drawn.periods.len(), entries.len() + 2);
        let far =
            [SpanEntry { start: Some(Day::MIN), end: Some(Day::MIN + 1) }, SpanEntry { start: Some(7), end: None }];
        assert_eq!(spans(&far, 9, GAP_DAYS, LEAD_DAYS).periods.len(), 4);
    }
}
