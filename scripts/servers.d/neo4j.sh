# shellcheck shell=bash
# A private Neo4j 5.26 Community under $home/neo4j, Bolt on loopback only, user neo4j with a random password.
# Its jars come from Maven once and stay in the user's cache. Sourced by ../servers, which sets $home and $here.
# It never listens on another address, never opens HTTP and reports nothing to anybody.

neo4j_home=$home/neo4j
neo4j_mark=--home-dir=$neo4j_home
neo4j_pid=$neo4j_home/pid
neo4j_log=$neo4j_home/logs/neo4j.log

neo4j_jars() {
    local pom=$here/servers.d/neo4j.pom.xml version
    version=$(grep -om1 '<version>5[^<]*' "$pom") && echo "${XDG_CACHE_HOME:-$HOME/.cache}/rowgraph/neo4j-${version#<version>}"
}

# A Java runtime that Neo4j 5.26 knows (17 or 21), else a later one.
java_path() {
    local candidate any=
    for candidate in ${JAVA_HOME:+"$JAVA_HOME/bin/java"} "$(command -v java)" /usr/lib/jvm/*/bin/java; do
        [ -x "$candidate" ] || continue
        case $("$candidate" -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p') in
            17 | 21) echo "$candidate"; return ;;
            18 | 19 | 2[0-9]) any=$candidate ;;
        esac
    done
    [ -n "$any" ] && echo "$any"
}

neo4j_install() {
    local jars; jars=$(neo4j_jars)
    java_path >/dev/null || install default-jre-headless
    java_path >/dev/null || die "Neo4j needs Java 17 or 21, and Debian's default-jre-headless is older: set JAVA_HOME"
    [ -d "$jars" ] && return
    command -v mvn >/dev/null || install maven
    say "fetching Neo4j's jars into $jars"
    mkdir -p "$(dirname "$jars")"
    local new; new=$(mktemp -d "$jars.XXXXXX")
    mvn -q -B -f "$here/servers.d/neo4j.pom.xml" dependency:copy-dependencies -DincludeScope=runtime \
        -DoutputDirectory="$new" >"$jars.log" 2>&1 ||
        { rm -rf "$new"; last_lines "$jars.log"; die "Maven could not fetch Neo4j (log: $jars.log)"; }
    mv -T "$new" "$jars" 2>/dev/null || rm -rf "$new"    # another one was quicker
}

# What stands in $neo4j_home/settings.conf, where somebody has put such a file, is set too, and beats what is set here.
neo4j_configure() {
    local extra=$neo4j_home/settings.conf
    [ -f "$extra" ] || extra=/dev/null
    # The server refuses a setting that stands there twice: of each name the first counts.
    cat "$extra" - <<CONF | awk -F= '/^#/ || !NF || !seen[$1]++' >"$neo4j_home/conf/neo4j.conf"
# Written by scripts/servers at each start.
server.default_listen_address=127.0.0.1
server.bolt.listen_address=127.0.0.1:$1
server.bolt.advertised_address=127.0.0.1:$1
server.http.enabled=false
server.https.enabled=false
dbms.usage_report.enabled=false
server.memory.pagecache.size=${ROWGRAPH_NEO4J_PAGECACHE:-$(share 8 256 4096)m}
db.tx_log.preallocate=false
db.tx_log.rotation.size=64m
db.tx_log.rotation.retention_policy=256M size
# Without it a stop waits ten seconds for connections that are long gone.
internal.server.bolt.thread_pool_shutdown_wait_time=1s
CONF
}

# The array java: the runtime with what Neo4j's own launcher would give it.
# The parallel collector takes a third less processor time of a load than G1, and nobody waits for an answer here.
neo4j_java() {
    local opens=({java.nio,java.io,sun.nio.ch}=ALL-UNNAMED)
    java=(env NEO4J_HOME="$neo4j_home" NEO4J_CONF="$neo4j_home/conf" "$(java_path)" "${opens[@]/#/--add-opens=java.base/}"
        -Xmx"${ROWGRAPH_NEO4J_HEAP:-$(share 12 512 2048)m}" -XX:+UseParallelGC -XX:+DisableExplicitGC -cp "$(neo4j_jars)/*")
}

# Only before the first start. The password goes by a file: a command line is everybody's to read.
neo4j_set_password() {
    kept "$neo4j_home/password" password >/dev/null
    "${java[@]}" org.neo4j.cli.AdminTool dbms set-initial-password "@$neo4j_home/password" >"$neo4j_home/password.log" 2>&1 ||
        { last_lines "$neo4j_home/password.log"; die "could not set Neo4j's password"; }
}

neo4j_started() { tail -c "+$(($1 + 1))" "$neo4j_log" 2>/dev/null | grep -q ' Started\.$'; }

neo4j_up() {
    ours "$neo4j_pid" "$neo4j_mark" >/dev/null && return
    neo4j_install
    mkdir -p "$neo4j_home"/{conf,data,logs}
    local port before java
    port=$(port_of neo4j)
    neo4j_configure "$port"
    neo4j_java
    [ -e "$neo4j_home/data/databases" ] || neo4j_set_password
    say "starting Neo4j on bolt://127.0.0.1:$port"
    before=$(stat -c %s "$neo4j_log" 2>/dev/null || echo 0)
    setsid "${java[@]}" org.neo4j.server.CommunityEntryPoint "$neo4j_mark" "--config-dir=$neo4j_home/conf" \
        </dev/null >>"$neo4j_home/logs/console.log" 2>&1 9>&- &
    echo $! >"$neo4j_pid"
    logs=("$neo4j_log" "$neo4j_home/logs/console.log")
    await 120 $! Neo4j neo4j_started "$before"
}

neo4j_down() { stop_process "$neo4j_pid" "$neo4j_mark" Neo4j; }

# The store goes, so a polite stop would be wasted time. Port and password stay.
neo4j_reset() {
    local pid
    if pid=$(ours "$neo4j_pid" "$neo4j_mark"); then
        kill -9 "$pid"
        gone "$pid"
    fi
    neo4j_down
    rm -rf "$neo4j_home/data"
    neo4j_up
}

neo4j_env() {
    cat <<ENV
export NEO4J_URI=bolt://127.0.0.1:$(cat "$home/neo4j.port")
export NEO4J_USERNAME=neo4j
export NEO4J_PASSWORD=$(cat "$neo4j_home/password")
export NEO4J_DATABASE=neo4j
ENV
}
