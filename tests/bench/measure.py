"""Figures of one scene, taken inside its network namespace: CPU and wall time of commands, of frames of the live screen
beside raw dumps at the same rhythm, and memory. Knows nothing of goals."""

import fcntl
import os
import pty
import re
import select
import signal
import socket
import statistics
import struct
import subprocess
import termios
import time

ROWS, COLUMNS = 50, 160
SETTLE = 4.0  # seconds: owners are found
AGE = 12.0    # of the scene: its processes are old enough to be looked at seldom
SLOW = 5.0    # a command that takes longer is run once


def figure(values, unit):
    """Median, least and most."""
    return {'median': statistics.median(values), 'least': min(values), 'most': max(values), 'runs': len(values),
            'unit': unit}


def environment():
    return dict(os.environ, TERM='xterm-256color', LANG='C.UTF-8', XDG_CONFIG_HOME='/nonexistent',
                XDG_STATE_HOME='/nonexistent')


def scene_age():
    """Seconds since the scene began to be made: it is what runs this script."""
    with open(f'/proc/{os.getppid()}/stat', encoding='utf-8') as stat:
        ticks = int(stat.read().rpartition(')')[2].split()[19])
    return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf('SC_CLK_TCK')


def warm_up():
    """Until when a program that starts now is to be left alone."""
    return time.monotonic() + max(SETTLE, AGE - scene_age())


def command(bench_command, arguments, rounds):
    """Wall and CPU milliseconds and peak memory of a command; its output goes to /dev/null."""
    text = subprocess.run([bench_command, str(rounds), str(SLOW * 1e3), *arguments], capture_output=True, text=True,
                          env=environment(), check=True).stdout
    runs = [[float(word) for word in line.split()] for line in text.splitlines()]
    return {name: figure(list(values), unit) for name, unit, values in zip(('wall', 'cpu', 'rss'), ('ms', 'ms', 'KiB'),
                                                                           zip(*runs))}


class Screen:
    """A program on a pseudo terminal, its output read and kept."""

    def __init__(self, arguments):
        self.text = b''
        told, tell = os.pipe()
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            try:
                fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack('HHHH', ROWS, COLUMNS, 0, 0))
                os.write(tell, struct.pack('d', time.monotonic()))
                os.execvpe(arguments[0], arguments, environment())
            finally:
                os._exit(127)
        self.began = struct.unpack('d', os.read(told, 8))[0]
        os.close(told)
        os.close(tell)

    def read(self, until):
        """What is written until that moment of the monotonic clock."""
        while (left := until - time.monotonic()) > 0:
            ready, _, _ = select.select([self.terminal], [], [], left)
            if ready:
                self.text += os.read(self.terminal, 65536)
                self.text = self.text[-400000:]

    def wait(self, pattern, seconds):
        """Moment at which the output since the last call matched; None at the deadline."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            ready, _, _ = select.select([self.terminal], [], [], end - time.monotonic())
            if ready:
                self.text += os.read(self.terminal, 65536)
                if re.search(pattern, self.text):
                    return time.monotonic()
        return None

    def press(self, keys):
        os.write(self.terminal, keys)

    def cpu(self):
        """Seconds of all threads, exactly."""
        return time.clock_gettime((~self.pid << 3) | 2)

    def memory(self, name):
        with open(f'/proc/{self.pid}/status', encoding='ascii') as status:
            return int(re.search(rf'^{name}:\s+(\d+)', status.read(), re.M).group(1))

    def end(self):
        os.kill(self.pid, signal.SIGTERM)
        end = time.monotonic() + 5
        while os.waitpid(self.pid, os.WNOHANG)[0] == 0:
            if time.monotonic() > end:
                os.kill(self.pid, signal.SIGKILL)
            self.drain()
        os.close(self.terminal)

    def drain(self):
        try:
            ready, _, _ = select.select([self.terminal], [], [], 0.02)
            if ready:
                os.read(self.terminal, 65536)
        except OSError:
            time.sleep(0.01)


def raw_rows(text):
    lines = [line.split() for line in text.split('\n') if line]
    return int(lines[-1][0]), [float(line[1]) / 1e3 for line in lines]


def raw(bench_raw, rounds):
    """The floor by itself."""
    rows, cpu = raw_rows(subprocess.run([bench_raw, str(rounds + 1), '50'], capture_output=True, text=True,
                                        check=True).stdout)
    return {'rows': rows, 'cpu': figure(cpu[1:], 'ms')}


def live(bench_raw, programs, interval, windows, frames):
    """CPU of a frame of each program, at the same time on the same scene: of the whole program, painting included, in
    windows of some frames. Their frames fall between each other's; beside them raw dumps, one in each interval."""
    screens = []
    for arguments in programs:
        screens.append(Screen([*arguments, '-i', str(interval)]))
        read_all(screens, time.monotonic() + interval / (len(programs) + 1))
    read_all(screens, warm_up())
    costs, passed = [[] for _ in screens], []
    with subprocess.Popen([bench_raw, str(windows * frames + 1), str(int(interval * 1000))], stdout=subprocess.PIPE,
                          text=True) as floor:
        for _ in range(windows):
            before, began = [screen.cpu() for screen in screens], time.monotonic()
            read_all(screens, began + frames * interval)
            passed.append((time.monotonic() - began) / interval)
            for screen, cost, cpu in zip(screens, costs, before):
                cost.append((screen.cpu() - cpu) * 1e3 / passed[-1])
        floor.terminate()
        rows, floors = raw_rows(floor.stdout.read())
    found = [{'rows': rows, 'frame': figure(cost, 'ms'), 'raw': figure(floors[1:] or floors, 'ms'),
              'ratio': figure([a / b for a, b in zip(cost, costs[0])], ''),
              'rss': screen.memory('VmRSS'), 'peak': screen.memory('VmHWM')} for screen, cost in zip(screens, costs)]
    for screen in screens:
        screen.end()
    return found


def read_all(screens, until):
    """What all of them write until that moment of the monotonic clock."""
    by_terminal = {screen.terminal: screen for screen in screens}
    while (left := until - time.monotonic()) > 0:
        ready, _, _ = select.select(list(by_terminal), [], [], left)
        for terminal in ready:
            screen = by_terminal[terminal]
            screen.text = (screen.text + os.read(terminal, 65536))[-400000:]


class Trouble:
    """Five findings for a scene, held while this object lives: a full accept queue and the wait in it, connections that
    are not closed, and two settings."""

    def __init__(self):
        self.kept = [*self.full_queue(18081), *self.not_closed(18082)]
        for name, value in (('tcp_abort_on_overflow', '1'), ('ip_local_port_range', '32768 40000')):
            with open(f'/proc/sys/net/ipv4/{name}', 'w', encoding='ascii') as file:
                file.write(value)

    @staticmethod
    def listen(port, backlog):
        listener = socket.socket()
        listener.bind(('127.0.0.1', port))
        listener.listen(backlog)
        return listener

    def full_queue(self, port):
        listener, clients = self.listen(port, 8), [socket.socket() for _ in range(9)]
        for client in clients:
            client.setblocking(False)
            client.connect_ex(('127.0.0.1', port))
        return [listener, *clients]

    def not_closed(self, port):
        listener, kept = self.listen(port, 256), []
        for _ in range(150):
            socket.create_connection(('127.0.0.1', port)).close()
            kept.append(listener.accept()[0])
        return kept


def findings(bench_raw, screen, interval, windows, frames, with_trouble):
    """What findings cost: with none, then with five; --skip all is the first of each pair."""
    programs = [[*screen, '--skip', 'all'], screen]

    def measured():
        cost = live(bench_raw, programs, interval, windows, frames)[1]
        told = subprocess.run([screen[0], 'doctor', '--for', '4s', '--json'], capture_output=True, text=True,
                              env=environment(), check=False).stdout
        return {**cost, 'findings': len(re.findall(r'^{"finding":', told, re.M))}

    found = {'none': measured()}
    if with_trouble:
        trouble = Trouble()
        found['five'] = measured()
        del trouble
    return found


def rest(programs, seconds, windows):
    """Percent of a core that screens cost while no key is pressed, all at the same time."""
    screens = [Screen(arguments) for arguments in programs]
    read_all(screens, warm_up())
    shares = [[] for _ in screens]
    for _ in range(windows):
        before, began = [screen.cpu() for screen in screens], time.monotonic()
        read_all(screens, began + seconds)
        for screen, share, cpu in zip(screens, shares, before):
            share.append((screen.cpu() - cpu) * 100 / (time.monotonic() - began))
    for screen in screens:
        screen.end()
    return [figure(share, '% of a core') for share in shares]


def start(arguments, rounds):
    """Milliseconds from exec to the first row on the terminal."""
    walls, cpus = [], []
    for _ in range(rounds):
        screen = Screen(arguments)
        seen = screen.wait(rb'ESTAB', 10)
        cpus.append(screen.cpu() * 1e3)
        walls.append((seen - screen.began) * 1e3 if seen else float('inf'))
        screen.end()
    return {'wall': figure(walls, 'ms'), 'cpu': figure(cpus, 'ms')}


def repainted(screen):
    """What stands on the screen: ^L writes all of it anew."""
    screen.text = b''
    screen.press(b'\x0c')
    screen.read(time.monotonic() + 3)
    return re.sub(rb'\x1b[^A-Za-z]*[A-Za-z]', b'', screen.text).decode('utf-8', 'replace')


def budget(arguments, shrink):
    """How far the interval stretches with all sockets, and after how many seconds without them it is back."""
    screen = Screen([*arguments, '-i', '1', '--budget', '5'])
    screen.read(time.monotonic() + 15)
    cpu, began = screen.cpu(), time.monotonic()
    screen.read(began + 15)
    share = (screen.cpu() - cpu) * 100 / (time.monotonic() - began)
    stretched = re.search(r'stretched to ?([0-9.]+ ?\w+)', repainted(screen))
    with open('/proc/sys/net/ipv4/tcp_max_tw_buckets', 'w', encoding='ascii') as file:
        file.write('0')  # TIME-WAIT alone would last 60 s
    shrink()
    began, back = time.monotonic(), None
    while back is None and time.monotonic() < began + 60:
        screen.read(time.monotonic() + 1)
        shown = repainted(screen)
        if 'tcplens' in shown and 'stretched' not in shown:
            back = time.monotonic() - began
    screen.end()
    return {'to': stretched.group(1) if stretched else None, 'share': share, 'back': back}
