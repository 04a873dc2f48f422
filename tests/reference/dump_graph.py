"""Writes the graph in a Neo4j into a file, so that two graphs of different times can be compared.

    python dump_graph.py FILE

In: the graph (NEO4J_*), read with the official driver. Out: JSON: nodes with labels, relationships with both ends, every
property with its type, element ids beside them. Bookkeeping of our programs is left out. It only reads.
"""

from __future__ import annotations

import json
import sys

from graph_store import StoredNode, read_graph
from graph import NODE_SHAPES


def typed(properties: dict[str, object]) -> dict[str, list[str]]:
    """A property as the name of its type and its text: 1, 1.0, true and "1" are four values."""
    return {name: [type(value).__name__, repr(value)] for name, value in sorted(properties.items())}


def key_of(node: StoredNode) -> list[str]:
    """Label and key; a node of somebody else is known by its `id`."""
    label = "+".join(node.labels)
    key = NODE_SHAPES[label][0] if label in NODE_SHAPES else "id"
    return [label, repr(node.properties.get(key))]


def main() -> int:
    nodes, relationships = read_graph()
    dump = {
        "nodes": [{"key": key_of(node), "properties": typed(node.properties)} for node in nodes],
        "relationships": [
            {
                "type": relationship.kind,
                "start": key_of(relationship.start),
                "end": key_of(relationship.end),
                "properties": typed(relationship.properties),
            }
            for relationship in relationships
            if relationship.start is not None and relationship.end is not None
        ],
    }
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        json.dump(dump, file)
    return 0


if __name__ == "__main__":
    sys.exit(main())
