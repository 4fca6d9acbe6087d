#!/usr/bin/env python3
"""Records the kernel's sockets while connections come and go, and checks what doc/session-log.md promises of numbers, times
and order of the lines, and of how long connections lived. In a network namespace of its own (scene --unshare --bare --hold).

    live_log.py TCPLENS CHURN"""
import calendar
import json
import pathlib
import socket
import subprocess
import sys
import tempfile
import time

from log_lines import SLOWNESS, lines_in, wait_for

EVENTS = {"open", "state", "close"}
LEAST = 50  # events
TICKS_NS = 20_000_000  # two of the slowest kernel
SLEWED_NS = 5_000_000  # by which a clock may be corrected meanwhile


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


def check_order(lines):
    before = [0, 0]
    for number, line in enumerate(lines, 1):
        check(line["seq"] == number, f"not line {number}", line)
    for frame in frames_of(lines):
        check_times(frame, before)
        counted = [sum(line["ev"] == kind for line in frame) for kind in ("open", "state", "close", "finding")]
        check(counted == [frame[-1][key] for key in ("opens", "transitions", "closes", "findings")], "miscounted", frame[-1])
        before = [before[1], ns(frame[-1]["t"])]


def check_births(lines):
    """What opened and closed in the log was created when it opened."""
    opened = {}
    for line in lines:
        key = (line.get("netns"), line.get("cookie"))
        if line["ev"] == "open" and line.get("exact"):
            opened[key] = ns(line["t"])
        elif line["ev"] == "close" and line.get("exact") and key in opened:
            check(line["created_min"] == line["created_max"], "no moment of creation, although it was seen", line)
            check(abs(ns(line["created_min"]) - opened[key]) < SLEWED_NS, "created when it did not open", line)


def check_whose(lines):
    """Of short connections, too, which were in no frame before they had ended."""
    rows = {}
    for line in lines:
        if line["ev"] not in EVENTS or line["origin"] != "bpf":
            continue
        check({"netns", "cookie", "uid"} <= line.keys(), "whose it is is not said", line)
        key = (line["netns"], line["cookie"])
        check(rows.setdefault(key, line.get("id")) in (None, line.get("id")), "of another row", line)
        if line.get("id"):
            rows[key] = line["id"]


class Pair:
    """An accepted connection that is older than the recorder; its server never sent anything."""

    def __init__(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.least = time.time_ns()
            self.client = socket.create_connection(listener.getsockname())
            self.server, _ = listener.accept()
            self.most = time.time_ns()
        self.client.sendall(b"x")
        self.ports = self.server.getsockname()[1], self.server.getpeername()[1]

    def close(self):
        self.client.close()
        self.server.recv(2)
        while self.server.recv(1):
            pass
        self.server.close()

    def events_in(self, lines):
        return [line for line in lines if line["ev"] in EVENTS and (line.get("lport"), line.get("rport")) == self.ports]

    def is_closed_in(self, lines):
        return any(line["ev"] == "close" for line in self.events_in(lines))

    def check(self, lines):
        steps = self.events_in(lines)
        end = steps[-1]
        check(end["ev"] == "close" and {"created_min", "created_max", "duration_ms"} <= end.keys(), "its age is not known", end)
        check(ns(end["created_min"]) <= self.most + TICKS_NS, "created before it is said to be", end)
        check(ns(end["created_max"]) >= self.least - TICKS_NS, "created after it is said to be", end)
        age_ms = (ns(end["t"]) - ns(end["created_max"])) / 1e6
        check(abs(age_ms - end["duration_ms"]) < 0.01, f"{age_ms} ms old", end)
        for before, line in zip(steps, steps[1:]):
            if before.get("exact") and line.get("exact") and line["ev"] == "state":
                check("from_ms" in line, "no time between two steps that were seen", line)
                apart_ms = (ns(line["t"]) - ns(before["t"])) / 1e6
                check(abs(apart_ms - line["from_ms"]) < SLEWED_NS / 1e6, f"{apart_ms} ms between", line)


def record(tcplens, log, events):
    pair = Pair()
    with subprocess.Popen([tcplens, "record", "--events", events, "-i", "0.2", "-o", log], stderr=subprocess.DEVNULL) as recorder:
        try:
            wait_for(recorder, log, "frames", lambda lines: sum(line["ev"] == "frame" for line in lines) > 2)
            pair.close()
            wait_for(recorder, log, "events", lambda lines: sum(line["ev"] in EVENTS for line in lines) > LEAST)
            wait_for(recorder, log, "a close", pair.is_closed_in)
        finally:
            recorder.terminate()
    lines = lines_in(log)
    check_order(lines)
    check_births(lines)
    check_whose(lines)
    pair.check(lines)
    return sum(line["ev"] in EVENTS for line in lines)


def main():
    tcplens, churn = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder, subprocess.Popen(
            [churn, "--rate", str(int(300 / SLOWNESS)), "--seconds", "600", "--life", "30", "--how", "mixed", "--stable", "5"],
            stdout=subprocess.PIPE, text=True) as traffic:
        try:
            check(traffic.stdout.readline().strip() == "ready", "churn is not ready", {})
            for events in ("auto", "destroy", "none"):
                print(events, record(tcplens, pathlib.Path(folder, f"{events}.jsonl"), events), "events")
        finally:
            traffic.terminate()
            traffic.stdout.close()


main()
