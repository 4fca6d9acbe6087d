"""What metrics cost: 20,000 connections to 5,000 peers, some of which carry data or are replaced all the time, and recorders with
each choice of labels. Prints the number of series, the size of the file, the time of one write, and the CPU of a recorder with
metrics beside one without at the same time. Needs root, iproute2, nftables and strace. Nothing here passes or fails.
usage: size.py TCPLENS [SECONDS [CONNECTIONS [PEERS]]]     a pair of recorders runs for 20 s"""
import os
import statistics
import subprocess
import sys
import tempfile

import truth

ROUNDS = 3
WRITES = 1000  # a second, of 100 bytes each
HALVES = 2  # processes at each end: no process may have all of them open
CHOICES = (["--metrics-peers", "0"], ["--metrics-peers", "20"], ["--metrics-peers", "1000"], ["--openmetrics"])
SERVERS = """
import resource, selectors, socket, sys
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
wait = selectors.DefaultSelector()
for port in range(int(sys.argv[1]), int(sys.argv[2])):
    wait.register(socket.create_server(("", port), backlog=4096), selectors.EVENT_READ, True)
print("ready", flush=True)
while True:
    for key, _ in wait.select():
        if key.data:
            wait.register(key.fileobj.accept()[0], selectors.EVENT_READ, False)
        elif not key.fileobj.recv(65536):
            wait.unregister(key.fileobj)
            key.fileobj.close()
"""
CLIENTS = """
import random, resource, socket, sys, threading, time
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
address, first, step, connections, peers, writes = sys.argv[1], *map(int, sys.argv[2:])

def connect(i):
    peer = i % peers
    sock = socket.socket()
    sock.bind((f"10.100.{peer // 250}.{peer % 250 + 1}", 0))
    sock.connect((address, 8000 + i % 20))
    return sock

numbers = list(range(first, connections, step))
socks = [connect(i) for i in numbers]
print("ready", flush=True)
began, done = time.monotonic(), 0
while True:
    while done < writes * (time.monotonic() - began):
        random.choice(socks).sendall(b"x" * 100)
        done += 1
    place = random.randrange(len(socks))
    socks[place].close()
    socks[place] = connect(numbers[place])
    threading.Event().wait(0.01)
"""


def start_traffic(connections, peers):
    truth.run("ip", "-n", truth.OTHERS, "route", "add", "local", "10.100.0.0/16", "dev", "lo")
    truth.run("ip", "-n", truth.LOOKED_AT, "route", "add", "10.100.0.0/16", "via", truth.PEER)
    programs = [(truth.LOOKED_AT, SERVERS, [8000 + 10 * i, 8010 + 10 * i]) for i in range(HALVES)]
    programs += [(truth.OTHERS, CLIENTS, [truth.ADDRESS, i, HALVES, connections, peers, WRITES // HALVES]) for i in range(HALVES)]
    for netns, text, more in programs:
        process = truth.inside(netns, sys.executable, "-c", text, *map(str, more), stdout=subprocess.PIPE, text=True)
        yield process
        if not process.stdout.readline():
            sys.exit("size: no traffic")


def record(tcplens, more, before=()):
    return truth.inside(truth.LOOKED_AT, *before, tcplens, "record", "--budget", "0", *more, stderr=subprocess.DEVNULL)


def milliseconds_used(recorders):
    """CPU of each, which ends with this."""
    used = []
    for process in recorders:
        process.terminate()
        _, _, usage = os.wait4(process.pid, 0)
        process.returncode = 0
        used.append((usage.ru_utime + usage.ru_stime) * 1000)
    return used


def compare(tcplens, work, more, seconds):
    """CPU a second of a recorder that writes a log, and of one that keeps metrics, too; each begins first in turn."""
    pairs = []
    for turn in range(ROUNDS):
        ways = [["-o", f"{work}/{turn}.jsonl"], ["-o", f"{work}/{turn}-too.jsonl", "--metrics", f"{work}/cpu.prom", *more]]
        order = 1 if turn % 2 else -1
        started = [record(tcplens, way) for way in ways[::order]]
        truth.PAUSE.wait(seconds)
        pairs.append([used / seconds for used in milliseconds_used(started)[::order]])
    return [statistics.median(values) for values in zip(*pairs)]


def child_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return int(file.read().split()[0])


def time_of_write(tcplens, work, more):
    """Milliseconds from the wake-up to the file's rename, the median of some writes, by strace."""
    trace, path = f"{work}/trace", f"{work}/traced.prom"
    process = record(tcplens, ["--no-log", "--metrics", path, "--metrics-interval", "1", *more],
                     before=["strace", "-f", "-ttt", "-o", trace, "-e", "trace=ppoll,rename,renameat,renameat2"])
    truth.wait_until("a file", lambda: os.path.exists(path))
    truth.PAUSE.wait(25)  # peers are chosen each 10 s
    os.kill(child_of(process.pid), 15)
    process.wait()
    woke, times = {}, []
    with open(trace, encoding="utf-8") as file:
        for line in file:
            thread, at, call = line.split(None, 2)
            if "traced.prom" in call and call.startswith("rename"):
                times.append((float(at) - woke[thread]) * 1000)
            elif "ppoll" in call and "unfinished" not in call:
                woke[thread] = float(at)
    with open(path, "rb") as file:
        text = file.read()
    return statistics.median(times), len(times), sum(not line.startswith(b"#") for line in text.splitlines()), len(text)


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    tcplens = sys.argv[1]
    seconds, connections, peers = (int(sys.argv[i]) if len(sys.argv) > i else default for i, default in ((2, 20), (3, 20000), (4, 5000)))
    started = []
    with tempfile.TemporaryDirectory(prefix="tcplens-size-") as work:
        try:
            truth.make_namespaces()
            started.extend(start_traffic(connections, peers))
            print("| | series | bytes | one write, ms | CPU with a log, ms/s | with metrics too, ms/s |\n| --- | --- | --- | --- | --- | --- |")
            for more in CHOICES:
                write, _, series, size = time_of_write(tcplens, work, more)
                without, with_them = compare(tcplens, work, more, seconds)
                print(f"| `{' '.join(more)}` | {series} | {size} | {write:.1f} | {without:.1f} | {with_them:.1f} |", flush=True)
            alone = record(tcplens, ["--no-log", "--metrics", f"{work}/alone.prom"])
            truth.PAUSE.wait(seconds)
            print(f"metrics without a log: {milliseconds_used([alone])[0] / seconds:.1f} ms/s")
        finally:
            for process in reversed(started):  # clients before their servers
                process.terminate()
                process.wait()
            truth.remove_namespaces()


main()
