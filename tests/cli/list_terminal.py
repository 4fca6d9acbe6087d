#!/usr/bin/env python3
"""The table of `list` on a terminal: no line wraps, ports stay whole, colours as the options and NO_COLOR say.

    list_terminal.py TCPLENS"""
import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios

ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
PORT = re.compile(r"(:\d+|\*)$")
ENVIRONMENT = {**{name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLORFGBG")},
               "LC_ALL": "C.UTF-8", "TERM": "xterm-256color"}


def run(tcplens, columns, *arguments, **environment):
    """What it writes to a terminal so wide."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    child = subprocess.Popen([tcplens, "list", "--demo", "7", *arguments], stdin=slave, stdout=slave,
                             stderr=subprocess.DEVNULL,
                             env={**ENVIRONMENT, **environment})
    os.close(slave)
    text = b""
    while True:
        try:
            part = os.read(master, 65536)
        except OSError: # the other side is closed
            break
        if not part:
            break
        text += part
    os.close(master)
    if child.wait(timeout=20) != 0:
        sys.exit(f"list {arguments} on {columns} columns: exit code {child.returncode}")
    return text.decode().replace("\r\n", "\n")


def piped(tcplens, *arguments):
    return subprocess.run([tcplens, "list", "--demo", "7", *arguments], capture_output=True, text=True,
                          env=ENVIRONMENT, check=True).stdout


def check(condition, what):
    if not condition:
        sys.exit(f"list_terminal: {what}")


def column(lines, title):
    """The cells of a column that is aligned left."""
    at = lines[0].index(title)
    return [line[at:].split("  ")[0].rstrip() for line in lines[1:]]


def check_widths(tcplens):
    rows = len(piped(tcplens).splitlines())
    for columns in (40, 80, 100, 120, 160, 200, 400):
        lines = ESCAPE.sub("", run(tcplens, columns)).splitlines()
        check(len(lines) == rows, f"{columns} columns: {len(lines)} lines, not {rows}")
        widest = max(lines, key=len)
        check(len(widest) <= columns, f"{columns} columns: a line of {len(widest)}: {widest}")
        check(not any(line.endswith(" ") for line in lines), f"{columns} columns: blanks at the end of a line")
        if columns >= 80:
            check("PID" in lines[0] and "PROCESS" in lines[0], f"{columns} columns: whose it is does not fit")
            bad = [cell for cell in column(lines, "LOCAL") if not PORT.search(cell)]
            check(not bad, f"{columns} columns: a port was cut: {bad[:3]}")
    lines = ESCAPE.sub("", run(tcplens, 400)).splitlines()
    check(lines == piped(tcplens).splitlines(), "where all fits the table is another one than in a pipe")


def check_colors(tcplens):
    check(ESCAPE.search(run(tcplens, 120)), "no colours on a terminal")
    check(not ESCAPE.search(run(tcplens, 120, NO_COLOR="1")), "colours in spite of NO_COLOR")
    check(not ESCAPE.search(run(tcplens, 120, TERM="dumb")), "colours on a dumb terminal")
    check(not ESCAPE.search(run(tcplens, 120, "--color", "never")), "colours in spite of --color never")
    check(not ESCAPE.search(piped(tcplens)), "colours in a pipe")
    check(ESCAPE.search(piped(tcplens, "--color", "always")), "no colours in spite of --color always")
    check("203m50\x1b" in piped(tcplens, "--color", "always"), "a full accept queue does not stand out")
    check("38;5;" not in run(tcplens, 120, TERM="xterm"), "256 colours on a terminal of 8")
    check(ESCAPE.sub("", piped(tcplens, "--color", "always")) == piped(tcplens), "colours change the text")


def main():
    tcplens = sys.argv[1]
    check_widths(tcplens)
    check_colors(tcplens)


main()
