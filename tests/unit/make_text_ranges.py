#!/usr/bin/env python3
"""Makes the table of src/core/text/ranges.c, or checks that it is as made.

usage: make_text_ranges.py FILE            print FILE with its table made again
       make_text_ranges.py --check FILE    exit 1 if that would change it, 77 without Unicode 14"""

import sys
import unicodedata

VERSION = '14.0.0'
BEGIN, END = '/* table begins */\n', '/* table ends */\n'
NARROW, WIDE, REFUSED = 1, 2, 4
ZERO_WIDTH = {'Mn', 'Me', 'Cf'}
REFUSED_CATEGORIES = ZERO_WIDTH | {'Mc', 'Cc', 'Cs', 'Co', 'Cn', 'Zl', 'Zp'}
# Drawn as one with a neighbour, or as nothing, where a terminal knows how.
JAMO_JOINING = (range(0x1160, 0x1200), range(0xD7B0, 0xD800))
FILLERS = (0x115F, 0x3164, 0xFFA0)
EMOJI_JOINING = (range(0x1F1E6, 0x1F200), range(0x1F3FB, 0x1F400))
# Of one cell here, of two in the GNU C library (circled numbers on squares, hexagrams) or since Unicode 16.
CONTESTED = (range(0x3248, 0x3250), range(0x4DC0, 0x4E00), range(0x2630, 0x2638), range(0x268A, 0x2690),
             range(0x1D300, 0x1D357), range(0x1D360, 0x1D377))


def classify(code):
    char = chr(code)
    category = unicodedata.category(char)
    wide = WIDE if unicodedata.east_asian_width(char) in 'WF' else NARROW
    if category in ZERO_WIDTH or any(code in jamo for jamo in JAMO_JOINING):
        return REFUSED
    if any(code in r for r in CONTESTED):
        return REFUSED | WIDE
    if category in REFUSED_CATEGORIES or code in FILLERS or any(code in r for r in EMOJI_JOINING):
        return REFUSED | (wide if category != 'Cn' else NARROW)
    return wide


def table():
    words, last = [], None
    for code in range(0x110000):
        kind = classify(code)
        if kind != last:
            words.append(f'0x{code << 8 | kind:08x},')
            last = kind
    return ''.join('    ' + ' '.join(words[i:i + 8]) + '\n' for i in range(0, len(words), 8))


def main(arguments):
    check = arguments[:1] == ['--check']
    if unicodedata.unidata_version != VERSION:
        print(f'python3 knows Unicode {unicodedata.unidata_version}, the table is of {VERSION}',
              file=sys.stderr)
        return 77
    with open(arguments[-1], encoding='utf-8') as file:
        text = file.read()
    head, rest = text.split(BEGIN)
    tail = rest.split(END)[1]
    made = head + BEGIN + table() + END + tail
    if not check:
        sys.stdout.write(made)
    return int(check and made != text)


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
