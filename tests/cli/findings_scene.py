#!/usr/bin/env python3
"""Troubles of several kinds at once, in a network namespace of their own, on addresses of the loopback
interface that are not loopback addresses.

    findings_scene.py SCENE[,SCENE] COMMAND...   runs it beside the scenes, ends with its exit code"""
import ctypes
import os
import signal
import socket
import struct
import subprocess
import sys
import time

ADDRESS = "10.77.0.1"
SO_ATTACH_REUSEPORT_CBPF = 51
children = []


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


def listener_on(port, reuseport=False):
    listener = socket.socket()
    if reuseport:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind((ADDRESS, port))
    listener.listen(256)
    return listener


def connect_often(port):
    while True:
        with socket.create_connection((ADDRESS, port)) as client:
            client.recv(1)
        time.sleep(0.01)


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
        in_child(accept_all if number == 0 else time.sleep, listener if number == 0 else 3600)
    listener.close()
    in_child(connect_often, 8102)


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
