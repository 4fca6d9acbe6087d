#!/usr/bin/env python3
"""Checks what is easily counted: marks left for later, lengths, sleeps in tests, top-level names.

usage: check_style.py TOP

Each violation is printed as file:line: what; exit 1 if there is one. The table RULES at the end
holds the rules."""

import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import c_source  # noqa: E402

TOP_LEVEL = {'src', 'doc', 'tests', 'CMakeLists.txt', 'README.md', 'LICENSE'}
FILE_LINES = 800
FUNCTION_LINES = 80

LATER = re.compile(r'\b(TO' r'DO|FIX' r'ME|XX' r'X|HA' r'CK)\b')
WRITTEN = ('.c', '.h', '.py', '.sh', '.cmake', '.awk')

SLEEP_C = re.compile(r'\b(sleep|usleep|nanosleep|clock_nanosleep|thrd_sleep|napms)\s*\(')
SLEEP_PYTHON = re.compile(r'\btime\.sleep\s*\(|^\s*from time import .*\bsleep\b')
# A sleep in the background or for ever is a process to look at, not a wait.
SLEEP_SHELL = re.compile(r'(?:^|[;&|({]|\b(?:do|then|else)\s)\s*sleep\s+(?!infinity)[^;&|]*(?!.*&\s*$)')


def list_tree(top):
    """Files of the tree relative to top: what git knows or would add, else what lies there."""
    if os.path.exists(os.path.join(top, '.git')):
        listed = subprocess.run(
            ['git', '-c', f'safe.directory={os.path.realpath(top)}', '-C', top, 'ls-files', '-z',
             '--cached', '--others', '--exclude-standard'], capture_output=True, check=False)
        if listed.returncode == 0:
            names = listed.stdout.decode('utf-8', 'surrogateescape').split('\0')
            return sorted({name for name in names if os.path.isfile(os.path.join(top, name))})
    return [path for path in c_source.files_under(top, ('',)) if not path.startswith('build')]


def first_line(top, path):
    with open(os.path.join(top, path), 'rb') as file:
        return file.readline(200)


def kind_of(top, path):
    """The language of a file: by its name, else by its #! line."""
    suffix = os.path.splitext(path)[1]
    kinds = {'.c': 'c', '.h': 'c', '.py': 'python', '.sh': 'shell'}
    if suffix in kinds:
        return kinds[suffix]
    head = first_line(top, path) if not suffix else b''
    if head.startswith(b'#!'):
        return 'python' if b'python' in head else 'shell' if head.rstrip().endswith(b'sh') else None
    return None


def check_top_level(_top, path, _kind, _text):
    name = path.split('/')[0]
    if not name.startswith('.') and name not in TOP_LEVEL:
        yield 1, f'"{name}" has no place at the top: only {", ".join(sorted(TOP_LEVEL))}'


def check_later(_top, path, kind, text):
    if kind or path.endswith(('CMakeLists.txt', '.md', '.cmake')):
        for number, line in enumerate(text.split('\n'), 1):
            found = LATER.search(line)
            if found:
                yield number, f'{found.group()}: do it, or file it'


def check_file_length(_top, path, kind, text):
    lines = text.count('\n')
    if (kind or path.endswith(WRITTEN)) and lines > FILE_LINES:
        yield FILE_LINES + 1, f'{lines} lines: at most {FILE_LINES} in a file'


def check_function_length(_top, _path, kind, text):
    if kind == 'c':
        for number, lines in c_source.functions_of(text):
            if lines > FUNCTION_LINES:
                yield number, f'a function of {lines} lines: at most {FUNCTION_LINES}'


def check_sleep(_top, path, kind, text):
    if not path.startswith('tests/') or path.startswith(('tests/bench/', 'tests/style/')):
        return
    pattern = {'c': SLEEP_C, 'python': SLEEP_PYTHON, 'shell': SLEEP_SHELL}.get(kind)
    if pattern is None:
        return
    code = c_source.code_of(text) if kind == 'c' else text
    for number, line in enumerate(code.split('\n'), 1):
        if not line.lstrip().startswith('#') and pattern.search(line):
            yield number, 'a sleep: wait for the condition, with a deadline'


def check_python(_top, path, kind, text):
    if kind == 'python':
        try:
            compile(text, path, 'exec')
        except SyntaxError as error:
            yield error.lineno or 1, f'no Python: {error.msg}'


RULES = [check_top_level, check_later, check_file_length, check_function_length, check_sleep,
         check_python]


def check_tree(top):
    for path in list_tree(top):
        kind = kind_of(top, path)
        text = c_source.read(os.path.join(top, path))
        for rule in RULES:
            for number, what in rule(top, path, kind, text):
                yield f'{path}:{number}: {what}'


def main(arguments):
    if len(arguments) == 3 and arguments[1] == '--shell-scripts':
        scripts = [path for path in list_tree(arguments[2])
                   if kind_of(arguments[2], path) == 'shell']
        print('\n'.join(scripts))
        return 0
    if len(arguments) != 2:
        sys.exit('usage: check_style.py [--shell-scripts] TOP')
    if not os.path.isfile(os.path.join(arguments[1], 'CMakeLists.txt')):
        sys.exit(f'check_style: no CMakeLists.txt in {arguments[1]}: give the top folder')
    found = list(check_tree(arguments[1]))
    for line in found:
        print(line)
    print(f'{len(found)} violations')
    return 1 if found else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv))
