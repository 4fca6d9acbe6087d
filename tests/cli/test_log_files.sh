#!/bin/bash
# Logs as archives and accidents leave them: read, or refused in words that say what to do; and what has no end or does not
# come ends with the first signal.
#   test_log_files.sh TCPLENS
set -u
tcplens=$1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failed=0

# expect CODE WORDS ARGUMENT...: exit code, and what is on stderr ("" = nothing).
expect() {
    local want=$1 words=$2 code
    shift 2
    timeout 20 "$tcplens" "$@" >out 2>err </dev/null
    code=$?
    if [ "$code" != "$want" ] || { [ -z "$words" ] && [ -s err ]; } || ! grep -q -- "$words" <(cat err; echo); then
        echo "FAILED: $*: exit code $code, not $want, or not \"$words\": $(cat err)"
        failed=1
    fi
}

"$tcplens" record --demo 7 -i 0.1 --for 1 -o log.jsonl 2>/dev/null
case $? in 0 | 3) ;; *) exit 1 ;; esac # 3: frames were missed, on a busy machine
"$tcplens" list --from log.jsonl >rows
events=$("$tcplens" events --from log.jsonl --skip all | wc -l)
lines=$(grep -n '^{"ev":"frame"' log.jsonl | tail -n 1 | cut -d: -f1) # behind it: what holds at the end

# Read as if nothing had been done to them.
reads_as_log() {
    expect 0 '' list --from "$1"
    cmp -s rows out || { echo "FAILED: $1: other rows" && failed=1; }
    expect 0 '' events --from "$1" --skip all
    [ "$(wc -l <out)" = "$events" ] || { echo "FAILED: $1: not $events events" && failed=1; }
}
printf '\357\273\277' | cat - log.jsonl >mark.jsonl
reads_as_log mark.jsonl
if type zstd >/dev/null 2>&1; then
    zstd -q --ultra -20 <log.jsonl >twenty.zst
    zstd -q --long=27 <log.jsonl >long.zst
    reads_as_log twenty.zst
    reads_as_log long.zst
    head -c 300M /dev/zero | zstd -q --long=28 >wide.zst # of fewer bytes it would claim no such window
    expect 1 'zstd -dc --long=31 FILE' list --from wide.zst
else
    echo "zstd is missing: its archives are left out"
fi

# Named for what they are.
gzip -k log.jsonl
expect 1 'log.jsonl.gz: compressed with gzip.*zcat FILE' list --from log.jsonl.gz
expect 1 'log.jsonl.gz: compressed with gzip.*zcat FILE' events --from log.jsonl.gz
printf '\3757zXZ\0more' >log.xz
expect 1 'compressed with xz.*xzcat FILE' events --from log.xz
echo hello >text
expect 1 'text: not a session log that this tcplens reads: its first line: not a JSON object' list --from text
expect 1 'text: not a session log' events --from text
head -c 5000 /dev/zero | cat - log.jsonl >nul.jsonl
expect 1 'it begins with NUL bytes: it was truncated while a recorder wrote it' list --from nul.jsonl
expect 1 '/dev/zero: a device' events --from /dev/zero
expect 1 '/dev/null: a device' list --from /dev/null
mkdir folder
expect 1 'no session log (.jsonl, .jsonl.zst) is in it' list --from folder
: >empty
expect 1 'empty: it has no frame and no event' events --from empty
expect 1 'empty: it has no whole frame' list --from empty

(read -rt 0.3 <><(:); echo no log) | timeout 20 "$tcplens" list --from - >out 2>err
[ "${PIPESTATUS[1]}" = 1 ] && grep -q '^tcplens: -: not a session log that this tcplens reads: its first line' err ||
    { echo "FAILED: text in a pipe: $(cat err)" && failed=1; }

# Filtered to its events, as grep or jq do it.
grep -E '"ev":"(head|open|state|close)"' log.jsonl >events.jsonl
expect 0 '' events --from events.jsonl
[ "$(wc -l <out)" = "$events" ] || { echo "FAILED: $(wc -l <out) events, not $events" && failed=1; }
expect 0 '' events --from events.jsonl state time-wait
[ "$(wc -l <out)" -gt 0 ] && [ "$(wc -l <out)" -lt "$events" ] || { echo "FAILED: not filtered" && failed=1; }
unnumbered=$(sed 's/,"seq":[0-9]*//' events.jsonl) # as logs were before 1.3
behind_head=${unnumbered#*$'\n'}
{ head -n 1 <<<"$unnumbered"; for i in {1..2000}; do echo "$behind_head"; done; } >many.jsonl
expect 0 '' events --from many.jsonl
[ "$(wc -l <out)" = $((2000 * events)) ] || { echo "FAILED: $(wc -l <out) of $((2000 * events)) events" && failed=1; }
grep -E '"ev":"(open|state|close)"' log.jsonl >headless.jsonl
expect 1 'its first line is no head line (keep that when you filter a log)' events --from headless.jsonl

# A second file is no filter; --at outside the log is said.
expect 2 '"events.jsonl" is a file too' list --from log.jsonl events.jsonl
# Several logs come frame by frame: one without frames is not left out in silence, one twice not doubled.
expect 3 'events.jsonl: no frame is in it: read it by itself' events --from log.jsonl --from events.jsonl --skip all
expect 1 'log.jsonl: named twice' events --from log.jsonl --from ./log.jsonl
expect 0 '' list --from log.jsonl --at -0.3s
first=$(grep -m 1 -o '"ev":"frame","t":"[^"]*' log.jsonl | cut -d'"' -f8)
expect 0 '' list --from log.jsonl --at "$(date -d "$first" -Ins)"
expect 3 'is before the first frame of the log, 20' list --from log.jsonl --at 2001-01-01T00:00:00+02:00
expect 3 'is after the last frame of the log, 20' list --from log.jsonl --at @4000000000
[ -s out ] || { echo "FAILED: no rows at the end" && failed=1; }
expect 3 'is after the last frame of the log, 20' events --from log.jsonl --at @4000000000
expect 3 'is before the first frame of the log, 20' events --from log.jsonl --at @1.5 --skip all
[ "$(wc -l <out)" = "$events" ] || { echo "FAILED: not all events from the first frame on" && failed=1; }
expect 2 '--at: "noon": a time was expected' list --from log.jsonl --at noon

# Torn: what came before is there, and both commands say it.
head -c -3 log.jsonl >torn.jsonl
expect 3 'torn.jsonl: log is truncated; everything before that was read' list --from torn.jsonl
expect 3 'torn.jsonl: log is truncated; everything before that was read' events --from torn.jsonl
head -n $((lines - 1)) log.jsonl >unframed.jsonl
expect 3 'unframed.jsonl: log is truncated' list --from unframed.jsonl

# Lines that are missing, come again or stand in another order are named by their numbers.
middle=$(grep -n -m 9 '"ev":"sample"' log.jsonl | sed -n '9s/:.*//p')
seq=$(sed -n "${middle}p" log.jsonl | sed 's/.*"seq":\([0-9]*\).*/\1/')
sed "${middle}d" log.jsonl >missing.jsonl
expect 3 "missing.jsonl: a line is missing (seq $seq)$" events --from missing.jsonl --skip all
[ "$(wc -l <out)" = "$events" ] || { echo "FAILED: not all events of a log that lacks a line" && failed=1; }
sed "${middle}p" log.jsonl >again.jsonl
expect 3 "again.jsonl: a line is repeated (seq $seq)$" events --from again.jsonl --skip all
[ "$(wc -l <out)" = "$events" ] || { echo "FAILED: other events in a log with a line twice" && failed=1; }
open=$(grep -n -m 1 '"ev":"open"' log.jsonl | cut -d: -f1)
sed "${open}p" log.jsonl >again.jsonl
expect 3 'again.jsonl: a line is repeated' events --from again.jsonl --skip all
[ "$(wc -l <out)" = "$events" ] || { echo "FAILED: an event that stands twice in the log was printed twice" && failed=1; }
awk -v first="$middle" 'NR >= first && NR < first + 5 { next } 1' log.jsonl >missing.jsonl
expect 3 "log: lines are missing (seq $seq to $((seq + 4)))$" list --from missing.jsonl --at -0s
cat log.jsonl log.jsonl >twice.jsonl
expect 3 'twice.jsonl: out of order: seq 1 follows seq [0-9]*$' events --from twice.jsonl --skip all
sed 's/,"seq":[0-9]*//' log.jsonl >old.jsonl
expect 0 '' events --from old.jsonl --skip all
[ "$(wc -l <out)" = "$events" ] || { echo "FAILED: not all events of a log without numbers" && failed=1; }
grep -v '"ev":"finding"' log.jsonl >findingless.jsonl
expect 0 '' events --from findingless.jsonl --skip all

# Nothing that ends: a hole of zeros, a stream of them, lines that are none.
truncate -s 100G hole
expect 1 'hole: ' list --from hole
expect 1 'hole: ' events --from hole
"$tcplens" list --from - </dev/zero >out 2>err
grep -q 'a device' err || { echo "FAILED: standard input: $(cat err)" && failed=1; }
head -c 1G /dev/zero | timeout 20 "$tcplens" events --from - >out 2>err
[ "${PIPESTATUS[1]}" = 1 ] && grep -q 'no end of a line in 256 MiB' err ||
    { echo "FAILED: zeros: $(cat err)" && failed=1; }

# ended_by SIGNAL CODE: $pid ends with it, within a second or two.
ended_by() {
    kill -s "$1" "$pid"
    for ((i = 0; i < 100; i++)); do
        kill -0 "$pid" 2>/dev/null || break
        read -rt 0.05 <><(:)
    done
    kill -9 "$pid" 2>/dev/null && echo "FAILED: ignores $1" && failed=1
    wait "$pid" 2>/dev/null
    code=$?
    [ "$code" = "$2" ] || { echo "FAILED: $1: exit code $code, not $2: $(cat err)" && failed=1; }
}

# takes_signals: $pid is tcplens, and has its own way with TERM (bit 14) by now.
takes_signals() {
    for ((i = 0; i < 200; i++)); do
        grep -q '^tcplens$' "/proc/$pid/comm" 2>/dev/null &&
            grep -q 'SigBlk:.*[4-7c-f]...$' "/proc/$pid/status" 2>/dev/null && return
        read -rt 0.05 <><(:)
    done
    echo "FAILED: does not start"
    failed=1
}

mkfifo fifo
head=$(head -n 1 <<<"$unnumbered")
for signal in TERM INT HUP; do
    exec 3<>fifo
    yes "$head" >fifo 2>/dev/null & # lines without end, and no frame
    writer=$!
    env --default-signal=INT "$tcplens" events --from fifo >out 2>err &
    pid=$!
    takes_signals
    [ $signal = HUP ] && code=129 || code=0 # a pipe is followed until TERM or INT
    ended_by $signal $code
    kill "$writer"
    wait "$writer" 2>/dev/null
    exec 3>&-
done

# A pipe that is not read blocks no command for good: it waits for room, and for a signal.
exec 3<>fifo
"$tcplens" events --from many.jsonl >fifo 2>err &
pid=$!
takes_signals
for ((i = 0; i < 200; i++)); do
    grep -q poll "/proc/$pid/wchan" 2>/dev/null && break
    read -rt 0.05 <><(:)
done
ended_by TERM 143
exec 3>&-

# A FIFO without a writer: list says that it waits, and reads what comes.
timeout 20 "$tcplens" list --from fifo >out 2>err &
pid=$!
for ((i = 0; i < 200; i++)); do
    grep -q 'fifo: nothing has been written to it yet: waiting' err && break
    read -rt 0.05 <><(:)
done
[ "$i" -lt 200 ] || { echo "FAILED: a FIFO without writer: $(cat err)" && failed=1; }
timeout 20 dd if=log.jsonl of=fifo conv=notrunc status=none
wait "$pid" || { echo "FAILED: list of a FIFO: exit code $?: $(cat err)" && failed=1; }
[ -s out ] || { echo "FAILED: no rows out of a FIFO" && failed=1; }

exit $failed
