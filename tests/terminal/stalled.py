#!/usr/bin/env python3
"""stalled.py TCPLENS SECONDS [TRIAL...]: a terminal that is not read, a resolver that never answers while 500 peers come, and a pipe that takes
no more of the log: none of them holds up a frame, a key or the end. What a frame lacks is said. Prints figures, judges no time but
the deadline."""

import contextlib
import ctypes
import glob
import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, '..', folder) for folder in ('namespaces', 'privilege', 'faults')]
import caller  # noqa: E402
import log_file  # noqa: E402
import world  # noqa: E402

PEERS = 500
PORT = 2000
INTERVAL = 0.1
FRAMES_AT_LEAST = 5
CLONE_NEWNS, MS_BIND, MS_REC, MS_PRIVATE = 0x00020000, 4096, 0x4000, 0x40000


class Fault(Exception):
    pass


def expect(holds, *words):
    if not holds:
        raise Fault(' '.join(str(word) for word in words))


class Network:
    """Of this process: a listener, peers that come, a resolver that is silent."""

    def __init__(self, folder):
        world.bring_loopback_up()
        libc = ctypes.CDLL(None, use_errno=True)
        path = os.path.join(folder, 'resolv.conf')
        with open(path, 'w', encoding='ascii') as file:
            file.write('nameserver 127.0.0.1\n')
        if libc.unshare(CLONE_NEWNS) or libc.mount(b'none', b'/', None, MS_REC | MS_PRIVATE, None) or \
                libc.mount(path.encode(), os.path.realpath('/etc/resolv.conf').encode(), None, MS_BIND, None):
            print('no mount namespace can be made here')
            sys.exit(77)
        self.resolver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.resolver.bind(('127.0.0.1', 53))
        self.listener = socket.create_server(('127.0.0.1', PORT), backlog=PEERS)
        self.peers = []

    def come(self):
        """Another peer, by an address of its own."""
        number = len(self.peers) // 2
        client = socket.socket()
        client.bind((f'127.1.{number // 250}.{number % 250 + 1}', 0))
        client.connect(('127.0.0.1', PORT))
        self.peers += [client, self.listener.accept()[0]]

    def leave(self):
        for peer in self.peers:
            peer.close()
        self.peers = []

    def questions(self):
        count = 0
        with contextlib.suppress(BlockingIOError):
            while self.resolver.recv(512, socket.MSG_DONTWAIT):
                count += 1
        return count


def wait(seconds, holds):
    """For so long, and until it holds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        select.select([], [], [], 0.05)
    expect(caller.until(holds), 'does not go on')


def lines_of(path):
    text = subprocess.run(['zstd', '-dcq', path], capture_output=True, check=False).stdout
    return [json.loads(line) for line in text.splitlines() if line.endswith(b'}')]


def check_frames(lines):
    """Missed because the machine is busy, perhaps, but for nothing else. The greatest distance of 99 % of the frames from where they
    should be, in ms."""
    gaps = [line for line in lines if line['ev'] == 'gap' and 'overload' not in line['reason']]
    expect(not gaps, gaps)
    frames = [line['mono_ns'] for line in lines if line['ev'] == 'frame' and 'mono_ns' in line]
    off = sorted(abs((later - one) / 1e6 - INTERVAL * 1000) for one, later in zip(frames, frames[1:]))
    return off[int(len(off) * 0.99)] if off else 0


def screen(program, network, folder, seconds, end):
    """The screen records; its terminal is not read from when names are on until the end."""
    state = os.path.join(folder, end)
    env = os.environ | {'TERM': 'xterm-256color', 'XDG_STATE_HOME': state, 'XDG_CONFIG_HOME': state, 'HOME': state}
    terminal = caller.Terminal([program, '-i', str(INTERVAL)], env=env)
    try:
        expect(terminal.wait_for('Connections'), 'no screen')
        terminal.send('n4R')
        expect(caller.until(lambda: terminal.read() and glob.glob(state + '/**/*.zst', recursive=True)), 'no log')
        path = glob.glob(state + '/**/*.zst', recursive=True)[0]
        for _ in range(PEERS):
            network.come()
        size = os.path.getsize(path)
        wait(seconds, lambda: os.path.getsize(path) > size)
        asked = network.questions()
        begin = time.monotonic()
        os.write(terminal.master, b'q') if end == 'key' else terminal.program.terminate()
        expect(caller.until(lambda: terminal.program.poll() is not None), 'does not end by', end)
        took = time.monotonic() - begin
        code = terminal.program.returncode
        expect(code == {'key': 0, 'signal': 128 + signal.SIGTERM}[end], 'exit', code)
    finally:
        terminal.end()
        network.leave()
    lines = lines_of(path)
    off = check_frames(lines)
    seen = {line['raddr'] for line in lines if line['ev'] == 'row' and line.get('raddr', '').startswith('127.1.')}
    expect(len(seen) == PEERS, len(seen), 'peers are in the log')
    expect(asked, 'no name was looked up')
    return f'{sum(line["ev"] == "frame" for line in lines)} frames, 99 % within {off:.0f} ms; {asked} questions; ended by {end} after {took * 1000:.0f} ms'


def frames_counted(path):
    with contextlib.suppress(OSError, TypeError), open(path, encoding='utf-8') as file:
        return float(re.search(r'^tcplens_frames_total(?:\{.*\})? (\S+)', file.read(), re.M)[1])
    return 0


def pipe(program, network, folder, seconds):
    """Nobody reads the log: frames go on, are counted as missed, and the signal ends it."""
    path, metrics = os.path.join(folder, 'pipe'), os.path.join(folder, 'm.prom')
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with open(path, 'wb') as writer, open(os.path.join(folder, 'said'), 'w+', encoding='utf-8') as said:
        recorder = subprocess.Popen([program, 'record', '-i', str(INTERVAL), '-o', '-', '--metrics', metrics, '--metrics-interval', '1'],
                                    stdin=subprocess.DEVNULL, stdout=writer, stderr=said)
        writer.close()
        try:
            for _ in range(PEERS):
                network.come()
            expect(caller.until(lambda: frames_counted(metrics)), 'no metrics')
            counted = frames_counted(metrics)
            wait(seconds, lambda: frames_counted(metrics) >= counted + FRAMES_AT_LEAST)
            counted = frames_counted(metrics)
            begin = time.monotonic()
            recorder.terminate()
            expect(caller.until(lambda: recorder.poll() is not None), 'does not end')
            took = time.monotonic() - begin
        finally:
            recorder.kill()
            recorder.wait()
            os.close(reader)
            network.leave()
        said.seek(0)
        report = log_file.REPORT.search(said.read())
    expect(report, 'no report')
    written, missed = int(report[1]), int(report[3] or 0)
    expect(missed and recorder.returncode == 3, report[0], recorder.returncode)
    expect(written + missed >= counted, report[0], f'of {counted:.0f} frames')
    return f'{counted:.0f} frames counted; {report[0]}; ended after {took * 1000:.0f} ms'


TRIALS = {
    'key': lambda *place: screen(*place, 'key'),
    'signal': lambda *place: screen(*place, 'signal'),
    'pipe': pipe,
}


def main():
    world.skip_unless_possible()
    program, seconds = os.path.abspath(sys.argv[1]), float(sys.argv[2])
    with tempfile.TemporaryDirectory(prefix='tcplens-stalled.') as folder:
        network = Network(folder)
        faults = 0
        for name in sys.argv[3:] or TRIALS:
            try:
                print(f'{name}: {TRIALS[name](program, network, folder, seconds)}', flush=True)
            except Fault as fault:
                faults += 1
                print(f'FAILED: {name}: {fault}', flush=True)
    return 1 if faults else 0


if __name__ == '__main__':
    sys.exit(main())
