"""The commands that faults are tried on: how each is run, on what, and what is expected of it."""

import contextlib
import glob
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'namespaces'))
import judge  # noqa: E402
import log_file  # noqa: E402
import trial  # noqa: E402
import world  # noqa: E402

CLEAN_RUNS = 3
ATTEMPTS = 20
NOT_IN_TIME = re.compile(r'record: 0 frames|missed [1-9]|no frame was finished')
ROW = ('laddr', 'lport', 'raddr', 'rport')
KEYS = b'2j3j4j5j6j71\r'
KEYS_OF_PICTURE = 'L2j3j1j<Enter>'  # at the end of the log, however fast that was read
ESTABLISHED = 1


def hold_sockets():
    """A process with sockets that stay as they are; in this network namespace."""
    ready, told = os.pipe()
    pid = os.fork()
    if pid:
        os.read(ready, 1)
        return pid
    world.libc.prctl(world.PR_SET_PDEATHSIG, signal.SIGKILL)
    world.bring_loopback_up()
    sockets = world.Sockets()
    sockets.listen('l4', 2000)
    sockets.listen('l6', 2001, socket.AF_INET6)
    for number in range(6):
        sockets.pair(f'p{number}', ('l4', 'l6')[number % 2])
    sockets.kept['p0<'].shutdown(socket.SHUT_WR)
    sockets.kept['p1<'].sendall(b'not read')
    sockets.bound('b')
    os.write(told, b'.')
    signal.pause()
    os._exit(0)


class Command:
    """words: {log}, a log of a demo; {out}: a file to be written; {port}: where `victim` listens. expected: makes the judge of
    runs without a fault. read_out: makes text of what was written to {out}; that is judged, not what was printed."""

    def __init__(self, name, words, expected, keys=None, codes=(0,), read_out=None, victim=None):
        self.name, self.words, self.make, self.keys, self.codes = name, words, expected, keys, codes
        self.read_out, self.victim = read_out, victim
        self.expected = None

    def run(self, place, prefix=(), env=None):
        out = os.path.join(place.folder, f'{self.name.replace(" ", "-")}.{os.getpid()}')
        shutil.rmtree(out, ignore_errors=True)
        os.mkdir(out)
        log = os.path.join(out, 'out.jsonl')
        victim = self.victim() if self.victim else None
        port = victim.port if victim else 0
        names = {'log': place.log, 'out': log, 'host': place.host, 'port': port}
        words = [*prefix, place.tcplens, *(word.format(**names) for word in self.words)]
        env = {**os.environ, 'LC_ALL': 'C.UTF-8', 'TZ': 'UTC', 'HOME': out, 'XDG_CONFIG_HOME': out, 'XDG_STATE_HOME': out, **(env or {})}
        result = trial.run_piped(words, env) if self.keys is None else trial.run_in_pty(words, env, self.keys)
        result.path = log
        if self.read_out:
            result.out = self.read_out(place, log)
        if victim:
            result.err += result.out  # it says there of each row why it stays
            result.out = victim.end()
        if result.code in self.codes:
            result.code = 0
        result.err = result.err.replace(out, 'OUT')
        return result

    def prepare(self, place):
        """Several runs without a fault; those do not count in which a busy machine missed frames, or had time for none, and
        said so."""
        runs, end = [], time.monotonic() + trial.DEADLINE
        while len(runs) < CLEAN_RUNS:
            result = self.run(place)
            if result.code and NOT_IN_TIME.search(result.err) and time.monotonic() < end:
                continue
            assert judge.judge_exit(result) is None and result.code == 0, f'{self.name}: {result.code}: {result.err}'
            result.log = log_file.Log(result.path)
            runs.append(result)
        if self.make is same_picture:  # what is drawn where the locale cannot be loaded
            self.expected = self.make(runs, self.run(place, env={'LC_ALL': 'C'}))
        else:
            self.expected = self.make(runs)

    def judge(self, result):
        bad = judge.judge_exit(result)
        if bad:
            return bad
        if isinstance(self.expected, (log_file.FrozenLog, log_file.DemoLog)):
            return log_file.judge_log(self.expected, result, result.path)
        return judge.judge_output(self.expected, result)


def text_of(place, path):
    if not os.path.exists(path):
        return ''
    with open(path, encoding='utf-8', errors='replace') as file:
        return file.read()


def list_of(place, path):
    """The rows at the end of the logs in a folder."""
    logs = sorted(glob.glob(os.path.join(path + '.of-hosts', '*')))
    words = [word for log in logs for word in ('--from', log)]
    return subprocess.run([place.tcplens, 'list', '--json', *words], capture_output=True, text=True, check=False,
                          timeout=trial.DEADLINE).stdout if logs else ''


class Victim:
    """A connection that is to be closed, and one beside it that is not."""

    def __init__(self):
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.port = self.listener.getsockname()[1]
        self.ends = [self.connect(), self.connect()]
        self.port = self.ends[0][1].getpeername()[1]

    def connect(self):
        client = socket.create_connection(self.listener.getsockname())
        return client, self.listener.accept()[0]

    def end(self):
        """Which of the two is still there."""
        alive = ['closed' if pair[0].getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] != ESTABLISHED else 'alive'
                 for pair in self.ends]
        for one in [self.listener, *self.ends[0], *self.ends[1]]:
            one.close()
        return ' '.join(alive)


def rows(runs):
    return judge.Rows(ROW, runs)


def host_rows(runs):
    return judge.Rows(('host', *ROW), runs)


def same_text(runs):
    return judge.Text(lambda text: text, runs)


def same_families(runs):
    """Of metrics the names: what they count moves."""
    return judge.Text(lambda text: '\n'.join(re.findall(r'^# TYPE .*', text, flags=re.M)), runs)


def quiet(runs):
    return judge.Quiet(lambda text: text, runs)


def same_picture(runs, plain):
    """But for colours: one whose terminal type could not be read is drawn as another would."""
    return judge.Picture(lambda text: re.sub(' (fill|stroke)="[^"]*"', '', text), runs, plain)


def same_map(runs):
    """But for rates, which need a second frame; without what tcp_info says where only /proc/net/tcp could be read."""
    return judge.Text(lambda text: re.sub('"(out|in)_bytes_per_s":[0-9.]+,', '', text), runs,
                      lambda text: re.sub(',"(rtt_p[0-9]+_us|retrans_percent)":[0-9.]+', '', text))


def same_findings(runs):
    """Of the doctor: what could not be checked it says itself."""
    return judge.Text(lambda text: re.sub(r'"checked":\d+|,?"not_checked":.*', '', text), runs)


def same_beginning(runs):
    """Of events: as far as it ran."""
    return judge.Beginning(runs)


def frozen_log(runs):
    return log_file.FrozenLog([run.log for run in runs])


def demo_log(runs):
    return log_file.DemoLog([run.log for run in runs])


def anything(runs):
    return judge.Text(lambda text: '', runs)


BRIEF = ['-i', '0.1', '--for', '0.25']
DEMO = ['--demo', '7,20']
HOSTS = ['--host-command', '{host}', '--host', 'one', '--host', 'two']
COMMANDS = [
    Command('list', ['list', '--json'], rows),
    Command('list-from', ['list', '--json', '--from', '{log}'], same_text),
    Command('record', ['record', '--events', 'none', *BRIEF, '-o', '{out}'], frozen_log),
    Command('record-destroy', ['record', '--events', 'destroy', *BRIEF, '-o', '{out}'], frozen_log),
    Command('record-bpf', ['record', '--events', 'bpf', *BRIEF, '-o', '{out}'], frozen_log),
    Command('record-demo', ['record', *DEMO, *BRIEF, '-o', '{out}'], demo_log),
    Command('hosts', ['list', '--json', *HOSTS], host_rows),
    Command('events-from', ['events', '--json', '--from', '{log}'], same_text),
    Command('events', ['events', '--json', '--events', 'none', *BRIEF], quiet),
    Command('events-destroy', ['events', '--json', '--events', 'destroy', *BRIEF], quiet),
    Command('events-bpf', ['events', '--json', '--events', 'bpf', *BRIEF], quiet),
    Command('events-demo', ['events', '--json', *DEMO, *BRIEF], same_beginning),
    Command('hosts-events', ['events', '--json', *HOSTS, *BRIEF], same_text),
    Command('hosts-record', ['record', *HOSTS, *BRIEF, '-o', '{out}.of-hosts'], host_rows, read_out=list_of),
    Command('summary', ['summary', '--json', '{log}'], same_text),
    Command('map', ['map', '--json', '--from', '{log}'], same_text),
    Command('map-live', ['map', '--json', *BRIEF], same_map),
    Command('doctor', ['doctor', '--json', '--from', '{log}'], same_text, codes=(0, 1, 2)),
    Command('doctor-live', ['doctor', '--json', *BRIEF], same_findings, codes=(0, 1, 2)),
    Command('metrics', ['metrics', *DEMO, *BRIEF], same_families),
    Command('metrics-live', ['metrics', *BRIEF], same_families),
    Command('close', ['close', '--yes', '--force', 'sport', '=', '{port}'], same_text, victim=Victim),
    Command('screenshot', ['replay', '{log}', '--screenshot', '{out}', '--keys', KEYS_OF_PICTURE], same_picture, read_out=text_of),
    Command('replay', ['replay', '{log}'], anything, keys=KEYS),
    Command('top', ['top', *DEMO, '-i', '0.1'], anything, keys=KEYS),
    Command('top-live', ['top', '-i', '0.1'], anything, keys=KEYS),
    Command('top-hosts', ['top', *HOSTS, '-i', '0.1'], anything, keys=KEYS),
]


class Place:
    """A folder, a log of a demo in it, and the sockets that live commands show."""

    def __init__(self, tcplens, folder):
        self.tcplens, self.folder = tcplens, folder
        self.log = os.path.join(folder, 'demo.jsonl')
        self.host = os.path.join(folder, 'host')
        self.record(self.log, '-i', '0.1', '--for', '0.65')
        self.record(self.host + '.jsonl', '-i', '3600', '--for', '0.1')
        with open(self.host, 'w', encoding='ascii') as script:
            script.write(f'#!/bin/sh\ncat {self.host}.jsonl\nexec sleep infinity\n')
        os.chmod(self.host, 0o755)
        hold_sockets()

    def record(self, path, *words):
        """Again, where on a busy machine the time was over before the first frame."""
        for _ in range(ATTEMPTS):
            if subprocess.run([self.tcplens, 'record', '--demo', '7,20', *words, '-o', path], capture_output=True, check=False,
                              timeout=trial.DEADLINE).returncode == 0:
                return
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)
        raise RuntimeError(f'{path} was not recorded')
