#!/usr/bin/env python3
"""short.py TCPLENS: connections in another network namespace that live between two frames are reported as they
happen, with their process; and none of them where that namespace is not shown."""

import subprocess
import sys

import world

TCPLENS, COUNT = sys.argv[1], 20


def watch(*words):
    return world.Events([TCPLENS, 'events', '--json', '--events', 'bpf', '-i', '3', *words])


def of_cookies(events, cookies, kind):
    return {event['cookie']: event for event in list(events) if event['ev'] == kind and event.get('cookie') in cookies}


def main():
    world.skip_unless_possible()
    if subprocess.run([TCPLENS, 'events', '--events', 'bpf', '--for', '0.1'], capture_output=True,
                      check=False).returncode != 0:
        print('no bpf here')
        return 77
    guest, beacon = world.Namespace(), world.Namespace()
    guest.do('listen', 'l', 0)
    beacon.do('listen', 'l', 0)
    everywhere, here = watch('--netns', 'all'), watch()
    one = watch('--netns', str(beacon.inode))

    def is_ready(events):
        def is_seen():
            cookies = beacon.do('short', 'l', 1)
            return events.until(lambda: of_cookies(events.list, cookies, 'close'), 1)
        return events.until(is_seen, 30, every=0.01)

    ready = is_ready(everywhere) and is_ready(one)
    cookies = guest.do('short', 'l', COUNT)
    everywhere.until(lambda: len(of_cookies(everywhere.list, cookies, 'close')) == len(cookies), 20)
    opened, closed = (of_cookies(everywhere.list, cookies, kind) for kind in ('open', 'close'))
    wrong = [] if ready else ['not ready in 30 s']
    if len(opened) != len(cookies) or len(closed) != len(cookies):
        wrong.append(f'{len(cookies)} ends: {len(opened)} opened, {len(closed)} closed')
    wrong += [f'whose: {event}' for event in opened.values() if event.get('pid') != guest.pid]
    wrong += [f'where: {event}' for event in opened.values() if event.get('netns') != guest.inode]
    for events, name in ((here, 'ours alone'), (one, 'one other')):
        if of_cookies(events.list, cookies, 'open') or of_cookies(events.list, cookies, 'close'):
            wrong.append(f'reported where {name} is shown')
    for events in (everywhere, here, one):
        events.end()
    print('\n'.join(wrong[:10]))
    print(f'{COUNT} short connections: {len(wrong)} wrong')
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
