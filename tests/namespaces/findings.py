#!/usr/bin/env python3
"""findings.py TCPLENS: trouble in another network namespace is found from here, with its name, by its own
counters; the same listener in a namespace beside it is well."""

import json
import subprocess
import sys

import world

TCPLENS, PORT = sys.argv[1], 8080


def doctor(*words):
    return subprocess.Popen([TCPLENS, 'doctor', '--json', '--only', 'accept-queue-full,tcp-memory', *words],
                            stdout=subprocess.PIPE, text=True)


def lines_of(process):
    return [json.loads(line) for line in process.communicate(timeout=50)[0].splitlines()]


def what_is_beside():
    """The last line of the doctor's text; again, where on a busy machine no frame was finished, or no namespace counted in it."""
    for _ in range(20):
        out = subprocess.run([TCPLENS, 'doctor', '--for', '1'], stdout=subprocess.PIPE, text=True, timeout=50, check=False).stdout
        if 'not looked at: ' in out:
            break
    return out.splitlines()[-1] if out else ''


def of_namespace(findings, inode):
    return [finding for finding in findings if finding.get('netns') == inode]


def main():
    world.skip_unless_possible()
    ill, well = world.Namespace(), world.Namespace()
    ill.do('overflow', 'full', PORT, 3, 8)
    well.do('overflow', 'some', PORT, 64, 8)
    found = []
    for _ in range(5):  # a busy machine may not finish two frames in 5 s
        looking_at_all, looking_at_one = doctor('--netns', 'all'), doctor('--netns', str(ill.pid))
        both, one = lines_of(looking_at_all), lines_of(looking_at_one)
        found = of_namespace(both, ill.inode)
        if found and of_namespace(one, ill.inode):
            break
    assert len(found) == 1, both
    finding = found[0]
    assert finding['netns'] == ill.inode and 'netns_name' not in finding, finding
    assert finding['title'].startswith(f'{ill.inode}: '), finding
    assert {'pid': ill.pid, 'port': PORT}.items() <= finding['subject'].items(), finding
    counted = {evidence['fact']: evidence['value'] for evidence in finding['evidence']}
    assert counted['accept_queue'] == 4 and counted['backlog'] == 3, finding
    rows = world.tcplens_list(TCPLENS, finding['filter'])
    assert {row['netns'] for row in rows} == {ill.inode} and len(rows) == 5, rows
    assert not of_namespace(both, well.inode), both

    assert len(of_namespace(one, ill.inode)) == 1, one
    unchecked = {check['finding']: check['reason'] for check in one[-1]['not_checked']}
    assert 'tcp-memory' in unchecked, unchecked  # its limits stand in the first namespace only
    last = what_is_beside()  # what is beside it is not looked at, and that is said
    assert last.startswith('not looked at: ') and last.endswith(': --netns all'), last
    ill.end()
    well.end()
    return 0


if __name__ == '__main__':
    sys.exit(main())
