#!/usr/bin/env python3
"""Filters mean what they mean to ss: each expression of filter_expressions.txt on one frozen scene of some 2,000
mixed sockets, by ss -ta and by tcplens list: the same sockets by cookie, but for bound ones, which ss 6.1 does
not ask for. Then each by filter_pushed: pushed down and evaluated here.

    filter_vs_ss.py TCPLENS SCENE FILTER_PUSHED [--every N]

SCENE makes a network namespace with sockets in every state; in it this script runs again and adds the mixture."""

import functools
import json
import os
import random
import re
import resource
import shutil
import socket
import subprocess
import sys

SKIP = 77
ATTEMPTS = 5
PAIRS = 400
ADDRESSES = ["10.0.0.5/32", "10.1.2.3/32", "192.168.1.20/32", "172.16.5.4/32", "2001:db8::7/128", "2001:db8:1::1/128"]
INET = ["127.0.0.1", "127.0.0.2", "10.0.0.5", "10.1.2.3", "192.168.1.20", "172.16.5.4"]
INET6 = ["::1", "2001:db8::7", "2001:db8:1::1"]
PORTS = [22, 80, 443, 5432, 8080, 8443]
SO_MARK = 36
FOLDER = os.path.dirname(os.path.abspath(__file__))


def add_addresses():
    for address in ADDRESSES:
        family = "-6" if ":" in address else "-4"
        nodad = ["nodad"] if ":" in address else []
        subprocess.run(["ip", family, "address", "add", address, "dev", "lo", *nodad], check=True)


class Mixture:
    """Pairs of sockets of both families, on service ports, some marked, bound to a device, half closed or gone."""

    def __init__(self):
        self.random = random.Random(4)
        self.listeners = {}
        self.kept = []
        self.bound_port = 10000

    def listener(self, address, port):
        key = (address, port)
        if key not in self.listeners:
            mapped = ":" not in address and self.random.random() < 0.4
            family = socket.AF_INET6 if ":" in address or mapped else socket.AF_INET
            one = socket.socket(family, socket.SOCK_STREAM)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0 if mapped else 1)
            one.bind(("::ffff:" + address if mapped else address, port))
            one.listen(64)
            self.listeners[key] = one
        return self.listeners[key]

    def client(self, address, mapped):
        family = socket.AF_INET6 if ":" in address or mapped else socket.AF_INET
        one = socket.socket(family, socket.SOCK_STREAM)
        if self.random.random() < 0.2:
            one.setsockopt(socket.SOL_SOCKET, SO_MARK, self.random.choice([0x10, 0x13, 0x20]))
        if self.random.random() < 0.15:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo")
        how = self.random.random()
        source = self.random.choice(INET6 if ":" in address else INET)
        source = "::ffff:" + source if mapped else source
        if how < 0.3:
            one.bind((source, 0))
        elif how < 0.5:
            self.bound_port += 1
            one.bind((source, self.bound_port if how < 0.4 else self.bound_port + 30000))
        return one

    def add_pair(self):
        mapped = self.random.random() < 0.2
        address = self.random.choice(INET if mapped or self.random.random() < 0.6 else INET6)
        port = self.random.choice(PORTS)
        server = self.listener(address, port)
        client = self.client(address, mapped)
        try:
            client.connect(("::ffff:" + address if mapped else address, port))
        except OSError:  # not every source may reach every address
            client.close()
            return self.add_pair()
        accepted, _ = server.accept()
        self.end(client, accepted)
        return None

    def end(self, client, accepted):
        fate = self.random.random()
        if fate < 0.1:
            client.shutdown(socket.SHUT_WR)
        elif fate < 0.15:
            accepted.shutdown(socket.SHUT_WR)
        elif fate < 0.2:
            client.close()
            accepted.close()
        elif fate < 0.25:
            accepted.close()
            client.close()
        self.kept += [client, accepted]


def cgroup_mount():
    with open("/proc/self/mounts", encoding="ascii", errors="replace") as mounts:
        for line in mounts:
            words = line.split()
            if words[2] == "cgroup2":
                return words[1]
    return None


class ControlGroup:
    """A group of our own below the cgroup2 mount, where it may be made; else None as its path."""

    def __init__(self):
        mount = cgroup_mount()
        self.path = self.before = None
        if not mount:
            return
        try:
            with open("/proc/self/cgroup", encoding="ascii") as groups:
                inside = [line.strip()[3:] for line in groups if line.startswith("0::")][0]
            path = f"{mount}/tcplens-filter-{os.getpid()}"
            os.mkdir(path)
            self.path, self.before = path, mount + inside
        except (OSError, IndexError) as error:
            print(f"note: no control group of our own ({error}): filters with cgroup are left out")

    def enter(self, path):
        with open(path + "/cgroup.procs", "w", encoding="ascii") as procs:
            procs.write(str(os.getpid()))

    def remove(self):
        if self.path:
            os.rmdir(self.path)


def expressions(every, group):
    with open(os.path.join(FOLDER, "filter_expressions.txt"), encoding="utf-8") as lines:
        wanted = [line.strip() for line in lines if not line.startswith("#")]
    if group is None:
        wanted = [one for one in wanted if "@CGROUP@" not in one]
    return [one.replace("@CGROUP@", group or "") for one in wanted[::every]]


def output_of(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0 or done.stderr:
        return None, f"{command[0]}: exit code {done.returncode}: {done.stderr.strip()}"
    return done.stdout, None


@functools.cache
def ss_version():
    return tuple(map(int, re.findall(r"\d+", subprocess.check_output(["ss", "-V"], text=True))[1:3]))


# Left out on both sides: bound sockets that never connected, as only newer versions of ss ask for them; and where the
# expression says "big" requests, by a newer ss than that of Debian 12: it asks the kernel for them by a second state.
def left_out(expression, bound, request):
    return (bound, request) if "big" in expression.split() and ss_version() > (6, 1) else (bound,)


def cookies_of_ss(expression):
    out, error = output_of(["ss", "-tanHe", *expression.split()])
    if error:
        return None, error
    rows = [line.split() for line in out.splitlines()]
    return sorted(word[3:] for row in rows if row[0] not in left_out(expression, "UNCONN", "SYN-RECV")
                  for word in row if word.startswith("sk:")), None


def cookies_of_list(tcplens, expression):
    out, error = output_of([tcplens, "list", "--json", "--columns", "cookie,state", expression])
    if error:
        return None, error
    rows = [json.loads(line) for line in out.splitlines()]
    return sorted(row["cookie"].removeprefix("0x") for row in rows
                  if row["state"] not in left_out(expression, "CLOSED", "SYN-RECEIVED")), None


def difference(tcplens, expression):
    """What ss said before and after must be the same, else a socket's time was up: again."""
    for _ in range(ATTEMPTS):
        before, error = cookies_of_ss(expression)
        if error:
            return error, 0
        ours, error = cookies_of_list(tcplens, expression)
        if error:
            return error, 0
        after, _ = cookies_of_ss(expression)
        if before == ours or before == after:
            break
    if before == ours:
        return None, len(ours)
    lacking = [one for one in before if one not in ours]
    surplus = [one for one in ours if one not in before]
    return f"ss has {len(before)}, tcplens {len(ours)}; lacking {lacking[:5]}, surplus {surplus[:5]}", 0


def run_inside(tcplens, pushed, every):
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    add_addresses()
    mixture, group = Mixture(), ControlGroup()
    for number in range(PAIRS):
        if group.path and number == PAIRS - PAIRS // 8:
            group.enter(group.path)
        mixture.add_pair()
    if group.path:
        group.enter(group.before)
    try:
        return compare(tcplens, pushed, expressions(every, group.path))
    finally:
        del mixture
        group.remove()


def compare(tcplens, pushed, wanted):
    total, _ = cookies_of_ss("")
    bad, empty = 0, 0
    for one in wanted:
        wrong, rows = difference(tcplens, one)
        bad += wrong is not None
        empty += rows == 0
        if wrong:
            print(f"DIFFERENT: {one}\n    {wrong}")
    print(f"{len(wanted)} expressions on {len(total)} sockets: {bad} differ from ss ({empty} accept no row)")
    done = subprocess.run([pushed], input="\n".join(wanted) + "\n", stdout=subprocess.PIPE, text=True, check=False)
    print(done.stdout, end="")
    return 1 if bad or done.returncode != 0 else 0


def main():
    arguments = sys.argv[1:]
    if arguments[0] == "--inside":
        sys.exit(run_inside(arguments[1], arguments[2], int(arguments[3])))
    tcplens, scene, pushed = arguments[:3]
    every = arguments[4] if arguments[3:4] == ["--every"] else "1"
    if not shutil.which("ss") or not shutil.which("ip"):
        print("skipped: ss and ip (iproute2) are needed")
        sys.exit(SKIP)
    inside = [sys.executable, "-B", os.path.abspath(__file__), "--inside", tcplens, pushed, every]
    scene_command = [scene, "--unshare", "--pairs", "600", "--processes", "3", "--list", os.devnull, "--hold", *inside]
    sys.exit(subprocess.run(scene_command, check=False).returncode)


if __name__ == "__main__":
    main()
