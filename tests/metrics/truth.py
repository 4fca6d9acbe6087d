"""How exact the counters of `record --metrics` are: a mixed load whose truth is known, in network namespaces of its own,
seen by three recorders (--events none, destroy, bpf), by the events of a session log, by node_exporter, by /proc/net and by
polling ss. Prints a table of deviations in percent. Needs root, iproute2, nftables; prometheus-node-exporter and curl where they are to be compared.
usage: truth.py TCPLENS [SECONDS [RATE]]    60 s, 1000 short connections a second"""
import collections
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
LOOKED_AT, OTHERS = (f"tcplens-truth-{os.getpid()}-{end}" for end in "ab")
ADDRESS, PEER = "10.99.0.1", "10.99.0.2"
OUT_PORT, IN_PORT, BULK_PORT, REFUSED_PORT, EXPORTER_PORT = 6380, 8080, 9500, 6999, 9100
PORTS = (OUT_PORT, IN_PORT, BULK_PORT, REFUSED_PORT)
MODES = ("none", "destroy", "bpf")
LOSS_PERCENT = 5
EXACT = ("opens", "closes", "failed", "in", "out", "retransmitted", "connects", "lifetimes")
MOST_OFF = 1e-6  # a FIN that arrives while its socket is read is taken for a byte
DEADLINE = 60
PAUSE = threading.Event()


def run(*command):
    subprocess.run(command, check=True)


def inside(netns, *command, **how):
    return subprocess.Popen(["ip", "netns", "exec", netns, *command], **how)


def output_inside(netns, *command):
    return subprocess.run(["ip", "netns", "exec", netns, *command], capture_output=True, text=True, check=True).stdout


def wait_until(what, condition):
    end = time.monotonic() + DEADLINE
    while not condition():
        if time.monotonic() > end:
            sys.exit(f"truth: waited {DEADLINE} s for {what}")
        PAUSE.wait(0.05)


def make_namespaces():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was made is removed then, too
    for netns in (LOOKED_AT, OTHERS):
        run("ip", "netns", "add", netns)
    run("ip", "-n", LOOKED_AT, "link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", OTHERS)
    for netns, address in ((LOOKED_AT, ADDRESS), (OTHERS, PEER)):
        run("ip", "-n", netns, "addr", "add", f"{address}/24", "dev", "eth0")
        for link in ("lo", "eth0"):
            run("ip", "-n", netns, "link", "set", link, "up")
        run("ip", "netns", "exec", netns, "sysctl", "-qw", "net.ipv4.ip_local_port_range=10000 65535", "net.ipv4.tcp_tw_reuse=1",
            "net.core.somaxconn=4096")
    run("ip", "netns", "exec", OTHERS, "nft", "add table ip lossy; add chain ip lossy in { type filter hook input priority 0; }; "
        f"add rule ip lossy in tcp dport {BULK_PORT} numgen random mod 100 < {LOSS_PERCENT} drop")


def remove_namespaces():
    for netns in (LOOKED_AT, OTHERS):
        if os.path.exists(f"/run/netns/{netns}"):
            run("ip", "netns", "del", netns)


def kernel_counters(netns):
    """{"Tcp.ActiveOpens": 3, ...} of /proc/net/snmp and netstat."""
    text = output_inside(netns, "cat", "/proc/net/snmp", "/proc/net/netstat").splitlines()
    counters = {}
    for names, values in zip(text[::2], text[1::2]):
        group = names.split()[0]
        for name, value in zip(names.split()[1:], values.split()[1:]):
            counters[group[:-1] + "." + name] = int(value)
    return counters


class SocketPoll:
    """What polling `ss` each second sees: of each connection, by its cookie, what it had carried when it was last there."""

    def __init__(self):
        self.seen = {}
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self.poll)
        self.thread.start()

    def poll(self):
        while not self.stopped.wait(1):
            now = time.monotonic()
            for line in output_inside(LOOKED_AT, "ss", "-tinOHe").splitlines():
                ends = line.split()[3:5]
                cookie = re.search(r" sk:([0-9a-f]+)", line)
                port = next((int(end.rsplit(":", 1)[1]) for end in ends if int(end.rsplit(":", 1)[1]) in PORTS), None)
                if not cookie or port is None:
                    continue
                of = {name: int(value) for name, value in re.findall(r" (bytes_sent|bytes_retrans|bytes_received):(\d+)", line)}
                first = self.seen[cookie[1]]["first"] if cookie[1] in self.seen else now
                self.seen[cookie[1]] = {"port": port, "first": first, "last": now, "in": of.get("bytes_received", 0),
                                        "out": of.get("bytes_sent", 0) - of.get("bytes_retrans", 0),
                                        "retransmitted": of.get("bytes_retrans", 0)}

    def end(self):
        self.stopped.set()
        self.thread.join()
        figures = collections.Counter()
        for it in self.seen.values():
            figures.update(opens=1, closes=1, lifetimes=1, lifetime=it["last"] - it["first"])
            figures.update({name: it[name] for name in ("in", "out", "retransmitted")})
        return figures


def load_command(*arguments):
    return [sys.executable, "-B", f"{HERE}/truth_load.py", *map(str, arguments)]


def carry(seconds, rate):
    """Runs the load to its end; the truth of the connections of LOOKED_AT, a dict for each kind."""
    def start(netns, *arguments):
        return inside(netns, *load_command(*arguments), stdout=subprocess.PIPE, text=True)
    servers = [start(OTHERS, "serve", PEER, OUT_PORT), start(OTHERS, "serve", PEER, BULK_PORT), start(LOOKED_AT, "serve", ADDRESS, IN_PORT)]
    for netns, port in ((OTHERS, OUT_PORT), (OTHERS, BULK_PORT), (LOOKED_AT, IN_PORT)):
        wait_until(f"a listener on {port}", lambda: output_inside(netns, "ss", "-tlnH", f"sport = {port}"))
    clients = [start(LOOKED_AT, "short", PEER, OUT_PORT, rate / 2, seconds), start(OTHERS, "short", ADDRESS, IN_PORT, rate / 2, seconds),
               start(LOOKED_AT, "bulk", PEER, BULK_PORT, 2e6, seconds), start(LOOKED_AT, "refused", PEER, REFUSED_PORT, 10, seconds)]
    told = [client.communicate()[0] for client in clients]
    for server in servers:
        server.terminate()
    told.append(servers[2].communicate()[0])
    for server in servers[:2]:
        server.communicate()
    if any(each.returncode for each in clients):
        sys.exit("truth: a client failed")
    return [json.loads(told[i]) for i in (0, 2, 3, 4)]


def read_metrics(path):
    """[(name, {label: value}, number)] of a file in the text format."""
    samples = []
    with open(path, encoding="utf-8") as file:
        for line in file:
            if match := re.match(r"(\w+)(?:\{(.*)\})? (\S+)$", line):
                samples.append((match[1], dict(re.findall(r'(\w+)="([^"]*)"', match[2] or "")), float(match[3])))
    return samples


def total(samples, name, **labels):
    ports = {str(port) for port in PORTS}
    return sum(number for known, of, number in samples
               if known == name and of.get("port", "") in ports and all(of[key] == value for key, value in labels.items()))


def metrics_figures(samples):
    name = "tcplens_lifetime_seconds"
    figures = {"opens": total(samples, "tcplens_opens_total"), "closes": total(samples, "tcplens_closes_total"),
               "failed": total(samples, "tcplens_failed_connects_total"),
               "in": total(samples, "tcplens_bytes_total", direction="in"), "out": total(samples, "tcplens_bytes_total", direction="out"),
               "retransmitted": total(samples, "tcplens_retransmitted_bytes_total"),
               "retransmitted segments": next((n for known, _, n in samples if known == "tcplens_retransmitted_segments_total"), None),
               "connects": total(samples, "tcplens_connect_seconds_count"),
               "lifetimes": total(samples, name + "_count"), "lifetime": total(samples, name + "_sum")}
    for bound in sorted({of["le"] for known, of, _ in samples if known == name + "_bucket"}, key=float):
        if float(bound) <= 60:
            figures["lifetimes <= " + bound + " s"] = total(samples, name + "_bucket", le=bound)
    return figures


def truth_figures(kinds, counters, bounds):
    figures = collections.Counter()
    for kind in kinds:
        figures.update({name: kind[name] for name in ("opens", "closes", "failed", "in", "out", "retransmitted", "connects")})
    lives = [life for kind in kinds for life in kind["lives"]]
    figures.update({"lifetimes": len(lives), "lifetime": sum(lives), "retransmitted segments": counters["Tcp.RetransSegs"]})
    for bound in bounds:
        figures[bound] = sum(life <= float(bound.split()[2]) for life in lives)
    return figures


def log_figures(path):
    """The same out of the events of a session log, as doc/cookbook.md asks them: the last counters of each connection."""
    opened, failed, ended = 0, 0, {}
    with subprocess.Popen(["zstdcat", path], stdout=subprocess.PIPE) as lines:
        for line in lines.stdout:
            if not line.startswith((b'{"ev":"open"', b'{"ev":"state"', b'{"ev":"close"')):
                continue
            event = json.loads(line)
            if event.get("rport") is None or not {event["lport"], event["rport"]} & set(PORTS):
                continue
            opened += event["ev"] == "open"
            failed += event["ev"] == "close" and event["from"] == "SYN-SENT"
            of = ended.setdefault(event["cookie"], [0, 0, False])
            ended[event["cookie"]] = [event.get("in_bytes", of[0]), event.get("out_bytes", of[1]), of[2] or event["to"] in ("TIME-WAIT", "DELETE-TCB")]
    closed = [of for of in ended.values() if of[2]]
    return {"opens": opened, "closes": len(closed), "failed": failed, "in": sum(of[0] for of in closed), "out": sum(of[1] for of in closed)}


def is_newer(path, than):
    """The file is of a frame that began after that time."""
    return next(n for name, _, n in read_metrics(path) if name == "tcplens_frame_time_seconds") > than


def exporter_figures():
    """Counters of node_exporter: those of the network namespace. It has no bytes and no lifetimes of connections."""
    text = output_inside(LOOKED_AT, "curl", "-s", f"127.0.0.1:{EXPORTER_PORT}/metrics")
    return {match[1]: float(match[2]) for match in re.finditer(r"^(node_(?:netstat|tcp)_\S+) (\S+)$", text, re.M)}


def deviation(got, truth):
    if got is None:
        return "-"
    if not truth:
        return "0" if not got else "!"
    percent = 100 * (got - truth) / truth
    return "0" if got == truth else f"{got - truth:+.0f} in all" if abs(percent) < 0.0005 else f"{percent:+.3f}" if abs(percent) < 1 else f"{percent:+.1f}"


def watch(tcplens, work, seconds, rate, started):
    """Carries the load while everything looks; the truth and what each saw."""
    recorders = {}
    for mode in MODES:
        path = f"{work}/{mode}.prom"
        recorders[mode] = inside(LOOKED_AT, tcplens, "record", "--no-log", "--metrics", path, "--metrics-interval", "1", "--events", mode)
        started.append(recorders[mode])
    recorders["log"] = inside(LOOKED_AT, tcplens, "record", "-o", f"{work}/log.jsonl.zst", stderr=subprocess.DEVNULL)
    started.append(recorders["log"])
    has_exporter = all(map(shutil.which, ("prometheus-node-exporter", "curl")))
    if has_exporter:
        started.append(inside(LOOKED_AT, "prometheus-node-exporter", "--collector.disable-defaults", "--collector.tcpstat",
                              "--collector.netstat", f"--web.listen-address=127.0.0.1:{EXPORTER_PORT}", stderr=subprocess.DEVNULL))
        wait_until("node_exporter", lambda: output_inside(LOOKED_AT, "ss", "-tlnH", f"sport = {EXPORTER_PORT}"))
    for mode in MODES:
        wait_until(f"metrics of {mode}", lambda: os.path.exists(f"{work}/{mode}.prom"))
    before, exported_before = kernel_counters(LOOKED_AT), exporter_figures() if has_exporter else {}
    poll = SocketPoll()
    truth = carry(seconds, rate)
    ended = time.time()
    polled = poll.end()
    after, exported = kernel_counters(LOOKED_AT), exporter_figures() if has_exporter else {}
    for mode in MODES:
        wait_until(f"a later frame of {mode}", lambda: is_newer(f"{work}/{mode}.prom", ended + 1))
    for recorder in recorders.values():
        recorder.terminate()
        recorder.wait()
    grown = {name: after[name] - before[name] for name in after}
    exported = {name: value - exported_before.get(name, 0) for name, value in exported.items()}
    return truth, grown, exported, polled, log_figures(f"{work}/log.jsonl.zst"), {mode: read_metrics(f"{work}/{mode}.prom") for mode in MODES}


def print_table(seconds, truth_kinds, grown, exported, polled, logged, metrics):
    seen = {mode: metrics_figures(samples) for mode, samples in metrics.items()}
    seen["session log"] = logged
    truth = truth_figures(truth_kinds, grown, [name for name in seen["bpf"] if "<=" in name])
    seen["node_exporter"] = {"opens": exported.get("node_netstat_Tcp_ActiveOpens"), "failed": exported.get("node_netstat_Tcp_AttemptFails"),
                             "retransmitted segments": exported.get("node_netstat_Tcp_RetransSegs")}
    if seen["node_exporter"]["opens"] is not None:
        seen["node_exporter"]["opens"] += exported["node_netstat_Tcp_PassiveOpens"]
    seen["/proc/net"] = {"opens": grown["Tcp.ActiveOpens"] + grown["Tcp.PassiveOpens"], "failed": grown["Tcp.AttemptFails"],
                         "in": grown["IpExt.InOctets"], "out": grown["IpExt.OutOctets"], "retransmitted segments": grown["Tcp.RetransSegs"]}
    seen["ss each second"] = polled
    print("| | truth | " + " | ".join(seen) + " |\n| --- | " + "--- | " * (len(seen) + 1))
    for name, figure in truth.items():
        cells = [deviation(of.get(name), figure) for of in seen.values()]
        print(f"| {name} | {figure:,.{1 if name == 'lifetime' else 0}f} | " + " | ".join(cells) + " |")
    for name in ("tcplens_frames_total", "tcplens_events_lost_total", "tcplens_lifetimes_unknown_total"):
        print(f"{name}:", ", ".join(f"{mode} {n:g}" for mode in MODES for known, _, n in metrics[mode] if known == name))
    print(f"{(truth['opens'] - truth['failed']) / seconds:.0f} connections a second were carried, load average {os.getloadavg()[0]:.1f}")
    lost = next(n for name, _, n in metrics["bpf"] if name == "tcplens_events_lost_total")
    has_bpf = any(of.get("source") == "bpf" and n for name, of, n in metrics["bpf"] if name == "tcplens_events_source")
    return truth, (seen["bpf"], logged), has_bpf and not lost


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 60
    rate = float(sys.argv[3]) if len(sys.argv) > 3 else 1000
    if os.geteuid() or not shutil.which("nft"):
        print("truth: not tried: needs root and nftables")
        sys.exit(77)
    started = []
    with tempfile.TemporaryDirectory(prefix="tcplens-truth-") as work:
        try:
            make_namespaces()
            seen = watch(sys.argv[1], work, seconds, rate, started)
        finally:
            for process in started:
                if process.poll() is None:
                    process.terminate()
                    process.wait()
            remove_namespaces()
    truth, exact, is_whole = print_table(seconds, *seen)
    wrong = [name for name in EXACT for figures in exact if abs(figures.get(name, truth[name]) - truth[name]) > MOST_OFF * truth[name]]
    if is_whole and wrong:
        sys.exit(f"truth: with events by BPF, none of which was lost, these are not exact: {', '.join(wrong)}")


if __name__ == "__main__":
    main()
