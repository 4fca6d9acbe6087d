#!/usr/bin/env python3
"""Records the kernel's sockets while connections come and go, and checks what doc/session-log.md promises of numbers, times
and order of the lines. In a network namespace of its own (scene --unshare --bare --hold).

    live_log.py TCPLENS CHURN"""
import calendar
import json
import pathlib
import subprocess
import sys
import tempfile
import time

EVENTS = {"open", "state", "close"}
LEAST = 50  # events


def ns(text):
    return calendar.timegm(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S")) * 10**9 + int(text[20:29])


def check(holds, what, line):
    if not holds:
        sys.exit(f"{what}: {json.dumps(line)[:400]}")


def frames_of(lines):
    """The lines of each frame; its last one is the frame line."""
    frame = []
    for line in lines:
        frame.append(line)
        if line["ev"] == "frame":
            yield frame
            frame = []


def check_times(frame, before):
    """before: times of the two frames before it, 0 where there was none."""
    end = frame[-1]
    now = ns(end["t"])
    check(now > before[1], "a frame is not later than the one before", end)
    last = 0
    for line in frame:
        at = ns(line["t"])
        if line["ev"] not in EVENTS:
            check(at == now, "not the time of its frame", line)
            continue
        check(at >= last, "earlier than the event before", line)
        check(at <= now + end["cost_wall_ns"], "an event later than its frame was made", line)
        check(at >= before[0], "an event of before the frame before the last one", line)
        last = at


def check_log(lines):
    before = [0, 0]
    for number, line in enumerate(lines, 1):
        check(line["seq"] == number, f"not line {number}", line)
    for frame in frames_of(lines):
        check_times(frame, before)
        counted = [sum(line["ev"] == kind for line in frame) for kind in ("open", "state", "close", "finding")]
        check(counted == [frame[-1][key] for key in ("opens", "transitions", "closes", "findings")], "miscounted", frame[-1])
        before = [before[1], ns(frame[-1]["t"])]


def record(tcplens, log, events):
    """Longer where the machine is too busy for enough events."""
    for seconds in (1.2, 5, 20):
        pathlib.Path(log).unlink(missing_ok=True)
        subprocess.run([tcplens, "record", "--events", events, "-i", "0.2", "--for", str(seconds), "-o", log],
                       check=True, capture_output=True)
        lines = [json.loads(line) for line in pathlib.Path(log).read_text().splitlines()]
        check_log(lines)
        count = sum(line["ev"] in EVENTS for line in lines)
        if count >= LEAST:
            return count
    sys.exit(f"--events {events}: {count} events only")


def main():
    tcplens, churn = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder, subprocess.Popen(
            [churn, "--rate", "300", "--seconds", "600", "--life", "30", "--how", "mixed", "--stable", "5"],
            stdout=subprocess.PIPE, text=True) as traffic:
        try:
            check(traffic.stdout.readline().strip() == "ready", "churn is not ready", {})
            for events in ("auto", "destroy"):
                print(events, record(tcplens, f"{folder}/{events}.jsonl", events), "events")
        finally:
            traffic.terminate()
            traffic.stdout.close()


main()
