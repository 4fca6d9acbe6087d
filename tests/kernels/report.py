#!/usr/bin/env python3
"""What the guests of `run` do, and what came of it.

    report.py plan BUILD CHECKS SLOWNESS       a line a test: name, seconds it may take, command
    report.py table CHECKS ACCELERATOR DOCUMENT|- RESULTS...   the table; exit code 1 where a test failed
"""
import datetime
import functools
import json
import os
import pathlib
import shlex
import subprocess
import sys

SKIPPED = 77
BEGIN, END = "<!-- tests/kernels/run --doc: begin -->", "<!-- end -->"


def read_checks(path):
    """Name of a check to its tests."""
    with open(path, encoding="utf-8") as file:
        lines = [line for line in file if line.strip() and not line.startswith("#")]
    return {line[:20].strip(): line[20:].split() for line in lines}


def property_of(test, name, default):
    return next((entry["value"] for entry in test["properties"] if entry["name"] == name), default)


@functools.cache
def program_of(word):
    """Of an interpreter that the build found by a wrapper, the program: the wrapper would take seconds in a guest."""
    if not pathlib.Path(word).name.startswith("python3"):
        return word
    asked = subprocess.run([word, "-c", "import sys; print(sys.executable)"], capture_output=True, text=True, check=True)
    return asked.stdout.strip()


def plan(build, checks, slowness):
    shown = subprocess.run(["ctest", "--test-dir", build, "--show-only=json-v1"], capture_output=True, text=True,
                           check=True)
    tests = {test["name"]: test for test in json.loads(shown.stdout)["tests"]}
    for name in sum(read_checks(checks).values(), []):
        if name not in tests:
            sys.exit(f"kernels: the build in {build} has no test {name}")
        seconds = int(property_of(tests[name], "TIMEOUT", 60) * float(slowness))
        print(name, seconds, shlex.join(map(program_of, tests[name]["command"])), sep="\t")


class Guest:
    """What one kernel left in its folder."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.release = self.folder.name
        self.codes = {}
        for line in self.text("results").splitlines():
            test, code, _ = line.split()
            self.codes[test] = int(code)
        self.seconds = self.text("seconds").strip()

    def text(self, name):
        path = self.folder / name
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def last_line(self, test):
        lines = [line for line in self.text(test + ".log").splitlines() if line.strip()]
        return lines[-1] if lines else "no output"


class Table:
    def __init__(self, guests, checks):
        self.guests, self.notes, self.failed = guests, [], False
        self.rows = [["check", *(guest.release for guest in guests)]]
        for name, tests in checks.items():
            self.rows.append([name, *(self.cell(guest, tests) for guest in guests)])
        self.rows.append(["seconds", *(guest.seconds or "never ended" for guest in guests)])

    def note(self, text):
        if text not in self.notes:
            self.notes.append(text)
        return self.notes.index(text) + 1

    def cell(self, guest, tests):
        """ok, FAILED or no, and the numbers of the notes that say why."""
        codes = {test: guest.codes.get(test) for test in tests}
        failed = [test for test, code in codes.items() if code not in (0, SKIPPED)]
        skipped = [test for test, code in codes.items() if code == SKIPPED]
        self.failed = self.failed or bool(failed)
        numbers = [str(self.note(f"{test}: {reason_of(guest, test, codes[test])}")) for test in failed + skipped]
        word = "FAILED" if failed else "no" if len(skipped) == len(tests) else "ok"
        return " ".join([word] + ([f"({', '.join(numbers)})"] if numbers else []))

    def lines(self):
        widths = [max(map(len, column)) for column in zip(*self.rows)]
        rows = ["| " + " | ".join(map(str.ljust, row, widths)) + " |" for row in self.rows]
        rows.insert(1, "| " + " | ".join("-" * width for width in widths) + " |")
        return rows + [""] + [f"{number}. {note}" for number, note in enumerate(self.notes, 1)]


def reason_of(guest, test, code):
    if code is None:
        return "never ended"
    return ("timed out: " if code in (124, 137) else "") + guest.last_line(test).removeprefix("skipped: ")


def write_between_marks(path, lines):
    text = pathlib.Path(path).read_text(encoding="utf-8")
    head, rest = text.split(BEGIN)
    tail = rest.split(END, 1)[1]
    pathlib.Path(path).write_text("\n".join([head + BEGIN, *lines, END]) + tail, encoding="utf-8")


def table(checks, accelerator, document, *folders):
    result = Table([Guest(folder) for folder in folders], read_checks(checks))
    print(*result.lines(), sep="\n")
    if document != "-":
        today = datetime.date.today()
        write_between_marks(document, [f"{today.day} {today:%B %Y}, {accelerator}, {os.cpu_count()} processors.", "",
                                       *result.lines()])
    sys.exit(result.failed)


if __name__ == "__main__":
    {"plan": plan, "table": table}[sys.argv[1]](*sys.argv[2:])
