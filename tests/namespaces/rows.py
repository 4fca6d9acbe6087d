#!/usr/bin/env python3
"""rows.py TCPLENS NAMESPACES SOCKETS: `list --json --netns all` shows what ss shows in each namespace, with
the process that holds it. 0 differences, or each is printed."""

import sys

import world

TCPLENS, COUNT, SOCKETS = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])


def owners_differ(namespace, rows):
    """Of sockets that a process holds: no TIME-WAIT, and what is not accepted is its listener's."""
    wrong = []
    for row in rows:
        held = row.get('inode') and row['state'] != 'TIME-WAIT'
        if held and row.get('pid') != namespace.pid:
            wrong.append(f"{row['netns']} {row['cookie']} {row['state']}: pid {row.get('pid')} {row.get('owner')},"
                         f' not {namespace.pid}')
    return wrong


def differences(namespaces):
    listed = world.tcplens_list(TCPLENS)
    rows = world.rows_of_tcplens(listed)
    wrong = []
    for namespace in namespaces:
        ours = rows.get(namespace.inode, {})
        bound = {cookie for cookie, row in ours.items() if row[0] == 'CLOSED'}
        ours = {cookie: row for cookie, row in ours.items() if cookie not in bound}
        theirs = world.rows_of_ss(namespace)
        for cookie in ours.keys() | theirs.keys():
            if ours.get(cookie) != theirs.get(cookie):
                wrong.append(f'{namespace.inode} {cookie}: {ours.get(cookie)}, ss: {theirs.get(cookie)}')
        wrong += owners_differ(namespace, [row for row in listed if row['netns'] == namespace.inode])
    return wrong


def main():
    world.skip_unless_possible()
    namespaces = [world.Namespace() for _ in range(COUNT)]
    for seed, namespace in enumerate(namespaces):
        namespace.order('random', SOCKETS, seed)
    for namespace in namespaces:
        namespace.answer()
    wrong = differences(namespaces)
    if any('TIME-WAIT' in line for line in wrong):  # some may have ended between the two
        wrong = differences(namespaces)
    print('\n'.join(wrong[:40]))
    print(f'{COUNT} namespaces of {SOCKETS} sockets: {len(wrong)} differences')
    for namespace in namespaces:
        namespace.end()
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
