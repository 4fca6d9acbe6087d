#!/usr/bin/env python3
"""bench.py TCPLENS [HOSTS [ROWS]]: what many hosts cost the screen: CPU, memory, bytes a second, and how long it takes
from a key to what it draws; then the same with one host killed, one stopped and one that floods. Figures, no verdict."""

import fcntl
import os
import pty
import select
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time

TCPLENS = os.path.abspath(sys.argv[1])
HOSTS = int(sys.argv[2]) if len(sys.argv) > 2 else 50
ROWS = int(sys.argv[3]) if len(sys.argv) > 3 else 2000
WATCH_S = 15
TICKS = os.sysconf('SC_CLK_TCK')


class Screen:
    def __init__(self, folder, names):
        words = []
        for name in names:
            words += ['--host', name]
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.environ['TERM'] = 'xterm-256color'
            os.execv(TCPLENS, [TCPLENS, '--budget', '0', *words, '--host-command', f'{folder}/host {{host}} {{}}'])
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack('HHHH', 50, 160, 0, 0))

    def drain(self, seconds):
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if select.select([self.terminal], [], [], left)[0]:
                os.read(self.terminal, 65536)

    def key_delay(self):
        """From j or k to the first bytes drawn, in a pause between frames as far as there is one."""
        self.drain(0.05)
        began = time.monotonic()
        os.write(self.terminal, b'j' if int(began * 10) % 2 else b'k')
        select.select([self.terminal], [], [], 5)
        return (time.monotonic() - began) * 1000

    def figures(self):
        def cpu():
            with open(f'/proc/{self.pid}/stat', encoding='utf-8') as file:
                words = file.read().rsplit(')', 1)[1].split()
            return (int(words[11]) + int(words[12])) / TICKS

        def read_bytes():
            with open(f'/proc/{self.pid}/io', encoding='utf-8') as file:
                return int(file.readline().split()[1])

        cpu_before, bytes_before, began = cpu(), read_bytes(), time.monotonic()
        delays = []
        while time.monotonic() - began < WATCH_S:
            delays.append(self.key_delay())
            self.drain(0.1)
        passed = time.monotonic() - began
        with open(f'/proc/{self.pid}/status', encoding='utf-8') as file:
            memory = next(int(line.split()[1]) for line in file if line.startswith('VmRSS'))
        delays.sort()
        return (f'CPU {(cpu() - cpu_before) / passed * 100:.0f} % of a core, {memory / 1024:.0f} MiB, '
                f'{(read_bytes() - bytes_before) / passed / 1000:.0f} kB/s read, key to picture: median '
                f'{statistics.median(delays):.1f} ms, 95 %: {delays[len(delays) * 95 // 100]:.1f} ms, '
                f'most {delays[-1]:.1f} ms')

    def end(self):
        os.write(self.terminal, b'q')
        deadline = time.monotonic() + 20
        try:
            while time.monotonic() < deadline:
                self.drain(0.05)
        except OSError:  # its side of the terminal is closed
            pass
        os.waitpid(self.pid, 0)


def main():
    names = [f'h{n}' for n in range(HOSTS)]
    with tempfile.TemporaryDirectory() as folder:
        with open(folder + '/host', 'w', encoding='utf-8') as file:
            file.write(f'#!/bin/sh\nname=$1; shift 2\necho $$ > {folder}/$name.pid\n'
                       f'exec {TCPLENS} "$@" --demo ${{name#h}},{ROWS}\n')
        os.chmod(folder + '/host', 0o700)
        screen = Screen(folder, names)
        screen.drain(15)
        print(f'{HOSTS} hosts of {ROWS} rows:', screen.figures(), flush=True)
        pids = {}
        for name in names[:3]:
            with open(f'{folder}/{name}.pid', encoding='utf-8') as file:
                pids[name] = int(file.read())
        # The next start of a host that was killed floods.
        with open(folder + '/host', 'w', encoding='utf-8') as file:
            file.write(f'#!/bin/sh\nname=$1; shift 2\n{TCPLENS} "$@" --demo 1,20 --for 1\nexec yes "$name"\n')
        os.kill(pids['h0'], signal.SIGKILL)
        os.kill(pids['h1'], signal.SIGSTOP)
        screen.drain(5)
        print('one killed, which then floods, one stopped:', screen.figures())
        screen.end()
        left = [pid for pid in pids.values() if os.path.exists(f'/proc/{pid}')]
        print('left behind:', left)
        for pid in left:
            subprocess.run(['kill', '-9', str(pid)], check=False)


if __name__ == '__main__':
    main()
