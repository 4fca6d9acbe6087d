/* Documents made from the tables of metrics and detectors: a table of metrics, alert rules, a
 * dashboard. */
#include "core/finding/finding.h"
#include "core/json/json.h"
#include "core/metrics/table.h"

#include <ctype.h>
#include <string.h>

void metrics_describe(struct buffer *out)
{
    buffer_text(out, "| Metric | Type | Labels | Meaning |\n|---|---|---|---|\n");
    for (size_t i = 0; i < metric_count; i++) {
        const struct metric *metric = &METRICS[i];
        buffer_printf(out, "| `" METRICS_PREFIX "%s%s` | %s | %s | %s |\n", metric->name,
                      metric_suffix(metric), metric_type_name(metric->type), metric->labels,
                      metric->help);
    }
}

/* --- alert rules --- */

/* "accept-queue-full" becomes "AcceptQueueFull". */
static void write_camel(struct buffer *out, const char *id)
{
    bool upper = true;

    for (; *id; id++) {
        if (*id != '-')
            buffer_char(out, upper ? (char)toupper((unsigned char)*id) : *id);
        upper = *id == '-';
    }
}

/* Texts are in double quotes in YAML, where Prometheus expands "{{"; ours do not contain that. */
static void write_advice(struct buffer *out, const struct detector *detector)
{
    const char *between = " What to do: ";

    for (unsigned i = 0; i < 4 && detector->advice[i]; i++) {
        buffer_text(out, between);
        buffer_escaped(out, detector->advice[i]);
        between = "; ";
    }
}

static void write_rule(struct buffer *out, const struct detector *detector)
{
    buffer_text(out, "      - alert: Tcplens");
    write_camel(out, detector->id);
    buffer_printf(out,
                  "\n        expr: " METRICS_PREFIX
                  "finding{id=\"%s\", severity=~\"warning|critical\"} == 1"
                  " unless " METRICS_PREFIX "finding_caused == 1\n"
                  "        annotations:\n"
                  "          summary: \"",
                  detector->id);
    buffer_escaped(out, detector->title);
    buffer_text(out, " on {{ $labels.instance }}\"\n          description: \"");
    buffer_escaped(out, detector->meaning);
    write_advice(out, detector);
    buffer_text(out, "\"\n");
}

void metrics_rules(struct buffer *out)
{
    buffer_text(out,
                "# Alert rules for Prometheus, one for each detector of tcplens that can report "
                "a warning or worse.\n"
                "# Written by: tcplens metrics --rules\n"
                "groups:\n"
                "  - name: tcplens\n"
                "    rules:\n"
                "      - alert: TcplensStopped\n"
                "        expr: time() - " METRICS_PREFIX "frame_time_seconds > 120\n"
                "        labels:\n"
                "          severity: warning\n"
                "        annotations:\n"
                "          summary: \"tcplens on {{ $labels.instance }} has read no frame "
                "for two minutes\"\n"
                "          description: \"The other rules of this group are blind until it "
                "runs again.\"\n");
    for (size_t i = 0; i < detector_count; i++)
        if (DETECTORS[i]->worst >= SEVERITY_WARNING)
            write_rule(out, DETECTORS[i]);
}

/* --- dashboard --- */

#define CHOSEN "instance=~\"$instance\"" /* the machines chosen at the top */

/* One row per panel; id and place follow from its number. */
static const struct panel {
    const char *title, *expression, *legend;
    const char *unit; /* by Grafana's name */
    bool wide;        /* the whole width */
} PANELS[] = {
    {"Findings", "tcplens_finding{" CHOSEN "} == 1", "{{instance}} {{severity}} {{id}}", "short",
     true},
    {"Bytes in by unit",
     "sum by (unit) (rate(tcplens_bytes_total{" CHOSEN ",direction=\"in\"}[$__rate_interval]))",
     "{{unit}}", "Bps", false},
    {"Bytes out by unit",
     "sum by (unit) (rate(tcplens_bytes_total{" CHOSEN ",direction=\"out\"}[$__rate_interval]))",
     "{{unit}}", "Bps", false},
    {"Share of bytes sent again by unit",
     "sum by (unit) (rate(tcplens_retransmitted_bytes_total{" CHOSEN "}[$__rate_interval])) / "
     "(sum by (unit) (rate(tcplens_retransmitted_bytes_total{" CHOSEN "}[$__rate_interval])) + "
     "sum by (unit) (rate(tcplens_bytes_total{" CHOSEN ",direction=\"out\"}[$__rate_interval])))",
     "{{unit}}", "percentunit", false},
    {"Share of segments sent again",
     "rate(tcplens_retransmitted_segments_total{" CHOSEN
     "}[$__rate_interval]) / ignoring (direction) "
     "rate(tcplens_segments_total{" CHOSEN ",direction=\"out\"}[$__rate_interval])",
     "{{instance}}", "percentunit", false},
    {"Connections by state", "sum by (state) (tcplens_connections{" CHOSEN "})", "{{state}}",
     "short", false},
    {"Opens a second by unit",
     "sum by (unit, role) (rate(tcplens_opens_total{" CHOSEN "}[$__rate_interval]))",
     "{{unit}} {{role}}", "ops", false},
    {"Attempts that failed, a second",
     "sum by (unit, port) (rate(tcplens_failed_connects_total{" CHOSEN "}[$__rate_interval]))",
     "{{unit}} to port {{port}}", "ops", false},
    {"Closes by a reset, a timeout or an error, a second",
     "sum by (unit, reason) (rate(tcplens_abnormal_closes_total{" CHOSEN "}[$__rate_interval]))",
     "{{unit}} {{reason}}", "ops", false},
    {"Accept queues against their limit",
     "tcplens_accept_queue{" CHOSEN "} / tcplens_accept_queue_limit{" CHOSEN "}",
     "{{instance}} port {{port}}", "percentunit", false},
    {"Connect time, 95 % below",
     "histogram_quantile(0.95, sum by (le, port) (rate(tcplens_connect_seconds_bucket{" CHOSEN "}"
     "[$__rate_interval])))",
     "to port {{port}}", "s", false},
    {"Lifetime, 95 % below",
     "histogram_quantile(0.95, sum by (le, unit) (rate(tcplens_lifetime_seconds_bucket{" CHOSEN "}"
     "[$__rate_interval])))",
     "{{unit}}", "s", false},
};
#define PANEL_COUNT (sizeof(PANELS) / sizeof(PANELS[0]))

static void write_panel(struct buffer *out, size_t number, unsigned x, unsigned y)
{
    const struct panel *panel = &PANELS[number];

    buffer_printf(out,
                  "    {\n      \"id\": %zu,\n      \"type\": \"timeseries\",\n      \"title\": ",
                  number + 1);
    json_put_text(out, panel->title);
    buffer_printf(out,
                  ",\n      \"gridPos\": {\"x\": %u, \"y\": %u, \"w\": %u, \"h\": 8},\n"
                  "      \"datasource\": {\"type\": \"prometheus\", \"uid\": \"${datasource}\"},\n"
                  "      \"fieldConfig\": {\"defaults\": {\"unit\": \"%s\"}, \"overrides\": []},\n"
                  "      \"targets\": [{\"refId\": \"A\", \"legendFormat\": ",
                  x, y, panel->wide ? 24 : 12, panel->unit);
    json_put_text(out, panel->legend);
    buffer_text(out, ", \"expr\": ");
    json_put_text(out, panel->expression);
    buffer_printf(out, "}]\n    }%s\n", number + 1 < PANEL_COUNT ? "," : "");
}

void metrics_dashboard(struct buffer *out)
{
    unsigned x = 0, y = 0;

    buffer_text(out, "{\n  \"title\": \"tcplens\",\n  \"uid\": \"tcplens\",\n"
                     "  \"schemaVersion\": 39,\n  \"refresh\": \"30s\",\n"
                     "  \"time\": {\"from\": \"now-1h\", \"to\": \"now\"},\n"
                     "  \"templating\": {\"list\": [{\"name\": \"datasource\", \"type\": "
                     "\"datasource\", \"query\": \"prometheus\"},\n"
                     "    {\"name\": \"instance\", \"type\": \"query\", \"datasource\": "
                     "{\"type\": \"prometheus\", \"uid\": \"${datasource}\"},\n"
                     "    \"query\": {\"query\": \"label_values(tcplens_connections, "
                     "instance)\", \"refId\": \"instance\"},\n"
                     "    \"includeAll\": true, \"allValue\": \".*\", \"multi\": true, "
                     "\"refresh\": 2, \"current\": {\"text\": \"All\", \"value\": "
                     "\"$__all\"}}]},\n"
                     "  \"panels\": [\n");
    for (size_t i = 0; i < PANEL_COUNT; i++) {
        write_panel(out, i, x, y);
        x = PANELS[i].wide || x ? 0 : 12;
        y += x ? 0 : 8;
    }
    buffer_text(out, "  ]\n}\n");
}
