"""Cleaning of single values: GRAPH.md, rules 1 to 6, 13 (status) and 17 (text of values).

In: one value as the source table or a JSON entry holds it. Out: a Python value, or None for a missing property.
What cannot be read is missing and counted in the `counts` that the caller hands in. Nothing here looks at a clock.
"""

from __future__ import annotations

import datetime
import re
import sys
from collections import Counter
from decimal import Decimal

import regex

# An exponent may have more digits than Python reads by default.
sys.set_int_max_str_digits(0)

# Every character with the Unicode property White_Space. `str.strip()` would also take U+001C to U+001F.
BLANKS = "".join(chr(point) for point in range(0x110000) if regex.fullmatch(r"\p{White_Space}", chr(point)))

NOTHING_WORDS = {"", "n/a", "none", "null"}

TRUE_WORDS = {"1", "true", "yes", "y"}
FALSE_WORDS = {"0", "false", "no", "n"}

EDUCATION_LEVELS = [
    "Completed secondary school or equivalent and earned a secondary or final national examination certificate.",
    "Currently Enrolled At University/College",
    "High School",
    "Associate Degree",
    "University Diploma or equivalent",
    "Bachelor's degree or equivalent",
    "Bachelor'S Degree",
    "Master's degree",
    "PhD",
    "Professional Certificate",
]

ENROLLMENT_STATUSES = ["Enrolled", "Active", "Completed", "Graduated", "Dropped Out", "Suspended"]

NOTHING_DATES = {datetime.date(1970, 1, 1), datetime.date(9999, 12, 31)}
FIRST_YEAR = 1970
YEARS_PAST_AS_OF = 5

# Choice: `.5` and `5.` are numbers too ("optional ... point"). Alternative: digits needed on both sides of a point.
NUMBER = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]+))?", re.ASCII)

# Choice: "fit 64 bits" is signed, as Neo4j's integers are.
LARGEST_COUNT = 2**63 - 1
SMALLEST_COUNT = -(2**63)


def trim(text: str) -> str:
    return text.strip(BLANKS)


def as_text(value: object) -> str | None:
    """The text of a column's value: a bigint as digits, a decimal without exponent."""
    if value is None:
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, Decimal):
        return format(value, "f")
    return str(value)


def clean_text(value: object) -> str | None:
    """Rule 1: trimmed, and missing where it means nothing."""
    text = as_text(value)
    if text is None:
        return None
    text = trim(text)
    return None if text.lower() in NOTHING_WORDS else text


def clean_boolean(value: object, counts: Counter, rural: bool = False) -> bool | None:
    """Rule 2. `rural` allows the two words that only `is_rural` knows."""
    text = clean_text(value)
    if text is None:
        return None
    # Choice: a flag of -99 is nothing (missing, not counted), since flags are bigint columns and -99 in numbers is nothing.
    if is_number(text) and exact_value(text) == (True, "99", 0):
        return None
    word = text.lower()
    if word in TRUE_WORDS or (rural and word == "rural"):
        return True
    if word in FALSE_WORDS or (rural and word == "urban"):
        return False
    counts["bad_boolean"] += 1
    return None


def clean_gender(value: object, counts: Counter) -> str | None:
    """Rule 3."""
    text = clean_text(value)
    if text is None:
        return None
    word = text.lower()
    if word in ("male", "female"):
        return word
    if "other" in word or "prefer not" in word:
        return "other/prefer not to say"
    counts["bad_gender"] += 1
    return None


def match_without_case(text: str | None, listed: list[str]) -> str | None:
    """The spelling of the list where `text` is in it in any case, else `text` as it is."""
    if text is None:
        return None
    for spelling in listed:
        if spelling.casefold() == text.casefold():
            return spelling
    return text


def clean_education_level(value: object) -> str | None:
    """Rule 4."""
    return match_without_case(clean_text(value), EDUCATION_LEVELS)


def clean_enrollment_status(value: object) -> str | None:
    """Rule 13, the property `enrollmentStatus`."""
    return match_without_case(clean_text(value), ENROLLMENT_STATUSES)


def clean_date(value: object, as_of: datetime.date, counts: Counter) -> datetime.date | None:
    """Rule 5."""
    text = clean_text(value)
    if text is None:
        return None
    date = read_date(text)
    if date in NOTHING_DATES:
        return None
    if date is None or not FIRST_YEAR <= date.year <= as_of.year + YEARS_PAST_AS_OF:
        counts["bad_date"] += 1
        return None
    return date


def read_date(text: str) -> datetime.date | None:
    """`YYYY-MM-DD`, alone or followed by `T` or a blank and anything; a day that the calendar has."""
    day, rest = text[:10], text[10:]
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", day, re.ASCII):
        return None
    if rest and rest[0] != "T" and rest[0] not in BLANKS:
        return None
    try:
        return datetime.date(int(day[:4]), int(day[5:7]), int(day[8:10]))
    except ValueError:
        return None


def is_number(text: str) -> bool:
    match = NUMBER.fullmatch(text)
    return match is not None and bool((match[2] or "") + (match[3] or ""))


def exact_value(text: str) -> tuple[bool, str, int]:
    """A number as (negative, digits, exponent): digits without zeros at either end, so -99, -99.0 and -9.9e1 are equal.

    Python's own Decimal has limits of its exponent; this has none. Zero is (False, "", 0).
    """
    sign, whole, fraction, exponent = NUMBER.fullmatch(text).groups(default="")
    digits = whole + fraction
    power = int(exponent or "0") - len(fraction)
    power += len(digits) - len(digits.rstrip("0"))
    digits = digits.strip("0")
    return (sign == "-", digits, power) if digits else (False, "", 0)


def read_number(value: object, counts: Counter) -> str | None:
    """Rule 6: the number's text; None where missing. -99 in any spelling is missing."""
    text = clean_text(value)
    if text is None:
        return None
    if not is_number(text):
        counts["bad_number"] += 1
        return None
    # Choice: "-99 in any spelling" is exactly minus ninety-nine; -99.00000000000000000001 is another number.
    return None if exact_value(text) == (True, "99", 0) else text


def clean_float(value: object, counts: Counter) -> float | None:
    text = read_number(value, counts)
    if text is None:
        return None
    number = float(text)
    if number in (float("inf"), float("-inf")):
        counts["bad_number"] += 1
        return None
    return number


def clean_count(value: object, counts: Counter) -> int | None:
    text = read_number(value, counts)
    if text is None:
        return None
    number = whole_number(text)
    if number is None:
        counts["bad_number"] += 1
    return number


def whole_number(text: str) -> int | None:
    """The whole number that `text` is, or None where it is not whole or does not fit 64 bits."""
    negative, digits, power = exact_value(text)
    if not digits:
        return 0
    if power < 0 or len(digits) + power > 19:
        return None
    number = int(digits + "0" * power) * (-1 if negative else 1)
    return number if SMALLEST_COUNT <= number <= LARGEST_COUNT else None
