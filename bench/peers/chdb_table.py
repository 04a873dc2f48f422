"""chDB (ClickHouse in the process): `mysql()` straight into a Parquet file with zstd.

In: the MYSQL_* variables and the path to write. Out: one Parquet file.
"""

import os
import sys

import chdb


def text(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


host, port, user, password, database, table = (
    os.environ[f"MYSQL_{name}"] for name in ("HOST", "PORT", "USER", "PASSWORD", "DATABASE", "TABLE")
)
source = f"mysql({text(f'{host}:{port}')}, {text(database)}, {text(table)}, {text(user)}, {text(password)})"
chdb.query(
    f"INSERT INTO FUNCTION file({text(sys.argv[1])}, 'Parquet') SELECT * FROM {source} "
    "SETTINGS output_format_parquet_compression_method = 'zstd', mysql_datatypes_support_level = 'decimal,datetime64,date2Date32'"
)
print("chdb: written")
