#!/usr/bin/env python3
"""Checks lines that the program writes against doc/schema.json: rows, events and findings of the demo, of the kernel, and of
a session log; calls that fail here, where the kernel reports them. Exit code 77: there is no jsonschema for this Python.

    test_schema.py TCPLENS doc/schema.json"""
import json
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time

try:
    import jsonschema
except ImportError:
    print("not tried: no jsonschema (python3-jsonschema)")
    sys.exit(77)

EVENTS = {"open", "state", "close", "gap"}
# What only a session log's lines of events have (doc/session-log.md).
LOG_ONLY = {"of", "origin", "polled_jump", "start_ticks"}
# Keys that these scenes are bound to write: a schema that allows too much is found out.
ROW_LEAST = {"state", "laddr", "lport", "pid", "comm", "owners", "rtt_us", "in_bytes", "out_bytes", "cookie"}
EVENT_LEAST = {"ev", "t", "from", "to", "laddr", "lport", "pid", "comm", "user", "unit", "from_ms", "duration_ms"}
FINDING_LEAST = {"step", "id", "finding", "severity", "subject", "since", "evidence", "filter", "title"}
FAILURE_LEAST = {"call", "errno", "error", "laddr", "lport", "pid", "comm", "count", "first", "last"}


def lines_of(*command):
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [json.loads(line) for line in output.splitlines()]


def check(validator, what, lines, least):
    seen = set()
    for line in lines:
        seen |= line.keys()
        error = next(validator.iter_errors(line), None)
        if error:
            sys.exit(f"{what}: {error.message} in {json.dumps(line)[:300]}")
    if least - seen:
        sys.exit(f"{what}: {len(lines)} lines, without {sorted(least - seen)}")


def record_failures(tcplens, log):
    """Calls of bind() that fail, until a recording has them; None: the kernel does not report them here."""
    with socket.create_server(("127.0.0.1", 0)) as taken, \
            subprocess.Popen([tcplens, "record", "-i", "0.1", "-o", log], stderr=subprocess.DEVNULL) as recording:
        deadline, text = time.monotonic() + 20, ""
        while '"ev":"failure"' not in text and time.monotonic() < deadline and recording.poll() is None:
            with socket.socket() as other:
                try:
                    other.bind(taken.getsockname())
                except OSError:
                    pass
            text = pathlib.Path(log).read_text() if pathlib.Path(log).exists() else ""
            if text.count('"ev":"frame"') > 20 and "traces_bind" not in text:
                break
        recording.send_signal(signal.SIGTERM)
        recording.wait(60)
    lines = [json.loads(line) for line in pathlib.Path(log).read_text().splitlines()]
    failures = [line for line in lines if line["ev"] == "failure"]
    return failures if failures or "traces_bind" in text else None


def main():
    tcplens, path = sys.argv[1:]
    schema = json.loads(pathlib.Path(path).read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    row, event, finding, failure = (jsonschema.Draft202012Validator({**schema["$defs"][name]})
                                    for name in ("row", "event", "finding", "failure"))

    check(row, "list --demo", lines_of(tcplens, "list", "--demo", "7", "--json"), ROW_LEAST)
    check(row, "list", lines_of(tcplens, "list", "--json"), set())
    demo = lines_of(tcplens, "events", "--demo", "7", "--for", "2", "-i", "0.1", "--json")
    check(event, "events --demo", [line for line in demo if line["ev"] in EVENTS], EVENT_LEAST)
    outage = lines_of(tcplens, "events", "--demo", "incident,23", "--for", "1", "-i", "0.1", "--json")
    check(finding, "findings", [line for line in outage if line["ev"] == "finding"], FINDING_LEAST)
    with tempfile.TemporaryDirectory() as folder:
        failures = record_failures(tcplens, f"{folder}/failures.jsonl")
        if failures is None:
            print("failing calls: not tried: the kernel does not report them here")
        else:
            check(failure, "failures", failures, FAILURE_LEAST)
        log = f"{folder}/log.jsonl"
        done = subprocess.run([tcplens, "record", "--demo", "7", "--for", "2", "-i", "0.1", "-o", log],
                              capture_output=True, text=True)
        if done.returncode not in (0, 3):  # 3: a busy machine missed frames
            sys.exit(f"record: {done.returncode}: {done.stderr}")
        written = [json.loads(line) for line in pathlib.Path(log).read_text().splitlines()]
        logged = [{key: value for key, value in line.items() if key not in LOG_ONLY}
                  for line in written if line["ev"] in EVENTS]
        check(event, "events of a log", logged, EVENT_LEAST)
        check(finding, "findings of a log", [line for line in written if line["ev"] == "finding"], set())
        check(row, "list --from a log", lines_of(tcplens, "list", "--from", log, "--json"), ROW_LEAST)


main()
