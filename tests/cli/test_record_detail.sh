#!/bin/bash
# Of which rows a log has all of tcp_info: of suspect ones, with --detail of all; what is not in it is absent, not 0.
#   test_record_detail.sh TCPLENS
set -u
tcplens=$1
# shellcheck source=tests/cli/expect.sh
. "$(dirname "$0")/expect.sh"

record() { # FILE OPTION...: two frames at least
    local file=$1
    shift
    recorded "$tcplens" record --demo 7 -i 0.1 --for 0.4 -o "$work/$file" "$@"
}

# established FILE: established rows of the first frame.
established() {
    awk '/"ev":"frame"/ {exit} /"ev":"row"/ && /"state":"ESTABLISHED"/' "$work/$1"
}

record some.jsonl
record all.jsonl --detail
established some.jsonl | grep -q '"detail":true' || fail 'no suspect row has its details'
established some.jsonl | grep -qv '"detail":true' || fail 'details of rows that nobody asked for'
established all.jsonl | grep -v '"detail":true' | grep -q . && fail '--detail: a row without details'

# read back: known for all of one log, absent where it was not recorded
read_back() {
    expect 0 "$tcplens" list --json --from "$work/$1" --columns state,busy_time 'state established'
    grep -c "$2" "$work/out"
}
[ "$(read_back all.jsonl '"busy_time_us":')" = "$(read_back all.jsonl '"state":')" ] ||
    fail 'a log with --detail lacks busy_time of some'
[ "$(read_back some.jsonl '"busy_time_us":')" -lt "$(read_back some.jsonl '"state":')" ] ||
    fail 'busy_time is known of rows whose details were not recorded'

expect 2 "$tcplens" list --detail
grep -q -e '--detail' "$work/err" || fail 'list --detail: no word of the option'

[ "$failures" -eq 0 ] || exit 1
