"""JSON cells: GRAPH.md, rule 17, and the equality of entries of rule 15.

In: the text of a JSON column. Out: its entries, each a dict of name -> text (None where the value is missing), and what
was rejected with its place. Strict RFC 8259: Python's own leniencies (NaN, lone surrogates) are refused here.
"""

from __future__ import annotations

import dataclasses
import json

from cleaning import clean_text

Entry = dict[str, "str | None"]


class Invalid(ValueError):
    """The text is not RFC 8259 JSON."""


class Number(str):
    """A JSON number exactly as written."""


class Object(list):
    """A JSON object as its (name, value) pairs in order, so that nothing of it is lost before it was checked."""


@dataclasses.dataclass
class Cell:
    entries: list[tuple[int, Entry]]  # with the place of each in the array, from 0
    rejected_places: list[tuple[int | None, str]]  # None: the whole cell


def refuse_constant(name: str):
    raise Invalid(f"{name} is not JSON")


def parse(text: str) -> object:
    try:
        value = json.loads(
            text, parse_int=Number, parse_float=Number, parse_constant=refuse_constant, object_pairs_hook=Object
        )
    except json.JSONDecodeError as error:
        raise Invalid(str(error)) from error
    except RecursionError as error:
        # Choice: RFC 8259 lets a parser limit nesting; here some 900 levels are read.
        raise Invalid("nested too deeply") from error
    if "\\u" in text:
        refuse_surrogates(value)
    return value


def refuse_surrogates(value: object) -> None:
    """An escape for half of a surrogate pair makes the JSON invalid, wherever it stands."""
    if isinstance(value, str):
        if any(0xD800 <= ord(letter) <= 0xDFFF for letter in value):
            raise Invalid("unpaired surrogate")
    elif isinstance(value, Object):
        for name, inner in value:
            refuse_surrogates(name)
            refuse_surrogates(inner)
    elif isinstance(value, list):
        for inner in value:
            refuse_surrogates(inner)


def is_string(value: object) -> bool:
    return isinstance(value, str) and not isinstance(value, Number)


def value_text(value: object) -> str | None:
    """Strings, numbers and booleans as text; null, object and array are missing."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return str(value)
    return None


def read_cell(cell: object) -> Cell:
    # Choice: the cell is trimmed like all text, so blanks that JSON itself does not know may stand around it.
    text = clean_text(cell)
    if text is None:
        return Cell([], [])
    try:
        value = parse(text)
        if is_string(value):
            inner = clean_text(value)
            if inner is None:
                return Cell([], [])
            value = parse(inner)
    except Invalid as error:
        return Cell([], [(None, f"invalid JSON: {error}")])
    if isinstance(value, Object) or not isinstance(value, list):
        return Cell([], [(None, "not an array")])
    read = Cell([], [])
    for place, element in enumerate(value):
        if isinstance(element, Object):
            # Of equal names the last counts.
            read.entries.append((place, {name: value_text(inner) for name, inner in element}))
        else:
            read.rejected_places.append((place, "not an object"))
    return read


def equality_key(entry: Entry) -> frozenset:
    """Equal entries have equal keys: same names, same values untrimmed, any order; missing is not absent."""
    return frozenset(entry.items())
