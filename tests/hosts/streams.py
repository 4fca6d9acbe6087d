#!/usr/bin/env python3
"""streams.py TCPLENS [hung]: several hosts by --host-command, each a stream of this test's own: what is wrong with one
harms that one only, is said in one line, and leaves no program behind."""

import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time

TCPLENS = sys.argv[1]
DEADLINE = 60  # seconds for what takes one

# What a host does: {} stands for the file with the log of a demo.
GOOD = 'cat {log}; exec cat'  # cat without input ends at once: stdin is /dev/null
HOSTS = {
    'good': 'cat {log}; exec sleep infinity',
    'again': 'cat {log}; exec sleep infinity',
    'absent': 'exit 127',
    'denied': 'printf "Permission denied \\033[31m(publickey).\\n" >&2; exit 255',
    'motd': 'echo "Welcome to Ubuntu"; cat {log}; exec sleep infinity',
    'newer': 'sed "1s/\\"version\\":\\"1[.][0-9]*\\"/\\"version\\":\\"9.0\\"/" {log}; exec sleep infinity',
    'giant': 'head -c 3000000 {log} | head -1; head -c 3000000 /dev/zero | tr "\\\\0" x; echo; tail -n +2 {log};'
             ' exec sleep infinity',
    'zeros': 'head -1 {log}; head -c 4000 /dev/zero; echo; tail -n +2 {log}; exec sleep infinity',
    'escapes': 'sed "s/firefox/\\\\\\\\u001b[2Jx/g" {log}; exec sleep infinity',
    'lies': 'sed "s/\\"lport\\":[0-9]*/\\"lport\\":99999999/" {log}; exec sleep infinity',
    'torn': 'head -c 5000 {log}; echo "record: 2 frames" >&2',
    'forks': 'sleep infinity >/dev/null 2>&1 & echo $! >> {folder}/pids; head -c 5000 {log}; exit',
    'hangs': 'exec sleep infinity',
    'chatter': 'yes >&2 & cat {log}; exec sleep infinity',
    'bomb': 'head -c 300000000 /dev/zero | zstd -q -1 -c; exec sleep infinity',
}


def run_once(*words):
    return subprocess.run([TCPLENS, *words], capture_output=True, text=True, timeout=DEADLINE, check=False,
                          env=dict(os.environ, TZ='UTC'))


def run(*words):
    """Again where the machine is so slow that a host, which sends some frames only, is late when the other is there."""
    end = time.monotonic() + DEADLINE
    while True:
        out = run_once(*words)
        if ': late' not in out.stderr or time.monotonic() > end:
            return out


def write_scripts(folder):
    log = os.path.join(folder, 'log.jsonl')
    run('record', '--demo', '3,20', '-o', log, '--for', '0.3')
    assert os.path.getsize(log) > 5000, 'no log'
    for name, script in HOSTS.items():
        path = os.path.join(folder, name)
        with open(path, 'w', encoding='utf-8') as file:
            file.write(f'#!/bin/sh\necho $$ >> {folder}/pids\n' + script.replace('{log}', log).replace('{folder}', folder) + '\n')
        os.chmod(path, 0o700)
    return log


def of_hosts(folder, *names):
    words = []
    for name in names:
        words += ['--host', name]
    return [*words, '--host-command', folder + '/{host} {}']


def rows_of(out):
    rows = {}
    for line in out.stdout.splitlines():
        row = json.loads(line)
        rows.setdefault(row['host'], []).append(row)
    return rows


def key(row):
    return row['laddr'], row['lport'], row.get('raddr'), row.get('rport'), row['state']


def ends(pid, deadline):
    """Waits for one that is not of ours."""
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    with os.fdopen(process) as ended:
        return select.select([ended], [], [], deadline)[0] != []


def assert_ended(folder):
    """Programs that were started have ended, whatever they did with the signal."""
    with open(folder + '/pids', encoding='utf-8') as file:
        pids = file.read().split()
    assert pids
    for pid in pids:
        assert ends(int(pid), DEADLINE), f'{pid} is left'
    os.unlink(folder + '/pids')


def check_two(folder, log):
    alone = [json.loads(line) for line in run('list', '--from', log, '--json').stdout.splitlines()]
    out = run('list', '--json', *of_hosts(folder, 'good', 'again'))
    assert out.returncode == 0, out.stderr
    rows = rows_of(out)
    assert set(rows) == {'good', 'again'}
    for host in rows:
        assert sorted(map(str, map(key, rows[host]))) == sorted(map(str, map(key, alone))), host
    for words in (['host', 'again'], ['host', '=', '"again"'], ['host', 'ag*']):
        assert set(rows_of(run('list', '--json', *of_hosts(folder, 'good', 'again'), *words))) == {'again'}
    assert set(rows_of(run('list', '--json', *of_hosts(folder, 'good', 'again'), 'host', '!=', 'again'))) == {'good'}
    table = run('list', *of_hosts(folder, 'good', 'again')).stdout.splitlines()
    assert table[0].startswith('HOST'), table[0]
    assert_ended(folder)


def assert_harms_only_itself(folder, name, said, rows_stay=False):
    """name: the host that is wrong."""
    out = run('list', '--json', *of_hosts(folder, 'good', name))
    rows = rows_of(out)
    assert 'good' in rows, (name, out)
    assert (name in rows) == rows_stay, (name, out.stderr)
    assert '\x1b' not in out.stdout + out.stderr, name
    if said:
        assert out.returncode == 3, (name, out.returncode)
        lines = [line for line in out.stderr.splitlines() if f'tcplens: {name}: ' in line]
        assert len(lines) == 1 and said in lines[0], (name, out.stderr)
    assert_ended(folder)
    return rows.get(name, [])


def check_wrong(folder):
    assert_harms_only_itself(folder, 'absent', 'no tcplens there')
    assert_harms_only_itself(folder, 'denied', 'Permission denied')
    assert_harms_only_itself(folder, 'motd', 'not a session log')
    assert_harms_only_itself(folder, 'newer', 'version 9')
    assert_harms_only_itself(folder, 'giant', '', rows_stay=True)
    assert_harms_only_itself(folder, 'zeros', '', rows_stay=True)
    rows = assert_harms_only_itself(folder, 'escapes', '', rows_stay=True)
    assert any('\\x1b[2Jx' in row.get('comm', '') for row in rows), rows
    assert_harms_only_itself(folder, 'lies', 'out of range')
    assert_harms_only_itself(folder, 'torn', 'its stream ended')
    assert_harms_only_itself(folder, 'forks', 'its stream ended')
    assert_harms_only_itself(folder, 'chatter', '', rows_stay=True)
    if shutil.which('zstd'):
        assert_harms_only_itself(folder, 'bomb', 'no end of a line')


TOOLS = ('sh', 'uname', 'mktemp', 'head', 'wc', 'rm', 'chmod')  # what a host has to have to be sent a program


def make_bare_host(folder):
    """A PATH with nothing but these, and a folder for what is sent."""
    for name in ('bare', 'tmp'):
        os.makedirs(f'{folder}/{name}')
    for tool in TOOLS:
        os.symlink(shutil.which(tool), f'{folder}/bare/{tool}')
    return ['--host', 'bare', '--host-command', f'/usr/bin/env PATH={folder}/bare TMPDIR={folder}/tmp {{}}']


def write_tool(folder, name, text):
    path = f'{folder}/bare/{name}'
    if os.path.lexists(path):
        os.unlink(path)
    with open(path, 'w', encoding='utf-8') as file:
        file.write('#!/bin/sh\n' + text + '\n')
    os.chmod(path, 0o700)
    return path


def assert_removed(folder):
    end = time.monotonic() + DEADLINE
    while os.listdir(folder + '/tmp'):
        assert time.monotonic() < end, os.listdir(folder + '/tmp')
        select.select([], [], [], 0.02)


def assert_pushed(folder, host):
    out = run('list', *host, '--push')
    assert out.returncode == 0 and 'bare: ok: by a tcplens that was sent there' in out.stderr, out
    assert_removed(folder)


def assert_not_pushed(folder, host, said):
    out = run('list', *host, '--push')
    assert out.returncode == 3 and f'bare: refused: cannot be sent there: {said}' in out.stderr, out
    assert 'apt install ./tcplens_' in out.stderr, out
    assert_removed(folder)


def check_killed(folder, host):
    """One that has no time to say goodbye."""
    with subprocess.Popen([TCPLENS, 'events', '-i', '0.1', *host, '--push'], stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, text=True) as run_of_it:
        for line in run_of_it.stderr:
            if 'it is read by a tcplens that was sent there' in line:
                break
        assert os.listdir(folder + '/tmp')
        run_of_it.kill()
    assert_removed(folder)


def in_a_mount_namespace(host, script):
    """The host behind what a script changes of its mounts; None where that may not be done."""
    words = ['unshare', '-m', '/bin/sh', '-c', f'{script} exec "$@"', 'sh']
    if subprocess.run([*words, 'true'], capture_output=True, check=False).returncode != 0:
        return None
    quoted = ' '.join(f"'{word}'" for word in words)
    return [*host[:-1], f'{quoted} {host[-1]}']


def libraries_of(*programs):
    out = subprocess.run(['ldd', *programs], capture_output=True, text=True, check=True).stdout
    return {word for line in out.splitlines() for word in line.split() if word.startswith('/') and not word.endswith(':')}


def check_unfit(folder, host):
    """Where programs may not be run, and where a library is missing."""
    noexec = in_a_mount_namespace(host, f'mount -t tmpfs -o noexec none {folder}/tmp;')
    if not noexec:
        print('unshare -m is not possible here: hosts without a library were not tried')
        return
    assert_not_pushed(folder, noexec, f'{folder}/tmp is mounted noexec')
    place = os.path.dirname(os.path.realpath(next(path for path in libraries_of(TCPLENS) if '/libmnl.so' in path)))
    os.makedirs(folder + '/lib')
    for path in libraries_of('/usr/bin/env', *(os.path.realpath(shutil.which(tool)) for tool in TOOLS)):
        shutil.copy(path, folder + '/lib')
    poor = in_a_mount_namespace(host, f'mount --bind {folder}/lib {place};')
    assert 'libmnl.so.0' in run('list', *poor, '--push').stderr
    assert_not_pushed(folder, poor, 'missing there: lib')


def check_push(folder):
    """A host without tcplens, or with one that is not understood."""
    host = make_bare_host(folder)
    out = run('list', *host)
    assert out.returncode == 3 and 'no tcplens there: --push sends it' in out.stderr, out
    out = run('list', '--push')
    assert out.returncode == 2 and '--push: needs hosts' in out.stderr, out
    assert_pushed(folder, host)
    check_killed(folder, host)
    write_tool(folder, 'tcplens', f'PATH=/usr/bin:/bin exec {folder}/newer')
    out = run('list', *host)
    assert out.returncode == 3 and 'version 9' in out.stderr, out
    assert_pushed(folder, host)
    write_tool(folder, 'tcplens', 'exit 2')
    assert_pushed(folder, host)
    os.unlink(folder + '/bare/tcplens')
    check_unfit(folder, host)
    deaf = [*host[:-1], f"/bin/sh -c 'exec \"$@\" </dev/null' sh {host[-1]}"]
    assert_not_pushed(folder, deaf, 'standard input is empty')
    write_tool(folder, 'uname', 'echo vax')
    assert_not_pushed(folder, host, 'the machine is vax')
    assert_ended(folder)


def check_screen(folder):
    """The view of hosts, and the line that says what is missing."""
    picture = folder + '/hosts.svg'
    out = run('--screenshot', picture, '--size', '140x14', '--keys', '9', *of_hosts(folder, 'good', 'absent'))
    assert out.returncode == 0, out.stderr
    with open(picture, encoding='utf-8') as file:
        text = file.read()
    for words in ('Hosts', 'good', 'refused: no tcplens there'):
        assert words in text, (words, text)
    assert_ended(folder)
    # Of a host that was never read there are no figures: why stands in their place, where columns are narrow, too.
    out = run('--screenshot', picture, '--size', '80x14', '--keys', '9', *of_hosts(folder, 'good', 'denied'))
    assert out.returncode == 0, out.stderr
    with open(picture, encoding='utf-8') as file:
        text = file.read()
    assert re.search('>lost: Permission denied [^<]*publickey', text), text
    assert_ended(folder)


def check_stopped(folder):
    """Before a host has answered: a signal ends all at once."""
    for words in (['list'], ['map'], ['doctor'], ['events']):
        for number in (signal.SIGINT, signal.SIGTERM):
            with subprocess.Popen([TCPLENS, *words, *of_hosts(folder, 'good', 'hangs')], stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE) as waits:
                end = time.monotonic() + DEADLINE
                while count_lines(folder + '/pids') < 2:
                    assert time.monotonic() < end and waits.poll() is None, words
                    select.select([], [], [], 0.02)
                waits.send_signal(number)
                waits.communicate(timeout=DEADLINE)
            if words == ['list']:
                assert waits.returncode == -number, waits.returncode
            assert_ended(folder)


def count_lines(path):
    try:
        with open(path, encoding='utf-8') as file:
            return len(file.read().splitlines())
    except FileNotFoundError:
        return 0


def check_refused(folder):
    out = run('list', '--host', 'a', '--host-command', "sh -c 'exec {}")
    assert out.returncode == 2 and out.stderr == "tcplens: --host-command: a quote is not closed: 'exec {}\n", out
    for word in ('', 'ssh:', '-x', 'ssh:-oProxyCommand=id', '$(id)', 'web1 web2'):
        out = run('list', '--host', word)
        assert out.returncode == 2 and 'host "' in out.stderr, (word, out)
    path = folder + '/fleet.txt'
    for text, said in (('# one\nweb1 web2\n', 'fleet.txt:2: more than one word'), ('# nothing\n\n', 'no host in it'),
                       ('web1\0web2\n', 'not text'),
                       ('web1\n-oProxyCommand=id\n', 'fleet.txt:2: host "-oProxyCommand=id"'),
                       ('\ufeffweb1\r\n\r\n "web2\r\n', 'fleet.txt:3: host ""web2"'),
                       ('web1 # one\nweb2\r\n\tweb1\t\r\n', 'fleet.txt:3: host "web1" is already in line 1')):
        with open(path, 'w', encoding='utf-8') as file:
            file.write(text)
        out = run('list', '--hosts', path)
        assert out.returncode == 2 and said in out.stderr, (text, out)
    assert not os.path.exists(folder + '/pids')


def check_hung(folder):
    """One that never answers is said, wherever it is missing."""
    for words in (['list', '--json'], ['map', '--for', '0.3'], ['events', '--for', '20']):
        out = run_once(*words, *of_hosts(folder, 'good', 'hangs'))
        assert out.stderr.count('tcplens: hangs: connecting') == 1, (words, out.stderr)
        assert out.returncode == (0 if words[0] == 'events' else 3), (words, out.returncode)
        assert_ended(folder)


def main():
    with tempfile.TemporaryDirectory() as folder:
        log = write_scripts(folder)
        if sys.argv[2:] == ['hung']:
            check_hung(folder)
            return 0
        check_two(folder, log)
        check_wrong(folder)
        check_push(folder)
        check_screen(folder)
        check_stopped(folder)
        check_refused(folder)
    return 0


if __name__ == '__main__':
    sys.exit(main())
