"""What is expected of a run under a fault: the right output, or words that say what is missing from it. Each judge is made of
runs without a fault; it returns a verdict of VERDICTS and, for the bad ones, what was seen."""

import json
import re

GOOD = ('right', 'unknown', 'said', 'failed')
# unknown: facts are absent, which is how JSON says that they are not known; failed: with a message and an exit code other
# than 0
BAD = ('crash', 'hang', 'mute', 'silent', 'torn', 'terminal')
# silent: exit 0, nothing said, and yet not the right output; mute: another exit code without a message
OWNER_UNKNOWN = ('hidden', 'late', 'unknown', 'unseen')
ESCAPES = re.compile('[\x00-\x08\x0b-\x1f\x7f-\x9f]')
SANITIZERS = re.compile('(Address|Leak|UndefinedBehavior)Sanitizer:|runtime error:')
TIMES = re.compile('_ms$|age$|since|created')  # what moves by itself


def judge_exit(result):
    """The verdicts that do not depend on the output, or None."""
    if result.code is None:
        return 'hang', result.err[-300:]
    if SANITIZERS.search(result.err):
        return 'crash', result.err[-3000:]
    if result.crashed() or result.code > 128:
        return 'crash', f'exit {result.code}: {result.err[-1500:]}'
    if result.tty:
        return 'terminal', result.tty
    if not result.painted and ESCAPES.search(result.out + result.err):
        return 'terminal', 'it printed a control character'
    if result.code and not result.err.strip():
        return 'mute', f'exit {result.code}'
    return None


def may_stand_for(name, value, wanted):
    """The fact itself, or that it is not known; or a user by the name that a hostile /etc/passwd gives."""
    if isinstance(value, dict) and isinstance(wanted, dict):
        return all(may_stand_for(key, value.get(key), wanted[key]) for key in wanted)
    return (value == wanted or value is None or (name == 'owner' and value in OWNER_UNKNOWN) or
            (name == 'user' and value.startswith(f'{wanted}\\x1b')))


class Rows:
    """JSON objects, one a line: those keys count whose values are the same in all runs without a fault."""

    def __init__(self, identity, runs):
        self.identity = identity
        tables = [self.table(run.out) for run in runs]
        self.wanted = {}
        for key, row in tables[0].items():
            self.wanted[key] = {name: value for name, value in row.items()
                                if not TIMES.search(name) and all(t[key].get(name) == value for t in tables)}

    def table(self, text):
        rows = [json.loads(line) for line in text.splitlines()]
        return {tuple(str(row.get(name)) for name in self.identity): row for row in rows}

    def differs(self, result):
        try:
            rows = self.table(result.out)
        except ValueError:
            return 'a line is not JSON'
        for key, wanted in self.wanted.items():
            if key not in rows:
                return f'lacks {key}'
            for name, value in wanted.items():
                if not may_stand_for(name, rows[key].get(name), value):
                    return f'{key}: {name} is {rows[key].get(name)}, not {value}'
        more = rows.keys() - self.wanted.keys()
        return f'more: {sorted(more)[0]}' if more else ''

    def has_unknown(self, result):
        rows = self.table(result.out)
        return any(rows[key].get(name) != value for key, wanted in self.wanted.items() for name, value in wanted.items())


class Text:
    """The same bytes, but for what a pattern blanks out. less: makes what stands for it where facts are not known."""

    def __init__(self, blank, runs, less=None):
        self.blank, self.less = blank, less
        self.wanted = self.text_of(runs[0])
        for run in runs:
            assert self.text_of(run) == self.wanted, 'runs without a fault differ'

    def has_unknown(self, result):
        return self.less is not None and self.text_of(result) == self.less(self.wanted)

    def text_of(self, result):
        return self.blank(result.out)

    def differs(self, result):
        got = self.text_of(result)
        if got == self.wanted or self.has_unknown(result):
            return ''
        for i, (one, other) in enumerate(zip(got.splitlines(), self.wanted.splitlines())):
            if one != other:
                return f'line {i + 1}: {one[:100]!r}, not {other[:100]!r}'
        return f'{len(got.splitlines())} lines, not {len(self.wanted.splitlines())}'


class Picture(Text):
    """Of the screen: one in ASCII where the locale cannot be loaded, or one that says itself what could not be read (dots in
    the time bar: not counted)."""
    says = re.compile('y="25.4"[^>]*>·|(?:lacks?|missing|cannot|no) [^<]*: (?:Input/output error|Cannot allocate memory|Too many open files)')

    def __init__(self, blank, runs, plain):
        super().__init__(blank, runs, lambda wanted: self.text_of(plain))

    def differs(self, result):
        differs = super().differs(result)
        said = differs and self.says.search(result.out)
        if said:
            result.err += said[0]
        return differs


class Quiet(Text):
    """Events of sockets that do nothing: none, or a gap, which says that some were missed."""

    def differs(self, result):
        differs = super().differs(result)
        if differs and all(line.startswith('{"ev":"gap"') for line in result.out.splitlines()):
            result.err += result.out
        return differs


class Beginning:
    """Events of which there are as many as time allowed. A finding begins with the first frame that was seen with it, which a
    wake-up that fails makes a later one: findings are compared but for their time."""

    def __init__(self, runs):
        self.wanted, self.found = max((self.take_apart(run.out) for run in runs), key=lambda parts: len(parts[0]))
        for run in runs:
            assert not self.differs(run), 'runs without a fault differ'

    def take_apart(self, text):
        """The events, without their numbers, and what was found of whom."""
        lines = [json.loads(line) for line in text.splitlines()]
        events = [{name: value for name, value in line.items() if name != 'seq'} for line in lines if line['ev'] != 'finding']
        return events, [(line['finding'], line['subject']) for line in lines if line['ev'] == 'finding']

    def has_unknown(self, result):
        return False

    def differs(self, result):
        try:
            events, found = self.take_apart(result.out)
        except ValueError:
            return 'a line is not JSON'
        for i, (one, other) in enumerate(zip(events, self.wanted)):
            if one != other:
                return f'event {i + 1}: {one}, not {other}'
        more = [one for one in found if one not in self.found]
        return f'found: {more[0]}' if more else ''


def judge_output(expected, result):
    bad = judge_exit(result)
    if bad:
        return bad
    differs = expected.differs(result)
    if not differs:
        return ('failed' if result.code else 'unknown' if expected.has_unknown(result) else 'right'), ''
    if result.code and result.code != 3:
        return 'failed', ''
    if result.err.strip():
        return 'said', ''
    return 'silent', differs
