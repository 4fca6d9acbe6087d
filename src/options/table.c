/* The tables of commands and options. Help, completions, the man page check and the parser read
 * them; adding an option means adding a row. */
#include "options/table.h"

#include "base/clock.h"
#include "core/metrics/metrics.h"

#define TOP     (1u << RUN_TOP)
#define LIST    (1u << RUN_LIST)
#define EVENTS  (1u << RUN_EVENTS)
#define RECORD  (1u << RUN_RECORD)
#define REPLAY  (1u << RUN_REPLAY)
#define CLOSE   (1u << RUN_CLOSE)
#define DOCTOR  (1u << RUN_DOCTOR)
#define SUMMARY (1u << RUN_SUMMARY)
#define METRICS (1u << RUN_METRICS)
#define MAP     (1u << RUN_MAP)
#define ALL     (TOP | LIST | EVENTS | RECORD | REPLAY | CLOSE | DOCTOR | SUMMARY | METRICS | MAP)
#define FINDING (TOP | EVENTS | RECORD | REPLAY | DOCTOR | METRICS | MAP)

const struct command_name COMMAND_NAMES[RUN_COUNT] = {
    [RUN_TOP] = {"top", "[FILTER]", "the screen (the default)"},
    [RUN_LIST] = {"list", "[FILTER]", "print all connections once"},
    [RUN_EVENTS] = {"events", "[FILTER]",
                    "print opens, transitions, closes, findings as they happen"},
    [RUN_RECORD] = {"record", "[FILTER]", "write a session log, without a screen"},
    [RUN_REPLAY] = {"replay", "FILE...",
                    "show session logs on the screen, of several hosts as one"},
    [RUN_CLOSE] = {"close", "FILTER", "close connections"},
    [RUN_DOCTOR] = {"doctor", "", "report what is wrong with this machine's TCP"},
    [RUN_SUMMARY] = {"summary", "FILE...", "sum up session logs, each on one screen"},
    [RUN_MAP] = {"map", "[FILTER]", "print who talks to whom"},
    [RUN_METRICS] = {"metrics", "", "print metrics once, for Prometheus"},
};

#define AT(field) .place = offsetof(struct options, field)

/* clang-format off */
const struct option_name OPTION_NAMES[] = {
    {"interval", 'i', "S", "seconds between two frames, 0.1 to 3600 (1)",
     TOP | EVENTS | RECORD | DOCTOR | METRICS | MAP, READ_TIME, AT(interval_ns), SECOND_NS / 10, 3600 * SECOND_NS},
    {"for", 0, "T", "end after that time: seconds, or 90s, 5m, 2h",
     TOP | EVENTS | RECORD | REPLAY | DOCTOR | METRICS | MAP, READ_TIME, AT(for_ns), SECOND_NS / 1000,
     INT64_C(100000000) * SECOND_NS},
    {"class", 0, "CLASS", "all, connections or listeners (all)",
     TOP | LIST | EVENTS | RECORD | REPLAY, READ_CLASS, AT(class), 0, 0},
    {NULL, '4', NULL, "IPv4 only", ALL & ~(REPLAY | DOCTOR | SUMMARY | METRICS), READ_INET, AT(families), 0, 0},
    {NULL, '6', NULL, "IPv6 only", ALL & ~(REPLAY | DOCTOR | SUMMARY | METRICS), READ_INET6, AT(families), 0, 0},
    {"netns", 0, "NETNS", "network namespaces: own, all, host, a name, an inode, or a pid in it (own)",
     TOP | LIST | EVENTS | RECORD | CLOSE | DOCTOR | MAP, READ_TEXT, AT(netns), 0, 0},
    {"host", 0, "HOST", "show this host, by ssh: NAME, USER@NAME, NAME:PORT; may be repeated (or ssh:HOST)",
     TOP | LIST | EVENTS | RECORD | DOCTOR | MAP, READ_HOSTS, AT(hosts), 0, 0},
    {"hosts", 0, "FILE", "show the hosts in this file, one a line", TOP | LIST | EVENTS | RECORD | DOCTOR | MAP, READ_FILE,
     AT(hosts_file), 0, 0},
    {"host-command", 0, "COMMAND", "reach hosts by this command, not ssh: 'kubectl exec {host} -- {}'",
     TOP | LIST | EVENTS | RECORD | DOCTOR | MAP, READ_TEXT, AT(host_command), 0, 0},
    {"push", 0, NULL, "send this program to hosts that have no tcplens, for as long as it runs there",
     TOP | LIST | EVENTS | RECORD | DOCTOR | MAP, READ_FLAG, AT(push), 0, 0},
    {"columns", 0, "LIST", "columns by id, separated by commas", TOP | LIST | REPLAY, READ_COLUMNS,
     AT(columns), 0, 0},
    {"sort", 0, "COLUMN", "sort by this column, \"-\" before it: largest first",
     TOP | LIST | REPLAY, READ_SORT, AT(sort), 0, 0},
    {"json", 0, NULL, "one JSON object per line", LIST | EVENTS | DOCTOR | SUMMARY | MAP, READ_JSON, AT(output), 0, 0},
    {"csv", 0, NULL, "CSV with a header line", LIST | EVENTS, READ_CSV, AT(output), 0, 0},
    {"highlight", 0, "S", "seconds for which a change stays marked, 0 to 3600 (3)", TOP | REPLAY,
     READ_TIME, AT(highlight_ns), 0, 3600 * SECOND_NS},
    {"past", 0, "SIZE", "memory for the history, 0 = none (64M)", TOP, READ_SIZE,
     AT(past_bytes), 0, INT64_MAX},
    {"budget", 0, "PCT", "percent of a core to use at most, 0 = no limit (25)", TOP | EVENTS | RECORD,
     READ_PERCENT, AT(budget_percent), 0, 100},
    {"refresh", 0, "WHAT", "connections to read in each frame: all, seen (and those that change), or auto, by what all cost (auto)",
     TOP, READ_REFRESH, AT(refresh), 0, 0},
    {"events", 0, "HOW", "bpf, destroy, none or auto (auto)",
     TOP | LIST | EVENTS | RECORD | DOCTOR | METRICS | MAP,
     READ_EVENTS, AT(events), 0, 0},
    {"from", 0, "FILE", "read a session log instead of the kernel; several, or a folder of them, of several hosts, are one",
     LIST | EVENTS | DOCTOR | MAP, READ_LOGS,
     AT(from), 0, 0},
    {"at", 0, "TIME", "the time in the log of --from", LIST | EVENTS, READ_TEXT, AT(at),
     0, 0},
    {"when", 0, "FILTER", "the first frame of the log, from --at on, in which a row matches",
     LIST | EVENTS, READ_TEXT, AT(when), 0, 0},
    {"theme", 0, "THEME", "dark, light, safe (colour-blind), mono, contrast or one of yours; \"help\" lists them", TOP | REPLAY, READ_TEXT, AT(theme), 0, 0},
    {"glyphs", 0, "GLYPHS", "draw graphs with braille, blocks or ascii", TOP | REPLAY, READ_TEXT, AT(glyphs), 0, 0},
    {"color", 0, "WHEN", "colours in the table: auto, always or never (auto)", LIST, READ_COLOR, AT(color), 0, 0},
    {"cursor", 0, NULL, "show the cursor on the selected row, for screen readers and magnifiers",
     TOP | REPLAY, READ_FLAG, AT(cursor), 0, 0},
    {"ascii", 0, NULL, "write ASCII only, as in a locale that is not UTF-8",
     TOP | LIST | EVENTS | REPLAY | DOCTOR | SUMMARY | MAP, READ_FLAG, AT(ascii), 0, 0},
    {"redact", 0, NULL, "replace addresses, hosts, users, units, paths and arguments, to share output",
     TOP | LIST | EVENTS | REPLAY | DOCTOR | MAP, READ_FLAG, AT(redact), 0, 0},
    {"screenshot", 0, "FILE", "draw one picture of the screen as SVG, without a terminal",
     TOP | REPLAY, READ_FILE, AT(screenshot), 0, 0},
    {"keys", 0, "KEYS", "keys to press before --screenshot: 2jj<Enter>", TOP | REPLAY, READ_TEXT,
     AT(keys), 0, 0},
    {"size", 0, "COLSxROWS", "size of the picture of --screenshot (120x36)", TOP | REPLAY, READ_TEXT,
     AT(size), 0, 0},
    {"read-only", 0, NULL, "signal nothing, close nothing", TOP, READ_FLAG, AT(read_only), 0, 0},
    {"output", 'o', "FILE", "the session log to write, \"-\" = standard output", RECORD,
     READ_FILE, AT(output_file), 0, 0},
    {"with-args", 0, NULL, "show and record command lines with arguments, which may hold secrets", TOP | LIST | RECORD | REPLAY,
     READ_FLAG, AT(with_args), 0, 0},
    {"detail", 0, NULL, "record all of tcp_info of every connection, not of suspect ones only", TOP | RECORD,
     READ_FLAG, AT(detail), 0, 0},
    {"rotate", 0, "SIZE", "begin a new log file at this size or age: 100M, 1d, or both", TOP | RECORD, READ_ROTATE, AT(rotate_bytes),
     0, 0},
    {"keep", 0, "N", "log files to keep", TOP | RECORD, READ_COUNT, AT(keep), 1, 1000000},
    {"dry-run", 0, NULL, "print what would be closed", CLOSE, READ_FLAG, AT(dry_run), 0, 0},
    {"yes", 0, NULL, "do not ask for confirmation", CLOSE, READ_FLAG, AT(yes), 0, 0},
    {"force", 0, NULL, "close guarded connections and listeners too", CLOSE, READ_FLAG, AT(force), 0, 0},
    {"demo", 0, "SEED", "invented traffic: SEED[,CONNECTIONS[,PERMILLE]], or incident[,SECONDS]",
     TOP | LIST | EVENTS | RECORD | DOCTOR | METRICS | MAP, READ_TEXT, AT(demo), 0, 0},
    {"only", 0, "ID,...", "run these detectors and no others", FINDING, READ_TEXT, AT(only), 0, 0},
    {"skip", 0, "ID,...", "do not run these detectors; \"all\" runs none", FINDING, READ_TEXT, AT(skip), 0, 0},
    {"set", 0, "ID.KEY=VALUE", "change a limit of a detector; may be repeated", FINDING, READ_SETS,
     AT(sets), 0, 0},
    {"fail-on", 0, "LEVEL", "least severity that makes the exit code 1 or 2: info, warning, critical (warning)", DOCTOR,
     READ_TEXT, AT(fail_on), 0, 0},
    {"describe", 0, NULL, "print what each detector looks for, with its limits; or each metric", DOCTOR | METRICS, READ_FLAG,
     AT(describe), 0, 0},
    {"metrics", 0, "FILE", "write metrics for node_exporter to this file: /DIR/tcplens.prom", RECORD,
     READ_FILE, AT(metrics_file), 0, 0},
    {"metrics-interval", 0, "S", "seconds between two writes of --metrics, 1 to 3600 (15)", RECORD,
     READ_TIME, AT(metrics_interval_ns), SECOND_NS, 3600 * SECOND_NS},
    {"metrics-peers", 0, "N", "series for the N busiest remote addresses (0)", RECORD | METRICS,
     READ_COUNT, AT(metrics_peers), 0, METRIC_PEERS_MAX},
    {"no-log", 0, NULL, "write metrics only, no session log", RECORD, READ_FLAG,
     AT(no_log), 0, 0},
    {"openmetrics", 0, NULL, "write OpenMetrics instead of the text format of Prometheus",
     RECORD | METRICS, READ_FLAG, AT(openmetrics), 0, 0},
    {"rules", 0, NULL, "print alert rules for Prometheus", METRICS, READ_FLAG, AT(rules), 0, 0},
    {"dashboard", 0, NULL, "print a dashboard for Grafana", METRICS, READ_FLAG, AT(dashboard), 0, 0},
    {"by", 0, "WHAT", "what stands for a program: unit, process, container, pod or host (unit)", MAP,
     READ_TEXT, AT(by), 0, 0},
    {"dot", 0, NULL, "write the map for Graphviz: | dot -Tsvg", MAP, READ_FLAG, AT(dot), 0, 0},
    {"mermaid", 0, NULL, "write the map for Mermaid, which Markdown pages draw", MAP, READ_FLAG, AT(mermaid), 0, 0},
    {"help", 'h', NULL, "print this help", ALL, READ_HELP, 0, 0, 0},
    {"version", 'V', NULL, "print the version", ALL, READ_VERSION, 0, 0, 0},
};
/* clang-format on */

_Static_assert(sizeof(OPTION_NAMES) / sizeof(OPTION_NAMES[0]) <= OPTIONS_MAX, "options.given");
const size_t option_name_count = sizeof(OPTION_NAMES) / sizeof(OPTION_NAMES[0]);
