#!/bin/bash
# Several logs as one: rows and events of each, under the name of its host, in the order of time.
#   test_logs.sh TCPLENS
set -u
tcplens=$1
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/cli/expect.sh
. "$here/expect.sh"

says() {
    grep -qF -- "$1" "$work/$2" || fail "no \"$1\": $(cat "$work/$2")"
}

for seed in 1 2; do
    "$tcplens" record --demo "$seed,20" -i 0.1 --for 1 -o "$work/whole.jsonl" 2>"$work/err" ||
        fail "record: $(cat "$work/err")"
    # Ages count to the last frame of all: both end at the same time, however many there are.
    awk '{ print } /^{"ev":"frame"/ && ++frames == 5 { exit }' "$work/whole.jsonl" >"$work/$seed.jsonl"
    rm "$work/whole.jsonl"
done
both=(--from "$work/1.jsonl" --from "$work/2.jsonl")

columns=state,local,remote,netns,cookie,inode,user,pid,proc,unit,recvq,sendq,in_bytes,out_bytes,rtt,retrans,state_age
for seed in 1 2; do
    "$tcplens" list --csv --columns "$columns" --from "$work/$seed.jsonl" | tail -n +2
done | sort >"$work/each"
expect 0 "$tcplens" list --csv --columns "$columns" "${both[@]}"
tail -n +2 "$work/out" | sort >"$work/all"
cmp -s "$work/each" "$work/all" || fail "other rows: $(diff "$work/each" "$work/all" | head -5)"
expect 0 "$tcplens" list "${both[@]}"
says 'HOST' out
expect 0 "$tcplens" list --csv "${both[@]}"
[[ $(head -n 1 "$work/out") = host,* ]] || fail "list --csv without the host: $(head -n 1 "$work/out")"
[ "$(tail -n +2 "$work/out" | cut -d, -f1 | sort -u | grep -c .)" = 2 ] || fail "list --csv names not two hosts"
expect 0 "$tcplens" list --json "${both[@]}" 'host 2.jsonl'
grep -v '"host":"2.jsonl"' "$work/out" && fail "rows of another host"

for seed in 1 2; do
    "$tcplens" events --json --skip all --from "$work/$seed.jsonl"
done | wc -l >"$work/each"
expect 0 "$tcplens" events --json --skip all "${both[@]}"
[ "$(wc -l <"$work/out")" = "$(cat "$work/each")" ] || fail "$(wc -l <"$work/out") events, not $(cat "$work/each")"
grep -v '"host":"' "$work/out" && fail "events without their host"
sed 's/.*"t":"\([^"]*\)".*/\1/' "$work/out" >"$work/times"
sort -c "$work/times" || fail "events are not in the order of time"
expect 0 "$tcplens" events --csv --skip all "${both[@]}"
head -n 1 "$work/out" | grep -q ',host,clock_error_ms$' || fail "events --csv without the host: $(head -n 1 "$work/out")"
[ "$(tail -n +2 "$work/out" | sed 's/,[^,]*$//; s/.*,//' | sort -u | grep -c .)" = 2 ] || fail "events --csv names not two hosts"

# A gap is of one of them.
awk '{ print } /^{"ev":"frame"/ && ++frames == 2 {
        match($0, /"t":"[^"]*"/)
        print "{\"ev\":\"gap\"," substr($0, RSTART, RLENGTH) ",\"of\":\"events\",\"count\":12,\"reason\":\"host lost: test\"}"
    }' "$work/2.jsonl" >"$work/gap.jsonl"
expect 0 "$tcplens" events --from "$work/1.jsonl" --from "$work/gap.jsonl"
grep -Eq '! lost +gap.jsonl +at least 12 events \(host lost: test\)$' "$work/out" || fail "whose gap: $(grep lost "$work/out")"
expect 0 "$tcplens" events --json --from "$work/1.jsonl" --from "$work/gap.jsonl"
grep -q '"ev":"gap".*"host":"gap.jsonl","count":12' "$work/out" || fail "whose gap: $(grep gap "$work/out")"

"$tcplens" doctor "${both[@]}" >"$work/out" 2>"$work/err"
says '2.jsonl: accept queue of :8080 is full' out
expect 0 "$tcplens" map "${both[@]}"
says ' at 2.jsonl :443' out

expect 1 "$tcplens" list --from "$work/1.jsonl" --from "$work/none"
says 'No such file' err
expect 0 "$tcplens" events "${both[@]}"
cp "$work/out" "$work/all"
expect 0 "$tcplens" events "${both[@]}" --at 2026-11-22T12:16:20.25Z
[ -s "$work/out" ] && [ "$(wc -l <"$work/out")" -lt "$(wc -l <"$work/all")" ] || fail '--at of several logs does not go there'
expect 0 "$tcplens" list "${both[@]}" --when 'port 443'
says ':443' out
expect 2 "$tcplens" list "${both[@]}" --at nonsense
head -c 2000 "$work/2.jsonl" >"$work/torn.jsonl"
expect 3 "$tcplens" events --from "$work/1.jsonl" --from "$work/torn.jsonl"
says 'torn.jsonl' err
exit "$failures"
