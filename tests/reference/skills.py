"""Skills: items of `skills_list`, Skill nodes and HAS_SKILL (GRAPH.md, rule 10).

In: a learner's rows. Out: one relationship a distinct id, of the first 50; votes on the names, repeats included.
"""

from __future__ import annotations

from collections import Counter

from cleaning import as_text, clean_text
from graph import Graph
from identifiers import is_too_long, skill_category, skill_id
from learners import Learner
from votes import TextVotes

COLUMN = "skills_list"
SEPARATOR = ","
MOST_SKILLS = 50
SOURCE = "Profile"


class Skills:
    """The Skill nodes, whose names are voted on."""

    def __init__(self) -> None:
        self.keys: set[str] = set()
        self.names = TextVotes()

    def add_nodes(self, graph: Graph) -> None:
        for key in self.keys:
            graph.add_node("Skill", key, {"name": self.names.winner(key), "category": skill_category(key)})


def add_skills(learner: Learner, graph: Graph, skills: Skills) -> None:
    first_ids: list[str] = []
    known: set[str] = set()
    for row, place, name in skill_items(learner):
        key = skill_id(name)
        if key is None:
            continue
        if key not in known:
            if len(first_ids) == MOST_SKILLS:
                graph.counts["skill_past_limit"] += 1
                continue
            first_ids.append(key)
            known.add(key)
            # Choice: an id too long for a key is one of the 50, and is rejected once a learner, where it first stands.
            if is_too_long(key):
                graph.reject(row, COLUMN, place, "key too long")
            else:
                graph.add_relationship("HAS_SKILL", learner.hashed_email, key, {"source": SOURCE})
        if is_too_long(key):
            continue
        skills.keys.add(key)
        vote(skills, key, name, graph.counts)


def vote(skills: Skills, key: str, name: str, counts: Counter) -> None:
    if is_too_long(name):
        counts["text_too_long"] += 1
    else:
        skills.names.cast(key, name)


def skill_items(learner: Learner):
    """(row, place, trimmed text) of each item of each row that means something."""
    for ordinal, row in learner.rows:
        for place, item in enumerate((as_text(row.get(COLUMN)) or "").split(SEPARATOR)):
            name = clean_text(item)
            if name is not None:
                yield ordinal, place, name
