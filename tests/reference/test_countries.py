"""load/mappings/countries.csv against ISO 3166-1, as pycountry (Debian's iso-codes) keeps it.

In: the file. Out: a failure for a code or an official spelling that is missing, for a spelling that stands under two
codes, and for a file that is not in its order. Must never be satisfied by a change of this test where the standard
says otherwise: the three tables below are the only differences from pycountry, each with its reason.
"""

import csv
import unicodedata
from collections import Counter
from pathlib import Path

import pycountry
import pytest

FILE = Path(__file__).resolve().parents[2] / "load" / "mappings" / "countries.csv"

# pycountry writes these short names otherwise than the standard; its spelling must still match.
SHORT_NAME = {
    "CD": "Congo, Democratic Republic of the",  # pycountry repeats the article: "Congo, The ... of the"
    "GB": "United Kingdom of Great Britain and Northern Ireland",  # pycountry shortens it
    "NL": "Netherlands, Kingdom of the",  # "Netherlands" until the change of January 2024
    "US": "United States of America",  # pycountry shortens it
    "VA": "Holy See",  # pycountry adds "(Vatican City State)"
}

# A code that is no spelling: "NA", "N/A" and "n.a." mean "not available" far more often than Namibia.
NO_SPELLING = {"NA"}

# Names that mean more than one country, or none of the standard's: they become x-<slug> and show up in the report.
LEFT_OUT = [
    "Korea", "Virgin Islands", "Kosovo", "Channel Islands", "The Congo", "Guiana", "Timor", "Netherlands Antilles",
    "Serbia and Montenegro", "Czechoslovakia", "Yugoslavia", "USSR", "Soviet Union", "Somaliland",
    "N/A", "none", "null",
]  # fmt: skip

USUAL = {
    "BN": ["Brunei"],
    "BO": ["Bolivia", "Bolivia (Plurinational State of)"],
    "CD": ["DR Congo", "DRC", "D.R. Congo", "Democratic Republic of Congo", "Congo, Dem. Rep.", "Congo-Kinshasa"],
    "CG": ["Congo", "Republic of Congo", "Congo, Rep.", "Congo-Brazzaville", "Congo (Brazzaville)"],
    "CI": ["Cote d'Ivoire", "COTE D\N{RIGHT SINGLE QUOTATION MARK}IVOIRE", "Ivory Coast"],
    "CV": ["Cape Verde"],
    "CZ": ["Czech Republic"],
    "GB": ["UK", "United Kingdom", "Great Britain", "England", "Scotland", "Wales", "Northern Ireland"],
    "GE": ["Georgia"],
    "GM": ["The Gambia", "Gambia, The"],
    "GN": ["Guinea"],
    "GW": ["Guinea Bissau"],
    "HK": ["Hong Kong", "Hong Kong SAR, China"],
    "IR": ["Iran", "Iran (Islamic Republic of)", "Iran, Islamic Rep."],
    "KN": ["St. Kitts and Nevis", "St Kitts & Nevis"],
    "KP": ["North Korea", "Korea (North)", "DPRK"],
    "KR": ["South Korea", "Korea, South", "Korea, Rep.", "Republic of Korea"],
    "LA": ["Laos", "Lao PDR"],
    "LC": ["St. Lucia"],
    "MD": ["Moldova"],
    "MK": ["Macedonia", "FYROM"],
    "MM": ["Burma"],
    "MO": ["Macau", "Macao"],
    "NE": ["Niger"],
    "NG": ["Nigeria"],
    "NO": ["Norway", "NO"],
    "PS": ["Palestine", "Palestinian Territories", "West Bank and Gaza"],
    "RU": ["Russia"],
    "ST": ["São Tomé and Príncipe", "Sao Tome & Principe"],
    "SY": ["Syria"],
    "SZ": ["Swaziland"],
    "TL": ["East Timor"],
    "TR": ["Turkey", "Turkiye"],
    "TT": ["Trinidad & Tobago"],
    "TW": ["Taiwan"],
    "TZ": ["Tanzania"],
    "US": ["USA", "U.S.A.", "United States"],
    "AE": ["UAE", "U.A.E."],
    "VA": ["Vatican", "Vatican City"],
    "VC": ["St Vincent & the Grenadines"],
    "VE": ["Venezuela", "Venezuela, RB"],
    "VN": ["Vietnam"],
}


def slug(text: str) -> str:
    """GRAPH.md rule 7 without its hyphens: letters and digits of the case-folded NFKD text."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(c for c in folded if unicodedata.category(c)[0] in "LN")


@pytest.fixture(scope="module")
def lines() -> list[tuple[str, str]]:
    with FILE.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["code", "name"]
    assert all(len(row) == 2 for row in rows)
    return [(code, name) for code, name in rows]


@pytest.fixture(scope="module")
def code_of(lines) -> dict[str, str]:
    return {slug(name): code for code, name in lines}


def test_every_code_of_the_standard_and_no_other(lines):
    assert {code for code, _ in lines} == {country.alpha_2 for country in pycountry.countries}
    assert len({code for code, _ in lines}) == 249


def test_the_first_line_of_a_code_is_the_short_name(lines):
    first = {}
    for code, name in lines:
        first.setdefault(code, name)
    assert first == {country.alpha_2: SHORT_NAME.get(country.alpha_2, country.name) for country in pycountry.countries}


def test_short_common_and_official_names_match(code_of):
    missed = [
        (country.alpha_2, getattr(country, kind))
        for country in pycountry.countries
        for kind in ("name", "common_name", "official_name")
        if hasattr(country, kind) and code_of.get(slug(getattr(country, kind))) != country.alpha_2
    ]
    assert missed == []


def test_codes_match_themselves(code_of):
    for country in pycountry.countries:
        assert code_of.get(slug(country.alpha_3)) == country.alpha_2
        expected = None if country.alpha_2 in NO_SPELLING else country.alpha_2
        assert code_of.get(slug(country.alpha_2)) == expected


@pytest.mark.parametrize("code", sorted(USUAL))
def test_usual_names_match(code, code_of):
    assert {name: code_of.get(slug(name)) for name in USUAL[code]} == dict.fromkeys(USUAL[code], code)


@pytest.mark.parametrize("name", LEFT_OUT)
def test_ambiguous_names_do_not_match(name, code_of):
    assert slug(name) not in code_of


def test_no_spelling_stands_twice_or_under_two_codes(lines):
    times = Counter(slug(name) for _, name in lines)
    assert [(code, name) for code, name in lines if times[slug(name)] > 1] == []


def test_spellings_are_clean(lines):
    for code, name in lines:
        assert slug(name), f"{code}: {name!r} has neither letter nor digit"
        assert name == " ".join(name.split()), f"{code}: {name!r} has a stray blank"
        assert name == unicodedata.normalize("NFC", name), f"{code}: {name!r} is not NFC"


def test_lines_are_sorted_by_code_then_short_name_then_alphabet(lines):
    expected, names = [], {}
    for code, name in lines:
        names.setdefault(code, []).append(name)
    for code in sorted(names):
        short, *others = names[code]
        expected += [(code, name) for name in [short, *sorted(others, key=slug)]]
    assert lines == expected


def test_the_file_is_plain_text():
    content = FILE.read_bytes()
    assert not content.startswith(b"\xef\xbb\xbf")
    assert b"\r" not in content
    assert content.endswith(b"\n")
