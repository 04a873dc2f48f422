# shellcheck shell=bash
# A private MySQL 9.7 under $home/mysql: data, log, socket, certificates. Accounts as MariaDB's: rowgraph_seed (everything,
# over the socket only) and rowgraph_read (SELECT on the database tracking only, over loopback).
# Only Debian's suite sid has MySQL. Its package and all that it needs, libc too, are unpacked into the user's cache and run
# by their own loader: nothing is installed, nothing mounted, no root needed. Sourced by ../servers, which sets $home.

mysql_home=$home/mysql
mysql_mark=--defaults-file=$mysql_home/my.cnf
mysql_pid=$mysql_home/pid
mysql_log=$mysql_home/mysqld.log
mysql_tree=${XDG_CACHE_HOME:-$HOME/.cache}/rowgraph/mysql-sid

mysql_socket() { socket_in "$mysql_home"; }

# The URI of the mirror from which this machine gets its own Debian.
debian_mirror() {
    local codename
    codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
    # shellcheck disable=SC2016 # these are apt's own fields
    apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
        awk -v suite="$codename" '$2 == suite && $3 == "main" { print $1; exit }'
}

# unpack_sid TREE PACKAGE...: the packages with all they need, unpacked into TREE. An apt of its own, which believes that
# nothing is installed, works out what that is.
unpack_sid() {
    local tree=$1 apt=$1/.apt mirror options
    command -v apt-get dpkg-deb >/dev/null || die "needs $2 of Debian's suite sid, and this machine has no apt-get"
    mirror=$(debian_mirror)
    [ -n "$mirror" ] || die "no Debian mirror is configured here, and only Debian's suite sid has $2"
    mkdir -p "$apt"/{lists,archives}/partial && : >"$apt/status"
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror sid main" >"$apt/sources.list"
    options=(-q -y -o Dir::State::lists="$apt/lists" -o Dir::State::status="$apt/status" -o Dir::Cache="$apt"
        -o Dir::Cache::archives="$apt/archives" -o Dir::Etc::sourcelist="$apt/sources.list" -o Dir::Etc::sourceparts=-
        -o Dir::Etc::preferencesparts=- -o Debug::NoLocking=1 -o APT::Sandbox::User= -o Acquire::Languages=none)
    apt-get "${options[@]}" update || return
    apt-get "${options[@]}" --no-install-recommends --download-only install "${@:2}" || return
    local package
    for package in "$apt"/archives/*.deb; do dpkg-deb -x "$package" "$tree" || return; done
    rm -rf "$apt"
}

mysql_install() {
    [ -d "$mysql_tree" ] && return
    say "fetching MySQL and its libraries into $mysql_tree"
    mkdir -p "$(dirname "$mysql_tree")"
    local new; new=$(mktemp -d "$mysql_tree.XXXXXX")
    (unpack_sid "$new" mysql-server-core) >"$mysql_tree.log" 2>&1 ||
        { rm -rf "$new"; last_lines "$mysql_tree.log"; die "could not fetch MySQL (log: $mysql_tree.log)"; }
    mv -T "$new" "$mysql_tree" 2>/dev/null || rm -rf "$new"    # another one was quicker
}

# The array mysqld: the server by its own loader, with its own libraries.
mysql_program() {
    local loader libraries
    loader=$(find "$mysql_tree/usr/lib" "$mysql_tree/usr/lib64" -name 'ld-linux*.so*' 2>/dev/null | head -n 1)
    libraries=$(dirname "$(find "$mysql_tree/usr/lib" -name libstdc++.so.6 | head -n 1)")
    [ -n "$loader" ] || die "no loader in $mysql_tree: remove that folder and try again"
    mysqld=("$loader" --library-path "$libraries" "$mysql_tree/usr/sbin/mysqld")
}

mysql_configure() {
    cat >"$mysql_home/my.cnf" <<CONF
# Written by scripts/servers at each start. A server for development: it survives a crash of its own, not of the machine.
[mysqld]
basedir = $mysql_tree/usr
lc_messages_dir = $mysql_tree/usr/share/mysql
plugin_dir = $mysql_tree/usr/lib/mysql/plugin
character_sets_dir = $mysql_tree/usr/share/mysql/charsets
datadir = $mysql_home/data
socket = $(mysql_socket)
pid_file = $mysql_home/mysqld.pid
init_file = $mysql_home/accounts.sql
bind_address = 127.0.0.1
port = $1
mysqlx = 0
log_error = $mysql_log
tmpdir = $mysql_home/tmp
secure_file_priv = ""
skip_name_resolve = 1
disable_log_bin
local_infile = 1
max_allowed_packet = 256M
ssl_ca = $mysql_home/tls/ca.pem
ssl_cert = $mysql_home/tls/cert.pem
ssl_key = $mysql_home/tls/key.pem
innodb_buffer_pool_size = ${ROWGRAPH_MARIADB_POOL:-$(share 16 128 512)M}
innodb_redo_log_capacity = 512M
innodb_flush_log_at_trx_commit = 2
innodb_flush_method = fsync
innodb_doublewrite = 0
innodb_buffer_pool_dump_at_shutdown = 0
CONF
}

# Run by the server itself at each start, one statement a line. It makes root's password random too.
mysql_accounts() {
    local kind user
    (umask 077; {
        echo "CREATE DATABASE IF NOT EXISTS $database CHARACTER SET utf8mb4;"
        for kind in root@localhost rowgraph_seed@localhost rowgraph_read@127.0.0.1; do
            user=${kind%@*}
            echo "CREATE USER IF NOT EXISTS $kind;"
            echo "ALTER USER $kind IDENTIFIED WITH caching_sha2_password BY '$(kept "$mysql_home/${user#rowgraph_}.password" password)';"
        done
        echo "GRANT ALL ON *.* TO rowgraph_seed@localhost WITH GRANT OPTION;"
        echo "GRANT SELECT ON $database.* TO rowgraph_read@127.0.0.1;"
    } >"$mysql_home/accounts.sql")
}

# It greets only once the accounts are made.
mysql_ready() { [ -n "$(timeout 2 head -c 4 2>/dev/null <"/dev/tcp/127.0.0.1/$(cat "$home/mysql.port")" | tr '\0' x)" ]; }

# Made beside its place and moved there whole, so that one cut short is not taken for a store.
mysql_new_store() {
    rm -rf "$mysql_home/data.new"
    "${mysqld[@]}" --no-defaults --initialize-insecure --basedir="$mysql_tree/usr" --datadir="$mysql_home/data.new" \
        --lc-messages-dir="$mysql_tree/usr/share/mysql" --user="$(id -un)" >"$mysql_home/install.log" 2>&1 ||
        { last_lines "$mysql_home/install.log"; die "mysqld --initialize failed (log: $mysql_home/install.log)"; }
    mv "$mysql_home/data.new" "$mysql_home/data"
}

mysql_up() {
    if pid=$(ours "$mysql_pid" "$mysql_mark"); then
        mysql_ready || die "MySQL runs (process $pid) but does not answer (log: $mysql_log)"
        return
    fi
    mysql_install
    mysql_program
    mkdir -p "$mysql_home/tmp"
    local port
    port=$(port_of mysql)
    certificates "$mysql_home/tls"
    mysql_configure "$port"
    mysql_accounts
    [ -d "$mysql_home/data" ] || mysql_new_store
    say "starting MySQL on 127.0.0.1:$port"
    setsid "${mysqld[@]}" "$mysql_mark" --user="$(id -un)" </dev/null >>"$mysql_log" 2>&1 9>&- &
    echo $! >"$mysql_pid"
    logs=("$mysql_log")
    await 120 $! MySQL mysql_ready
}

mysql_down() { stop_process "$mysql_pid" "$mysql_mark" MySQL; }

mysql_reset() { mysql_down; rm -rf "$mysql_home/data"; mysql_up; }

mysql_env() { source_env mysql; }
mysql_seed_env() { seed_env mysql; }
