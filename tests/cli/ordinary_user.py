#!/usr/bin/env python3
"""ordinary_user.py TCPLENS: what a user without any right sees of the connections of root, in a network namespace of its own
(scene --unshare --bare --hold): every row, every change that a frame can show, a log of both; no owners, and nothing is
closed."""
import errno
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile

import checks
from checks import check

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "session"))
from log_lines import lines_in, wait_for  # noqa: E402

NOBODY = 65534
FACTS = ("state", "laddr", "lport", "raddr", "rport", "cookie", "inode", "uid")


def words(*arguments, user=NOBODY):
    """Of a command, and how subprocess runs it as that user."""
    return [program, *arguments], {"user": user, "extra_groups": [] if user else None, "cwd": folder, "text": True,
                                   "env": os.environ | {"HOME": folder},
                                   "stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE}


def run(*arguments, **more):
    command, options = words(*arguments, **more)
    return subprocess.run(command, **options, stderr=subprocess.PIPE, timeout=60, check=False)


def rows(*arguments, **more):
    return [json.loads(line) for line in run("list", "--json", *arguments, **more).stdout.splitlines()]


def facts(listed):
    return sorted(str([row.get(key) for key in FACTS]) for row in listed)


def pair(listener):
    client = socket.create_connection(listener.getsockname())
    return client, listener.accept()[0]


def has_event(lines, kind, port):
    return any(line["ev"] == kind and line.get("lport") == port for line in lines)


def check_rows():
    ours, theirs = rows(), rows(user=0)
    check("all rows of root's", len(theirs) == 3 and facts(ours) == facts(theirs), f"{ours}, not {theirs}")
    check("their owners are hidden", all("pid" not in row and row["owner"] == "hidden" for row in ours), ours)


def check_events(listener):
    path = pathlib.Path(folder, "events")
    command, options = words("events", "--json")
    pairs = []

    def is_heard(lines):
        """Of what was there before the first frame there is no event."""
        pairs.append(pair(listener))
        return any(has_event(lines, "open", client.getsockname()[1]) for client, _ in pairs)

    with open(path, "w", encoding="utf-8") as output, subprocess.Popen(command, **options | {"stdout": output}) as events:
        try:
            wait_for(events, path, "no opening", is_heard)
            client, server = pairs[-1]
            port = client.getsockname()[1]
            wait_for(events, path, "the last opening", lambda lines: has_event(lines, "open", port))
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # a reset: no TIME-WAIT
            client.close()
            server.close()
            wait_for(events, path, "its end", lambda lines: has_event(lines, "close", port))
        finally:
            events.terminate()


def check_log():
    done = run("record", "--for", "1", "-o", f"{folder}/log.jsonl")
    check("a log is recorded", done.returncode in (0, 3), done.stderr)
    check("and has the same rows", facts(rows("--from", f"{folder}/log.jsonl")) == facts(rows()))


def check_close(client):
    done = run("close", "--yes", "--force", "state established")
    check("nothing is closed", done.returncode == 3 and "CAP_NET_ADMIN" in done.stderr, done.stderr)
    client.settimeout(0)
    try:
        client.recv(1)
        check("and the connection lives", False)
    except OSError as error:
        check("and the connection lives", error.errno == errno.EAGAIN, error)


if os.geteuid() != 0:
    print("skipped: needs root, to be another user")
    sys.exit(77)
with tempfile.TemporaryDirectory() as folder:  # the build folder may not be reached by others
    os.chown(folder, NOBODY, NOBODY)
    program = shutil.copy(sys.argv[1], folder)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        first = pair(listening)
        check_rows()
        check_log()
        check_close(first[0])
        check_events(listening)
sys.exit(checks.exit_code())
