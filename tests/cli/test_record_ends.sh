#!/bin/bash
# How a recording ends: 0 where everything is in the log, also by TERM and INT; 3 where frames were lost, and how many; and
# what goes on in between.
#   test_record_ends.sh TCPLENS
set -u
tcplens=$1
# shellcheck source=tests/cli/wait.sh
. "$(dirname "$0")/wait.sh"
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failed=0

fail() {
    echo "FAILED: $*: $(cat err)"
    failed=1
}

frames() { [ -e "$1" ] && [ "$(grep -c '"ev":"frame"' "$1")" -ge "$2" ]; }

# start ARGUMENT...: a recording; INT and QUIT reach it although it runs in the background.
start() {
    env --default-signal=INT,QUIT "$tcplens" record --demo 7 -i 0.1 "$@" 2>err &
    pid=$!
}

# ends CODE WORDS: the exit code, and what the summary says.
ends() {
    wait "$pid"
    local code=$?
    [ "$code" = "$1" ] || fail "exit code $code, not $1"
    grep -q -- "$2" err || fail "the summary does not say \"$2\""
}

for signal in TERM INT; do
    rm -f log.jsonl
    start -o log.jsonl
    wait_until frames log.jsonl 2
    kill -s "$signal" "$pid"
    ends 0 ' frames, .* [kM]*B in log.jsonl$'
    # Behind the last frame there is at most what holds when it stops.
    grep -v '"step":"stop"' log.jsonl | tail -n 1 | grep -q '^{"ev":"frame".*}$' && tail -n 1 log.jsonl | grep -q '}$' ||
        fail "$signal: the log ends within a frame"
done
# However short --for is, and however long a first frame takes: there is one.
rm -f log.jsonl
start --for 0.001 -o log.jsonl
ends 0 'record: [1-9][0-9]* frames, .*B in log.jsonl$'
grep -q '^{"ev":"frame"' log.jsonl || fail "the shortest recording has no frame"
"$tcplens" record --for 0.001 -o live.jsonl 2>err && grep -q '^{"ev":"frame"' live.jsonl || fail "of the kernel"
"$tcplens" metrics --for 0.001 >out 2>err && grep -q '^tcplens_' out || fail "the shortest reading of metrics"
"$tcplens" doctor --for 0.001 >out 2>err
[ $? -le 2 ] && grep -q '^checked [1-9]' out || fail "the shortest look of doctor: $(cat out)"
"$tcplens" map --for 0.001 >out 2>err || fail "the shortest look of map"

env --default-signal=INT "$tcplens" events --demo 7 -i 0.1 >events 2>err &
pid=$!
wait_until test -s events
kill -s INT "$pid"
wait "$pid" || fail "events ended by INT: exit code $?"

# QUIT is not how a recording is ended.
rm -f log.jsonl
start -o log.jsonl
wait_until frames log.jsonl 1
kill -s QUIT "$pid"
ends 131 ' frames'

# No room from the first frame to the last.
start -o - --for 1 >/dev/full
ends 3 ': 0 frames, .*; missed [1-9][0-9]* frames, .*; at the end: -: No space left on device$'

# Removed while it is written: the frames in it are lost, and a new log is begun.
rm -f log.jsonl
start -o log.jsonl
wait_until frames log.jsonl 3
rm log.jsonl
wait_until frames log.jsonl 3
kill "$pid"
ends 3 '; missed [1-9][0-9]* frames'
grep -q 'log.jsonl: was removed, and [1-9][0-9]* frames with it; a new one is written$' err || fail "removed"
grep -q '"ev":"gap".*"of":"frames".*"reason":"log file removed"' log.jsonl || fail "no gap line"

# Removed, and nothing was written after that.
rm -f log.jsonl
start -o log.jsonl -i 3600
wait_until frames log.jsonl 1
rm log.jsonl
kill "$pid"
ends 3 ': 0 frames, .*; missed 1 frames, .*; at the end: log.jsonl: was removed$'

# Truncated by logrotate's copytruncate: what follows can be read on its own.
rm -f log.jsonl
start -o log.jsonl
wait_until frames log.jsonl 3
cp log.jsonl copy.jsonl
: >log.jsonl
wait_until frames log.jsonl 3
kill "$pid"
ends 0 ' frames'
grep -q 'log.jsonl: was truncated by another program' err || fail "truncated"
for log in log copy; do
    "$tcplens" list --from $log.jsonl >/dev/null 2>err || fail "$log.jsonl"
done

exit $failed
