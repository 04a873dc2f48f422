"""The graph that a Neo4j holds, read with the official driver.

In: NEO4J_URI, NEO4J_USERNAME, NEO4J_PASSWORD, NEO4J_DATABASE from the environment. Out: every node and relationship but
those of the bookkeeping (labels that start with `_Rowgraph`). It only reads.
"""

from __future__ import annotations

import dataclasses
import os

import neo4j
import neo4j.time

BOOKKEEPING = "_Rowgraph"
FETCH_ROWS = 10_000

NODES = "MATCH (n) RETURN elementId(n), labels(n), properties(n)"
RELATIONSHIPS = "MATCH (a)-[r]->(b) RETURN elementId(a), type(r), elementId(b), properties(r)"


@dataclasses.dataclass
class StoredNode:
    labels: list[str]
    properties: dict[str, object]


@dataclasses.dataclass
class StoredRelationship:
    kind: str
    start: StoredNode | None  # None: a node of the bookkeeping
    end: StoredNode | None
    properties: dict[str, object]


def read_graph() -> tuple[list[StoredNode], list[StoredRelationship]]:
    user, password = os.environ.get("NEO4J_USERNAME", "neo4j"), os.environ.get("NEO4J_PASSWORD", "")
    with neo4j.GraphDatabase.driver(os.environ["NEO4J_URI"], auth=(user, password)) as driver:
        with driver.session(
            database=os.environ.get("NEO4J_DATABASE", "neo4j"),
            default_access_mode=neo4j.READ_ACCESS,
            fetch_size=FETCH_ROWS,
        ) as session:
            return session.execute_read(read_all)


def read_all(transaction: neo4j.ManagedTransaction) -> tuple[list[StoredNode], list[StoredRelationship]]:
    nodes: dict[str, StoredNode] = {}
    for identifier, labels, properties in transaction.run(NODES):
        if not any(label.startswith(BOOKKEEPING) for label in labels):
            nodes[identifier] = StoredNode(sorted(labels), plain(properties))
    relationships = [
        StoredRelationship(kind, nodes.get(start), nodes.get(end), plain(properties))
        for start, kind, end, properties in transaction.run(RELATIONSHIPS)
        if start in nodes or end in nodes
    ]
    return list(nodes.values()), relationships


def plain(properties: dict[str, object]) -> dict[str, object]:
    """A Neo4j Date becomes a datetime.date; whatever else the driver gives stays, and will not equal anything."""
    return {name: value.to_native() if type(value) is neo4j.time.Date else value for name, value in properties.items()}

