#!/bin/bash
# Every example of doc/filter.md is understood: blocks "filter" on the demo, blocks "filter-live" on
# this machine, where it may be asked.
#   test_filter_examples.sh TCPLENS doc/filter.md
set -u
tcplens=$1 doc=$2 failed=0 count=0

block() {
    awk -v begin="\`\`\`$1" '$0 == begin { on = 1; next } /^```/ { on = 0 } on' "$doc"
}

check() {
    local wanted=$1 filter=$2 message
    shift 2
    message=$("$tcplens" list --csv --columns cookie "$@" "$filter" 2>&1 >/dev/null)
    local code=$?
    count=$((count + 1))
    if [ "$code" -gt "$wanted" ]; then
        echo "FAILED: $filter: exit code $code: $message"
        failed=$((failed + 1))
    fi
}

while IFS= read -r filter; do
    check 0 "$filter" --demo 7
done < <(block filter)
while IFS= read -r filter; do
    check 1 "$filter" # 1: no right to ask for marks
done < <(block filter-live)
echo "$count examples, $failed failed"
[ "$count" -ge 35 ] && [ "$failed" -eq 0 ]
