"""The professional timeline, checked day by day: what GRAPH.md says of each day, without elementary intervals."""

from __future__ import annotations

import datetime
import random
from collections import Counter

from jobs import Job
from learners import PlacedEntry
from professional_timeline import is_undated, professional_periods

AS_OF = datetime.date(2026, 11, 22)
SEED = 20261122
ROUNDS = 1500
ONE_DAY = datetime.timedelta(days=1)


def some_jobs(chance: random.Random) -> list[Job]:
    """Jobs within the last hundred days, so that ties, short gaps and meetings are common."""

    def some_day() -> datetime.date | None:
        return None if chance.random() < 0.12 else AS_OF + datetime.timedelta(days=chance.randint(-100, 6))

    return [
        Job(PlacedEntry(0, order, order, {}, order + 1), f"job {order}", None, some_day(), some_day())
        for order in range(chance.randint(1, 6))
    ]


def job_of_day(day: datetime.date, jobs: list[Job]) -> Job | None:
    covering = [job for job in jobs if job.start <= day and (job.end is None or day < job.end)]
    return max(covering, key=lambda job: (job.start, job.order)) if covering else None


def states_of_days(jobs: list[Job]) -> list[tuple[datetime.date, str]]:
    """For each day from the first dated start to D, the text of its period; days after the last job are left out."""
    dated = [
        job for job in jobs if job.has_begun(AS_OF) and not is_undated(job) and (job.end is None or job.end != job.start)
    ]
    if not dated:
        return []
    days, day = [], min(job.start for job in dated)
    while day <= AS_OF:
        days.append((day, job_of_day(day, dated)))
        day += ONE_DAY
    while days[-1][1] is None:
        days.pop()
    states = []
    for place, (day, job) in enumerate(days):
        if job is not None:
            states.append((day, job.title))
            continue
        before = next(place - back for back in range(1, place + 1) if days[place - back][1] is not None)
        after = next(later for later in range(place, len(days)) if days[later][1] is not None)
        gap = after - before - 1
        states.append((day, f"Gap of {gap} days between jobs" if gap > 30 else days[before][1].title))
    return states


def test_every_day_is_in_the_period_that_it_says():
    chance = random.Random(SEED)
    for _ in range(ROUNDS):
        jobs = some_jobs(chance)
        periods = [properties for _, properties in professional_periods(jobs, "Unemployed", AS_OF, Counter())]
        assert [period["sequence"] for period in periods] == list(range(len(periods)))
        assert [period["isCurrent"] for period in periods] == [False] * (len(periods) - 1) + [True]
        own = [
            period
            for period in periods
            if not period["dateUnknown"]
            and period["details"] not in ("Before first employment", "After last employment ended", "No employment history")
        ]
        expected = states_of_days(jobs)
        found = []
        for place, period in enumerate(own):
            # The last period may reach past the last covered day, to a later known end or for ever.
            past = own[place + 1]["validFrom"] if place + 1 < len(own) else (expected[-1][0] + ONE_DAY)
            day = period["validFrom"]
            while day < past:
                found.append((day, period["details"]))
                day += ONE_DAY
        assert found == expected, jobs
