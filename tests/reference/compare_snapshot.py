"""Compares every value of a snapshot's parts with the MySQL table they were read from, in order; and checksums and counts.

    python compare_snapshot.py SNAPSHOT_DIR [--reader pyarrow|duckdb]

In: part-*.parquet, _SHA256SUMS and _manifest.json, and the table (MYSQL_*). Out: the first differences, exit code 0 when there
is none and 1 when there is one. Texts, bigints, decimals and doubles are told apart; doubles are compared bit for bit.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import pathlib
import re
import struct
import sys
from collections.abc import Iterator
from decimal import Decimal

from source_table import SourceTable

SHOWN_DIFFERENCES = 20
BATCH_ROWS = 5000
END = object()


def part_paths(snapshot: pathlib.Path) -> list[pathlib.Path]:
    return sorted(snapshot.glob("part-*.parquet"))


def rows_with_pyarrow(paths: list[pathlib.Path]) -> Iterator[tuple]:
    import pyarrow.parquet

    for path in paths:
        with pyarrow.parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=BATCH_ROWS):
                yield from zip(*(column.to_pylist() for column in batch.columns))


def columns_with_pyarrow(paths: list[pathlib.Path]) -> list[list[str]]:
    import pyarrow.parquet

    return [pyarrow.parquet.read_schema(path).names for path in paths]


def rows_with_duckdb(paths: list[pathlib.Path]) -> Iterator[tuple]:
    import duckdb

    connection = duckdb.connect()
    for path in paths:
        cursor = connection.execute("SELECT * FROM read_parquet(?)", [str(path)])
        while rows := cursor.fetchmany(BATCH_ROWS):
            yield from rows


def columns_with_duckdb(paths: list[pathlib.Path]) -> list[list[str]]:
    import duckdb

    connection = duckdb.connect()
    return [
        [column[0] for column in connection.execute("SELECT * FROM read_parquet(?) LIMIT 0", [str(path)]).description]
        for path in paths
    ]


READERS = {
    "pyarrow": (columns_with_pyarrow, rows_with_pyarrow),
    "duckdb": (columns_with_duckdb, rows_with_duckdb),
}


def same_value(expected: object, actual: object) -> bool:
    if type(expected) is not type(actual):
        return False
    if isinstance(expected, float):
        return struct.pack("d", expected) == struct.pack("d", actual)
    if isinstance(expected, Decimal):
        return expected.as_tuple() == actual.as_tuple()
    return expected == actual


def compare_rows(columns: list[str], table: Iterator[tuple], snapshot: Iterator[tuple]) -> tuple[int, list[str]]:
    """Rows of the table, and the first differences; it stops once there are enough to show."""
    differences: list[str] = []
    rows = 0
    for ordinal, (expected, actual) in enumerate(itertools.zip_longest(table, snapshot, fillvalue=END)):
        if expected is END or actual is END:
            differences.append(f"row {ordinal}: only in the {'snapshot' if expected is END else 'table'}")
            break
        rows += 1
        if len(expected) != len(actual):
            differences.append(f"row {ordinal}: {len(actual)} values, the table has {len(expected)}")
            break
        for column, wanted, found in zip(columns, expected, actual):
            if not same_value(wanted, found):
                differences.append(f"row {ordinal}, {column}: {found!r:.200}, the table has {wanted!r:.200}")
        if len(differences) >= SHOWN_DIFFERENCES:
            break
    return rows, differences


def sha256_of(path: pathlib.Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_sums(snapshot: pathlib.Path, paths: list[pathlib.Path]) -> list[str]:
    sums = snapshot / "_SHA256SUMS"
    if not sums.is_file():
        return ["_SHA256SUMS is missing"]
    listed: dict[str, str] = {}
    for line in sums.read_text(encoding="utf-8").splitlines():
        match = re.fullmatch(r"([0-9a-f]{64}) [ *](.+)", line)
        if match is None:
            return [f"_SHA256SUMS: a line that sha256sum -c would not read: {line!r}"]
        listed[match[2]] = match[1]
    differences = [f"_SHA256SUMS lists {name}, which is no part here" for name in listed.keys() - {p.name for p in paths}]
    for path in paths:
        if path.name not in listed:
            differences.append(f"_SHA256SUMS does not list {path.name}")
        elif listed[path.name] != sha256_of(path):
            differences.append(f"{path.name}: its SHA-256 is not the one listed")
    return differences


def check_manifest(snapshot: pathlib.Path, paths: list[pathlib.Path], columns: list[str], rows: int) -> list[str]:
    import pyarrow.parquet

    path = snapshot / "_manifest.json"
    if not path.is_file():
        return ["_manifest.json is missing: the snapshot is not sealed"]
    manifest = json.loads(path.read_text(encoding="utf-8"))
    differences = []
    if manifest["rows"] != rows:
        differences.append(f"manifest: {manifest['rows']} rows, the table has {rows}")
    if [column["name"] for column in manifest["columns"]] != columns:
        differences.append("manifest: other columns than the table's")
    if [part["file"] for part in manifest["parts"]] != [path.name for path in paths]:
        return differences + ["manifest: other parts than the folder's"]
    first_row = 0
    for part, part_path in zip(manifest["parts"], paths):
        stored = pyarrow.parquet.read_metadata(part_path).num_rows
        truth = {"rows": stored, "first_row": first_row, "bytes": part_path.stat().st_size, "sha256": sha256_of(part_path)}
        differences += [
            f"manifest, {part['file']}: {name} {part[name]}, but it is {value}"
            for name, value in truth.items()
            if part[name] != value
        ]
        first_row += stored
    return differences


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("snapshot", type=pathlib.Path, metavar="SNAPSHOT_DIR")
    parser.add_argument("--reader", choices=sorted(READERS), default="pyarrow")
    arguments = parser.parse_args()
    read_columns, read_rows = READERS[arguments.reader]

    paths = part_paths(arguments.snapshot)
    with SourceTable() as table:
        differences = [
            f"{path.name}: other columns than the table's"
            for path, columns in zip(paths, read_columns(paths))
            if columns != table.columns
        ]
        if not differences:
            rows, differences = compare_rows(table.columns, table.tuples(), read_rows(paths))
            if not differences:
                differences += check_manifest(arguments.snapshot, paths, table.columns, rows)
        differences += check_sums(arguments.snapshot, paths)
    for text in differences[:SHOWN_DIFFERENCES]:
        print(text)
    if differences:
        print("NOT equal")
        return 1
    print(f"equal: {rows:,} rows of {len(table.columns)} columns in {len(paths)} parts, checksums and manifest")
    return 0


if __name__ == "__main__":
    sys.exit(main())
