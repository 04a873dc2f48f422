"""The source table, read with PyMySQL: values as the server gives them, in table order.

In: MYSQL_HOST, MYSQL_PORT, MYSQL_USER, MYSQL_PASSWORD, MYSQL_DATABASE, MYSQL_TABLE from the environment. Out: rows. One SELECT
without ORDER BY, streamed. It only reads, and never prints the password.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pymysql
import pymysql.cursors

FETCH_ROWS = 2000


def connect() -> pymysql.Connection:
    return pymysql.connect(
        host=os.environ.get("MYSQL_HOST", "127.0.0.1"),
        port=int(os.environ.get("MYSQL_PORT", "3306")),
        user=os.environ["MYSQL_USER"],
        password=os.environ.get("MYSQL_PASSWORD", ""),
        database=os.environ["MYSQL_DATABASE"],
        charset="utf8mb4",
        init_command="SET time_zone = '+00:00'",
    )


def quoted_table() -> str:
    return "`" + os.environ["MYSQL_TABLE"].replace("`", "``") + "`"


class SourceTable:
    """The table's column names, and one pass over its rows as tuples."""

    def __init__(self) -> None:
        self.connection = connect()
        self.cursor = self.connection.cursor(pymysql.cursors.SSCursor)
        self.cursor.execute(f"SELECT * FROM {quoted_table()}")
        self.columns = [column[0] for column in self.cursor.description]

    def __enter__(self) -> "SourceTable":
        return self

    def __exit__(self, *_: object) -> None:
        # This reads what is left of the table first: slow after an early stop, but nothing is left half read.
        self.cursor.close()
        self.connection.close()

    def tuples(self) -> Iterator[tuple]:
        while rows := self.cursor.fetchmany(FETCH_ROWS):
            yield from rows


def read_rows() -> list[dict[str, object]]:
    with SourceTable() as table:
        return [dict(zip(table.columns, row)) for row in table.tuples()]
