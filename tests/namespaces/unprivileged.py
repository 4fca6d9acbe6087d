#!/usr/bin/env python3
"""unprivileged.py TCPLENS: who may not enter a namespace sees its connections all the same, by /proc/PID/net/tcp:
state, addresses and queues, and what is missing is said; nothing in it can be closed."""

import json
import os
import shutil
import subprocess
import sys
import tempfile

import world

NOBODY = 65534


def run(*words):
    return subprocess.run(['setpriv', f'--reuid={NOBODY}', f'--regid={NOBODY}', '--clear-groups', *words],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)


def main():
    world.skip_unless_possible()
    if not shutil.which('setpriv'):
        print('needs setpriv(1)')
        return 77
    with tempfile.TemporaryDirectory() as folder:  # nobody may not reach the build folder
        os.chmod(folder, 0o755)
        tcplens = shutil.copy(sys.argv[1], folder)
        namespaces = [world.Namespace() for _ in range(3)]
        for namespace in namespaces:
            namespace.do('fill', 2)
        listed = run(tcplens, 'list', '--json', '--netns', 'all')
        closed = run(tcplens, 'close', '--yes', '--netns', 'all', 'state', 'established')
    rows = [json.loads(line) for line in listed.stdout.splitlines()]
    wrong = []
    for namespace in namespaces:
        theirs = sorted(row[:3] for row in world.rows_of_ss(namespace).values())
        ours = sorted((row['state'], world.end_of(row['laddr'], row['lport']),
                       world.end_of(row['raddr'], row['rport']) if 'raddr' in row else None)
                      for row in rows if row['netns_name'] == f'pid:{namespace.pid}')
        if ours != theirs:
            wrong.append(f'{namespace.pid}: {ours}, ss: {theirs}')
    if any(key in row for row in rows for key in ('cookie', 'netns', 'in_bytes', 'pid')):
        wrong.append('what cannot be known is shown')
    if '3 of 4 network namespaces may not be entered' not in listed.stderr:
        wrong.append(f'not said: {listed.stderr}')
    if closed.returncode == 0:
        wrong.append(f'closed: {closed.stdout}')
    if any(namespace.do('state', 'p0.0<') != 1 for namespace in namespaces):
        wrong.append('a connection was closed')
    print('\n'.join(wrong))
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
