# shellcheck shell=bash
# What the servers need of this machine: Debian packages, free ports, passwords, and processes that are surely ours.
# Sourced by the scripts beside this folder. It never starts a service of Debian's and never signals a foreign process.

say() { printf '%s\n' "$*" >&2; }
die() { say "$(basename "$0"): $*"; exit 1; }

# install PACKAGE...: from Debian, as root or by sudo. Asks for no service: only packages without one are named here.
install() {
    local as_root=()
    command -v apt-get >/dev/null || die "needs $* from Debian, and this machine has no apt-get: install what these hold by hand"
    if [ "$(id -u)" != 0 ]; then
        sudo -n true 2>/dev/null || [ -t 0 ] || die "needs the Debian packages $*: run 'sudo apt-get install $*' first"
        as_root=(sudo)
    fi
    say "installing from Debian: $*"
    local log; log=$(mktemp)
    { "${as_root[@]}" apt-get -q update && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get -q -y --no-install-recommends -o DPkg::Lock::Timeout=300 install "$@"; } >"$log" 2>&1 ||
        { tail -n 15 "$log" >&2; die "apt-get could not install $* (whole log: $log)"; }
    rm -f "$log"
}

# compiler: what zstd and jemalloc are built with.
compiler() {
    local tool
    for tool in cc make; do command -v "$tool" >/dev/null || { install gcc libc6-dev make; return; }; done
}

# A port on loopback that nobody listens on, below the range from which the kernel hands out ports by itself.
free_port() {
    local port
    for _ in {1..50}; do
        port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
        listening "$port" || { echo "$port"; return; }
    done
    die "found no free port between 20000 and 32000"
}

listening() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

password() { od -An -N16 -tx1 /dev/urandom | tr -d ' \n'; }

# kept FILE COMMAND...: the first line of FILE, which COMMAND makes the first time.
kept() {
    [ -s "$1" ] || (umask 077; "${@:2}" >"$1.new" && mv "$1.new" "$1")
    cat "$1"
}

# ours PIDFILE MARK: the process id in PIDFILE when that process runs and MARK stands in its command line.
ours() {
    local pid
    pid=$(cat "$1" 2>/dev/null) && [ -n "$pid" ] || return 1
    tr '\0' '\n' 2>/dev/null <"/proc/$pid/cmdline" | grep -qxF -- "$2" && echo "$pid"
}

# await SECONDS PID NAME CHECK...: until CHECK succeeds; else says why, with the last lines of the files in the array logs.
await() {
    local limit=$1 pid=$2 name=$3; shift 3
    for ((i = 0; i < limit * 5; i++)); do
        "$@" && return
        kill -0 "$pid" 2>/dev/null || { last_lines "${logs[@]}"; die "$name ended while starting (logs: ${logs[*]})"; }
        sleep 0.2
    done
    last_lines "${logs[@]}"
    kill "$pid" 2>/dev/null && wait "$pid"
    die "$name was not ready after $limit s and was stopped (logs: ${logs[*]})"
}

last_lines() {
    local log
    for log in "$@"; do
        [ ! -s "$log" ] || { say "last lines of $log:"; tail -n 15 "$log" | sed 's/^/  /' >&2; }
    done
}

# gone PID: waits until a killed process has let go of its ports and files.
gone() {
    for ((i = 0; i < 100; i++)); do
        grep -qs '^State:[[:space:]]*[^Z]' "/proc/$1/status" || return 0
        sleep 0.1
    done
}

# stop_process PIDFILE MARK NAME: asks, waits, and after a minute insists.
stop_process() {
    local pid
    pid=$(ours "$1" "$2") || { rm -f "$1"; return 0; }
    kill "$pid"
    for ((i = 0; i < 300; i++)); do
        [ -d "/proc/$pid" ] || break
        sleep 0.2
    done
    if ours "$1" "$2" >/dev/null; then
        say "$3 did not stop within a minute: killed"
        kill -9 "$pid"
        gone "$pid"
    fi
    rm -f "$1"
}

# share PART LOW HIGH: MemTotal / PART in MiB, kept between LOW and HIGH.
share() {
    awk -v part="$1" -v low="$2" -v high="$3" '/^MemTotal:/ {
        m = int($2 / 1024 / part); print (m < low ? low : m > high ? high : m) }' /proc/meminfo
}
