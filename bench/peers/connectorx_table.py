"""ConnectorX over the binary protocol, then pyarrow's Parquet writer with zstd level 1: what a data engineer writes today.

In: the MYSQL_* variables and the path to write. Out: one Parquet file. The whole table is in memory in between. Decimals are
read as doubles, which is less than the others do.
"""

import os
import sys
from urllib.parse import quote

import connectorx
import pyarrow.parquet

url = "mysql://{}:{}@{}:{}/{}".format(
    *(quote(os.environ[f"MYSQL_{name}"], safe="") for name in ("USER", "PASSWORD", "HOST", "PORT", "DATABASE"))
)
table = os.environ["MYSQL_TABLE"]
columns = connectorx.read_sql(
    url,
    "SELECT CAST(column_name AS CHAR) AS name, CAST(data_type AS CHAR) AS type FROM information_schema.columns "
    f"WHERE table_schema = DATABASE() AND table_name = '{table}' ORDER BY ordinal_position",
    return_type="arrow",
).to_pylist()


def selected(name: str, data_type: str) -> str:
    # Its decimals hold 28 digits, and a value with more ends the process.
    return f"CAST(`{name}` AS DOUBLE) AS `{name}`" if data_type == "decimal" else f"`{name}`"


statement = f"SELECT {', '.join(selected(c['name'], c['type']) for c in columns)} FROM `{table}`"
rows = connectorx.read_sql(url, statement, protocol="binary", return_type="arrow")
pyarrow.parquet.write_table(rows, sys.argv[1], compression="zstd", compression_level=1)
print(f"connectorx: {rows.num_rows} rows")
