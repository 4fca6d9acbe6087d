#!/usr/bin/env python3
"""How connections end, as the kernel has it, against what this program did to them: `events --json` beside it, in a
network namespace of its own.

    test_ends.py TCPLENS"""
import ctypes
import datetime
import json
import os
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

ADDRESS = "127.0.0.1"
LINGER_0 = struct.pack("ii", 1, 0)
TCP_USER_TIMEOUT = 18
CLONE_NEWNET = 0x40000000
ROUNDS = 20
NFT = """add table ip t
add chain ip t in { type filter hook input priority 0; }
add rule ip t in tcp dport 9002 reject
add rule ip t in tcp dport 9003 reject with icmp type host-unreachable
add rule ip t in tcp dport { 9004, 9005 } drop"""


def pair(port):
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((ADDRESS, port))
        listener.listen()
        client = socket.create_connection((ADDRESS, port))
        server, _ = listener.accept()
    return client, server


def fails_to_connect(port, **options):
    with socket.socket() as client:
        if "timeout_ms" in options:
            client.setsockopt(socket.IPPROTO_TCP, TCP_USER_TIMEOUT, options["timeout_ms"])
        try:
            client.connect((ADDRESS, port))
        except OSError:
            return
    sys.exit(f"port {port}: connected")


def give_up(port):
    with socket.socket() as client:
        client.setblocking(False)
        client.connect_ex((ADDRESS, port))


def linger(port):
    client, server = pair(port)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_0)
    client.close()
    server.close()


def unread(port):
    client, server = pair(port)
    server.sendall(b"x")
    client.recv(1, socket.MSG_PEEK)
    client.close()
    server.close()


def in_order(port):
    client, server = pair(port)
    client.shutdown(socket.SHUT_WR)
    server.recv(1)
    server.close()
    client.close()


def enter(netns):
    if ctypes.CDLL(None, use_errno=True).setns(netns, CLONE_NEWNET):
        sys.exit("setns: " + os.strerror(ctypes.get_errno()))


def reset_by(listener):
    client = socket.create_connection(listener.getsockname())
    server, _ = listener.accept()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_0)
    server.close()
    client.close()


def unread_after_resets_elsewhere(port):
    """The address of a socket that was reset in another network namespace is likely given to ours next."""
    cpus = os.sched_getaffinity(0)
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    os.sched_setaffinity(0, {min(cpus)})
    with subprocess.Popen(["unshare", "--net", "sh", "-c", "ip link set lo up && echo && exec cat"], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as other:
        other.stdout.readline()
        elsewhere = os.open(f"/proc/{other.pid}/ns/net", os.O_RDONLY)
        with socket.create_server((ADDRESS, port)) as ours:
            enter(elsewhere)
            with socket.create_server((ADDRESS, port)) as theirs:
                for _ in range(ROUNDS):
                    enter(elsewhere)
                    reset_by(theirs)
                    enter(home)
                    client = socket.create_connection((ADDRESS, port))
                    server, _ = ours.accept()
                    server.sendall(b"x")
                    client.close()
                    server.close()
        other.stdin.close()
    os.close(elsewhere)
    os.close(home)
    os.sched_setaffinity(0, cpus)


def destroyed(port):
    client, server = pair(port)
    subprocess.run(["ss", "-K", "dport", "=", f":{port}"], stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, check=True)
    client.close()
    server.close()


# What is done, on which port, and (end, reset, error) of the client's event.
KERNEL = tuple(int(number) for number in os.uname().release.split(".")[:2])
UNREAD = "reset-by-us", "unread" if KERNEL >= (6, 10) else None, None  # older ones give no reasons
CASES = [
    (fails_to_connect, 9001, ("refused", None, "ECONNREFUSED")),
    (fails_to_connect, 9002, ("rejected", None, "ECONNREFUSED")),
    (fails_to_connect, 9003, ("unreachable", None, "EHOSTUNREACH")),
    (lambda port: fails_to_connect(port, timeout_ms=300), 9004, ("timed-out", None, "ETIMEDOUT")),
    (give_up, 9005, ("given-up", None, None)),
    (linger, 9006, ("reset-by-us", "linger", None)),
    (unread, 9007, UNREAD),
    (destroyed, 9008, ("reset-by-us", "ended", "ECONNABORTED")),
]
# The same of the server's event, by its own port.
SERVERS = {9006: ("reset-by-peer", None, "ECONNRESET"), 9007: ("reset-by-peer", None, "ECONNRESET"),
           9009: ("closed", None, None)}


def read(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.endswith("\n")]


def wait_for(condition, what):
    deadline = time.monotonic() + 20 * float(os.environ.get("TCPLENS_TEST_SLOWNESS", "1"))
    while not condition():
        if time.monotonic() > deadline:
            sys.exit("timed out: " + what)
        threading.Event().wait(0.02)


def end_of(event):
    return event.get("end"), event.get("reset"), event.get("error")


def closes(path, key, port):
    return [event for event in read(path) if event["ev"] == "close" and event.get(key) == port]


def main():
    tcplens = sys.argv[1]
    if os.geteuid() != 0 or not any(os.access(os.path.join(path, "nft"), os.X_OK)
                                    for path in os.environ["PATH"].split(":")):
        print("needs root and nft")
        sys.exit(77)
    if os.environ.get("TEST_ENDS") != "inside":
        sys.exit(subprocess.run(["unshare", "--net", sys.executable, "-B", *sys.argv],
                                env=os.environ | {"TEST_ENDS": "inside"}, check=False).returncode)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    subprocess.run(["nft", "-f", "-"], input=NFT, text=True, check=True)
    with tempfile.NamedTemporaryFile(suffix=".jsonl") as out:
        with subprocess.Popen([tcplens, "events", "--json", "--events", "bpf"], stdout=out,
                              stderr=subprocess.PIPE, text=True) as events:
            def is_heard():
                if events.poll() is not None:
                    print("no events by bpf here: " + events.stderr.read())
                    sys.exit(77)
                fails_to_connect(9000)
                return read(out.name)
            wait_for(is_heard, "no event comes")
            for act, port, _ in CASES:
                act(port)
            for _ in range(ROUNDS):
                unread(9007)
            in_order(9009)
            unread_after_resets_elsewhere(9011)
            wait_for(lambda: len(closes(out.name, "rport", 9011)) == ROUNDS, "no ends on port 9011")
            for port in [port for _, port, _ in CASES] + [9009]:
                key = "lport" if port == 9009 else "rport"
                wait_for(lambda key=key, port=port: closes(out.name, key, port), f"no end on port {port}")
            events.terminate()
        # Kernels before 6.3 enter the namespace at a fork only, later ones also at exec.
        wrong = check_time(tcplens, "--fork", "--kill-child=TERM") + check_time(tcplens)
        # The kernel sends a reset just behind the step to CLOSED: now and then its reason comes too late.
        for _, port, expected in CASES:
            found = closes(out.name, "rport", port)
            wrong += check(port, "client", next((event for event in found if end_of(event) == expected), found[-1]), expected)
        ends = [end_of(event) for event in closes(out.name, "rport", 9011)]
        if KERNEL >= (6, 10) and ends.count(UNREAD) < ROUNDS / 2:
            print(f"FAILED: port 9011, after a reset elsewhere: {ends}, not {UNREAD}")
            wrong += 1
        for port, expected in SERVERS.items():
            told = [event for event in closes(out.name, "lport", port) if event.get("rport")]
            wrong += check(port, "server", told[-1], expected)
    sys.exit(wrong > 0)


def check_time(tcplens, *enter):
    """In a time namespace the kernel's clocks are not ours."""
    command = ["unshare", "--time", "--monotonic", "-10000", "--boottime", "-10000", *enter]
    if subprocess.run([*command, "true"], stderr=subprocess.DEVNULL, check=False).returncode:
        print("no time namespace: its clocks are not tried")
        return 0
    with tempfile.NamedTemporaryFile(suffix=".jsonl") as out:
        with subprocess.Popen([*command, tcplens, "events", "--json", "--events", "bpf"], stdout=out) as events:
            began = datetime.datetime.now(datetime.timezone.utc)
            wait_for(lambda: fails_to_connect(9010) or closes(out.name, "rport", 9010), "no event comes")
            ended = datetime.datetime.now(datetime.timezone.utc)
            events.kill()  # unshare --fork ignores SIGTERM; its child gets one then
        for event in closes(out.name, "rport", 9010):
            if not began <= datetime.datetime.fromisoformat(event["t"][:26] + "+00:00") <= ended:
                print(f"FAILED: in a time namespace: {event['t']}, not {began} to {ended}")
                return 1
    return 0


def check(port, side, event, expected):
    if end_of(event) == expected:
        return 0
    print(f"FAILED: port {port}, {side}: {end_of(event)}, not {expected}")
    return 1


if __name__ == "__main__":
    main()
