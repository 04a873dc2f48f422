"""Graph tables into Neo4j with the official driver and its Rust extension: what a careful engineer writes by hand.

In: the NEO4J_* variables, the folder of graph tables, the number of sessions. Out: the graph, and how long its writing took.
Each session is a process of its own, with every n-th batch of each table, so that the interpreter's lock holds up nobody.
Rows travel as lists, sorted by their end; statements are plain CREATE; the driver repeats what the server asks to repeat. Nothing
is verified, and nothing tells after a crash what was written. With --ready the rows are Python objects before the clock starts.
"""

import argparse
import json
import multiprocessing
import os
import pathlib
import time

import neo4j
import pyarrow.parquet

NODE_ROWS, RELATIONSHIP_ROWS = 5_000, 10_000


def quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def property_map(names: list[str], first: int) -> str:
    return "{" + ", ".join(f"{quoted(name)}: r[{first + index}]" for index, name in enumerate(names)) + "}"


def constraints(graph: dict):
    """Everything that the mapping asks for, before the first row."""
    for index, item in enumerate(graph["schema"]):
        properties = ", ".join(f"n.{quoted(name)}" for name in item["properties"])
        on = f"FOR (n:{quoted(item['on']['label'])})"
        if item["kind"] == "unique_constraint":
            yield f"CREATE CONSTRAINT peer_{index} {on} REQUIRE ({properties}) IS UNIQUE"
        else:
            yield f"CREATE INDEX peer_{index} {on} ON ({properties})"


def statement(table: dict) -> str:
    names = [entry["name"] for entry in table["properties"]]
    if "labels" in table:
        labels = "".join(":" + quoted(label) for label in table["labels"])
        return f"UNWIND $rows AS r CREATE (n{labels} {property_map(names, 0)})"
    start, end = table["start"], table["end"]
    start_key, end_key = ([entry["name"] for entry in side["key"]] for side in (start, end))
    first = len(start_key) + len(end_key)
    return (
        f"UNWIND $rows AS r MATCH (a:{quoted(start['label'])} {property_map(start_key, 0)}) "
        f"MATCH (b:{quoted(end['label'])} {property_map(end_key, len(start_key))}) "
        f"CREATE (a)-[:{quoted(table['type'])} {property_map(names, first)}]->(b)"
    )


def batches(folder: pathlib.Path, table: dict, session: int, sessions: int):
    """Every n-th batch of a table as a list of lists."""
    is_nodes = "labels" in table
    size, number = (NODE_ROWS if is_nodes else RELATIONSHIP_ROWS), 0
    for file in table["files"]:
        for batch in pyarrow.parquet.ParquetFile(folder / file["file"]).iter_batches(size):
            if number % sessions == session:
                columns = [column.to_pylist() for column in batch.columns]
                rows = [list(row) for row in zip(*columns)]
                if not is_nodes:
                    rows.sort(key=lambda row: row[len(table["start"]["key"])])
                yield rows
            number += 1


def driver():
    user = (os.environ.get("NEO4J_USERNAME", "neo4j"), os.environ["NEO4J_PASSWORD"])
    return neo4j.GraphDatabase.driver(os.environ["NEO4J_URI"], auth=user)


def write(folder, graph, session, sessions, ready, barrier, times):
    tables = graph["nodes"] + graph["relationships"]
    prepared = {table["table"]: list(batches(folder, table, session, sessions)) for table in tables} if ready else {}
    with driver() as connection, connection.session(database=os.environ.get("NEO4J_DATABASE", "neo4j")) as opened:
        opened.run("RETURN 1").consume()
        barrier.wait()
        for table in tables:
            began = time.monotonic()
            text = statement(table)
            for rows in prepared[table["table"]] if ready else batches(folder, table, session, sessions):
                opened.execute_write(lambda transaction, rows=rows: transaction.run(text, rows=rows).consume())
            # The next table's ends may be in a batch of another session.
            barrier.wait()
            if session == 0:
                times[table["table"]] = time.monotonic() - began


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("folder", type=pathlib.Path)
    arguments.add_argument("--sessions", type=int, default=2)
    arguments.add_argument("--ready", action="store_true")
    given = arguments.parse_args()
    graph = json.loads((given.folder / "_graph.json").read_text())
    began = time.monotonic()
    with driver() as connection, connection.session() as session:
        for text in constraints(graph):
            session.run(text).consume()
        session.run("CALL db.awaitIndexes()").consume()
    schema = time.monotonic() - began
    context = multiprocessing.get_context("spawn")
    barrier, times = context.Barrier(given.sessions + 1), context.Manager().dict()
    writers = [
        context.Process(target=write, args=(given.folder, graph, number, given.sessions, given.ready, barrier, times))
        for number in range(given.sessions)
    ]
    for writer in writers:
        writer.start()
    barrier.wait()
    began = time.monotonic()
    tables = graph["nodes"] + graph["relationships"]
    for _ in tables:
        barrier.wait()
    elapsed = schema + time.monotonic() - began
    for writer in writers:
        writer.join()
    if any(writer.exitcode for writer in writers):
        raise SystemExit("a session failed")
    for table in tables:
        print(f"{table['table']:24} {table['rows']:>9} rows {times[table['table']]:7.2f} s {table['rows'] / times[table['table']]:9.0f} rows/s")
    print(f"seconds {elapsed:.2f}")


if __name__ == "__main__":
    main()
