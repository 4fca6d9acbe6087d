"""The lines of a session log that is still being written, for tests that record."""
import contextlib
import json
import os
import subprocess
import sys
import time

SLOWNESS = float(os.environ.get("TCPLENS_TEST_SLOWNESS", "1"))  # as in tests/cli/wait.sh
DEADLINE_S = 20 * SLOWNESS
_read = {}  # of each log: bytes that were read, and their lines


def lines_in(log):
    """Read on from where it was left: a log of busy traffic may grow faster than all of it is read again."""
    offset, lines = _read.setdefault(log, [0, []])
    if log.exists():
        with log.open("rb") as file:
            file.seek(offset)
            added = file.read()
        added = added[:added.rfind(b"\n") + 1]
        lines += map(json.loads, added.splitlines())
        _read[log][0] += len(added)
    return lines


def wait_for(recorder, log, what, holds):
    deadline = time.monotonic() + DEADLINE_S
    while not holds(lines_in(log)):
        if time.monotonic() > deadline or recorder.poll() is not None:
            sys.exit(f"{log.name}: {what}: not in time")
        with contextlib.suppress(subprocess.TimeoutExpired):
            recorder.wait(0.1)
