#!/bin/bash
# list and events --when: the first frame of a log in which a row matches.
#   test_when.sh TCPLENS
set -u
tcplens=$1
# shellcheck source=tests/cli/expect.sh
. "$(dirname "$0")/expect.sh"
log=$work/log.jsonl.zst

# From the 24th second of the staged outage on, whose clients come every 100 ms from the 20th on.
recorded "$tcplens" record --demo incident,24 -i 0.1 --for 2 -o "$log"

expect 0 "$tcplens" list --from "$log" --when 'accept_queue > 45 and sport = :8080' --csv --columns accept_queue,backlog sport = :8080 and state listening
expect_error '--when: the frame of 2026-11-22T12:16:44.500000000Z'
[ "$(sed -n 2p "$work/out")" = 46,50 ] || fail "another frame: $(cat "$work/out")"
# What is searched for and what is shown are two filters, and --class belongs to the second.
expect 0 "$tcplens" list --from "$log" --when 'state listening and accept_queue > 45 and sport = :8080' --class connections --json
expect_error '--when: the frame of 2026-11-22T12:16:44.500000000Z'
grep -q '"state":"LISTEN"' "$work/out" && fail "listeners in the class of connections"
[ "$(wc -l <"$work/out")" -gt 40 ] || fail "rows are missing: $(wc -l <"$work/out")"
# From --at on: where it holds already it is the frame of that moment.
expect 0 "$tcplens" list --from "$log" --at 2026-11-22T12:16:45Z --when 'accept_queue > 45 and sport = :8080' --json sport = :8080
expect_error '--when: the frame of 2026-11-22T12:16:45.000000000Z'
expect 0 "$tcplens" events --from "$log" --when 'accept_queue > 45 and sport = :8080' --json
[ -s "$work/out" ] || fail "no events"
[ "$(jq -r .t "$work/out" 2>/dev/null | sort | head -n 1)" ">" 2026-11-22T12:16:44.4 ] || ! command -v jq >/dev/null ||
    fail "events of before: $(head -n 1 "$work/out")"

for command in list events; do
    expect 3 "$tcplens" "$command" --from "$log" --when 'accept_queue > 51'
    expect_error '--when: no row matches, from the frame of 2026-11-22T12:16:44.000000000Z on'
    [ ! -s "$work/out" ] || fail "$command: output without a match"
    expect 2 "$tcplens" "$command" --when 'state est'
    expect_error '--when: needs --from FILE'
    expect 2 "$tcplens" "$command" --from "$log" --when 'state nowhere'
    expect_error 'no state "nowhere"'
    expect 2 "$tcplens" "$command" --from "$log" --when autobound
    expect_error 'autobound'
    cat "$log" | "$tcplens" "$command" --from - --when 'state est' >"$work/out" 2>"$work/err"
    [ "${PIPESTATUS[1]}" -eq 1 ] || fail "$command: a pipe was searched"
    expect_error 'a pipe cannot be searched: give a file'
done

exit $((failures > 0))
