#!/bin/bash
# What happened since the last frame is reported when record and events are ended: an upgrade restarts the service.
#   test_record_last.sh TCPLENS
set -u
tcplens=$(realpath "$1")
# shellcheck source=tests/cli/wait.sh
. "$(dirname "$0")/wait.sh"
unshare -n true 2>/dev/null || { echo "no network namespace of one's own: needs root"; exit 77; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

# The socket that hears what the kernel closes is there: of sock_diag (4), in a group.
listens() { awk '$2 == 4 && $4 != "00000000" { found = 1 } END { exit !found }' "/proc/$pid/net/netlink" 2>/dev/null; }

connect() {
    nsenter -t "$pid" -n python3 - <<'END'
import socket
listener = socket.create_server(("127.0.0.1", 7007))
client = socket.create_connection(("127.0.0.1", 7007))
listener.accept()[0].close()
client.close()
END
}

# ended_after_one COMMAND...: it makes its next frame in an hour; a connection comes and goes, then TERM.
ended_after_one() {
    unshare -n sh -c 'ip link set lo up; exec "$@"' sh "$@" -i 3600 --events destroy >out 2>err &
    pid=$!
    wait_until listens
    connect || exit 1
    kill "$pid"
    wait "$pid" || { echo "FAILED: $1: exit code $?: $(cat err)"; exit 1; }
}

ended_after_one "$tcplens" record -o log.jsonl
grep -q '"ev":"change".*7007' log.jsonl || "$tcplens" events --from log.jsonl --json | grep -q 7007 ||
    { echo "FAILED: the log lacks the connection: $(cat log.jsonl)"; exit 1; }
ended_after_one "$tcplens" events --json
grep -q 7007 out || { echo "FAILED: events did not print the connection: $(cat out err)"; exit 1; }
