"""C text for the checkers of tests/style and tests/layers: comments and literals blanked out,
lines kept where they are. Knows C's lexical rules, not its grammar."""

import os
import re

_TOKEN = re.compile(
    r'//(?:\\\n|[^\n])*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL
)
_INCLUDE = re.compile(r'^\s*#\s*include\s*(<[^>\n]+>|"[^"\n]+")', re.MULTILINE)


def _blank(match):
    return re.sub(r'[^\n]', ' ', match.group())


def _blank_comment(match):
    return _blank(match) if match.group().startswith('/') else match.group()


def code_of(text):
    """The text without comments, strings and character literals."""
    return _TOKEN.sub(_blank, text)


def includes_of(text):
    """(line number, '<name>' or '"name"') of each include."""
    bare = _TOKEN.sub(_blank_comment, text)
    return [(line_of(bare, found.start(1)), found.group(1)) for found in _INCLUDE.finditer(bare)]


def line_of(text, offset):
    return text.count('\n', 0, offset) + 1


def functions_of(text):
    """(line number, length in lines) of each function body: braces in the first column."""
    lines = code_of(text).split('\n')
    start = None
    for number, line in enumerate(lines, 1):
        if line.rstrip() == '{':
            start = number
        elif line.rstrip() == '}' and start is not None:
            yield start, number - start + 1
            start = None


def files_under(top, suffixes):
    """Paths below top with one of the suffixes, in order, relative to top."""
    for folder, folders, names in os.walk(top):
        folders.sort()
        for name in sorted(names):
            if name.endswith(suffixes):
                yield os.path.relpath(os.path.join(folder, name), top)


def read(path):
    with open(path, encoding='utf-8', errors='replace') as file:
        return file.read()
