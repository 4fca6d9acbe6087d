#!/usr/bin/env python3
"""events.py TCPLENS: a network namespace that appears while `events` runs is an event, before its connections
open; so is its end, behind their closes; and so they are in a session log."""

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
    """Not: appeared, opens, closes, ended."""
    if kinds[0] != 'namespace' or kinds[-1] != 'namespace':
        return f'{kinds}: the namespace is not first and last'
    if kinds.count('namespace') != 2 or 'open' not in kinds or 'close' not in kinds:
        return f'{kinds}: not one of each'
    return None


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
        if not recorder.until(lambda: any(line['ev'] == 'frame' for line in recorder.list), WAIT):
            print('no frame was recorded')
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
