# Recipes are one line: what needs more is a script.
default:
    @just --list

# The whole job on generated rows: just quickstart 1617360
quickstart rows="100000":
    ROWS={{rows}} ./scripts/quickstart

# Everything that CI checks
test:
    ./scripts/test

# One end-to-end test, by a part of its name
test-one name:
    cargo test --release --workspace -- {{name}}

# Fill the source table: just seed --rows 5000 --seed 7
seed *arguments:
    ./scripts/seed {{arguments}}

# up, down, status, env, reset neo4j
servers +arguments:
    ./scripts/servers {{arguments}}

build:
    cargo build --release --workspace --bins

fmt:
    cargo fmt --all

lint:
    cargo clippy --release --workspace --all-targets -- -D warnings

# The reference implementation's own tests
reference:
    "$(./scripts/python)" -m pytest -q tests/reference

# The full job measured, with its samples in bench/runs/: ROWS=100000 RUNS=3 just bench-full
bench-full:
    ./scripts/bench-full

# extract against its floor and its peers, with samples in bench/runs/: ROWS=100000 RUNS=3 PEERS=no just bench-extract
bench-extract:
    ./scripts/bench-extract

# load against its peers, with samples in bench/runs/: ROWS=1617360 RUNS=1 SESSIONS=2 just bench-load
bench-load:
    ./scripts/bench-load

# load over TLS and 50 ms of way against load next door: RTT=200 WRITERS="auto 4 8" just bench-distance
bench-distance:
    ./scripts/bench-distance

# extract under random faults, with its record in bench/runs/: MINUTES=10 just torture-extract; SEED=17 ROUNDS=1 replays a round
torture-extract:
    ./scripts/torture-extract

# load under random faults, with its record in bench/runs/: MINUTES=10 just torture-load; SEED=17 ROUNDS=1 replays a round
torture-load:
    ./scripts/torture-load

# Hostile servers for the extractor, ten minutes each for packets and cells: SECONDS_LONG=60 SEED=17 just fuzz-extract
fuzz-extract:
    ./scripts/fuzz-extract

# What users install, in target/package/: just package deb, just package static
package kind:
    ./scripts/package {{kind}}

# The pages of flags in docs/reference/, from the programs' own help
reference-pages:
    ./scripts/reference

# A snapshot read by DuckDB, Polars, pyarrow and Spark
try-readers snapshot:
    ./scripts/try-readers {{snapshot}}
