#!/usr/bin/env python3
"""rootless.py TCPLENS: the namespace of one's own container without root, seen by its user: state, addresses,
queues and the process, by /proc/PID/net/tcp. To enter it takes a process with one thread (setns(2) of a user
namespace), which tcplens is not: so no counters, and that is said."""

import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile

import world

USER = 65534
CLONE_NEWUSER = 0x10000000


def begin_rootless():
    """A process of that user in a user and network namespace of its own, with a pair of sockets."""
    ready, told = os.pipe()
    pid = os.fork()
    if pid:
        os.close(told)
        with os.fdopen(ready) as file:
            return pid, file.readline().strip()
    libc = world.libc
    os.setgroups([])
    os.setresgid(USER, USER, USER)
    os.setresuid(USER, USER, USER)
    libc.prctl(4, 1)  # PR_SET_DUMPABLE: it is the user's again
    libc.prctl(world.PR_SET_PDEATHSIG, signal.SIGKILL)
    if libc.unshare(CLONE_NEWUSER | world.CLONE_NEWNET) != 0:
        os.write(told, f'{os.strerror(ctypes.get_errno())}\n'.encode())
        os._exit(1)
    # As newuidmap does for podman: root inside, who may bring lo up.
    for name, text in (('setgroups', 'deny'), ('uid_map', f'0 {USER} 1'), ('gid_map', f'0 {USER} 1')):
        file = os.open(f'/proc/self/{name}', os.O_WRONLY)
        os.write(file, text.encode())
        os.close(file)
    sockets = world.Sockets()
    world.bring_loopback_up()
    sockets.listen('l', 0)
    sockets.pair('p', 'l')
    os.write(told, b'ready\n')
    signal.pause()
    os._exit(0)


def main():
    world.skip_unless_possible()
    if not shutil.which('setpriv'):
        print('needs setpriv(1)')
        return 77
    pid, answer = begin_rootless()
    if answer != 'ready':
        print(f'no user namespace can be made here: {answer}')
        return 77
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        tcplens = shutil.copy(sys.argv[1], folder)
        listed = subprocess.run(['setpriv', f'--reuid={USER}', f'--regid={USER}', '--clear-groups', tcplens, 'list',
                                 '--json', '--netns', 'all'], capture_output=True, text=True, timeout=60, check=False)
    rows = [json.loads(line) for line in listed.stdout.splitlines()]
    inode = int(os.readlink(f'/proc/{pid}/ns/net')[5:-1])
    rows = [row for row in rows if row.get('netns') == inode]
    wrong = []
    if sorted(row['state'] for row in rows) != ['ESTABLISHED', 'ESTABLISHED', 'LISTEN']:
        wrong.append(f'rows: {rows}')
    if any(row.get('pid') != pid for row in rows):
        wrong.append(f'owners: {rows}')
    if any(key in row for row in rows for key in ('cookie', 'in_bytes')):
        wrong.append('what cannot be known is shown')
    if 'may not be entered' not in listed.stderr:
        wrong.append(f'not said: {listed.stderr}')
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    print('\n'.join(wrong) or 'rows and owners, without counters')
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
