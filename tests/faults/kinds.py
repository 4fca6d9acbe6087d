"""The kinds of faults: each names its positions for a command, and runs the command with the fault at one of them."""

import collections
import os
import re


def read_count(path):
    """0: it ended without its threads, as on a busy machine, and wrote none."""
    with open(path, encoding='ascii') as file:
        return int(file.read() or 0)


class Allocations:
    """The Nth allocation fails ("12"), or all from the Nth on ("12+")."""

    def __init__(self, library):
        self.library = library

    def positions(self, command, place):
        path = os.path.join(place.folder, 'count')
        number = 0
        while not number:
            command.run(place, env={'LD_PRELOAD': self.library, 'COUNT_ALLOC': path})
            number = read_count(path)
        return [f'{n}{mode}' for n in range(1, number + number // 20 + 1) for mode in ('', '+')]

    def run(self, command, place, position):
        return command.run(place, env={'LD_PRELOAD': self.library, 'FAIL_ALLOC': position})


# A call, and how it may fail: errors that a healthy or a starved machine gives. Short reads and writes are not among them: strace
# could only pretend them; see Shorts.
CALLS = {
    'openat': ['EMFILE', 'EACCES', 'EIO', 'ENOMEM'], 'read': ['EINTR', 'EIO', 'EAGAIN'], 'pread64': ['EINTR', 'EIO'],
    'write': ['EINTR', 'ENOSPC', 'EIO', 'EAGAIN'], 'fsync': ['EIO'], 'fdatasync': ['EIO'], 'ftruncate': ['EIO'],
    'rename': ['ENOSPC', 'EACCES'], 'renameat2': ['ENOSPC'], 'flock': ['EINTR', 'ENOLCK'], 'fchmod': ['EPERM'],
    'socket': ['EMFILE', 'ENOBUFS', 'EPERM'], 'socketpair': ['EMFILE'], 'bind': ['ENOMEM'], 'setsockopt': ['EPERM'],
    'getsockname': ['ENOBUFS'], 'sendto': ['ENOBUFS', 'EINTR'], 'sendmsg': ['ENOBUFS', 'EINTR'],
    'recvmsg': ['ENOBUFS', 'EINTR', 'ENOMEM'], 'recvfrom': ['ENOBUFS', 'EINTR'], 'poll': ['EINTR', 'ENOMEM'],
    'ppoll': ['EINTR', 'ENOMEM'], 'eventfd2': ['EMFILE'], 'timerfd_create': ['EMFILE'], 'timerfd_settime': ['EINVAL'],
    'signalfd4': ['EMFILE'], 'pipe2': ['EMFILE'], 'epoll_create1': ['EMFILE'], 'mmap': ['ENOMEM'], 'clone3': ['EAGAIN'],
    'clone': ['EAGAIN'], 'execve': ['ENOMEM'], 'bpf': ['EPERM', 'ENOMEM', 'EINTR'], 'setns': ['EPERM', 'ENOMEM'],
    'ioctl': ['EIO', 'EINTR'], 'getdents64': ['EIO', 'ENOMEM'], 'readlinkat': ['EACCES', 'ENOMEM'],
    'newfstatat': ['EIO', 'ENOMEM'], 'pidfd_open': ['EMFILE', 'ENOSYS'], 'wait4': ['EINTR'],
    'statfs': ['EIO'], 'lseek': ['EIO'],
}
LOADED = 'munmap'  # of the loader's cache: what comes before is not the program's
MOST_OF_A_CALL = 150  # of one thread: then the same work is repeated


class Calls:
    """The Nth call of a thread fails with an error ("openat:EIO:7")."""
    calls = CALLS

    def positions(self, command, place):
        trace = os.path.join(place.folder, 'trace')
        known = ','.join('?' + call for call in [*self.calls, LOADED])  # ?: where there is one of that name
        command.run(place, ['strace', '-f', '--quiet=all', '-o', trace, '-e', 'trace=' + known])
        with open(trace, encoding='utf-8', errors='replace') as file:
            calls = [match.groups() for match in re.finditer(r'^(\d+) +(\w+)\(', file.read(), flags=re.M)]
        loaded = next(n for n, (_, call) in enumerate(calls) if call == LOADED)
        first = collections.Counter(call for _, call in calls[:loaded])
        most = collections.Counter()
        for (_, call), count in collections.Counter(calls).items():
            most[call] = max(most[call], min(count, first[call] + MOST_OF_A_CALL))
        return [f'{call}:{error}:{n + 1}' for call, errors in self.calls.items() for n in range(first[call], most[call])
                for error in errors]

    def run(self, command, place, position):
        call, error, number = position.split(':')
        return command.run(place, ['strace', '-f', '--seccomp-bpf', '--quiet=all', '-o', '/dev/null', '-e', f'trace={call}',
                                   '-e', f'inject={call}:error={error}:when={number}'])


class Shorts:
    """The Nth read or write transfers half of the requested bytes ("read:7"), or all from the Nth on ("read:7+")."""
    calls = ('read', 'pread64', 'write')

    def __init__(self, program):
        self.program = program

    def count(self, command, place, call):
        path = os.path.join(place.folder, 'count')
        command.run(place, [self.program, call, '0'], env={'SHORT_IO_COUNT': path})
        with open(path, encoding='ascii') as file:
            return int(file.read())

    def positions(self, command, place):
        counts = {call: min(self.count(command, place, call), MOST_OF_A_CALL) for call in self.calls}
        return [f'{call}:{n}{mode}' for call, number in counts.items() for n in range(1, number + 1) for mode in ('', '+')]

    def run(self, command, place, position):
        return command.run(place, [self.program, *position.split(':')])


class Interrupts(Calls):
    """Ctrl-C as a thread makes its Nth call ("openat:SIGINT:7")."""
    calls = {call: ['SIGINT'] for call in ('openat', 'read', 'write', 'close', 'poll', 'ppoll', 'futex', 'recvmsg', 'sendto',
                                           'mmap', 'clone3', 'wait4')}

    def run(self, command, place, position):
        call, signal, number = position.split(':')
        result = command.run(place, ['strace', '-f', '--quiet=all', '-o', '/dev/null', '-e', f'trace={call}',
                                     '-e', f'inject={call}:signal={signal}:when={number}'])
        if result.code in (-2, 130):  # ended by it, as it should be
            result.code, result.err = 1, result.err + 'interrupted'
        return result


# What is mounted over what: in a mount namespace of the command's own.
MOUNTS = {
    'no-proc': 'mount -t tmpfs none /proc',
    'no-sys': 'mount -t tmpfs none /sys',
    'no-etc': 'mount -t tmpfs none /etc',
    'no-dev': 'mount -t tmpfs none /dev',
    'hostile-etc': 'mount --bind {folder}/passwd /etc/passwd && mount --bind {folder}/services /etc/services',
}
LIMITS = {
    'nofile': [*range(4, 33), 40, 48, 64],
    'as': [n << 20 for n in (8, 12, 16, 20, 24, 28, 32, 40, 48, 64, 80, 100, 130, 160, 200, 300)],
    'fsize': [0, 1, 1000, 4096, 20000],
    'stack': [n << 10 for n in (32, 64, 128, 192, 256, 512, 1024)] + [f'{n << 10}:unlimited' for n in (32, 128)],
    'memlock': [0],
    'core': [0],
}


class Surroundings:
    """The command runs under a limit of resources ("nofile=8"), or without a file system ("no-proc")."""

    def positions(self, command, place):
        write_hostile(place.folder)
        return [f'{name}={value}' for name, values in LIMITS.items() for value in values] + list(MOUNTS)

    def run(self, command, place, position):
        if '=' in position:
            return command.run(place, ['prlimit', f'--{position}', '--'])
        script = MOUNTS[position].format(folder=place.folder)
        return command.run(place, ['unshare', '-m', 'sh', '-c', script + ' && exec "$@"', 'sh'])


def write_hostile(folder):
    """Names of users and services that would move the cursor, and lines longer than any."""
    with open(os.path.join(folder, 'passwd'), 'wb') as file:
        file.write(b'root\x1b[2J\x9b31m:x:0:0::/root:/bin/sh\n' + b'x' * 65536 + b':x:1:1::/:/bin/sh\n:::\n\xff\n')
    with open(os.path.join(folder, 'services'), 'wb') as file:
        file.write(b'evil\x1b]0;t\x07 2000/tcp\n' + b'y' * 65536 + b' 2001/tcp\nz 99999999999/tcp\n')
