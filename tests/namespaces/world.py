"""Network namespaces with sockets in them, each held by one process, for the tests beside this file.

A Namespace is a forked child that takes orders: a function's name and its arguments, answered when it has
been done. Whatever happens, the children end with this process."""

import ctypes
import fcntl
import json
import os
import random
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

CLONE_NEWNET = 0x40000000
SIOCSIFFLAGS, IFF_UP = 0x8914, 1
PR_SET_PDEATHSIG = 1
SO_COOKIE = 57
STATES = {'ESTAB': 'ESTABLISHED', 'SYN-RECV': 'SYN-RECEIVED'}
SLOWNESS = float(os.environ.get('TCPLENS_TEST_SLOWNESS', '1'))  # as in tests/cli/wait.sh
libc = ctypes.CDLL(None, use_errno=True)


def umount_namespaces():
    """Those of the machine, in this mount namespace."""
    with open('/proc/self/mountinfo', encoding='utf-8') as file:
        mounts = [line.split() for line in file]
    for words in reversed(mounts):
        if words[words.index('-') + 1] == 'nsfs':
            subprocess.run(['umount', '-l', words[4]], capture_output=True, check=False)


def skip_unless_possible():
    """And begins the program again where no other namespaces than its own are to be seen: "all" are those of
    the test, however many there are on the machine."""
    if os.geteuid() != 0:
        print('needs root: network namespaces')
        sys.exit(77)
    alone = ['unshare', '--net', '--pid', '--fork', '--kill-child', '--mount-proc']
    if os.getpid() == 1:
        umount_namespaces()
        return
    if subprocess.run([*alone, 'true'], capture_output=True, check=False).returncode != 0:
        print('no network namespace can be made here')
        sys.exit(77)
    os.execvp(alone[0], [*alone, sys.executable, '-B', *sys.argv])


def bring_loopback_up():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack('16sH14x', b'lo', IFF_UP))


def become_namespace():
    if libc.unshare(CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), 'unshare')
    bring_loopback_up()


class Sockets:
    """What a child does with sockets of its namespace. Kept by name until dropped."""

    def __init__(self):
        self.kept = {}

    def listen(self, name, port, family=socket.AF_INET):
        listener = socket.socket(family)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(('127.0.0.1' if family == socket.AF_INET else '::1', port))
        listener.listen(64)
        self.kept[name] = listener

    def pair(self, name, listener, port=0):
        client = socket.socket(self.kept[listener].family)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if port:
            client.bind(('127.0.0.1', port))
        client.connect(self.kept[listener].getsockname()[:2])
        self.kept[name + '<'], self.kept[name + '>'] = client, self.kept[listener].accept()[0]

    def serve(self, name, address, port):
        self.kept[name] = socket.socket()
        self.kept[name].bind((address, port))
        self.kept[name].listen(8)

    def connect(self, name, source, source_port, address, port):
        self.kept[name] = socket.socket()
        self.kept[name].bind((source, source_port))
        self.kept[name].connect((address, port))

    def accept(self, name, listener):
        self.kept[name] = self.kept[listener].accept()[0]

    def bound(self, name):
        self.kept[name] = socket.socket()
        self.kept[name].bind(('127.0.0.1', 0))

    def drop(self, name):
        self.kept.pop(name).close()

    def send(self, name, count):
        self.kept[name + '<'].sendall(b'x' * count)
        left = count
        while left:
            left -= len(self.kept[name + '>'].recv(left))

    def error(self, name):
        """0: the connection lives; else the errno that it was ended with."""
        return self.kept[name].getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)

    def state(self, name):
        """As the kernel numbers it: 1 is ESTABLISHED, 7 CLOSED."""
        return self.kept[name].getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]

    def overflow(self, name, port, backlog, clients):
        """A listener that does not accept, and more clients than it has room for."""
        listener = socket.socket()
        listener.bind(('127.0.0.1', port))
        listener.listen(backlog)
        self.kept[name] = listener
        for n in range(clients):
            client = socket.socket()
            client.setblocking(False)
            client.connect_ex(('127.0.0.1', port))
            self.kept[f'{name}{n}'] = client

    def cookies(self):
        """As events have them."""
        return [f'{struct.unpack("=Q", kept.getsockopt(socket.SOL_SOCKET, SO_COOKIE, 8))[0]:x}'
                for kept in self.kept.values()]

    def fill(self, pairs):
        """A listener and connections; cookies of all that there are."""
        number = len(self.kept)
        self.listen(f'l{number}', 0)
        for i in range(pairs):
            self.pair(f'p{number}.{i}', f'l{number}')
        return self.cookies()

    def short(self, listener, count):
        """Connections that end at once; the cookies of their ends."""
        cookies = []
        for _ in range(count):
            self.pair('short', listener)
            ends = [self.kept.pop('short<'), self.kept.pop('short>')]
            cookies += [f'{struct.unpack("=Q", end.getsockopt(socket.SOL_SOCKET, SO_COOKIE, 8))[0]:x}' for end in ends]
            for end in ends:  # the last one resets: nothing of it goes on
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
                end.close()
        return cookies

    def clear(self):
        """Without a trace: no TIME-WAIT is left."""
        for kept in self.kept.values():
            kept.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
            kept.close()
        self.kept.clear()

    def random(self, count, seed):
        """Listeners, connections in several states, sockets that are bound only: `count` at least."""
        dice = random.Random(seed)
        self.listen('l4', 0)
        self.listen('l6', 0, socket.AF_INET6)
        made = 2
        while made < count:
            name, kind = f'r{made}', dice.randrange(6)
            if kind == 5:
                self.bound(name)
                made += 1
                continue
            self.pair(name, dice.choice(['l4', 'l6']))
            if kind == 1:  # CLOSE-WAIT and FIN-WAIT-2
                self.kept[name + '<'].shutdown(socket.SHUT_WR)
            elif kind == 2:  # TIME-WAIT
                self.drop(name + '<')
                self.drop(name + '>')
            elif kind == 3:  # not accepted
                late = socket.socket()
                late.connect(self.kept['l4'].getsockname())
                self.kept[name + '!'] = late
            made += 2


class Namespace:
    def __init__(self):
        orders, self._orders = os.pipe()
        self._answers, answers = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            serve(orders, answers)
        os.close(orders)
        os.close(answers)
        self._out, self._in = os.fdopen(self._orders, 'w'), os.fdopen(self._answers)
        self.inode = json.loads(self._in.readline())

    def order(self, *words):
        self._out.write(json.dumps(words) + '\n')
        self._out.flush()

    def answer(self):
        line = self._in.readline()
        result, failure = json.loads(line) if line else (None, 'the child ended')
        if failure:
            raise RuntimeError(failure)
        return result

    def do(self, *words):
        self.order(*words)
        return self.answer()

    def end(self):
        self._out.close()
        self._in.close()
        os.waitpid(self.pid, 0)


def serve(orders, answers):
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    os.closerange(3, min(orders, answers))
    for descriptor in range(3, 4096):
        if descriptor not in (orders, answers):
            try:
                os.close(descriptor)
            except OSError:
                pass
    become_namespace()
    sockets = Sockets()
    source, sink = os.fdopen(orders), os.fdopen(answers, 'w')

    def say(words):
        sink.write(json.dumps(words) + '\n')
        sink.flush()

    say(os.stat('/proc/self/ns/net').st_ino)
    for line in source:
        name, *arguments = json.loads(line)
        try:
            say([getattr(sockets, name)(*arguments), None])
        except OSError as error:
            say([None, f'{name}: {error}'])
    os._exit(0)


def inside(namespace, *command):
    subprocess.run(['nsenter', f'--net=/proc/{namespace.pid}/ns/net', *command], timeout=30, check=True)


def join(one, other, addresses):
    """A veth between two namespaces, with an address of a /24 at each end."""
    inside(one, 'ip', 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', str(other.pid))
    for namespace, address in zip((one, other), addresses):
        inside(namespace, 'ip', 'address', 'add', f'{address}/24', 'dev', 'eth0')
        inside(namespace, 'ip', 'link', 'set', 'eth0', 'up')


def end_of(address, port):
    return f'{address.strip("[]")}:{port}'


def rows_of_ss(namespace):
    """The rows of one namespace as ss has them: cookie to (state, local, remote, inode)."""
    out = subprocess.run(['nsenter', f'--net=/proc/{namespace.pid}/ns/net', 'ss', '-tanHOe'],
                         capture_output=True, text=True, timeout=60, check=True).stdout
    rows = {}
    for line in out.splitlines():
        words = line.split()
        facts = dict(word.split(':', 1) for word in words[5:] if ':' in word)
        local, remote = (word.rsplit(':', 1) for word in words[3:5])
        is_listener = words[0] == 'LISTEN'
        rows[facts['sk']] = (STATES.get(words[0], words[0]), end_of(*local),
                             None if is_listener else end_of(*remote), int(facts.get('ino', 0)))
    return rows


def rows_of_tcplens(rows):
    """The same of what `tcplens list --json` printed: inode of the namespace to its rows."""
    result = {}
    for row in rows:
        remote = end_of(row['raddr'], row.get('rport', 0)) if 'raddr' in row else None
        result.setdefault(row['netns'], {})[row['cookie']] = (
            row['state'], end_of(row['laddr'], row['lport']), remote, row.get('inode', 0))
    return result


def tcplens_list(tcplens, *words):
    out = subprocess.run([tcplens, 'list', '--json', '--netns', 'all', *words], capture_output=True, text=True,
                         timeout=120, check=False)
    if out.returncode != 0:
        raise RuntimeError(f'list: exit {out.returncode}: {out.stderr}')
    return [json.loads(line) for line in out.stdout.splitlines()]


class Events:
    """What a running program prints, one JSON object a line, collected by a thread."""

    def __init__(self, words):
        self.list = []
        self._more = threading.Condition()
        self.program = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.program.stdout:
            with self._more:
                self.list.append(json.loads(line))
                self._more.notify_all()

    def until(self, holds, seconds, every=0.1):
        """Waits until holds() is true, which is tried with each line and now and then. False: it never was."""
        deadline = time.monotonic() + seconds * SLOWNESS
        while not holds():
            with self._more:
                self._more.wait(every)
            if time.monotonic() > deadline:
                return holds()
        return True

    def end(self):
        """True if it was running until now."""
        was_running = self.program.poll() is None
        self.program.terminate()
        self.program.wait()
        return was_running
