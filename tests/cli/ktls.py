#!/usr/bin/env python3
"""ktls.py TCPLENS: TLS of the kernel, in software, in a network namespace of its own: where each end is encrypted and with
what, from the moment the layer is attached until both directions have keys."""
import errno
import json
import socket
import struct
import subprocess
import sys

TCPLENS = sys.argv[1]
TCP_ULP, SOL_TLS, TLS_TX, TLS_RX = 31, 282, 1, 2
VERSION_1_2, AES_GCM_128 = 0x0303, 51
KEYS = struct.pack("=HH8s16s4s8s", VERSION_1_2, AES_GCM_128, b"i" * 8, b"k" * 16, b"salt", b"\0" * 8)
failures = 0


def attach(end):
    try:
        end.setsockopt(socket.IPPROTO_TCP, TCP_ULP, b"tls")
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOPROTOOPT):
            print("skipped: this kernel has no TLS (CONFIG_TLS, module tls)")
            sys.exit(77)
        raise


def check(what, end, **expected):
    """Those facts of the end's row; None: absent."""
    global failures
    port = end.getsockname()[1]
    words = [TCPLENS, "list", "--json", f"state established and sport {port} and dport {end.getpeername()[1]}"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True)
    row = json.loads(done.stdout)
    seen = {key: row.get(key) for key in expected}
    print("ok:" if seen == expected else "FAILED:", what, "" if seen == expected else f"{seen}, not {expected}")
    failures += seen != expected


with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket() as client:
    client.connect(listener.getsockname())
    server = listener.accept()[0]
    check("plain", client, offload="InHost", ulp=None)
    attach(client)
    attach(server)
    check("attached, without keys", client, offload="Offloading", ulp="tls", tls_version=None)
    client.setsockopt(SOL_TLS, TLS_TX, KEYS)
    check("one direction", client, offload="InHost", ulp="tls", tls_version="1.2", tls_cipher="aes-gcm-128")
    client.setsockopt(SOL_TLS, TLS_RX, KEYS)
    server.setsockopt(SOL_TLS, TLS_RX, KEYS)
    server.setsockopt(SOL_TLS, TLS_TX, KEYS)
    client.sendall(b"hello")
    if server.recv(5) != b"hello":
        sys.exit("FAILED: the kernel's TLS carries nothing")
    for end, name in ((client, "client"), (server, "server")):
        check(f"both directions, {name}", end, offload="InHost", ulp="tls", tls_version="1.2", tls_cipher="aes-gcm-128")
sys.exit(failures > 0)
