#!/bin/bash
# Findings among the events, live and of a log; what is recorded, and what is detected again where a log has no such lines.
#   test_event_findings.sh TCPLENS
set -u
tcplens=$1
# shellcheck source=tests/cli/expect.sh
. "$(dirname "$0")/expect.sh"
log=$work/log.jsonl

has() { grep -q -- "$1" "$work/out" || fail "no \"$1\" in: $(grep -m 5 -E '! |finding' "$work/out")"; }
finding=' ! [a-z]*  *\(info\|warning\|critical\) ' # a gap has its ! too, on a busy machine
has_not() { ! grep -q -- "$1" "$work/out" || fail "\"$1\" is in: $(grep -m 1 -- "$1" "$work/out")"; }

# Clients of the staged outage wait from its 20th second on, and the queue is full in the 25th.
recorded "$tcplens" record --demo incident,23 -i 0.1 --for 3 -o "$log"
head -n 1 "$log" | grep -q '"findings":true' || fail "the head does not say that there are findings"
grep -q '"ev":"finding".*"step":"begin".*"finding":"accept-queue-full"' "$log" || fail "no line where the queue is full"
tail -n 1 "$log" | grep -q '"step":"stop"' || fail "what holds at the end is not said"

expect 0 "$tcplens" events --from "$log"
has '! found   warning   accept queue of :8080 is full (51, backlog 50).*: java has not accepted for [0-9]* s'
has '! holds   warning   accept queue of :8080 is full'
[ ! -s "$work/err" ] || fail "said beside: $(cat "$work/err")"
expect 0 "$tcplens" events --from "$log" --json
has '^{"ev":"finding","t":"2026-11-22T12:16:4[45].*"finding":"accept-queue-full","severity":"warning"'
expect 0 "$tcplens" events --from "$log" --csv
has '^t,ev,.*,finding,step,severity,since,ended,title,'
has ',finding,,,inet,10.0.0.5,8080,,,2210,java,,,,,,,,,4026531840,,,,web.service,,,,,,,accept-queue-full,begin,warning,2026-'
awk -F, 'NR == 1 { n = NF } $2 == "open" && NF != n { exit 1 }' "$work/out" || fail "another number of cells in events"

# A filter leaves findings of other rows out, --skip all of them.
expect 0 "$tcplens" events --from "$log" sport = :8080
has '! found .* accept queue of :8080'
expect 0 "$tcplens" events --from "$log" sport = :443
has_not "$finding"
expect 0 "$tcplens" events --from "$log" --skip all
has_not "$finding"

# A log without such lines, and thresholds of one's own: this program looks, and says so once.
grep -v '"ev":"finding"' "$log" | sed 's/,"findings":true//' >"$work/old.jsonl"
expect 0 "$tcplens" events --from "$work/old.jsonl"
has '! found   warning   accept queue of :8080 is full'
[ "$(grep -c 'findings are those of this tcplens over its frames' "$work/err")" = 1 ] || fail "not said: $(cat "$work/err")"
expect 0 "$tcplens" events --from "$log" --only accept-wait --set accept-wait.warn=3 --set accept-wait.critical=4
has '! change  critical  [0-9]* clients of :8080 wait for accept()'
has '! holds   critical  [0-9]* clients of :8080 wait for accept()'
has_not 'accept queue of'

# Live.
expect 0 "$tcplens" events --demo incident,24 -i 0.1 --for 2 --json
has '^{"ev":"finding",.*"step":"begin".*"finding":"accept-queue-full"'
recorded "$tcplens" record --demo incident,24 -i 0.1 --for 0.5 -o "$work/none.jsonl" --skip all
! grep -qE '"ev":"finding"|"findings":true' "$work/none.jsonl" || fail "findings although none were wanted"
# The settings file: a limit of it holds, the command line beats it, what is wrong in it is said and ends nothing.
export XDG_CONFIG_HOME=$work
mkdir -p "$work/tcplens"
printf '[screen]\ntheme = none\n[findings]\naccept-wait.warn = 4\nonly = accept-wait\n' >"$work/tcplens/config"
chmod 600 "$work/tcplens/config"
expect 0 "$tcplens" events --from "$work/old.jsonl"
has '! found   warning   4[0-9] clients of :8080 wait for accept(),'
has_not 'accept queue of'
expect 0 "$tcplens" events --from "$work/old.jsonl" --set accept-wait.warn=1
has '! found   warning   3[0-9] clients of :8080 wait for accept(),'
! grep -q theme "$work/err" || fail "what does not concern it is said: $(cat "$work/err")"
printf '[findings]\naccept-wait.wrn = 4\n' >"$work/tcplens/config"
expect 0 "$tcplens" events --from "$work/old.jsonl"
grep -qF 'config:2: accept-wait has no limit "wrn", but warn, critical' "$work/err" || fail "settings: $(cat "$work/err")"
rm "$work/tcplens/config"

for command in events 'record -o -'; do
    # shellcheck disable=SC2086 # command and options
    expect 2 "$tcplens" $command --demo 1 --for 1 --set accept-wait.wrn=1
    grep -qF 'accept-wait has no limit "wrn", but warn, critical' "$work/err" || fail "$command: $(cat "$work/err")"
    expect 2 "$tcplens" ${command%% *} --demo 1 --for 1 --only accept-wit
    grep -qF 'did you mean accept-wait?' "$work/err" || fail "$command: $(cat "$work/err")"
done

exit $((failures > 0))
