#!/usr/bin/env python3
"""close.py TCPLENS ROUNDS: the same connection, address by address and port by port, in three namespaces: `close`
ends the one that it was to end, and no other, each time."""

import subprocess
import sys

import world

TCPLENS, ROUNDS = sys.argv[1], int(sys.argv[2])
SERVER, CLIENT, COUNT = 7000, 7001, 3


def close(*words):
    return subprocess.run([TCPLENS, 'close', '--yes', '--netns', *words], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=60, check=False)


def pair_is_alive(namespace):
    return namespace.do('state', 'p<') == 1


def round_of(namespaces, number):
    """One of them closed by its namespace's number, by a pid in it, or by a filter over all."""
    chosen = namespaces[number % COUNT]
    ways = [[str(chosen.inode)], [str(chosen.pid)], ['all', 'netns', '=', str(chosen.inode)]]
    result = close(*ways[number // COUNT % len(ways)], 'sport', '=', str(CLIENT), 'dport', '=', str(SERVER))
    wrong = []
    if result.returncode != 0:
        wrong.append(f'exit {result.returncode}: {result.stdout} {result.stderr}')
    for namespace in namespaces:
        if pair_is_alive(namespace) != (namespace is not chosen):
            wrong.append(f'{namespace.inode}: {"closed" if namespace is not chosen else "alive"}')
    return chosen, wrong


def main():
    world.skip_unless_possible()
    namespaces = [world.Namespace() for _ in range(COUNT)]
    for namespace in namespaces:
        namespace.do('listen', 'l', SERVER)
        namespace.do('pair', 'p', 'l', CLIENT)
    faults = 0
    for number in range(ROUNDS):
        chosen, wrong = round_of(namespaces, number)
        if wrong:
            faults += 1
            print(f'round {number}:', '; '.join(wrong))
            if faults == 10:
                break
        chosen.do('drop', 'p<')
        chosen.do('drop', 'p>')
        chosen.do('pair', 'p', 'l', CLIENT)
    print(f'{ROUNDS} rounds: {faults} wrong')
    return 1 if faults else 0


if __name__ == '__main__':
    sys.exit(main())
