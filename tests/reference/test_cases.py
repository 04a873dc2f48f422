"""Runs every case of tests/cases/*.json on the reference implementation. The format is described in tests/cases/README.md."""

from __future__ import annotations

import datetime
import hashlib
import json
import pathlib

import pytest

from graph import NODE_SHAPES, RELATIONSHIP_SHAPES
from identifiers import Countries
from learner_graph import build_graph

HERE = pathlib.Path(__file__).resolve().parent
CASES = HERE.parent / "cases"
COUNTRIES = Countries.read(HERE.parent.parent / "load" / "mappings" / "countries.csv")
DEFAULT_EMAIL = "00000000000000000000000000000001"


def all_cases():
    for path in sorted(CASES.glob("*.json")):
        topic = json.loads(path.read_text(encoding="utf-8"))
        for case in topic["cases"]:
            as_of = case.get("as_of", topic["as_of"])
            yield pytest.param(case, as_of, id=f"{path.stem}: {case['name']}")


def expand(value):
    """Replaces {"repeat": [text, times]} and {"sha16": text} by the text they stand for, at any depth."""
    if isinstance(value, dict):
        if set(value) == {"repeat"}:
            text, times = value["repeat"]
            return text * times
        if set(value) == {"sha16"}:
            return hashlib.sha256(expand(value["sha16"]).encode("utf-8")).hexdigest()[:16]
        if set(value) == {"date"}:
            return datetime.date.fromisoformat(value["date"])
        return {name: expand(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [expand(inner) for inner in value]
    return value


def source_row(row: dict) -> dict:
    expanded = {"hashed_email": DEFAULT_EMAIL} | {column: expand(value) for column, value in row.items()}
    return {
        column: json.dumps(value, ensure_ascii=False, separators=(",", ":")) if isinstance(value, (dict, list)) else value
        for column, value in expanded.items()
    }


def same(expected: dict, actual: dict) -> bool:
    """Only what is expected is compared; null means absent; 1, 1.0 and true are three values."""
    for name, value in expected.items():
        found = actual.get(name)
        if value is None:
            if name in actual:
                return False
        elif type(found) is not type(value) or found != value:
            return False
    return True


def match_all(kind: str, expected: list[dict], actual: list[dict]) -> None:
    """Every expected element has an actual one of its own, and none is left over."""
    left = list(actual)
    for element in expected:
        found = next((candidate for candidate in left if same(element, candidate)), None)
        assert found is not None, f"{kind}: nothing like {element} in\n" + "\n".join(map(str, left))
        left.remove(found)
    assert not left, f"{kind}: not expected:\n" + "\n".join(map(str, left))


@pytest.mark.parametrize("case, as_of", list(all_cases()))
def test_case(case, as_of):
    graph = build_graph([source_row(row) for row in case["rows"]], datetime.date.fromisoformat(as_of), COUNTRIES)
    expect = expand(case["expect"])
    assert set(expect) <= {"nodes", "relationships", "rejects", "counts"}
    for label, expected in expect.get("nodes", {}).items():
        assert all(set(element) <= {NODE_SHAPES[label][0], *NODE_SHAPES[label][1]} for element in expected)
        match_all(label, expected, list(graph.nodes[label].values()))
    for kind, expected in expect.get("relationships", {}).items():
        shape = RELATIONSHIP_SHAPES[kind]
        assert all(set(element) <= {"start", "end", *shape.properties} for element in expected)
        actual = [{"start": found.start, "end": found.end, **found.properties} for found in graph.relationships[kind]]
        match_all(kind, expected, actual)
    if "rejects" in expect:
        match_all("rejects", expect["rejects"], [vars(reject) for reject in graph.rejects])
    for name, number in expect.get("counts", {}).items():
        assert graph.counts[name] == number, f"count {name}: {graph.counts[name]}, expected {number}"


def test_there_are_cases():
    assert len(list(all_cases())) >= 150
