#!/usr/bin/env python3
"""sweep.py alloc|calls|short|limits|interrupts TCPLENS [TOOL] [--commands NAME,...] [--every N] [--jobs N]
    [--only POSITION,...] [--sanitized]

alloc: makes each allocation of each command fail, in turn: once, and from there on all. calls: makes each system call of
CALLS fail, in turn, with each error that it may well have (strace does it; its counts are a thread's own). short: halves each
read and write, in turn. limits: runs each command under limits of resources, and without file systems that it reads.
interrupts: Ctrl-C at each call. TOOL: fail_alloc for alloc, short_io for short. --sanitized: TCPLENS was built by gcc with
AddressSanitizer, whose reports, those of leaks too, are crashes; begin it with setarch -R. The run must give the right output, or say
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


LEAKS = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'leaks.supp')
current = None  # what the forked workers run


def try_one(position):
    fault, command, place = current
    return position, *command.judge(fault.run(command, place, position))


def try_all(positions, jobs):
    """What does not end in time, as on a busy machine, is tried once more, alone and with more time."""
    late = []
    with multiprocessing.Pool(jobs) as pool:
        for position, verdict, seen in pool.imap_unordered(try_one, positions, 4):
            if verdict == 'hang':
                late.append(position)
            else:
                yield position, verdict, seen
    if late:
        print(f'    not in time, tried once more: {" ".join(late)}', flush=True)
    with scenes.trial.more_time():
        yield from map(try_one, late)


def sweep(fault, command, place, options):
    command.prepare(place)
    positions = fault.positions(command, place)[::options.every]
    if options.only:
        positions = options.only.split(',')
    global current
    current = fault, command, place
    begin = time.monotonic()
    outcomes, bad = collections.Counter(), []
    for position, verdict, seen in try_all(positions, options.jobs):
        outcomes[verdict] += 1
        if verdict in judge.BAD:
            bad.append((position, verdict, seen))
    words = ' '.join(f'{name} {outcomes[name]}' for name in judge.GOOD + judge.BAD if outcomes[name])
    print(f'{command.name:15} {len(positions):5} positions {time.monotonic() - begin:6.1f} s  {words}', flush=True)
    for position, verdict, seen in bad[:options.show]:
        print(f'    {position}: {verdict}: {seen}')
    return len(bad)


def report_all():
    """The sanitizers report leaks, too, and accept that the failing allocator is in front of them."""
    os.environ['ASAN_OPTIONS'] = 'verify_asan_link_order=0:detect_leaks=1:strict_string_checks=1:allocator_may_return_null=1'
    os.environ['LSAN_OPTIONS'] = f'suppressions={LEAKS}:print_suppressions=0'
    os.environ['UBSAN_OPTIONS'] = 'print_stacktrace=1:halt_on_error=1'


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
    parser.add_argument('--sanitized', action='store_true')
    options = parser.parse_args()
    if options.sanitized:
        report_all()
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
