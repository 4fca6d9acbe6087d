#!/usr/bin/env python3
"""published.py TCPLENS PASSER NAME KIND SERVES: port 18080 here, which a process called PASSER passes on to port 8090 in another
network namespace: what `list` says of both. NAME and KIND: of the container that is there, "-": it is none. SERVES: yes where
the process says which container it passes on to, else no."""
import json
import os
import socket
import subprocess
import sys
import time

TCPLENS, PASSER, NAME, KIND, SERVES = sys.argv[1:]
DEADLINE = time.monotonic() + 30


def rows(port):
    said = subprocess.run([TCPLENS, "list", "--netns", "all", "--json", f"sport = :{port}"], capture_output=True,
                          text=True, check=False)
    return [json.loads(line) for line in said.stdout.splitlines()]


def is_inside(row):
    """Its process is in the network namespace of the socket, and of the container."""
    if os.stat(f"/proc/{row.get('pid', 0)}/ns/net").st_ino != row["netns"]:
        return False
    if KIND == "podman" and row.get("container") != NAME:  # docker's is its id
        return False
    return KIND == "-" or (row.get("netns_name"), row["netns_kind"]) == (NAME, KIND)


def brief(found):
    keys = ("state", "netns_name", "netns_kind", "comm", "serves")
    return "; ".join(" ".join(row.get(key, "-") for key in keys) for row in found)


def problem():
    with socket.create_connection(("127.0.0.1", 18080), timeout=20) as client:
        client.sendall(b"x")
        if client.recv(1) != b"x":
            return "no answer"
        inside, outside = rows(8090), rows(18080)
    states = {"LISTEN", "ESTABLISHED"}
    passing = [row for row in outside if row.get("comm", "").startswith(PASSER)]
    if {row["state"] for row in inside} != states or not all(map(is_inside, inside)):
        return f"in the namespace: {brief(inside)}"
    if {row["state"] for row in passing} != states:
        return f"of the published port: {brief(outside)}"
    if SERVES == "yes" and any(row.get("serves") != NAME for row in passing):
        return f"it serves: {brief(passing)}"
    return None


def main():
    while True:
        try:
            why = problem()
        except OSError as error:
            why = str(error)
        if not why or time.monotonic() > DEADLINE:
            sys.exit(why)


main()
