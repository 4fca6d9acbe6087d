#!/bin/bash
# Sourced by tests of the command line: a folder for their files, and what they expect of a command. Sets work and
# failures.
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failures=0

fail() {
    echo "FAILED: $*"
    failures=$((failures + 1))
}

# expect CODE COMMAND...: runs it, keeps its output in $work/out and $work/err.
expect() {
    local wanted=$1 code
    shift
    "$@" >"$work/out" 2>"$work/err" </dev/null
    code=$?
    [ "$code" -eq "$wanted" ] || fail "$*: exit code $code, $wanted was expected: $(cat "$work/err")"
}
