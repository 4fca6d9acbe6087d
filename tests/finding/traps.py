#!/usr/bin/env python3
"""What looks like trouble and is none, all at once, each by a process of its own: runs in a network namespace of its own.

    traps.py COMMAND...   runs it beside them, ends with its exit code; as root, with ip(8) and nft(8)"""
import ctypes
import errno
import os
import random
import select
import signal
import socket
import struct
import subprocess
import sys
import time

HOST = '10.78.0.1'   # not 127/8, which some detectors leave out
DEAD = '10.78.1.%d'  # nothing answers there
LIBC = ctypes.CDLL(None, use_errno=True)


def listen(port, backlog, options=()):
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    for level, option, value in options:
        listener.setsockopt(level, option, value)
    listener.bind((HOST, port))
    listener.listen(backlog)
    return listener


def dial(port, source=None, host=HOST):
    """A connection that is being opened."""
    client = socket.socket()
    client.setblocking(False)
    if source:
        client.bind((source, 0))
    client.connect_ex((host, port))
    return client


def pause(seconds):
    """What happens when is what the traps are made of: this waits for nothing."""
    select.select([], [], [], seconds)


def every(seconds):
    """Until the scene ends."""
    while True:
        began = time.monotonic()
        yield
        pause(max(0, seconds - (time.monotonic() - began)))


def tiny_backlog():
    """A tool that listens for one at a time: two come at once, and are served."""
    listener = listen(8001, 1)
    for _ in every(2):
        clients = [dial(8001) for _ in range(2)]
        pause(0.05)
        for _ in clients:
            listener.accept()[0].close()


def bursts():
    """The queue is full to the last place for 300 ms, then empty."""
    listener = listen(8002, 8)
    for _ in every(3):
        clients = [dial(8002) for _ in range(8)]
        pause(0.3)
        for _ in clients:
            listener.accept()[0].close()


def checksum(data):
    total = sum(struct.unpack(f'!{len(data) // 2}H', data))
    total = (total >> 16) + (total & 0xffff)
    return ~(total + (total >> 16)) & 0xffff


def segment(port, flags):
    """Out of the blue: it belongs to no connection."""
    source = random.randint(20000, 30000)
    head = struct.pack('!HHIIBBHHH', source, port, 1, 1, 5 << 4, flags, 1000, 0, 0)
    pseudo = socket.inet_aton(HOST) * 2 + struct.pack('!BBH', 0, socket.IPPROTO_TCP, len(head))
    return head[:16] + struct.pack('!H', checksum(pseudo + head)) + head[18:]


def stray_segments():
    """RST, FIN and segments without a flag raise the drops of a listener: no client was refused."""
    listener = listen(8003, 16)
    raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP)
    for _ in every(0.1):
        for flags in (4, 1, 6, 0):
            raw.sendto(segment(8003, flags), (HOST, 0))
    listener.close()


def deferred_accept():
    """TCP_DEFER_ACCEPT keeps silent clients in SYN-RECEIVED on purpose."""
    listener = listen(8004, 64, [(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 60)])
    clients = [dial(8004, f'127.0.0.{2 + i % 5}', HOST) for i in range(20)]
    for _ in every(1):
        pass
    del listener, clients


def happy_eyeballs():
    """The address that does not answer is given up after 300 ms."""
    for _ in every(1):
        client = dial(443, host=DEAD % 1)
        pause(0.3)
        client.close()


def scanner():
    """Many targets, each tried for 1.5 s."""
    for _ in every(2):
        clients = [dial(22, host=DEAD % i) for i in range(10, 40)]
        pause(1.5)
        for client in clients:
            client.close()


def probe_of_a_stopped_service():
    for _ in every(13):
        dial(8099).close()


def busy_close_wait():
    """150 rows in CLOSE-WAIT at all times, but none for longer than 1.5 s."""
    listener, waiting = listen(8005, 512), []
    for _ in every(0.1):
        for _ in range(10):
            client = dial(8005)
            waiting.append((time.monotonic(), listener.accept()[0]))
            client.close()
        while waiting and time.monotonic() - waiting[0][0] > 1.5:
            waiting.pop(0)[1].close()


def restart_race():
    """The new one tries to bind twice before the old one is gone."""
    pause(4)
    for _ in every(40):
        old = listen(8006, 16)
        for _ in range(2):
            with socket.socket() as new:
                try:
                    new.bind((HOST, 8006))
                except OSError as error:
                    assert error.errno == errno.EADDRINUSE
            pause(0.3)
        old.close()


def stream(port):
    """Both ends of a connection, the first with more to send than the second takes."""
    listener = listen(port, 4)
    out = dial(port)
    into = listener.accept()[0]
    listener.close()
    return out, into


def send_all(out):
    try:
        while True:
            out.send(b'x' * 65536)
    except BlockingIOError:
        pass


def back_pressure():
    """A reader that takes its time: the window is shut now and then, but not for long."""
    out, into = stream(8007)
    for _ in every(0.5):
        send_all(out)
        into.recv(1 << 20)


def short_pause():
    """The reader stops for 3 s, then catches up."""
    out, into = stream(8008)
    for _ in every(6):
        send_all(out)
        pause(3)
        into.setblocking(False)
        try:
            while into.recv(1 << 20):
                send_all(out)
        except BlockingIOError:
            pass
        pause(1)
        while True:
            try:
                into.recv(1 << 20)
            except BlockingIOError:
                break


def probes_that_reset():
    """A load balancer on this host: its probes end with a reset, which counts at both ends."""
    listener = listen(8009, 16)
    for _ in every(0.5):
        client = dial(8009)
        server = listener.accept()[0]
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        client.close()
        server.close()


def late_connects():
    """Bound, and connected 100 ms later."""
    listener = listen(8010, 64)
    for _ in every(0.2):
        clients = [socket.socket() for _ in range(10)]
        for client in clients:
            client.bind((HOST, 0))
        pause(0.1)
        for client in clients:
            client.connect((HOST, 8010))
            listener.accept()[0].close()
            client.close()


def warming_pool():
    """A pool that grows to 200 connections, which then are idle."""
    listener, kept = listen(8011, 64), []
    for _ in every(0.1):
        if len(kept) < 400:
            client = dial(8011)
            kept += [client, listener.accept()[0]]


def half_closed():
    """As ssh does it: one side has said all, the other goes on for a while."""
    listener, kept = listen(8012, 64), []
    for _ in range(12):
        client = dial(8012)
        kept.append((client, listener.accept()[0]))
        client.shutdown(socket.SHUT_WR)
    for _ in every(1):
        for client, server in kept:
            server.send(b'still here')
            client.recv(100)


TRAPS = [tiny_backlog, bursts, stray_segments, deferred_accept, happy_eyeballs, scanner, probe_of_a_stopped_service,
         busy_close_wait, restart_race, back_pressure, short_pause, probes_that_reset, late_connects, warming_pool,
         half_closed]


def set_trap(trap):
    pid = os.fork()
    if pid == 0:
        LIBC.prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
        LIBC.prctl(15, trap.__name__.encode())  # PR_SET_NAME
        try:
            trap()
        finally:
            os._exit(1)
    return pid


def main():
    if LIBC.unshare(0x40000000):  # CLONE_NEWNET
        sys.exit(f'traps: unshare: {os.strerror(ctypes.get_errno())}')
    for command in ('ip link set lo up', f'ip addr add {HOST}/24 dev lo', 'ip route add local 10.78.1.0/24 dev lo',
                    'nft add table ip t', 'nft add chain ip t in { type filter hook input priority 0 ; }',
                    'nft add rule ip t in ip daddr 10.78.1.0/24 drop'):
        subprocess.run(command.split(), check=True)
    pids = [set_trap(trap) for trap in TRAPS]
    code = subprocess.run(sys.argv[1:], check=False).returncode
    for trap, pid in zip(TRAPS, pids):
        if os.waitpid(pid, os.WNOHANG)[0]:
            print(f'traps: {trap.__name__} has ended', file=sys.stderr)
            code = code or 99
        else:
            os.kill(pid, signal.SIGKILL)
    sys.exit(code)


if __name__ == '__main__':
    main()
