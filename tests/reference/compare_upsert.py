"""Tells whether an upsert did what is promised, property by property.

    python compare_upsert.py BEFORE FRESH AFTER

In: three dumps of `dump_graph.py`: the graph before the upsert, what a fresh load of the newer snapshot gives, and the graph
after the upsert. Out: the elements that the newer snapshot does not have, counted by label and type, as JSON on standard
output; exit code 1 and the first differences on standard error where AFTER is not FRESH and, beside it, as they were: nodes
that FRESH lacks, the relationships that start at them, labels and types that no mapping knows, and properties of others
(their names begin with `foreign`).
"""

from __future__ import annotations

import json
import sys
from collections import Counter

from graph import NODE_SHAPES, RELATIONSHIP_SHAPES

SHOWN = 20
FOREIGN = "foreign"

Elements = dict[tuple, dict[str, list[str]]]


def read(path: str) -> tuple[Elements, Elements]:
    with open(path, encoding="utf-8") as file:
        dump = json.load(file)
    nodes: Elements = {}
    for node in dump["nodes"]:
        assert tuple(node["key"]) not in nodes, f"{path} has {node['key']} twice"
        nodes[tuple(node["key"])] = node["properties"]
    relationships: Elements = {}
    for relationship in dump["relationships"]:
        kind = relationship["type"]
        shape = RELATIONSHIP_SHAPES.get(kind)
        names = shape.identity if shape and is_mapped(relationship) else ()
        identity = tuple(tuple(relationship["properties"].get(name, ())) for name in names)
        key = (tuple(relationship["start"]), kind, tuple(relationship["end"]), identity)
        assert key not in relationships, f"{path} has {key} twice"
        relationships[key] = relationship["properties"]
    return nodes, relationships


def is_mapped(relationship: dict) -> bool:
    shape = RELATIONSHIP_SHAPES.get(relationship["type"])
    return shape is not None and (shape.start, shape.end) == (relationship["start"][0], relationship["end"][0])


def foreign(properties: dict[str, list[str]]) -> dict[str, list[str]]:
    return {name: value for name, value in properties.items() if name.startswith(FOREIGN)}


def main() -> int:
    (nodes_before, relationships_before), (nodes_fresh, relationships_fresh), (nodes_after, relationships_after) = map(
        read, sys.argv[1:4]
    )
    gone_nodes = {key: value for key, value in nodes_before.items() if key not in nodes_fresh}
    expected_nodes = {key: value | foreign(nodes_before.get(key, {})) for key, value in nodes_fresh.items()} | gone_nodes

    def is_of_mapping(key: tuple) -> bool:
        start, kind, end, _ = key
        shape = RELATIONSHIP_SHAPES.get(kind)
        return shape is not None and (shape.start, shape.end) == (start[0], end[0])

    gone_relationships = {
        key: value for key, value in relationships_before.items() if key[0] in gone_nodes or not is_of_mapping(key)
    }
    expected_relationships = {
        key: value | foreign(relationships_before.get(key, {})) for key, value in relationships_fresh.items()
    } | gone_relationships

    differences = compare(expected_nodes, nodes_after) + compare(expected_relationships, relationships_after)
    for text in differences[:SHOWN]:
        print(text[:800], file=sys.stderr)
    if differences:
        print(f"{len(differences)} differences", file=sys.stderr)
        return 1
    nodes = Counter(label for label, _ in gone_nodes if label in NODE_SHAPES)
    relationships = Counter(key[1] for key in gone_relationships if is_of_mapping(key))
    changed = sum(nodes_before.get(key) not in (None, value) for key, value in nodes_fresh.items())
    vanished = sum(key not in relationships_after for key in relationships_before)
    new = sum(key not in nodes_before for key in nodes_fresh)
    json.dump({"nodes": nodes, "relationships": relationships, "changed": changed, "vanished": vanished, "new": new}, sys.stdout)
    return 0


def compare(expected: Elements, actual: Elements) -> list[str]:
    texts = [f"missing {key}: {expected[key]}" for key in expected.keys() - actual.keys()]
    texts += [f"unexpected {key}: {actual[key]}" for key in actual.keys() - expected.keys()]
    texts += [
        f"{key}: {actual[key]} instead of {expected[key]}"
        for key in expected.keys() & actual.keys()
        if expected[key] != actual[key]
    ]
    return sorted(texts)


if __name__ == "__main__":
    sys.exit(main())
