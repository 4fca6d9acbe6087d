#!/usr/bin/env python3
"""churn.py TCPLENS SECONDS RATE [OPTION...]: namespaces come and go, RATE a second, beside some that stay:
`events --json --netns all` reports no opening twice or before it happened, and no close of what is open; and
when all is over, each connection that was reported and has ended is reported as closed."""

import collections
import sys
import threading
import time

import world

TCPLENS, SECONDS, RATE, OPTIONS = sys.argv[1], float(sys.argv[2]), float(sys.argv[3]), sys.argv[4:]
STAYING, LIVES = 8, 6  # namespaces that stay; others live for so many turns
PAIRS = 5
INTERVAL = 0.25
FRAME_NS = 5 * 10**9  # an event of a frame has the time at which reading for it began: at most so long before


class Truth:
    """When each socket was made, and when its end began; None: it is there."""

    def __init__(self):
        self.began, self.ended = {}, {}

    def fill(self, namespace):
        began = time.time_ns()
        namespace.cookies = namespace.do('fill', PAIRS)
        for cookie in namespace.cookies:
            self.began[cookie], self.ended[cookie] = began, None

    def end(self, namespace):
        now = time.time_ns()
        for cookie in namespace.cookies:
            self.ended[cookie] = now
        namespace.end()


def turns(truth, staying):
    """Makes one and ends the oldest, in time; what is left in the end stays."""
    guests = collections.deque()
    start = time.monotonic()
    number = 0
    pace = threading.Event()
    while time.monotonic() - start < SECONDS:
        guest = world.Namespace()
        truth.fill(guest)
        guests.append(guest)
        if len(guests) > LIVES:
            truth.end(guests.popleft())
        number += 1
        if number % 7 == 0:  # of those that stay one has other connections
            one = staying[number // 7 % STAYING]
            now = time.time_ns()
            for cookie in one.cookies:
                truth.ended[cookie] = now
            one.do('clear')
            truth.fill(one)
        pace.wait(max(0, start + number / RATE - time.monotonic()))
    while guests:
        truth.end(guests.popleft())
    return number


def rfc3339_ns(text):
    whole, rest = text.rstrip('Z').split('.')
    return int(time.mktime(time.strptime(whole, '%Y-%m-%dT%H:%M:%S')) - time.timezone) * 10**9 + int(rest.ljust(9, '0'))


def judge(events, truth):
    wrong = []
    opened, closed = collections.Counter(), collections.Counter()
    for event in list(events):
        cookie = event.get('cookie')
        if cookie not in truth.began:
            continue
        when = rfc3339_ns(event['t'])
        if event['ev'] == 'open':
            opened[cookie] += 1
            if when + FRAME_NS < truth.began[cookie]:
                wrong.append(f'opened before it was made: {event}')
        elif event['ev'] == 'close':
            closed[cookie] += 1
            if truth.ended[cookie] is None or when + FRAME_NS < truth.ended[cookie]:
                wrong.append(f'closed, and it is open: {event}')
    wrong += [f'opened {count} times: {cookie}' for cookie, count in opened.items() if count > 1]
    wrong += [f'closed {count} times: {cookie}' for cookie, count in closed.items() if count > 1]
    wrong += [f'never closed: {cookie}' for cookie in opened if truth.ended[cookie] and not closed[cookie]]
    return wrong, len(opened), len(closed)


def is_ready(watch):
    """It is when it reports what is made now."""
    beacon, cookies = world.Namespace(), set()

    def is_seen():
        cookies.update(beacon.do('fill', 1))
        return any(event.get('cookie') in cookies for event in list(watch.list))

    return watch.until(is_seen, 30, every=INTERVAL)


def main():
    world.skip_unless_possible()
    truth = Truth()
    staying = [world.Namespace() for _ in range(STAYING)]
    for namespace in staying:
        truth.fill(namespace)
    watch = world.Events([TCPLENS, 'events', '--json', '--netns', 'all', '-i', str(INTERVAL), *OPTIONS])
    if not is_ready(watch):
        print('no event of a new connection in 30 s')
        return 1
    number = turns(truth, staying)
    watch.until(lambda: not any(line.startswith('never') for line in judge(watch.list, truth)[0]), 20)
    wrong, opened, closed = judge(watch.list, truth)
    if not watch.end():
        wrong.append('tcplens ended')
    print('\n'.join(wrong[:20]))
    print(f'{number} namespaces came and went: {opened} opens, {closed} closes, {len(wrong)} wrong')
    if not opened:
        print('none was ever seen')
        return 1
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
