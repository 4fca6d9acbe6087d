#!/usr/bin/env python3
"""smc.py TCPLENS: connections of AF_SMC that fell back to TCP, in a network namespace of its own: the TCP sockets beneath
are the kernel's own, and are shown with what is known of those above."""
import errno
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile

import checks
from checks import check

AF_SMC = 43
NOBODY = 65534


def smc_socket():
    """Python knows no addresses of AF_SMC; they are those of AF_INET."""
    try:
        made = socket.socket(AF_SMC, socket.SOCK_STREAM)
    except OSError as error:
        if error.errno in (errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT):
            print("skipped: this kernel has no SMC")
            sys.exit(77)
        raise
    return socket.socket(socket.AF_INET, socket.SOCK_STREAM, fileno=made.detach())


def rows(*words, **options):
    done = subprocess.run([program, "list", "--json", *words], capture_output=True, text=True, timeout=60, check=True,
                          **options)
    return [json.loads(line) for line in done.stdout.splitlines()]


def check_facts(found, who, **expected):
    for key, value in expected.items():
        check(f"{who}: {key}", len(found) == 1 and found[0].get(key) == value, (value, found))


def check_rows(end, ulp, words, **expected):
    """Whatever way owners are found."""
    port = end.getsockname()[1]
    for events in ("auto", "none"):
        check_facts(rows("--events", events, f"sport {port} and {words}"), f"--events {events}, {words}", ulp=ulp,
                    inode=os.fstat(end.fileno()).st_ino, uid=os.geteuid(), **expected)


with tempfile.TemporaryDirectory() as folder:  # the build folder may not be reached by others
    os.chmod(folder, 0o755)
    program = shutil.copy(sys.argv[1], folder)
    listener = smc_socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    client = smc_socket()
    client.connect(listener.getsockname())
    server = listener.accept()[0]
    client.sendall(b"x")
    server.recv(1)
    check_rows(listener, "smc", "state listen", pid=os.getpid())
    for end in (client, server):
        peer = f"state established and dport {end.getpeername()[1]}"
        check_rows(end, "smc-fallback", peer, pid=os.getpid())
        check_facts(rows(f"sport {end.getsockname()[1]} and {peer}", user=NOBODY, extra_groups=[]), f"without rights, {peer}",
                    ulp="smc-fallback", inode=os.fstat(end.fileno()).st_ino, uid=os.geteuid(), owner="hidden")
sys.exit(checks.exit_code())
