#!/bin/bash
# No false alarm: on a machine that is busy and well nothing is found that is a warning or worse.
#
#     test_healthy.sh TCPLENS HEALTHY SECONDS [RATE]
set -u
tcplens=$1 healthy=$2 seconds=$3 rate=${4:-2000}
fail() { echo "test_healthy: $*" >&2; exit 1; }
if [ "$(id -u)" -ne 0 ] || ! command -v ip > /dev/null; then
    echo "test_healthy: skipped: needs root and ip(8)"
    exit 77
fi
found=$(mktemp) || exit 1
trap 'rm -f "$found"' EXIT

"$healthy" --rate "$rate" "$tcplens" doctor --for "${seconds}s" --json > "$found"
code=$?
grep -E '"severity":"(warning|critical)"' "$found" && fail "found where nothing is wrong"
[ $code -eq 0 ] || fail "doctor: exit code $code"
# It looked: short connections are seen, and most detectors could be checked.
grep -q '"finding":"churn","severity":"info"' "$found" || fail "the short connections were not seen"
checked=$(sed -n 's/.*"checked":\([0-9]*\).*/\1/p' "$found")
[ "${checked:-0}" -ge 45 ] || fail "only ${checked:-no} detectors were checked"
echo "test_healthy: $checked detectors over $seconds s: no warning"
