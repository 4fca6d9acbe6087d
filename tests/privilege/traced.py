#!/usr/bin/env python3
"""traced.py TCPLENS [COMMAND...]: commands as root (all that there are), by its system calls from beginning to end: it runs no other program, signals no process,
traces none, connects to nothing, and opens for writing, makes, renames or removes no file but the ones that it is to write."""

import os
import re
import shutil
import subprocess
import sys
import tempfile

import caller

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'namespaces'))
import world  # noqa: E402

RUNS = 'execve', 'execveat'
NEVER = 'connect', 'kill', 'tkill', 'pidfd_send_signal', 'ptrace', 'mount', 'umount2', 'chroot', 'setuid', 'setgid', 'init_module', \
    'finit_module', 'truncate', 'link', 'linkat', 'symlink', 'symlinkat', 'chown', 'lchown', 'fchownat', 'mknod', 'mknodat'
OPENS = 'open', 'openat', 'openat2', 'creat'
NAMES = 'unlink', 'unlinkat', 'rename', 'renameat', 'renameat2', 'mkdir', 'mkdirat', 'rmdir', 'chmod', 'fchmodat'
# The process that asks for names of users gives up root to be nobody, and asks a cache of them that is not there.
OF_NAMES = {'setuid', 'setgid'}
TO_NOBODY = re.compile(rf'{caller.NOBODY} *\)')
CACHE = 'sun_path="/var/run/nscd/socket"'
DNS = 'htons(53)'
WRITES = re.compile(r'O_(WRONLY|RDWR|CREAT|TRUNC)')
CALL = re.compile(r'^(\d+) +(\w+)\((.*)$')
# Names of threads; the terminal.
ALWAYS = r'/proc/self/task/\d+/comm|/dev/(null|tty|pts/\d+)'
DEMO = ['--demo', '7', '-i', '0.1']

# Command line, keys (None: no terminal), what it may write (in its folder) beside the screen.
SESSIONS = {
    'list': (['list', '--json'], None, None),
    'events': (['events', '--for', '0.5', '-i', '0.1'], None, None),
    'doctor': (['doctor', '--for', '0.5', '-i', '0.1'], None, None),
    'metrics': (['metrics', '--for', '0.5', '-i', '0.1'], None, None),
    'map': (['map', '--for', '0.5', '-i', '0.1'], None, None),
    'close': (['close', '--yes', 'dport = :1'], None, None),
    'record': (['record', '--for', '0.5', '-i', '0.1', '-o', 'log.jsonl', '--rotate', '2k', '--metrics', 'm.prom'], None,
               r'log(-[0-9Tn]+)?\.jsonl|m\.prom(\.\w{6})?'),
    'screenshot': ([*DEMO, '--screenshot', 'x.svg'], None, r'x\.svg'),
    'top': (['-i', '0.1'], ['2', '3', '4', '5', '6', '7', '8', '1', '\r', '\x1b', '/state established\r', 'n', 'N', 'R', 'R', '\x1b[20~',
                            '\x1b', '\x1b[19~', '\x1b', 'w', 'q'], r'tcplens(/config(\.\w{6})?|/[^/]*\.jsonl\.zst)?'),
    'replay': (['replay', 'demo.jsonl'], ['2', '\r', '\x1b', 'p', '[', 'q'], None),
    'list --from': (['list', '--from', 'demo.jsonl'], None, None),
    'events --from': (['events', '--from', 'demo.jsonl'], None, None),
    'summary': (['summary', 'demo.jsonl'], None, None),
    'doctor --from': (['doctor', '--from', 'demo.jsonl'], None, None),
}


class Trace:
    """The calls of all its threads and processes, in the lines of strace -f -y."""

    def __init__(self, path):
        with open(path, encoding='utf-8', errors='replace') as file:
            lines = file.read().splitlines()
        self.calls, open_calls = [], {}
        for line in lines:
            match = CALL.match(line)
            if match and line.endswith('<unfinished ...>'):
                open_calls[match[1]] = match
            elif match:
                self.calls.append(match.groups())
            elif resumed := re.match(r'^(\d+) +<\.\.\. (\w+) resumed>(.*)$', line):
                begun = open_calls.pop(resumed[1])
                self.calls.append((begun[1], begun[2], begun[3].removesuffix('<unfinished ...>') + resumed[3]))

    def faults(self, folder, may_write):
        allowed = re.compile(ALWAYS + (f'|{re.escape(folder)}/({may_write})' if may_write else ''))
        names = {pid for pid, call, text in self.calls if call == 'setuid' and TO_NOBODY.match(text)}
        runs = [text for _, call, text in self.calls if call in RUNS]
        faults = [f'runs {text}' for text in runs[1:]] if runs else ['was not traced']
        for pid, call, text in self.calls:
            is_of_names = pid in names and (call in OF_NAMES and TO_NOBODY.match(text) or CACHE in text)
            if call in NEVER and not is_of_names and DNS not in text:
                faults.append(f'{call}({text}')
            if call in OPENS and WRITES.search(text) and not allowed.fullmatch(opened(text)):
                faults.append(f'{call}({text}')
            if call in NAMES and 'EEXIST' not in text and not all(allowed.fullmatch(os.path.join(folder, name)) for name in named(text)):
                faults.append(f'{call}({text}')
        return faults

    def writes_beneath(self, folder):
        return any(call in OPENS and WRITES.search(text) and opened(text).startswith(folder) for _, call, text in self.calls)

    def count(self, calls):
        return sum(call in calls for _, call, _ in self.calls)

    def writes(self):
        return sum(call in OPENS and bool(WRITES.search(text)) for _, call, text in self.calls)


def opened(text):
    """What the call has opened, or would have."""
    name = (named(text) or [''])[0]
    result = re.search(r'= \d+<(.*?)>?$', text)
    return result[1] if result and not name.startswith('/proc/self/') else name


def named(text):
    return re.findall(r'"([^"]*)"', text)


def trace_words(path, words):
    calls = ','.join([*RUNS, *NEVER, *OPENS, *NAMES])
    return ['strace', '-f', '-y', '--seccomp-bpf', '--quiet=all', '--signal=none', '-s', '4096', '-o', path, '-e', f'trace=?{calls.replace(",", ",?")}',
            *words]


def play(terminal, keys):
    """Each key when the screen has answered the one before, or has nothing to say."""
    if not terminal.wait_for('Connections', 'REPLAY'):
        return 'no screen'
    for key in keys:
        terminal.send(key)
        caller.until(lambda: len(terminal.read()) > 0 or terminal.program.poll() is not None)
    return '' if caller.until(lambda: terminal.read() is not None and terminal.program.poll() is not None) else 'does not end by q'


def run(program, name, folder):
    words, keys, may_write = SESSIONS[name]
    path = os.path.join(folder, 'trace')
    env = {'PATH': os.environ['PATH'], 'HOME': '/root', 'TERM': 'xterm-256color', 'LANG': 'C.UTF-8', 'XDG_STATE_HOME': folder,
           'XDG_CONFIG_HOME': folder}
    options = {'cwd': folder, 'env': env}
    command = trace_words(path, [program, *words])
    trouble = ''
    if keys is None:
        out = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                             timeout=100, check=False, **options)
        trouble = '' if out.returncode in (0, 1, 3) else f'exit {out.returncode}: {out.stderr}'
    else:
        terminal = caller.Terminal(command, **options)
        trouble = play(terminal, keys)
        terminal.end()
    trace = Trace(path)
    faults = trace.faults(os.path.realpath(folder), may_write) + ([trouble] if trouble else [])
    if may_write and not trace.writes_beneath(os.path.realpath(folder)):
        faults.append('writes nothing that it may')
    print(f'{name:14} {trace.count(RUNS)} program, {trace.count(OPENS)} opened, {trace.writes()} of them for writing, '
          f'{trace.count(NAMES)} names changed')
    for fault in faults:
        print(f'FAILED: {name}: {fault}')
    return not faults


def main():
    world.skip_unless_possible()
    if not shutil.which('strace'):
        print('skipped: no strace here')
        return 77
    if subprocess.run(trace_words('/dev/null', ['true']), capture_output=True, check=False).returncode != 0:
        print('skipped: strace may not trace here, or is too old')
        return 77
    world.bring_loopback_up()
    program = os.path.abspath(sys.argv[1])
    chosen = sys.argv[2:] or SESSIONS
    with tempfile.TemporaryDirectory(prefix='tcplens-traced.') as folder:
        subprocess.run([program, 'record', *DEMO, '--for', '0.5', '-o', os.path.join(folder, 'demo.jsonl')],
                       stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        return 0 if all([run(program, name, folder) for name in chosen]) else 1


if __name__ == '__main__':
    sys.exit(main())
