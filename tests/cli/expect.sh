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

# expect_error TEXT: the last command said so.
expect_error() {
    grep -qF -- "$1" "$work/err" || fail "stderr is \"$(cat "$work/err")\", not \"$1\""
}

# expect_only_error TEXT: the same, and nothing on stdout.
expect_only_error() {
    expect_error "$1"
    [ ! -s "$work/out" ] || fail "output beside the error: $(head -n 1 "$work/out")"
}

# recorded COMMAND...: as expect 0, but that a busy machine may miss frames, which is no fault: exit code 3, and said.
recorded() {
    local code
    "$@" >"$work/out" 2>"$work/err" </dev/null
    code=$?
    [ "$code" -eq 0 ] || { [ "$code" -eq 3 ] && grep -q '; missed [1-9][0-9]* frame' "$work/err"; } ||
        fail "$*: exit code $code: $(cat "$work/err")"
}
