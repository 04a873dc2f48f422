"""Empties a database: data in pieces, then constraints and indexes. In: the NEO4J_* variables."""

from load_python import driver, quoted

with driver() as connection, connection.session() as session:
    # Relationships first: a few nodes have most of them, which no transaction's memory would bear.
    session.run("MATCH ()-[r]->() CALL (r) { DELETE r } IN TRANSACTIONS OF 20000 ROWS").consume()
    session.run("MATCH (n) CALL (n) { DELETE n } IN TRANSACTIONS OF 20000 ROWS").consume()
    for shown, kind in (("CONSTRAINTS", "CONSTRAINT"), ("INDEXES", "INDEX")):
        for record in session.run(f"SHOW {shown} YIELD name, type WHERE type <> 'LOOKUP' RETURN name").data():
            session.run(f"DROP {kind} {quoted(record['name'])} IF EXISTS").consume()
