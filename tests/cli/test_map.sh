#!/bin/bash
# tcplens map: who talks to whom, in each form, from the demo and from a log, and what it refuses.
#   test_map.sh TCPLENS
set -u
tcplens=$1
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/cli/expect.sh
. "$here/expect.sh"

says() {
    grep -qF -- "$1" "$work/out" || fail "no \"$1\": $(cat "$work/out")"
}

expect 0 "$tcplens" map --demo 7 --ascii
says '198.51.100.77'
says '`> web.service :8080  2 connections'
says '! web.service: warning: accept queue of :8080 is full'
LC_ALL=C grep -q '[^ -~]' "$work/out" && fail "not ASCII: $(cat "$work/out")"
expect 0 "$tcplens" map --demo 7 --by process
says 'java :8080'
grep -qF 'web.service' "$work/out" && fail "by process, and units are named"

expect 0 "$tcplens" map --demo 7 --json
if command -v jq >/dev/null; then
    edges=$(jq -s '[.[] | select(.map == "edge")] | length' "$work/out")
    ends=$(jq -s '(map(select(.map == "node") | .id)) as $ids | [.[] | select(.map == "edge") |
        select((.from | IN($ids[])) and (.to | IN($ids[])))] | length' "$work/out")
    [ "$edges" -gt 10 ] || fail "$edges edges"
    [ "$edges" = "$ends" ] || fail "$edges edges, $ends of them between nodes"
fi
expect 0 "$tcplens" map --demo 7 --dot
says 'digraph tcplens {'
if command -v dot >/dev/null; then
    dot -Tsvg -o "$work/map.svg" "$work/out" || fail "dot cannot read it"
fi
expect 0 "$tcplens" map --demo 7 --mermaid
says 'flowchart LR'

"$tcplens" record --demo 7 --for 1.2 -i 0.1 -o "$work/log.jsonl" 2>"$work/err" || fail "record: $(cat "$work/err")"
expect 0 "$tcplens" map --from "$work/log.jsonl" 'port 8080'
says 'web.service :8080'
grep -qF ':443' "$work/out" && fail "the filter leaves port 443: $(cat "$work/out")"
expect 1 "$tcplens" map --from "$work/none"
expect 2 "$tcplens" map --by colour --demo 7
grep -qF 'say unit, process, container, pod or host' "$work/err" || fail "$(cat "$work/err")"
expect 2 "$tcplens" list --dot
exit "$failures"
