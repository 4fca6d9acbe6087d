#!/usr/bin/env python3
"""cli_close.py TCPLENS: `tcplens close` on sockets of its own, in a network namespace of its own:
exit codes, what is printed, what is left alone."""
import errno
import os
import pty
import shutil
import socket
import subprocess
import sys
import tempfile

TCPLENS = sys.argv[1]
failures = 0


def close(*words, stdin=subprocess.DEVNULL):
    return subprocess.run([TCPLENS, "close", *words], stdin=stdin, capture_output=True, text=True,
                          timeout=60, check=False)


def check(what, holds, result=None):
    global failures
    print("ok:" if holds else "FAILED:", what)
    if not holds:
        failures += 1
        if result:
            print(f"  exit {result.returncode}\n  out: {result.stdout}\n  err: {result.stderr}")


def listen(port):
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen()
    return listener


def pair(listener):
    client = socket.create_connection(listener.getsockname())
    return client, listener.accept()[0]


def error_of(end):
    try:
        end.settimeout(0)
        end.recv(1)
    except OSError as error:
        return error.errno
    return 0


def is_closed(end):
    return error_of(end) in (errno.ECONNABORTED, errno.ECONNRESET)


listener = listen(6000)
client, server = pair(listener)

for words in ([], [" "], ["python"], ["state established and python"], ["in gt 0"], ["not port 22"],
              ["pid > 0"], ["cookie *"], ["src 0.0.0.0/0"], ["state big"], ["sport 6000 or in gt 0"]):
    result = close("--yes", *words)
    check(f"{words} is refused", result.returncode == 2 and not result.stdout and
          len(result.stderr.splitlines()) >= 1, result)
result = close("sport 6000")
check("nobody to ask: exit 2", result.returncode == 2 and "--yes" in result.stderr, result)
check("nothing was closed by that", not is_closed(server))

result = close("--dry-run", "state established and sport 6000")
check("--dry-run prints and closes nothing", result.returncode == 0 and
      result.stdout.startswith("would close 127.0.0.1:6000 127.0.0.1:") and
      not is_closed(server), result)

result = close("--yes", "sport 6000")
if "CONFIG_INET_DIAG_DESTROY" in result.stderr:
    print("skipped: this kernel cannot close sockets")
    sys.exit(77)
check("a listener is left out without --force: exit 3", result.returncode == 3 and
      "left out 127.0.0.1:6000 *" in result.stdout and "--force" in result.stderr, result)
check("what is no listener was closed", error_of(server) == errno.ECONNABORTED)
client, server = pair(listener)

result = close("--yes", "sport 6001")
check("nothing matches: exit 0, said so", result.returncode == 0 and
      "no connection matches" in result.stderr, result)

master, terminal = pty.openpty()
os.write(master, b"n\n")
result = close("state established and sport 6000", stdin=terminal)
check("no: exit 3, nothing closed", result.returncode == 3 and "Close 1 connection?" in result.stderr and
      not is_closed(server), result)
os.write(master, b"y\n")
result = close("state established and sport 6000", stdin=terminal)
check("yes: exit 0, closed", result.returncode == 0 and is_closed(server) and
      result.stdout.startswith("closed "), result)

group = [listen(6100) for _ in range(16)]
result = close("--yes", "--force", "state listening and sport 6100")
check("16 SO_REUSEPORT listeners are closed, by looking again", result.returncode == 0 and
      result.stdout.count("closed 127.0.0.1:6100 *") == 16, result)
client, server = pair(listener)
check("the other listener lives", not is_closed(server))

if os.geteuid() == 0:
    # a copy that nobody can reach: the checkout may lie in a folder of mode 0700
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        program = shutil.copy(TCPLENS, folder)
        nobody = subprocess.run([program, "close", "--yes", "--force", "state established and sport 6000"],
                                stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
                                check=False, user=65534, extra_groups=[], cwd="/")
    check("without CAP_NET_ADMIN: exit 3, says why", nobody.returncode == 3 and
          "CAP_NET_ADMIN" in nobody.stderr and not is_closed(server), nobody)
sys.exit(failures > 0)
