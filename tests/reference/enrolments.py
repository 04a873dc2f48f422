"""Enrolments: entries of `learning_details`, their programs and ENROLLED_IN (GRAPH.md, rules 11 and 13).

In: a learner's joined entries. Out: Enrolments with cleaned values, which the relationship and the timeline share, so that
a date that cannot be read is counted once. This module never decides a period.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections import Counter

from cleaning import clean_count, clean_date, clean_enrollment_status, clean_float, clean_text
from graph import Graph
from identifiers import is_too_long, program_id
from learners import Learner, PlacedEntry
from votes import TextVotes

COLUMN = "learning_details"
PROVIDER = "ALX"

FLOAT_FIELDS = {
    "lmsOverallScore": "lms_overall_score",
    "completionRate": "completion_rate",
    "assignmentCompletionRate": "assignment_completion_rate",
    "milestoneCompletionRate": "milestone_completion_rate",
    "testCompletionRate": "test_completion_rate",
}
COUNT_FIELDS = {
    "numberOfAssignments": "no_of_assignments",
    "numberOfSubmissions": "no_of_submissions",
    "numberOfAssignmentsPassed": "no_of_assignment_passed",
    "numberOfMilestones": "no_of_milestone",
    "numberOfMilestonesSubmitted": "no_of_milestone_submitted",
    "numberOfMilestonesPassed": "no_of_milestone_passed",
    "numberOfTests": "no_of_test",
    "numberOfTestsSubmitted": "no_of_test_submitted",
    "numberOfTestsPassed": "no_of_test_passed",
}


@dataclasses.dataclass
class Enrolment:
    placed: PlacedEntry
    program: str | None
    cohort: str | None
    state: str  # Active, Graduate or Dropped Out
    start: datetime.date | None
    program_end: datetime.date | None
    graduation: datetime.date | None

    @property
    def order(self) -> int:
        return self.placed.order


def read_enrolments(learner: Learner, as_of: datetime.date, counts: Counter) -> list[Enrolment]:
    return [
        Enrolment(
            placed=placed,
            program=clean_text(placed.entry.get("program_name")),
            cohort=clean_text(placed.entry.get("cohort_code")),
            state=end_state(clean_text(placed.entry.get("enrollment_status"))),
            start=clean_date(placed.entry.get("program_start_date"), as_of, counts),
            program_end=clean_date(placed.entry.get("program_end_date"), as_of, counts),
            graduation=clean_date(placed.entry.get("program_graduation_date"), as_of, counts),
        )
        for placed in learner.entries[COLUMN]
    ]


def end_state(status: str | None) -> str:
    """Rule 13."""
    word = (status or "").lower()
    if word.startswith("graduat") or word.startswith("complet"):
        return "Graduate"
    if "drop" in word or "withdr" in word:
        return "Dropped Out"
    return "Active"


def duration_days(start: datetime.date | None, end: datetime.date | None) -> int | None:
    """Choice: "end" is the program's end date, as the property `endDate`, not the timeline's end."""
    if start is None or end is None or end < start:
        return None
    return (end - start).days


def add_enrolments(learner: Learner, enrolments: list[Enrolment], graph: Graph, programs: "Programs") -> None:
    for enrolment in enrolments:
        placed = enrolment.placed
        key = program_id(enrolment.cohort, enrolment.program)
        if key is None:
            graph.counts["enrolment_without_program"] += 1
            continue
        if is_too_long(key):
            graph.reject(placed.row, COLUMN, placed.place, "key too long")
            continue
        programs.mention(key, enrolment, graph.counts)
        entry = placed.entry
        floats = {name: clean_float(entry.get(field), graph.counts) for name, field in FLOAT_FIELDS.items()}
        numbers = {name: clean_count(entry.get(field), graph.counts) for name, field in COUNT_FIELDS.items()}
        graph.add_relationship(
            "ENROLLED_IN",
            learner.hashed_email,
            key,
            {
                "index": placed.index,
                "cohortCode": enrolment.cohort,
                "enrollmentStatus": clean_enrollment_status(entry.get("enrollment_status")),
                "startDate": enrolment.start,
                "endDate": enrolment.program_end,
                "graduationDate": enrolment.graduation,
                # Choice: both flags are always there, false where the status is missing.
                "isCompleted": enrolment.state == "Graduate",
                "isDropped": enrolment.state == "Dropped Out",
                "duration": duration_days(enrolment.start, enrolment.program_end),
                **floats,
                **numbers,
            },
        )


class Programs:
    """The Program nodes, whose name and cohort code are voted on."""

    def __init__(self) -> None:
        self.keys: set[str] = set()
        self.names = TextVotes()
        self.cohorts = TextVotes()

    def mention(self, key: str, enrolment: Enrolment, counts: Counter) -> None:
        self.keys.add(key)
        self.cohorts.cast(key, enrolment.cohort)
        if enrolment.program is not None and is_too_long(enrolment.program):
            counts["text_too_long"] += 1
        else:
            self.names.cast(key, enrolment.program)

    def add_nodes(self, graph: Graph) -> None:
        for key in self.keys:
            graph.add_node(
                "Program",
                key,
                {"name": self.names.winner(key), "cohortCode": self.cohorts.winner(key), "provider": PROVIDER},
            )
