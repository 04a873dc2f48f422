"""Compares a snapshot of a table of odd types with what the server itself says of each value, in words that cannot be misread.

    python compare_types.py SNAPSHOT_DIR... [--readers pyarrow,duckdb]

In: part-*.parquet and _manifest.json of one snapshot or several, and the table (MYSQL_*). The server is asked for `HEX` of texts and bytes and for `CAST`
of numbers and dates, never for the value itself; what must be stored follows from these words and from `--on-bad-value` by
rules written down here a second time. Out: the first differences, and exit code 1 when there is one. Counts of bad values in
the manifest are compared too.
"""

from __future__ import annotations

import argparse
import calendar
import collections
import hashlib
import json
import os
import pathlib
import struct
import sys
from decimal import Decimal

import pyarrow
import pyarrow.compute
import pyarrow.parquet

from compare_snapshot import check_sums, part_paths
from source_table import connect, quoted_table

SHOWN_DIFFERENCES = 20
INTEGERS = {"tinyint", "smallint", "mediumint", "int", "bigint", "year"}
FLOATS = {"float": "<f", "double": "<d"}
MOMENTS = {"date", "datetime", "timestamp"}
LARGE = {"longblob", "longtext"}
BYTES = {"binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob", "vector"}
GEOMETRIES = {
    "geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon",
    "geomcollection", "geometrycollection",
}  # fmt: skip
CODECS = {
    "ascii": "ascii", "cp1251": "cp1251", "gb18030": "gb18030",
    "ucs2": "utf-16-be", "utf16": "utf-16-be", "utf32": "utf-32-be",
}  # fmt: skip
# Where Windows has no character, MySQL's latin1 has the control character of the same number.
LATIN1 = {byte: bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(256)}


class Bad(Exception):
    """A value that the stored type cannot hold; the reason is what the manifest must say."""

    def __init__(self, reason: str, text: str | None = None) -> None:
        super().__init__(reason)
        self.reason, self.text = reason, text


def escaped(value: bytes) -> str:
    """Every bad byte as \\xNN, backslashes doubled."""
    text, rest = "", value.replace(b"\\", b"\\\\")
    while rest:
        try:
            return text + rest.decode("utf-8")
        except UnicodeDecodeError as error:
            bad = "".join(f"\\x{byte:02X}" for byte in rest[error.start : error.end])
            text, rest = text + rest[: error.start].decode("utf-8") + bad, rest[error.end :]
    return text


def text_of(value: bytes, charset: str | None) -> str:
    if charset == "latin1":
        return "".join(LATIN1[byte] for byte in value)
    if charset in CODECS:
        return value.decode(CODECS[charset])
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        raise Bad("invalid UTF-8", escaped(value)) from None


def microseconds(words: str) -> int:
    """Since 1970, by counting days: Python's dates know neither the year 0 nor what the server lets in."""
    date, _, time = words.partition(" ")
    year, month, day = map(int, date.split("-"))
    if (year, month, day) == (0, 0, 0):
        raise Bad("zero date")
    if month == 0 or day == 0:
        raise Bad("partial date")
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if day > (29 if leap and month == 2 else calendar.mdays[month]):
        raise Bad("impossible date")
    before = sum(calendar.mdays[1:month]) + (1 if leap and month > 2 else 0)
    leaps = (year - 1) // 4 - (year - 1) // 100 + (year - 1) // 400
    days = 365 * year + leaps + before + day - (365 * 1970 + 1969 // 4 - 1969 // 100 + 1969 // 400) - 1
    hours, minutes, seconds = (time or "0:0:0").split(":")
    whole, _, fraction = seconds.partition(".")
    in_seconds = ((days * 24 + int(hours)) * 60 + int(minutes)) * 60 + int(whole)
    return in_seconds * 1_000_000 + int(f"{fraction:0<6}"[:6])


class Column:
    """One column: what to ask the server, and what its words mean."""

    def __init__(self, name: str, kind: str, declared: str, charset: str | None, as_text: bool) -> None:
        self.name, self.kind, self.declared, self.charset, self.as_text = name, kind, declared, charset, as_text

    def question(self) -> str:
        name = "`" + self.name.replace("`", "``") + "`"
        if self.kind in FLOATS:
            return f"{name} * 1e0"  # all digits, also of FLOAT(7,3); as CHAR there is not room for all
        if self.kind == "bit":
            return f"CAST({name} + 0 AS CHAR)"
        if self.kind in INTEGERS | MOMENTS | {"decimal", "time"}:
            return f"CAST({name} AS CHAR)"
        if self.kind in GEOMETRIES:
            return f"HEX(ST_AsBinary({name}))"
        if self.kind in LARGE and self.charset in (None, "utf8mb4"):
            return f"IF(LENGTH({name}) > 1000000, CONCAT('sha256 ', SHA2({name}, 256)), HEX({name}))"
        if self.charset is None and self.kind not in BYTES:
            return f"HEX(CAST({name} AS CHAR))"  # uuid, inet6, json
        return f"HEX({name})"

    def expected(self, words: str | None) -> object:
        if words is None:
            return None
        if self.kind in INTEGERS:
            return int(words)
        if self.kind == "decimal":
            precision = int(self.declared[len("decimal(") :].split(")")[0].split(",")[0])
            return Decimal(words).as_tuple() if precision <= 38 else words
        if self.kind in FLOATS:
            return struct.pack(FLOATS[self.kind], float(words))
        if self.kind == "bit":
            bits = int(self.declared[len("bit(") : -1])
            return int(words).to_bytes((bits + 7) // 8, "big")
        if self.kind in MOMENTS:
            if self.as_text:
                return words
            micros = microseconds(words)
            return micros // 86_400_000_000 if self.kind == "date" else micros
        if self.kind == "time" or words.startswith("sha256 "):
            return words
        value = bytes.fromhex(words)
        return value if self.kind in BYTES | GEOMETRIES else text_of(value, self.charset)

    def stored(self, values: pyarrow.ChunkedArray) -> list[object]:
        """The snapshot's values in the form of `expected`; instants and days as numbers, since Python has no year 0."""
        if pyarrow.types.is_timestamp(values.type):
            values = values.cast(pyarrow.timestamp("us", values.type.tz)).cast(pyarrow.int64())
        elif pyarrow.types.is_date32(values.type):
            values = values.cast(pyarrow.int32())
        elif pyarrow.types.is_decimal(values.type) and self.kind == "bigint":
            return [None if value is None else int(value) for value in values.to_pylist()]
        found = values.to_pylist()
        if self.kind in FLOATS:
            return [None if value is None else struct.pack(FLOATS[self.kind], value) for value in found]
        if self.kind == "decimal":
            return [value.as_tuple() if isinstance(value, Decimal) else value for value in found]
        if self.kind in LARGE:
            return [self.large(value) for value in found]
        return found

    @staticmethod
    def large(value: bytes | str | None) -> object:
        raw = value.encode() if isinstance(value, str) else value
        return "sha256 " + hashlib.sha256(raw).hexdigest() if raw and len(raw) > 1_000_000 else value


def read_parts(paths: list[pathlib.Path], reader: str) -> pyarrow.Table:
    if reader == "pyarrow":
        return pyarrow.concat_tables(pyarrow.parquet.ParquetFile(path).read() for path in paths)
    import duckdb

    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    return connection.execute("SELECT * FROM read_parquet(?)", [[str(path) for path in paths]]).to_arrow_table()


def ask(as_text: bool) -> tuple[list[Column], list[tuple]]:
    with connect() as connection, connection.cursor() as cursor:
        connection.decoders = {}  # the server's words, not PyMySQL's values
        cursor.execute("SET SESSION sql_mode = ''")
        cursor.execute(
            "SELECT COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, CHARACTER_SET_NAME FROM information_schema.COLUMNS"
            " WHERE TABLE_SCHEMA = %s AND TABLE_NAME = %s ORDER BY ORDINAL_POSITION",
            (os.environ["MYSQL_DATABASE"], os.environ["MYSQL_TABLE"]),
        )
        columns = [Column(name, kind.lower(), declared.lower(), charset, as_text) for name, kind, declared, charset in cursor]
        cursor.execute(f"SELECT {', '.join(column.question() for column in columns)} FROM {quoted_table()}")
        return columns, list(cursor.fetchall())


def compare(snapshot: pathlib.Path, reader: str) -> list[str]:
    manifest = json.loads((snapshot / "_manifest.json").read_text(encoding="utf-8"))
    as_text = manifest["source"]["on_bad_value"] == "text"
    paths = part_paths(snapshot)
    columns, rows = ask(as_text)
    found = read_parts(paths, reader)
    differences = check_sums(snapshot, paths)
    names = [column.name for column in columns]
    if found.column_names != names:
        return differences + [f"columns {found.column_names}, the table has {names}"]
    if found.num_rows != len(rows) or manifest["rows"] != len(rows):
        return differences + [f"{found.num_rows} rows, {manifest['rows']} in the manifest, the table has {len(rows)}"]
    counts: dict[tuple, list[int]] = collections.defaultdict(list)
    for place, column in enumerate(columns):
        for ordinal, (row, stored) in enumerate(zip(rows, column.stored(found.column(place)), strict=True)):
            try:
                expected = column.expected(row[place])
            except Bad as bad:
                expected = bad.text if as_text else None
                counts[column.name, bad.reason, "text" if as_text else "null"].append(ordinal)
            if type(expected) is not type(stored) or expected != stored:
                differences.append(
                    f"row {ordinal}, {column.name} {column.declared:.40}: {stored!r:.150}, expected {expected!r:.150}"
                    f" since the server says {row[place]!r:.100}"
                )
    wanted = {key: (len(ordinals), ordinals[0]) for key, ordinals in counts.items()}
    listed = {
        (bad["column"], bad["reason"], bad["stored_as"]): (bad["count"], bad["first_row"])
        for bad in manifest["bad_values"]
    }
    if wanted != listed:
        differences.append(f"manifest: bad values {listed}, but they are {wanted}")
    if not differences:
        values = sum(value is not None for row in rows for value in row)
        print(f"equal by {reader}: {values} values in {len(rows)} rows of {len(columns)} columns")
    return differences


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("snapshots", type=pathlib.Path, metavar="SNAPSHOT_DIR", nargs="+")
    parser.add_argument("--readers", default="pyarrow")
    arguments = parser.parse_args()
    for snapshot in arguments.snapshots:
        for reader in arguments.readers.split(","):
            if differences := compare(snapshot, reader):
                print(f"{snapshot} by {reader}:", *differences[:SHOWN_DIFFERENCES], "NOT equal", sep="\n")
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
