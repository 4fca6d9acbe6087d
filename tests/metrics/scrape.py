"""Metrics as their readers get them: a recorder under load and one of the demo's outage, each read by a node_exporter, both scraped by
Prometheus and by VictoriaMetrics. What both have of the load is the truth, and every panel of the dashboard has data of the outage.
Grafana is not needed, and not tried. Takes 100 s; needs root, iproute2, nftables, prometheus-node-exporter, prometheus and
victoria-metrics. Exit code 77: not tried.
usage: scrape.py TCPLENS DASHBOARD"""
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.parse

import truth

SECONDS, RATE = 90, 400  # the outage of the demo begins, is over, and the leak behind it has begun
EXPORTERS = {"live": 9101, "demo": 9102}
SERVERS = {"Prometheus": 9090, "VictoriaMetrics": 8428}
PROGRAMS = ("nft", "curl", "prometheus-node-exporter", "prometheus", "victoria-metrics")


def start_recorders(tcplens, work):
    for job, more in (("live", ["--events", "auto"]), ("demo", ["--demo", "incident"])):
        os.mkdir(f"{work}/{job}")
        yield truth.inside(truth.LOOKED_AT, tcplens, "record", "--no-log", "--metrics", f"{work}/{job}/tcplens.prom", "--metrics-interval", "1", *more)
        yield truth.inside(truth.LOOKED_AT, "prometheus-node-exporter", "--collector.disable-defaults", "--collector.textfile",
                           f"--collector.textfile.directory={work}/{job}", f"--web.listen-address=127.0.0.1:{EXPORTERS[job]}",
                           stderr=subprocess.DEVNULL)


def start_servers(work):
    with open(f"{work}/scrape.yml", "w", encoding="utf-8") as file:
        file.write("global:\n  scrape_interval: 1s\nscrape_configs:\n")
        for job, port in EXPORTERS.items():
            file.write(f"  - job_name: {job}\n    static_configs:\n      - targets: ['127.0.0.1:{port}']\n")
    for command in (["prometheus", f"--config.file={work}/scrape.yml", f"--storage.tsdb.path={work}/prometheus",
                     f"--web.listen-address=127.0.0.1:{SERVERS['Prometheus']}"],
                    ["victoria-metrics", f"-promscrape.config={work}/scrape.yml", f"-storageDataPath={work}/victoria",
                     f"-httpListenAddr=127.0.0.1:{SERVERS['VictoriaMetrics']}", "-search.latencyOffset=0s"]):
        yield truth.inside(truth.LOOKED_AT, *command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def ask(server, path, **parameters):
    """The result of a query; what the server says where it refuses."""
    url = f"127.0.0.1:{SERVERS[server]}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
    answer = json.loads(truth.output_inside(truth.LOOKED_AT, "curl", "-s", url))
    if answer["status"] != "success":
        sys.exit(f"scrape: {server}: {parameters['query']}: {answer.get('error')}")
    return answer["data"]["result"]


def is_scraped(server, job):
    try:
        return bool(ask(server, "query", query=f'tcplens_frames_total{{job="{job}"}}'))
    except (subprocess.CalledProcessError, json.JSONDecodeError):
        return False


def sum_of(server, name, **labels):
    ports = "|".join(map(str, truth.PORTS))
    chosen = "".join(f',{key}="{value}"' for key, value in labels.items())
    result = ask(server, "query", query=f'sum({name}{{job="live",port=~"{ports}"{chosen}}})')
    return float(result[0]["value"][1]) if result else None


def wait_for_frame(server, than):
    truth.wait_until(f"a later frame in {server}",
                     lambda: float(ask(server, "query", query='tcplens_frame_time_seconds{job="live"}')[0]["value"][1]) > than)


def check_load(kinds):
    """Sums of the load in each server against its truth; how many are not exact."""
    wrong = 0
    wanted = {("tcplens_bytes_total", "in"): sum(kind["in"] for kind in kinds), ("tcplens_bytes_total", "out"): sum(kind["out"] for kind in kinds),
              ("tcplens_opens_total", ""): sum(kind["opens"] for kind in kinds), ("tcplens_closes_total", ""): sum(kind["closes"] for kind in kinds)}
    for server in SERVERS:
        for (name, direction), number in wanted.items():
            got = sum_of(server, name, **({"direction": direction} if direction else {}))
            print(f"{server}: {name} {direction}: {got:.0f}, truth {number}")
            wrong += got != number
    return wrong


def check_places(panels):
    """Panels that share a number or a place, or stand outside of the 24 columns; how many."""
    taken, wrong = set(), len(panels) - len({panel["id"] for panel in panels})
    for panel in panels:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        wrong += bool(cells & taken) or at["x"] + at["w"] > 24
        taken |= cells
    return wrong


def check_panels(dashboard, began, ended):
    """Each expression of the dashboard over the whole time; how many have no data."""
    with open(dashboard, encoding="utf-8") as file:
        panels = json.load(file)["panels"]
    if wrong := check_places(panels):
        print(f"{wrong} panels are out of place")
    for server in SERVERS:
        for panel in panels:
            for target in panel["targets"]:
                query = target["expr"].replace("$__rate_interval", "15s").replace("$instance", ".*")
                series = ask(server, "query_range", query=query, start=began, end=ended, step=5)
                series = [one for one in series if one["metric"].get("job", "demo") == "demo"]
                values = sum(math.isfinite(float(value)) for one in series for _, value in one["values"])
                print(f"{server}: {panel['title']}: {len(series)} series, {values} values")
                wrong += not values
    return wrong


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    missing = [name for name in PROGRAMS if not shutil.which(name)]
    if os.geteuid() or missing:
        print(f"scrape: not tried: {'no ' + ', '.join(missing) if missing else 'needs root'}")
        sys.exit(77)
    started = []
    with tempfile.TemporaryDirectory(prefix="tcplens-scrape-") as work:
        try:
            truth.make_namespaces()
            began = time.time()
            started.extend(start_recorders(sys.argv[1], work))
            started.extend(start_servers(work))
            for server in SERVERS:
                for job in EXPORTERS:
                    truth.wait_until(f"{server} to scrape {job}", lambda s=server, j=job: is_scraped(s, j))
            kinds = truth.carry(SECONDS, RATE)
            ended = time.time()
            for server in SERVERS:
                wait_for_frame(server, ended + 1)
            wrong = check_load(kinds) + check_panels(sys.argv[2], began, ended)
        finally:
            for process in started:
                process.terminate()
                process.wait()
            truth.remove_namespaces()
    if wrong:
        sys.exit(f"scrape: {wrong} of these are wrong")


main()
