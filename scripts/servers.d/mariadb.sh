# shellcheck shell=bash
# A private MariaDB under $home/mariadb: data, log, socket, certificates. Accounts: rowgraph_seed (everything, over the
# socket only) and rowgraph_read (SELECT on the database tracking only, over loopback), which is what extract uses.
# Sourced by ../servers, which sets $home. It never reads /etc/mysql and never touches another MariaDB.

mariadb_home=$home/mariadb
mariadb_mark=--defaults-file=$mariadb_home/my.cnf
mariadb_pid=$mariadb_home/pid
mariadb_log=$mariadb_home/mariadbd.log
mariadb_plugins=${XDG_CACHE_HOME:-$HOME/.cache}/rowgraph/mariadb-plugins

mariadbd_path() { PATH=$PATH:/usr/sbin:/usr/local/sbin command -v mariadbd; }

mariadb_socket() { socket_in "$mariadb_home"; }

mariadb_install() {
    # The core packages hold the programs alone: no service, no system database, no user.
    mariadbd_path >/dev/null && command -v mariadb mariadb-install-db >/dev/null ||
        install mariadb-server-core mariadb-client-core
    [ -d "$mariadb_plugins" ] || mariadb_fetch_plugins
}

# ed25519 and other plugins lie in the package mariadb-server, which is a service of Debian's: it is unpacked, not installed.
# Only tests need them, so that a server without them is a server all the same.
mariadb_fetch_plugins() {
    local new; new=$(mktemp -d) || return
    mkdir -p "$(dirname "$mariadb_plugins")"
    (
        cd "$new" || exit
        # Installing what is there already brings the lists of packages up to date.
        apt-get -q download mariadb-server || { (install mariadb-server-core) && apt-get -q download mariadb-server; } || exit
        dpkg-deb -x mariadb-server_*.deb . && mv -T usr/lib/mysql/plugin "$mariadb_plugins"
    ) >"$mariadb_plugins.log" 2>&1 || say "MariaDB's plugins cannot be fetched: left out (log: $mariadb_plugins.log)"
    rm -rf "$new"
}

mariadb_configure() {
    local pool=${ROWGRAPH_MARIADB_POOL:-$(share 8 256 3072)M} port=$1
    cat >"$mariadb_home/my.cnf" <<CONF
# Written by scripts/servers at each start. A server for development: it survives a crash of its own, not of the machine.
[mariadbd]
datadir = $mariadb_home/data
socket = $(mariadb_socket)
bind-address = 127.0.0.1
port = $port
log-error = $mariadb_log
tmpdir = $mariadb_home/tmp
skip-name-resolve
character-set-server = utf8mb4
local-infile = 1
max_allowed_packet = 256M
$([ ! -d "$mariadb_plugins" ] || printf '%s\n' "plugin_dir = $mariadb_plugins" "plugin_load_add = auth_ed25519")
ssl_ca = $mariadb_home/tls/ca.pem
ssl_cert = $mariadb_home/tls/cert.pem
ssl_key = $mariadb_home/tls/key.pem
innodb_buffer_pool_size = $pool
innodb_log_file_size = 256M
innodb_flush_log_at_trx_commit = 2
innodb_flush_method = fsync
innodb_doublewrite = 0
innodb_buffer_pool_dump_at_shutdown = 0
CONF
}

# At the socket the server takes the operating system's word for who calls (unix_socket): whoever installed it may do all.
mariadb_root() { mariadb --no-defaults --protocol=socket --host=localhost --socket="$(mariadb_socket)" --user="$(id -un)" --batch --skip-column-names "$@"; }
mariadb_ready() { mariadb_root -e 'SELECT 1' >/dev/null 2>&1; }

mariadb_accounts() {
    mariadb_root <<SQL
CREATE DATABASE IF NOT EXISTS $database CHARACTER SET utf8mb4;
CREATE OR REPLACE USER rowgraph_seed@localhost IDENTIFIED BY '$(kept "$mariadb_home/seed.password" password)';
GRANT ALL ON *.* TO rowgraph_seed@localhost WITH GRANT OPTION;
CREATE OR REPLACE USER rowgraph_read@127.0.0.1 IDENTIFIED BY '$(kept "$mariadb_home/read.password" password)';
GRANT SELECT ON $database.* TO rowgraph_read@127.0.0.1;
SQL
}

# Made beside its place and moved there whole, so that one cut short is not taken for a store.
mariadb_new_store() {
    rm -rf "$mariadb_home/data.new"
    mariadb-install-db --no-defaults --datadir="$mariadb_home/data.new" --user="$(id -un)" --skip-test-db \
        --auth-root-authentication-method=socket --auth-root-socket-user="$(id -un)" >"$mariadb_home/install.log" 2>&1 ||
        { last_lines "$mariadb_home/install.log"; die "mariadb-install-db failed (log: $mariadb_home/install.log)"; }
    mv "$mariadb_home/data.new" "$mariadb_home/data"
}

mariadb_up() {
    if pid=$(ours "$mariadb_pid" "$mariadb_mark"); then
        mariadb_ready || die "MariaDB runs (process $pid) but does not answer (log: $mariadb_log)"
        return
    fi
    mariadb_install
    mkdir -p "$mariadb_home/tmp"
    local port
    port=$(port_of mariadb)
    certificates "$mariadb_home/tls"
    mariadb_configure "$port"
    [ -d "$mariadb_home/data" ] || mariadb_new_store
    say "starting MariaDB on 127.0.0.1:$port"
    setsid "$(mariadbd_path)" "$mariadb_mark" --user="$(id -un)" </dev/null >>"$mariadb_log" 2>&1 9>&- &
    echo $! >"$mariadb_pid"
    logs=("$mariadb_log")
    await 60 $! MariaDB mariadb_ready
    mariadb_accounts || die "could not make MariaDB's accounts"
}

mariadb_down() { stop_process "$mariadb_pid" "$mariadb_mark" MariaDB; }

mariadb_reset() { mariadb_down; rm -rf "$mariadb_home/data"; mariadb_up; }

mariadb_env() { source_env mariadb; }
mariadb_seed_env() { seed_env mariadb; }
