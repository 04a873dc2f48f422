# shellcheck shell=bash
# Measured runs: wall, user and system seconds and peak memory of each, one line a run, in $samples; what the program says
# goes to a file of its own beside it. Sourced by the bench scripts, which set $out.

samples=
open_samples() {
    samples=$out/samples.tsv
    [ -x /usr/bin/time ] || install time
    printf 'what\trun\twall_s\tuser_s\tsystem_s\tpeak_kib\tfile_bytes\n' >"$samples"
}

# machine_facts: what a reader of the samples must know; the caller adds to it.
machine_facts() {
    echo "commit $(git rev-parse HEAD)$(git diff --quiet HEAD || echo ' with changes')"
    echo "cores $(nproc), memory $(awk '/MemTotal/ {print $2 / 1024 / 1024 " GiB"}' /proc/meminfo)"
    rustc --version
    echo "load average before: $(cut -d' ' -f1-3 /proc/loadavg)"
}

# sample WHAT RUN WRITTEN COMMAND...: one measured run; WRITTEN is the file or folder whose size counts, or - for none.
sample() {
    local what=$1 run=$2 written=$3 line
    shift 3
    /usr/bin/time -o "$out/.time" -f '%e\t%U\t%S\t%M' "$@" >"$out/$what-$run.txt" 2>&1 ||
        die "$what failed: see $out/$what-$run.txt"
    # Where the project lies is nobody's business.
    sed -i "s|$PWD/||g" "$out/$what-$run.txt"
    line=$what$'\t'$run$'\t'$(tail -n 1 "$out/.time")$'\t'$([ "$written" = - ] && echo - || du -sb "$written" | cut -f1)
    rm -f "$out/.time"
    echo "$line" | tee -a "$samples"
}

# summary: minimum, median and maximum of each figure, as a Markdown table.
summary() {
    awk -F'\t' '
        function middle(list, n,   i, j, t) {
            for (i = 2; i <= n; i++) { t = list[i]; for (j = i - 1; j > 0 && list[j] > t; j--) list[j + 1] = list[j]; list[j + 1] = t }
            return n % 2 ? list[(n + 1) / 2] : (list[n / 2] + list[n / 2 + 1]) / 2
        }
        NR == 1 { next }
        !($1 in runs) { order[++kinds] = $1 }
        { n = ++runs[$1]; wall[$1, n] = $3; cpu[$1, n] = $4 + $5; peak[$1, n] = $6 / 1024; size[$1] = $7 }
        END {
            print "| what | runs | wall s: min, median, max | CPU s, median | peak MiB: median, max | MB written |"
            print "|---|---|---|---|---|---|"
            for (k = 1; k <= kinds; k++) {
                what = order[k]; n = runs[what]
                for (i = 1; i <= n; i++) { w[i] = wall[what, i]; c[i] = cpu[what, i]; p[i] = peak[what, i] }
                m = middle(w, n); cm = middle(c, n); pm = middle(p, n)
                printf "| %s | %d | %.1f, %.1f, %.1f | %.1f | %.0f, %.0f | %s |\n", what, n, w[1], m, w[n], cm, pm, p[n], size[what] == "-" ? "" : sprintf("%.0f", size[what] / 1e6)
            }
        }' "$samples"
}
