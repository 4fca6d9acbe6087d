#!/usr/bin/env python3
"""planted.py TCPLENS RENAMES: root writes a log, metrics or a picture where another user has planted something of that name: it is
refused with a reason, or a file of root's takes its place. What is planted leads to files that must stay as they are, also while it
takes turns with a plain file, RENAMES times for each."""

import ctypes
import mmap
import os
import socket
import stat
import subprocess
import sys
import tempfile

import caller

NOBODY = caller.NOBODY
BRIEF = ['--demo', '1', '-i', '0.1', '--for', '0.1']
WRITERS = {
    'log': ['record', *BRIEF, '-o'],
    'metrics': ['record', '--no-log', *BRIEF, '--metrics'],
    'picture': ['--demo', '1', '-i', '0.1', '--screenshot'],
}
REFUSED_BY_ALL = {'pipe': 'not a regular file', 'pipe that is read': 'not a regular file', 'device': 'not a regular file',
                  'socket': 'not a regular file', 'folder': 'a folder', 'link to standard output': 'symbolic link',
                  'link into /proc': 'symbolic link'}
# What metrics replace, as they rename a new file.
REFUSED_OR_REPLACED = {'link': 'symbolic link', 'dangling link': 'symbolic link', 'hard link': 'more than one link',
                       'file of another': 'another user'}
STARTS_AT_LEAST = 3
failures = []


class Place:
    """A folder with what is planted, and one beside it that it leads to."""

    def __init__(self, program):
        self.program = program
        self.work = tempfile.mkdtemp(prefix='tcplens-planted.')
        os.mkdir(self.path('victim'), 0o755)
        os.mkdir(self.path('open'), 0o755)
        self.victim = self.write(self.path('victim/file'), 'as it was\n')
        self.name = self.path('open/name')
        self.reader = -1
        self.output = subprocess.DEVNULL

    def path(self, name):
        return os.path.join(self.work, name)

    def write(self, path, text):
        with open(path, 'w', encoding='utf-8') as file:
            file.write(text)
        os.chmod(path, 0o600)
        return path

    def plant(self, kind):
        self.clear()
        if kind == 'link':
            os.symlink(self.victim, self.name)
        elif kind == 'link to standard output':
            os.symlink(self.victim, self.name)
            self.output = os.open(self.victim, os.O_WRONLY | os.O_APPEND)
        elif kind == 'link into /proc':
            os.symlink('/proc/self/fd/1', self.name)
            self.output = os.open(self.victim, os.O_WRONLY | os.O_APPEND)
        elif kind == 'dangling link':
            os.symlink(self.path('victim/new'), self.name)
        elif kind == 'hard link':
            os.link(self.victim, self.name)
        elif kind.startswith('pipe'):
            os.mkfifo(self.name, 0o600)
            self.reader = os.open(self.name, os.O_RDONLY | os.O_NONBLOCK) if kind != 'pipe' else -1
        elif kind == 'device':
            os.mknod(self.name, stat.S_IFCHR | 0o600, os.makedev(1, 3))
        elif kind == 'socket':
            with socket.socket(socket.AF_UNIX) as made:
                made.bind(self.name)
        elif kind == 'folder':
            os.mkdir(self.name)
        elif kind == 'file of another':
            os.chown(self.write(self.name, ''), NOBODY, NOBODY)

    def clear(self):
        if self.reader >= 0:
            os.close(self.reader)
            self.reader = -1
        if self.output >= 0:
            os.close(self.output)
            self.output = subprocess.DEVNULL
        for name in os.listdir(self.path('open')):
            path = self.path('open/' + name)
            (os.rmdir if os.path.isdir(path) and not os.path.islink(path) else os.unlink)(path)

    def run(self, writer):
        return subprocess.run(['timeout', '40', self.program, *WRITERS[writer], self.name], stdin=subprocess.DEVNULL,
                              stdout=self.output, stderr=subprocess.PIPE, text=True, check=False)

    def fault(self):
        """What was written elsewhere; "": nothing."""
        with open(self.victim, encoding='utf-8') as file:
            text = file.read()
        names = os.listdir(self.path('victim'))
        return '' if text == 'as it was\n' and names == ['file'] else f'{names}, {text[:80]!r}'

    def end(self):
        self.clear()
        os.rmdir(self.path('open'))
        for name in os.listdir(self.path('victim')):
            os.unlink(self.path('victim/' + name))
        os.rmdir(self.path('victim'))
        os.rmdir(self.work)


def check(what, holds, *words):
    if not holds:
        failures.append(what)
        print(f'FAILED: {what}:', *words)


def check_refused(place, writer, kind, reason):
    place.plant(kind)
    before = os.lstat(place.name)
    out = place.run(writer)
    after = os.lstat(place.name)
    check(f'{writer} over a {kind}', out.returncode == 1 and reason in out.stderr, out.returncode, out.stderr)
    check(f'{kind} after {writer}', (before.st_ino, before.st_mode, before.st_size) == (after.st_ino, after.st_mode, after.st_size),
          before, after)
    check(f'what the {kind} leads to, after {writer}', not place.fault(), place.fault())


def ended_well(out, said):
    """On a busy machine it may end before its first frame, with nothing written: it is to be run again."""
    said.append(out.stderr)
    return out.returncode in (0, 3)


def check_replaced(place, writer, kind):
    """As above, it may end with nothing written."""
    place.plant(kind)
    caller.until(lambda: place.run(writer).returncode == 0)
    after = os.lstat(place.name)
    check(f'{writer} in place of a {kind}', stat.S_ISREG(after.st_mode) and after.st_uid == 0 and after.st_nlink == 1, after)
    check(f'what the {kind} leads to, after {writer}', not place.fault(), place.fault())


def check_kinds(place):
    for writer in WRITERS:
        for kind, reason in REFUSED_BY_ALL.items():
            check_refused(place, writer, kind, reason)
        for kind, reason in REFUSED_OR_REPLACED.items():
            if writer == 'metrics':
                check_replaced(place, writer, kind)
            else:
                check_refused(place, writer, kind, reason)


def check_open_folder(place):
    """Anybody may rename in it."""
    os.chmod(place.path('open'), 0o777)
    place.clear()
    out = place.run('log')
    check('a log in a folder of all', out.returncode == 1 and 'sticky' in out.stderr and not os.listdir(place.path('open')), out.stderr)
    os.chmod(place.path('open'), 0o1777)
    said = []
    check('a log in /tmp', caller.until(lambda: ended_well(place.run('log'), said)), *said[-1:])
    check('mode of a log in /tmp', stat.S_IMODE(os.stat(place.name).st_mode) == 0o600)
    os.chmod(place.path('open'), 0o755)


def take_turns(place, orders, renames):
    """Until "orders" is closed."""
    link, file = place.path('open/link'), place.path('open/file')
    os.set_blocking(orders, False)
    while True:
        try:
            if not os.read(orders, 1):
                return
        except BlockingIOError:
            pass
        os.symlink(place.victim, link)
        os.rename(link, place.name)
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT, 0o600))
        os.rename(file, place.name)
        renames.value += 2


def is_alive(pid):
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None


def race(place, writer, wanted):
    place.clear()
    orders, stop = os.pipe()
    renames = ctypes.c_uint64.from_buffer(mmap.mmap(-1, 8))
    pid = os.fork()
    if pid == 0:
        os.close(stop)
        try:
            take_turns(place, orders, renames)
        finally:
            os._exit(0)
    os.close(orders)
    starts, codes = 0, {}
    try:
        while starts < max(STARTS_AT_LEAST, wanted // 100) or (renames.value < wanted and is_alive(pid)):
            code = place.run(writer).returncode
            codes[code] = codes.get(code, 0) + 1
            starts += 1
    finally:
        os.close(stop)
        os.waitpid(pid, 0)
    print(f'{writer}: {starts} starts in {renames.value} renames; exit codes {codes}')
    check(f'{writer}: what the link leads to', not place.fault(), place.fault())
    check(f'{writer}: renames', renames.value >= wanted, renames.value)
    check(f'{writer}: exit codes', set(codes) <= {0, 1, 3}, codes)


def main():
    if os.geteuid() != 0:
        print('skipped: needs root, whom files of others concern')
        return 77
    wanted = int(sys.argv[2])
    place = Place(sys.argv[1])
    try:
        check_kinds(place)
        check_open_folder(place)
        for writer in WRITERS:
            race(place, writer, wanted)
    finally:
        place.end()
    return 1 if failures else 0


if __name__ == '__main__':
    sys.exit(main())
