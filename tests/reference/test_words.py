"""Runs every case of tests/cases/words/*.json on the reference of splits and paths; load/tests/mapping_words.rs runs them on the program."""

from __future__ import annotations

import json
import pathlib

import pytest

from words import explode, split, typed

CASES = pathlib.Path(__file__).resolve().parent.parent / "cases" / "words"


def cases(file: str):
    return json.loads((CASES / file).read_text(encoding="utf-8"))["cases"]


@pytest.mark.parametrize("case", cases("splits.json"), ids=lambda case: repr(case["text"]))
def test_split(case):
    assert typed(split(case["text"], **case["split"]), case.get("type")) == case["list"]


@pytest.mark.parametrize("case", cases("paths.json"), ids=lambda case: case["path"])
def test_path(case):
    cell = case["cell"] if isinstance(case["cell"], str) else json.dumps(case["cell"], ensure_ascii=False)
    items, rejects = explode(cell, case["path"], case["from"])
    assert items == case["items"]
    assert rejects == case.get("rejects", [])


def test_there_are_cases():
    assert len(cases("splits.json")) >= 15 and len(cases("paths.json")) >= 20
