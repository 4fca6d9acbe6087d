#!/usr/bin/env python3
"""entry_points.py TCPLENS: with the capabilities of README.md an ordinary user reads, writes, runs and ends nothing
that he could not without: one trial for each way in which a name of a file, a program, a process or a connection
reaches tcplens. Root's files are named; what they hold must not come out, and they must stay as they are."""

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys

import caller

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'namespaces'))
import world  # noqa: E402

DENIED = 'Permission denied'
PR_SET_PDEATHSIG = 1
trials = []


def trial(function):
    trials.append(function)
    return function


class Fault(Exception):
    pass


def expect(holds, *words):
    if not holds:
        raise Fault(' '.join(str(word) for word in words))


def refused(out, *texts):
    """It failed, and said why by one of these; no secret."""
    said = out.stdout + out.stderr
    expect(out.returncode != 0, 'exit 0:', said)
    expect(any(text in said for text in texts), 'not said why:', said)


# --- files that are read ---

@trial
def logs(scene):
    for words in (['list', '--from'], ['summary'], ['events', '--from'], ['doctor', '--from'], ['map', '--from'],
                  ['replay', '--screenshot', 'x.svg']):
        refused(scene.run(*words, scene.secret), DENIED)


@trial
def log_by_a_link(scene):
    link = os.path.join(scene.home, 'link')
    os.symlink(scene.secret, link)
    refused(scene.run('list', '--from', link), DENIED)


@trial
def log_by_proc(scene):
    """Open at root's process: only who may trace that could open it."""
    with open(scene.secret, encoding='utf-8') as file:
        for kind in 'fd', 'map_files':
            refused(scene.run('list', '--from', f'/proc/{os.getpid()}/{kind}/{file.fileno()}'), DENIED, 'No such file')
    refused(scene.run('list', '--from', f'/proc/{os.getpid()}/environ'), DENIED)


@trial
def list_of_hosts(scene):
    refused(scene.run('events', '--for', '1', '--hosts', scene.secret), DENIED)


@trial
def settings(scene):
    """Of the folders that the environment names."""
    os.makedirs(scene.path('locked/tcplens/themes'))
    scene.write(scene.path('locked/tcplens/config'), f'[screen]\ntheme = {caller.SECRET}\n')
    scene.write(scene.path('locked/tcplens/themes/own.theme'), f'{caller.SECRET}\n')
    for env in ({'XDG_CONFIG_HOME': scene.locked}, {'HOME': scene.locked}):
        scene.run('-i', '0.1', '--demo', '1', '--screenshot', 'x.svg', env=env)
        scene.run('-i', '0.1', '--demo', '1', '--theme', 'own', '--screenshot', 'x.svg', env=env)
        scene.run('--theme', 'help', env=env)
        scene.run('__complete', 'tcplens', '--theme', '', env=env)


@trial
def settings_by_a_link(scene):
    config = os.path.join(scene.home, '.config/tcplens')
    scene.theirs('.config/tcplens/themes/none', '')
    os.symlink(scene.secret, os.path.join(config, 'config'))
    os.symlink(scene.secret, os.path.join(config, 'themes/own.theme'))
    scene.run('-i', '0.1', '--demo', '1', '--screenshot', 'x.svg')
    refused(scene.run('-i', '0.1', '--demo', '1', '--theme', 'own', '--screenshot', 'x.svg'), DENIED)


@trial
def theme_outside_of_its_folder(scene):
    refused(scene.run('-i', '0.1', '--demo', '1', '--theme', '../../../locked/secret', '--screenshot', 'x.svg'), 'unknown theme')


@trial
def files_of_libraries(scene):
    """terminfo, resolver, time zone, locale: nothing that the environment names is opened with more rights."""
    names = ['TERMINFO', 'TERMINFO_DIRS', 'TERMCAP', 'HOSTALIASES', 'LOCALDOMAIN', 'RES_OPTIONS', 'CARES_HOSTS', 'TZ',
             'TZDIR', 'LOCPATH', 'NLSPATH', 'GCONV_PATH', 'GETCONF_DIR', 'MALLOC_TRACE', 'NCURSES_TRACE']
    for value in (scene.secret, scene.locked):
        scene.run('-i', '0.1', '--demo', '1', '--screenshot', 'x.svg', env={name: value for name in names})


@trial
def other_users_variables(scene):
    """Those of sudo count for root only."""
    scene.run('-i', '0.1', '--demo', '1', '--screenshot', 'x.svg', env={'SUDO_UID': '0', 'SUDO_GID': '0', 'SUDO_USER': 'root'})
    made = os.stat(os.path.join(scene.home, 'x.svg'))
    expect(made.st_uid == caller.NOBODY, 'made as', made.st_uid)


# --- files that are written ---

def targets(scene):
    """Names of what is root's: in a folder that is, of a file that is, by a link to it."""
    link = os.path.join(scene.home, 'elsewhere.prom')
    os.symlink(scene.owned, link)
    return [scene.path('locked/new.prom'), scene.path('new.prom'), scene.owned, link]


@trial
def recordings(scene):
    for target in targets(scene):
        refused(scene.run('record', '--for', '0.2', '-i', '0.1', '-o', target), DENIED, 'Too many levels', 'link',
                'not a', 'of yours')


@trial
def metrics(scene):
    """A link is replaced by the file; what it means stays."""
    for target in targets(scene)[:3]:
        words = ['record', '--for', '0.2', '-i', '0.1', '--no-log', '--metrics', target]
        outs = []  # a busy machine may end it before the first frame, when nothing is to be written
        caller.until(lambda words=words, outs=outs: outs.append(scene.run(*words)) or outs[-1].returncode)
        refused(outs[-1], DENIED)
    scene.run('record', '--for', '0.2', '-i', '0.1', '--no-log', '--metrics',
              os.path.join(scene.home, 'elsewhere.prom'))


@trial
def pictures(scene):
    for target in targets(scene):
        refused(scene.run('-i', '0.1', '--demo', '1', '--screenshot', target), DENIED, 'symbolic link')


@trial
def default_folder_of_logs(scene):
    """The names that the environment gives are not taken by a program with more rights."""
    for env in ({'XDG_STATE_HOME': scene.locked}, {'HOME': scene.locked}, {'XDG_STATE_HOME': scene.path('none')}):
        refused(scene.run('record', '--for', '0.2', env=env), 'takes another place')


@trial
def temporary_files(scene):
    scene.run('record', '--for', '0.2', '-i', '0.1', '-o', 'log', env={'TMPDIR': scene.locked})


@trial
def kept_settings(scene):
    """By the key w, where the folder is root's, or the file a link to root's."""
    config = os.path.join(scene.home, '.config/tcplens')
    scene.theirs('.config/tcplens/none', '')
    os.symlink(scene.owned, os.path.join(config, 'config'))
    for env in ({'HOME': scene.locked}, {'XDG_CONFIG_HOME': scene.path('owned')}, {}):
        terminal = caller.Terminal([scene.capable, '--demo', '1'], **scene.as_user(env))
        expect(terminal.wait_for('Connections'), 'no screen:', terminal.seen)
        terminal.send('w')
        expect(terminal.wait_for(DENIED, 'Not a directory', 'cannot', 'not kept', 'not saved', 'is not used'), 'w:', terminal.seen)
        terminal.end()


# --- programs and libraries that are run ---

@trial
def libraries(scene):
    """The loader's variables do not count for a program with capabilities."""
    compiler = shutil.which('cc')
    expect(compiler, 'needs cc')
    source = scene.write(scene.path('library.c'), '#include <fcntl.h>\n'
                         f'__attribute__((constructor)) static void ran(void) {{ open("{scene.home}/ran", O_CREAT, 0600); }}\n')
    subprocess.run([compiler, '-shared', '-fPIC', '-o', scene.path('library.so'), source], check=True)
    os.chmod(scene.path('library.so'), 0o755)
    for env in ({'LD_PRELOAD': scene.path('library.so')}, {'LD_AUDIT': scene.path('library.so')},
                {'LD_LIBRARY_PATH': scene.work, 'LD_PRELOAD': 'library.so'}):
        scene.run('list', env=env)
    expect(not os.path.exists(os.path.join(scene.home, 'ran')), 'a library of the user was loaded')


WRITES_RIGHTS = 'cat /proc/self/status >~/new && mv ~/new ~/rights'


def runs_with_rights_of_caller(scene, env, *words):
    """The program that is started writes down what it may, again and again as it is started again."""
    rights = os.path.join(scene.home, 'rights')
    program = scene.start('events', *words, env=env)
    caller.until(lambda: os.path.exists(rights))
    program.terminate()
    scene.note(*program.communicate())
    expect(os.path.exists(rights), words, 'was not run')
    with open(rights, encoding='utf-8') as file:
        fields = dict(line.rstrip('\n').split(':\t', 1) for line in file if ':\t' in line)
    expect(set(fields['Uid'].split()) == {str(caller.NOBODY)}, 'uid', fields['Uid'])
    for kind in 'CapPrm', 'CapEff', 'CapInh', 'CapAmb':
        expect(int(fields[kind], 16) == 0, kind, fields[kind])
    expect(fields['NoNewPrivs'] == '1', 'new privileges')
    os.unlink(rights)


@trial
def programs_that_bring_hosts(scene):
    """ssh is found by PATH and reads ~/.ssh/config: both run as the user alone."""
    note = f'#!/bin/sh\n{WRITES_RIGHTS}\n'
    scene.theirs('bin/ssh', note, 0o755)
    command = scene.theirs('bin/command', note, 0o755)
    path = os.path.join(scene.home, 'bin') + ':' + os.environ['PATH']
    runs_with_rights_of_caller(scene, {'PATH': path}, 'ssh:web1')
    runs_with_rights_of_caller(scene, {}, '--host', 'web1', '--host-command', command)


@trial
def configuration_of_ssh(scene):
    """What it names as a command has no more rights than the user."""
    if not shutil.which('ssh'):
        print('no ssh here: left out')
        return
    config = scene.theirs('.ssh/config', f'Host web1\n  ProxyCommand sh -c "{WRITES_RIGHTS}"\n')
    command = scene.theirs('bin/with-config', f'#!/bin/sh\nexec ssh -F {config} web1\n', 0o755)
    runs_with_rights_of_caller(scene, {}, '--host', 'web1', '--host-command', command)


# --- processes and connections that are ended ---

class Victim:
    """Root's process with a connection of its own."""

    def __init__(self):
        listener = socket.create_server(('127.0.0.1', 0))
        self.port = listener.getsockname()[1]
        self.pid = os.fork()
        if self.pid == 0:
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            kept = socket.create_connection(('127.0.0.1', self.port))
            signal.pause()
            os._exit(kept.fileno())
        self.accepted = listener.accept()[0]
        listener.close()

    def is_alive(self):
        return os.waitpid(self.pid, os.WNOHANG) == (0, 0) and \
            self.accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == 1

    def end(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        self.accepted.close()


@trial
def connections(scene):
    victim = Victim()
    try:
        out = scene.run('close', '--yes', '--force', f'dport = :{victim.port}')
        refused(out, 'not permitted', 'CAP_NET_ADMIN')
        expect(victim.is_alive(), 'it was closed:', out.stdout)
    finally:
        victim.end()


@trial
def processes(scene):
    """By the screen: the dialog does not open."""
    victim = Victim()
    terminal = caller.Terminal([scene.capable, f'pid {victim.pid}'], **scene.as_user())
    try:
        expect(terminal.wait_for(str(victim.port)), 'no row:', terminal.seen)
        terminal.send('\x1b[20~')  # F9
        expect(terminal.wait_for('nothing was signalled'), 'no answer:', terminal.seen)
        terminal.send('\r')
        expect(victim.is_alive(), 'it was signalled')
    finally:
        terminal.end()
        victim.end()


def check(program, function):
    """Each in a scene of its own. True: nothing came out, and all is as it was."""
    scene = caller.scene_or_skip(program)
    try:
        function(scene)
        outputs = list(scene.outputs)
        for name in os.listdir(scene.home):
            path = os.path.join(scene.home, name)
            if os.path.isfile(path) and not os.path.islink(path):
                with open(path, encoding='utf-8', errors='replace') as file:
                    outputs.append(file.read())
        expect(not any(caller.SECRET in output for output in outputs), 'what only root may read came out')
        with open(scene.owned, encoding='utf-8') as file:
            expect(file.read() == 'as it was\n', 'a file of root was written')
        left = set(os.listdir(scene.locked)) - {'secret', 'tcplens'}
        expect(not left, 'made in a folder of root:', left)
        return True
    except Fault as fault:
        print(f'FAILED: {function.__name__}: {fault}')
        return False
    finally:
        scene.end()


def main():
    world.skip_unless_possible()
    world.bring_loopback_up()
    results = [check(sys.argv[1], function) for function in trials]
    print(f'{sum(results)} of {len(results)} entry points hold')
    return 0 if all(results) else 1


if __name__ == '__main__':
    sys.exit(main())
