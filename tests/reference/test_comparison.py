"""The comparison itself: equal graphs are equal, and every single kind of difference is found."""

from __future__ import annotations

import copy
import datetime

import pytest

from compare_graph import compare_nodes, compare_relationships
from graph import NODE_SHAPES, RELATIONSHIP_SHAPES, Graph
from graph_store import StoredNode, StoredRelationship
from identifiers import Countries
from learner_graph import build_graph

AS_OF = datetime.date(2026, 11, 22)
ROWS = [
    {
        "hashed_email": "a",
        "country_of_residence": "Kenya",
        "country_of_residence_latitude": "1.500000",
        "country_of_residence_longitude": "2.000000",
        "skills_list": "SQL",
        "snapshot_id": 7,
        "employment_details": '[{"organisation_name":"A","start_date":"2020-01-01","end_date":"2021-01-01"}]',
        "learning_details": '[{"cohort_code":"C","lms_overall_score":"80","no_of_test":"1"}]',
    },
    {"hashed_email": "b", "skills_list": "sql"},
]


def expected_graph() -> Graph:
    return build_graph(ROWS, AS_OF, Countries([("KE", "Kenya")]))


def stored_graph(graph: Graph) -> tuple[list[StoredNode], list[StoredRelationship]]:
    """What a perfect load would have left behind."""
    nodes = {
        (label, key): StoredNode([label], dict(properties))
        for label, keyed in graph.nodes.items()
        for key, properties in keyed.items()
    }
    relationships = [
        StoredRelationship(
            kind,
            nodes[(RELATIONSHIP_SHAPES[kind].start, found.start)],
            nodes[(RELATIONSHIP_SHAPES[kind].end, found.end)],
            dict(found.properties),
        )
        for kind, all_found in graph.relationships.items()
        for found in all_found
    ]
    return list(nodes.values()), relationships


def differing(nodes: list[StoredNode], relationships: list[StoredRelationship]) -> list[str]:
    """The labels and types that differ."""
    expected = expected_graph()
    comparisons = compare_nodes(expected, nodes) + compare_relationships(expected, relationships)
    return [found.name for found in comparisons if found.differences]


def node(nodes: list[StoredNode], label: str) -> StoredNode:
    return next(found for found in nodes if found.labels == [label])


def relationship(relationships: list[StoredRelationship], kind: str) -> StoredRelationship:
    return next(found for found in relationships if found.kind == kind)


def test_equal_graphs_are_equal():
    assert differing(*stored_graph(expected_graph())) == []


@pytest.mark.parametrize(
    "label, name, value",
    [
        ("Country", "latitude", "1.5"),
        ("Country", "longitude", 2),
        ("Country", "latitude", 1.5000000000000002),
        ("Country", "name", "kenya"),
        ("Learner", "snapshotId", 7.0),
        ("Learner", "isPlaced", 0),
        ("Learner", "bio", ""),
        ("Learner", "loadedAt", "now"),
    ],
)
def test_a_changed_property_of_a_node_is_found(label, name, value):
    nodes, relationships = stored_graph(expected_graph())
    node(nodes, label).properties[name] = value
    assert differing(nodes, relationships) == [label]


@pytest.mark.parametrize(
    "kind, name, value",
    [
        ("WORKS_FOR", "startDate", "2020-01-01"),
        ("WORKS_FOR", "endDate", datetime.datetime(2021, 1, 1)),
        ("WORKS_FOR", "index", 2),
        ("ENROLLED_IN", "lmsOverallScore", 80),
        ("ENROLLED_IN", "numberOfTests", 1.0),
        ("HAS_LEARNING_STATE", "dateUnknown", False),
        ("HAS_SKILL", "since", 2020),
    ],
)
def test_a_changed_property_of_a_relationship_is_found(kind, name, value):
    nodes, relationships = stored_graph(expected_graph())
    relationship(relationships, kind).properties[name] = value
    assert differing(nodes, relationships) == [kind]


@pytest.mark.parametrize("label", [label for label in NODE_SHAPES if label not in ("City",)])
def test_a_missing_or_doubled_node_is_found(label):
    nodes, relationships = stored_graph(expected_graph())
    doubled = nodes + [copy.deepcopy(node(nodes, label))]
    assert differing(doubled, relationships) == [label]
    nodes.remove(node(nodes, label))
    assert differing(nodes, relationships) == [label]


@pytest.mark.parametrize("kind", [kind for kind in RELATIONSHIP_SHAPES if kind not in ("IN_COUNTRY", "RUNS_VENTURE")])
def test_a_missing_or_doubled_relationship_is_found(kind):
    nodes, relationships = stored_graph(expected_graph())
    one = relationship(relationships, kind)
    assert differing(nodes, relationships + [one]) == [kind]
    relationships.remove(one)
    assert differing(nodes, relationships) == [kind]


def test_a_relationship_between_the_wrong_nodes_is_found():
    nodes, relationships = stored_graph(expected_graph())
    one = relationship(relationships, "HAS_SKILL")
    one.start, one.end = one.end, one.start
    assert differing(nodes, relationships) == ["HAS_SKILL"]
    one.start, one.end = one.end, None
    assert differing(nodes, relationships) == ["HAS_SKILL"]


def test_an_unknown_label_or_type_is_found():
    nodes, relationships = stored_graph(expected_graph())
    assert differing(nodes + [StoredNode(["Person"], {"id": 1})], relationships) == ["Person"]
    node(nodes, "Skill").labels.append("Thing")
    relationships.append(StoredRelationship("KNOWS", nodes[0], nodes[0], {}))
    assert set(differing(nodes, relationships)) == {"Skill", "Skill+Thing", "HAS_SKILL", "KNOWS"}
