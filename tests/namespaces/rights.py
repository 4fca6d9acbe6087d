#!/usr/bin/env python3
"""rights.py TCPLENS: what is shown of another network namespace without any right, with the two file capabilities
of README.md, and as root; and that there are others is said to a person."""

import json
import os
import pty
import shutil
import subprocess
import sys
import tempfile

import world

TCPLENS, NOBODY = sys.argv[1], 65534
CAPABILITIES = 'cap_sys_ptrace,cap_dac_read_search+p'


def run(program, *words, **more):
    return subprocess.run([program, 'list', *words], user=NOBODY, group=NOBODY, extra_groups=[], timeout=60,
                          check=False, **more)


def rows_of(program, key, value):
    out = run(program, '--json', '--netns', 'all', capture_output=True, text=True)
    assert out.returncode == 0 and 'network namespaces' in out.stderr, (out.returncode, out.stderr)
    rows = [json.loads(line) for line in out.stdout.splitlines()]
    rows = [row for row in rows if row.get(key) == value]
    assert sorted(row['state'] for row in rows) == ['ESTABLISHED', 'ESTABLISHED', 'LISTEN'], rows
    for row in rows:
        assert 'cookie' not in row and 'rtt_us' not in row, row  # /proc/PID/net/tcp has neither
        assert row['uid'] == 0 and 'inode' in row, row
    return rows


def without_rights(namespace):
    for row in rows_of(TCPLENS, 'netns_name', f'pid:{namespace.pid}'):
        assert 'netns' not in row and row['owner'] == 'hidden', row


def with_capabilities(namespace, folder):
    program = os.path.join(folder, 'tcplens')
    shutil.copy(TCPLENS, program)
    os.chmod(folder, 0o755)
    if subprocess.run(['setcap', CAPABILITIES, program], capture_output=True, check=False).returncode != 0:
        print('no file capabilities here: left out')
        return
    for row in rows_of(program, 'netns', namespace.inode):
        assert row['pid'] == namespace.pid and 'netns_name' not in row, row


def that_there_are_others():
    master, slave = pty.openpty()
    out = run(TCPLENS, 'state listen', stdout=subprocess.DEVNULL, stderr=slave)
    os.close(slave)
    said = os.read(master, 4096).decode()
    os.close(master)
    assert out.returncode == 0 and 'other network namespace' in said and '--netns all' in said, said
    quiet = run(TCPLENS, 'state listen', capture_output=True, text=True)
    assert 'namespace' not in quiet.stderr, quiet.stderr  # a program has asked for what it wants


def that_doctor_did_not_look_there():
    out = subprocess.run([TCPLENS, 'doctor', '--json', '--for', '0.5'], capture_output=True, text=True, user=NOBODY,
                         group=NOBODY, extra_groups=[], timeout=60, check=False)
    others = json.loads(out.stdout.splitlines()[-1])['other_netns']
    assert others['count'] >= 1 and others['sockets'] >= 1, others


def main():
    world.skip_unless_possible()
    namespace = world.Namespace()
    namespace.do('listen', 'listener', 8080)
    namespace.do('pair', 'pair', 'listener')
    without_rights(namespace)
    with tempfile.TemporaryDirectory() as folder:
        with_capabilities(namespace, folder)
    that_there_are_others()
    that_doctor_did_not_look_there()
    namespace.end()
    return 0


if __name__ == '__main__':
    sys.exit(main())
