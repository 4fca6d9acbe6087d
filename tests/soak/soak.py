#!/usr/bin/env python3
"""soak.py TCPLENS CHURN SECONDS [RATE]: the program for long, in short: at the shortest refresh interval, while RATE (100)
connections a second come and go. At once: the screen, whose views are cycled; a recorder with rotation; a recorder of
metrics that removes old logs; events with findings; the doctor. Prints, and judges:

* memory, descriptors and threads of each, which must not grow once they are warm: the slope of the medians of ten parts
  of the time, and the deviation of that slope. Memory steps up where a frame that came late has more in it than any
  before, and keeps what that took: what must not be is growth from most parts to the next, or steps of a tenth in all;
* what the log says of every connection that churn made, each of whose ends must open and close in it, but for those that
  the log says it missed."""

import glob
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, '..', 'namespaces'), os.path.join(HERE, '..', 'privilege')]
import caller  # noqa: E402
import world  # noqa: E402

INTERVAL = 0.1
PAST = '2M'  # at 1.1 kB a frame it is full after 3 minutes; until then memory grows
WARM = 0.2  # of the time; the history is full, the rows of TIME-WAIT are as many as they will be
PARTS = 10
KIB_PER_100K = 1024  # growth that is allowed
STEPS_MOST = 0.1  # of the memory, in all
TIME_WAIT_S = 75
SHOWN_MOST = 20
EDGE_NS = 2 * 10**9
KEYS = ['1', '2', '3', '4', '5', '6', '7', '8', '!', '1', 'G', 'g', '\r', 'v', '\x1b', 's', '\x1b', 'c', '\x1b', '?', '\x1b',
        '/python\r', '/\x15\r', 'p', '[', '[', '{', 'b', 'L', 'r', '>', '<', 'H', 'H', 'A', 'N', 'e', '\x1b']
WATCHED = ('VmRSS', 'fds', 'Threads')
LOUD = ('record', 'metrics', 'events', 'doctor')  # what they say is printed at the end
PAUSE = threading.Event()


def sample(pid):
    with open(f'/proc/{pid}/status', encoding='utf-8') as file:
        fields = dict(line.split(':', 1) for line in file)
    return {'VmRSS': int(fields['VmRSS'].split()[0]), 'Threads': int(fields['Threads']),
            'fds': len(os.listdir(f'/proc/{pid}/fd'))}


def medians_of_parts(values):
    size = len(values) // PARTS
    return [statistics.median(values[i * size:(i + 1) * size]) for i in range(PARTS)]


def steady_growth(values):
    """From begin to end, were each part to the next as it mostly is."""
    medians = medians_of_parts(values)
    return (PARTS - 1) * statistics.median(after - before for before, after in zip(medians, medians[1:]))


def slope(values):
    """Least squares over the medians of PARTS parts: growth from begin to end, and its standard deviation."""
    medians = medians_of_parts(values)
    xs = [(i + 0.5) / PARTS for i in range(PARTS)]
    mean_x, mean_y = statistics.mean(xs), statistics.mean(medians)
    spread = sum((x - mean_x)**2 for x in xs)
    gradient = sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, medians)) / spread
    rest = sum((y - mean_y - gradient * (x - mean_x))**2 for x, y in zip(xs, medians))
    return gradient, (rest / (PARTS - 2) / spread)**0.5


class Soak:
    def __init__(self, tcplens, churn, seconds, rate):
        self.tcplens, self.seconds, self.rate = tcplens, seconds, rate
        self.folder = tempfile.mkdtemp(prefix='tcplens-soak.')
        env = {'PATH': os.environ['PATH'], 'HOME': self.folder, 'TERM': 'xterm-256color', 'LANG': 'C.UTF-8'}
        self.churn = subprocess.Popen(
            [churn, '--rate', str(rate), '--seconds', str(seconds + 3600), '--stable', '100', '--how', 'mixed',
             '--truth', self.path('truth.jsonl')], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        assert self.churn.stdout.readline().strip() == 'ready', 'churn did not start'
        self.errors = {name: open(self.path(name + '.err'), 'w+', encoding='utf-8')
                       for name in LOUD}
        self.screen = caller.Terminal([tcplens, '-i', str(INTERVAL), '--past', PAST], env=env)
        self.programs = {'screen': self.screen.program} | {
            'record': self.start(env, 'record', 'record', '-o', 'log.jsonl.zst', '--rotate', '4M', '--keep', '10000'),
            'metrics': self.start(env, 'metrics', 'record', '-o', 'kept.jsonl.zst', '--rotate', '1M', '--keep', '3',
                                  '--metrics', self.path('tcplens.prom'), '--metrics-interval', '1'),
            'events': self.start(env, 'events', 'events', '--json'),
            'doctor': self.start(env, 'doctor', 'doctor', '--json', '--for', str(int(seconds) + 3600)),
        }
        self.samples = {name: [] for name in self.programs}
        self.began_ns = self.ended_ns = time.clock_gettime_ns(time.CLOCK_REALTIME)
        self.failures = []

    def path(self, name):
        return os.path.join(self.folder, name)

    def start(self, env, name, *words):
        return subprocess.Popen([self.tcplens, *words, '-i', str(INTERVAL)], cwd=self.folder, env=env,
                                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self.errors[name])

    def fail(self, *words):
        self.failures.append(' '.join(str(word) for word in words))

    def run(self):
        deadline, key = time.monotonic() + self.seconds, 0
        while time.monotonic() < deadline:
            for name, program in self.programs.items():
                if program.poll() is not None:
                    self.fail(name, 'ended:', program.returncode)
                    return
                self.samples[name].append(sample(program.pid))
            self.screen.send(KEYS[key % len(KEYS)])  # drops what was painted, too
            key += 1
            PAUSE.wait(0.5)

    def end(self):
        self.ended_ns = time.clock_gettime_ns(time.CLOCK_REALTIME)
        for name in LOUD:
            self.programs[name].terminate()
        self.screen.end()
        for name, program in self.programs.items():
            found = (1, 2) if name == 'doctor' else ()
            if program.wait() not in (0, 3, 143, *found):  # 3: it says that it missed frames
                self.fail(name, 'exit', program.returncode)
        self.churn.terminate()
        self.churn.wait()
        for name, file in self.errors.items():
            file.seek(0)
            print(f'{name}: {file.read().strip()}')

    def judge_growth(self):
        for name, samples in self.samples.items():
            warm = samples[int(len(samples) * WARM):]
            if len(warm) < 2 * PARTS:
                self.fail(name, 'too few samples:', len(samples))
                continue
            frames = self.seconds * (1 - WARM) / INTERVAL
            for what in WATCHED:
                values = [one[what] for one in warm]
                growth, deviation = slope(values)
                median, steady = statistics.median(values), steady_growth(values)
                if what == 'VmRSS':
                    grows = steady > KIB_PER_100K * max(frames / 100000, 0.1) or growth > STEPS_MOST * median
                else:
                    grows = growth - 2 * deviation > 0.5
                print(f'{name:8} {what:8} median {median:9.0f}, {min(values)} to {max(values)}, growth {growth:+.1f} '
                      f'(sd {deviation:.1f}), steady {steady:+.1f} in {frames:.0f} frames{", TOO MUCH" if grows else ""}')
                if grows:
                    self.fail(name, what, 'grows')

    def lines_of_log(self):
        files = sorted(glob.glob(self.path('log-*.jsonl.zst'))) + [self.path('log.jsonl.zst')]
        kept = glob.glob(self.path('kept*.jsonl.zst'))
        print(f'log: {len(files)} files; with --keep 3: {len(kept)}')
        if len(kept) > 4 or (self.seconds > 600 and len(files) < 2):
            self.fail('rotation')
        for path in files:
            unpacked = subprocess.Popen(['zstdcat', path], stdout=subprocess.PIPE, text=True)
            for line in unpacked.stdout:
                if line.startswith(('{"ev":"open"', '{"ev":"close"', '{"ev":"frame"', '{"ev":"gap"', '{"ev":"head"')):
                    yield json.loads(line)
            if unpacked.wait() != 0:
                self.fail(path, 'is damaged')

    def judge_log(self):
        seen = {'open': set(), 'close': set()}
        frames = lost = missed = 0
        for line in self.lines_of_log():
            if line['ev'] in seen and 'raddr' in line:
                seen[line['ev']].add((line['laddr'], line['lport'], line['raddr'], line['rport']))
            frames += line['ev'] == 'frame'
            lost = max(lost, line.get('events_lost', 0))
            missed += line.get('count', 1) if line['ev'] == 'gap' else 0
        connections, missing = 0, []
        with open(self.path('truth.jsonl'), encoding='utf-8') as file:
            head = json.loads(file.readline())
            to_real = head['real_ns'] - head['mono_ns']
            for text in file:
                line = json.loads(text)
                if line['how'] not in ('close', 'reset') or 't_close' not in line:
                    continue
                if line['t_open'][0] + to_real < self.began_ns + EDGE_NS + 3 * 10**9 or \
                        line['t_close'][1] + to_real > self.ended_ns - TIME_WAIT_S * 10**9:
                    continue
                connections += 1
                ends = (line['laddr'], line['lport'], line['raddr'], line['rport']), \
                       (line['raddr'], line['rport'], line['laddr'], line['lport'])
                missing += [(kind, *end, line['how'], line['t_open'], line['t_close'])
                            for end in ends for kind in seen if end not in seen[kind]]
        print(f'log: {frames} frames, {connections} connections of churn, {4 * connections} opens and closes of their ends, '
              f'{len(missing)} of them not in the log, which says that {lost} events and {missed} frames were lost')
        for lacking in missing[:SHOWN_MOST]:
            print('not in the log:', *lacking)
        if len(missing) > lost or connections == 0:
            self.fail('the log lacks', len(missing), 'events and says', lost)


def main():
    world.skip_unless_possible()
    world.bring_loopback_up()
    if not shutil.which('zstdcat'):
        print('needs zstdcat (zstd)')
        return 77
    tcplens, churn = map(os.path.abspath, sys.argv[1:3])
    seconds = float(sys.argv[3])
    soak = Soak(tcplens, churn, seconds, int(sys.argv[4]) if len(sys.argv) > 4 else 100)
    try:
        soak.run()
    finally:
        soak.end()
    soak.judge_growth()
    soak.judge_log()
    for failure in soak.failures:
        print('FAILED:', failure)
    if soak.failures:
        print('logs and truth are kept in', soak.folder)
        return 1
    shutil.rmtree(soak.folder)
    return 0


if __name__ == '__main__':
    sys.exit(main())
