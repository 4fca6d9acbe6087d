#!/usr/bin/env python3
"""What a line of `events --json` has, the one of `events --csv` has; and what a line of a log has, `events --from` has, were it
the log's events alone.

    event_csv.py TCPLENS"""
import csv
import json
import subprocess
import sys
import tempfile

NESTED = {"subject", "evidence", "causes"}
EVENTS = {"open", "state", "close"}
OF_LINE = {"seq", "origin", "polled_jump", "start_ticks"}  # of the log, not of the event
ENDS = {"listener": ("laddr", "lport")}


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()


def cells_of(line):
    """As CSV is to show them."""
    line = dict(line)
    subject = line.get("subject", {})
    address, port = ENDS.get(subject.get("kind"), ("raddr", "rport"))
    for key, column in (("address", address), ("port", port), ("pid", "pid"), ("comm", "comm"), ("unit", "unit")):
        if key in subject:
            line[column] = subject[key]
    if "address" in subject:
        line["family"] = "inet6" if ":" in subject["address"] else "inet"
    if "cookie" in line:
        line["cookie"] = "0x" + line["cookie"]
    return {key: value for key, value in line.items() if key not in NESTED}


def is_same(value, cell):
    if value is True:
        return cell == "true"
    if isinstance(value, float):
        return float(cell) == value
    return str(value) == cell.removeprefix("'")


def check_events_alone(tcplens, log):
    with open(log, encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    lines = [line for line in lines if line["ev"] in EVENTS | {"head"}]
    with open(log, "w", encoding="utf-8") as file:
        file.writelines(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)
    read = [json.loads(line) for line in output(tcplens, "events", "--from", log, "--json", "--skip", "all")]
    written = [line for line in lines if line["ev"] != "head"]
    for was, now in zip(written, read, strict=True):
        was, now = ({key: value for key, value in line.items() if key not in OF_LINE} for line in (was, now))
        if was != now:
            sys.exit(f"{was}\nwas read as {now}")
    if not any("unit" in line for line in written):
        sys.exit("no event with a unit")


def main():
    with tempfile.TemporaryDirectory() as folder:
        log = f"{folder}/log.jsonl"
        done = subprocess.run([sys.argv[1], "record", "--demo", "incident,23", "-i", "0.1", "--for", "2", "-o", log],
                              capture_output=True, text=True)
        if done.returncode not in (0, 3):  # 3: a busy machine missed frames
            sys.exit(f"record: {done.returncode}: {done.stderr}")
        lines = [json.loads(line) for line in output(sys.argv[1], "events", "--from", log, "--json")]
        rows = list(csv.DictReader(output(sys.argv[1], "events", "--from", log, "--csv")))
        check_events_alone(sys.argv[1], log)
    if len(lines) != len(rows) or not {line["ev"] for line in lines} >= {"open", "state", "close", "finding"}:
        sys.exit(f"{len(lines)} lines of JSON, {len(rows)} of CSV")
    for line, row in zip(lines, rows):
        wanted = cells_of(line)
        for column, cell in row.items():
            if not is_same(wanted.pop(column, ""), cell):
                sys.exit(f"{column}: {cell} in {row}, {line}")
        if wanted:
            sys.exit(f"no column of {sorted(wanted)}")


main()
