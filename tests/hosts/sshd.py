#!/usr/bin/env python3
"""sshd.py TCPLENS [PICTURE]: three machines, each a network namespace with an sshd of OpenSSH; a proxy on one, an
application on the next, a database on the last that does not accept. From a fourth place all are looked at by ssh:
both ends of each connection name each other, and doctor names the full queue at its host as the cause of what hangs
on the other. PICTURE: the map is drawn there by Graphviz."""

import json
import os
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'namespaces'))
import world  # noqa: E402

TCPLENS = os.path.abspath(sys.argv[1])
SSHD = '/usr/sbin/sshd'
HOSTS = ('proxy', 'app', 'db')
DEADLINE = 90


class Sockets(world.Sockets):
    def crowd(self, name, address, port, count):
        """Clients that do not wait to be let in."""
        for n in range(count):
            client = socket.socket()
            client.setblocking(False)
            client.connect_ex((address, port))
            self.kept[f'{name}{n}'] = client

    def narrow(self, name, address, port, backlog):
        """Listens, and never accepts."""
        self.kept[name] = socket.socket()
        self.kept[name].bind((address, port))
        self.kept[name].listen(backlog)


def link(one, other, name, addresses):
    """A veth of that name between two namespaces."""
    world.inside(one, 'ip', 'link', 'add', name, 'type', 'veth', 'peer', 'name', name, 'netns', str(other.pid))
    for namespace, address in zip((one, other), addresses):
        world.inside(namespace, 'ip', 'address', 'add', f'{address}/24', 'dev', name)
        world.inside(namespace, 'ip', 'link', 'set', name, 'up')


def write(path, text, mode=0o600):
    with open(path, 'w', encoding='utf-8') as file:
        file.write(text)
    os.chmod(path, mode)
    return path


def make_keys(folder):
    for name in ('host', 'user'):
        subprocess.run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', f'{folder}/{name}'], check=True)
    shutil.copy(f'{folder}/user.pub', f'{folder}/authorized')
    os.chmod(f'{folder}/authorized', 0o600)
    with open(f'{folder}/host.pub', encoding='utf-8') as file:
        return ' '.join(file.read().split()[:2])


def start_sshd(folder, namespace, address, port=22, path=None):
    config = write(f'{folder}/sshd_{address}_{port}', f'''ListenAddress {address}
Port {port}
HostKey {folder}/host
AuthorizedKeysFile {folder}/authorized
PidFile none
StrictModes no
UsePAM no
PermitRootLogin yes
PasswordAuthentication no
SetEnv PATH={path or folder + "/bin:/usr/bin:/bin"} TMPDIR={folder}/tmp
''')
    os.makedirs('/run/sshd', exist_ok=True)
    sshd = subprocess.Popen(['nsenter', f'--net=/proc/{namespace.pid}/ns/net', SSHD, '-D', '-e', '-f', config],
                            stderr=subprocess.PIPE, text=True)
    for line in sshd.stderr:
        if 'Server listening' in line:
            return sshd
    raise RuntimeError('sshd does not start')


def client_folder(folder, key, addresses):
    """An ssh that knows these hosts and no others, in front of the PATH."""
    os.makedirs(f'{folder}/ssh')
    write(f'{folder}/known', ''.join(f'{address},[{address}]:2222 {key}\n' for address in addresses.values()))
    write(f'{folder}/config', ''.join(f'''Host {name}
  HostName {address}
  User root
  IdentityFile {folder}/user
  IdentitiesOnly yes
  UserKnownHostsFile {folder}/known
''' for name, address in dict(addresses, bare=addresses['proxy']).items()) + f'''Host stranger
  HostName {addresses['proxy']}
  UserKnownHostsFile /dev/null
''')
    write(f'{folder}/ssh/ssh', f'#!/bin/sh\nexec /usr/bin/ssh -F {folder}/config "$@"\n', 0o700)
    os.makedirs(f'{folder}/bin')
    os.makedirs(f'{folder}/tmp')
    os.symlink(TCPLENS, f'{folder}/bin/tcplens')
    return dict(os.environ, PATH=f'{folder}/ssh:' + os.environ['PATH'])


def look(base, env, *words):
    return subprocess.run(['nsenter', f'--net=/proc/{base.pid}/ns/net', TCPLENS, *words], capture_output=True,
                          text=True, timeout=DEADLINE, env=env, check=False)


def make_traffic(hosts):
    hosts['app'].do('serve', 'web', '10.77.1.2', 8080)
    for n in range(5):
        hosts['proxy'].do('connect', f'c{n}', '10.77.1.1', 40000 + n, '10.77.1.2', 8080)
        hosts['app'].do('accept', f's{n}', 'web')
    hosts['db'].do('narrow', 'sql', '10.77.2.3', 5432, 2)
    hosts['app'].do('crowd', 'q', '10.77.2.3', 5432, 12)


def check_list(base, env):
    out = look(base, env, 'list', '--json', *['ssh:' + name for name in HOSTS])
    assert out.returncode == 0, out.stderr
    rows = [json.loads(line) for line in out.stdout.splitlines()]
    pairs = {('proxy', 'app'): 8080, ('app', 'proxy'): 8080, ('app', 'db'): 5432, ('db', 'app'): 5432}
    found = {}
    for row in rows:
        if row['state'] != 'ESTABLISHED' or {row['lport'], row['rport']} & {22}:
            continue
        other = row['other_end']
        assert pairs[row['host'], other['host']] in (row['lport'], row['rport']), row
        found[row['host'], other['host']] = found.get((row['host'], other['host']), 0) + 1
    assert found == {('proxy', 'app'): 5, ('app', 'proxy'): 5, ('app', 'db'): 3, ('db', 'app'): 3}, found


def check_doctor(base, env):
    out = look(base, env, 'doctor', '--json', '--for', '25', *['ssh:' + name for name in HOSTS])
    assert out.returncode in (1, 2), (out.returncode, out.stderr)
    found = [json.loads(line) for line in out.stdout.splitlines()]
    by_id = {(one['finding'], one['host']): one for one in found if 'finding' in one}
    cause, effect = by_id['accept-queue-full', 'db'], by_id['connect-timeout', 'app']
    assert cause['title'].startswith('db: '), cause
    assert [reason['finding'] for reason in effect['because']] == ['accept-queue-full'], effect
    assert effect['confidence'] == 'proven', effect
    order = [one.get('finding') for one in found]
    assert order.index('accept-queue-full') < order.index('connect-timeout')
    print(cause['title'], '\n  because of it:', effect['title'])


def wait_until(holds, what):
    end = time.monotonic() + DEADLINE
    while not holds():
        assert time.monotonic() < end, what
        select.select([], [], [], 0.05)


def check_asked(base, env):
    """ssh may not ask anything: what may be done about it is said."""
    out = look(base, env, 'list', 'ssh:stranger', 'ssh:nobody@app')
    for said in ('stranger: lost: Host key verification failed.; to see its key and accept it, log in once: ssh stranger',
                 'app: lost: nobody@10.77.12.2: Permission denied (publickey,keyboard-interactive).; a login without a question is '
                 'needed: ssh-agent, or ssh-copy-id nobody@app'):
        assert said in out.stderr, out.stderr


def check_pushed(base, env, folder):
    """One machine has no tcplens: it is sent there, and gone once the connection is, however that ends."""
    out = look(base, env, 'list', *['ssh:' + name for name in HOSTS], 'ssh:root@bare:2222')
    assert 'tcplens: bare: refused: no tcplens there: --push sends it, or scp -P 2222 /' in out.stderr, out.stderr
    assert ' root@bare:/usr/local/bin/' in out.stderr, out.stderr
    out = look(base, env, 'list', '--push', 'ssh:app', 'ssh:root@bare:2222')
    assert out.returncode == 0 and out.stderr == 'tcplens: bare: ok: by a tcplens that was sent there\n', out
    wait_until(lambda: not os.listdir(f'{folder}/tmp'), 'it stays after a good end')
    with subprocess.Popen(['nsenter', f'--net=/proc/{base.pid}/ns/net', TCPLENS, 'events', '--push', 'ssh:root@bare:2222'],
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=env) as watch:
        for line in watch.stderr:
            if 'it is read by a tcplens that was sent there' in line:
                break
        assert os.listdir(f'{folder}/tmp')
        watch.kill()
    wait_until(lambda: not os.listdir(f'{folder}/tmp'), 'it stays after a bad end')


def check_lost(base, env, sshds):
    """One machine goes away: its rows stay out of a new look, the others' come."""
    sshds['db'].terminate()
    sshds['db'].wait()
    out = look(base, env, 'list', '--json', *['ssh:' + name for name in HOSTS])
    assert out.returncode == 3 and 'tcplens: db: lost: ' in out.stderr, (out.returncode, out.stderr)
    assert {json.loads(line)['host'] for line in out.stdout.splitlines()} == {'proxy', 'app'}


def main():
    if not os.path.exists(SSHD):
        print('needs openssh-server')
        return 77
    world.skip_unless_possible()
    world.Sockets = Sockets
    base = world.Namespace()
    hosts = {name: world.Namespace() for name in HOSTS}
    addresses = {name: f'10.77.{11 + n}.2' for n, name in enumerate(HOSTS)}
    with tempfile.TemporaryDirectory() as folder:
        key = make_keys(folder)
        env = client_folder(folder, key, addresses)
        for n, name in enumerate(HOSTS):
            link(base, hosts[name], f'ssh{n}', (f'10.77.{11 + n}.1', addresses[name]))
        link(hosts['proxy'], hosts['app'], 'front', ('10.77.1.1', '10.77.1.2'))
        link(hosts['app'], hosts['db'], 'back', ('10.77.2.2', '10.77.2.3'))
        sshds = {name: start_sshd(folder, hosts[name], addresses[name]) for name in HOSTS}
        sshds['bare'] = start_sshd(folder, hosts['proxy'], addresses['proxy'], 2222, '/usr/bin:/bin')
        make_traffic(hosts)
        check_list(base, env)
        check_doctor(base, env)
        if len(sys.argv) > 2:
            dot = look(base, env, 'map', '--dot', '--by', 'process', '--for', '25', *['ssh:' + name for name in HOSTS],
                       'not', 'port', '22')
            subprocess.run(['dot', '-Tpng', '-o', sys.argv[2]], input=dot.stdout, text=True, check=True)
        check_asked(base, env)
        check_pushed(base, env, folder)
        check_lost(base, env, sshds)
        for sshd in sshds.values():
            sshd.terminate()
            sshd.wait()
    for namespace in (base, *hosts.values()):
        namespace.end()
    return 0


if __name__ == '__main__':
    sys.exit(main())
