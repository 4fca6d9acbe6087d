#!/bin/bash
# What looks like trouble and is none (traps.py) is not called trouble. The two slow readers do hold up who sends to them:
# that is said, and that they do not read is not.
#
#     test_traps.sh TCPLENS SECONDS
set -u
tcplens=$1 seconds=$2
here=$(dirname "$0")
fail() { echo "test_traps: $*" >&2; exit 1; }
if [ "$(id -u)" -ne 0 ] || ! command -v ip > /dev/null || ! command -v nft > /dev/null; then
    echo "test_traps: skipped: needs root, ip(8) and nft(8)"
    exit 77
fi
found=$(mktemp) || exit 1
trap 'rm -f "$found"' EXIT

"$here/traps.py" "$tcplens" doctor --for "${seconds}s" --json > "$found"
code=$?
[ $code -le 1 ] || fail "exit code $code"
grep -E '"severity":"(warning|critical)"' "$found" | grep -v '"finding":"limited-by-receiver"' &&
    fail "found where nothing is wrong"
checked=$(sed -n 's/.*"checked":\([0-9]*\).*/\1/p' "$found")
[ "${checked:-0}" -ge 45 ] || fail "only ${checked:-no} detectors were checked"
echo "test_traps: $checked detectors over $seconds s: no false warning"
