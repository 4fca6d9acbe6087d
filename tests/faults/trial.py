"""One run of the program under a fault: through pipes or in a pty, with a deadline, and what it left behind."""

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time

DEADLINE = 50  # seconds for what takes less than one
MORE_TIME = 200
LEAVES = {b'\x1b[?1049h': b'\x1b[?1049l', b'\x1b[?1000h': b'\x1b[?1000l', b'\x1b[?2004h': b'\x1b[?2004l',
          b'\x1b[?25l': b'\x1b[?25h'}


class Result:
    """code: of the exit, negative for a signal; None: it hung and was killed."""

    def __init__(self, code, out, err, tty='', painted=False):
        self.code, self.out, self.err, self.tty, self.painted = code, out, err, tty, painted
        self.path = ''

    def crashed(self):
        return self.code is not None and self.code < 0


@contextlib.contextmanager
def more_time():
    global DEADLINE
    before, DEADLINE = DEADLINE, MORE_TIME
    try:
        yield
    finally:
        DEADLINE = before


def run_piped(words, env):
    process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               env=env, start_new_session=True)
    try:
        out, err = process.communicate(timeout=DEADLINE)
        code = process.returncode
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        out, err = process.communicate()
        code = None
    return Result(code, out.decode(errors='replace'), err.decode(errors='replace'))


def left_behind(shown):
    """What a terminal would still be in after these bytes."""
    return [enter for enter, leave in LEAVES.items() if shown.rfind(enter) > shown.rfind(leave)]


def drain(master, process, keys):
    """All that the program paints until it ends; the keys are typed once it has begun, then it is left."""
    shown, end = b'', time.monotonic() + DEADLINE
    while time.monotonic() < end:
        if select.select([master], [], [], 0.05)[0]:
            shown += os.read(master, 65536)
        elif process.poll() is not None:  # it may have said something in between
            while select.select([master], [], [], 0)[0]:
                shown += os.read(master, 65536)
            break
        elif b'\x1b[?1049h' in shown:
            os.write(master, keys)
            keys = b'q'
    return shown


def read_until(master, text):
    """What is painted up to some text."""
    shown, end = b'', time.monotonic() + DEADLINE
    while text not in shown:
        assert time.monotonic() < end, f'{text} is not painted'
        if select.select([master], [], [], 1)[0]:
            shown += os.read(master, 65536)


def run_in_pty(words, env, keys):
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack('HHHH', 36, 120, 0, 0))
    before = termios.tcgetattr(slave)
    process = subprocess.Popen(words, stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
                               env=dict(env, TERM='xterm-256color'))
    shown = drain(master, process, keys)
    code = process.poll()
    if code is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    tty = '' if termios.tcgetattr(slave) == before else 'its modes; '
    tty += ' '.join(repr(enter) for enter in left_behind(shown))
    os.close(master)
    os.close(slave)
    text = shown.decode(errors='replace')
    return Result(code, text, text[text.rfind('\x1b[?1049l') + 8:] if '\x1b[?1049l' in text else text, tty, True)
