#!/usr/bin/env python3
"""joins.py TCPLENS [CONNECTIONS]: connections between three machines (network namespaces, each read as a host of its
own), and two more with the addresses of the first pair: of how many the other end is named, and of these, how many are
the right ones, by the cookies of the sockets."""

import json
import os
import socket
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'namespaces'))
import world  # noqa: E402

TCPLENS = os.path.abspath(sys.argv[1])
COUNT = int(sys.argv[2]) if len(sys.argv) > 2 else 300


def cookie_of(kept):
    return f'{struct.unpack("=Q", kept.getsockopt(socket.SOL_SOCKET, world.SO_COOKIE, 8))[0]:x}'


class Sockets(world.Sockets):
    def serve(self, name, address, port):
        self.kept[name] = socket.socket()
        self.kept[name].bind((address, port))
        self.kept[name].listen(4096)

    def many(self, name, address, port, count):
        """Port and cookie of each."""
        made = []
        for n in range(count):
            client = socket.create_connection((address, port))
            self.kept[f'{name}{n}'] = client
            made.append((client.getsockname()[1], cookie_of(client)))
        return made

    def take(self, name, listener, count):
        made = []
        for n in range(count):
            served, peer = self.kept[listener].accept()
            self.kept[f'{name}{n}'] = served
            made.append((peer[1], cookie_of(served)))
        return made


def link(one, other, name, addresses):
    world.inside(one, 'ip', 'link', 'add', name, 'type', 'veth', 'peer', 'name', name, 'netns', str(other.pid))
    for namespace, address in zip((one, other), addresses):
        world.inside(namespace, 'ip', 'address', 'add', f'{address}/24', 'dev', name)
        world.inside(namespace, 'ip', 'link', 'set', name, 'up')


def connect(truth, client, server, name, address, count):
    """Both cookies of each connection, either way."""
    done = 0
    server.do('serve', name, address, 7000)
    while done < count:
        some = min(1000, count - done)
        clients = client.do('many', f'{name}c{done}.', address, 7000, some)
        served = dict(server.do('take', f'{name}s{done}.', name, some))
        for port, cookie in clients:
            truth[client.pid, cookie] = (server.pid, served[port])
            truth[server.pid, served[port]] = (client.pid, cookie)
        done += some


def rows_of(namespaces):
    words = []
    for namespace in namespaces:
        words += ['--host', str(namespace.pid)]
    ends = time.monotonic() + 60
    while True:
        out = subprocess.run([TCPLENS, 'list', '--json', *words, '--host-command',
                              'nsenter --net=/proc/{host}/ns/net {}', 'state established'],
                             capture_output=True, text=True, timeout=120, check=False,
                             env=dict(os.environ, PATH=os.path.dirname(TCPLENS) + ':' + os.environ['PATH']))
        # A busy machine may miss frames, which is said.
        if 'the log has a gap' not in out.stderr or time.monotonic() > ends:
            break
    assert out.returncode == 0, out.stderr
    return [json.loads(line) for line in out.stdout.splitlines()]


def main():
    world.skip_unless_possible()
    world.Sockets = Sockets
    a, b, c, like_a, like_b = (world.Namespace() for _ in range(5))
    link(a, b, 'ab', ('10.66.1.1', '10.66.1.2'))
    link(b, c, 'bc', ('10.66.2.2', '10.66.2.3'))
    link(a, c, 'ac', ('10.66.3.1', '10.66.3.3'))
    link(like_a, like_b, 'ab', ('10.66.1.1', '10.66.1.2'))
    truth, part = {}, COUNT // 3
    connect(truth, a, b, 'b', '10.66.1.2', part)
    connect(truth, b, c, 'c', '10.66.2.3', part)
    connect(truth, a, c, 'c2', '10.66.3.3', COUNT - 2 * part)
    twins = {}
    connect(twins, like_a, like_b, 'b', '10.66.1.2', min(part, 200))
    for shown, expected in (((a, b, c), truth), ((a, b, c, like_a, like_b), {**truth, **twins})):
        named = right = several = 0
        rows = rows_of(shown)
        for row in rows:
            other = row.get('other_end')
            if other and 'several' in other:
                several += 1
            elif other:
                named += 1
                right += expected.get((int(row['host']), row['cookie'])) == (int(other['host']), other['cookie'])
        print(f'{len(shown)} hosts, {len(rows)} ends of {len(expected) // 2} connections: {named} named, {right} right, '
              f'{several} with several that may be it; precision {right / named:.5f}, recall {right / len(expected):.5f}')
        assert right == named
        assert named + several == len(rows) == len(expected)
        assert len(shown) > 3 or several == 0
    for namespace in (a, b, c, like_a, like_b):
        namespace.end()
    return 0


if __name__ == '__main__':
    sys.exit(main())
