"""How texts are split and how JSON paths are followed, written from docs/mapping.md alone, to hold the program against."""

from __future__ import annotations

import json
import re
from decimal import Decimal, InvalidOperation

NOTHING = {"", "n/a"}
STEP = re.compile(r"""\[\*\]|\.([^.\[]+)|\["(.+?)"\]|\['(.+?)'\]""")


class NotJson(Exception):
    pass


def split(text: str, by: str, trim: bool = True, drop_empty: bool = True, distinct: bool = False) -> list[str] | None:
    pieces = text.split(by)
    if trim:
        pieces = [piece.strip() for piece in pieces]
    if drop_empty:
        pieces = [piece for piece in pieces if piece != ""]
    if distinct:
        pieces = list(dict.fromkeys(pieces))
    return pieces or None


def typed(pieces: list[str] | None, kind: str | None):
    """Every piece must be of the type; else there is no list."""
    if pieces is None or kind is None:
        return pieces
    try:
        if kind == "integer_array":
            return [int(piece) for piece in pieces]
        if kind == "float_array":
            return [float(Decimal(piece)) for piece in pieces]
        return pieces
    except (ValueError, InvalidOperation):
        return None


def steps(path: str) -> list[str | None]:
    """Names of members; None stands for each element."""
    found, at = [], 1
    while at < len(path):
        match = STEP.match(path, at)
        found.append(next((name for name in match.groups() if name is not None), None))
        at = match.end()
    return found


class Number(str):
    """A number or truth value as it is written."""


def parse(text: str):
    def fail(_):
        raise NotJson

    def truths(value):
        if isinstance(value, bool):
            return Number("true" if value else "false")
        if isinstance(value, list):
            return [truths(item) for item in value]
        if isinstance(value, dict):
            return {name: truths(item) for name, item in value.items()}
        if isinstance(value, str) and any(0xD800 <= ord(c) < 0xE000 for c in value):
            raise NotJson
        return value

    try:
        return truths(json.loads(text, parse_float=Number, parse_int=Number, parse_constant=fail))
    except (ValueError, RecursionError) as error:
        raise NotJson from error


def text_of(value) -> str | None:
    return str(value) if isinstance(value, str) else None


def explode(cell: str, path: str, reads: dict[str, str]) -> tuple[list[dict], list[dict]]:
    """The items, each with what is there of its reads, and the rejects."""
    way = steps(path)
    places = {name: steps(read) if read.startswith("$") else [*way, read] for name, read in reads.items()}
    wants_object = any(len(place) > len(way) and place[: len(way)] == way for place in places.values())
    items, rejects, met = [], [], [0]

    def where(taken: list) -> str:
        return "the cell" if not taken else "`$" + "".join(f"[{t}]" if isinstance(t, int) else f".{t}" for t in taken) + "`"

    def read(place, levels):
        depth = max(d for d in range(len(way) + 1) if place[:d] == way[:d] and d <= len(place))
        value = levels[depth]
        for name in place[depth:]:
            value = value.get(name) if isinstance(value, dict) else None
        return text_of(value)

    def walk(value, levels, taken):
        at = len(levels)
        levels = [*levels, value]
        is_element = at > 0 and way[at - 1] is None
        if value is None and not is_element:
            return
        if at == len(way):
            place = met[0]
            met[0] += 1
            if wants_object and not isinstance(value, dict):
                what = "the element" if any(isinstance(t, int) for t in taken) else where(taken)
                rejects.append({"place": place, "reason": f"{what} is not a JSON object"})
                return
            found = {name: read(place, levels) for name, place in places.items()}
            items.append({name: text for name, text in found.items() if text is not None})
        elif way[at] is None:
            if not isinstance(value, list):
                rejects.append({"reason": f"{where(taken)} is not a JSON array"})
                return
            for number, element in enumerate(value):
                walk(element, levels, [*taken, number])
        elif not isinstance(value, dict):
            rejects.append({"reason": f"{where(taken)} is not a JSON object"})
        elif way[at] in value:
            walk(value[way[at]], levels, [*taken, way[at]])

    if cell.strip().lower() in NOTHING:
        return [], []
    try:
        value = parse(cell)
        if isinstance(value, str) and not isinstance(value, Number):
            if value.strip().lower() in NOTHING:
                return [], []
            if value.lstrip(" \t\r\n")[:1] in ("{", "["):
                value = parse(value)
    except NotJson:
        return [], [{"reason": "the cell is"}]
    walk(value, [], [])
    return items, rejects
