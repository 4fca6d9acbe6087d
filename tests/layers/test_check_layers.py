#!/usr/bin/env python3
"""Shows that check_layers.py finds a planted violation of each rule, where it is, and nothing
else."""

import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'style'))
from planted import run_checker  # noqa: E402

CHECKER = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'check_layers.py')


def check(files):
    """Exit code and the reported lines for a src/ of these files (name -> text)."""
    code, lines = run_checker(CHECKER, files)
    return code, [line for line in lines if line.startswith('src/')]


class Planted(unittest.TestCase):
    def assert_found(self, name, text, line, rule, others=None):
        files = {name: text, **(others or {})}
        code, found = check(files)
        self.assertEqual(code, 1, found)
        self.assertEqual(len(found), 1, found)
        self.assertTrue(found[0].startswith(f'src/{name}:{line}: '), found)
        self.assertIn(rule, found[0])

    def assert_clean(self, files):
        self.assertEqual(check(files), (0, []))

    def test_layers(self):
        for name, include in [('core/a.c', 'ui/b.h'), ('core/a.c', 'collect/collect.h'),
                              ('source/a.c', 'session/format/format.h'), ('session/a.c', 'source/b.h'),
                              ('ui/a.h', 'source/b.h'), ('ui/a.c', 'act/act.h')]:
            with self.subTest(name=name, include=include):
                self.assert_found(name, f'\n#include "{include}"\n', 2, 'may include')

    def test_a_path_that_climbs(self):
        self.assert_found('core/a.c', '#include "../ui/b.h"\n', 1, 'core may include base and core only',
                          {'ui/b.h': ''})

    def test_a_folder_that_is_no_layer(self):
        self.assert_found('net/a.c', '#include "core/a.h"\n', 1, 'no layer')

    def test_libraries(self):
        for name, header in [('ui/pane/pane.c', 'ncursesw/curses.h'), ('ui/term/term.h', 'curses.h'),
                             ('source/live.c', 'libmnl/libmnl.h'), ('command/top.c', 'curses.h'),
                             ('source/procnet.c', 'libproc2/pids.h'), ('act/act.c', 'bpf/bpf.h')]:
            with self.subTest(name=name, header=header):
                self.assert_found(name, f'/*\n*/\n#  include <{header}>\n', 3, ' only')

    def test_a_library_in_quotes(self):
        self.assert_found('command/top.c', '#include "curses.h"\n', 1, 'curses')

    def test_pure_headers(self):
        for name in ('core/a.c', 'core/a.h', 'source/diag.c', 'session/format/format.c'):
            with self.subTest(name=name):
                self.assert_found(name, '#include <unistd.h>\n', 1, 'pure')

    def test_pure_files_and_base(self):
        for name, include in [('core/a.c', 'base/wake.h'), ('base/grow.c', 'base/worker.h')]:
            with self.subTest(name=name):
                self.assert_found(name, f'#include "{include}"\n', 1, 'pure', {include: ''})
        self.assert_found('core/a.c', 'int64_t t = clock_mono_ns();\n', 1, 'pure')
        self.assert_clean({'core/a.c': '#include "base/grow.h"\n', 'base/grow.h': ''})

    def test_threads(self):
        self.assert_found('core/diff.c', '#include <pthread.h>\n', 1, 'pure')
        self.assert_clean({'core/event.c': '#include <pthread.h>\n'})

    def test_pure_calls(self):
        for call in ('clock_gettime(CLOCK_MONOTONIC, &now)', 'fopen(name, "r")', 'time (NULL)'):
            with self.subTest(call=call):
                self.assert_found('core/a.c', f'int f(void)\n{{\n    {call};\n}}\n', 3, 'pure')

    def test_harm(self):
        self.assert_found('ui/a.c', 'int f(void)\n{\n    return kill(1, 9);\n}\n', 3, 'harm')
        self.assert_found('source/a.c', 'int type = SOCK_DESTROY;\n', 1, 'only act/act.c sends it')
        self.assert_found('act/act.c', 'int f(void)\n{\n    return system("x");\n}\n', 3, 'no other program')

    def test_text_from_outside(self):
        self.assert_found('a.c', 'void f(void)\n{\n    fprintf(stderr, "x");\n}\n', 3, 'message()')
        self.assert_found('source/a.c', 'void f(char *n)\n{\n    if_indextoname(1, n);\n}\n', 3, 'names of')

    def test_what_is_allowed(self):
        self.assert_clean({
            'core/a.c': '#include "core/b.h"\n#include <stdio.h>\n'
                        '/* #include <curses.h> */ // clock_gettime(\nconst char *s = "open(";\n'
                        'int f(struct reader *r)\n{\n    return r->read(r) + ring_open(r);\n}\n',
            'core/b.h': '', 'ui/term/term.c': '#include <ncurses.h>\n#include "core/b.h"\n',
            'source/netns/netlink.c': '#include <libmnl/libmnl.h>\n#include <sys/socket.h>\n',
            'source/diag.c': '#include <linux/inet_diag.h>\n#include "diag.h"\n', 'source/diag.h': '',
            'source/log/replay.c': '#include "session/format/format.h"\n', 'session/format/format.h': '',
            'source/owners/procps_4.c': '#include <libproc2/pids.h>\n#include <unistd.h>\n',
            'source/bpf/bpf.c': '#include <bpf/libbpf.h>\n#include "probe.skel.h"\n',
            'source/bpf/probe.bpf.c': '#include "vmlinux.h"\n#include <bpf/bpf_helpers.h>\n',
            'act/act.c': '#include <libmnl/libmnl.h>\n#include "source/netns/netlink.h"\nint t = SOCK_DESTROY;\n',
        })

    def test_an_empty_tree_is_no_success(self):
        self.assertNotEqual(check({})[0], 0)


if __name__ == '__main__':
    unittest.main()
