# shellcheck shell=bash
# Measured loads into the project's own Neo4j, each into an empty database on a server that has just loaded a smaller graph in the
# same way. Sourced by the bench scripts after machine.sh and samples.sh; they set $data, $bin, $python and $out.

# snapshot ROWS: makes a snapshot of so many generated rows, once, and prints its path.
snapshot() {
    local folder=$data/$1
    if ! ls "$folder"/*/2*/_manifest.json >/dev/null 2>&1; then
        scripts/servers up --only mariadb >&2
        eval "$(scripts/servers env)"
        export MYSQL_TABLE=bench_$1
        scripts/seed --rows "$1" --table "$MYSQL_TABLE" --seed 7 --keep >&2
        "$bin/extract" --out "$folder" --quiet >&2
        scripts/servers down >&2
    fi
    ls -d "$folder"/*/2*
}

neo4j_home() { echo "${ROWGRAPH_SERVERS:-.servers}/neo4j"; }

# set_up_neo4j SETTING...: the settings of its next starts, until the script ends.
set_up_neo4j() {
    mkdir -p "$(neo4j_home)"
    printf '%s\n' "$@" >"$(neo4j_home)/settings.conf"
    trap 'rm -f "$(neo4j_home)/settings.conf"; scripts/servers down >/dev/null' EXIT
    scripts/servers down >/dev/null
}

# Processor seconds of the server since it started.
server_cpu() { awk -v hz="$(getconf CLK_TCK)" '{ sub(/^.*\) /, ""); print ($12 + $13) / hz }' "/proc/$(cat "$(neo4j_home)/pid")/stat"; }

# fresh COMMAND...: a server that has just run COMMAND, and an empty database.
fresh() {
    scripts/servers reset neo4j >/dev/null
    eval "$(scripts/servers env)"
    "$@" >"$data/warm-up.txt" 2>&1 || die "the warm-up failed: $* ($data/warm-up.txt)"
    "$python" bench/peers/empty_database.py
}

# What a program says of its writing, with constraints and indexes: `seconds 12.3`, or load's `constraints 0.4 s, writing 1 min 02 s,`.
seconds() {
    awk -F'[ ,]+' '/^seconds / { print $2 }
        /^time: / { for (i = 1; i < NF; i++) if ($i == "constraints" || $i == "writing") { t = $(i + 1)
            total += $(i + 2) == "min" ? t * 60 + $(i + 3) : t }; printf "%.1f\n", total }' "$1"
}

# measured WHAT RUN COMMAND...: a sample, and a line of $out/writes.tsv.
measured() {
    local what=$1 run=$2 before
    before=$(server_cpu)
    sample "$what" "$run" - "${@:3}"
    printf '%s\t%s\t%s\t%s\n' "$what" "$run" "$(seconds "$out/$what-$run.txt")" \
        "$(awk -v a="$(server_cpu)" -v b="$before" 'BEGIN { printf "%.1f", a - b }')" | tee -a "$out/writes.tsv"
}

# open_writes, summary_of_writes: the head of writes.tsv, and a table of it.
open_writes() { printf 'what\trun\twrite_s\tserver_cpu_s\n' >"$out/writes.tsv"; }
summary_of_writes() {
    awk -F'\t' 'NR > 1 && $3 != "" { s[$1] = s[$1] " " $3; c[$1] = c[$1] " " $4; if (!seen[$1]++) order[++n] = $1 }
        END { print "| what | seconds of constraints and writing, run by run | processor seconds of the server |"; print "|---|---|---|"
              for (i = 1; i <= n; i++) print "| " order[i] " |" s[order[i]] " |" c[order[i]] " |" }' "$out/writes.tsv"
}
