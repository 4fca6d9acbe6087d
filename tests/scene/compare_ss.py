#!/usr/bin/env python3
"""Compares `tcplens list --json` with ss and /proc/net/tcp{,6}, field by field, on one scene.

usage: compare_ss.py TCPLENS SCENE [SCENE OPTION...]
       compare_ss.py --scenes 20:1000:100000 TCPLENS SCENE    20 scenes, of so many sockets to so many

The scene stands in a network namespace of its own (root). What moves by itself (retransmission,
timers) is read twice, before and after ss: a number must lie between the two, all else be one of
them. Exit 0: no differences; 1: each is printed; 77: cannot run here."""

import json
import re
import shutil
import socket
import struct
import subprocess
import sys

STATES = {'ESTAB': 'ESTABLISHED', 'SYN-RECV': 'SYN-RECEIVED'}
PROC_STATES = ('', 'ESTABLISHED', 'SYN-SENT', 'SYN-RECEIVED', 'FIN-WAIT-1', 'FIN-WAIT-2',
               'TIME-WAIT', 'CLOSED', 'CLOSE-WAIT', 'LAST-ACK', 'LISTEN', 'CLOSING',
               'SYN-RECEIVED')
TIMERS = (None, 'on', 'keepalive', 'timewait', 'persist')
TIMER_SLACK_MS = 1100  # ss rounds to seconds, /proc to ticks

# word of ss: key, and the number of its units in one of ss's
NUMBERS = {
    'uid': ('uid', 1), 'ino': ('inode', 1), 'rto': ('rto_us', 1000), 'ato': ('ato_us', 1000),
    'mss': ('snd_mss_bytes', 1), 'pmtu': ('pmtu_bytes', 1), 'rcvmss': ('rcv_mss_bytes', 1),
    'advmss': ('advmss_bytes', 1), 'cwnd': ('snd_cwnd', 1), 'ssthresh': ('snd_ssthresh', 1),
    'bytes_sent': ('bytes_sent', 1), 'bytes_retrans': ('bytes_retrans', 1),
    'bytes_acked': ('bytes_acked', 1), 'bytes_received': ('bytes_received', 1),
    'segs_out': ('segs_out', 1), 'segs_in': ('segs_in', 1), 'data_segs_out': ('data_segs_out', 1),
    'data_segs_in': ('data_segs_in', 1), 'delivered': ('delivered', 1), 'backoff': ('backoff', 1),
    'unacked': ('unacked', 1), 'lost': ('lost_out', 1), 'sacked': ('sacked', 1),
    'dsack_dups': ('dsack_dups', 1), 'reord_seen': ('reord_seen', 1),
    'rcv_ooopack': ('rcv_ooopack', 1), 'rcv_rtt': ('rcv_rtt_us', 1000),
    'rcv_space': ('rcv_space_bytes', 1), 'rcv_ssthresh': ('rcv_ssthresh_bytes', 1),
    'snd_wnd': ('snd_wnd_bytes', 1), 'minrtt': ('min_rtt_us', 1000), 'notsent': ('notsent_bytes', 1),
    'busy': ('busy_time_us', 1000),
}
RATES = {'pacing_rate': 'pacing_rate_bytes_per_s', 'delivery_rate': 'delivery_rate_bytes_per_s'}
SKMEM = {'r': 'rmem_alloc_bytes', 'rb': 'rcvbuf_bytes', 't': 'wmem_alloc_bytes',
         'tb': 'sndbuf_bytes', 'f': 'fwd_alloc_bytes', 'w': 'wmem_queued_bytes',
         'o': 'optmem_bytes', 'bl': 'sock_backlog_bytes', 'd': 'drops'}
# Of a listener ss prints defaults that the kernel filled in, and its queue once more.
NOT_OF_LISTENERS = {'snd_cwnd', 'unacked', 'sacked'}
# What tells of time since an event is different in each of the runs.
MOVING = {'busy_time_us'}


def endpoint(text):
    """'[fe80::1]%lo:80' to (address, interface, port)."""
    address, port = text.rsplit(':', 1)
    address, _, interface = address.partition('%')
    if address == '*':  # of both families
        address = '::'
    return address.strip('[]'), interface, 0 if port == '*' else int(port)


def duration_ms(text):
    units = {'ms': 1, 'sec': 1000, 'min': 60000, 'hour': 3600000}
    parts = re.findall(r'([\d.]+)(ms|sec|min|hour)', text)
    return sum(float(number) * units[unit] for number, unit in parts)


def ss_numbers(words):
    row = {}
    for word, value in words:
        if word in NUMBERS:
            key, factor = NUMBERS[word]
            number = re.match(r'[\d.]+', value)
            row[key] = round(float(number.group()) * factor) if number else value
        elif word == 'rtt':
            row['rtt_us'], row['rttvar_us'] = (round(float(v) * 1000) for v in value.split('/'))
        elif word == 'wscale':
            row['snd_wscale'], row['rcv_wscale'] = (int(v) for v in value.split(','))
        elif word == 'retrans':
            row['retrans_out'], row['retrans'] = (int(v) for v in value.split('/'))
        elif word == 'skmem':
            for name, number in re.findall(r'([a-z]+)(\d+)', value):
                row[SKMEM[name]] = int(number)
    return row


def ss_row(line, algorithms):
    fields = line.split()
    state = STATES.get(fields[0], fields[0])
    rest = ' '.join(fields[5:])
    row = {'state': state, 'congestion': None, 'timer': None}
    row['laddr'], row['ifname'], row['lport'] = endpoint(fields[3])
    row['raddr'], _, row['rport'] = endpoint(fields[4])
    names = ('accept_queue', 'backlog') if state == 'LISTEN' else ('recvq', 'sendq')
    row.update(zip(names, (int(fields[1]), int(fields[2]))))
    row['cookie'] = re.search(r'\bsk:([0-9a-f]+)', rest).group(1)
    timer = re.search(r'timer:\((\w+),([^,]*),(\d+)\)', rest)
    if timer:
        row['timer'] = timer.group(1)
        row['timer_ms'] = duration_ms(timer.group(2))
        row['timer_retrans'] = int(timer.group(3))
    details = re.sub(r'users:\(\(.*?\)\)\s|timer:\(.*?\)|bbr:\(.*?\)', '', rest)
    row.update(ss_numbers(re.findall(r'\b([a-z_]+):(\S+)', details)))
    for word, value in re.findall(r'\b(\w+_rate) (\d+)bps', details):
        if word in RATES:
            row[RATES[word]] = int(value) // 8
    row['delivery_rate_app_limited'] = int(' app_limited' in details)
    for word in details.split():
        if word in algorithms:
            row['congestion'] = word
    return row


def read_ss():
    return subprocess.run(['ss', '-tanieomOH'], capture_output=True, text=True, check=True).stdout


def parse_ss(output):
    with open('/proc/sys/net/ipv4/tcp_available_congestion_control', encoding='ascii') as file:
        algorithms = set(file.read().split())
    # Only newer versions of ss ask for bound sockets that never connected.
    return [ss_row(line, algorithms) for line in output.splitlines() if not line.startswith('UNCONN')]


def read_tcplens(binary):
    return subprocess.run([binary, 'list', '--json'], capture_output=True, text=True, check=True).stdout


def parse_tcplens(output):
    rows = [json.loads(line) for line in output.splitlines()]
    return {row['cookie']: row for row in rows}


def proc_endpoint(text, family):
    address, port = text.split(':')
    words = struct.pack('=%dI' % (len(address) // 8),
                        *(int(address[i:i + 8], 16) for i in range(0, len(address), 8)))
    return socket.inet_ntop(family, words), int(port, 16)


def read_text(path):
    with open(path, encoding='ascii') as file:
        return file.read()


def parse_proc(text, family):
    rows = []
    for line in text.splitlines()[1:]:
        fields = line.split()
        row = {'state': PROC_STATES[int(fields[3], 16)]}
        row['laddr'], row['lport'] = proc_endpoint(fields[1], family)
        row['raddr'], row['rport'] = proc_endpoint(fields[2], family)
        row['sendq'], row['recvq'] = (int(v, 16) for v in fields[4].split(':'))
        row['timer'] = TIMERS[int(fields[5].split(':')[0], 16)]
        row['uid'], row['inode'] = int(fields[7]), int(fields[9])
        rows.append(row)
    return rows


class Comparison:
    def __init__(self):
        self.fields = self.differences = 0

    def check(self, who, row, key, theirs, ours):
        """One of our readings must be theirs; what we do not know they show as nothing or 0."""
        self.fields += 1
        if all(type(value) is int for value in (theirs, *ours)) and min(ours) <= theirs <= max(ours):
            return
        if any(theirs == value or (value is None and not theirs) or (theirs is None and not value)
               for value in ours):
            return
        self.differences += 1
        print(f'{who}: {row["state"]} {row["laddr"]}:{row["lport"]} {key}: {theirs!r}, '
              f'tcplens has {ours!r}')


def is_listener(row):
    return row['state'] == 'LISTEN'


def check_endpoints(compare, who, row, readings):
    for key in ('laddr', 'lport', 'raddr', 'rport'):
        theirs = row[key]
        if is_listener(row) and key[0] == 'r':
            theirs = None  # a listener has no remote
        compare.check(who, row, key, theirs, [ours.get(key) for ours in readings])


def check_timer(compare, row, readings):
    compare.check('ss', row, 'timer', row['timer'], [ours.get('timer') for ours in readings])
    left = [ours['timer_ms'] for ours in readings if 'timer_ms' in ours]
    if row['timer'] and left and row['timer'] != 'on':
        least = min(left) if len(left) == 2 else 0  # it has ended meanwhile
        between = least - TIMER_SLACK_MS <= row['timer_ms'] <= max(left) + TIMER_SLACK_MS
        compare.check('ss', row, 'timer_ms', True, [between])


def check_ss(compare, row, readings):
    check_endpoints(compare, 'ss', row, readings)
    for key, theirs in row.items():
        if key in ('laddr', 'lport', 'raddr', 'rport', 'timer', 'timer_ms') or key in MOVING:
            continue
        if is_listener(row) and key in NOT_OF_LISTENERS:
            continue
        ours = [reading.get(key) for reading in readings]
        if key in ('rto_us', 'delivery_rate_app_limited') and row['state'] == 'LISTEN':
            continue
        if key == 'rttvar_us' and not row.get('rtt_us'):
            continue
        compare.check('ss', row, key, theirs or None if isinstance(theirs, str) else theirs, ours)
    check_timer(compare, row, readings)


def check_all_ss(compare, rows, before, after):
    cookies = {row['cookie'] for row in rows}
    for row in rows:
        readings = [run[row['cookie']] for run in (before, after) if row['cookie'] in run]
        compare.check('ss', row, 'row', True, [bool(readings)])
        if readings:
            check_ss(compare, row, readings)
    for cookie, ours in before.items():
        if ours['state'] != 'CLOSED':  # this ss does not ask for bound sockets
            compare.check('ss', ours, 'row', cookie in cookies, [True])


def identity(row):
    return tuple(row.get(key) or 0 for key in ('lport', 'rport', 'inode')) + (row['laddr'],)


def check_proc(compare, rows, before, after):
    runs = [{identity(row): row for row in run.values()} for run in (before, after)]
    compare.check('proc', rows[0], 'rows', len(rows),
                  [sum(row['state'] != 'CLOSED' for row in run.values()) for run in (before, after)])
    for row in rows:
        readings = [run[identity(row)] for run in runs if identity(row) in run]
        compare.check('proc', row, 'row', True, [bool(readings)])
        if not readings:
            continue
        check_endpoints(compare, 'proc', row, readings)
        compare.check('proc', row, 'state', row['state'], [ours['state'] for ours in readings])
        compare.check('proc', row, 'uid', row['uid'], [ours.get('uid') for ours in readings])
        queue = 'accept_queue' if is_listener(row) else 'recvq'
        compare.check('proc', row, queue, row['recvq'], [ours.get(queue) for ours in readings])
        if not is_listener(row):
            compare.check('proc', row, 'sendq', row['sendq'], [o.get('sendq') for o in readings])
        compare.check('proc', row, 'timer', row['timer'], [ours.get('timer') for ours in readings])


def inside(binary):
    """All is read before anything is parsed: meanwhile sockets end."""
    texts = [read_tcplens(binary), read_ss(), read_text('/proc/self/net/tcp'), read_text('/proc/self/net/tcp6'), read_tcplens(binary)]
    before, after = parse_tcplens(texts[0]), parse_tcplens(texts[4])
    ss_rows = parse_ss(texts[1])
    proc_rows = parse_proc(texts[2], socket.AF_INET) + parse_proc(texts[3], socket.AF_INET6)
    compare = Comparison()
    check_all_ss(compare, ss_rows, before, after)
    check_proc(compare, proc_rows, before, after)
    print(f'{len(before)} rows, {compare.fields} fields compared, '
          f'{compare.differences} differences')
    return 1 if compare.differences or len(ss_rows) < 30 else 0


def on_scene(binary, scene, *options):
    return subprocess.run([scene, '--unshare', *options, '--hold', sys.executable, '-B', __file__, '--inside', binary],
                          check=False).returncode


def on_scenes(sizes, binary, scene):
    """Of growing size, each with all states and kinds of sockets that a scene has."""
    count, least, most = (int(word) for word in sizes.split(':'))
    codes = []
    for i in range(count):
        sockets = round(least * (most / least) ** (i / max(1, count - 1)))
        codes.append(on_scene(binary, scene, '--pairs', str(sockets // 2), '--processes', str(1 + i % 4)))
    print(f'{codes.count(0)} of {count} scenes without a difference')
    return 1 if any(codes) else 0


def main():
    if sys.argv[1] == '--inside':
        return inside(sys.argv[2])
    if not shutil.which('ss'):
        print('skipped: no ss here (iproute2)')
        return 77
    if subprocess.run(['unshare', '-n', 'true'], check=False, stderr=subprocess.DEVNULL).returncode:
        print('skipped: no right to make a network namespace')
        return 77
    if sys.argv[1] == '--scenes':
        return on_scenes(*sys.argv[2:])
    return on_scene(*sys.argv[1:])


if __name__ == '__main__':
    sys.exit(main())
