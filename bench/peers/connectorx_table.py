"""ConnectorX over the binary protocol, then pyarrow's Parquet writer with zstd level 1: what a data engineer writes today.

In: the MYSQL_* variables and the path to write. Out: one Parquet file. The whole table is in memory in between.
"""

import os
import sys
from urllib.parse import quote

import connectorx
import pyarrow.parquet

url = "mysql://{}:{}@{}:{}/{}".format(
    *(quote(os.environ[f"MYSQL_{name}"], safe="") for name in ("USER", "PASSWORD", "HOST", "PORT", "DATABASE"))
)
table = os.environ["MYSQL_TABLE"].replace("`", "``")
rows = connectorx.read_sql(url, f"SELECT * FROM `{table}`", protocol="binary", return_type="arrow")
pyarrow.parquet.write_table(rows, sys.argv[1], compression="zstd", compression_level=1)
print(f"connectorx: {rows.num_rows} rows")
