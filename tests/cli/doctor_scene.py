#!/usr/bin/env python3
"""A listener that accepts nothing, with a full queue: run in a network namespace of its own.

    doctor_scene.py COMMAND...   runs it beside the scene, ends with its exit code"""
import socket
import subprocess
import sys
import time

BACKLOG = 8
PORT = 8080


def fill(listener):
    clients = []
    for _ in range(BACKLOG + 4):
        client = socket.socket()
        client.setblocking(False)
        client.connect_ex(listener.getsockname())
        clients.append(client)
    return clients


def queue_length():
    listed = subprocess.run(["ss", "-Htln", f"sport = :{PORT}"], capture_output=True, text=True, check=True)
    return int(listed.stdout.split()[1])


def main():
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    listener = socket.socket()
    listener.bind(("127.0.0.1", PORT))
    listener.listen(BACKLOG)
    clients = fill(listener)
    deadline = time.monotonic() + 10
    while queue_length() <= BACKLOG:
        if time.monotonic() > deadline:
            sys.exit("doctor_scene: the queue does not fill")
    code = subprocess.run(sys.argv[1:], check=False).returncode
    del clients
    sys.exit(code)


if __name__ == "__main__":
    main()
