//! The learning timeline: entries that open a stage on their start and perhaps another on their end, such as Active and
//! then Graduate. Entries come in, the stages in order of time go out, with gaps between entries where they are long.

use super::{Period, append_dated};
use crate::stage::date::Day;

/// One enrolment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StageEntry {
    pub start: Option<Day>,
    /// As the mapping picked it for the entry's status, and no later than the as-of day where the entry closes.
    pub end: Option<Day>,
    /// Whether an end state opens on `end`; without an end, on the as-of day.
    pub closes: bool,
}

/// What a period came of; numbers are places in the entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StageOrigin {
    /// The entry has no start, or ends before it.
    Undated(usize),
    /// The entry began.
    Opened(usize),
    /// The entry came to its end state.
    Closed(usize),
    /// No entry went on for this many days.
    Gap { days: i32 },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stages {
    /// Undated ones first, then in order of time.
    pub periods: Vec<Period<StageOrigin>>,
    /// How many entries start after the as-of day; they make no period.
    pub not_begun: usize,
}

/// An entry with a start and, if it has an end, one that is not before it.
struct Dated {
    entry: usize,
    start: Day,
    end: Option<Day>,
    closes: bool,
}

/// The stages of a learner. An entry that starts more than `gap_days` after the latest end of all entries before it has
/// a gap before it.
pub fn stages(entries: &[StageEntry], as_of: Day, gap_days: i32) -> Stages {
    let mut periods = Vec::new();
    let mut dated = Vec::with_capacity(entries.len());
    let mut not_begun = 0;
    for (entry, &StageEntry { start, end, closes }) in entries.iter().enumerate() {
        let end = if closes { end.or(Some(as_of)) } else { end };
        match start {
            Some(start) if start > as_of => not_begun += 1,
            Some(start) if end.is_none_or(|end| end >= start) => dated.push(Dated { entry, start, end, closes }),
            _ => periods.push(Period::undated(StageOrigin::Undated(entry))),
        }
    }
    // Stable: entries of one start stay in entry order.
    dated.sort_by_key(|entry| entry.start);
    let mut openings = openings(&dated, gap_days.max(0));
    openings.sort_unstable_by_key(|opening| opening.order);
    // An end state never ends of itself, and a gap is never last.
    let last_end = openings.last().filter(|last| !last.order.is_end_state).and_then(|last| dated[last.order.rank].end);
    let openings = openings.into_iter().map(|opening| (opening.order.day, opening.origin)).collect();
    append_dated(&mut periods, openings, last_end);
    Stages { periods, not_begun }
}

struct Opening {
    order: Order,
    origin: StageOrigin,
}

/// In which order stages open: the fields from the first to the last.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Order {
    day: Day,
    /// A gap opens after all else of its day.
    is_gap: bool,
    /// The place of the entry by start, then entry order.
    rank: usize,
    is_end_state: bool,
}

/// All that opens, in no particular order.
fn openings(dated: &[Dated], gap_days: i32) -> Vec<Opening> {
    let mut openings = Vec::with_capacity(2 * dated.len());
    // The latest end so far: the first entry has none before it, and from one without an end on there is none.
    let mut latest_end: Option<Day> = None;
    for (rank, entry) in dated.iter().enumerate() {
        if let Some(end) = latest_end {
            let days = entry.start.saturating_sub(end);
            if days > gap_days {
                let order = Order { day: end, is_gap: true, rank, is_end_state: false };
                openings.push(Opening { order, origin: StageOrigin::Gap { days } });
            }
        }
        latest_end = match (rank, latest_end) {
            (0, _) => entry.end,
            (_, latest_end) => latest_end.zip(entry.end).map(|(latest_end, end)| latest_end.max(end)),
        };
        let order = Order { day: entry.start, is_gap: false, rank, is_end_state: false };
        openings.push(Opening { order, origin: StageOrigin::Opened(entry.entry) });
        if let (true, Some(day)) = (entry.closes, entry.end) {
            let order = Order { day, is_end_state: true, ..order };
            openings.push(Opening { order, origin: StageOrigin::Closed(entry.entry) });
        }
    }
    openings
}

#[cfg(test)]
mod tests {
    use super::super::drawing::{AS_OF, day, lines};
    use super::*;

    const GAP_DAYS: i32 = 180;

    /// Entries as `start end`, with a `!` behind those that close.
    fn entries(texts: &[&str]) -> Vec<StageEntry> {
        let entry = |text: &&str| {
            let fields: Vec<&str> = text.split(' ').collect();
            StageEntry { start: day(fields[0]), end: day(fields[1]), closes: fields.get(2) == Some(&"!") }
        };
        texts.iter().map(entry).collect()
    }

    fn drawn(texts: &[&str]) -> Vec<String> {
        lines(&stages(&entries(texts), day(AS_OF).unwrap(), GAP_DAYS).periods)
    }

    #[test]
    fn worked_examples() {
        let cases: &[(&[&str], &[&str])] = &[
            (
                &["2024-01-10 2024-06-30", "2024-09-01 2025-02-01 !"],
                &["Opened(0) 2024-01-10 2024-09-01", "Opened(1) 2024-09-01 2025-02-01", "Closed(1) 2025-02-01 -"],
            ),
            (
                &["2024-01-01 2024-12-15 !", "2024-06-01 -"],
                &["Opened(0) 2024-01-01 2024-06-01", "Opened(1) 2024-06-01 2024-12-15", "Closed(0) 2024-12-15 -"],
            ),
            // The end, 2027-03-31, comes capped.
            (&["2026-09-01 2026-11-22 !"], &["Opened(0) 2026-09-01 2026-11-22", "Closed(0) 2026-11-22 -"]),
            (&["- 2022-05-01 !"], &["Undated(0) - -"]),
            (
                &["2020-01-01 2020-06-01 !", "2021-03-01 -"],
                &[
                    "Opened(0) 2020-01-01 2020-06-01",
                    "Closed(0) 2020-06-01 2020-06-01",
                    "Gap { days: 273 } 2020-06-01 2021-03-01",
                    "Opened(1) 2021-03-01 -",
                ],
            ),
        ];
        for (entries, expected) in cases {
            assert_eq!(drawn(entries), *expected, "{entries:?}");
        }
    }

    #[test]
    fn other_cases() {
        let cases: &[(&[&str], &[&str])] = &[
            (&[], &[]),
            // A last Active has its own end.
            (&["2024 2025"], &["Opened(0) 2024-01-01 2025-01-01"]),
            (&["2024 -"], &["Opened(0) 2024-01-01 -"]),
            // Its own, though an earlier entry goes on.
            (&["2024 -", "2025 2025-03-01"], &["Opened(0) 2024-01-01 2025-01-01", "Opened(1) 2025-01-01 2025-03-01"]),
            // An end before the start is not to be trusted, nor is the start.
            (&["2025 2024", "2023 2023"], &["Undated(0) - -", "Opened(1) 2023-01-01 2023-01-01"]),
            (&["- -", "2025 2024 !", "- 2024"], &["Undated(0) - -", "Undated(1) - -", "Undated(2) - -"]),
            // Not begun: no period, whatever the end.
            (&["2027 2020 !", "2026-11-23 -"], &[]),
            (&["2026-11-22 2026-11-22 !"], &["Opened(0) 2026-11-22 2026-11-22", "Closed(0) 2026-11-22 -"]),
            (&["2026 - !"], &["Opened(0) 2026-01-01 2026-11-22", "Closed(0) 2026-11-22 -"]),
            // 180 days are no gap, 181 are.
            (
                &["2023 2023-01-01", "2023-06-30 2023-06-30"],
                &["Opened(0) 2023-01-01 2023-06-30", "Opened(1) 2023-06-30 2023-06-30"],
            ),
            (
                &["2023 2023-01-01", "2023-07-01 2023-07-01"],
                &[
                    "Opened(0) 2023-01-01 2023-01-01",
                    "Gap { days: 181 } 2023-01-01 2023-07-01",
                    "Opened(1) 2023-07-01 2023-07-01",
                ],
            ),
            // The latest end of all before it counts, not the last one's; one without an end closes no gap ever.
            (
                &["2020 2023", "2021 2021 !", "2023-02-01 2023-02-01"],
                &[
                    "Opened(0) 2020-01-01 2021-01-01",
                    "Opened(1) 2021-01-01 2021-01-01",
                    "Closed(1) 2021-01-01 2023-02-01",
                    "Opened(2) 2023-02-01 2023-02-01",
                ],
            ),
            (
                &["2020 -", "2021 2021", "2024 2024"],
                &[
                    "Opened(0) 2020-01-01 2021-01-01",
                    "Opened(1) 2021-01-01 2024-01-01",
                    "Opened(2) 2024-01-01 2024-01-01",
                ],
            ),
            // One day: by entry start, then entry order, Active before end state; the gap after all.
            (
                &["2021 2021 !", "2020 2021 !", "2021 2021 !", "2023 -"],
                &[
                    "Opened(1) 2020-01-01 2021-01-01",
                    "Closed(1) 2021-01-01 2021-01-01",
                    "Opened(0) 2021-01-01 2021-01-01",
                    "Closed(0) 2021-01-01 2021-01-01",
                    "Opened(2) 2021-01-01 2021-01-01",
                    "Closed(2) 2021-01-01 2021-01-01",
                    "Gap { days: 730 } 2021-01-01 2023-01-01",
                    "Opened(3) 2023-01-01 -",
                ],
            ),
        ];
        for (entries, expected) in cases {
            assert_eq!(drawn(entries), *expected, "{entries:?}");
        }
        let late = entries(&["2027 -", "2024 -", "- 2024", "2026-11-23 2020"]);
        assert_eq!(stages(&late, day(AS_OF).unwrap(), GAP_DAYS).not_begun, 2);
    }

    /// The text of GRAPH.md, day by day.
    fn plain(entries: &[StageEntry], as_of: Day, gap_days: i32) -> Stages {
        let end_of = |n: usize| if entries[n].closes { entries[n].end.or(Some(as_of)) } else { entries[n].end };
        let begun = |n: &usize| entries[*n].start.is_none_or(|start| start <= as_of);
        let is_undated = |n: &usize| match (entries[*n].start, end_of(*n)) {
            (None, _) => true,
            (Some(start), Some(end)) => end < start,
            (Some(_), None) => false,
        };
        let all = || (0..entries.len()).filter(begun);
        let dated: Vec<usize> = all().filter(|n| !is_undated(n)).collect();
        let start = |n: usize| entries[n].start.unwrap();
        let gap_before = |n: usize| {
            let before: Vec<usize> = dated.iter().copied().filter(|&m| (start(m), m) < (start(n), n)).collect();
            let ends: Option<Vec<Day>> = before.iter().map(|&m| end_of(m)).collect();
            let latest = ends?.into_iter().max()?;
            (start(n) - latest > gap_days).then(|| (latest, start(n) - latest))
        };
        let mut periods: Vec<Period<StageOrigin>> =
            all().filter(is_undated).map(|n| Period::undated(StageOrigin::Undated(n))).collect();
        let undated = periods.len();
        for today in 0..=as_of {
            let mut open = |origin| periods.push(Period { origin, from: Some(today), to: None });
            for day in 0..=today {
                for &n in dated.iter().filter(|&&n| start(n) == day) {
                    if day == today {
                        open(StageOrigin::Opened(n));
                    }
                    if entries[n].closes && end_of(n) == Some(today) {
                        open(StageOrigin::Closed(n));
                    }
                }
            }
            for days in dated.iter().filter_map(|&n| gap_before(n)).filter(|gap| gap.0 == today).map(|gap| gap.1) {
                open(StageOrigin::Gap { days });
            }
        }
        for n in undated..periods.len() {
            periods[n].to = match (periods.get(n + 1), periods[n].origin) {
                (Some(next), _) => next.from,
                (None, StageOrigin::Opened(entry)) => end_of(entry),
                (None, _) => None,
            };
        }
        Stages { periods, not_begun: entries.len() - all().count() }
    }

    #[test]
    fn random_entries_are_drawn_as_the_text_says() {
        let mut rng = fastrand::Rng::with_seed(180);
        let mut with_gap = 0;
        for _ in 0..60_000 {
            let as_of = rng.i32(0..60);
            let gap_days = rng.i32(0..8);
            let entries: Vec<StageEntry> = (0..rng.usize(0..7))
                .map(|_| {
                    let closes = rng.bool();
                    let start = (rng.u8(0..8) > 0).then(|| rng.i32(0..64));
                    let end = (rng.u8(0..8) > 0).then(|| match start {
                        Some(start) if rng.u8(0..3) > 0 => start + rng.i32(-1..6),
                        _ => rng.i32(0..64),
                    });
                    let end = if closes { end.map(|end| end.min(as_of)) } else { end.filter(|&end| end < as_of) };
                    StageEntry { start, end, closes }
                })
                .collect();
            let drawn = stages(&entries, as_of, gap_days);
            assert_eq!(drawn, plain(&entries, as_of, gap_days), "{entries:?} {as_of} {gap_days}");
            with_gap += usize::from(drawn.periods.iter().any(|p| matches!(p.origin, StageOrigin::Gap { .. })));
        }
        assert!(with_gap > 5_000, "{with_gap}");
    }
}
