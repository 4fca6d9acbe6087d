#!/usr/bin/env python3
"""other_end.py TCPLENS: both ends of a connection between two network namespaces name each other; of two pairs
with equal addresses none is taken."""

import sys

import world

TCPLENS = sys.argv[1]
CLIENT, SERVER, SERVER_PORT, CLIENT_PORT = '10.66.7.1', '10.66.7.2', 8080, 40000


def connected_pair():
    one, other = world.Namespace(), world.Namespace()
    world.join(one, other, (CLIENT, SERVER))
    other.do('serve', 'listener', SERVER, SERVER_PORT)
    one.do('connect', 'client', CLIENT, CLIENT_PORT, SERVER, SERVER_PORT)
    other.do('accept', 'server', 'listener')
    return one, other


def row_of(rows, namespace):
    found = [row for row in rows if row['netns'] == namespace.inode and row['state'] == 'ESTABLISHED']
    assert len(found) == 1, found
    return found[0]


def assert_joined(rows, one, other):
    here, there = row_of(rows, one), row_of(rows, other)
    for row, end, namespace in ((here, there, other), (there, here, one)):
        expected = {'state': 'ESTABLISHED', 'netns': namespace.inode, 'cookie': end['cookie'],
                    'pid': namespace.pid}
        assert expected.items() <= row.get('other_end', {}).items(), row


def main():
    world.skip_unless_possible()
    pair = connected_pair()
    assert_joined(world.tcplens_list(TCPLENS), *pair)

    same = connected_pair()
    rows = world.tcplens_list(TCPLENS)
    for namespace in pair + same:
        assert row_of(rows, namespace)['other_end'] == {'several': 2}, row_of(rows, namespace)

    for namespace in same:
        namespace.end()
    assert_joined(world.tcplens_list(TCPLENS), *pair)
    for namespace in pair:
        namespace.end()
    return 0


if __name__ == '__main__':
    sys.exit(main())
