#!/usr/bin/env python3
"""Shows that check_style.py finds a planted violation of each rule and leaves the rest alone."""

import os
import unittest

from planted import run_checker

CHECKER = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'check_style.py')


def check(files):
    code, lines = run_checker(CHECKER, {'CMakeLists.txt': '', **files})
    return code, lines[:-2]


def function(lines):
    return 'int f(void)\n{\n' + '    g();\n' * (lines - 2) + '}\n'


class Planted(unittest.TestCase):
    def assert_found(self, name, text, line, what):
        code, found = check({name: text})
        self.assertEqual(code, 1, found)
        self.assertEqual(len(found), 1, found)
        self.assertTrue(found[0].startswith(f'{name}:{line}: '), found)
        self.assertIn(what, found[0])

    def assert_clean(self, name, text):
        self.assertEqual(check({name: text}), (0, []))

    def test_marks(self):
        mark = 'TO' + 'DO'
        for name in ('src/a.c', 'doc/a.md', 'tests/a.py', 'src/CMakeLists.txt'):
            with self.subTest(name=name):
                self.assert_found(name, f'\n# {mark}: later\n' if name[-1] != 'c'
                                  else f'\n/* {mark} */\n', 2, mark)

    def test_lengths(self):
        self.assert_found('src/a.c', function(81), 2, '81 lines')
        self.assert_clean('src/a.c', function(80) + function(80))
        self.assert_found('src/a.h', '\n' * 801, 801, '801 lines')
        self.assert_clean('tests/golden.txt', '\n' * 501)
        self.assert_clean('src/a.c', 'int t[] =\n{\n' + '    1,\n' * 90 + '};\n')

    def test_sleeps(self):
        self.assert_found('tests/a/a.c', '\n    usleep(10);\n', 2, 'sleep')
        self.assert_found('tests/a/a.py', 'import time\ntime.sleep(1)\n', 2, 'sleep')
        for text in ('sleep 1', 'while ! x; do sleep 0.1; done', 'x && sleep 1', 'x & sleep 2'):
            with self.subTest(text=text):
                self.assert_found('tests/a/a', f'#!/bin/sh\n{text}\n', 2, 'sleep')
        for text in ('sleep 60 &', 'sleep infinity', '# sleep 1', 'no_sleep 1'):
            with self.subTest(text=text):
                self.assert_clean('tests/a/a.sh', f'#!/bin/sh\n{text}\n')
        self.assert_clean('tests/bench/a.c', 'usleep(10);\n')
        self.assert_clean('tests/a/a.c', '/* usleep(10) */ const char *s = "sleep(1)";\n')

    def test_top_level(self):
        self.assert_found('notes/a.txt', '', 1, 'notes')
        self.assert_clean('.ci/a', '')
        self.assert_clean('doc/a.md', '')

    def test_python(self):
        self.assert_found('tests/a.py', 'def f(:\n', 1, 'Python')


if __name__ == '__main__':
    unittest.main()
