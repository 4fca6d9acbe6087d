#!/usr/bin/env python3
"""bench.py TCPLENS [ROWS] [NAMESPACES...]: what a frame costs where ROWS connections are in one namespace, and
where they are spread over many: CPU of the collector by the session log, median; how many are read in a frame."""

import json
import resource
import statistics
import subprocess
import sys

import world

TCPLENS = sys.argv[1]
ROWS = int(sys.argv[2]) if len(sys.argv) > 2 else 10000
COUNTS = [int(word) for word in sys.argv[3:]] or [1, 10, 100, 1000]
FRAMES, SECONDS = 3, 9  # the first frames are left out


def frames_of(*words):
    out = subprocess.run([TCPLENS, 'record', '--netns', 'all', '-i', '1', '--for', str(SECONDS), '-o', '-', *words],
                         capture_output=True, text=True, check=False).stdout
    return [json.loads(line) for line in out.splitlines() if line.startswith('{"ev":"frame"')]


def measure(count, *words):
    frames = frames_of(*words)[FRAMES:]
    cpu_ms = statistics.median(frame['cost_cpu_ns'] for frame in frames) / 1e6
    unread = statistics.median(len(frame.get('netns_unread', [])) for frame in frames)
    rows = statistics.median(frame['rows'] for frame in frames)
    print(f'{count:5} namespaces {rows:7.0f} rows: {cpu_ms:7.1f} ms a frame, {unread:4.0f} not read in it'
          f' {" ".join(words)}', flush=True)


def main():
    world.skip_unless_possible()
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    for count in COUNTS:
        namespaces = [world.Namespace() for _ in range(count)]
        for namespace in namespaces:
            namespace.order('fill', max(1, ROWS // 2 // count))
        for namespace in namespaces:
            namespace.answer()
        measure(count)
        measure(count, '--events', 'none')
        for namespace in namespaces:
            namespace.end()
    return 0


if __name__ == '__main__':
    sys.exit(main())
