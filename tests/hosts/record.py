#!/usr/bin/env python3
"""record.py TCPLENS: `record` of several hosts: each host's stream is in its own log as it came, holes are named, and a
log of a host that never came says so."""

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from streams import DEADLINE, TCPLENS, of_hosts, run_once

SUM = 'tcplens: record: '


def lines_of(path):
    """Of a log, those that its host has sent and those that the recorder added, which have no number."""
    text = subprocess.run(['zstdcat', path], capture_output=True, check=False).stdout.decode()  # it may be written just now
    sent, added = [], []
    for line in text.splitlines():
        (sent if '"seq":' in line[:80] else added).append(line)
    return sent, [json.loads(line) for line in added]


def frames_in(lines):
    return sum(line.startswith('{"ev":"frame"') for line in lines)


def make_streams(folder):
    """Scripts that are hosts; {words} are those that tcplens is started with there."""
    streams = {}
    for name, seed in (('one', '3,20'), ('two', '4,30')):
        path = f'{folder}/{name}.log'
        run_once('record', '--demo', seed, '-i', '0.1', '-o', path, '--for', '0.5')
        with open(path, encoding='utf-8') as file:
            streams[name] = file.read().splitlines()
    live = f'shift; exec {TCPLENS} "$@" --demo'
    scripts = {
        'one': f'cat {folder}/one.log; exec sleep infinity',
        'two': f'cat {folder}/two.log; exec sleep infinity',
        'live': f'{live} 5,20',
        'lost': f'test -e {folder}/was && exec sleep infinity; touch {folder}/was; head -c 6000 {folder}/one.log;'
                ' echo "broken pipe" >&2; exit 9',
        'back': f'test -e {folder}/{{}} && {{ cat {folder}/two.log; exec sleep infinity; }}; touch {folder}/{{}};'
                f' cat {folder}/one.log; exit 9',
        'absent': 'exit 127',
        'keys': f'cat {folder}/one.log {folder}/two.log {folder}/one.log; exec sleep infinity',
    }
    for name, script in scripts.items():
        path = f'{folder}/{name}'
        with open(path, 'w', encoding='utf-8') as file:
            file.write('#!/bin/sh\n' + script.replace('{}', name + '.was') + '\n')
        os.chmod(path, 0o700)
    return streams


class Recording:
    """`record` of hosts in the background."""

    def __init__(self, folder, out, *names, options=()):
        self.out = out
        # pylint: disable-next=consider-using-with
        self.process = subprocess.Popen([TCPLENS, 'record', *of_hosts(folder, *names), '-i', '0.1', '-o', out, *options],
                                        stderr=subprocess.PIPE, text=True)

    def wait_for(self, holds, what):
        end = time.monotonic() + DEADLINE
        while not holds():
            assert self.process.poll() is None, (what, self.process.stderr.read())
            if time.monotonic() > end:
                self.process.terminate()
                raise AssertionError(what)
            select.select([self.process.stderr], [], [], 0.02)

    def wait_for_frames(self, name, count):
        path = f'{self.out}/{name}.jsonl.zst'
        self.wait_for(lambda: os.path.exists(path) and
                      frames_in(lines_of(path)[0]) >= count, f'{count} frames of {name}')

    def end(self, code, number=signal.SIGTERM):
        self.process.send_signal(number)
        said = self.process.communicate(timeout=DEADLINE)[1]
        assert self.process.returncode == code, (self.process.returncode, said)
        return said


def check_verbatim(folder, streams):
    out = folder + '/verbatim/'
    recording = Recording(folder, out, 'one', 'two')
    for name in ('one', 'two'):
        recording.wait_for_frames(name, frames_in(streams[name]))
    said = recording.end(0)
    assert SUM + '2 hosts, ' in said and said.endswith(f' in {out}\n'), said
    for name in ('one', 'two'):
        sent, added = lines_of(f'{out}/{name}.jsonl.zst')
        assert sent == streams[name], name
        assert added and all(line['ev'] == 'host' and line['name'] == name for line in added), added
        assert os.stat(f'{out}/{name}.jsonl.zst').st_mode & 0o777 == 0o600
    assert os.stat(out).st_mode & 0o777 == 0o700


def check_end(folder):
    """The last frames are there, by TERM and by INT, and a second recording goes on in the same files."""
    out = folder + '/end'
    sent = []
    for number in (signal.SIGTERM, signal.SIGINT):
        recording = Recording(folder, out, 'live')
        recording.wait_for_frames('live', frames_in(sent) + 3)
        said = recording.end(0, number)
        assert SUM + '1 host, ' in said, said
        sent, _ = lines_of(out + '/live.jsonl.zst')
        rest = [line for line in sent if '"step":"stop"' not in line]
        assert rest[-1].startswith('{"ev":"frame"'), rest[-1]
    assert sum(line.startswith('{"ev":"head"') for line in sent) == 2
    read = run_once('events', '--from', out + '/live.jsonl.zst')
    assert 'lines are missing' not in read.stderr, read.stderr


def check_lost(folder, streams):
    out = folder + '/lost.d'
    recording = Recording(folder, out, 'lost', 'back', 'absent', 'one')
    recording.wait_for(lambda: os.path.exists(folder + '/was') and os.path.exists(folder + '/back.was'), 'both have begun')
    recording.wait_for_frames('back', frames_in(streams['one'] + streams['two']))
    recording.wait_for_frames('one', 3)
    said = recording.end(3)
    assert 'tcplens: lost: lost: broken pipe' in said, said
    assert 'absent: nothing was recorded' in said, said

    sent, added = lines_of(out + '/lost.jsonl.zst')
    assert sent and sent == streams['one'][:len(sent)]
    assert added[-1]['ev'] == 'gap' and added[-1]['reason'] == 'host lost: broken pipe', added

    sent, added = lines_of(out + '/back.jsonl.zst')
    assert sent == streams['one'] + streams['two']
    gaps = [line for line in added if line['ev'] == 'gap']
    assert [gap['reason'].split(':')[0] for gap in gaps] == ['host lost'], gaps

    sent, added = lines_of(out + '/absent.jsonl.zst')
    assert not sent and [line['ev'] for line in added] == ['head', 'host', 'gap'], added
    assert 'no tcplens there' in added[2]['reason'], added


def check_names(folder):
    out = folder + '/names'
    hosts = ['--host', '[2001:db8::1]', '--host', 'a%b', '--host', 'a_b']
    said = subprocess.run([TCPLENS, 'record', *hosts, '--host-command', f'{folder}/one {{host}} {{}}', '-o', out, '--for', '0.2'],
                          capture_output=True, text=True, timeout=DEADLINE, check=False)
    assert sorted(os.listdir(out)) == ['2001_db8__1.jsonl.zst', 'a_b.jsonl.zst', 'a_b_2.jsonl.zst'], (os.listdir(out), said.stderr)
    _, added = lines_of(out + '/2001_db8__1.jsonl.zst')
    assert any(line.get('name') == '2001:db8::1' for line in added), added


def check_rotation(folder, streams):
    """A new file where a keyframe begins: together they are the stream."""
    out = folder + '/rotated'
    recording = Recording(folder, out, 'keys', options=('--rotate', '1k'))
    recording.wait_for(lambda: os.path.isdir(out) and len(os.listdir(out)) == 3, 'two rotations')
    recording.wait_for_frames('keys', frames_in(streams['one']))
    recording.end(0)
    names = sorted(os.listdir(out))
    assert names[-1] == 'keys.jsonl.zst', names
    sent = [line for name in names for line in lines_of(f'{out}/{name}')[0]]
    assert sent == streams['one'] + streams['two'] + streams['one']


def check_disk_full(folder):
    """What does not fit waits for space."""
    out = folder + '/disk'
    os.mkdir(out)
    script = (f'mount -t tmpfs -o size=64k,mode=0700 tmpfs {out} || exit 77; head -c 70000 /dev/zero >{out}/rest 2>/dev/null\n'
              f'{TCPLENS} record --host live --host-command "{folder}/{{host}} {{}}" -i 0.1 -o {out} 2>{folder}/err & pid=$!\n'
              f'said() {{ for i in $(seq 400); do grep -q "$1" {folder}/err && return; read -rt 0.05 <><(:); done; }}\n'
              f'said "No space left on device: continues when it can"; rm {out}/rest; said "writing again"\n'
              f'kill $pid; wait $pid; echo code $?; cat {folder}/err; zstdcat {out}/live.jsonl.zst')
    done = subprocess.run(['unshare', '-m', 'bash', '-c', script], capture_output=True, text=True, timeout=DEADLINE, check=False)
    if done.returncode == 77 or 'unshare:' in done.stderr:
        print('disk full: skipped: no mount namespace may be made')
        return
    assert 'writing again' in done.stdout and 'code 0' in done.stdout, done
    assert '{"ev":"frame"' in done.stdout, done


def check_too_large(folder):
    """What the limit of file sizes refuses is said, and ends nothing; a host's own programs are begun without signals ignored."""
    script = f"grep SigIgn: /proc/self/status >{folder}/ignored; exec cat {folder}/one.log"
    with open(folder + '/signals', 'w', encoding='ascii') as file:
        file.write(f'#!/bin/sh\n{script}\n')
    os.chmod(folder + '/signals', 0o700)
    run_once('list', *of_hosts(folder, 'signals'))
    with open(folder + '/ignored', encoding='ascii') as file:
        assert int(file.read().split()[1], 16) & 0x7fffffff == 0  # those of the C library are beyond

    said = b''
    with subprocess.Popen(['prlimit', '--fsize=0', TCPLENS, 'record', *of_hosts(folder, 'one'), '-i', '0.1', '-o', folder + '/large'],
                          stderr=subprocess.PIPE) as process:
        end = time.monotonic() + DEADLINE
        while b'File too large' not in said:
            assert select.select([process.stderr], [], [], max(0, end - time.monotonic()))[0], said
            more = os.read(process.stderr.fileno(), 4096)
            assert more, (said, process.wait(DEADLINE))
            said += more
        process.terminate()
        assert process.wait(DEADLINE) == 1, process.returncode


def check_pipe(folder):
    """One host goes to a pipe as well, until its reader stops."""
    with subprocess.Popen([TCPLENS, 'record', *of_hosts(folder, 'live'), '-i', '0.1', '-o', '-'], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline().startswith('{"ev":"head"')
        process.stdout.close()
        assert process.wait(DEADLINE) == 0


def check_refused(folder):
    for words, said in ((['host', 'one'], 'filter'), (['-4'], '-4'), (['--metrics', folder + '/x.prom'], '--metrics')):
        out = run_once('record', *of_hosts(folder, 'one', 'two'), '-o', folder + '/refused', *words)
        assert out.returncode == 2 and said in out.stderr, (words, out)
    for path, said in ((folder + '/x.jsonl', 'several hosts need a folder'), (folder + '/one', 'not a folder'),
                       ('-', 'several hosts need a folder')):
        out = run_once('record', *of_hosts(folder, 'one', 'two'), '-o', path)
        assert out.returncode == 2 and said in out.stderr, (path, out)
    assert not os.path.exists(folder + '/refused')


def main():
    if not shutil.which('zstdcat'):
        print('skipped: no zstdcat to read logs with')
        return 77
    with tempfile.TemporaryDirectory() as folder:
        streams = make_streams(folder)
        check_verbatim(folder, streams)
        check_end(folder)
        check_lost(folder, streams)
        check_names(folder)
        check_rotation(folder, streams)
        check_disk_full(folder)
        check_too_large(folder)
        check_pipe(folder)
        check_refused(folder)
    return 0


if __name__ == '__main__':
    sys.exit(main())
