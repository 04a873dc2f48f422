"""Keys of nodes made from text: GRAPH.md, rules 7 to 12 and the key limit of rule 18.

In: cleaned (trimmed) text. Out: a key, or None where the text makes no key. Letters, digits, marks, blanks and
hyphens are Unicode categories L, N, M, the property White_Space, and category Pd.
"""

from __future__ import annotations

import csv
import functools
import hashlib
import pathlib
import unicodedata

import regex

from cleaning import BLANKS

LONGEST_KEY_BYTES = 8000
KEY_HASH_DIGITS = 16

SKILL_CATEGORIES = [
    (
        "Technical",
        ["python", "java", "javascript", "sql", "data", "machine learning", "ai", "programming", "coding", "software",
         "development", "web", "cloud", "database"],
    ),
    ("Business", ["management", "leadership", "strategy", "finance", "accounting", "marketing", "sales", "business"]),
    (
        "Soft Skill",
        ["communication", "teamwork", "problem solving", "critical thinking", "presentation", "collaboration"],
    ),
]
OTHER_CATEGORY = "Other"


def is_too_long(text: str) -> bool:
    return len(text.encode("utf-8")) > LONGEST_KEY_BYTES


def hash_key(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:KEY_HASH_DIGITS]


@functools.lru_cache(maxsize=100_000)
def slug(trimmed: str) -> str:
    """Rule 7."""
    folded = unicodedata.normalize("NFKD", trimmed).casefold()
    unmarked = regex.sub(r"\p{M}", "", folded)
    dashed = regex.sub(r"[^\p{L}\p{N}]+", "-", unmarked).strip("-")
    return dashed or hash_key(trimmed)


class Countries:
    """The lookup of rule 8: from a CSV of `code,name`, the first line of a code being the standard's short name."""

    def __init__(self, lines: list[tuple[str, str]]):
        self.code_by_spelling: dict[str, str] = {}
        self.short_names: dict[str, str] = {}
        for code, name in lines:
            self.short_names.setdefault(code, name)
            self.code_by_spelling.setdefault(self.spelling(name), code)

    @classmethod
    def read(cls, path: pathlib.Path) -> "Countries":
        with open(path, encoding="utf-8", newline="") as file:
            return cls([(line["code"], line["name"]) for line in csv.DictReader(file)])

    @staticmethod
    def spelling(name: str) -> str:
        return slug(name.strip(BLANKS)).replace("-", "")

    def code(self, name: str | None) -> str | None:
        if name is None:
            return None
        return self.code_by_spelling.get(self.spelling(name)) or "x-" + slug(name)


def city_id(country_code: str, city: str) -> str:
    """Rule 9."""
    return country_code + "-" + slug(city)


def skill_id(name: str) -> str | None:
    """Rule 10."""
    lowered = unicodedata.normalize("NFKC", name).lower()
    kept = regex.sub(r"[^\p{L}\p{N}_+#\p{White_Space}\p{Pd}]", "", lowered)
    joined = regex.sub(r"[\p{White_Space}\p{Pd}]+", "_", kept)
    return joined.strip("_") or None


def skill_category(identifier: str) -> str:
    """Rule 10, `category`: by one word of the id, or two neighbouring ones."""
    # Choice: words are what stands between `_`; an empty one (`a__b`) is no word.
    words = [word for word in identifier.split("_") if word]
    phrases = set(words) | {f"{left} {right}" for left, right in zip(words, words[1:])}
    for category, listed in SKILL_CATEGORIES:
        if phrases & set(listed):
            return category
    return OTHER_CATEGORY


def program_id(cohort: str | None, program: str | None) -> str | None:
    """Rule 11."""
    if cohort is not None:
        return cohort
    return None if program is None else slug(program)


@functools.lru_cache(maxsize=100_000)
def company_id(name: str) -> str:
    """Rule 12."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    # Choice: collapsing leaves no blank at either end, since ` google ` is `Google`, also where NFKC made that blank.
    collapsed = regex.sub(r"\p{White_Space}+", " ", folded).strip(" ")
    return hash_key(collapsed)
