"""Learners: rows joined by `hashed_email`, and their entries (GRAPH.md, rules 15, 16 and 18).

In: rows in table order. Out: one Learner a distinct key, at the place of its first row, with its joined entries.
Rejects go to the graph. A learner never takes a scalar from any but its first row.
"""

from __future__ import annotations

import dataclasses

from cleaning import clean_count, clean_text
from collections import Counter
from graph import Graph
from identifiers import is_too_long
from jsoncells import Entry, equality_key, read_cell

Row = dict[str, object]

# Choice: `education_details` is read by inactive targets only, so its cells are neither read nor rejected.
ENTRY_COLUMNS = ["learning_details", "employment_details", "placement_details"]


@dataclasses.dataclass
class PlacedEntry:
    """An entry of a learner's column with where it stood and its index (rule 16)."""

    row: int
    place: int
    order: int  # among the learner's entries of this column, from 0
    entry: Entry
    index: int = 0


@dataclasses.dataclass
class Learner:
    hashed_email: str
    rows: list[tuple[int, Row]]
    entries: dict[str, list[PlacedEntry]]

    @property
    def first_row(self) -> Row:
        return self.rows[0][1]


def group_rows(rows: list[Row], graph: Graph) -> list[Learner]:
    learners: dict[str, Learner] = {}
    for ordinal, row in enumerate(rows):
        key = clean_text(row.get("hashed_email"))
        if key is None:
            graph.reject(ordinal, "hashed_email", None, "missing key")
            continue
        if is_too_long(key):
            graph.reject(ordinal, "hashed_email", None, "key too long")
            continue
        if key in learners:
            graph.counts["merged_rows"] += 1
            learners[key].rows.append((ordinal, row))
        else:
            learners[key] = Learner(key, [(ordinal, row)], {})
    for learner in learners.values():
        for column in ENTRY_COLUMNS:
            learner.entries[column] = join_entries(learner.rows, column, graph)
            give_indexes(learner.entries[column])
    return list(learners.values())


def join_entries(rows: list[tuple[int, Row]], column: str, graph: Graph) -> list[PlacedEntry]:
    """The entries of one column in row and array order, equal ones once."""
    joined: list[PlacedEntry] = []
    seen: set[frozenset] = set()
    for ordinal, row in rows:
        cell = read_cell(row.get(column))
        for place, reason in cell.rejected_places:
            graph.reject(ordinal, column, place, reason)
        for place, entry in cell.entries:
            key = equality_key(entry)
            if key not in seen:
                seen.add(key)
                joined.append(PlacedEntry(ordinal, place, len(joined), entry))
    return joined


def give_indexes(entries: list[PlacedEntry]) -> None:
    """Rule 16. Every entry gets one, also where it makes no relationship."""
    used: set[int] = set()
    for placed in entries:
        # Choice: "an integer" is read as rule 6 reads a count: `12.0` is 12, -99 is missing, negative ones are integers.
        own = clean_count(placed.entry.get("index"), Counter())
        if own is None or own in used:
            own = 1
            while own in used:
                own += 1
        used.add(own)
        placed.index = own
