#!/bin/bash
# tcplens summary: one screen about a log, its exit codes, and what it says of a log that is not whole.
#   test_summary.sh TCPLENS
set -u
tcplens=$1
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/cli/expect.sh
. "$here/expect.sh"
# shellcheck source=tests/cli/wait.sh
. "$here/wait.sh"

# says TEXT: a line begins so.
says() {
    grep -q -- "^$1" "$work/out" || fail "no line \"$1\": $(cat "$work/out")"
}

expect 2 "$tcplens" summary
expect_error 'summary: name a log'
expect_error 'cat FILE... | tcplens summary -'
expect 1 "$tcplens" summary "$work/none"
expect_error 'No such file'
: >"$work/empty"
expect 1 "$tcplens" summary "$work/empty"
expect_error 'it has no frame and no event'

# From the 22nd second of the staged outage on: the queue fills at 25.1.
log=$work/log.jsonl
frames() { [ -e "$log" ] && [ "$(grep -c '"ev":"frame"' "$log")" -ge "$1" ]; }
"$tcplens" record --demo incident,22 -i 0.1 -o "$log" 2>"$work/err" &
pid=$!
wait_until frames 45
kill "$pid"
wait "$pid" || [ $? -eq 3 ] || fail "record: $(cat "$work/err")"
expect 0 env TZ=UTC "$tcplens" summary "$log"
says 'CONNECTIONS .* LEAST  WHEN .* MOST  WHEN .* LAST$'
says 'ESTABLISHED '
says 'opened most  *[0-9]*  '
says 'retransmitted  none$'
says 'accept queues  :8080 (java\[2210\]) 51/50, full 0:0[12] from 12:16:4[45], [0-9]* dropped$'
says '12:16:4[45]  *0:0[0-9]  [a-z]*  *accept queue of :8080 is full'
says '[0-9]* findings* by [0-9]* of [0-9]* detectors; all of it:$'
says "  tcplens doctor --from $log\$" # whole, to be copied
ln -s "$log" "$work/of Ann's day.jsonl.zst"
expect 0 "$tcplens" summary "$work/of Ann's day.jsonl.zst"
eval "$tcplens $(sed -n 's/^  tcplens //p' "$work/out") --json" >"$work/copied" 2>"$work/err" || [ $? -lt 3 ] ||
    fail "what it says to run does not run: $(cat "$work/out" "$work/err")"
expect 0 env TZ=UTC "$tcplens" summary "$log"
[ "$(wc -l <"$work/out")" -le 23 ] || fail "more than a screen: $(wc -l <"$work/out") lines"
awk 'length($0) > 82 && !/^  tcplens doctor/ { exit 1 }' "$work/out" || fail "wider than a screen: $(cat "$work/out")"
expect 0 "$tcplens" summary --ascii "$log"
LC_ALL=C grep -q '[^ -~]' "$work/out" && fail "more than ASCII: $(cat "$work/out")"

expect 0 "$tcplens" summary --json "$log"
[ "$(wc -l <"$work/out")" -eq 1 ] || fail "not one object"
if command -v python3 >/dev/null; then
    python3 - "$work/out" <<'PYTHON' || fail "the JSON is not what it should be"
import json, sys
report = json.load(open(sys.argv[1]))
assert report["listeners"][0]["accept_queue"] == 51 and report["listeners"][0]["lport"] == 8080
assert report["states"]["all"]["most"] >= report["states"]["all"]["least"] > 0
assert {finding["finding"] for finding in report["findings"]} >= {"accept-queue-full", "accept-wait"}
assert report["opened"] >= sum(place["opened"] for place in report["openers"]) > 40
PYTHON
fi

# Several: each as if it were alone, and a line of all.
recorded "$tcplens" record --demo 3,20 -i 0.1 --for 1 -o "$work/other.jsonl"
expect 0 "$tcplens" summary --json "$log"
cp "$work/out" "$work/each"
expect 0 "$tcplens" summary --json "$work/other.jsonl"
cat "$work/out" >>"$work/each"
expect 0 "$tcplens" summary --json "$log" "$work/other.jsonl"
head -n 2 "$work/out" | cmp -s - "$work/each" || fail "the logs are not summed up as alone"
sum=$(($(sed 's/.*"opened":\([0-9]*\),"changed".*/\1/' "$work/each" | paste -sd+)))
tail -n 1 "$work/out" | grep -q "^{\"logs\":2,.*\"opened\":$sum,.*}\$" || fail "not opened $sum: $(tail -n 1 "$work/out")"
expect 0 "$tcplens" summary "$log" "$work/other.jsonl"
says 'all 2 logs: '
says "$sum opened, "
expect 3 "$tcplens" summary "$log" "$work/none"
says 'all 1 log: '

# As doctor and events have it: what was damaged is said, and the code is 3.
head -c $(($(wc -c <"$log") - 30)) "$log" >"$work/torn.jsonl"
expect 3 "$tcplens" summary "$work/torn.jsonl"
expect_error 'log is truncated'
says 'CONNECTIONS '
expect 3 "$tcplens" summary --json "$work/torn.jsonl"
grep -q '"fault":"log is truncated' "$work/out" || fail "the JSON does not say that the log is damaged"

# Its events alone, and several parts in a pipe.
grep -v '"ev":"frame"' "$log" >"$work/events.jsonl"
expect 0 "$tcplens" summary "$work/events.jsonl"
says '[0-9]* opened, [0-9]* closed$'
mkdir "$work/parts"
recorded "$tcplens" record --demo 7,200 -i 0.1 --for 3 --rotate 200k --keep 99 -o "$work/parts/log.jsonl"
frames=$(sed -n 's/.*record: \([0-9]*\) frames.*/\1/p' "$work/err")
[ "$(find "$work/parts" -type f | wc -l)" -gt 1 ] || fail "it was not rotated"
cat "$work/parts"/log-*.jsonl "$work/parts/log.jsonl" | "$tcplens" summary - >"$work/out" 2>"$work/err" ||
    fail "a pipe of parts: $(cat "$work/err")"
says ".* to .*, $frames frames\$"

# The same parts by name, or by their folder, are one log, as in the pipe.
same() { sed 's/^{"log":"[^"]*",\("parts":[0-9]*,\)\?//' "$1"; }
parts=$(find "$work/parts" -type f | wc -l)
cat "$work/parts"/log-*.jsonl "$work/parts/log.jsonl" | "$tcplens" summary --json - >"$work/piped" 2>"$work/err"
for what in "$work/parts" "$work/parts/log-*.jsonl $work/parts/log.jsonl"; do
    # shellcheck disable=SC2086 # a pattern
    expect 0 "$tcplens" summary --json $what
    grep -q "^{\"log\":\"$work/parts/log.jsonl\",\"parts\":$parts," "$work/out" || fail "$what: not $parts parts: $(cut -c1-200 "$work/out")"
    cmp -s <(same "$work/piped") <(same "$work/out") || fail "$what: $(diff <(same "$work/piped") <(same "$work/out"))"
    # shellcheck disable=SC2086
    expect 0 "$tcplens" summary $what
    says ".* to .*, $frames frames, $parts parts\$"
    says "  tcplens doctor --from $work/parts/log-[^ ]*.jsonl \\\\\$"
    says "    --from $work/parts/log.jsonl\$"
    [ "$(grep -c -- '--from' "$work/out")" -eq "$parts" ] || fail "not each part in its line: $(cat "$work/out")"
done
# One after the other, not parts of each other.
expect 0 "$tcplens" summary --json "$work/parts/log.jsonl" "$work"/parts/log-*.jsonl
grep -q '^{"logs":2,' "$work/out" || fail "a log, and older parts behind it: $(cut -c1-100 "$work/out")"

for tool in unshare python3 ip ss; do
    command -v "$tool" >/dev/null || { echo "no $tool here: the kernel's part is not tried"; exit $((failures > 0)); }
done
if ! unshare --net true 2>/dev/null; then
    echo "no network namespace may be made here: the kernel's part is not tried"
    exit $((failures > 0))
fi
# A real queue that is full.
recorded unshare --net "$here/doctor_scene.py" "$tcplens" record -i 0.2 --for 2 -o "$work/live.jsonl.zst"
expect 0 "$tcplens" summary "$work/live.jsonl.zst"
says 'accept queues  :8080 (.*) 9/8, full 0:0[0-9] from '
grep -q ' accept queue of :8080 is full (9, backlog 8)' "$work/out" || fail "no finding: $(cat "$work/out")"

exit $((failures > 0))
