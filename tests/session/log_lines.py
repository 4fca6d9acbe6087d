"""The lines of a session log that is still being written, for tests that record."""
import contextlib
import json
import os
import subprocess
import sys
import time

DEADLINE_S = 20 * float(os.environ.get("TCPLENS_TEST_SLOWNESS", "1"))


def lines_in(log):
    text = log.read_text() if log.exists() else ""
    return [json.loads(line) for line in text[:text.rfind("\n") + 1].splitlines()]


def wait_for(recorder, log, what, holds):
    deadline = time.monotonic() + DEADLINE_S
    while not holds(lines_in(log)):
        if time.monotonic() > deadline or recorder.poll() is not None:
            sys.exit(f"{log.name}: {what}: not in time")
        with contextlib.suppress(subprocess.TimeoutExpired):
            recorder.wait(0.1)
