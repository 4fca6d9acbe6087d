#!/bin/bash
# Where programs may be loaded into the kernel, the limit of locked memory is lifted as far as it may be, and nowhere else:
# kernels before 5.11 count such programs against it.
#   test_memory_lock.sh TCPLENS
set -u
tcplens=$1
# shellcheck source=tests/cli/wait.sh
. "$(dirname "$0")/wait.sh"
[ "$(id -u)" = 0 ] || { echo "loads no programs: needs root"; exit 77; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failed=0

# limit_of EVENTS: its soft limit, as kB or "unlimited", when 64 kB were given.
limit_of() {
    rm -f "$work/log.jsonl"
    (ulimit -S -l 64 && exec "$tcplens" record --demo 7 -i 3600 --events "$1" -o "$work/log.jsonl" 2>/dev/null) &
    local pid=$!
    wait_until test -s "$work/log.jsonl"
    prlimit --pid "$pid" --memlock -o SOFT --noheadings --raw
    kill "$pid"
    wait "$pid"
}

hard=$(prlimit --memlock -o HARD --noheadings --raw)
found=$(limit_of auto)
[ "$found" = unlimited ] || [ "$found" = "$hard" ] || { echo "FAILED: auto: $found, not $hard"; failed=1; }
found=$(limit_of none)
[ "$found" = 65536 ] || { echo "FAILED: none: $found, not 65536"; failed=1; }
exit $failed
