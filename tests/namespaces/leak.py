#!/usr/bin/env python3
"""leak.py TCPLENS COUNT: nothing of tcplens keeps a network namespace alive. COUNT namespaces come and go under a
running `events --netns all`, each with one end of a veth pair whose other end is here: that ends with its
namespace, and with nothing earlier."""

import collections
import shutil
import subprocess
import sys

import world

TCPLENS, COUNT = sys.argv[1], int(sys.argv[2])
AT_A_TIME = 8


def ip(*words):
    subprocess.run(['ip', *words], check=True, stdin=subprocess.DEVNULL)


def links():
    with open('/proc/self/net/dev', encoding='ascii') as file:
        return [line.split(':')[0].strip() for line in file if line.strip().startswith('guest')]


def main():
    world.skip_unless_possible()
    if not shutil.which('ip'):
        print('needs ip(8)')
        return 77
    world.become_namespace()
    watch = world.Events([TCPLENS, 'events', '--json', '--netns', 'all', '-i', '0.1'])
    guests = collections.deque()
    cookies = set()
    for number in range(COUNT):
        guest = world.Namespace()
        ip('link', 'add', f'guest{number}', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', str(guest.pid))
        cookies.update(guest.do('fill', 2))
        guests.append(guest)
        if len(guests) > AT_A_TIME:
            guests.popleft().end()
    seen = watch.until(lambda: any(event.get('cookie') in cookies for event in list(watch.list)), 20)
    while guests:
        guests.popleft().end()
    watch.until(lambda: not links(), 10 + COUNT / 20)  # the kernel takes its time
    left = links()
    running = watch.end()
    print(f'{COUNT} namespaces came and went: {len(left)} left alive: {" ".join(left[:10])}')
    return 1 if left or not running or not seen else 0


if __name__ == '__main__':
    sys.exit(main())
