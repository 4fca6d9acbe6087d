#!/bin/bash
# tcplens metrics and record --metrics: what short connections carried is counted to the byte, the file is replaced
# whole, and its trouble is said.
#   test_metrics.sh TCPLENS
set -u
tcplens=$1
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/cli/expect.sh
. "$here/expect.sh"
# shellcheck source=tests/cli/wait.sh
. "$here/wait.sh"

# value FILE NAME LABEL...: the sum of the samples of that name with all the labels.
value() {
    local file=$1 name=$2 lines
    shift 2
    lines=$(grep "^${name}[{ ]" "$file")
    for label; do lines=$(grep -F "$label" <<<"$lines"); done
    awk '{ sum += $NF } END { printf "%d\n", sum }' <<<"$lines"
}

# frame_after SECONDS: the file is of a frame that began more than a second after that time.
frame_after() {
    [ "$(value "$work/prom" tcplens_frame_time_seconds)" -gt $(($1 + 1)) ]
}

expect_value() {
    local wanted=$1 got
    shift
    got=$(value "$@")
    [ "$got" = "$wanted" ] || fail "${*:2}: $got, $wanted was expected"
}

expect 0 "$tcplens" metrics --demo 7 --for 5
grep -q '^tcplens_connections{state="ESTABLISHED"} [1-9]' "$work/out" || fail "no connections of the demo"
grep -q '^tcplens_finding{id="accept-queue-full",severity="critical"} 0$' "$work/out" || fail "no findings"
expect 0 "$tcplens" metrics --demo incident --for 40
for wanted in 'finding{id="accept-wait",severity="critical"} 1' 'finding_caused{id="accept-wait",severity="critical"} 1' \
    'finding{id="accept-queue-full",severity="critical"} 1' 'finding_caused{id="accept-queue-full",severity="critical"} 0'; do
    grep -qxF "tcplens_$wanted" "$work/out" || fail "no tcplens_$wanted"
done
expect 0 "$tcplens" metrics --demo 7 --openmetrics
[ "$(tail -n 1 "$work/out")" = '# EOF' ] || fail "OpenMetrics does not end with # EOF"
expect 0 "$tcplens" metrics --rules
grep -q 'alert: TcplensAcceptQueueFull' "$work/out" || fail "no alert rule"
grep -q 'id="accept-wait".* unless tcplens_finding_caused == 1$' "$work/out" || fail "consequences raise alerts"
expect 0 "$tcplens" metrics --dashboard
python3 -m json.tool "$work/out" >/dev/null || fail "the dashboard is not JSON"
expect 2 "$tcplens" metrics state est
expect 2 "$tcplens" record --no-log
expect 2 "$tcplens" record --no-log --metrics "$work/m" -o "$work/log"

# A file that cannot be written: said once, and the exit code tells.
expect 3 "$tcplens" record --no-log --metrics "$work/no/m" --demo 7 --for 1 -i 0.1 --metrics-interval 1
[ "$(grep -c 'no/m: ' "$work/err")" = 1 ] || fail "trouble is said $(grep -c 'no/m: ' "$work/err") times"
# A link in its place is replaced, what it points to is not touched.
echo kept >"$work/kept"
ln -s kept "$work/link"
recorded "$tcplens" record --no-log --metrics "$work/link" --demo 7 --for 0.5 -i 0.1
[ "$(cat "$work/kept")" = kept ] || fail "a link was followed"
[ -L "$work/link" ] && fail "the link was not replaced"
[ "$(stat -c %a "$work/link")" = 644 ] || fail "mode $(stat -c %a "$work/link")"
left=("$work"/link*)
[ ${#left[@]} = 1 ] || fail "a file was left behind: ${left[*]}"

# On the kernel, in a network namespace of its own.
netns=tcplens-metrics-$$
if ! ip netns add "$netns" 2>/dev/null; then
    echo "not tried: counting on the kernel (no network namespace may be made)"
    [ "$failures" = 0 ]
    exit
fi
trap 'ip netns del "$netns"; rm -rf "$work"' EXIT
ip -n "$netns" link set lo up
for events in auto destroy; do
    ip netns exec "$netns" "$tcplens" record --no-log --metrics "$work/prom" --metrics-interval 1 \
        --events $events 2>"$work/err" &
    recorder=$!
    becomes_true test -e "$work/prom"
    [ -e "$work/prom" ] || fail "$events: no file of metrics: $(cat "$work/err")"
    read -r connections to_client to_server < <(ip netns exec "$netns" python3 "$here/short_connections.py" 7777 300 20000)
    becomes_true frame_after "$(date +%s)"
    kill -TERM $recorder
    wait $recorder
    code=$?
    [ "$code" = 0 ] || fail "$events: record ended with $code: $(cat "$work/err")"
    expect_value "$to_client" "$work/prom" tcplens_bytes_total 'direction="in"' 'role="client"' 'port="7777"'
    expect_value "$to_client" "$work/prom" tcplens_bytes_total 'direction="out"' 'role="server"' 'port="7777"'
    expect_value "$to_server" "$work/prom" tcplens_bytes_total 'direction="in"' 'role="server"' 'port="7777"'
    if [ "$(value "$work/prom" tcplens_events_source 'source="bpf"')" = 1 ]; then
        expect_value "$connections" "$work/prom" tcplens_opens_total 'role="client"'
        expect_value "$connections" "$work/prom" tcplens_opens_total 'role="server"'
    fi
    rm -f "$work/prom"
done

[ "$failures" = 0 ]
