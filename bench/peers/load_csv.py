"""Graph tables into Neo4j by its own LOAD CSV, with concurrent transactions: what its documentation advises for files.

In: the NEO4J_* variables, the folder of graph tables (for their description), the number of concurrent transactions; the CSV files of
graph_tables_to_csv.py lie in the server's import folder. Out: the graph, and how long its writing took.
"""

import json
import pathlib
import sys
import time

from load_python import constraints, driver, quoted

CONVERSIONS = {"integer": "toInteger({})", "float": "toFloat({})", "boolean": "toBoolean({})", "date": "date({})"}


def property_map(properties: list[dict], first: int) -> str:
    entries = (
        f"{quoted(entry['name'])}: {CONVERSIONS.get(entry['type'], '{}').format(f'r[{first + index}]')}"
        for index, entry in enumerate(properties)
    )
    return "{" + ", ".join(entries) + "}"


def statement(table: dict, concurrent: int) -> str:
    if "labels" in table:
        rows, labels = 5_000, "".join(":" + quoted(label) for label in table["labels"])
        write = f"CREATE (n{labels} {property_map(table['properties'], 0)})"
    else:
        rows, (start, end) = 10_000, (table["start"], table["end"])
        write = (
            f"MATCH (a:{quoted(start['label'])} {property_map(start['key'], 0)}) "
            f"MATCH (b:{quoted(end['label'])} {property_map(end['key'], 1)}) "
            f"CREATE (a)-[:{quoted(table['type'])} {property_map(table['properties'], 2)}]->(b)"
        )
    return (
        f"LOAD CSV FROM 'file:///{table['table']}.csv' AS r "
        f"CALL (r) {{ {write} }} IN {concurrent} CONCURRENT TRANSACTIONS OF {rows} ROWS"
    )


def main():
    folder, concurrent = pathlib.Path(sys.argv[1]), int(sys.argv[2])
    graph = json.loads((folder / "_graph.json").read_text())
    began = time.monotonic()
    with driver() as connection, connection.session() as session:
        for text in constraints(graph):
            session.run(text).consume()
        session.run("CALL db.awaitIndexes()").consume()
        for table in graph["nodes"] + graph["relationships"]:
            started = time.monotonic()
            counters = session.run(statement(table, concurrent)).consume().counters
            written = counters.nodes_created + counters.relationships_created
            if written != table["rows"]:
                raise SystemExit(f"{table['table']}: {written} of {table['rows']} rows")
            elapsed = time.monotonic() - started
            print(f"{table['table']:24} {table['rows']:>9} rows {elapsed:7.2f} s {table['rows'] / elapsed:9.0f} rows/s")
    print(f"seconds {time.monotonic() - began:.2f}")


if __name__ == "__main__":
    main()
