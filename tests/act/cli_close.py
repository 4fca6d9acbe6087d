#!/usr/bin/env python3
"""cli_close.py TCPLENS: `tcplens close` on sockets of its own, in a network namespace of its own:
exit codes, what is printed, what is left alone."""
import ctypes
import errno
import os
import pty
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

TCPLENS = sys.argv[1]
KERNEL = tuple(int(number) for number in os.uname().release.split(".")[:2])
failures = 0


def close(*words, stdin=subprocess.DEVNULL):
    return subprocess.run([TCPLENS, "close", *words], stdin=stdin, capture_output=True, text=True,
                          timeout=60, check=False)


def run(words, **more):
    return subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
                          check=False, **more)


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


# One judgement: --dry-run promises nothing that --yes refuses, and says why in the same words.
bound = socket.socket()
bound.bind(("127.0.0.1", 6200))
if run([TCPLENS, "list", "--json", "sport 6200"]).stdout:
    for word in "--dry-run", "--yes":
        result = close(word, "sport 6200")
        check(f"{word}: a socket that is only bound cannot be closed: exit 3", result.returncode == 3 and
              result.stdout == "cannot close 127.0.0.1:6200 * CLOSED " +
              f"{os.path.basename(sys.executable)} {os.getpid()}: a socket that is only bound cannot be " +
              "closed from outside\n" and result.stderr == "tcplens: close: 1 row cannot be closed\n", result)
else:
    check("only kernels before 6.8 do not list what is only bound", KERNEL < (6, 8))
strace = ["strace", "-f", "-o", "/dev/null", "-e", "trace=socket", "-e", "inject=socket:error=EPERM"]
quiet = dict(os.environ, ASAN_OPTIONS=os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0")
if shutil.which("strace") and run(["strace", "-f", "-o", "/dev/null", "true"]).returncode == 0:
    for word in "--dry-run", "--yes":
        result = run([*strace, TCPLENS, "close", word, "state established and sport 6000"], env=quiet)
        check(f"{word} without sock_diag: no cookies, nothing is closed: exit 3", result.returncode == 3
              and result.stdout.startswith("cannot close ") and "no cookie" in result.stdout and
              not is_closed(server), result)
    # The answer to the closing says that there is no such socket; then no dump can be had. Each thread counts its own calls.
    wanted = ["--force", "state listening and sport 6000"]
    with tempfile.NamedTemporaryFile() as trace:
        calls = ["strace", "-f", "-o", trace.name, "-e", "trace=execve,sendto,recvmsg"]
        run([*calls, TCPLENS, "close", "--dry-run", *wanted], env=quiet)
        lines = [line.split() for line in trace.read().decode().splitlines()]
        sent, answers = (sum(line[0] == lines[0][0] and line[1].startswith(call) for line in lines)
                         for call in ("sendto", "recvmsg"))
        result = run([*calls, "-e", f"inject=recvmsg:error=ENOENT:when={answers + 1}", "-e",
                      f"inject=sendto:error=ENOBUFS:when={sent + 2}+", TCPLENS, "close", "--yes", *wanted], env=quiet)
    check("a listener of which nothing can be known: exit 3, said so", result.returncode == 3 and not result.stdout and
          "127.0.0.1:6000" in result.stderr and "not known whether it is gone" in result.stderr, result)
else:
    print("skipped: no strace: sock_diag cannot be refused")

# Our own session, whatever its server is called, and even without the variable.
FILTER = "state established and sport 6000"
peer = client.getsockname()[1]
ours = f"127.0.0.1 {peer} 127.0.0.1 6000"
mapped = f"::ffff:127.0.0.1 {peer} ::ffff:127.0.0.1 6000"
GUARDED = f"left out 127.0.0.1:6000 127.0.0.1:{peer} "
other = dict(os.environ, SSH_CONNECTION="127.0.0.1 1 127.0.0.1 6000")
result = run([TCPLENS, "close", "--dry-run", FILTER], env=other)
check("another session is not guarded", result.stdout.startswith("would close "), result)
for value in ours, mapped:
    result = run([TCPLENS, "close", "--yes", FILTER], env=dict(os.environ, SSH_CONNECTION=value))
    check(f"the connection of SSH_CONNECTION={value} is guarded", result.returncode == 3 and
          result.stdout.startswith(GUARDED) and "SSH_CONNECTION" in result.stdout, result)
result = run([TCPLENS, "close", "--dry-run", f"dport 6000 and sport {peer}"],
             env=dict(os.environ, SSH_CONNECTION=ours))
check("so is its other end on this machine", "left out " in result.stdout, result)
result = run(["sh", "-c", 'unset SSH_CONNECTION; "$0" close --yes "$1"; exit $?', TCPLENS, FILTER],
             env=dict(os.environ, SSH_CONNECTION=ours))
check("so it is where only the shell has the variable (sudo)", result.returncode == 3 and
      result.stdout.startswith(GUARDED), result)
result = run([TCPLENS, "close", "--yes", FILTER], start_new_session=True)
check("what an ancestor outside our session holds may carry our terminal", result.returncode == 3 and
      result.stdout.startswith(GUARDED), result)


def held_by(name):
    """Another process holds the only descriptor, under that name; and how to end it."""
    ready, wrote = os.pipe()
    pid = os.fork()
    if pid == 0:
        ctypes.CDLL(None).prctl(15, name.encode(), 0, 0, 0)  # PR_SET_NAME
        ctypes.CDLL(None).prctl(1, 9, 0, 0, 0)  # PR_SET_PDEATHSIG
        others = listen(6300)
        ends = pair(others)
        os.write(wrote, b"r")
        others.close()
        while ends:
            signal.pause()
    os.read(ready, 1)
    return pid


for name in ("sshd", "sshd-session", "dropbear", "mosh-server", "tailscaled", "in.telnetd", "etserver",
             "ssm-session-worker", "sshd-like"):
    holder = held_by(name)
    result = close("--dry-run", "state established and sport 6300")
    check(f"{name}: guarded by name", result.stdout.startswith(
        "would close " if name == "sshd-like" else "left out "), result)
    os.kill(holder, signal.SIGKILL)
    os.waitpid(holder, 0)

inside = ["unshare", "--pid", "--fork", "--mount-proc"]
if run([*inside, "true"]).returncode == 0:
    result = run([*inside, TCPLENS, "close", "--yes", FILTER])
    check("in another pid namespace on the same network its holder cannot be seen: guarded",
          result.returncode == 3 and "left out " in result.stdout and " unseen: " in result.stdout and
          "cannot be seen" in result.stdout and not is_closed(server), result)
else:
    print("skipped: no pid namespace can be made")

if os.geteuid() == 0:
    # a copy that every user can reach: the checkout may lie in a folder of mode 0700
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        program = shutil.copy(TCPLENS, folder)
        promise = run([program, "close", "--dry-run", "--force", "state established and sport 6000"],
                      user=65534, extra_groups=[], cwd="/")
        nobody = subprocess.run([program, "close", "--yes", "--force", "state established and sport 6000"],
                                stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
                                check=False, user=65534, extra_groups=[], cwd="/")
        terminal, end = pty.openpty()
        asked = subprocess.run([program, "close", "--force", "state established and sport 6000"], stdin=end,
                               capture_output=True, text=True, timeout=60, check=False, user=65534, extra_groups=[], cwd="/")
        os.close(terminal)
        os.close(end)
    check("and so it says instead of asking", asked.returncode == 3 and "CAP_NET_ADMIN" in asked.stderr and
          "[y/N]" not in asked.stderr, asked)
    check("without CAP_NET_ADMIN: exit 3, says why", nobody.returncode == 3 and
          "CAP_NET_ADMIN" in nobody.stderr and not is_closed(server), nobody)
    check("and so says --dry-run", promise.returncode == 3 and promise.stdout.startswith("cannot close ") and
          "CAP_NET_ADMIN" in promise.stdout and "close: 1 row cannot be closed" in promise.stderr, promise)
sys.exit(failures > 0)
