"""What both timelines share (GRAPH.md, "Timelines", Common).

In: dated and undated entries. Out: periods numbered from 0, half open, without a hole, exactly one of them current.
"""

from __future__ import annotations

import dataclasses
import datetime

from graph import Properties

Date = datetime.date


@dataclasses.dataclass
class Period:
    state: str
    text: str
    valid_from: Date | None  # None: undated
    own_end: Date | None = None  # used only where the period is the last


def chain(undated: list[Period], dated: list[Period], text_name: str) -> list[tuple[str, Properties]]:
    """(state, properties of its relationship) of each period: undated ones first, then the dated, in the order given."""
    rows: list[tuple[str, Properties]] = []
    periods = undated + dated
    for sequence, period in enumerate(periods):
        is_last = sequence == len(periods) - 1
        date_unknown = sequence < len(undated)
        valid_to = None
        if not date_unknown:
            valid_to = period.own_end if is_last else periods[sequence + 1].valid_from
        properties = {
            "sequence": sequence,
            "validFrom": None if date_unknown else period.valid_from,
            "validTo": valid_to,
            "isCurrent": is_last,
            text_name: period.text,
            "dateUnknown": date_unknown,
        }
        rows.append((period.state, properties))
    return rows
