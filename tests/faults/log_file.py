"""A session log as written under a fault: whole lines, numbered without a hole, as many frames as were reported, and what is
missing said in it or on standard error."""

import json
import os
import re

import judge

REPORT = re.compile(r'record: (\d+) frames, (\d+) events(?:.*missed (\d+) frames, (?:at most )?(\d+) events)?')
PLACE = ('laddr', 'lport', 'raddr', 'rport')
# Of a row, and of the process that owns it.
FACTS = ('state', 'inode', 'uid', 'user', 'pid', 'comm', 'owner', 'recvq', 'cookie')


class Log:
    def __init__(self, path):
        self.fault, self.lines = '', []
        if not os.path.exists(path):
            return
        with open(path, 'rb') as file:
            data = file.read()
        if data and not data.endswith(b'\n'):
            self.fault = 'its last line is torn'
        for line in data.splitlines():
            try:
                self.lines.append(json.loads(line))
            except ValueError:
                self.fault = f'not JSON: {line[:80]!r}'
        seqs = [line['seq'] for line in self.lines]
        if not self.fault and seqs != list(range(1, len(seqs) + 1)):
            self.fault = 'its numbers have a hole'

    def of(self, *kinds):
        return [line for line in self.lines if line['ev'] in kinds]

    def says_what_it_lacks(self):
        return bool(self.of('gap')) or any('missing' in frame for frame in self.of('frame'))

    def frames(self):
        """The rows of each frame, by where they are."""
        rows, frames = {}, []
        for line in self.lines:
            if line['ev'] == 'head':
                rows = {}
            elif line['ev'] in ('row', 'sample') and 'left' in line:
                rows.pop(line['id'], None)
            elif line['ev'] in ('row', 'sample'):
                rows.setdefault(line['id'], {}).update(line)
            elif line['ev'] == 'frame':
                frames.append({tuple(row.get(name) for name in PLACE): {name: row.get(name) for name in FACTS}
                               for row in rows.values()})
        return frames

    def events(self):
        return [tuple(line.get(name) for name in ('ev', 't', 'from', 'to') + PLACE + ('pid', 'comm'))
                for line in self.of('open', 'state', 'close')]


class FrozenLog:
    """Of a scene in which nothing happens: every frame is the same."""

    def __init__(self, logs):
        self.wanted = logs[0].frames()[0]
        for log in logs:
            assert all(frame == self.wanted for frame in log.frames()), 'frames without a fault differ'

    def differs(self, log):
        for number, frame in enumerate(log.frames()):
            if frame.keys() != self.wanted.keys():
                return f'frame {number}: {first_difference(frame, self.wanted)}'
            for place, wanted in self.wanted.items():
                if not all(judge.may_stand_for(name, frame[place][name], wanted[name]) for name in FACTS):
                    return f'frame {number}: {first_difference(frame[place], wanted)}'
        return ''


class DemoLog:
    """Of a demo: the same events in the same order, however many frames there are."""

    def __init__(self, logs):
        self.events = max((log.events() for log in logs), key=len)
        self.frames = max((log.frames() for log in logs), key=len)
        for log in logs:
            assert not self.differs(log), 'runs without a fault differ'

    def differs(self, log):
        for name, got, wanted in (('event', log.events(), self.events), ('frame', log.frames(), self.frames)):
            for number, (one, other) in enumerate(zip(got, wanted)):
                if one != other:
                    return f'{name} {number}: {first_difference(one, other)}'
        return ''


def first_difference(one, other):
    if isinstance(one, dict):
        for key in [*other, *one]:
            if one.get(key) != other.get(key):
                return f'{key}: {one.get(key)}, not {other.get(key)}'
    return f'{one}, not {other}'


def judge_log(expected, result, path):
    """As judge_output. `expected`: FrozenLog or DemoLog."""
    log = Log(path)
    report = REPORT.search(result.err)
    told = bool(result.code and result.err.strip())
    if log.fault:
        return 'torn', f'{log.fault}; exit {result.code}: {result.err[-200:]}'
    if report and int(report[1]) != len(log.of('frame')):
        return 'silent', f'{report[0]!r}, but it has {len(log.of("frame"))}'
    differs = expected.differs(log)
    if differs and not log.says_what_it_lacks() and not told:
        return 'silent', differs
    if result.code == 0:
        if any(gap.get('of') == 'frames' for gap in log.of('gap')):
            return 'silent', f'exit 0 with a gap of frames: {result.err[-200:]}'
        if not log.of('frame'):
            return 'silent', 'exit 0 without a frame'
        return ('said' if differs or log.says_what_it_lacks() else 'right'), ''
    return ('said' if result.code == 3 else 'failed'), ''
