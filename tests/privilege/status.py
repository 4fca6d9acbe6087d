#!/usr/bin/env python3
"""status.py TCPLENS: what every command may do while it runs, by /proc/PID/status of all its threads: as root, as an
ordinary user, and as one with the capabilities of README.md. Prints the table."""

import os
import subprocess
import sys

import caller

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'namespaces'))
import world  # noqa: E402

BITS = {1: 'dac_override', 2: 'dac_read_search', 5: 'kill', 6: 'setgid', 7: 'setuid', 12: 'net_admin',
        19: 'sys_ptrace', 21: 'sys_admin', 38: 'perfmon', 39: 'bpf'}
READS = {'dac_read_search', 'sys_ptrace', 'sys_admin'}
EVENTS = {'net_admin', 'perfmon', 'bpf'}
FILE = {'dac_read_search', 'sys_ptrace'}  # what README.md gives
OTHER = {'setgid', 'setuid'}  # in the bounding set: the process that asks for names needed them

# Command line ("LOG": a pipe to which nothing is written, so that it is waited for), on a terminal, what root keeps.
LIVE = {
    'top': (['-i', '0.1'], True, READS | EVENTS | {'kill', 'dac_override'}),
    'events': (['events'], False, READS | EVENTS),
    'record': (['record', '-o', 'log'], False, READS | EVENTS | {'dac_override'}),
    'doctor': (['doctor', '--for', '90'], False, READS | EVENTS),
    'metrics': (['metrics', '--for', '90'], False, READS | EVENTS),
    'map': (['map', '--for', '90'], False, READS | EVENTS),
}
READERS = {
    'replay': (['replay', 'LOG'], True, set()),
    'summary': (['summary', 'LOG'], False, set()),
    'list --from': (['list', '--from', 'LOG'], False, set()),
    'events --from': (['events', '--from', 'LOG'], False, set()),
    'doctor --from': (['doctor', '--from', 'LOG'], False, set()),
    'map --from': (['map', '--from', 'LOG'], False, set()),
}
HOSTS = {
    'host': (['events', '--host', 'web1', '--host-command', 'BRING'], False, READS | EVENTS),
}


def names_of(mask):
    return {BITS.get(bit, str(bit)) for bit in range(64) if mask >> bit & 1}


def status_of(path):
    with open(path + '/status', encoding='utf-8') as file:
        fields = dict(line.rstrip('\n').split(':\t', 1) for line in file if ':\t' in line)
    return fields


class Process:
    """One look at it. Raises OSError when it has ended."""

    def __init__(self, pid):
        tasks = [status_of(f'/proc/{pid}/task/{task}') for task in os.listdir(f'/proc/{pid}/task')]
        self.uids = {word for task in tasks for word in task['Uid'].split()}
        self.permitted = set().union(*(names_of(int(task['CapPrm'], 16)) for task in tasks))
        self.effective = set().union(*(names_of(int(task['CapEff'], 16)) for task in tasks))
        self.inherited = set().union(*(names_of(int(task[kind], 16)) for task in tasks for kind in ('CapInh', 'CapAmb')))
        self.bounding = set().union(*(names_of(int(task['CapBnd'], 16)) for task in tasks))
        self.no_new_privs = {task['NoNewPrivs'] for task in tasks} == {'1'}
        self.seccomp = {task['Seccomp'] for task in tasks} == {'2'}
        self.dumpable = None if self.uids == {'0'} else os.stat(f'/proc/{pid}/environ').st_uid != 0
        self.threads = len(tasks)


def children_of(pid):
    found = []
    for task in os.listdir(f'/proc/{pid}/task'):
        with open(f'/proc/{pid}/task/{task}/children', encoding='utf-8') as file:
            found += [int(word) for word in file.read().split()]
    return found


def short(capabilities):
    return 'all' if len(capabilities) > 20 else ' '.join(sorted(capabilities)) or '-'


class Run:
    def __init__(self, scene, user, name, kind, log):
        self.words, self.on_terminal, self.kept = kind
        self.user, self.name = user, name
        words = [word.replace('LOG', log).replace('BRING', scene.path('bring')) for word in self.words]
        program = {'root': scene.plain, 'user': scene.plain, 'capable': scene.capable}[user]
        more = {'env': scene.environment(), 'cwd': scene.folder_for(user)}
        if user != 'root':
            more |= {'user': caller.NOBODY, 'group': caller.NOBODY, 'extra_groups': []}
        self.terminal = caller.Terminal([program, *words], **more) if self.on_terminal else None
        self.program = self.terminal.program if self.terminal else subprocess.Popen(
            [program, *words], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **more)
        self.process, self.children, self.failures = None, [], []

    def faults_of(self, process):
        """What differs from what it should be."""
        most = {'root': self.kept, 'user': set(), 'capable': self.kept & FILE}[self.user]
        reads_log = self.name in READERS
        expected = {
            'capabilities': process.permitted <= most and process.effective <= most,
            'what it hands on': not process.inherited,
            'no_new_privs': process.no_new_privs,
            'seccomp': process.seccomp == reads_log,
            'dumpable': self.user != 'capable' or process.dumpable is False,
            'user': process.uids == ({'0'} if self.user == 'root' else {str(caller.NOBODY)}),
            'bounding set': self.user != 'root' or self.name in HOSTS
                            or process.bounding <= (self.kept | OTHER if self.kept else {'dac_read_search'}),
        }
        return [name for name, holds in expected.items() if not holds]

    def faults_of_child(self, child):
        """The process that asks for names, or the program that brings a host's log."""
        is_program = self.name in HOSTS
        uid = '0' if is_program and self.user == 'root' else str(caller.NOBODY)
        expected = {
            'capabilities of a child': (is_program and self.user == 'root') or not child.permitted,
            'no_new_privs of a child': child.no_new_privs,
            'user of a child': child.uids == {uid},
        }
        return [name for name, holds in expected.items() if not holds]

    def look(self):
        if self.terminal:
            self.terminal.read()
        try:
            self.process = Process(self.program.pid)
            self.children = [Process(pid) for pid in children_of(self.program.pid)]
        except OSError as error:
            self.failures = [str(error)]
            return False
        self.failures = self.faults_of(self.process)
        for child in self.children:
            self.failures += self.faults_of_child(child)
        if self.name not in READERS and not self.children:
            self.failures.append('no child to look at yet')
        return not self.failures

    def print(self):
        process, child = self.process, self.children[0] if self.children else None
        if not process:
            return
        print(f'{self.user:8} {self.name:14} {process.threads} threads, no_new_privs {int(process.no_new_privs)}, '
              f'seccomp {int(process.seccomp)}, dumpable {"-" if process.dumpable is None else int(process.dumpable)}, '
              f'permitted {short(process.permitted)}; bounding {short(process.bounding)}'
              + (f'; child: uid {"".join(child.uids)}, permitted {short(child.permitted)}' if child else ''))

    def end(self):
        if self.terminal:
            self.terminal.end()
            return
        self.program.wait()


def check(scene):
    log = scene.path('log')
    os.mkfifo(log, 0o644)
    writer = os.open(log, os.O_RDWR)
    scene.write(scene.path('bring'), f'#!/bin/sh\nexec cat {log}\n', 0o755)
    runs = [Run(scene, user, name, kind, log) for user in ('root', 'user', 'capable')
            for name, kind in {**LIVE, **READERS, **HOSTS}.items()]
    caller.until(lambda: all([run.look() for run in runs]))
    wrong = [run for run in runs if run.failures]
    for run in runs:
        run.print()
    for run in wrong:
        print(f'FAILED: {run.user} {run.name}: {", ".join(run.failures)}')
    for run in runs:
        run.program.terminate()
    for run in runs:
        run.end()
    os.close(writer)
    return wrong


def main():
    world.skip_unless_possible()
    scene = caller.scene_or_skip(sys.argv[1])
    try:
        return 1 if check(scene) else 0
    finally:
        scene.end()


if __name__ == '__main__':
    sys.exit(main())
