#!/usr/bin/env python3
"""degraded.py TCPLENS: where a right, a call of the kernel or a file system is missing, `list` has the same rows as where all is
there; what it cannot know is missing or a word, never another value, and no uid turns into root's. In namespaces of its own."""

import ctypes
import json
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import sys
import tempfile

import checks
from checks import check

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "namespaces"))
import world  # noqa: E402

NOBODY, SERVICE = 65534, 1234
AF_NETLINK = 16
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
LOAD, EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, ERRNO = 0x7fff0000, 0x00050000
NUMBERS = {"x86_64": {"socket": 41, "bpf": 321, "pidfd_open": 434, "perf_event_open": 298},
           "aarch64": {"socket": 198, "bpf": 280, "pidfd_open": 434, "perf_event_open": 241}}.get(os.uname().machine, {})
PLACE = ("laddr", "lport", "raddr", "rport", "state")
OVERFLOW = NOBODY, "nobody"  # as the kernel names users that a user namespace has no number for
FACTS = ("uid", "user", "pid", "comm", "cookie", "inode")


def refuse(name, error, argument=None):
    """A filter: that call fails with the error, of a first argument if that is given."""
    steps = [(LOAD, 0, 0, 0), (EQUAL, 0, 1 if argument is None else 3, NUMBERS[name])]
    if argument is not None:
        steps += [(LOAD, 0, 0, 16), (EQUAL, 0, 1, argument)]
    steps += [(RETURN, 0, 0, ERRNO | error), (RETURN, 0, 0, ALLOW)]
    code = b"".join(struct.pack("HBBI", *step) for step in steps)

    def install():
        libc = ctypes.CDLL(None, use_errno=True)
        kept = ctypes.create_string_buffer(code)
        program = struct.pack("HxxxxxxP", len(steps), ctypes.addressof(kept))
        if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program, 0, 0):
            os._exit(77)
    return {"preexec_fn": install}


def with_capability(name):
    return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", f"--inh-caps=-all,+{name}", f"--ambient-caps=-all,+{name}"]


def with_mount(what):
    return ["unshare", "--mount", "sh", "-c", f'mount -t {what} /proc && exec "$@"', "sh"]


# Words before the command, and how subprocess starts it.
NO_RIGHT = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
CASES = {
    "an ordinary user": ([], NO_RIGHT),
    "hidepid=2, an ordinary user": (["unshare", "--mount", "sh", "-c", 'mount -t proc -o hidepid=2 proc /proc && exec "$@"', "sh",
                                     "setpriv", f"--reuid={NOBODY}", "--clear-groups"], {}),
    "CAP_SYS_PTRACE": (with_capability("sys_ptrace"), {}),
    "CAP_DAC_READ_SEARCH": (with_capability("dac_read_search"), {}),
    "CAP_NET_ADMIN": (with_capability("net_admin"), {}),
    "CAP_KILL": (with_capability("kill"), {}),
    "CAP_BPF": (with_capability("bpf"), {}),
    "another pid namespace": (["unshare", "--pid", "--fork", "--mount-proc"], {}),
    "another pid namespace, this /proc": (["unshare", "--pid", "--fork"], {}),
    "a user namespace": (["unshare", "--user", "--map-root-user"], {}),
    "no /proc": (with_mount("tmpfs none"), {}),
}
if NUMBERS:
    CASES |= {
        "no sock_diag": ([], refuse("socket", 93, AF_NETLINK)),
        "no BPF": ([], refuse("bpf", 1)),
        "no perf events": ([], refuse("perf_event_open", 13)),
        "no pidfd": ([], refuse("pidfd_open", 38)),
    }


def rows_of(text):
    return {tuple(row.get(key) for key in PLACE): row for row in map(json.loads, text.splitlines())}


def run(prefix, options):
    return subprocess.run([*prefix, program, "list", "--json"], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=60, check=False, **options)


def faults_of(row, whole):
    """Facts that are there are right; a row without a pid says why."""
    wrong = [f"{key} {row[key]!r}, not {whole.get(key)!r}" for key in FACTS
             if key in row and row[key] != whole.get(key) and row[key] not in OVERFLOW]
    if "pid" in whole and "pid" not in row and "owner" not in row:
        wrong.append("neither a pid nor a word")
    return wrong


def try_case(name, whole):
    out = run(*CASES[name])
    if out.returncode in (77, 126, 127) or "unshare:" in out.stderr or "setpriv:" in out.stderr:
        print(f"{name}: not possible here: {out.stderr.strip()}")
        return
    rows = rows_of(out.stdout)
    check(f"{name}: exit code", out.returncode in (0, 3) and (out.returncode == 0 or out.stderr), f"{out.returncode}: {out.stderr}")
    check(f"{name}: rows", rows.keys() == whole.keys(), f"{len(rows)} of {len(whole)}: {out.stderr}")
    wrong = [(place, fault) for place, row in rows.items() for fault in faults_of(row, whole.get(place, {}))]
    check(f"{name}: facts", not wrong, wrong)
    words = sorted({row.get("owner", "pid") for row in rows.values()})
    print(f"{name}: {len(rows)} rows, owners: {', '.join(words)}; {out.stderr.strip()}")


def make_sockets():
    """Of root's and of another user."""
    kept = []
    for user in (0, SERVICE):
        os.seteuid(user)
        for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
            listener = socket.create_server((address, 0), family=family)
            client = socket.create_connection(listener.getsockname()[:2])
            kept += [listener, client, listener.accept()[0]]
        os.seteuid(0)
    return kept


world.skip_unless_possible()
world.bring_loopback_up()
with tempfile.TemporaryDirectory(prefix="tcplens-degraded.") as folder:
    os.chmod(folder, 0o755)
    program = shutil.copy(os.path.abspath(sys.argv[1]), folder)
    sockets = make_sockets()
    complete = rows_of(run([], {}).stdout)
    check("all rows, with their pids", len(complete) == len(sockets) and all(row.get("pid") == os.getpid() for row in complete.values()),
          complete)
    if b"LeakSanitizer" in pathlib.Path(program).read_bytes():
        del CASES["no /proc"]
        print("no /proc: left out, as LeakSanitizer needs it")
    for case in CASES:
        try_case(case, complete)
sys.exit(checks.exit_code())
