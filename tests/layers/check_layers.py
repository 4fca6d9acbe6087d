#!/usr/bin/env python3
"""Checks what the files of src/ include and call against the rules between its layers.

usage: check_layers.py SRC

Each violation is printed as file:line: what, and the rule; exit 1 if there is one.
The tables below are the rules."""

import fnmatch
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'style'))
import c_source  # noqa: E402

# Folder of src/ -> folders that its quoted includes may name; main.c may include all.
MAY_INCLUDE = {
    'base': {'base'},
    'core': {'core', 'base'},
    'session': {'session', 'core', 'base'},
    'source': {'source', 'core', 'base'},
    'collect': {'collect', 'source', 'core', 'base'},
    'player': {'player', 'source', 'core', 'base'},
    'act': {'act', 'source', 'core', 'base'},
    'svg': {'svg'},
    'ui': {'ui', 'svg', 'core', 'base'},
    'options': {'options', 'core', 'base'},
    'command': {'command', 'options', 'collect', 'player', 'act', 'ui', 'svg', 'source', 'session',
                'core', 'base'},
}

# What pure files may include of base/.
PURE_BASE = ['base/arena.h', 'base/clock.h', 'base/grow.h', 'base/hash.h', 'base/hash_index.h', 'base/map.h', 'base/sort.h']

# (including file, included file): what is allowed beyond the table above.
ALSO_INCLUDED = [
    ('source/log/*.[ch]', 'session/format/format.h'),
    ('source/log/*.[ch]', 'session/log/reader.h'),
    ('source/fleet/*.[ch]', 'session/log/copy.h'),  # a host's stream goes to a file as it comes
    ('source/netns/runtime_files.c', 'session/format/flat.h'),  # JSON of container runtimes
    # What the screen calls is declared by the screen, and filled in by those who can.
    ('act/*.h', 'ui/acts.h'),
    ('player/player.h', 'ui/transport.h'),
    # What options and the configuration choose.
    ('options/options.h', 'collect/events.h'),
    ('options/settings.h', 'ui/screen/screen.h'),
    ('options/theme_file.h', 'ui/theme.h'),
    ('options/theme_file.c', 'ui/theme_read.h'),
]

# Library, its headers, the only files that may include them.
LIBRARIES = [
    ('curses', ['curses.h', 'ncurses.h', 'ncurses*/*', 'term.h', 'panel.h', 'menu.h', 'form.h'],
     ['ui/term/term.c']),
    ('libmnl', ['libmnl/*'], ['source/netns/netlink.c', 'source/diag.c', 'act/act.c']),
    ('procps', ['libproc2/*', 'proc/*'], ['source/owners/procps_3.c', 'source/owners/procps_4.c']),
    ('libbpf', ['bpf/*'], ['source/bpf/bpf.c', 'source/bpf/light.h', 'source/bpf/*.bpf.c']),
]

# What bpftool makes of the programs in the kernel.
SKELETONS_FOR = ['source/bpf/bpf.c', 'source/bpf/rows.c', 'source/bpf/walk.c']

# Files that make no system call and read no clock, and the headers they have beside PURE_HEADERS;
# the first that matches counts. The event ring, the frame pool and the metrics are shared between threads.
PURE = [
    ('core/event.[ch]', ['pthread.h']),
    ('core/frame.[ch]', ['pthread.h']),
    ('core/redact.[ch]', ['pthread.h']),
    ('core/metrics/*.[ch]', ['pthread.h']),
    ('core/filter/*.[ch]', ['regex.h']),
    ('core/*', []),
    ('base/arena.[ch]', []),
    ('base/grow.[ch]', []),
    ('base/hash*.[ch]', []),
    ('base/map.[ch]', []),
    ('source/diag.[ch]', ['libmnl/*', 'linux/*', 'netinet/*', 'arpa/inet.h', 'sys/socket.h']),
    ('session/format/*.[ch]', []),
    ('session/state.[ch]', []),
    ('ui/key/*.[ch]', []),
]

# No header here declares a system call, but stdio.h (snprintf), stdlib.h (malloc) and time.h
# (struct tm), of which IMPURE_CALLS forbids the rest.
PURE_HEADERS = {
    'assert.h', 'ctype.h', 'endian.h', 'errno.h', 'inttypes.h', 'limits.h', 'math.h', 'stdalign.h', 'stdarg.h',
    'stdatomic.h', 'stdbool.h', 'stddef.h', 'stdint.h', 'stdio.h', 'stdlib.h', 'string.h',
    'strings.h', 'sys/types.h', 'time.h', 'wchar.h', 'wctype.h',
}

IMPURE_CALLS = (
    'clock_ns clock_mono_ns clock_wall_ns '
    'time clock clock_gettime clock_getres gettimeofday timespec_get localtime localtime_r mktime '
    'nanosleep getenv setenv putenv setlocale rand srand random '
    'open openat read write close ioctl socket fopen fdopen fclose fread fwrite fgets fgetc getc '
    'getchar getline fputs fputc putc puts putchar printf vprintf fprintf vfprintf fflush perror '
    'exit _exit getpid'
).split()

# Calls, the only files that may make them, why.
CALLS = [
    (['kill', 'killpg', 'tgkill', 'pidfd_send_signal', 'SYS_pidfd_send_signal'],
     ['act/act.c', 'source/remote/spawn.c'],
     'only act/act.c can do harm; source/remote/spawn.c ends what it started'),
    (['SOCK_DESTROY', 'diag_put_destroy'], ['act/act.c', 'source/diag.c', 'source/diag.h'],
     'source/diag.c builds the message, only act/act.c sends it'),
    (['execl', 'execlp', 'execle', 'execv', 'execve', 'execvp', 'execvpe', 'execveat', 'fexecve',
      'system', 'popen', 'posix_spawn', 'posix_spawnp', 'vfork'],
     ['source/remote/spawn.c'], 'tcplens runs ssh, or what --host-command names, and no other program'),
    (['fork'], ['source/user_names.c'], 'code of others that may block is run in a process of its own'),
    (['getpwuid_r', 'getpwuid', 'getpwnam', 'getpwnam_r'], ['source/user_names.c'], 'NSS may block and runs code of others'),
    (['stderr', 'perror', 'warn', 'warnx', 'err', 'errx'], ['options/output.c'],
     'message() makes text from outside safe for the terminal'),
    (['if_indextoname', 'if_nametoindex', 'if_nameindex'], ['source/interface_name.c'],
     'the kernel allows nearly every byte in names of interfaces'),
]


VALUES = re.compile(r'[A-Z_]+$|SYS_|stderr$')


def matches(name, patterns):
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def is_pure(path):
    return matches(path, [pattern for pattern, _ in PURE])


def may_also(path, target):
    return any(fnmatch.fnmatchcase(path, files) and target == included
               for files, included in ALSO_INCLUDED)


def resolve(src, path, name):
    """The included file relative to src: looked for as the compiler does, beside the file first."""
    beside = os.path.normpath(os.path.join(os.path.dirname(path), name))
    if os.path.exists(os.path.join(src, beside)):
        return beside
    return os.path.normpath(name)


def check_quoted(src, path, name):
    folder = path.split('/')[0] if '/' in path else ''
    if folder == '' or path.endswith('.bpf.c'):
        return None
    target = resolve(src, path, name)
    if target.endswith('.skel.h'):
        return None if path in SKELETONS_FOR else f'a skeleton is for {" and ".join(SKELETONS_FOR)} only'
    target_folder = target.split('/')[0] if '/' in target else ''
    allowed = MAY_INCLUDE.get(folder)
    if allowed is None:
        return f'src/{folder}/ is no layer: the layers are {", ".join(MAY_INCLUDE)}'
    if target_folder == 'base' and target not in PURE_BASE and is_pure(path):
        return f'it is pure: of base/ it may include {", ".join(PURE_BASE)} only'
    if target_folder in allowed or may_also(path, target):
        return None
    return f'{folder} may include {" and ".join(sorted(allowed))} only'


def check_system(path, name):
    for library, headers, users in LIBRARIES:
        if matches(name, headers) and not matches(path, users):
            return f'{library} is for {", ".join(users)} only'
    for pattern, more in PURE:
        if fnmatch.fnmatchcase(path, pattern):
            if name not in PURE_HEADERS and not matches(name, more):
                return f'{pattern} is pure: no system call, no clock'
            return None
    return None


def check_calls(path, code):
    rules = [(words, why) for words, users, why in CALLS if path not in users]
    if is_pure(path):
        rules.append((IMPURE_CALLS, 'it is pure: no system call, no clock'))
    for words, why in rules:
        # A member or a function of our own (->read, event_open) is none of these. VALUES are used
        # without a call, the others matter where they are called.
        for found in re.finditer(rf'(?<![\w.>])({"|".join(words)})\b(?=(\s*\()?)', code):
            if found.group(2) or VALUES.match(found.group(1)):
                yield c_source.line_of(code, found.start()), found.group(1), why


def check_file(src, path):
    text = c_source.read(os.path.join(src, path))
    for line, include in c_source.includes_of(text):
        name = include[1:-1]
        rule = (check_quoted(src, path, name) if include[0] == '"' else None) or check_system(
            path, name if include[0] == '<' else resolve_library(src, path, name))
        if rule:
            yield f'{path}:{line}: includes {include}: {rule}'
    for line, word, why in check_calls(path, c_source.code_of(text)):
        yield f'{path}:{line}: {word}: {why}'


def resolve_library(src, path, name):
    """A quoted name that is no file of ours reaches a system header all the same."""
    target = resolve(src, path, name)
    ours = os.path.exists(os.path.join(src, target)) or target.split('/')[0] in MAY_INCLUDE
    return 'stddef.h' if ours else name


def main(arguments):
    if len(arguments) != 2:
        sys.exit('usage: check_layers.py SRC')
    paths = list(c_source.files_under(arguments[1], ('.c', '.h')))
    if not paths:
        sys.exit(f'check_layers: no C file in {arguments[1]}: give the src folder')
    found = [line for path in paths for line in check_file(arguments[1], path)]
    for line in found:
        print(f'src/{line}')
    print(f'{len(paths)} files, {len(found)} violations')
    return 1 if found else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv))
