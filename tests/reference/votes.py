"""Votes: GRAPH.md, rule 14. Which spelling, or which pair of coordinates, a node gets.

In: one vote a mention. Out: the winner: the most frequent, among equals the smallest.
"""

from __future__ import annotations

from collections import Counter, defaultdict

Pair = tuple[float, float]


class TextVotes:
    """Votes on a text by key; among equals the smallest in UTF-8 bytes wins."""

    def __init__(self) -> None:
        self.votes: dict[str, Counter] = defaultdict(Counter)

    def cast(self, key: str, text: str | None) -> None:
        if text is not None:
            self.votes[key][text] += 1

    def winner(self, key: str) -> str | None:
        if not self.votes.get(key):
            return None
        return min(self.votes[key].items(), key=lambda vote: (-vote[1], vote[0].encode("utf-8")))[0]


class PairVotes:
    """Votes on (latitude, longitude) as one value; among equals the smaller numbers win."""

    def __init__(self) -> None:
        self.votes: dict[str, Counter] = defaultdict(Counter)

    def cast(self, key: str, latitude: float | None, longitude: float | None) -> None:
        if latitude is not None and longitude is not None:
            self.votes[key][(latitude, longitude)] += 1

    def winner(self, key: str) -> Pair | tuple[None, None]:
        if not self.votes.get(key):
            return (None, None)
        # Choice: "the smaller numbers" compares the latitudes first, then the longitudes.
        return min(self.votes[key].items(), key=lambda vote: (-vote[1], vote[0]))[0]
