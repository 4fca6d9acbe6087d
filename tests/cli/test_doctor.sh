#!/bin/bash
# tcplens doctor: what it finds on the running kernel, its exit codes and messages.
#   test_doctor.sh TCPLENS
set -u
tcplens=$1
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/cli/expect.sh
. "$here/expect.sh"

# What cannot be understood is "could not check", not "critical".
expect 3 "$tcplens" doctor --nonsense
expect 3 "$tcplens" doctor nginx
expect_only_error 'doctor: takes no filter'
expect 3 "$tcplens" doctor --only accept-wit
expect_only_error 'did you mean accept-wait?'
expect 3 "$tcplens" doctor --set accept-wait.warn=soon
expect_only_error 'a number in s was expected'
expect 3 "$tcplens" doctor --fail-on trouble
expect_only_error 'say info, warning or critical'
expect 3 "$tcplens" doctor --from "$work/none"
expect 3 "$tcplens" doctor --skip all --for 1s

expect 0 "$tcplens" doctor --describe
grep -q '^accept-queue-full ' "$work/out" || fail "no detector is described"

# The staged outage is not waited for, and its end counts too.
expect 0 "$tcplens" doctor --demo incident --for 19s --fail-on info
grep -q ' over 19.0 s: 0 critical, 0 warning, 0 info$' "$work/out" || fail "before it begins: $(cat "$work/out")"
expect 2 timeout 60 "$tcplens" doctor --demo incident --for 200s --json
for finding in accept-queue-full close-wait-leak ports-exhausted; do
    grep "^{\"finding\":\"$finding\"" "$work/out" | grep -q '"ended":' || fail "no $finding that ended"
done
expect 2 "$tcplens" doctor --demo incident,135 --for 4s --only ports-exhausted
expect 3 "$tcplens" doctor --demo incident,
expect_only_error '--demo: "incident,"'

for tool in unshare python3 ip ss; do
    command -v "$tool" >/dev/null || { echo "no $tool here: the kernel's part is not tried"; exit $((failures > 0)); }
done
long=$((3 * ${TCPLENS_TEST_SLOWNESS:-1}))s # two frames at the least
alone() { unshare --net "$here/doctor_scene.py" "$tcplens" doctor "$@"; }
if ! unshare --net true 2>/dev/null; then
    echo "no network namespace may be made here: the kernel's part is not tried"
    exit $((failures > 0))
fi
# The trouble comes first, of the right listener, and its filter leads to its rows.
expect 1 alone --for "$long" --json --only accept-queue-full --set accept-queue-full.wait.critical=3600 \
    --set accept-queue-full.overflows.critical=1000
head -n 1 "$work/out" | grep -q '^{"finding":"accept-queue-full","severity":"warning","confidence":"proven"' ||
    fail "the full queue is not found: $(head -n 1 "$work/out")"
head -n 1 "$work/out" | grep -q '"kind":"listener","address":"127.0.0.1","port":8080,"pid":[0-9]*,"comm":"' ||
    fail "not of the listener: $(head -n 1 "$work/out")"
tail -n 1 "$work/out" | grep -q '^{"checked":1,"findings":1,"not_checked":\[{"finding":"accept-wait","verdict":"not checked","reason":"off"}' ||
    fail "the last line is $(tail -n 1 "$work/out")"
python3 -c 'import json, sys; [json.loads(line) for line in sys.stdin]' <"$work/out" || fail "this is no JSON"
expect 0 alone --for "$long" --only accept-queue-full --fail-on critical \
    --set accept-queue-full.wait.critical=3600 --set accept-queue-full.overflows.critical=1000
grep -q '^warning   accept queue of :8080 is full (9, backlog 8)' "$work/out" || fail "text: $(head -n 1 "$work/out")"
expect 2 alone --for "$long" --only accept-queue-full --set accept-queue-full.wait.critical=0

# A namespace where nothing happens is well.
expect 0 unshare --net "$tcplens" doctor --for "$long"
grep -q '^checked [0-9]* of [0-9]* detectors over' "$work/out" || fail "no account of what was checked"
grep -q '0 critical, 0 warning, 0 info' "$work/out" || fail "an empty namespace: $(cat "$work/out")"

exit $((failures > 0))
