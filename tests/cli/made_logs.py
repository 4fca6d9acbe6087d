#!/usr/bin/env python3
"""Logs that were made to hold what recordings rarely do: what the commands that read them say of it.

    made_logs.py TCPLENS"""
import datetime
import json
import pathlib
import subprocess
import sys
import tempfile

from checks import check, exit_code

NETNS = 4026531840
BURST = 66000  # events between two frames: more than are kept of a live session


def time_of(at_s):
    moment = datetime.datetime(2026, 11, 28, 9, 0) + datetime.timedelta(seconds=at_s)
    return moment.isoformat(timespec="microseconds") + "000Z"


class Log:
    """Lines as the format has them; times in seconds since the log began."""

    def __init__(self, path, head):
        self.path, self.head = path, head
        self.lines = []
        self.counts = dict.fromkeys(("open", "state", "close"), 0)
        self.frames = self.rows = 0

    def put(self, kind, at_s, **keys):
        self.lines.append({"ev": kind, "t": time_of(at_s), "seq": len(self.lines) + 1, **keys})
        if kind in self.counts:
            self.counts[kind] += 1

    def begin(self, at_s, start_s=0):
        """A keyframe that follows stands for itself."""
        kept = {key: value for key, value in self.head.items() if key not in ("ev", "t", "seq", "start", "findings")}
        self.put("head", at_s, **kept, start=time_of(start_s))
        self.rows = 0

    def process(self, at_s, number, pid, user, unit):
        self.put("proc", at_s, id=number, pid=pid, uid=pid, user=user, comm=f"p{pid}", unit=unit)

    def end(self, kind, at_s, port, **keys):
        """Of a connection of 10.0.0.5."""
        if kind == "row":
            self.rows += 1
        self.put(kind, at_s, proto="tcp", family="inet", laddr="10.0.0.5", lport=port, raddr="203.0.113.80", rport=443,
                 netns=NETNS, **keys)

    def frame(self, at_s, key=True, **keys):
        self.frames += 1
        self.put("frame", at_s, number=self.frames, key=key, mono_ns=int((1000 + at_s) * 1e9), netns=NETNS,
                 netns_is_host=True, rows=self.rows, ghosts=0, opens=self.counts["open"],
                 transitions=self.counts["state"], closes=self.counts["close"], **keys)
        self.counts = dict.fromkeys(self.counts, 0)

    def write(self):
        self.path.write_text("".join(json.dumps(line, separators=(",", ":")) + "\n" for line in self.lines))
        return self.path


def run(tcplens, *arguments):
    """What it prints, line by line; it must have nothing to complain of."""
    done = subprocess.run([tcplens, *map(str, arguments)], capture_output=True, text=True, check=False)
    check(f"{arguments[0]} reads it whole", done.returncode == 0 and not done.stderr, done.stderr)
    return list(map(json.loads, done.stdout.splitlines()))


def from_logs(logs):
    return [word for log in logs for word in ("--from", log)]


def check_burst(tcplens, make):
    """All events between two frames, however many."""
    logs = []
    for name in ("burst-1", "burst-2"):
        log = make(name)
        log.begin(1)
        log.frame(1)
        for i in range(BURST):
            log.end("open", 1.5, 1000 + i % 60000, to="SYN-SENT", cookie=f"{i + 1:x}")
        log.frame(2, key=False)
        logs.append(log.write())
    for which in (logs[:1], logs):
        events = run(tcplens, "events", "--json", "--skip", "all", *from_logs(which))
        kinds = [event["ev"] for event in events]
        check(f"a burst in {len(which)} log(s)", kinds == ["open"] * BURST * len(which),
              f"{kinds.count('open')} opens, {kinds.count('gap')} gaps")
    summary, = run(tcplens, "summary", "--json", logs[0])
    check("the burst in a summary", summary["opened"] == BURST and not summary.get("lost"), summary)


def check_frameless(tcplens, make):
    """A log that was filtered to its events."""
    log = make("frameless")
    log.begin(1)
    for i in range(BURST):
        log.end("open", 1.5, 1000 + i % 60000, to="SYN-SENT", cookie=f"{i + 1:x}")
    path = log.write()
    summary, = run(tcplens, "summary", "--json", path)
    check("events without a frame in a summary", summary["opened"] == BURST and not summary.get("lost"), summary)


def check_owners(tcplens, make):
    """Each event has the user and the unit of its own frame's process."""
    log = make("owners")
    alice, bob = (100, "alice", "a.service"), (200, "bob", "b.service")
    for at_s, processes, opens in ((1, (alice, bob), True), (2, (alice, bob), False), (3, (bob, alice), True)):
        log.begin(at_s)
        if opens:
            log.end("open", at_s, 1000 + at_s, to="SYN-SENT", cookie=f"{at_s}", pid=200, comm="p200")
        for number, process in enumerate(processes, 1):
            log.process(at_s, number, *process)
        log.frame(at_s)
    other = make("other")
    other.begin(1)
    for at_s in (1, 2, 3):
        other.frame(at_s, key=at_s == 1)
    events = run(tcplens, "events", "--json", "--skip", "all", *from_logs([log.write(), other.write()]))
    seen = [(event.get("user"), event.get("unit")) for event in events]
    check("the owner of the frame of an event", seen == [("bob", "b.service")] * 2, seen)


def check_recordings(tcplens, make):
    """Each recording numbers its rows anew; what a row had sent before it is not the log's."""
    log = make("recordings")
    sent = {"out_bytes": 900, "bytes_sent": 1000, "bytes_retrans": 100}
    for start_s, port, factor in ((1, 5001, 1), (11, 5002, 7)):
        log.begin(start_s, start_s)
        created = {2: time_of(-3600), 3: time_of(start_s + 1)}
        for frame in range(3):  # one more row in each
            log.rows = 0
            for number in range(1, frame + 2):
                bounds = dict.fromkeys(("created_min", "created_max"), created[number]) if number in created else {}
                log.end("row", start_s + frame, port, id=number, state="ESTABLISHED", cookie=f"{port + number:x}", **bounds,
                        **{key: value * factor for key, value in sent.items()})
            log.frame(start_s + frame, key=frame == 0)
    path = log.write()
    summary, = run(tcplens, "summary", "--json", path)
    places = [(place["retrans_bytes"], place["sent_bytes"]) for place in summary["retransmitters"]]
    check("what two recordings retransmitted", places == [(800, 8000)], summary)


def main():
    tcplens = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        demo = folder / "demo.jsonl"
        subprocess.run([tcplens, "record", "--demo", "1,3", "-i", "0.1", "--for", "0.1", "-o", demo], check=True,
                       capture_output=True)
        head = json.loads(demo.read_text().splitlines()[0])

        def make(name):
            return Log(folder / f"{name}.jsonl", dict(head, source="sock_diag", host=name))

        check_burst(tcplens, make)
        check_frameless(tcplens, make)
        check_owners(tcplens, make)
        check_recordings(tcplens, make)
    return exit_code()


if __name__ == "__main__":
    sys.exit(main())
