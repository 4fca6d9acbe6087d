#!/usr/bin/env python3
"""sweep.py alloc|calls|short|limits|interrupts TCPLENS [TOOL] [--commands NAME,...] [--every N] [--jobs N]
    [--only POSITION,...]

alloc: makes each allocation of each command fail, in turn: once, and from there on all. calls: makes each system call of
CALLS fail, in turn, with each error that it may well have (strace does it; its counts are a thread's own). short: halves each
read and write, in turn. limits: runs each command under limits of resources, and without file systems that it reads.
interrupts: Ctrl-C at each call. TOOL: fail_alloc for alloc, short_io for short. The run must give the right output, or say
what it lacks, or end with a message: no crash, no hang, nothing silently short. Prints how often each happened."""

import argparse
import collections
import multiprocessing
import os
import platform
import shutil
import sys
import tempfile
import time

import judge
import kinds
import scenes
import world


current = None  # what the forked workers run


def try_one(position):
    fault, command, place = current
    return position, *command.judge(fault.run(command, place, position))


def sweep(fault, command, place, options):
    command.prepare(place)
    positions = fault.positions(command, place)[::options.every]
    if options.only:
        positions = options.only.split(',')
    global current
    current = fault, command, place
    begin = time.monotonic()
    outcomes, bad = collections.Counter(), []
    with multiprocessing.Pool(options.jobs) as pool:
        for position, verdict, seen in pool.imap_unordered(try_one, positions, 4):
            outcomes[verdict] += 1
            if verdict in judge.BAD:
                bad.append((position, verdict, seen))
    words = ' '.join(f'{name} {outcomes[name]}' for name in judge.GOOD + judge.BAD if outcomes[name])
    print(f'{command.name:15} {len(positions):5} positions {time.monotonic() - begin:6.1f} s  {words}', flush=True)
    for position, verdict, seen in bad[:options.show]:
        print(f'    {position}: {verdict}: {seen}')
    return len(bad)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('kind', choices=['alloc', 'calls', 'short', 'limits', 'interrupts'])
    parser.add_argument('tcplens')
    parser.add_argument('tool', nargs='?')
    parser.add_argument('--commands')
    parser.add_argument('--every', type=int, default=1)
    parser.add_argument('--jobs', type=int, default=2)
    parser.add_argument('--show', type=int, default=8)
    parser.add_argument('--only')
    options = parser.parse_args()
    if options.kind in ('calls', 'interrupts') and not shutil.which('strace'):
        print('needs strace')
        sys.exit(77)
    if options.kind == 'short' and platform.machine() != 'x86_64':
        print('short_io knows the registers of x86-64 only')
        sys.exit(77)
    world.skip_unless_possible()
    os.nice(10)
    names = options.commands.split(',') if options.commands else [command.name for command in scenes.COMMANDS]
    folder = tempfile.mkdtemp()
    try:
        place = scenes.Place(options.tcplens, folder)
        fault = {'alloc': lambda: kinds.Allocations(options.tool), 'calls': kinds.Calls,
                 'short': lambda: kinds.Shorts(options.tool),
                 'limits': kinds.Surroundings, 'interrupts': kinds.Interrupts}[options.kind]()
        bad = sum(sweep(fault, command, place, options) for command in scenes.COMMANDS if command.name in names)
    finally:
        shutil.rmtree(folder)
    sys.exit(1 if bad else 0)


if __name__ == '__main__':
    main()
