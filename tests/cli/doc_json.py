#!/usr/bin/env python3
"""Checks that doc/json.md specifies exactly the keys that columns[] writes, in their order.

usage: doc_json.py DOC_WORDS doc/json.md

A line of its tables is: | `key` | type | `column` | meaning |"""

import re
import subprocess
import sys


def main():
    program, path = sys.argv[1:]
    output = subprocess.run([program, 'columns'], capture_output=True, text=True, check=True).stdout
    written = [tuple(line.split()) for line in output.splitlines()]
    with open(path, encoding='utf-8') as file:
        told = re.findall(r'^\| `(\w+)` \| (\w+) \| `(\w+)` \| \S', file.read(), re.M)
    for row in written:
        if row not in told:
            print(f'{path}: lacks | `{row[0]}` | {row[1]} | `{row[2]}` | ... |')
    for row in told:
        if row not in written:
            print(f'{path}: no such key is written: {row}')
    if told != written and sorted(told) == sorted(written):
        print(f'{path}: the order is another than that of the keys in a row')
    return told != written


if __name__ == '__main__':
    sys.exit(main())
