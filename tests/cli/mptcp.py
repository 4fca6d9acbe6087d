#!/usr/bin/env python3
"""mptcp.py TCPLENS: subflows of MPTCP in a network namespace of its own: whose they are, of which connection, and what
closing one leaves."""
import errno
import json
import os
import socket
import subprocess
import sys
import tempfile
import time

import checks
from checks import check

TCPLENS = sys.argv[1]
MPTCP = 262
SLOWNESS = float(os.environ.get("TCPLENS_TEST_SLOWNESS", "1"))  # as in wait.sh


def mptcp_socket():
    try:
        return socket.socket(socket.AF_INET, socket.SOCK_STREAM, MPTCP)
    except OSError as error:
        if error.errno in (errno.EPROTONOSUPPORT, errno.ENOPROTOOPT, errno.EINVAL):
            print("skipped: this kernel has no MPTCP, or net.mptcp.enabled is 0")
            sys.exit(77)
        raise


def listen(listener):
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    return listener


def pair(client, listener):
    client.connect(listener.getsockname())
    server = listener.accept()[0]
    for here, there in ((client, server), (server, client)):
        here.sendall(b"x")  # only then both know that the other speaks MPTCP
        there.recv(1)
    return client, server


def rows(*words):
    done = subprocess.run([TCPLENS, "list", "--json", *words], capture_output=True, text=True, timeout=60, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def row_of(end):
    port = end.getsockname()[1]
    return rows(f"state established and sport {port} and dport {end.getpeername()[1]}")[0]


def close(*words):
    return subprocess.run([TCPLENS, "close", *words], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=60, check=False)


def check_rows():
    for end in both:
        row = row_of(end)
        check("a subflow has the process that holds the MPTCP socket", row.get("pid") == os.getpid(), row)
        check("it names its connection", row.get("ulp") == "mptcp" and int(row.get("mptcp_token", "0"), 16) > 0, row)
    tokens = [row_of(end)["mptcp_token"] for end in both]
    check("each end has a token of its own, by which it is found", tokens[0] != tokens[1] and
          [row["lport"] for row in rows(f"mptcp_token {tokens[0]}")] == [both[0].getsockname()[1]], tokens)
    row = row_of(fallen_back[0])
    check("with a peer that speaks TCP only there is no MPTCP connection", row.get("ulp") == "mptcp" and
          "mptcp_token" not in row, row)


def check_close():
    client, server = both
    client_filter = f"sport {client.getsockname()[1]}"
    note = f": one subflow; MPTCP connection {row_of(client)['mptcp_token']} stays\n"
    done = close("--dry-run", client_filter)
    check("--dry-run says that the connection stays", done.stdout.endswith(note), done)
    done = close("--yes", client_filter)
    if "CONFIG_INET_DIAG_DESTROY" in done.stderr:
        print("skipped: this kernel cannot close sockets")
        return
    check("so does closing it", done.returncode == 0 and done.stdout.startswith("closed ") and
          done.stdout.endswith(note), done)
    client.settimeout(0)
    try:
        client.recv(1)
        seen = "data"
    except OSError as error:
        seen = error.errno
    check("the program sees nothing of it", seen == errno.EAGAIN, seen)
    done = close("--yes", f"sport {fallen_back[0].getsockname()[1]}")
    check("what is no subflow is closed without more", done.returncode == 0 and "subflow" not in done.stdout, done)


def check_accepted():
    """A connection too short for any frame: only accept() says whose it is."""
    listener = listen(mptcp_socket())
    port = listener.getsockname()[1]
    with tempfile.TemporaryFile("w+b") as output:
        events = subprocess.Popen([TCPLENS, "events", "--json", "--events", "bpf", "-i", "5", f"sport {port}"],
                                  stdout=output, stderr=subprocess.DEVNULL)
        deadline, seen = time.monotonic() + 20 * SLOWNESS, b""
        while b'"ev":"open"' not in seen and time.monotonic() < deadline and events.poll() is None:
            for end in pair(mptcp_socket(), listener):
                end.close()
            seen = os.pread(output.fileno(), 1 << 20, 0)
        if events.poll() is not None:
            print("skipped: no events by BPF")
            return
        events.terminate()
        events.wait(60)
        lines = os.pread(output.fileno(), 1 << 24, 0).decode().splitlines()
    opened = [event for event in map(json.loads, lines) if event["ev"] == "open"]
    check("accept() tells whose a short one is", any(event.get("pid") == os.getpid() for event in opened),
          opened[:2])


listener = listen(mptcp_socket())
both = pair(mptcp_socket(), listener)
fallen_back = pair(mptcp_socket(), listen(socket.socket()))
check_rows()
check_close()
check_accepted()
sys.exit(checks.exit_code())
