#!/usr/bin/env python3
"""Troubles of several kinds at once, in a network namespace of their own, on addresses of the loopback
interface that are not loopback addresses.

    troubles.py SCENE[,SCENE] COMMAND...   runs it beside the scenes, ends with its exit code"""
import ctypes
import os
import signal
import socket
import struct
import subprocess
import sys
import threading

ADDRESS = "10.77.0.1"
OTHERS = ("10.77.0.2", "10.77.0.3")
SO_ATTACH_REUSEPORT_CBPF = 51
children = []
pace = threading.Event()  # never set: waiting for it with a time limit paces traffic


def in_child(work, *arguments):
    pid = os.fork()
    if pid == 0:
        try:
            work(*arguments)
        finally:
            os._exit(0)
    children.append(pid)


def accept_all(listener):
    while True:
        listener.accept()[0].close()


def listener_on(port, reuseport=False, address=ADDRESS):
    listener = socket.socket()
    if reuseport:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind((address, port))
    listener.listen(256)
    return listener


def connect_often(port):
    while True:
        with socket.create_connection((ADDRESS, port)) as client:
            client.recv(1)
        pace.wait(0.01)


def select_the_first(listener):
    """A classic BPF program of one instruction: return 0."""
    code = struct.pack("HBBI", 0x06, 0, 0, 0)
    buffer = ctypes.create_string_buffer(code)
    program = struct.pack("HL", 1, ctypes.addressof(buffer))
    listener.setsockopt(socket.SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, program)


def reuseport():
    """Three processes with a socket of port 8101 each; the kernel gives all to the first."""
    listeners = [listener_on(8101, reuseport=True) for _ in range(3)]
    select_the_first(listeners[0])
    for listener in listeners:
        def work(mine=listener):
            for other in listeners:
                if other is not mine:
                    other.close()
            accept_all(mine)
        in_child(work)
    for listener in listeners:
        listener.close()
    in_child(connect_often, 8101)


def monopoly():
    """Five processes that hold one socket of port 8102, of which one accepts."""
    listener = listener_on(8102)
    for number in range(5):
        if number == 0:
            in_child(accept_all, listener)
        else:
            in_child(signal.pause)
    listener.close()
    in_child(connect_often, 8102)


def read_all(connection):
    while connection.recv(1 << 20):
        pass


def answer(connection):
    while connection.recv(400, socket.MSG_WAITALL):
        connection.sendall(b"a" * 100)


def serve(listener, work):
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=work, args=(connection,), daemon=True).start()


def nagle():
    """Requests to port 8103 in two writes, without TCP_NODELAY."""
    in_child(serve, listener_on(8103), answer)

    def ask():
        with socket.create_connection((ADDRESS, 8103)) as client:
            while True:
                client.sendall(b"q" * 200)
                client.sendall(b"q" * 200)
                client.recv(100, socket.MSG_WAITALL)
    in_child(ask)


def small():
    """Bulk data to port 8104 in segments of 800 bytes."""
    in_child(serve, listener_on(8104), read_all)

    def send():
        with socket.socket() as client:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 800)
            client.setsockopt(socket.SOL_SOCKET, 47, struct.pack("I", 500000))  # SO_MAX_PACING_RATE
            client.connect((ADDRESS, 8104))
            while True:
                client.sendall(b"x" * 100000)
    in_child(send)


def send_ticks(connection):
    while True:
        connection.sendall(b"t")
        pace.wait(0.2)


def hole():
    """Two hosts that full segments to port 8105 do not reach; from port 8106 data comes."""
    subprocess.run(["nft", "add table ip t; add chain ip t in { type filter hook input priority 0; }; "
                    "add rule ip t in tcp dport 8105 ip length > 1000 drop"], check=True)
    for address in OTHERS:
        subprocess.run(["ip", "addr", "add", address + "/32", "dev", "lo"], check=True)
        in_child(serve, listener_on(8105, address=address), read_all)
        in_child(serve, listener_on(8106, address=address), send_ticks)

        def send(peer=address):
            with socket.create_connection((peer, 8105)) as client:
                client.sendall(b"x" * 100)
                with socket.create_connection((peer, 8106)) as other:
                    client.sendall(b"x" * 5000)
                    read_all(other)
        in_child(send)


def program():
    """Data to port 8107 as it is made: 2 MB a second, which a slow machine sends in half of the time too. What is
    sent at once is less than a congestion window: else the kernel says that the window limits it."""
    in_child(serve, listener_on(8107), read_all)

    def send():
        with socket.create_connection((ADDRESS, 8107)) as client:
            while True:
                client.sendall(b"x" * 100000)
                pace.wait(0.05)
    in_child(send)


def network():
    """Data to port 8108, of which one packet in fifty is lost."""
    subprocess.run(["nft", "add table ip n; add chain ip n in { type filter hook input priority 0; }; "
                    "add rule ip n in tcp dport 8108 numgen random mod 50 == 0 drop"], check=True)
    in_child(serve, listener_on(8108), read_all)

    def send():
        with socket.create_connection((ADDRESS, 8108)) as client:
            while True:
                client.sendall(b"x" * 1000000)
    in_child(send)


def try_to_connect(address, port):
    while True:
        with socket.socket() as client:
            client.connect_ex((address, port))
        pace.wait(0.2)


def attempts():
    """Attempts that end: by a route, by no route, by a closed port, by a rule of a firewall."""
    for route in (["prohibit", "10.78.0.1"], ["unreachable", "10.78.0.2"]):
        subprocess.run(["ip", "route", "add", *route], check=True)
        in_child(try_to_connect, route[1], 8110)
    subprocess.run(["nft", "add table ip a; add chain ip a in { type filter hook input priority 0; }; "
                    "add rule ip a in tcp dport 8112 reject"], check=True)
    for port in (8111, 8112):
        in_child(try_to_connect, ADDRESS, port)


def main():
    subprocess.run(["ip", "link", "set", "lo", "up", "mtu", "1500"], check=True)
    subprocess.run(["ip", "addr", "add", ADDRESS + "/32", "dev", "lo"], check=True)
    code = 1
    try:
        for scene in sys.argv[1].split(","):
            globals()[scene]()
        code = subprocess.run(sys.argv[2:], check=False).returncode
    finally:
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
    sys.exit(code)


if __name__ == "__main__":
    main()
