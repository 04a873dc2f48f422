"""Countries and cities of a learner's rows (GRAPH.md, rules 8, 9 and 14).

In: rows that have a learner. Out: Country and City nodes, IN_COUNTRY, and the codes and ids that a Learner refers to.
"""

from __future__ import annotations

import dataclasses

from cleaning import clean_float, clean_text
from graph import Graph
from identifiers import Countries, city_id, is_too_long
from learners import Learner, Row
from votes import PairVotes, TextVotes


@dataclasses.dataclass
class Places:
    """What a learner's own properties refer to."""

    residence_code: str | None = None
    origin_code: str | None = None
    city_id: str | None = None


class Geography:
    def __init__(self, countries: Countries):
        self.countries = countries
        self.country_names = TextVotes()
        self.country_points = PairVotes()
        self.country_codes: set[str] = set()
        self.city_names = TextVotes()
        self.city_points = PairVotes()
        self.country_of_city: dict[str, str] = {}

    def mention_learner(self, learner: Learner, graph: Graph) -> Places:
        # Choice: every row of a joined learner makes its countries and cities and votes for them ("geography: each row");
        # what the learner refers to is the first row's. Alternative: only the first row makes nodes.
        all_places = [self.mention_row(row, graph) for _, row in learner.rows]
        return all_places[0]

    def mention_row(self, row: Row, graph: Graph) -> Places:
        residence = self.mention_country(row.get("country_of_residence"), graph)
        if residence is not None:
            self.country_points.cast(residence, *self.point(row, "country_of_residence", graph))
        origin = self.mention_country(row.get("country_of_origin"), graph)
        city = self.mention_city(row, graph)
        return Places(residence, origin, city)

    def mention_country(self, value: object, graph: Graph) -> str | None:
        name = clean_text(value)
        code = self.countries.code(name)
        if code is None:
            return None
        if code not in self.countries.short_names:
            graph.unknown_countries[name] += 1
            graph.counts["unknown_country"] += 1
        if is_too_long(code):
            graph.counts["key_too_long"] += 1
            return None
        self.country_codes.add(code)
        if is_too_long(name):
            graph.counts["text_too_long"] += 1
        else:
            # Choice: residence and origin of one row are two mentions, so two votes.
            self.country_names.cast(code, name)
        return code

    def mention_city(self, row: Row, graph: Graph) -> str | None:
        name = clean_text(row.get("city_of_residence"))
        if name is None:
            return None
        country = self.countries.code(clean_text(row.get("country_of_residence")))
        if country is None:
            graph.counts["city_without_country"] += 1
            return None
        key = city_id(country, name)
        if is_too_long(key):
            graph.counts["key_too_long"] += 1
            return None
        self.country_of_city[key] = country
        if is_too_long(name):
            graph.counts["text_too_long"] += 1
        else:
            self.city_names.cast(key, name)
        self.city_points.cast(key, *self.point(row, "city_of_residence", graph))
        return key

    @staticmethod
    def point(row: Row, prefix: str, graph: Graph) -> tuple[float | None, float | None]:
        # Choice: -99 is missing in coordinates too (rule 6), though a longitude of exactly -99 exists on the map.
        return (
            clean_float(row.get(prefix + "_latitude"), graph.counts),
            clean_float(row.get(prefix + "_longitude"), graph.counts),
        )

    def add_nodes(self, graph: Graph) -> None:
        for code in self.country_codes:
            latitude, longitude = self.country_points.winner(code)
            name = self.countries.short_names.get(code) or self.country_names.winner(code)
            graph.add_node("Country", code, {"name": name, "latitude": latitude, "longitude": longitude})
        for key, country in self.country_of_city.items():
            latitude, longitude = self.city_points.winner(key)
            graph.add_node(
                "City",
                key,
                {
                    "name": self.city_names.winner(key),
                    "countryCode": country,
                    "latitude": latitude,
                    "longitude": longitude,
                },
            )
            graph.add_relationship("IN_COUNTRY", key, country, {})
