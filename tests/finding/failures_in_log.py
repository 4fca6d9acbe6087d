#!/usr/bin/env python3
"""Calls of bind() and connect() that fail are in a session log, so that doctor finds of it what was found live. In a network
namespace of its own (scene --unshare --bare --hold). Exit code 77: such calls are not traced here.

    failures_in_log.py TCPLENS"""
import errno
import json
import pathlib
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "session"))
from log_lines import lines_in, wait_for  # noqa: E402

CALLS = 4
PORT = 8120
TARGET = ("203.0.113.9", 443)  # no route leads there
DETECTORS = "port-held,connect-failing"


def is_traced(lines):
    """The program in the kernel is loaded after the first frame."""
    return any("traces_bind" in line and "traces_connect" in line for line in lines)


def fail_calls():
    for _ in range(CALLS):
        with socket.socket() as program:
            try:
                program.bind(("127.0.0.1", PORT))
                sys.exit("bound twice")
            except OSError as error:
                assert error.errno == errno.EADDRINUSE
        with socket.socket() as program:
            assert program.connect_ex(TARGET) == errno.ENETUNREACH


def failures(lines, call):
    return [line for line in lines if line["ev"] == "failure" and line["call"] == call]


def is_whole(lines):
    """Both are counted, and the detectors have found them."""
    found = {line["finding"] for line in lines if line["ev"] == "finding" and line["step"] == "begin"}
    return all(line and line[-1]["count"] == CALLS for line in (failures(lines, "bind"), failures(lines, "connect"))) and \
        found == set(DETECTORS.split(","))


def record(tcplens, log):
    with subprocess.Popen([tcplens, "record", "--only", DETECTORS, "-i", "0.1", "-o", log], stderr=subprocess.DEVNULL) as recorder:
        try:
            wait_for(recorder, log, "frames", lambda lines: is_traced(lines) or sum(line["ev"] == "frame" for line in lines) > 50)
            if not is_traced(lines_in(log)):
                print("calls are not traced here")
                sys.exit(77)
            fail_calls()
            wait_for(recorder, log, "findings", is_whole)
        finally:
            recorder.terminate()
    return lines_in(log)


def without_findings(lines):
    """As a recorder without detectors writes it."""
    for line in lines:
        if line["ev"] == "head":
            del line["findings"]
        if line["ev"] != "finding":
            yield json.dumps(line, separators=(",", ":"))


def who(finding):
    return finding["finding"], finding["severity"], finding["confidence"], json.dumps(finding["subject"], sort_keys=True)


def main():
    tcplens = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", PORT)):
        log = pathlib.Path(folder, "log.jsonl")
        lines = record(tcplens, log)
        bind, connect = failures(lines, "bind")[-1], failures(lines, "connect")[-1]
        assert (bind["error"], bind["laddr"], bind["lport"]) == ("EADDRINUSE", "127.0.0.1", PORT), bind
        assert (connect["error"], connect["raddr"], connect["rport"]) == ("ENETUNREACH", *TARGET), connect
        assert bind["first"] <= bind["earlier"] <= bind["previous"] <= bind["last"], bind
        live = {who(line) for line in lines if line["ev"] == "finding" and line["step"] == "begin"}
        log.write_text("\n".join(without_findings(lines)) + "\n")
        again = subprocess.run([tcplens, "doctor", "--from", log, "--only", DETECTORS, "--json"], capture_output=True, text=True,
                               check=False).stdout
        read = {who(line) for line in map(json.loads, again.splitlines()) if "finding" in line}
        if live != read:
            sys.exit(f"live {live}\nof the log {read}")


main()
