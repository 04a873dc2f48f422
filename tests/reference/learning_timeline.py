"""The learning timeline (GRAPH.md, "Learning" and "Texts").

In: a learner's enrolments in entry order, `currentLearningState`, the as-of date D. Out: the HAS_LEARNING_STATE periods.
"""

from __future__ import annotations

import dataclasses
from collections import Counter

from enrolments import Enrolment
from timelines import Date, Period, chain
from graph import Properties

LONGEST_GAP_DAYS = 180


@dataclasses.dataclass
class Opening:
    day: Date
    entry_start: Date
    entry_order: int
    is_end_state: bool
    is_inactive: bool
    state: str
    reason: str
    own_end: Date | None


def learning_periods(
    enrolments: list[Enrolment], current_state: str, as_of: Date, counts: Counter
) -> list[tuple[str, Properties]]:
    undated: list[Period] = []
    dated: list[Enrolment] = []
    for enrolment in enrolments:
        if enrolment.start is not None and enrolment.start > as_of:
            # Choice: an entry that starts after D makes no period even where its end lies before its start.
            counts["starts_after_as_of"] += 1
        elif is_undated(enrolment, as_of):
            # Choice: every undated entry has this one reason, also a graduate's. Alternative: "Graduated from P".
            undated.append(Period(enrolment.state, f"Enrolled in {program_text(enrolment)} (date unknown)", None))
        else:
            dated.append(enrolment)

    openings = [opening for enrolment in dated for opening in openings_of(enrolment, as_of)]
    openings += inactive_openings(dated, as_of)
    openings.sort(
        key=lambda opening: (
            opening.day,
            opening.is_inactive,
            opening.entry_start,
            opening.entry_order,
            opening.is_end_state,
        )
    )
    periods = [Period(opening.state, opening.reason, opening.day, opening.own_end) for opening in openings]
    if not undated and not periods:
        periods = [Period(current_state, "From status flags", as_of)]
    return chain(undated, periods, "reason")


def entry_end(enrolment: Enrolment, as_of: Date) -> Date | None:
    """The end e of an entry."""
    if enrolment.state == "Active":
        end = enrolment.program_end
        return end if end is not None and end < as_of else None
    if enrolment.state == "Graduate":
        end = enrolment.graduation if enrolment.graduation is not None else enrolment.program_end
    else:
        end = enrolment.program_end
    return as_of if end is None or end > as_of else end


def is_undated(enrolment: Enrolment, as_of: Date) -> bool:
    if enrolment.start is None:
        return True
    end = entry_end(enrolment, as_of)
    return end is not None and end < enrolment.start


def openings_of(enrolment: Enrolment, as_of: Date) -> list[Opening]:
    end = entry_end(enrolment, as_of)
    program = program_text(enrolment)
    start, order = enrolment.start, enrolment.order
    openings = [Opening(start, start, order, False, False, "Active", f"Enrolled in {program}", end)]
    if enrolment.state == "Graduate":
        openings.append(Opening(end, start, order, True, False, "Graduate", f"Graduated from {program}", None))
    if enrolment.state == "Dropped Out":
        openings.append(Opening(end, start, order, True, False, "Dropped Out", f"Dropped out of {program}", None))
    return openings


def inactive_openings(dated: list[Enrolment], as_of: Date) -> list[Opening]:
    """Choice: an entry that starts after D is not dated here, so no gap before it makes a learner `Inactive`."""
    openings: list[Opening] = []
    by_start = sorted(dated, key=lambda enrolment: (enrolment.start, enrolment.order))
    for place, enrolment in enumerate(by_start):
        ends = [entry_end(before, as_of) for before in by_start[:place]]
        if not ends or None in ends:
            continue
        latest = max(ends)
        gap = (enrolment.start - latest).days
        if gap > LONGEST_GAP_DAYS:
            reason = f"Gap of {gap} days between programs"
            openings.append(
                Opening(latest, enrolment.start, enrolment.order, False, True, "Inactive", reason, None)
            )
    return openings


def program_text(enrolment: Enrolment) -> str:
    if enrolment.program is not None and enrolment.cohort is not None:
        return f"{enrolment.program} ({enrolment.cohort})"
    return enrolment.program or enrolment.cohort or "unknown program"
