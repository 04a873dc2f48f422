"""Graph tables as CSV files, for LOAD CSV and for `neo4j-admin database import`: not part of what is timed.

In: the folder of graph tables and the folder to write. Out: for each table `<table>.csv` without a header, and
`<table>.header.csv` with the header that the offline import wants. A missing value is an empty field.
"""

import csv
import json
import pathlib
import sys

import duckdb

TYPES = {"integer": "long", "float": "double", "boolean": "boolean", "date": "date", "string": "string"}


def main():
    folder, out = map(pathlib.Path, sys.argv[1:3])
    out.mkdir(parents=True, exist_ok=True)
    graph = json.loads((folder / "_graph.json").read_text())
    for table in graph["nodes"] + graph["relationships"]:
        files = [str(folder / entry["file"]) for entry in table["files"]]
        duckdb.sql(f"COPY (SELECT * FROM read_parquet({files})) TO '{out / table['table']}.csv' (HEADER false)")
        with open(out / f"{table['table']}.header.csv", "w", newline="") as file:
            csv.writer(file).writerow(header(table))


def header(table: dict) -> list[str]:
    properties = [f"{entry['name']}:{TYPES[entry['type']]}" for entry in table["properties"]]
    if "labels" in table:
        key = table["properties"][0]["name"]
        return [f"{key}:ID({table['labels'][0]})", *properties[1:]]
    return [f":START_ID({table['start']['label']})", f":END_ID({table['end']['label']})", *properties]


if __name__ == "__main__":
    main()
