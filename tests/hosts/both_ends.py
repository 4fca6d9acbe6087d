#!/usr/bin/env python3
"""both_ends.py TCPLENS: what only both ends of a connection prove, by real sockets in two network namespaces: one that
is established at one end only is half-open; what is lost on the way is distinguished from ACKs that are. Beside it what looks alike:
connections that are well, that are closed in order, that are being closed, and one whose peer is somewhere else."""

import itertools
import json
import os
import select
import shutil
import socket
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'namespaces'))
import world  # noqa: E402

TCPLENS = os.path.abspath(sys.argv[1])
DEADLINE = 60
NEAR, FAR = '10.78.1.1', '10.78.1.2'
PORT, FIRST = 7000, 40000
LINGER_NONE = struct.pack('ii', 1, 0)


class Sockets(world.Sockets):
    def reset(self, name):
        """An end that only a reset reports."""
        kept = self.kept.pop(name)
        kept.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NONE)
        kept.close()

    def shut(self, name):
        self.kept[name].shutdown(socket.SHUT_WR)

    def write(self, name, count):
        """To be taken as it comes."""
        self.kept[name].setblocking(False)
        try:
            return self.kept[name].send(b'x' * count)
        except BlockingIOError:
            return 0

    def take(self, name):
        self.kept[name].setblocking(False)
        try:
            return len(self.kept[name].recv(1 << 20))
        except BlockingIOError:
            return 0


class Findings:
    """As they come, from a tcplens that goes on."""

    def __init__(self, detector, *words):
        self.detector = detector
        self.process = subprocess.Popen([TCPLENS, 'events', '--json', '-i', '0.2', '--budget', '0', '--netns', 'all', '--events',
                                         'none', '--only', detector, *words], stdout=subprocess.PIPE)
        self.rest = b''

    def next(self, seconds):
        """The next line, None: there was none."""
        if b'\n' not in self.rest:
            if not select.select([self.process.stdout], [], [], seconds)[0]:
                return None
            got = os.read(self.process.stdout.fileno(), 65536)
            assert got, 'it ended'
            self.rest += got
        line, newline, rest = self.rest.partition(b'\n')
        if not newline:
            return None
        self.rest = rest
        return json.loads(line)

    def wait(self, holds, meanwhile=lambda: None):
        end = time.monotonic() + DEADLINE
        while time.monotonic() < end:
            meanwhile()
            line = self.next(0.02)
            if line and holds(line):
                return line
        raise AssertionError(f'{self.detector}: not in time')

    def found(self, meanwhile=lambda: None):
        return self.wait(lambda line: line['ev'] == 'finding', meanwhile)

    def end(self):
        self.process.terminate()
        self.process.communicate()


def make_link(near, far):
    world.inside(near, 'ip', 'link', 'add', 'way', 'type', 'veth', 'peer', 'name', 'way', 'netns', str(far.pid))
    for namespace, address in ((near, NEAR), (far, FAR)):
        world.inside(namespace, 'ip', 'address', 'add', f'{address}/24', 'dev', 'way')
        world.inside(namespace, 'ip', 'link', 'set', 'way', 'up')


def connect(near, far, number, port=PORT, listener='l'):
    near.do('connect', f'c{number}', NEAR, FIRST + number, FAR, port)
    far.do('accept', f's{number}', listener)


def filter_packets(namespace, hook, rule, kind='filter'):
    world.inside(namespace, 'nft', f'add table {hook}; add chain {hook} c {{ type {kind} hook {hook} priority 0; }}; '
                                   f'add rule {hook} c {rule}')


def forget_filters(namespace):
    world.inside(namespace, 'nft', 'flush ruleset')


def value_of(finding, fact):
    return next(evidence['value'] for evidence in finding['evidence'] if evidence['fact'] == fact)


def check_half_open(near, far):
    """0 loses its far end without a word. 1 is well; 2 is closed in order and waits; of 3 one direction is closed; 4 is
    to a port that is published: its other end has another tuple."""
    filter_packets(far, 'prerouting', f'tcp dport {PORT + 1} redirect to :{PORT}', 'nat')
    for number in range(4):
        connect(near, far, number)
    connect(near, far, 4, PORT + 1)
    findings = Findings('half-open', '--set', 'half-open.after=0.5', '--set', 'half-open.readings=2')
    numbers = itertools.count(50)
    findings.wait(lambda line: line['ev'] == 'open', lambda: connect(near, far, next(numbers)))
    connect(near, far, 5)
    for _ in range(2):  # both ends are in a frame, so those of the others are
        findings.wait(lambda line: line['ev'] == 'open' and FIRST + 5 in (line['lport'], line['rport']))
    near.do('drop', 'c2')
    far.do('drop', 's2')
    far.do('shut', 's3')
    filter_packets(near, 'input', 'tcp flags rst drop')
    far.do('reset', 's0')
    finding = findings.found()
    assert finding['confidence'] == 'proven' and finding['severity'] == 'warning', finding
    assert value_of(finding, 'established here') == 1 and value_of(finding, 'rows at the other end') == 0, finding
    rows = world.tcplens_list(TCPLENS, finding['filter'])
    assert [(row['lport'], row['state']) for row in rows] == [(FIRST, 'ESTABLISHED')], rows
    findings.end()
    check_found_late(finding)
    forget_filters(near)
    forget_filters(far)


def check_found_late(before):
    """Who looks only now has not seen the far end: others to the same place have theirs."""
    findings = Findings('half-open', '--set', 'half-open.after=0.5', '--set', 'half-open.readings=2')
    finding = findings.found()
    assert finding['confidence'] == 'likely' and finding['severity'] == 'info', finding
    assert finding['filter'] == before['filter'], finding
    findings.end()


def check_loss_of_data(near, far):
    filter_packets(far, 'input', f'tcp dport {PORT} meta length > 200 numgen random mod 10 == 0 drop')
    findings = Findings('lost-on-the-way')

    def traffic():
        near.do('write', 'c1', 100000)
        far.do('take', 's1')

    finding = findings.found(traffic)
    assert 'are lost on the way there' in finding['title'] and finding['confidence'] == 'proven', finding
    assert value_of(finding, 'rcv_ooopack there') > 0, finding
    findings.end()
    forget_filters(far)


def check_loss_of_acks(near, far):
    """Every third is lost, and what one of them would have acknowledged is sent again: the next comes later than that."""
    for number in range(10, 34):
        connect(near, far, number)
    filter_packets(near, 'input', f'tcp sport {PORT} numgen random mod 10 < 3 drop')
    findings = Findings('lost-on-the-way')
    turns = itertools.cycle(range(10, 34))

    def traffic():
        number = next(turns)
        near.do('write', f'c{number}', 1000)
        far.do('take', f's{number}')

    finding = findings.found(traffic)
    assert 'their ACKs are lost on the way back' in finding['title'], finding
    assert value_of(finding, 'rcv_ooopack there') == 0 and value_of(finding, 'dsack_dups here') > 0, finding
    findings.end()


def main():
    world.skip_unless_possible()
    for tool in ('nft', 'ip'):
        if not shutil.which(tool):
            print(f'needs {tool}')
            return 77
    world.Sockets = Sockets
    near, far = world.Namespace(), world.Namespace()
    make_link(near, far)
    far.do('serve', 'l', FAR, PORT)
    check_half_open(near, far)
    check_loss_of_data(near, far)
    near.end()
    far.end()
    near, far = world.Namespace(), world.Namespace()  # nothing came out of order in these
    make_link(near, far)
    far.do('serve', 'l', FAR, PORT)
    check_loss_of_acks(near, far)
    near.end()
    far.end()
    return 0


if __name__ == '__main__':
    sys.exit(main())
