#!/bin/bash
# tcplens list: exit codes, messages, what goes to which descriptor.
#   test_list.sh TCPLENS
set -u
tcplens=$1
# shellcheck source=tests/cli/expect.sh
. "$(dirname "$0")/expect.sh"

expect_whole_error() {
    [ "$(cat "$work/err")" = "$1" ] || fail "stderr is \"$(cat "$work/err")\", not \"$1\""
    [ ! -s "$work/out" ] || fail "output beside the error: $(head -n 1 "$work/out")"
}

expect_silent() {
    [ ! -s "$work/err" ] || fail "stderr is not empty: $(cat "$work/err")"
}

# The requested columns are printed, and nothing else.
expect 0 "$tcplens" list --demo 7
expect_silent
head -n 1 "$work/out" | grep -q '^STATE  *RECVQ  *SENDQ  *LOCAL  *REMOTE  *PROCESS' ||
    fail "no title line: $(head -n 1 "$work/out")"
lines=$(wc -l <"$work/out")
expect 0 "$tcplens" list --demo 7 --json
[ "$(wc -l <"$work/out")" -eq $((lines - 1)) ] || fail "table and JSON have different rows"
expect 0 "$tcplens" list --demo 7 --csv --columns local,process,rtt
[ "$(head -n 1 "$work/out")" = laddr,lport,comm,owner,rtt_us ] || fail "CSV title is wrong"
[ "$(wc -l <"$work/out")" -eq "$lines" ] || fail "table and CSV have different rows"
expect 0 "$tcplens" list --demo 7 --csv 'state listen and port 22'
python3 - "$work/out" <<'EOF' || fail "no queues of a listener in CSV: $(cat "$work/out")"
import csv, sys
rows = list(csv.DictReader(open(sys.argv[1])))
sys.exit(not rows or any(row["accept_queue"] != "0" or row["backlog"] != "128" for row in rows))
EOF
expect 0 "$tcplens" list --demo 7,5000 --csv --columns serial # more rows than one thread writes
tail -n +2 "$work/out" | sort -n -u -c || fail "rows are out of order"
[ "$(wc -l <"$work/out")" -gt 4000 ] || fail "rows are lacking"
expect 0 "$tcplens" list --demo 7 --json --columns state,pid --sort -pid
grep -vqE '^\{"state":"[A-Z0-9-]+"(,"pid":[0-9]+)?\}$' "$work/out" && fail "other columns than asked for"
sort -s -c -t: -k3,3nr <(grep pid "$work/out") || fail "--sort -pid is not sorted"
expect 0 "$tcplens" list --demo 7 -4 --json
grep -q inet6 "$work/out" && fail "IPv6 rows under -4"
expect 0 "$tcplens" list --demo 7 -6 --json
grep -q '"inet"' "$work/out" && fail "IPv4 rows under -6"
expect 0 "$tcplens" list --demo 7 --class listeners --json
grep -vq '"state":"LISTEN"' "$work/out" && fail "--class listeners has others"
expect 0 "$tcplens" list --demo 7 --class connections --json
grep -q '"state":"LISTEN"' "$work/out" && fail "--class connections has listeners"
expect 0 "$tcplens" list --demo 7 --ascii
LC_ALL=C grep -q '[^ -~]' "$work/out" && fail "--ascii is not ASCII"
expect 0 "$tcplens" list --demo 7 --json state listening and sport = :443
grep -vq '"state":"LISTEN".*"lport":443' "$work/out" && fail "the filter lets others through"
[ -s "$work/out" ] || fail "the filter lets nothing through"
expect 0 "$tcplens" list --json
expect_silent

# Help and version.
expect 0 "$tcplens" --version
[ "$(cat "$work/out")" != "" ] || fail "--version is silent"
expect 0 "$tcplens" --help
for word in list --json --columns snd_ssthresh; do
    grep -q -e "$word" "$work/out" || fail "--help does not name $word"
done

# Errors are one line on stderr, with exit code 2; a filter is shown above it, with carets.
expect 2 "$tcplens" list --jsno
expect_whole_error 'tcplens: --jsno: unknown option (did you mean --json?)'
expect 2 "$tcplens" lst
expect_whole_error 'tcplens: "lst" is not a command; did you mean "list"? (to filter by it: tcplens top lst)'
expect 2 "$tcplens" list --columns foo
expect_whole_error 'tcplens: --columns: "foo": unknown column; --help names them'
expect 2 "$tcplens" list --demo 7 state nowhere
printf '%s\n' 'state nowhere' '      ^^^^^^^' >"$work/caret"
head -n 2 "$work/err" | cmp -s - "$work/caret" || fail "filter: no caret: $(cat "$work/err")"
sed 1,2d "$work/err" | grep -q '^tcplens: filter, character 7: ' || fail "filter: $(cat "$work/err")"
[ "$(wc -l <"$work/err")" -eq 3 ] || fail "filter: more than three lines"
filler=$(printf 'port 1 or %.0s' $(seq 60))
LC_ALL=C expect 2 "$tcplens" list "$filler prt = 2 or $filler port 2"
[ "$(sed -n 1p "$work/err" | wc -m)" -le 110 ] || fail "a long filter is shown as a whole"
sed -n 2p "$work/err" | grep -q '^ *^^^$' || fail "a long filter: $(cat "$work/err")"
at=$(sed -n 2p "$work/err" | tr -d '^\n' | wc -c)
[ "$(sed -n 1p "$work/err" | tail -c +$((at + 1)) | head -c 3)" = prt ] ||
    fail "the carets stand elsewhere: $(cat "$work/err")"
expect 2 "$tcplens" list --demo seven
expect_whole_error 'tcplens: --demo: "seven": SEED[,CONNECTIONS[,PERMILLE]] or incident[,SECONDS] was expected, e.g. 7,200,50'

# A full disk is an error, a reader that goes away is none.
for word in --help --version; do
    "$tcplens" "$word" >/dev/full 2>"$work/err"
    code=$?
    [ "$code" -eq 1 ] || fail "$word >/dev/full: exit code $code"
    [ "$(cat "$work/err")" = 'tcplens: standard output: No space left on device' ] ||
        fail "$word >/dev/full: $(cat "$work/err")"
done
"$tcplens" list --demo 7,3000 >/dev/full 2>"$work/err"
code=$?
[ "$code" -eq 1 ] || fail "/dev/full: exit code $code"
[ "$(cat "$work/err")" = 'tcplens: standard output: No space left on device' ] ||
    fail "/dev/full: $(cat "$work/err")"
"$tcplens" list --demo 7,3000 --json 2>"$work/err" | head -n 1 >/dev/null
code=${PIPESTATUS[0]}
[ "$code" -eq 0 ] || fail "closed pipe: exit code $code"
expect_silent
# What is closed stays so: no socket and no log of ours takes its number, to be written into.
for source in "--demo 7" ""; do
    # shellcheck disable=SC2086
    "$tcplens" list $source >&- 2>"$work/err"
    code=$?
    [ "$code" -eq 1 ] || fail "closed output: exit code $code"
    [ "$(cat "$work/err")" = 'tcplens: standard output: Bad file descriptor' ] ||
        fail "closed output: $(cat "$work/err")"
done
"$tcplens" record --demo 7 --for 0.3 -o "$work/log.jsonl" <&- >&- 2>&-
grep -v '^{"ev":' "$work/log.jsonl" && fail "closed descriptors: the log has other lines than its own"

[ "$failures" -eq 0 ] || exit 1
