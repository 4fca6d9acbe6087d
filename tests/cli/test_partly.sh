#!/bin/bash
# A dump that fails half-way: the rows that could be had, one line on stderr, exit code 3; none: 1.
# strace makes the kernel's answers fail.
#   test_partly.sh TCPLENS
set -u
tcplens=$1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
export ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0 # LeakSanitizer does not run under ptrace

if ! strace -f -o "$work/probe" true 2>/dev/null; then
    echo "skipped: strace is missing or not allowed to trace"
    exit 77
fi

# run WHEN: fails the answers from that one on.
run() {
    strace -f -o "$work/trace" -e trace=recvmsg,recvfrom \
        -e "inject=recvmsg,recvfrom:error=ENOBUFS:when=$1" \
        "$tcplens" list --json >"$work/out" 2>"$work/err" </dev/null
}

# The later the answers fail, the more is had: nothing (1), a part (3), all (0).
seen=
for when in 2+ 3+ 4+ 5+ 6+ 8+ 10+; do
    run "$when"
    code=$?
    lines=$(wc -l <"$work/err")
    case $code-$lines-$(wc -l <"$work/out") in
    0-0-*) break ;;
    1-1-0) ;;
    3-1-*) seen=yes && echo "part: $(wc -l <"$work/out") rows, $(cat "$work/err")" ;;
    *) echo "FAILED: from answer $when on: exit code $code, $lines lines: $(cat "$work/err")" && exit 1 ;;
    esac
done
[ -n "$seen" ] || { echo "FAILED: no part of the rows at any point" && exit 1; }
