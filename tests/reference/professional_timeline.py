"""The professional timeline (GRAPH.md, "Professional", "Going on at D" and "Texts").

In: a learner's jobs in entry order, `currentProfessionalStatus`, the as-of date D. Out: the HAS_PROFESSIONAL_STATUS periods.
Days are looked at one elementary interval at a time: between two neighbouring starts and ends nothing changes, so its
first day speaks for all of its days. `owner_of_day` is the text's own sentence.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections import Counter

from graph import Properties
from jobs import Job
from timelines import Date, Period, chain

LONGEST_GAP_DAYS = 30
DAYS_BEFORE_FIRST = 365
ONE_DAY = datetime.timedelta(days=1)


@dataclasses.dataclass
class Run:
    """Consecutive days [first, past) of one job, or of none."""

    owner: Job | None
    first: Date
    past: Date


def professional_periods(
    jobs: list[Job], current_status: str, as_of: Date, counts: Counter
) -> list[tuple[str, Properties]]:
    undated: list[Period] = []
    covering: list[Job] = []
    has_undated_job = False
    for job in jobs:
        if job.start is not None and job.start > as_of:
            # Choice: a job that starts after D is neither dated nor undated, also where its end lies before its start.
            counts["starts_after_as_of"] += 1
        elif is_undated(job):
            has_undated_job = True
            undated.append(Period(job.kind, job_text(job) + " (date unknown)", None))
        elif job.end == job.start:
            pass  # It covers no day; its end is looked at below.
        else:
            covering.append(job)

    periods: list[Period] = []
    if covering:
        first_start = min(job.start for job in covering)
        if not has_undated_job:
            before = first_start - DAYS_BEFORE_FIRST * ONE_DAY
            periods.append(Period("Unemployed", "Before first employment", before))
        periods += [period_of(run) for run in gaps_settled(runs_of_days(covering, first_start, as_of))]
    periods += period_after_last(jobs, current_status, as_of)
    if not undated and not periods:
        periods = [Period(current_status, "No employment history", as_of)]
    return chain(undated, periods, "details")


def is_undated(job: Job) -> bool:
    return job.start is None or (job.end is not None and job.end < job.start)


def owner_of_day(day: Date, covering: list[Job]) -> Job | None:
    """Of the dated jobs with start <= day < end (no end: for ever), the one that started last (ties: the later entry)."""
    of_this_day = [job for job in covering if job.start <= day and (job.end is None or day < job.end)]
    return max(of_this_day, key=lambda job: (job.start, job.order), default=None)


def runs_of_days(covering: list[Job], first_start: Date, as_of: Date) -> list[Run]:
    """The longest runs of days of one owner (or none), from the first start to D, D included."""
    past_as_of = as_of + ONE_DAY
    bounds = {job.start for job in covering} | {job.end for job in covering if job.end is not None}
    days = sorted(day for day in bounds if first_start <= day < past_as_of) + [past_as_of]
    runs: list[Run] = []
    for first, past in zip(days, days[1:]):
        owner = owner_of_day(first, covering)
        if runs and runs[-1].owner is owner:
            runs[-1].past = past
        else:
            runs.append(Run(owner, first, past))
    return runs


def gaps_settled(runs: list[Run]) -> list[Run]:
    """Uncovered days between jobs: a gap of its own where longer than 30 days, else still of the job before it.

    Uncovered days after the last job are between no jobs, and fall away.
    """
    settled: list[Run] = []
    if runs[-1].owner is None:
        runs = runs[:-1]
    for run in runs:
        if run.owner is None and (run.past - run.first).days <= LONGEST_GAP_DAYS:
            # Choice: the job before a gap is the one that had the day before it, not the one with the latest end.
            settled[-1].past = run.past
        else:
            settled.append(run)
    return settled


def period_of(run: Run) -> Period:
    if run.owner is None:
        return Period("Unemployed", f"Gap of {(run.past - run.first).days} days between jobs", run.first)
    return Period(run.owner.kind, job_text(run.owner), run.first, run.owner.end)


def period_after_last(jobs: list[Job], current_status: str, as_of: Date) -> list[Period]:
    """One more period where at least one job has begun and none goes on at D, from the latest known end."""
    begun = [job for job in jobs if job.has_begun(as_of)]
    if not begun or any(job.goes_on(as_of) for job in begun):
        return []
    latest_end = max(job.end for job in begun if job.end is not None)
    if current_status == "Unemployed":
        return [Period(current_status, "After last employment ended", latest_end)]
    return [Period(current_status, "Current status from jobs and flags", latest_end)]


def job_text(job: Job) -> str:
    if job.title is not None and job.organisation is not None:
        return f"{job.title} at {job.organisation}"
    return job.title or job.organisation or "Job"
