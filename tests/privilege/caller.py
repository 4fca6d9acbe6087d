"""An ordinary user who runs the program with the file capabilities of README.md, for the tests beside this file: a
folder with a copy of it, a home, and what only root may read or write."""

import fcntl
import os
import pty
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
import time

NOBODY = 65534
CAPABILITIES = 'cap_sys_ptrace,cap_dac_read_search+p'
DEADLINE = 20
SECRET = 'root-only-4711'


class Scene:
    def __init__(self, program):
        self.outputs = []
        self.work = tempfile.mkdtemp(prefix='tcplens-privilege.')
        os.chmod(self.work, 0o755)
        self.plain = shutil.copy(program, self.path('plain'))
        self.capable = shutil.copy(program, self.path('tcplens'))
        self.has_capabilities = subprocess.run(['setcap', CAPABILITIES, self.capable], capture_output=True,
                                               check=False).returncode == 0
        self.home = self.path('home')
        os.mkdir(self.home, 0o700)
        os.chown(self.home, NOBODY, NOBODY)
        self.locked = self.path('locked')  # root's: nobody may not even look into it
        os.mkdir(self.locked, 0o700)
        self.secret = self.path('locked/secret')
        self.write(self.secret, SECRET + '\n' * 3)
        self.owned = self.path('owned')  # root's, for all to read
        self.write(self.owned, 'as it was\n', 0o644)

    def path(self, name):
        return os.path.join(self.work, name)

    def write(self, path, text, mode=0o600):
        with open(path, 'w', encoding='utf-8') as file:
            file.write(text)
        os.chmod(path, mode)
        return path

    def theirs(self, name, text, mode=0o600):
        """A file of the user's, in the home."""
        path = os.path.join(self.home, name)
        folder = os.path.dirname(path)
        os.makedirs(folder, exist_ok=True)
        self.write(path, text, mode)
        while folder != self.work:
            os.chown(folder, NOBODY, NOBODY)
            folder = os.path.dirname(folder)
        os.chown(path, NOBODY, NOBODY)
        return path

    def folder_for(self, user):
        """Where it may write: each in one of its own."""
        folder = self.path(user)
        if not os.path.exists(folder):
            os.mkdir(folder, 0o700)
            if user != 'root':
                os.chown(folder, NOBODY, NOBODY)
        return folder

    def environment(self, **more):
        result = {'PATH': os.environ['PATH'], 'HOME': self.home, 'TERM': 'xterm-256color', 'LANG': 'C.UTF-8'}
        result |= {name: os.environ[name] for name in os.environ if name.endswith('SAN_OPTIONS')}
        # A program that is not dumpable cannot be searched for leaks.
        result['ASAN_OPTIONS'] = result.get('ASAN_OPTIONS', '') + ':detect_leaks=0'
        return result | more

    def as_user(self, env=None):
        """How the ordinary user starts it: in the home."""
        return {'user': NOBODY, 'group': NOBODY, 'extra_groups': [], 'cwd': self.home,
                'env': self.environment(**(env or {}))}

    def start(self, *words, env=None):
        return subprocess.Popen([self.capable, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, errors='replace', **self.as_user(env))

    def run(self, *words, env=None):
        program = self.start(*words, env=env)
        stdout, stderr = program.communicate(timeout=60)
        self.note(stdout, stderr)
        return subprocess.CompletedProcess(words, program.returncode, stdout, stderr)

    def note(self, *texts):
        """What the user has seen."""
        self.outputs += texts

    def end(self):
        shutil.rmtree(self.work)


class Terminal:
    """A program on a terminal of its own."""

    def __init__(self, words, **more):
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack('4H', 24, 100, 0, 0))
        os.chmod(os.ttyname(slave), 0o666)
        os.set_blocking(self.master, False)
        self.seen = b''
        self.program = subprocess.Popen(words, stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
                                        **more)
        os.close(slave)

    def read(self):
        try:
            while data := os.read(self.master, 65536):
                self.seen += data
        except (BlockingIOError, OSError):
            pass
        return self.seen

    def wait_for(self, *texts):
        """Until one of them was written since the last keys; False at the deadline."""
        return until(lambda: any(text.encode() in self.read() for text in texts))

    def send(self, keys):
        self.read()
        self.seen = b''
        os.write(self.master, keys.encode())

    def end(self):
        self.program.terminate()
        until(lambda: self.read() is not None and self.program.poll() is not None)
        self.program.wait()
        os.close(self.master)


def until(holds):
    deadline = time.monotonic() + DEADLINE
    while not holds():
        if time.monotonic() > deadline:
            return holds()
        select.select([], [], [], 0.02)
    return True


def scene_or_skip(program):
    scene = Scene(program)
    if not scene.has_capabilities:
        scene.end()
        print('no file capabilities here (setcap)')
        sys.exit(77)
    return scene
