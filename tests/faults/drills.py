#!/usr/bin/env python3
"""drills.py TCPLENS DRILL[,DRILL...]|all [--set-clock LIBRARY] [--long]

What happens to a machine while tcplens records: the disk is full and is not any more, the folder of the log gives way to a link,
the clock is set, the recorder is stopped, memory runs out, the terminal is not read. What is in the log is right, and what is
not in it is said in it. --long: stopped for 30 s, unread for two minutes, as in the field; the rest waits for nothing but what
is to happen."""

import argparse
import contextlib
import ctypes
import fcntl
import glob
import json
import os
import pty
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time

import log_file
import scenes
import world

DEADLINE = 60
CLONE_NEWNS, MS_REC, MS_PRIVATE = 0x00020000, 0x4000, 0x40000
MEMORY_GROUPS = '/sys/fs/cgroup/memory', '/sys/fs/cgroup'


class Wrong(Exception):
    pass


def expect(holds, what):
    if not holds:
        raise Wrong(what)


def until(holds, what):
    end = time.monotonic() + DEADLINE
    while not holds():
        expect(time.monotonic() < end, f'{what}: not within {DEADLINE} s')
        select.select([], [], [], 0.02)


def text_of(path):
    with open(path, encoding='utf-8') as file:
        return file.read()


class Recorder:
    """tcplens record, with its standard error in a file beside."""

    def __init__(self, place, *words, path=None, env=None):
        self.path = path or os.path.join(place.folder, 'log.jsonl')
        self.said_path = os.path.join(place.aside, f'said.{time.monotonic_ns()}')
        with open(self.said_path, 'wb') as said:
            self.process = place.start([place.tcplens, 'record', '-i', '0.1', *words, '-o', self.path], stderr=said,
                                       stdin=subprocess.DEVNULL, env=dict(os.environ, TZ='UTC', **(env or {})))

    def said(self):
        return text_of(self.said_path)

    def log(self):
        return log_file.Log(self.path)

    def until_frames(self, count):
        until(lambda: frames_in(self.path) >= count or self.process.poll() is not None, f'{count} frames in the log')
        expect(self.process.poll() is None, f'it ended: exit {self.process.returncode}')

    def end(self):
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(DEADLINE)


def frames_in(path):
    """0 where there is no file, or none yet since the last rotation."""
    with contextlib.suppress(FileNotFoundError), open(path, 'rb') as file:
        return sum(line.startswith(b'{"ev":"frame"') for line in file)
    return 0


def check_log(log, recorder):
    """Whole, and with as many frames as the recorder reports, missed ones included."""
    expect(not log.fault, log.fault)
    report = log_file.REPORT.search(recorder.said())
    expect(report, f'no report: {recorder.said()}')
    expect(int(report[1]) == len(log.of('frame')), f'{report[0]!r}, but the log has {len(log.of("frame"))} frames')
    return int(report[3] or 0)


def missing_frames(log, reason):
    return sum(gap.get('count', 0) for gap in log.of('gap') if gap.get('of') == 'frames' and reason in gap['reason'])


# --- the drills: each has a Place, and raises Wrong ---


def full_disk(place):
    """A disk runs full while a log is written, and has space again: more than the log itself fills in all the time that a busy
    machine may take."""
    expect(ctypes.CDLL(None).mount(b'none', place.folder.encode(), b'tmpfs', 0, b'size=64m') == 0, 'no tmpfs')
    recorder = Recorder(place, '--demo', '7,20')
    recorder.until_frames(3)
    filler = os.path.join(place.folder, 'filler')
    with contextlib.suppress(OSError), open(filler, 'wb', buffering=0) as file:
        while file.write(b'x' * 65536):
            pass
    until(lambda: 'disk full' in recorder.said() or 'No space' in recorder.said(), 'a message')
    os.remove(filler)
    until(lambda: 'writing again' in recorder.said(), 'a message that it goes on')
    count = frames_in(recorder.path)
    recorder.until_frames(count + 2)
    code = recorder.end()
    log = recorder.log()
    missed = check_log(log, recorder)
    expect(missing_frames(log, 'disk full') >= 1, f'no gap line: {log.of("gap")}')
    expect(missed == 0 or code == 3, f'exit {code}, {missed} missed')
    return f'{len(log.of("frame"))} frames, {missing_frames(log, "disk full")} in a gap of the disk'


def linked_folder(place):
    """Its folder gives way to a link that leads to another user's files; the log is rotated meanwhile."""
    folder, moved, decoy = (os.path.join(place.folder, name) for name in ('logs', 'moved', 'decoy'))
    for path in (folder, decoy):
        os.mkdir(path, 0o700)
    kept = os.path.join(decoy, 'log.jsonl')
    with open(kept, 'w', encoding='ascii') as file:
        file.write('mine\n')
    recorder = Recorder(place, '--demo', '7,300', '--rotate', '500k', path=os.path.join(folder, 'log.jsonl'))
    recorder.until_frames(1)
    os.rename(folder, moved)
    os.symlink(decoy, folder)
    until(lambda: recorder.process.poll() is not None or 'log.jsonl' in recorder.said() or
          len(glob.glob(os.path.join(moved, '*'))) + len(os.listdir(decoy)) > 3, 'a rotation or a message')
    code = recorder.process.poll() if recorder.process.poll() is not None else recorder.end()
    with open(kept, encoding='ascii') as file:
        expect(file.read() == 'mine\n', 'it wrote into a file of another')
    return f'exit {code}; moved: {len(os.listdir(moved))} files, where the link leads: {len(os.listdir(decoy))}; {last_line(recorder)}'


def last_line(recorder):
    return (recorder.said().strip().splitlines() or ['nothing said'])[-1][:150]


class Clock:
    """A file that programs have mapped: it is never truncated, which would end whoever reads it meanwhile by SIGBUS."""

    def __init__(self, place):
        self.path = os.path.join(place.aside, 'clock')
        with open(self.path, 'wb') as file:
            file.write(bytes(8))
        self.env = {'LD_PRELOAD': place.set_clock, 'SET_CLOCK': self.path}

    def set(self, seconds):
        with open(self.path, 'r+b', buffering=0) as file:
            file.write(struct.pack('q', seconds))


def set_clock(place):
    """The clock is set five hours forth and then eight back while sockets do nothing: no event, no row that comes or goes, and
    the log can be gone through from end to end."""
    clock = Clock(place)
    recorder = Recorder(place, '--events', 'none', env=clock.env)
    with open(os.path.join(place.aside, 'events'), 'w+b') as printed:
        events = place.start([place.tcplens, 'events', '--json', '--events', 'none', '-i', '0.1'], stdout=printed,
                             stderr=subprocess.DEVNULL, env=dict(os.environ, **clock.env))
        for seconds in (0, 5 * 3600, -3 * 3600):
            clock.set(seconds)
            count = frames_in(recorder.path)
            recorder.until_frames(count + 4)
        events.send_signal(signal.SIGINT)
        events.wait(DEADLINE)
        printed.seek(0)
        told = printed.read()
    recorder.end()
    log = recorder.log()
    missed = check_log(log, recorder)
    expect(not log.events() and not told, f'events of sockets that do nothing: {log.events()[:2]} {told[:300]}')
    frames = log.frames()
    expect(all(frame.keys() == frames[0].keys() for frame in frames), 'rows come or go')
    times = [frame['t'] for frame in log.of('frame')]
    expect(any(one > other for one, other in zip(times, times[1:])), f'the clock was not set: {times}')
    shown = subprocess.run([place.tcplens, 'list', '--json', '--from', recorder.path], capture_output=True, text=True, check=False,
                           timeout=DEADLINE)
    expect(len(shown.stdout.splitlines()) == len(frames[-1]), f'list --from: {shown.stderr}')
    return f'{len(frames)} frames from {times[0]} to {max(times)} and {times[-1]}, {missed} missed, no event'


def stopped(place):
    """SIGSTOP and, later, SIGCONT: the hole is in the log. Not with a demo, whose time stands still meanwhile."""
    recorder = Recorder(place, '--events', 'none')
    recorder.until_frames(2)
    recorder.process.send_signal(signal.SIGSTOP)
    select.select([], [], [], 30 if place.long else 4)  # what is to happen is that time passes
    recorder.process.send_signal(signal.SIGCONT)
    recorder.until_frames(frames_in(recorder.path) + 3)
    recorder.end()
    log = recorder.log()
    check_log(log, recorder)
    expect(missing_frames(log, 'suspended') >= (250 if place.long else 20), f'no gap line: {log.of("gap")}')
    return f'{len(log.of("frame"))} frames, {missing_frames(log, "suspended")} in a gap of the stop'


def memory_group():
    for root in MEMORY_GROUPS:
        path = os.path.join(root, f'tcplens-drill-{os.getpid()}')
        limit = os.path.join(path, 'memory.limit_in_bytes' if root.endswith('memory') else 'memory.max')
        with contextlib.suppress(OSError):
            os.mkdir(path)
            if os.path.exists(limit):
                return path, limit
            os.rmdir(path)
    return None, None


def out_of_memory(place):
    """The kernel kills the recorder in a group whose memory is used up: what it has written can be read."""
    group, limit = memory_group()
    if not group:
        return 'left out: no group of memory can be made here'
    try:
        recorder = Recorder(place, '--demo', '7,3000')
        with open(os.path.join(group, 'cgroup.procs'), 'w', encoding='ascii') as file:
            file.write(str(recorder.process.pid))
        recorder.until_frames(3)
        grow_until_killed(place, group, limit, recorder)
    finally:
        until(lambda: remove_group(group), 'the group is empty')
    expect(recorder.process.returncode == -signal.SIGKILL, f'exit {recorder.process.returncode}')
    shown = subprocess.run([place.tcplens, 'list', '--json', '--from', recorder.path], capture_output=True, text=True, check=False,
                           timeout=DEADLINE)
    expect(shown.stdout and shown.returncode in (0, 3), f'list --from: {shown.returncode} {shown.stderr}')
    expect(shown.returncode == 0 or shown.stderr, 'nothing is said of the end that is missing')
    return f'killed; {frames_in(recorder.path)} frames, {len(shown.stdout.splitlines())} rows in the last; {shown.stderr.strip()}'


def grow_until_killed(place, group, limit, recorder):
    """A process in the group takes all the memory there is; the recorder is the one that the kernel prefers."""
    with open(limit, 'w', encoding='ascii') as file:
        file.write(str(64 << 20))
    with open(f'/proc/{recorder.process.pid}/oom_score_adj', 'w', encoding='ascii') as file:
        file.write('1000')
    hog = place.start([sys.executable, '-c', 'import sys; sys.stdin.readline(); kept = b"x" * (80 << 20); sys.stdin.read()'],
                      stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
    with open(os.path.join(group, 'cgroup.procs'), 'w', encoding='ascii') as file:
        file.write(str(hog.pid))
    hog.stdin.write(b'\n')
    hog.stdin.flush()
    try:
        recorder.process.wait(DEADLINE)
    finally:
        hog.kill()
        hog.communicate()


def remove_group(group):
    with contextlib.suppress(OSError):
        os.rmdir(group)
    return not os.path.exists(group)


def unread_terminal(place):
    """Nobody reads the terminal while the screen records: the log goes on."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack('HHHH', 50, 200, 0, 0))
    env = dict(os.environ, TERM='xterm-256color', XDG_STATE_HOME=place.folder, HOME=place.folder, XDG_CONFIG_HOME=place.folder)
    process = place.start([place.tcplens, 'top', '--demo', '7,300', '-i', '0.1'], stdin=slave, stdout=slave, stderr=slave,
                          env=env, start_new_session=True)
    try:
        scenes.trial.read_until(master, b'ESTAB')
        os.write(master, b'R')
        pattern = os.path.join(place.folder, '**', '*.jsonl*')
        until(lambda: glob.glob(pattern, recursive=True), 'a log')
        path = glob.glob(pattern, recursive=True)[0]
        size = os.path.getsize(path)
        unread = 0
        end = time.monotonic() + (120 if place.long else 0)
        while time.monotonic() < end or os.path.getsize(path) < size + 200000:
            expect(time.monotonic() < end + DEADLINE, f'the log stops at {os.path.getsize(path)} bytes')
            unread = max(unread, struct.unpack('i', fcntl.ioctl(master, termios.FIONREAD, b'\0' * 4))[0])
            select.select([], [], [], 0.05)
        process.terminate()
        process.wait(DEADLINE)
    finally:
        if process.poll() is None:
            process.kill()
        os.close(master)
        os.close(slave)
    lines = log_lines(place, path)
    gaps = [line for line in lines if line['ev'] == 'gap' and line.get('reason') != 'overload']
    frames = [line for line in lines if line['ev'] == 'frame']
    expect(not gaps, f'{gaps}')
    return f'{unread} bytes unread, {len(frames)} frames in the log; exit {process.returncode}'


def log_lines(place, path):
    if path.endswith('.zst'):
        text = subprocess.run(['zstd', '-dcq', path], capture_output=True, check=False).stdout
    else:
        with open(path, 'rb') as file:
            text = file.read()
    return [json.loads(line) for line in text.splitlines()]


DRILLS = [full_disk, linked_folder, set_clock, stopped, out_of_memory, unread_terminal]


class Place:
    def __init__(self, options):
        self.tcplens, self.set_clock, self.long = options.tcplens, options.set_clock, options.long
        self.folder, self.aside = tempfile.mkdtemp(), tempfile.mkdtemp()
        self.started = []

    def start(self, words, **more):
        self.started.append(subprocess.Popen(words, **more))
        return self.started[-1]

    def said(self):
        """By all recorders, to standard error."""
        return ''.join(text_of(path) for path in sorted(glob.glob(os.path.join(self.aside, 'said.*'))))

    def remove(self):
        for process in self.started:
            process.kill()
            process.wait()
        subprocess.run(['umount', '-q', self.folder], check=False, capture_output=True)
        shutil.rmtree(self.folder)
        shutil.rmtree(self.aside)


def run_drill(drill, options):
    place, begin = Place(options), time.monotonic()
    try:
        seen, wrong = drill(place), False
    except Wrong as error:
        seen, wrong = f'WRONG: {error}; it said: {place.said()}', True
    finally:
        place.remove()
    print(f'{drill.__name__:15} {time.monotonic() - begin:5.1f} s  {seen}', flush=True)
    return wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('tcplens')
    parser.add_argument('drills')
    parser.add_argument('--set-clock')
    parser.add_argument('--long', action='store_true')
    options = parser.parse_args()
    world.skip_unless_possible()
    libc = ctypes.CDLL(None)
    if libc.unshare(CLONE_NEWNS) != 0 or libc.mount(b'none', b'/', None, MS_REC | MS_PRIVATE, None) != 0:
        print('no mount namespace can be made here')
        sys.exit(77)
    scenes.hold_sockets()
    chosen = [drill for drill in DRILLS if options.drills == 'all' or drill.__name__ in options.drills.split(',')]
    sys.exit(any([run_drill(drill, options) for drill in chosen]))


if __name__ == '__main__':
    main()
