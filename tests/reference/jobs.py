"""Jobs and placements, their companies, WORKS_FOR and RUNS_VENTURE (GRAPH.md, rules 12 and 13, kinds, going on at D).

In: a learner's joined entries of `employment_details` and `placement_details`. Out: Jobs with cleaned values, which the
relationship and the timeline share. This module never decides a period.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections import Counter

import regex

from cleaning import clean_count, clean_date, clean_float, clean_text
from graph import Graph
from identifiers import company_id, is_too_long
from learners import Learner, PlacedEntry
from votes import TextVotes

EMPLOYMENT = "employment_details"
PLACEMENT = "placement_details"
VENTURE_NAMES = {"business_name", "jobs_created_to_date", "capital_secured_todate", "female_opp_todate"}
ROLE = "Founder"
DAYS_A_MONTH = 30

ENTREPRENEUR_KEYWORDS = ["founder", "founders", "cofounder", "co-founder", "entrepreneur", "ceo", "owner", "venture",
                         "ventures", "startup", "start-up"]
FREELANCER_KEYWORDS = ["freelance", "freelancer", "freelancing", "consultant", "contractor", "self-employed",
                       "self employed"]
NO_OWNER_AFTER = {"product", "process"}


@dataclasses.dataclass
class Job:
    placed: PlacedEntry
    title: str | None
    organisation: str | None
    start: datetime.date | None
    end: datetime.date | None

    @property
    def order(self) -> int:
        return self.placed.order

    @property
    def kind(self) -> str:
        texts = [text for text in (self.title, self.organisation) if text is not None]
        if any(has_keyword(text, ENTREPRENEUR_KEYWORDS) for text in texts):
            return "Entrepreneur"
        if any(has_keyword(text, FREELANCER_KEYWORDS) for text in texts):
            return "Freelancer"
        return "Wage Employed"

    def has_begun(self, as_of: datetime.date) -> bool:
        return self.start is None or self.start <= as_of

    def goes_on(self, as_of: datetime.date) -> bool:
        return self.has_begun(as_of) and (self.end is None or self.end >= as_of)


def has_keyword(text: str, keywords: list[str]) -> bool:
    """Whether a keyword stands in the text with neither neighbour a letter or digit, in any case."""
    folded = text.casefold()
    for keyword in keywords:
        for match in regex.finditer(regex.escape(keyword), folded, overlapped=True):
            before, after = folded[: match.start()], folded[match.end() :]
            if is_letter_or_digit(before[-1:]) or is_letter_or_digit(after[:1]):
                continue
            if keyword == "owner" and last_word(before) in NO_OWNER_AFTER:
                continue
            return True
    return False


def is_letter_or_digit(character: str) -> bool:
    return regex.fullmatch(r"[\p{L}\p{N}]", character) is not None


def last_word(text: str) -> str | None:
    """Choice: the word before is the nearest run of letters and digits, whatever stands between (`Product/Owner`)."""
    words = regex.findall(r"[\p{L}\p{N}]+", text)
    return words[-1] if words else None


def read_jobs(learner: Learner, as_of: datetime.date, counts: Counter) -> list[Job]:
    return [
        Job(
            placed=placed,
            title=clean_text(placed.entry.get("job_title")),
            organisation=clean_text(placed.entry.get("organisation_name")),
            start=clean_date(placed.entry.get("start_date"), as_of, counts),
            end=clean_date(placed.entry.get("end_date"), as_of, counts),
        )
        for placed in learner.entries[EMPLOYMENT]
    ]


def is_venture(placed: PlacedEntry) -> bool:
    return not VENTURE_NAMES.isdisjoint(placed.entry)


def job_months(start: datetime.date | None, end: datetime.date | None) -> int | None:
    if start is None or end is None or end < start:
        return None
    return max(1, (end - start).days // DAYS_A_MONTH)


def add_jobs(learner: Learner, jobs: list[Job], as_of: datetime.date, graph: Graph, companies: "Companies") -> None:
    for job in jobs:
        if job.organisation is None:
            graph.counts["job_without_company"] += 1
            continue
        key = companies.mention(job.organisation, graph.counts)
        graph.add_relationship(
            "WORKS_FOR",
            learner.hashed_email,
            key,
            {
                "source": EMPLOYMENT,
                "index": job.placed.index,
                "position": job.title,
                "startDate": job.start,
                "endDate": job.end,
                "isCurrent": job.goes_on(as_of),
                "country": clean_text(job.placed.entry.get("country")),
                "duration": job_months(job.start, job.end),
            },
        )


def add_placements(learner: Learner, as_of: datetime.date, graph: Graph, companies: "Companies") -> None:
    for placed in learner.entries[PLACEMENT]:
        entry = placed.entry
        venture = is_venture(placed)
        # Choice: a venture is named by `business_name` alone, a wage placement by `organisation_name` alone.
        name = clean_text(entry.get("business_name" if venture else "organisation_name"))
        if name is None:
            graph.counts["placement_without_company"] += 1
            continue
        key = companies.mention(name, graph.counts)
        start = clean_date(entry.get("job_start_date"), as_of, graph.counts)
        if venture:
            graph.add_relationship(
                "RUNS_VENTURE",
                learner.hashed_email,
                key,
                {
                    "index": placed.index,
                    "role": ROLE,
                    "startDate": start,
                    "jobsCreated": clean_count(entry.get("jobs_created_to_date"), graph.counts),
                    "capitalSecured": clean_float(entry.get("capital_secured_todate"), graph.counts),
                    "femaleOpportunities": clean_count(entry.get("female_opp_todate"), graph.counts),
                },
            )
        else:
            graph.add_relationship(
                "WORKS_FOR",
                learner.hashed_email,
                key,
                {
                    "source": PLACEMENT,
                    "index": placed.index,
                    "position": clean_text(entry.get("job_title")),
                    "startDate": start,
                    # Choice: a placement has no end, so it goes on at D once it has begun.
                    "isCurrent": start is None or start <= as_of,
                    "employmentType": clean_text(entry.get("employment_type")),
                    "salaryRange": clean_text(entry.get("salary_range")),
                },
            )


class Companies:
    """The Company nodes, whose names are voted on by jobs and placements."""

    def __init__(self) -> None:
        self.keys: set[str] = set()
        self.names = TextVotes()

    def mention(self, name: str, counts: Counter) -> str:
        key = company_id(name)
        self.keys.add(key)
        if is_too_long(name):
            counts["text_too_long"] += 1
        else:
            self.names.cast(key, name)
        return key

    def add_nodes(self, graph: Graph) -> None:
        for key in self.keys:
            graph.add_node("Company", key, {"name": self.names.winner(key)})
