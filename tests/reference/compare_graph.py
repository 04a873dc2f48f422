"""Compares the graph in a Neo4j, node by node and relationship by relationship, with what GRAPH.md makes of the source table.

    python compare_graph.py --as-of 2026-11-22 [--countries load/mappings/countries.csv]

In: the source table (MYSQL_*) and the graph (NEO4J_*), each read directly. Out: counts by label and type, the first
differences of each, exit code 0 when equal and 1 when not. It trusts nothing that our own programs say.
"""

from __future__ import annotations

import argparse
import datetime
import pathlib
import struct
import sys
from collections import Counter

from graph import NODE_SHAPES, RELATIONSHIP_SHAPES, Graph, Properties
from graph_store import StoredNode, StoredRelationship, read_graph
from identifiers import Countries
from learner_graph import build_graph
from source_table import read_rows

SHOWN_DIFFERENCES = 20
COUNTRIES = pathlib.Path(__file__).resolve().parent.parent.parent / "load" / "mappings" / "countries.csv"

Elements = dict[tuple, Properties]


class Comparison:
    """What was found for one label or type."""

    def __init__(self, name: str):
        self.name = name
        self.expected = 0
        self.actual = 0
        self.differences: list[str] = []

    def compare(self, expected: Elements, actual: Elements) -> None:
        self.expected = len(expected)
        for key in expected.keys() - actual.keys():
            self.differences.append(f"missing {key}: {expected[key]}")
        for key in actual.keys() - expected.keys():
            self.differences.append(f"unexpected {key}: {actual[key]}")
        for key in expected.keys() & actual.keys():
            self.differences += [f"{key} {text}" for text in property_differences(expected[key], actual[key])]


def property_differences(expected: Properties, actual: Properties) -> list[str]:
    texts = []
    for name in sorted(expected.keys() | actual.keys()):
        if name not in actual:
            texts.append(f"lacks {name}, expected {expected[name]!r}")
        elif name not in expected:  # one that the specification does not know at all, too
            texts.append(f"has {name} = {actual[name]!r}, expected none")
        elif not same_value(expected[name], actual[name]):
            texts.append(f"{name} = {actual[name]!r} ({type(actual[name]).__name__}), expected {expected[name]!r}")
    return texts


def same_value(expected: object, actual: object) -> bool:
    """Equal in type and value: 1, 1.0, true and "1" are four values, a date is no text, floats are equal bit for bit."""
    if type(expected) is not type(actual):
        return False
    if isinstance(expected, float):
        return struct.pack("d", expected) == struct.pack("d", actual)
    return expected == actual


def key_of_node(node: StoredNode | None) -> object:
    """A node's label and key; nodes that have none are told apart by their labels at least."""
    if node is None:
        return ("bookkeeping",)
    label = "+".join(node.labels)
    key_name = NODE_SHAPES[label][0] if label in NODE_SHAPES else None
    return (label, node.properties.get(key_name))


def compare_nodes(expected: Graph, stored: list[StoredNode]) -> list[Comparison]:
    by_label: dict[str, Elements] = {label: {} for label in NODE_SHAPES}
    comparisons = {label: Comparison(label) for label in NODE_SHAPES}
    for node in stored:
        label, key = key_of_node(node)
        comparison = comparisons.setdefault(label, Comparison(label))
        comparison.actual += 1
        if label not in NODE_SHAPES:
            comparison.differences.append(f"label not known: {node.properties}")
            continue
        if (key,) in by_label[label]:
            comparison.differences.append(f"twice: {key!r}")
        by_label[label][(key,)] = node.properties
    for label in NODE_SHAPES:
        comparisons[label].compare(
            {(key,): properties for key, properties in expected.nodes[label].items()}, by_label[label]
        )
    return list(comparisons.values())


def compare_relationships(expected: Graph, stored: list[StoredRelationship]) -> list[Comparison]:
    by_kind: dict[str, Elements] = {kind: {} for kind in RELATIONSHIP_SHAPES}
    comparisons = {kind: Comparison(kind) for kind in RELATIONSHIP_SHAPES}
    for relationship in stored:
        kind = relationship.kind
        comparison = comparisons.setdefault(kind, Comparison(kind))
        comparison.actual += 1
        start, end = key_of_node(relationship.start), key_of_node(relationship.end)
        if kind not in RELATIONSHIP_SHAPES:
            comparison.differences.append(f"type not known: {start} to {end}")
            continue
        shape = RELATIONSHIP_SHAPES[kind]
        key = (start, end, *(relationship.properties.get(name) for name in shape.identity))
        if key in by_kind[kind]:
            comparison.differences.append(f"twice: {key}")
        by_kind[kind][key] = relationship.properties
    for kind, shape in RELATIONSHIP_SHAPES.items():
        wanted: Elements = {}
        for relationship in expected.relationships[kind]:
            identity = (relationship.properties.get(name) for name in shape.identity)
            key = ((shape.start, relationship.start), (shape.end, relationship.end), *identity)
            assert key not in wanted, f"the reference itself made {kind} {key} twice"
            wanted[key] = relationship.properties
        comparisons[kind].compare(wanted, by_kind[kind])
    return list(comparisons.values())


def report(comparisons: list[Comparison]) -> bool:
    print(f"{'label or type':<26}{'expected':>12}{'actual':>12}{'differences':>14}")
    for found in comparisons:
        print(f"{found.name:<26}{found.expected:>12,}{found.actual:>12,}{len(found.differences):>14,}")
    for found in comparisons:
        if found.differences:
            print(f"\n{found.name}: the first of {len(found.differences):,} differences")
            for text in sorted(found.differences)[:SHOWN_DIFFERENCES]:
                print(f"  {text[:600]}")
    return not any(found.differences for found in comparisons)


def print_set_aside(graph: Graph) -> None:
    rejects = Counter(reject.column for reject in graph.rejects)
    by_column = ", ".join(f"{number:,} rejects in {column}" for column, number in sorted(rejects.items()))
    counts = ", ".join(f"{name} {number:,}" for name, number in sorted(graph.counts.items()) if number)
    print(f"\nset aside by the reference: {by_column or 'no rejects'}\ncounted by the reference: {counts or 'nothing'}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--as-of", required=True, type=datetime.date.fromisoformat, metavar="YYYY-MM-DD")
    parser.add_argument("--countries", type=pathlib.Path, default=COUNTRIES, metavar="CSV")
    arguments = parser.parse_args()

    expected = build_graph(read_rows(), arguments.as_of, Countries.read(arguments.countries))
    nodes, relationships = read_graph()
    equal = report(compare_nodes(expected, nodes) + compare_relationships(expected, relationships))
    print_set_aside(expected)
    print("\nequal" if equal else "\nNOT equal")
    return 0 if equal else 1


if __name__ == "__main__":
    sys.exit(main())
