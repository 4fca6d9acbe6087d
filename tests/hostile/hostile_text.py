#!/usr/bin/env python3
"""hostile_text.py TCPLENS: bytes that mean something to a terminal, in every text that comes from
outside: names of processes, executables, users, services, interfaces, control groups, the host;
fields of a log; the configuration, the environment, arguments and names of files. Whatever tcplens
writes must be UTF-8 without a character that controls, hides or turns round; on a screen only what
curses sends; in ASCII where that is wanted; and JSON, CSV and log must still be read.

Runs in namespaces of its own (network, mounts, host name)."""
import csv
import ctypes
import fcntl
import io
import json
import os
import pty
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import time

TCPLENS = sys.argv[1]
SKIPPED = 77
# title of the terminal, no UTF-8, right-to-left override, C1 CSI: 14 bytes, as names may be short
HOSTILE = b'a\x1b]0;o\x07\xff\xe2\x80\xae\xc2\x9bz'
SHOWN = r'a\x1b]0;o\x07\xff\xe2\x80\xae\xc2\x9bz'
WIDE = '漢é'.encode()  # safe, but not ASCII
PORT, USER = 7002, 4242
# of a log, which may be anything
FREE_TEXTS = {'host', 'kernel', 'comm', 'exe', 'args', 'unit', 'container', 'cgroup', 'user', 'ifname', 'ulp',
              'congestion', 'reason', 'missing_text', 'name'}
QUIET = 0.1  # seconds without output: the screen has been painted
FORBIDDEN = re.compile('[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u0300-\u036f\u061c\u200b-\u200f'
                       '\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\uffff]')
# what curses and our own set-up send to xterm
# With the one question of ours, for the terminal's background.
SCREEN_SEQUENCES = re.compile(rb'\x1b(\]11;\?\x1b\\|\[[0-9;?>]*[ -/]*[@-~]|[=>78M]|[()][A-Z0-9])|[\r\n\b\t\x0e\x0f]')
failures = 0


def check(what, holds, detail=''):
    global failures
    print('ok:' if holds else 'FAILED:', what, '' if holds else f': {detail!r}'[:600])
    failures += not holds


def enter_namespaces():
    if os.environ.get('HOSTILE_INSIDE'):
        return
    wanted = ['unshare', '--net', '--mount', '--uts'] + ([] if os.geteuid() == 0 else ['--map-root-user'])
    if shutil.which('unshare') is None or subprocess.run([*wanted, 'true'], capture_output=True,
                                                         check=False).returncode:
        print('SKIP: no namespaces of its own to be had here')
        sys.exit(SKIPPED)
    os.environ['HOSTILE_INSIDE'] = '1'
    os.execvp('unshare', [*wanted, sys.executable, '-B', *sys.argv])


def libc_call(name, *arguments):
    libc = ctypes.CDLL(None, use_errno=True)
    return getattr(libc, name)(*arguments) == 0


def cover(path, folder, more):
    """A file of the machine with more lines, for us only."""
    copy = os.path.join(folder, os.path.basename(path))
    old = open(path, 'rb').read() if os.path.exists(path) else b''
    with open(copy, 'wb') as out:
        out.write(more + old)
    return subprocess.run(['mount', '--bind', copy, path], capture_output=True, check=False).returncode == 0


def make_interface():
    name = HOSTILE
    for words in (['link', 'set', 'lo', 'up'], ['link', 'add', 'name', name, 'type', 'bridge'],
                  ['link', 'set', name, 'up'], ['-6', 'addr', 'add', 'fe80::9/64', 'dev', name, 'nodad']):
        if subprocess.run(['ip', *words], capture_output=True, check=False).returncode:
            return None
    return [index for index, made in socket.if_nameindex() if made != 'lo'][0]


def make_cgroup():
    roots = [root for root in (b'/sys/fs/cgroup', b'/sys/fs/cgroup/unified')
             if os.path.exists(os.path.join(root, b'cgroup.controllers'))]
    if not roots:
        return None
    path = os.path.join(roots[0], HOSTILE + b'.service')
    try:
        os.mkdir(path)
        return path
    except OSError:
        return None


def hold(folder, listener, group):
    """A process with a hostile name, path, command line, user and control group that holds it."""
    program = os.path.join(folder.encode(), HOSTILE)
    shutil.copy(shutil.which('sleep'), program)
    os.chmod(program, 0o755)
    child = os.fork()
    if child:
        return child
    libc_call('prctl', 1, signal.SIGKILL, 0, 0, 0)
    if group:
        with open(os.path.join(group, b'cgroup.procs'), 'w') as procs:
            procs.write('0')
    os.set_inheritable(listener.fileno(), True)
    os.execv(program, [HOSTILE, b'600'])


def make_scene(folder):
    covered = [cover('/etc/passwd', folder, HOSTILE + b':x:%d:%d::/:/bin/sh\n' % (USER, USER)),
               cover('/etc/services', folder, HOSTILE + b'\t%d/tcp\n' % PORT)]
    check('users and services have hostile names', all(covered), covered)
    check('so has the host', libc_call('sethostname', HOSTILE, len(HOSTILE)))
    index = make_interface()
    group = make_cgroup()
    print('an interface of a hostile name:', 'made' if index else 'cannot be made here')
    print('a control group of a hostile name:', 'made' if group else 'cannot be made here')
    listener = socket.socket(socket.AF_INET6 if index else socket.AF_INET)
    if os.geteuid() == 0 and os.access('/proc/self/setgroups', os.W_OK):
        try:
            os.seteuid(USER)
            listener.close()
            listener = socket.socket(socket.AF_INET6 if index else socket.AF_INET)
            os.seteuid(0)
        except OSError:
            pass
    listener.bind(('fe80::9', PORT, 0, index) if index else ('127.0.0.1', PORT))
    listener.listen(1)
    return listener, hold(folder, listener, group), group


def fill_queue(listener):
    """More connections than the queue of nobody who accepts takes: a finding."""
    clients = []
    for _ in range(3):
        client = socket.socket(listener.family)
        client.setblocking(False)
        client.connect_ex(listener.getsockname())
        clients.append(client)
    return clients


def run(*words, **environment):
    return subprocess.run([TCPLENS, *words], stdin=subprocess.DEVNULL, capture_output=True, timeout=60,
                          check=False, env={**os.environ, **environment})


def check_bytes(what, data):
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        check(f'{what}: UTF-8', False, str(error) + repr(data[:200]))
        return ''
    bad = FORBIDDEN.search(text)
    check(f'{what}: nothing that controls or hides', not bad,
          text[max(0, bad.start() - 40):bad.end() + 40] if bad else '')
    return text


def check_run(what, *words, shows=None, on='out', **environment):
    """All it writes is safe, in UTF-8 and, by locale and by option, in ASCII."""
    result = run(*words, LC_ALL='C.UTF-8', **environment)
    out, err = check_bytes(f'{what}, out', result.stdout), check_bytes(f'{what}, err', result.stderr)
    if shows:
        check(f'{what}: shows the bytes', shows in (out if on == 'out' else err), (out + err)[-300:])
    plain = run(*words, LC_ALL='C', **environment)
    check(f'{what}: ASCII in the C locale', (plain.stdout + plain.stderr).isascii(),
          plain.stdout[:200] + plain.stderr[:200])
    return result, plain


def json_lines(data):
    return [json.loads(line) for line in data.decode().splitlines()]


COLUMNS = 'state,local,remote,process,proc,exe,user,unit,container,cgroup,ifname,owners,owner,ulp,congestion'


def lasting(data):
    keys = ('laddr', 'ifname', 'comm', 'exe', 'user', 'owner', 'unit', 'cgroup')
    return [{key: row[key] for key in keys if key in row} for row in json_lines(data)]


def check_lists():
    everything, plain = check_run('list', 'list', '--columns', COLUMNS, shows=SHOWN)
    check('list: as wide in ASCII', len(everything.stdout.decode().splitlines()) == len(plain.stdout.splitlines()))
    check_run('list of a service', 'list', 'sport', HOSTILE.decode('utf-8', 'surrogateescape'))
    result, plain = check_run('list --json', 'list', '--json', shows=SHOWN.replace('\\', '\\\\'))
    check('list --json: the same in ASCII', lasting(result.stdout) == lasting(plain.stdout))
    row = [row for row in json_lines(result.stdout) if row['lport'] == PORT][0]
    for key in ('comm', 'exe', 'ifname', 'user'):
        print(f'    {key} is {row.get(key)!r}')
    result, _ = check_run('list --csv', 'list', '--csv', '--columns', COLUMNS, shows=SHOWN)
    rows = list(csv.reader(io.StringIO(result.stdout.decode())))
    check('list --csv: cells', len(rows) > 1 and all(len(row) == len(rows[0]) for row in rows), rows)
    shown = run('list', '--json', 'dev', '"' + SHOWN.replace('\\', '\\\\') + '"', LC_ALL='C.UTF-8')
    if row.get('ifname'):
        check('a filter takes an interface as it is shown', len(json_lines(shown.stdout)) > 0, shown.stderr)
    check_run('close --dry-run', 'close', '--dry-run', f'sport = {PORT}', '--force', shows=SHOWN)


def check_findings():
    check_run('doctor', 'doctor', '--for', '3', shows=SHOWN)
    result, plain = check_run('doctor --json', 'doctor', '--json', '--for', '3', shows=SHOWN.replace('\\', '\\\\'))
    for data in (result.stdout, plain.stdout):
        json_lines(data)


def make_log(folder):
    path = os.path.join(folder, 'log.jsonl')
    for seconds in ('1', '4', '16'):  # on a busy machine the first frame may take longer than a second
        if os.path.exists(path):
            os.unlink(path)
        result = run('record', '-i', '0.2', '--for', seconds, '--with-args', '-o', path, LC_ALL='C.UTF-8')
        check_bytes('record, err', result.stderr)
        data = open(path, 'rb').read()
        lines = json_lines(data)
        if any(line['ev'] == 'frame' for line in lines):
            break
    check_bytes('log', data)
    check('log: has the process', SHOWN in json.dumps(lines, ensure_ascii=False).replace('\\\\', '\\'))
    return path, lines


def check_log(what, path):
    for words in (['list', '--from', path, '--columns', COLUMNS], ['list', '--from', path, '--json'],
                  ['list', '--from', path, '--csv'], ['events', '--from', path],
                  ['events', '--from', path, '--json'], ['events', '--from', path, '--csv']):
        result, _ = check_run(f'{what}: {" ".join(words[:1] + words[3:4])}', *words)
        if '--json' in words and result.returncode == 0:
            json_lines(result.stdout)


def check_log_fields(folder, lines):
    """Each text of each kind of line in turn, as JSON can write it: no byte but UTF-8."""
    hostile = HOSTILE.replace(b'\xff', b'').decode()
    texts = {(line['ev'], key) for line in lines for key, value in line.items()
             if isinstance(value, str) and key not in ('ev', 't', 'format')}
    names = sorted(texts | {('gap', 'reason'), ('frame', 'missing_text'), ('open', 'comm'), ('close', 'comm')})
    check('log: texts to make hostile', len(names) > 10, names)
    path = os.path.join(folder, 'fields.jsonl')
    event = {'ev': 'open', 't': lines[-1]['t'], 'to': 'ESTABLISHED', 'family': 'inet', 'laddr': '127.0.0.1',
             'lport': 1, 'raddr': '127.0.0.1', 'rport': 2, 'pid': 5}
    gap = {'ev': 'gap', 't': lines[-1]['t'], 'events': 3, 'reason': 'x'}
    body = lines[:-1] + [event, {**event, 'ev': 'close', 'from': 'ESTABLISHED', 'to': 'DELETE-TCB'}, gap, lines[-1]]
    for kind, key in names:
        with open(path, 'w') as out:
            for line in body:
                changed = {**line, key: hostile} if line['ev'] == kind else line
                out.write(json.dumps(changed, separators=(',', ':')) + '\n')
        for words in (['list', '--json', '--from', path], ['events', '--from', path]):
            for locale in ('C.UTF-8', 'C'):
                result = run(*words, LC_ALL=locale)
                data = result.stdout + result.stderr
                bad = FORBIDDEN.search(data.decode(errors='surrogateescape'))
                if bad or not (data.isascii() or locale != 'C'):
                    check(f'log: {kind}.{key}', False, data[-300:])
    print('    fields:', ' '.join(f'{kind}.{key}' for kind, key in names))
    with open(path, 'w') as out:  # all at once, for the screen
        for line in body:
            out.write(json.dumps({**line, **{key: hostile for kind, key in names
                                             if kind == line['ev'] and key in FREE_TEXTS}},
                                 separators=(',', ':')) + '\n')
    return path


def check_messages(folder, log):
    name = os.fsdecode(HOSTILE + b'\n' + WIDE)
    shown = SHOWN + r'\x0a' + WIDE.decode()
    inside = os.path.join(folder, name)
    os.mkdir(inside)
    torn = os.path.join(inside, 'torn')
    with open(torn, 'w') as out:
        out.write('{"ev":"hea')
    for words in (['list', '--from', name], ['events', '--from', name], ['list', '--from', torn],
                  ['--' + name], ['list', '--columns', name], ['list', '--sort', name], ['events', '-i', name],
                  ['list', '--class', name], ['record', '-o', os.path.join(name, 'x')], ['record', '--rotate', name],
                  ['record', '--keep', name], ['list', '--demo', name], ['events', '--events', name],
                  ['list', '--at', name, '--from', log], ['list', '--for', name]):
        check_run(f'message of {" ".join(words)[:30]!r}', *words, shows=shown, on='err')
    check_run('message of a filter', 'list', f'port = {name}', shows=shown, on='err')
    check_run('record', 'record', '--for', '0.1', '-o', os.path.join(inside, 'log'), shows=shown, on='err')
    check_run('state folder', 'record', '--for', '0.1', shows=shown, on='err', XDG_STATE_HOME='/proc/' + name)
    for variable in ('HOME', 'TZ', 'TERM', 'COLORFGBG', 'LANG', 'SSH_CONNECTION'):
        check_run(f'environment: {variable}', 'events', '--for', '0.1', **{variable: name})


def screen(what, keys, *words, **environment):
    """What reaches the terminal while keys are pressed one after the other."""
    child, terminal = pty.fork()
    if child == 0:
        os.execve(TCPLENS, [TCPLENS, *words], {**os.environ, 'TERM': 'xterm-256color', 'LC_ALL': 'C.UTF-8',
                                               **environment})
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack('HHHH', 50, 200, 0, 0))
    data = b''
    for key in ['', *keys]:
        os.write(terminal, key.encode())
        while select.select([terminal], [], [], QUIET if key != 'q' else 10)[0]:
            try:
                got = os.read(terminal, 65536)
            except OSError:
                got = b''
            if not got:
                break
            data += got
    os.close(terminal)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    rest = SCREEN_SEQUENCES.sub(b'', data)
    text = rest.decode(errors='surrogateescape')
    bad = FORBIDDEN.search(text) or re.search('[\udc80-\udcff]', text)
    check(f'screen, {what}', not bad and len(data) > 200,
          text[max(0, bad.start() - 60):bad.end() + 60] if bad else data)
    return data


def check_screens(folder, log):
    keys = ['2', '\r', '\x1b', '3', '\r', '\x1b', '4', '5', '6', '1', 'G', '\r', '\x1b', 'K', '\x1b', 'X', '\x1b', 'q']
    data = screen('live', keys, '--columns', COLUMNS)
    check('screen, live: the name by its bytes', rb'\x1b]0;o' in data, data[-2000:])
    check('screen: ASCII in the C locale', screen('C locale', keys, LC_ALL='C').isascii())
    check('screen: ASCII by option', screen('--ascii', keys, '--ascii').isascii())
    screen('a log', keys, 'replay', log)
    config = os.path.join(folder, 'config')
    os.makedirs(os.path.join(config, 'tcplens'))
    for text in (b'[screen]\ntheme = %s\n', b'%s\n', b'[%s]\nx = y\n', b'[screen]\nfilter = "%s"\n',
                 b'[filters]\n%s = port 1\n', b'[filters]\nx = "%s"\n'):
        with open(os.path.join(config, 'tcplens', 'config'), 'wb') as out:
            out.write(text % HOSTILE)
        screen(f'configuration {text!r}', ['/', '\x1b', 'q'], XDG_CONFIG_HOME=config)
    hostile = os.fsdecode(HOSTILE)
    for variable in ('TERM', 'XDG_CONFIG_HOME', 'XDG_STATE_HOME', 'HOME', 'COLORFGBG', 'TZ', 'SSH_CONNECTION'):
        screen(f'environment {variable}', ['R', 'w', '\x1b', 'q'], **{variable: '/proc/' + hostile})
    screen('a hostile filter', ['/', '\x1b', 'q'], '"' + os.fsdecode(HOSTILE.replace(b'\xff', b'')) + '"')


def main():
    enter_namespaces()
    folder = tempfile.mkdtemp()
    os.environ.update(XDG_STATE_HOME=folder, XDG_CONFIG_HOME=folder)
    os.chmod(folder, 0o755)
    listener, child, group = make_scene(folder)
    clients = []
    try:
        deadline = time.monotonic() + 10
        while os.readlink(f'/proc/{child}/exe') == os.readlink('/proc/self/exe') and time.monotonic() < deadline:
            os.sched_yield()
        clients = fill_queue(listener)
        listener.close()
        check_lists()
        check_findings()
        path, lines = make_log(folder)
        check_log('log', path)
        log = check_log_fields(folder, lines)
        check_messages(folder, path)
        check_screens(folder, log)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        if group:
            os.rmdir(group)
        for client in clients:
            client.close()
        subprocess.run(['umount', '/etc/passwd', '/etc/services'], capture_output=True, check=False)
        shutil.rmtree(folder, ignore_errors=True)
    print(f'{failures} failures')
    sys.exit(1 if failures else 0)


main()
