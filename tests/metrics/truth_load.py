"""Traffic whose truth is known, for truth.py. A client ends a connection in order: it shuts it down, waits for the
end of the other side, and closes it.
usage: truth_load.py serve ADDRESS PORT           answers requests until SIGTERM
       truth_load.py short ADDRESS PORT RATE SECONDS   short connections, a thousandth of them for seconds
       truth_load.py bulk ADDRESS PORT RATE SECONDS    20 connections at a time, RATE bytes a second together
       truth_load.py refused ADDRESS PORT RATE SECONDS attempts at a closed port
Writes one JSON object at the end: what this side of its connections carried, by their port."""
import heapq
import json
import random
import resource
import selectors
import signal
import socket
import struct
import sys
import time

HEADER = struct.Struct("!II")  # length of the request behind it, and of the answer
TCP_INFO_BYTES_RETRANS = 208  # include/uapi/linux/tcp.h
SIZES = (0, 100, 2000, 20000)
BULK_LIFE = 20
random.seed(16)


def bytes_retransmitted(sock):
    info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
    return struct.unpack_from("=Q", info, TCP_INFO_BYTES_RETRANS)[0]


class Truth:
    def __init__(self, port, role):
        self.facts = {"port": port, "role": role, "opens": 0, "closes": 0, "failed": 0, "in": 0, "out": 0, "retransmitted": 0,
                      "connects": 0, "lives": []}

    def add(self, **amounts):
        for name, amount in amounts.items():
            self.facts[name] += amount

    def end(self, sock, began):
        self.add(closes=1, retransmitted=bytes_retransmitted(sock))
        self.facts["lives"].append(round(time.monotonic() - began, 6))
        sock.close()

    def write(self):
        json.dump(self.facts, sys.stdout)


class Stopped(Exception):
    pass


def stop(*_):
    raise Stopped


class Server:
    """One connection: reads requests, answers each, ends when the client has shut down."""

    def __init__(self, address, port):
        self.truth = Truth(port, "server")
        self.selector = selectors.DefaultSelector()
        self.listener = socket.create_server((address, port), backlog=4096)
        self.listener.setblocking(False)
        self.selector.register(self.listener, selectors.EVENT_READ)

    def accept(self):
        try:
            while True:
                sock, _ = self.listener.accept()
                sock.setblocking(True)
                self.truth.add(opens=1)
                self.selector.register(sock, selectors.EVENT_READ, [time.monotonic(), b"", 0])
        except BlockingIOError:
            pass

    def read(self, sock, state):
        data = sock.recv(1 << 18)
        if not data:
            self.selector.unregister(sock)
            self.truth.end(sock, state[0])
            return
        self.truth.add(**{"in": len(data)})
        state[1] += data
        while len(state[1]) >= HEADER.size:
            request, answer = HEADER.unpack_from(state[1])
            if len(state[1]) < HEADER.size + request:
                return
            state[1] = state[1][HEADER.size + request:]
            sock.sendall(bytes(answer))
            self.truth.add(out=answer)

    def run(self):
        while True:
            for key, _ in self.selector.select():
                if key.fileobj is self.listener:
                    self.accept()
                else:
                    self.read(key.fileobj, key.data)


class Client:
    def __init__(self, address, port, rate, seconds):
        self.peer = (address, port)
        self.rate = rate
        self.until = time.monotonic() + seconds
        self.truth = Truth(port, "client")
        self.selector = selectors.DefaultSelector()
        self.shutting = 0
        self.due = []  # when to shut down, a tie-breaker, the socket, when it began
        self.serial = 0

    def open(self):
        began = time.monotonic()
        sock = socket.create_connection(self.peer)
        self.truth.add(opens=1, connects=1)
        return sock, began

    def exchange(self, sock, request, answer):
        sock.sendall(HEADER.pack(request, answer) + bytes(request))
        left = answer
        while left:
            left -= len(sock.recv(left))
        self.truth.add(out=HEADER.size + request, **{"in": answer})

    def keep(self, sock, began, life):
        self.serial += 1
        heapq.heappush(self.due, (began + life, self.serial, sock, began))

    def shut_due(self):
        while self.due and self.due[0][0] <= time.monotonic():
            _, _, sock, began = heapq.heappop(self.due)
            sock.shutdown(socket.SHUT_WR)
            self.selector.register(sock, selectors.EVENT_READ, began)
            self.shutting += 1

    def reap(self, seconds):
        for key, _ in self.selector.select(seconds):
            key.fileobj.recv(1)
            self.selector.unregister(key.fileobj)
            self.truth.end(key.fileobj, key.data)
            self.shutting -= 1

    def run(self, step):
        began = time.monotonic()
        made = 0
        while (now := time.monotonic()) < self.until:
            while made < self.rate * (now - began) and time.monotonic() < self.until:
                step()
                made += 1
                self.shut_due()
                self.reap(0)
            self.shut_due()
            self.reap(0.001)
        while self.due or self.shutting:
            self.shut_due()
            self.reap(0.01)

    def short(self):
        sock, began = self.open()
        self.exchange(sock, random.choice(SIZES), random.choice(SIZES))
        kind = random.random()
        life = random.uniform(2, 20) if kind < 0.001 else random.uniform(0.005, 0.5) if kind < 0.1 else 0
        self.keep(sock, began, life)

    def refused(self):
        began = time.monotonic()
        try:
            socket.create_connection(self.peer)
        except ConnectionRefusedError:
            self.truth.add(opens=1, closes=1, failed=1)
            self.truth.facts["lives"].append(time.monotonic() - began)
            return
        raise SystemExit("truth_load: the port is open")

    def bulk(self):
        """Writes a block to each of 20 connections in turn; each is replaced when its time is over."""
        sockets, place, block = [], 0, 16384
        began = time.monotonic()
        sent = 0
        while (now := time.monotonic()) < self.until:
            self.reap(0)
            if sent > self.rate * (now - began):
                self.reap(0.005)
                continue
            if len(sockets) < 20:
                sockets.append(self.open())
            place = (place + 1) % len(sockets)
            sock, since = sockets[place]
            self.exchange(sock, block, 8)
            sent += block
            if now - since > BULK_LIFE * random.uniform(0.5, 1):
                self.keep(*sockets.pop(place), 0)
                self.shut_due()
        for sock, since in sockets:
            self.keep(sock, since, 0)
        while self.due or self.shutting:
            self.shut_due()
            self.reap(0.01)


def main():
    role, address, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if role == "serve":
        worker = Server(address, port)
        signal.signal(signal.SIGTERM, stop)
        try:
            worker.run()
        except Stopped:
            pass
    else:
        worker = Client(address, port, float(sys.argv[4]), float(sys.argv[5]))
        if role == "bulk":
            worker.bulk()
        else:
            worker.run(getattr(worker, role))
    worker.truth.write()


main()
