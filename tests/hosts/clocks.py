#!/usr/bin/env python3
"""clocks.py TCPLENS: what a host's clock is to ours: known within the bound that is said, used to put events of all hosts in
one order, live and from the logs, and a lie about it harms its own host only."""

import json
import os
import re
import subprocess
import sys
import tempfile
from datetime import datetime, timedelta

from record import Recording, frames_in, lines_of
from streams import DEADLINE, TCPLENS, of_hosts, run_once

AHEAD = timedelta(hours=2, seconds=3)
STAMP = re.compile(r'"(t|received|start|created_min|created_max|state_since|since|changed)":"([^"]+)"')

# A host whose clock is ahead: times in its stream are.
SHIFT = f'''
import re, sys
sys.path.insert(0, {os.path.dirname(os.path.abspath(__file__))!r})
sys.argv = ['', {TCPLENS!r}]
from clocks import shift
for line in sys.stdin:
    sys.stdout.write(shift(line))
    sys.stdout.flush()
'''
# Answers nothing that is true.
SILLY = '''cat {log}; read word id; echo '{"ev":"clock","t":"'$T'","id":'$id',"received":"'$R'"}'; cat {log}; exec sleep infinity'''


def shift(line):
    def later(match):
        seconds, fraction = match[2].rstrip('Z').split('.')
        moved = (datetime.fromisoformat(seconds) + AHEAD).isoformat()
        return f'"{match[1]}":"{moved}.{fraction}Z"'
    return STAMP.sub(later, line)


def make_hosts(folder):
    log = folder + '/demo.log'
    run_once('record', '--demo', '3,20', '-i', '0.1', '-o', log, '--for', '0.5')
    with open(folder + '/shift.py', 'w', encoding='utf-8') as file:
        file.write(SHIFT)
    silly = SILLY.replace('{log}', log)
    with open(log, encoding='utf-8') as file:
        lines = list(file)
    second = [i for i, line in enumerate(lines) if line.startswith('{"ev":"frame"')][1]
    with open(folder + '/set.log', 'w', encoding='utf-8') as file:
        file.writelines([shift(line) for line in lines[:second + 1]] + lines[second + 1:])
    scripts = {'set-back': f'cat {folder}/set.log; exec sleep infinity',
               'right': f'shift; exec {TCPLENS} "$@"',
               'ahead': f'shift; {TCPLENS} "$@" | exec {sys.executable} -B {folder}/shift.py',
               'silly': 'T=1999-01-01T00:00:00Z R=2200-01-01T00:00:00Z; ' + silly,
               'liar': 'T=2200-01-01T00:00:00Z R=2200-01-01T00:00:00Z; ' + silly}
    for name, script in scripts.items():
        with open(f'{folder}/{name}', 'w', encoding='utf-8') as file:
            file.write(f'#!/bin/sh\n{script}\n')
        os.chmod(f'{folder}/{name}', 0o700)


def host_lines(out, name):
    path = f'{out}/{name}.jsonl.zst'
    return lines_of(path)[1] if os.path.exists(path) else []


def exchanged(out, name):
    return [line for line in host_lines(out, name) if line.get('exchanged')]


def check_skew(folder):
    out = folder + '/out'
    recording = Recording(folder, out, 'right', 'ahead')
    for name in ('right', 'ahead'):
        recording.wait_for(lambda name=name: exchanged(out, name), f'the clock of {name}')
        recording.wait_for_frames(name, 3)
    recording.end(0)
    for name, truth in (('right', timedelta()), ('ahead', AHEAD)):
        for line in exchanged(out, name):
            wrong = abs(line['skew_ns'] - truth / timedelta(microseconds=1) * 1000)
            assert wrong <= line['skew_error_ns'], (name, line)
        sent, _ = lines_of(f'{out}/{name}.jsonl.zst')
        rest = [line for line in sent if '"step":"stop"' not in line and '"ev":"clock"' not in line]
        assert rest[-1].startswith('{"ev":"frame"'), rest[-1]  # it ended by itself
    shown = run_once('list', '--from', out, '--json')
    hosts = {json.loads(line)['host'] for line in shown.stdout.splitlines()}
    assert shown.returncode == 0 and hosts <= {'right', 'ahead'}, shown  # neither has ended long before the other


def check_lies(folder):
    out = folder + '/lies'
    recording = Recording(folder, out, 'right', 'silly', 'liar')
    for name in ('right', 'liar'):
        recording.wait_for(lambda name=name: exchanged(out, name), f'the clock of {name}')
    recording.wait_for_frames('silly', frames_in(lines_of(out + '/liar.jsonl.zst')[0]))
    recording.end(0)
    assert not exchanged(out, 'silly')
    assert all(line['skew_ns'] == 0 for line in exchanged(out, 'right'))
    assert exchanged(out, 'liar')[-1]['skew_ns'] > 10**18


def check_set_back(folder):
    """A clock that was ahead is set right: without answers the times of frames say so."""
    out = folder + '/set'
    recording = Recording(folder, out, 'set-back')

    def went_back():
        skews = [line['skew_ns'] for line in host_lines(out, 'set-back') if 'skew_ns' in line]
        return skews and max(skews) - skews[-1] > AHEAD / timedelta(microseconds=2) * 1000
    recording.wait_for(went_back, 'the clock that was set back')
    recording.end(0)


def check_foreign_input(_folder):
    """What is no question is left to those that it is meant for."""
    script = f'printf "web1\\nclock 1\\n" | {{ {TCPLENS} record --demo 3 -i 0.1 -o - --for 0.3 >/dev/null; cat; }}'
    done = subprocess.run(['sh', '-c', script], capture_output=True, text=True, timeout=DEADLINE, check=False)
    assert done.stdout == 'web1\nclock 1\n', done


def main():
    if subprocess.run(['sh', '-c', 'command -v zstdcat'], capture_output=True, check=False).returncode:
        print('skipped: no zstdcat to read logs with')
        return 77
    with tempfile.TemporaryDirectory() as folder:
        make_hosts(folder)
        check_skew(folder)
        check_lies(folder)
        check_set_back(folder)
        check_foreign_input(folder)
    return 0


if __name__ == '__main__':
    sys.exit(main())
