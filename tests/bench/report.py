"""Figures to text: against the goals, and all of them. Knows nothing of how they are taken."""

import os
import re

BEGIN, END = '<!-- figures: written by tests/bench/run --doc -->', '<!-- end of figures -->'


def machine():
    facts = {'kernel': os.uname().release, 'cores': os.cpu_count(), 'load_before': os.getloadavg()[0]}
    with open('/proc/cpuinfo', encoding='utf-8') as file:
        found = re.search(r'^model name\s*:\s*(.*)$', file.read(), re.M)
    facts['cpu'] = found.group(1) if found else os.uname().machine
    return facts


def number(value):
    return f'{value:,.0f}' if value >= 100 else f'{value:.1f}' if value >= 10 else f'{value:.2f}'


def spread(figure):
    if figure['runs'] < 2:
        return f"{number(figure['median'])} (one run)"
    return f"{number(figure['median'])} ({number(figure['least'])}–{number(figure['most'])})"


def at(found, *path):
    """A figure deep in the results, or None."""
    for step in path:
        if not isinstance(found, dict) or step not in found:
            return None
        found = found[step]
    return found


def median(found, *path):
    figure = at(found, *path)
    return figure['median'] if figure else None


def ratio(a, b):
    return a / b if a is not None and b else None


def row(what, value, goal, unit='', digits=2, detail=''):
    """A line of the table of goals; a goal is a number that is not to be exceeded."""
    if value is None:
        return f'| {what} | not measured | {goal}{unit} | – |'
    verdict = 'reached' if value <= goal else f'**not reached**: {value / goal:.2f} times'
    return f'| {what} | {value:.{digits}f}{unit}{detail} | {goal}{unit} | {verdict} |'


def frame_ratio(scenes, scene, *path):
    return ratio(median(scenes, scene, *path, 'frame'), median(scenes, scene, *path, 'raw'))


def command_ratio(scenes, scene, clock, peer):
    return ratio(median(scenes, scene, 'commands', 'list --json', clock),
                 median(scenes, scene, 'commands', peer, clock))


def cost_growth(scenes):
    few, many = at(scenes, 'idle-20000', 'live'), at(scenes, 'idle-200000', 'live')
    if not few or not many:
        return None
    return (many['frame']['median'] / many['rows']) / (few['frame']['median'] / few['rows'])


def bytes_each(scenes):
    few, many = at(scenes, 'idle-1000', 'live'), at(scenes, 'idle-200000', 'live')
    if not few or not many:
        return None
    return (many['rss'] - few['rss']) * 1024 / (many['rows'] - few['rows'])


def list_bytes_each(scenes):
    few, many = (median(scenes, f'idle-{size}', 'commands', 'list --json', 'rss') for size in ('1000', '200000'))
    rows = [at(scenes, f'idle-{size}', 'raw', 'rows') for size in ('1000', '200000')]
    if few is None or many is None or rows[0] == rows[1]:
        return None
    return (many - few) * 1024 / (rows[1] - rows[0])


def worst_key(found, bare):
    values = [line['worst'] for line in found['keystrokes'] if bool(re.fullmatch(r'\w+', line['filter'])) == bare]
    return max(values, default=None)


def goals(found):
    scenes = found['scenes']
    keys = at(scenes, 'idle-200000', 'keys')
    rest, htop = median(scenes, 'rest-300', 'rest', 'tcplens'), median(scenes, 'rest-300', 'rest', 'htop')
    lines = ['| what | measured | goal, at most | |', '| --- | --- | --- | --- |']
    for size, peer, goal in (('20000', 'ss -tanpieOH', 0.35), ('200000', 'ss -tanpieOH', 0.02),
                             ('200000', 'ss -tanieOH', 0.6)):
        wall, cpu = (command_ratio(scenes, f'idle-{size}', clock, peer) for clock in ('wall', 'cpu'))
        detail = f' (CPU {cpu:.3f})' if cpu else ''
        lines.append(row(f'`list --json` / `{peer}`, {int(size):,} sockets, wall', wall, goal, '', 3, detail))
    lines.append(row('`list --json` / raw dump, 200,000 sockets, wall',
                     ratio(median(scenes, 'idle-200000', 'commands', 'list --json', 'wall'),
                           median(scenes, 'idle-200000', 'commands', 'one raw dump', 'wall')), 2))
    for size in ('20000', '200000'):
        for kind, goal in (('idle', 1.2), ('some', 1.4), ('busy', 1.4)):
            name = {'idle': 'idle', 'some': '5 % carry data', 'busy': 'all carry data'}[kind]
            lines.append(row(f'CPU of a live frame / raw dump, {int(size):,}, {name}',
                             frame_ratio(scenes, f'{kind}-{size}', 'live'), goal))
        for way, goal in (('bpf', 1.6), ('proc', 2.5)):
            lines.append(row(f'the same, 5 % replaced a second, {int(size):,}, owners by {way}',
                             frame_ratio(scenes, f'replaced-{size}', 'replaced', way), goal))
    for size in ('20000', '200000'):
        for kind in ('none', 'five') if size == '20000' else ('none',):
            found_by = at(scenes, f'idle-{size}', 'findings', kind)
            detail = f" ({found_by['findings']} found)" if found_by else ''
            lines.append(row(f'CPU of a frame with findings / `--skip all`, {int(size):,}, {kind}',
                             found_by and found_by['ratio']['median'], 1.05, '', 3, detail))
    lines.append(row('cost of a row at 200,000 / at 20,000', cost_growth(scenes), 1.15))
    lines.append(row('key to repaint while dumping 200,000, median', keys and keys['median'], 5, ' ms', 1))
    lines.append(row('the same, worst of 500', keys and keys['worst'], 30, ' ms', 1))
    lines.append(row('resident memory of a connection beyond the first 1,000', bytes_each(scenes), 700, ' bytes', 0))
    lines.append(row('the same of `list --json`, at its peak', list_bytes_each(scenes), 700, ' bytes', 0))
    lines.append(row('screen at rest, 300 sockets, % of a core', rest, 0.25, ' %', 3))
    lines.append(row('the same / htop', ratio(rest, htop), 0.3))
    lines.append(row('start to first row, 1,000 sockets', median(scenes, 'idle-1000', 'start', 'wall'), 30, ' ms', 1))
    lines.append(row('filter keystroke over 200,000 rows, field filters, worst, without painting',
                     worst_key(found, False), 20, ' ms', 1))
    lines.append(row('the same, bare words', worst_key(found, True), 30, ' ms', 1))
    return lines


def command_table(scenes):
    lines = ['| scene | command | wall ms | CPU ms | peak RSS MiB |', '| --- | --- | --- | --- | --- |']
    for name, scene in scenes.items():
        lines.append(f"| {name} | raw dump, {scene['raw']['rows']:,} rows | | {spread(scene['raw']['cpu'])} | |")
        for command, figures in {**scene.get('commands', {}), **scene.get('lsof', {})}.items():
            lines.append(f"| {name} | `{command}` | {spread(figures['wall'])} | {spread(figures['cpu'])} | "
                         f"{figures['rss']['median'] / 1024:.1f} |")
    return lines


def live_table(scenes):
    lines = ['| scene | | CPU ms a frame | raw dump beside it | ratio | µs a row | RSS MiB |',
             '| --- | --- | --- | --- | --- | --- | --- |']
    for name, scene in scenes.items():
        ways = {'`--past 0`': scene.get('live'), 'the past on': scene.get('past'),
                'rows that are seen': scene.get('seen'), '`--netns all`': scene.get('netns'),
                '`record`': scene.get('record'),
                'owners by bpf': at(scene, 'replaced', 'bpf'), 'owners by /proc': at(scene, 'replaced', 'proc')}
        for way, figures in ways.items():
            if figures:
                frame, floor = figures['frame'], figures['raw']
                lines.append(f"| {name} | {way} | {spread(frame)} | {spread(floor)} | "
                             f"{frame['median'] / floor['median']:.2f} | {frame['median'] * 1e3 / figures['rows']:.2f} | "
                             f"{figures['rss'] / 1024:.1f} |")
    return lines


def others(found):
    scenes, lines = found['scenes'], []
    shown = at(scenes, 'idle-200000', 'budget')
    if shown:
        back = f"back at 1 s {shown['back']:.0f} s later" if shown['back'] else '**not back** after 60 s'
        lines.append(f"* `--budget 5`, 200,000 sockets, `-i 1`: the header says \"stretched to {shown['to']}\", CPU then "
                     f"{shown['share']:.1f} % of a core; the holders of the sockets killed, it is {back}.")
    for name, figure in (at(scenes, 'rest-300', 'rest') or {}).items():
        lines.append(f"* At rest with 300 sockets, {name}: {spread(figure)} % of a core.")
    start = at(scenes, 'idle-1000', 'start')
    if start:
        lines.append(f"* Start to first row, 1,000 sockets: {spread(start['wall'])} ms, CPU {spread(start['cpu'])} ms.")
    for line in found['keystrokes']:
        lines.append(f"* Filter `{line['filter']}` over 200,000 rows ({line['rows']:,} stay): {line['median']:.1f} ms, worst "
                     f"{line['worst']:.1f} ms.")
    file = found['file']
    lines.append(f"* Stripped binary {file['stripped'] / 1024:.0f} KiB; {len(file['libraries'])} shared libraries at start; "
                 f"`--version` takes {spread(file['version']['cpu'])} ms of CPU, `true` {spread(file['nothing']['cpu'])} ms. "
                 f"Libraries: {', '.join(file['libraries'])}.")
    return lines


def text(found):
    facts = found['machine']
    head = (f"{facts['cpu']}, {facts['cores']} cores, Linux {facts['kernel']}; load {facts['load_before']:.1f} before, "
            f"{facts.get('load_after', 0):.1f} after. Median (least–most).")
    if 'note' in facts:
        head = f"{facts['note']}\n\n{head}"
    return '\n'.join([head, '', *goals(found), '', *others(found), '', *live_table(found['scenes']), '',
                      *command_table(found['scenes'])])


def put(path, new):
    with open(path, encoding='utf-8') as file:
        whole = file.read()
    before, rest = whole.split(BEGIN)
    after = rest.split(END)[1]
    with open(path, 'w', encoding='utf-8') as file:
        file.write(f'{before}{BEGIN}\n{new}\n{END}{after}')
