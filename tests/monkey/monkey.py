#!/usr/bin/env python3
"""monkey.py TCPLENS CHURN KEYS SEED KIND...: random keys, mouse reports, pastes, resizes and signals over the program on a
terminal, until KEYS keys have been typed over each KIND:

  demo     invented connections            replay   a session log
  live     every network namespace, connections and namespaces coming and going
  history  our own namespace, recorded and rewound     fleet    hosts by --host-command, some of which fail

Held all the while: what is typed is read, and a resize answered by a repaint, before a deadline; a process ends only by a
key that quits or a signal that ends it, with that exit code; then the terminal is as it was, and no child is left. Reports
of sanitizers count. Runs in PID and network namespaces of its own: what it signals or closes is the test's. Prints the
slowest answer and what was reached of views, pages, menus, dialogs and prompts. The same SEED types the same."""

import contextlib
import fcntl
import glob
import os
import random
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time

import keyboard

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', 'namespaces'))
import world  # noqa: E402

DEADLINE = 100  # a hang is for ever; a machine may be busy
KEYS_BETWEEN_LOOKS = 40
LINGER = 0.5
LINGERS_IN = ('live', 'history', 'fleet')  # else a history has hardly a frame, and no host has sent one
START_SIZE = (24, 80)
SIZES = [(24, 80), (24, 80), (40, 160), (50, 200), (10, 40), (1, 1), (2, 2), (5, 20), (60, 132), (24, 100), (37, 90), (100, 300)]
REACHED = ['Connections', 'Processes', 'Listeners', 'Peers', 'Events', 'States', 'Findings', 'Namespaces', 'Hosts', 'Columns', 'Sort by',
           'Menu', 'Kill \u2500', 'SIGTERM', 'Close connection', 'Close a listener', 'this ends a session', 'Movement', 'Actions',
           'Processes that hold it', 'PAUSED', 'REC']
FIONREAD = 0x541B
ENDING = {signal.SIGTERM: 143, signal.SIGINT: 130, signal.SIGHUP: 129, signal.SIGUSR1: 138, signal.SIGQUIT: 131}
BY_KEYS = (0, 3, 130, 131)  # 3: recorded, and it says that frames were missed; ^C, ^\\
TEXT_ONLY = re.compile(rb'\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[()][0-9A-Za-z]|[=>78M])')


class Fault(Exception):
    pass


def until(holds, what, every=0.005):
    deadline = time.monotonic() + DEADLINE
    while not holds():
        if time.monotonic() > deadline:
            raise Fault(f'not within {DEADLINE} s: {what}')
        select.select([], [], [], every)


def state_of(pid):
    """A letter as of ps; "" when there is no such process."""
    try:
        with open(f'/proc/{pid}/stat', encoding='utf-8', errors='replace') as file:
            return file.read().rsplit(')', 1)[1].split()[0]
    except OSError:
        return ''


def descendants_of(pid):
    found = []
    with contextlib.suppress(OSError):
        for task in os.listdir(f'/proc/{pid}/task'):
            with open(f'/proc/{pid}/task/{task}/children', encoding='utf-8') as file:
                for child in file.read().split():
                    found += [int(child), *descendants_of(int(child))]
    return found


class Program:
    """tcplens as a job of a shell: in a process group of its own, in the foreground of a terminal that another leads."""

    def __init__(self, words, env, folder):
        self.master, self.slave = os.openpty()
        os.set_blocking(self.master, False)
        self.before = termios.tcgetattr(self.slave)
        self.painted, self.children, self.has_left = b'', set(), False
        self.resize(START_SIZE)
        report, reports = os.pipe()
        self.leader = os.fork()
        if self.leader == 0:
            os.close(report)
            self.lead(words, env, folder, reports)
        os.close(reports)
        self.reports = os.fdopen(report)
        self.pid = int(self.reports.readline())

    def lead(self, words, env, folder, reports):
        os.setsid()
        fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        pid = os.fork()
        if pid == 0:
            os.setpgid(0, 0)
            os.tcsetpgrp(self.slave, os.getpid())
            signal.signal(signal.SIGTTOU, signal.SIG_DFL)
            for descriptor in 0, 1, 2:
                os.dup2(self.slave, descriptor)
            os.closerange(3, 256)
            os.chdir(folder)
            os.execve(words[0], words, env)
        os.write(reports, f'{pid}\n'.encode())
        os.close(self.master)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        with contextlib.suppress(OSError):
            os.write(reports, f'{code}\n'.encode())
        os._exit(0)

    def resize(self, size):
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack('4H', *size, 0, 0))

    def read(self):
        """And continues it where a key (^Z) stopped it, as a shell does at once; ^S holds up what it writes once it has
        left the screen, and ^Q lets that go on."""
        if state_of(self.pid) == 'T':
            os.kill(self.pid, signal.SIGCONT)
        self.take_output()
        if self.has_left:
            with contextlib.suppress(BlockingIOError):
                os.write(self.master, b'\x11')

    def take_output(self):
        with contextlib.suppress(BlockingIOError, OSError):
            while data := os.read(self.master, 1 << 16):
                self.painted = (self.painted + data)[-(1 << 20):]
        entered, left = self.painted.rfind(b'\x1b[?1049h'), self.painted.rfind(b'\x1b[?1049l')
        if entered != left:
            self.has_left = left > entered

    def has_ended(self):
        return state_of(self.pid) in ('', 'Z', 'X')

    def unread(self):
        return struct.unpack('i', fcntl.ioctl(self.slave, FIONREAD, b'\0' * 4))[0]

    def type(self, data):
        """In the pieces that the terminal takes."""
        def wrote():
            nonlocal data
            self.read()
            with contextlib.suppress(BlockingIOError):
                data = data[os.write(self.master, data):]
            return not data or self.has_ended()
        until(wrote, 'the keys are taken by the terminal')

    def is_through(self):
        self.read()
        return self.has_ended() or not self.unread()

    def has_painted(self):
        self.read()
        return self.has_ended() or len(self.painted) > 0

    def is_stopped(self):
        self.take_output()
        return self.has_ended() or state_of(self.pid) == 'T'

    def children_have_ended(self):
        """Orphans are ours to wait for: we are process 1."""
        for pid in list(self.children):
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
        return not [pid for pid in self.children if state_of(pid)]

    def describe(self):
        """What each thread does, for a fault."""
        if self.has_ended():
            return '\nit has ended; children: ' + ', '.join(f'{pid} {state_of(pid)}' for pid in self.children)
        text = f'\nunread keys {self.unread()}'
        for task in os.listdir(f'/proc/{self.pid}/task'):
            for name in 'comm', 'stat', 'wchan', 'syscall':
                with contextlib.suppress(OSError), open(f'/proc/{self.pid}/task/{task}/{name}', encoding='utf-8') as file:
                    text += f'\n  {task} {name}: {file.read().strip()}'
        with open(f'/proc/{self.pid}/status', encoding='utf-8') as file:
            text += '\n' + ''.join(line for line in file if line.startswith(('Sig', 'Shd', 'State')))
        return text

    def note_children(self):
        self.children |= set(descendants_of(self.pid))

    def finish(self):
        """Its exit code, all of it looked at."""
        def ended():
            self.read()
            return select.select([self.reports], [], [], 0)[0]
        until(ended, 'it ends')
        code = int(self.reports.readline())
        after = termios.tcgetattr(self.slave)
        os.waitpid(self.leader, 0)
        until(self.children_have_ended, 'its children have ended')
        self.read()
        os.close(self.master)
        os.close(self.slave)
        self.reports.close()
        if after != self.before:
            raise Fault(f'the terminal is not as it was; exit code {code}: {self.painted[-400:]!r}')
        return code


def end_namespace(namespace):
    """Also one whose process the monkey has stopped or ended."""
    os.kill(namespace.pid, signal.SIGKILL)
    with contextlib.suppress(OSError):
        namespace.end()


class Surroundings:
    """Folder, settings, log, hosts, churn; namespaces that come and go."""

    def __init__(self, tcplens, churn, kind):
        self.tcplens, self.kind = tcplens, kind
        self.folder = tempfile.mkdtemp(prefix='tcplens-monkey.')
        self.env = {'PATH': os.environ['PATH'], 'HOME': self.folder, 'TERM': 'xterm-256color', 'LANG': 'C.UTF-8',
                    'XDG_STATE_HOME': self.folder}
        for name in 'ASAN_OPTIONS', 'TSAN_OPTIONS', 'UBSAN_OPTIONS':
            self.env[name] = ':'.join(filter(None, [os.environ.get(name, ''), f'log_path={self.path("report")}']))
        # A thread that does not end within half a second is abandoned by design.
        self.env['TSAN_OPTIONS'] += ':report_thread_leaks=0'
        self.env['LSAN_OPTIONS'] = os.environ.get('LSAN_OPTIONS', '')
        self.churn_words = [churn, '--rate', '50', '--seconds', '100000', '--stable', '20', '--how', 'mixed']
        self.churn, self.namespaces = None, []
        self.words = getattr(self, 'words_of_' + kind)()

    def path(self, name):
        return os.path.join(self.folder, name)

    def words_of_demo(self):
        return ['--demo', '7,200,50']

    def words_of_replay(self):
        log = self.path('log.jsonl.zst')
        subprocess.run([self.tcplens, 'record', '--demo', 'incident,20', '--for', '20', '-i', '0.2', '-o', log], env=self.env,
                       stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)  # 3: it missed frames
        return ['replay', log]

    def words_of_live(self):
        return ['--netns', 'all', '-i', '0.1']

    def words_of_history(self):
        return ['-i', '0.1', '--past', '4M']

    def words_of_fleet(self):
        bring = self.path('bring')
        with open(bring, 'w', encoding='utf-8') as file:
            file.write(f'#!/bin/sh\ncase $1 in\nbroken) exec head -c 100000 /dev/urandom ;;\nsilent) exec cat ;;\nbrief) set 3 --for 2 ;;\n'
                       f'esac\nexec {self.tcplens} record --demo "$@" -i 0.2 -o -\n')
        os.chmod(bring, 0o755)
        hosts = ['1', '2', 'brief', 'broken', 'silent']
        return ['--host-command', bring + ' {host}', *(word for host in hosts for word in ('--host', host))]

    def renew(self, dice):
        """What the monkey has ended begins again."""
        if self.kind in ('live', 'history') and (not self.churn or self.churn.poll() is not None):
            self.churn = subprocess.Popen(self.churn_words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                          stderr=subprocess.DEVNULL)
        if self.kind != 'live':
            return
        if len(self.namespaces) > 3 or (self.namespaces and dice.random() < 0.3):
            end_namespace(self.namespaces.pop(dice.randrange(len(self.namespaces))))
        if dice.random() < 0.4:
            self.namespaces.append(world.Namespace())
            with contextlib.suppress(OSError):
                self.namespaces[-1].order('random', 12, dice.randrange(1000))  # an answer may never come

    def reports(self):
        texts = []
        for path in glob.glob(self.path('report*')):
            with open(path, encoding='utf-8', errors='replace') as file:
                texts.append(file.read())
        return texts

    def end(self):
        if self.churn:
            self.churn.kill()
            self.churn.wait()
        for namespace in self.namespaces:
            end_namespace(namespace)
        shutil.rmtree(self.folder)


class Monkey:
    def __init__(self, surroundings, keys, seed):
        self.around, self.wanted = surroundings, keys
        self.dice, self.keyboard = random.Random(f'{seed} otherwise'), keyboard.Keyboard(seed)
        self.keys = self.starts = self.resizes = self.signals = self.stops = 0
        self.slowest, self.reached, self.program, self.expected = 0.0, {}, None, None
        self.last = []

    def start(self):
        self.program = Program([self.around.tcplens, *self.around.words], self.around.env, self.around.folder)
        self.starts += 1
        self.keyboard.size = START_SIZE
        until(self.program.has_painted, 'the first frame')

    def timed(self, holds, what):
        began = time.monotonic()
        until(holds, what, 0.001)
        self.slowest = max(self.slowest, time.monotonic() - began)

    def look(self):
        """A resize repaints everything: it shows what the steps before led to."""
        size = self.dice.choice(SIZES)
        if size == self.keyboard.size:
            size = (size[0] + 1, size[1] + 1)
        self.program.read()
        self.program.painted = b''
        self.program.resize(size)
        self.keyboard.size = size
        self.resizes += 1
        self.timed(self.program.has_painted, f'a repaint after the resize to {size}')
        text = TEXT_ONLY.sub(b'', self.program.painted).decode('utf-8', 'replace')
        for name in REACHED:
            if name in text:
                self.reached[name] = self.reached.get(name, 0) + 1
        self.program.note_children()

    def linger(self):
        """Frames come, unless it is paused."""
        deadline = time.monotonic() + self.dice.random() * LINGER
        while time.monotonic() < deadline and not self.program.has_ended():
            self.program.read()
            select.select([self.program.master], [], [], 0.05)

    def send_signal(self):
        self.signals += 1
        if self.dice.random() < 0.02:
            number = self.dice.choice(list(ENDING))
            self.expected = ENDING[number]
            os.kill(self.program.pid, number)
            return
        if self.dice.random() < 0.5:
            os.kill(self.program.pid, signal.SIGWINCH)
            return
        os.kill(self.program.pid, signal.SIGTSTP)
        until(self.program.is_stopped, 'it stops')
        self.stops += 1

    def check_end(self):
        code = self.program.finish()
        expected, self.expected = self.expected, None
        if code not in (*BY_KEYS, expected):  # a key may quit before the signal comes
            raise Fault(f'exit code {code}: {self.program.painted[-400:]!r}')
        self.program = None

    def step(self):
        if not self.program:
            self.start()
        self.around.renew(self.dice)
        typed = 0
        while typed < KEYS_BETWEEN_LOOKS:
            data, count = self.keyboard.next()
            self.last = self.last[-20:] + [data]
            self.program.type(data)
            typed += count
        self.keys += typed
        self.timed(self.program.is_through, 'the keys are read')
        if not self.program.has_ended() and self.dice.random() < 0.1:
            self.send_signal()
        if self.around.kind in LINGERS_IN and self.dice.random() < 0.3:
            self.linger()
        if not self.program.has_ended():
            self.look()
        if self.program.has_ended():
            self.check_end()
        if self.around.reports():
            raise Fault('a report of a sanitizer')

    def finish(self):
        """In order, wherever it stands."""
        if self.program:
            self.expected = ENDING[signal.SIGTERM]
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.program.pid, signal.SIGTERM)
            self.check_end()
        if self.around.reports():
            raise Fault('a report of a sanitizer')

    def run(self):
        while self.keys < self.wanted:
            self.step()
        self.finish()


def run_kind(tcplens, churn, keys, seed, kind):
    surroundings = Surroundings(tcplens, churn, kind)
    monkey = Monkey(surroundings, keys, f'{seed} {kind}')
    began = time.monotonic()
    fault = ''
    try:
        monkey.run()
    except Fault as error:
        fault = f'\nFAILED: {kind}, seed {seed}: {error}; typed last: {monkey.last}'
        for report in surroundings.reports():
            fault += '\n' + report[:6000]
        if monkey.program:
            fault += monkey.program.describe()
            for pid in [monkey.program.pid, *descendants_of(monkey.program.pid)]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
    print(f'{kind}: seed {seed}, {monkey.keys} keys in {time.monotonic() - began:.0f} s, {monkey.resizes} resizes, {monkey.signals} signals '
          f'({monkey.stops} stops), {monkey.starts} starts, slowest answer {monkey.slowest * 1000:.0f} ms; reached '
          + ', '.join(f'{name} {count}' for name, count in sorted(monkey.reached.items())) + fault, flush=True)
    surroundings.end()
    return not fault


def main():
    world.skip_unless_possible()
    world.bring_loopback_up()
    tcplens, churn = map(os.path.abspath, sys.argv[1:3])
    keys, seed = int(sys.argv[3]), sys.argv[4]
    results = [run_kind(tcplens, churn, keys, seed, kind) for kind in sys.argv[5:]]
    return 0 if all(results) else 1


if __name__ == '__main__':
    sys.exit(main())
