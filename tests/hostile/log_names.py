#!/usr/bin/env python3
"""log_names.py TCPLENS SCREEN_PICTURE [full]: names in a log that no kernel would give: code points of Unicode, each of them in
turn, and random strings of what means something to terminals, as process, executable, arguments, user, unit, container and control
group. `list` prints them so that no character controls, hides or turns round, as JSON so that each can be had back; on the screen
every cell of the other columns is where it is with plain names. Samples; full: all 1,112,064 code points and 1,000,000 strings."""
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import unicodedata

TCPLENS, SCREEN_PICTURE = sys.argv[1:3]
FULL = sys.argv[3:] == ['full']
PROC_FIELDS = 'comm', 'exe', 'args', 'user', 'unit', 'container', 'cgroup'
JSON_KEYS = {'args': 'command'}
BYTES_MOST = 15  # of a name of a process
SURROGATES = range(0xd800, 0xe000)
LEFT_OUT = (0, ord('\\'))  # a line with NUL is refused as none; logs hold safe text, so a backslash is the beginning of an escape
PIECES = ('\x1b]0;t\x07', '\x1b[2J', '\x9b31m', '\u202e', '\u2066', '\u200b', '\u200d', 'e\u0301\u0302', '\u2028', '\ufeff', '\U000e0041',
          '\ufe0f', '\U0001f468\u200d\U0001f469', '漢字', 'ｱ', 'é', '\x7f', '\t', '\n', '"', ',', '<', '%s', 'nginx', ' ')
HARMFUL = 'Cc', 'Cf', 'Cs', 'Co', 'Zl', 'Zp', 'Mn', 'Me'
COLUMNS = 'lport,process,command,exe,user,unit,container,cgroup,pid'
SCREEN_SIZE, SCREEN_NAMES = '300x60', 50 * len(PROC_FIELDS)
LIST_NAMES = 3500 * len(PROC_FIELDS)  # names of 4,096 users are kept
FOOTER = 'Quit'  # painted last
ESCAPE = re.compile(r'\\x([0-9a-f]{2})')
failures = 0


def check(what, holds, detail=''):
    global failures
    print('ok:' if holds else 'FAILED:', what, '' if holds else f': {detail!r}'[:600], flush=True)
    failures += not holds


def code_points(step):
    points = [point for point in range(0x110000) if point not in SURROGATES and point not in LEFT_OUT]
    return points if step == 1 else sorted({*points[:0x300], *range(0x2000, 0x2070), *range(0x4dc0, 0x4e00), *points[::step]})


def pack(points):
    """As many in a name as it has room for."""
    name = ''
    for point in points:
        if len((name + chr(point)).encode()) > BYTES_MOST:
            yield name
            name = ''
        name += chr(point)
    yield name


def random_names(count, seed):
    chooser = random.Random(seed)
    for _ in range(count):
        name, length = '', chooser.randrange(1, BYTES_MOST + 1)
        while True:
            piece = chooser.choice(PIECES) if chooser.random() < 0.6 else chr(chooser.choice((chooser.randrange(1, 0x20), chooser.randrange(
                0xa0, 0x3000), chooser.randrange(0xe000, 0x110000))))
            if len((name + piece).encode()) > length:
                break
            name += piece
        yield name or 'x'


def write_log(path, names):
    """A frame of rows, each with a process of its own and seven of the names."""
    rows = [names[i:i + len(PROC_FIELDS)] for i in range(0, len(names), len(PROC_FIELDS))]
    time = '"t":"2026-11-22T12:16:20.000000000Z"'
    with open(path, 'w', encoding='utf-8') as out:
        out.write('{"ev":"head",%s,"format":"tcplens-session","version":"1.4","tcplens":"0.2.0","host":"h","source":"demo","interval_ms":1000}\n'
                  % time)
        for number, row in enumerate(rows, 1):
            texts = json.dumps(dict(zip(PROC_FIELDS, row)), ensure_ascii=number % 2 == 0)[1:-1]
            out.write('{"ev":"proc",%s,"id":%d,"pid":%d,"start_ticks":900,"uid":%d,%s}\n' % (time, number, number, number, texts))
            container = json.dumps(row[5] if len(row) > 5 else 'x')
            out.write('{"ev":"row",%s,"id":%d,"proto":"tcp","family":"inet","laddr":"127.0.%d.%d","lport":%d,"raddr":"127.0.0.1","rport":80,'
                      '"state":"ESTABLISHED","netns":1,"cookie":"%x","inode":%d,"uid":%d,"proc":%d,"procs":[%d],"user":%s,"unit":%s,'
                      '"container":%s,"cgroup":%s}\n'
                      % (time, number, number // 60000 % 256, number // 15000000, 1000 + number % 60000, number, number, number, number, number,
                         *(json.dumps(row[i] if len(row) > i else 'x') for i in (3, 4)), container,
                         json.dumps(row[6] if len(row) > 6 else 'x')))
        out.write('{"ev":"frame",%s,"number":1,"key":true,"mono_ns":1036809000000000,"netns":1,"rows":%d}\n' % (time, len(rows)))
    return rows


def shown(*words):
    result = subprocess.run([TCPLENS, *words], capture_output=True, check=False, env=dict(os.environ, LC_ALL='C.UTF-8'))
    if result.returncode or result.stderr:
        check(' '.join(words), False, result.stderr)
    return result.stdout.decode().split('\n')[:-1]


def restore(text):
    return ESCAPE.sub(lambda match: chr(int(match[1], 16)), text).encode('utf-8') if '\\x' not in text else b''.join(
        bytes([int(part[2:], 16)]) if ESCAPE.fullmatch(part) else part.encode() for part in re.split(r'(\\x[0-9a-f]{2})', text) if part)


def check_harmless(what, text):
    harmful = sorted(char for char in set(text) - {'\n'} if unicodedata.category(char) in HARMFUL)
    check(f'{what} without what controls, hides or turns round', not harmful, harmful[:20])


def compare(row, names, wrong):
    for key, name in zip(PROC_FIELDS, names):
        text = row.get(JSON_KEYS.get(key, key), '')
        if restore(text) != name.encode():
            wrong.append((key, name, text))


def check_list(what, names, folder):
    path = os.path.join(folder, 'names.jsonl')
    wrong, compared, characters = [], 0, set()
    for first in range(0, len(names), LIST_NAMES):
        rows = write_log(path, names[first:first + LIST_NAMES])
        lines = shown('list', '--json', '--with-args', '--columns', COLUMNS, '--from', path)
        for row in map(json.loads, lines):
            compare(row, rows[row['pid'] - 1], wrong)
            compared += len(rows[row['pid'] - 1])
        characters.update(*lines, *shown('list', '--with-args', '--columns', COLUMNS, '--from', path))
    check(f'{what}: {compared} texts, each can be had back', compared == len(names) and not wrong, (compared, wrong[:5]))
    check_harmless(f'{what}: lines', characters)


def is_wide_enough(char):
    """Not one that the emulator of the tests, which knows Unicode 8, takes for narrow, and we for wide."""
    return not (unicodedata.east_asian_width(char) in 'WF' and (0x2000 <= ord(char) < 0x2e00 or 0x16fe0 <= ord(char) < 0x20000))


def cells_of(line):
    """A wide character takes two."""
    return ''.join(char + ' ' * (unicodedata.east_asian_width(char) in 'WF') for char in line)


def moved_rows(lines):
    """Rows whose port or pid, or the blank before a column, is not where its title is."""
    top = next(number for number, line in enumerate(lines) if 'LPORT' in line and ' PID' in line)
    starts = [match.start() for match in re.finditer(r'\S+', lines[top])][1:-1]
    port_end, pid_end = (lines[top].index(title) + len(title) for title in ('LPORT', 'PID'))
    for line in map(cells_of, lines[top + 1:]):
        if not re.match(r' +\d', line):
            return
        port, pid = re.search(r' (\d+)$', line[:port_end]), re.search(r' (\d+)$', line[:pid_end])
        if not port or not pid or int(port[1]) != 1000 + int(pid[1]) or any(line[start - 1:start].strip() for start in starts):
            yield line


def check_screen(what, names, folder):
    path, golden = (os.path.join(folder, name) for name in ('screen.jsonl', 'screen.golden'))
    shown_rows, moved, characters = 0, [], set()
    for first in range(0, len(names), SCREEN_NAMES):
        write_log(path, names[first:first + SCREEN_NAMES])
        subprocess.run([SCREEN_PICTURE, '--size', SCREEN_SIZE, '--deadline', '20000', '--wait', FOOTER, '--golden', golden, '--out', os.devnull,
                        '--', TCPLENS, 'replay', '--sort', 'lport', '--columns', COLUMNS, path], check=True)
        with open(golden, encoding='utf-8') as file:
            lines = [line[1:].rstrip('\n') for line in file if line.startswith('|')]
        moved += moved_rows(lines)
        shown_rows += sum(bool(re.match(r' +\d{4}  ', line)) for line in lines)
        characters.update(''.join(lines))
    check(f'{what}: {shown_rows} rows on screens, port, pid and every column in their place', not moved and shown_rows >= len(
        names) // len(PROC_FIELDS), (shown_rows, moved[:3]))
    check_harmless(f'{what}: screens', characters)


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(XDG_CONFIG_HOME=folder, XDG_STATE_HOME=folder)
        points = code_points(1 if FULL else 997)
        check_list(f'{len(points)} code points', list(pack(points)), folder)
        count = 1000000 if FULL else 2000
        names = list(random_names(count, 7))
        check_list(f'{count} random names', names, folder)
        points = filter(lambda point: is_wide_enough(chr(point)), code_points(29 if FULL else 997))
        check_screen('code points', list(pack(points)), folder)
        names = [name for name in names[:SCREEN_NAMES * (50 if FULL else 2)] if all(map(is_wide_enough, name))]
        check_screen('random names', names, folder)
    print(f'{failures} failures')
    sys.exit(1 if failures else 0)


if __name__ == '__main__':
    main()
