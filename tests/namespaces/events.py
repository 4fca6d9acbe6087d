#!/usr/bin/env python3
"""events.py TCPLENS: a network namespace that appears while `events` runs is an event, before its connections
open; so is its end, behind which nothing opens; and so they are in a session log."""

import json
import os
import subprocess
import sys
import tempfile

import world

TCPLENS = sys.argv[1]
INTERVAL = '0.1'
WAIT = 20


def namespace_events(events, inode):
    return [event for event in events if event['ev'] == 'namespace' and event['netns'] == inode]


def of_netns(events, inode):
    return [event['ev'] for event in events if event.get('netns') == inode]


def wrong_order(kinds):
    """Not: appeared, opens, ended. What its last process left may close later: the kernel ends it by and by."""
    if kinds.count('namespace') != 2 or 'open' not in kinds or 'close' not in kinds:
        return f'{kinds}: not one of each'
    if kinds[0] != 'namespace':
        return f'{kinds}: the namespace is not first'
    end = len(kinds) - kinds[::-1].index('namespace')
    if 'open' in kinds[end:]:
        return f'{kinds}: opened in one that ended'
    return None


def is_watching(program, namespace):
    """It reports what opens, so it has had its first frame."""
    def tried():
        namespace.do('fill', 1)
        return 'open' in of_netns(program.list, namespace.inode)
    return program.until(tried, WAIT)


def main():
    world.skip_unless_possible()
    staying = world.Namespace()
    staying.do('fill', 1)
    wrong = []
    with tempfile.TemporaryDirectory() as folder:
        log = os.path.join(folder, 'log')
        recorder = world.Events([TCPLENS, 'record', '--netns', 'all', '-i', INTERVAL, '-o', '-'])
        live = world.Events([TCPLENS, 'events', '--json', '--netns', 'all', '-i', INTERVAL])
        programs = (recorder, live)
        if not all(is_watching(program, staying) for program in programs):
            print('no event came')
            return 1
        guest = world.Namespace()
        inode = guest.inode
        for program in programs:
            if not program.until(lambda: namespace_events(program.list, inode), WAIT):
                wrong.append('it did not appear')
        guest.do('fill', 2)
        for program in programs:
            program.until(lambda: of_netns(program.list, inode).count('open') >= 5, WAIT)
        guest.end()
        for program in programs:
            if not program.until(lambda: len(namespace_events(program.list, inode)) == 2, WAIT):
                wrong.append('it did not end')
            program.until(lambda: 'close' in of_netns(program.list, inode), WAIT)
        if any(event.get('left') for event in namespace_events(live.list, staying.inode)):
            wrong.append('one that is there ended')
        for program in programs:
            program.end()
        with open(log, 'w', encoding='utf-8') as file:
            file.writelines(json.dumps(line, separators=(',', ':')) + '\n' for line in recorder.list)
        replayed = subprocess.run([TCPLENS, 'events', '--json', '--from', log], capture_output=True, text=True,
                                  timeout=60, check=True).stdout
        for name, events in (('live', live.list), ('log', [json.loads(line) for line in replayed.splitlines()])):
            fault = wrong_order(of_netns(events, inode))
            if fault:
                wrong.append(f'{name}: {fault}')
    staying.end()
    print('\n'.join(wrong) or 'appeared and ended in order')
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
