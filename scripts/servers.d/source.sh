# shellcheck shell=bash
# What the two source servers, MariaDB and MySQL, have in common: the database, a short socket path, certificates, and the
# lines that extract and the seed program read. Sourced by ../servers, which sets $home.

# shellcheck disable=SC2034 # read by the servers' own files
database=tracking

# socket_in FOLDER: the path of a Unix socket holds 107 bytes at most, so a deep folder keeps its socket under /tmp.
socket_in() {
    local near=$1/socket
    [ "${#near}" -le 100 ] && echo "$near" || kept "$1/socket.path" far_socket
}
far_socket() { echo "$(mktemp -d /tmp/rowgraph-XXXXXX)/socket"; }

# certificates FOLDER: an authority of this folder's own (ca.pem), and a server's certificate for this machine signed by it.
certificates() {
    [ -s "$1/key.pem" ] && return
    command -v openssl >/dev/null || install openssl
    (
        umask 077
        mkdir -p "$1" && cd "$1" || exit
        key=(-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650)
        openssl req -x509 "${key[@]}" -keyout ca.key -out ca.pem -subj "/CN=Rowgraph test authority" &&
            openssl req "${key[@]}" -keyout key.new -out request.pem -subj "/CN=localhost" &&
            openssl x509 -req -in request.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 3650 -out cert.pem \
                -extfile <(echo "subjectAltName=DNS:localhost,IP:127.0.0.1") &&
            mv key.new key.pem
    ) >"$1.log" 2>&1 || { last_lines "$1.log"; die "openssl could not make certificates (log: $1.log)"; }
}

# source_env SERVER: what extract reads, with the account that may only read.
source_env() {
    cat <<ENV
export MYSQL_HOST=127.0.0.1
export MYSQL_PORT=$(cat "$home/$1.port")
export MYSQL_USER=rowgraph_read
export MYSQL_PASSWORD=$(cat "$home/$1/read.password")
export MYSQL_DATABASE=$database
export MYSQL_TABLE=impact_learners_profile
ENV
}

# seed_env SERVER: what the seed program reads. Kept apart, so that extract never holds an account that may write.
seed_env() {
    cat <<ENV
export ROWGRAPH_SEED_SOCKET=$(socket_in "$home/$1")
export ROWGRAPH_SEED_USER=rowgraph_seed
export ROWGRAPH_SEED_PASSWORD=$(cat "$home/$1/seed.password")
export ROWGRAPH_SEED_DATABASE=$database
ENV
}
