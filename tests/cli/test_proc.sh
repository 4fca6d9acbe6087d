#!/bin/bash
# tcplens list where /proc is not mounted, or another pid namespace's: the rows, one line on stderr, exit code 3.
#   test_proc.sh TCPLENS SCENE
set -u
tcplens=$1
scene=$2
if grep -q __asan_init "$tcplens"; then
    echo "skipped: AddressSanitizer needs a /proc of its own process"
    exit 77
fi
if ! unshare --mount --pid --fork --mount-proc true 2>/dev/null; then
    echo "skipped: no mount and pid namespaces can be made"
    exit 77
fi
[ "${3-}" = inside ] || exec unshare --mount "$scene" --unshare --pairs 2 --hold "$0" "$tcplens" "$scene" inside
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

# expect WHAT WORDS: the last list, in $work and $code, says so on stderr and has its rows.
expect() {
    [ "$code-$(wc -l <"$work/err")" = 3-1 ] && grep -q "^tcplens: $2" "$work/err" ||
        { echo "FAILED: $1: exit code $code: $(cat "$work/err")" && exit 1; }
    grep -q '"state":"LISTEN"' "$work/out" || { echo "FAILED: $1: no rows" && exit 1; }
    grep -q '"owner":"hidden"' "$work/out" && echo "FAILED: $1: hidden, which no permission would mend" && exit 1
    return 0
}

"$tcplens" list --json >"$work/out" 2>"$work/err"
code=$?
[ "$code" = 0 ] && grep -q '"comm":"scene"' "$work/out" ||
    { echo "FAILED: an ordinary /proc: exit code $code: $(cat "$work/err")" && exit 1; }

# An empty folder in its place.
mkdir "$work/empty"
unshare --mount sh -c 'mount --bind "$1/empty" /proc && exec "$0" list --json' "$tcplens" "$work" >"$work/out" 2>"$work/err"
code=$?
expect 'no /proc' '/proc is not mounted'
grep '"state":"LISTEN"' "$work/out" | grep -qv '"owner":"unknown"' && echo "FAILED: no /proc: owners" && exit 1

for command in events "record -o $work/log.jsonl"; do
    # shellcheck disable=SC2016,SC2086
    unshare --mount sh -c 'mount --bind "$1/empty" /proc && shift && exec "$0" "$@" --interval 0.2 --for 1.5' \
        "$tcplens" "$work" $command >"$work/out" 2>"$work/err"
    [ "$(grep -c '^tcplens: /proc is not mounted' "$work/err")" = 1 ] ||
        { echo "FAILED: $command without /proc: $(cat "$work/err")" && exit 1; }
done

# That of a namespace below ours, which does not show the scene: its sockets are not without a process.
unshare --mount sh -c '
    unshare --pid --fork --kill-child sh -c "mount -t proc proc /proc && echo >\$0/ready && exec sleep 60" "$1" &
    until [ -e "$1/ready" ]; do :; done
    "$0" list --json
    code=$?
    kill -KILL $! 2>/dev/null
    exit $code' "$tcplens" "$work" >"$work/out" 2>"$work/err"
code=$?
expect "a child's /proc" "/proc is another pid namespace's"
grep '"state":"LISTEN"' "$work/out" | grep -qv '"owner":"unseen"' && echo "FAILED: a child's /proc: owners" && exit 1

# That of the namespace above ours: it shows them, under its own numbers.
unshare --pid --fork "$tcplens" list --json >"$work/out" 2>"$work/err"
code=$?
expect "a parent's /proc" "/proc is another pid namespace's"
grep -q '"comm":"scene"' "$work/out" || { echo "FAILED: a parent's /proc: no owners" && exit 1; }
exit 0
