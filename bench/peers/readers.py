"""One snapshot, read by DuckDB, Polars, pyarrow and Spark: they must agree on every column.

In: a snapshot's folder. Out: a line a reader with rows, columns and the time it took; exit code 1 when two differ, with the
columns. Of each column the values that are not NULL are counted; the bytes of texts are added up, of whole numbers the largest is taken.
"""

import sys
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

TEXT, WHOLE, OTHER = "text", "whole", "other"
Figures = dict[str, tuple[int, int | None]]


def kind(data_type: pa.DataType) -> str:
    if pa.types.is_string(data_type) or pa.types.is_binary(data_type):
        return TEXT
    return WHOLE if pa.types.is_integer(data_type) else OTHER


def by_pyarrow(parts: list[str], kinds: dict[str, str]) -> Figures:
    import pyarrow.compute as pc

    figures = {}
    for name, column_kind in kinds.items():
        column = pq.read_table(parts, columns=[name]).column(0)
        measure = {TEXT: lambda c: pc.sum(pc.cast(pc.binary_length(c), "int64")), WHOLE: pc.max}.get(column_kind)
        figures[name] = (len(column) - column.null_count, measure and (measure(column).as_py() or 0))
    return figures


def by_sql(kinds: dict[str, str], quote: str, length: str) -> str:
    def columns():
        for name, column_kind in kinds.items():
            quoted = f"{quote}{name}{quote}"
            yield f"count({quoted})"
            yield {TEXT: f"coalesce(sum({length.format(quoted)}), 0)", WHOLE: f"coalesce(max({quoted}), 0)"}.get(column_kind, "NULL")

    return "SELECT " + ", ".join(columns()) + " FROM snapshot"


def paired(kinds: dict[str, str], row) -> Figures:
    values = [None if value is None else int(value) for value in row]
    return dict(zip(kinds, zip(values[::2], values[1::2])))


def by_duckdb(parts: list[str], kinds: dict[str, str]) -> Figures:
    import duckdb

    connection = duckdb.connect()
    connection.read_parquet(parts).create_view("snapshot")
    return paired(kinds, connection.execute(by_sql(kinds, '"', "octet_length(encode({}::VARCHAR))")).fetchone())


def by_polars(parts: list[str], kinds: dict[str, str]) -> Figures:
    import polars as pl

    def measure(name: str, column_kind: str) -> pl.Expr:
        column = pl.col(name)
        return {TEXT: column.str.len_bytes().cast(pl.Int64).sum(), WHOLE: column.max().fill_null(0).cast(pl.Int64)}.get(column_kind, pl.lit(None)).alias(f"{name} sum")

    wanted = [e for name, k in kinds.items() for e in (pl.col(name).count().alias(f"{name} count"), measure(name, k))]
    return paired(kinds, pl.scan_parquet(parts).select(wanted).collect().row(0))


def by_spark(parts: list[str], kinds: dict[str, str]) -> Figures:
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").config("spark.driver.memory", "3g")
    session = builder.config("spark.driver.bindAddress", "127.0.0.1").config("spark.driver.host", "127.0.0.1").getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    # The folder as it is: what is not a part starts with an underscore.
    session.read.parquet(str(Path(parts[0]).parent)).createOrReplaceTempView("snapshot")
    try:
        return paired(kinds, session.sql(by_sql(kinds, "`", "octet_length({})")).first())
    finally:
        session.stop()


def main() -> int:
    folder = Path(sys.argv[1])
    parts = sorted(str(part) for part in folder.glob("part-*.parquet"))
    if not parts:
        print(f"{folder} holds no part: is it a snapshot's own folder?", file=sys.stderr)
        return 2
    kinds = {field.name: kind(field.type) for field in pq.read_schema(parts[0])}
    rows = sum(pq.read_metadata(part).num_rows for part in parts)
    first: Figures | None = None
    differ = False
    for reader in (by_pyarrow, by_duckdb, by_polars, by_spark):
        started = time.monotonic()
        figures = reader(parts, kinds)
        print(f"{reader.__name__.removeprefix('by_')}: {rows} rows, {len(figures)} columns, {time.monotonic() - started:.1f} s", flush=True)
        first = first or figures
        for name, figure in figures.items():
            if figure != first[name]:
                differ = True
                print(f"  column {name}: {figure}, and by pyarrow {first[name]}")
    print("they differ" if differ else "all agree")
    return int(differ)


if __name__ == "__main__":
    sys.exit(main())
