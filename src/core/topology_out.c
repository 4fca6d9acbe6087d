/* topology_out: the output formats of a topology. */
#include "core/finding/finding.h"
#include "core/json/member.h"
#include "core/text/text.h"
#include "core/topology.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MAX 160

/* "nginx.service at web1" */
static void name_text(const struct topology_node *node, char *out, size_t size)
{
    const bool is_apart = node->host[0] && strcmp(node->host, node->name) != 0;
    snprintf(out, size, "%s%s%s", node->name, is_apart ? " at " : "", is_apart ? node->host : "");
}

static int64_t share_of(const struct topology_edge *edge)
{
    int64_t share = -1;
    return edge->has_sent && conn_share(edge->retrans, edge->sent, &share) ? share : -1;
}

static void rtt_text(const struct topology_edge *edge, char *out, size_t size)
{
    char median[16], high[16];

    out[0] = '\0';
    if (edge->rtt_count == 0)
        return;
    text_span(median, sizeof(median), edge->rtt_p50_us * INT64_C(1000));
    text_span(high, sizeof(high), edge->rtt_p95_us * INT64_C(1000));
    if (strcmp(median, high) == 0)
        snprintf(out, size, "rtt %s", median);
    else
        snprintf(out, size, "rtt %s, 95 %%: %s", median, high);
}

static void rate_text(const struct topology_edge *edge, char *out, size_t size)
{
    char sent[16], received[16];

    out[0] = '\0';
    if (!edge->has_rates)
        return;
    text_count(sent, sizeof(sent), edge->sent_per_s);
    text_count(received, sizeof(received), edge->received_per_s);
    snprintf(out, size, "out %sB/s in %sB/s", sent, received);
}

/* "20 connections  out 1.0kB/s in 2.0MB/s  rtt 28ms, 95 %: 31ms  retransmitted 0.1 %" */
static void edge_text(const struct topology_edge *edge, const char *between, char *out, size_t size)
{
    char rtt[48], rate[48], share[16] = "";
    const int64_t lost = share_of(edge);

    rtt_text(edge, rtt, sizeof(rtt));
    rate_text(edge, rate, sizeof(rate));
    if (lost > 0)
        text_share(share, sizeof(share), lost);
    snprintf(out, size, "%" PRIu32 " connection%s%s%s%s%s%s%s%s", edge->connections,
             edge->connections == 1 ? "" : "s", rate[0] ? between : "", rate, rtt[0] ? between : "",
             rtt, share[0] ? between : "", share[0] ? "retransmitted " : "", share);
}

/* --- text --- */

struct tree {
    const struct topology *topology;
    struct buffer *out;
    bool ascii;
    uint8_t *seen; /* for each node: its edges were printed */
    char indent[256];
};

#define DEPTH_MOST 24u

static void put_finding(const struct tree *tree, const char *indent, uint8_t severity,
                        const char *finding)
{
    if (finding)
        buffer_printf(tree->out, "%s! %s: %s\n", indent,
                      severity_name((enum finding_severity)severity), finding);
}

static bool is_last(const struct topology *topology, uint32_t from, uint32_t at)
{
    for (uint32_t i = at + 1; i < topology->edge_count; i++)
        if (topology->edges[i].from == from)
            return false;
    return true;
}

static void put_edges(struct tree *tree, uint32_t from, uint32_t depth);

static void put_edge(struct tree *tree, const struct topology_edge *edge, bool last, uint32_t depth)
{
    const struct topology_node *to = &tree->topology->nodes[edge->to];
    const size_t length = strlen(tree->indent);
    const bool again = tree->seen[edge->to] && to->edges_out > 0;
    char name[WORDS_MAX * 2], words[WORDS_MAX];

    name_text(to, name, sizeof(name));
    edge_text(edge, "  ", words, sizeof(words));
    buffer_printf(tree->out, "%s%s %s :%u  %s%s\n", tree->indent,
                  tree->ascii ? (last ? "`>" : "|>") : (last ? "└▸" : "├▸"), name, edge->port,
                  words, again ? "  (above)" : "");
    snprintf(tree->indent + length, sizeof(tree->indent) - length, "%s",
             last          ? "   "
             : tree->ascii ? "|  "
                           : "│  ");
    put_finding(tree, tree->indent, edge->severity, edge->finding);
    if (!again)
        put_edges(tree, edge->to, depth + 1);
    tree->indent[length] = '\0';
}

static void put_edges(struct tree *tree, uint32_t from, uint32_t depth)
{
    const struct topology *topology = tree->topology;

    tree->seen[from] = 1;
    for (uint32_t i = 0; i < topology->edge_count && depth < DEPTH_MOST; i++)
        if (topology->edges[i].from == from)
            put_edge(tree, &topology->edges[i], is_last(topology, from, i), depth);
}

static void put_root(struct tree *tree, uint32_t node)
{
    char name[WORDS_MAX * 2];

    name_text(&tree->topology->nodes[node], name, sizeof(name));
    buffer_printf(tree->out, "%s\n", name);
    put_edges(tree, node, 0);
}

void topology_text(const struct topology *topology, bool ascii, struct buffer *out)
{
    struct tree tree = {.topology = topology, .out = out, .ascii = ascii};

    tree.seen = calloc(topology->node_count + 1u, 1);
    if (!tree.seen) {
        out->failed = -12;
        return;
    }
    /* First nodes without inbound edges, then the rest: cycles. */
    for (uint32_t pass = 0; pass < 2; pass++)
        for (uint32_t i = 0; i < topology->edge_count; i++) {
            const uint32_t from = topology->edges[i].from;
            if (!tree.seen[from] && (pass == 1 || topology->nodes[from].edges_in == 0))
                put_root(&tree, from);
        }
    for (uint32_t i = 0; i < topology->node_count; i++)
        if (topology->nodes[i].finding) {
            char name[WORDS_MAX * 2];
            name_text(&topology->nodes[i], name, sizeof(name));
            buffer_printf(out, "! %s: %s: %s\n", name,
                          severity_name((enum finding_severity)topology->nodes[i].severity),
                          topology->nodes[i].finding);
        }
    free(tree.seen);
}

/* --- Graphviz --- */

static const char *const COLORS[] = {"gray30", "steelblue", "darkorange", "red"};

/* A line of a label. */
static void put_dot_finding(struct buffer *out, uint8_t severity, const char *finding)
{
    if (!finding)
        return;
    buffer_printf(out, "\\n! %s: ", severity_name((enum finding_severity)severity));
    buffer_escaped(out, finding);
}

/* Names are safe text without control characters. */
static void put_dot_node(struct buffer *out, const struct topology_node *node, uint32_t number)
{
    buffer_printf(out, "    n%" PRIu32 " [label=\"", number);
    buffer_escaped(out, node->name);
    put_dot_finding(out, node->severity, node->finding);
    buffer_char(out, '"');
    if (node->outside)
        buffer_text(out, ", style=dashed");
    if (node->severity > SEVERITY_NONE) {
        buffer_printf(out, ", color=%s, penwidth=2, tooltip=", COLORS[node->severity]);
        buffer_quoted(out, node->finding);
    }
    buffer_text(out, "];\n");
}

/* A box around the nodes of each host, if there are several. */
static void put_dot_nodes(struct buffer *out, const struct topology *topology)
{
    uint32_t most = 0;

    for (uint32_t i = 0; i < topology->node_count; i++)
        most = topology->nodes[i].number > most ? topology->nodes[i].number : most;
    for (uint32_t host = 0; host <= most; host++) {
        bool begun = false;
        for (uint32_t i = 0; i < topology->node_count; i++) {
            const struct topology_node *node = &topology->nodes[i];
            if (node->number != host)
                continue;
            if (!begun && host > 0) {
                buffer_printf(out, "  subgraph cluster_%" PRIu32 " {\n    label=", host);
                buffer_quoted(out, node->host);
                buffer_text(out, ";\n");
            }
            begun = true;
            put_dot_node(out, node, i);
        }
        if (begun && host > 0)
            buffer_text(out, "  }\n");
    }
}

static double pen_width(uint32_t connections)
{
    double width = 1;

    for (; connections >= 10; connections /= 10)
        width += 0.7;
    return width;
}

void topology_dot(const struct topology *topology, struct buffer *out)
{
    char words[WORDS_MAX];

    buffer_text(out,
                "digraph tcplens {\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\"];\n"
                "  edge [fontname=\"sans-serif\", fontsize=10];\n");
    put_dot_nodes(out, topology);
    for (uint32_t i = 0; i < topology->edge_count; i++) {
        const struct topology_edge *edge = &topology->edges[i];
        edge_text(edge, "\\n", words, sizeof(words));
        buffer_printf(out, "  n%" PRIu32 " -> n%" PRIu32 " [label=\":%u\\n%s", edge->from, edge->to,
                      edge->port, words);
        put_dot_finding(out, edge->severity, edge->finding);
        buffer_printf(out, "\", color=%s, penwidth=%.1f", COLORS[edge->severity],
                      pen_width(edge->connections));
        if (edge->finding) {
            buffer_printf(out, ", fontcolor=%s, tooltip=", COLORS[edge->severity]);
            buffer_quoted(out, edge->finding);
        }
        buffer_text(out, "];\n");
    }
    buffer_text(out, "}\n");
}

/* --- Mermaid --- */

/* Characters special to Mermaid are written as HTML entities. */
static void put_entities(struct buffer *out, const char *text)
{
    for (; *text; text++) {
        const unsigned char byte = (unsigned char)*text;
        if (byte < 0x80 && strchr("\"#&<>|[]{}();`", byte))
            buffer_printf(out, "#%u;", byte);
        else
            buffer_char(out, *text);
    }
}

static void put_mermaid_finding(struct buffer *out, uint8_t severity, const char *finding)
{
    if (!finding)
        return;
    buffer_printf(out, "<br/>! %s: ", severity_name((enum finding_severity)severity));
    put_entities(out, finding);
}

void topology_mermaid(const struct topology *topology, struct buffer *out)
{
    static const char *const PENS[] = {"", "#4682b4", "#ff8c00", "#ff0000"};
    char words[WORDS_MAX], name[WORDS_MAX * 2];

    buffer_text(out, "flowchart LR\n");
    for (uint32_t i = 0; i < topology->node_count; i++) {
        name_text(&topology->nodes[i], name, sizeof(name));
        buffer_printf(out, "  n%" PRIu32 "[\"", i);
        put_entities(out, name);
        put_mermaid_finding(out, topology->nodes[i].severity, topology->nodes[i].finding);
        buffer_text(out, "\"]\n");
    }
    for (uint32_t i = 0; i < topology->edge_count; i++) {
        const struct topology_edge *edge = &topology->edges[i];
        edge_text(edge, ", ", words, sizeof(words));
        buffer_printf(out, "  n%" PRIu32 " -->|\"port %u, ", edge->from, edge->port);
        put_entities(out, words);
        put_mermaid_finding(out, edge->severity, edge->finding);
        buffer_printf(out, "\"| n%" PRIu32 "\n", edge->to);
        if (edge->severity > SEVERITY_NONE)
            buffer_printf(out, "  linkStyle %" PRIu32 " stroke:%s,stroke-width:3px\n", i,
                          PENS[edge->severity]);
    }
}

/* --- JSON --- */

static void put_json_finding(struct buffer *out, uint8_t severity, const char *finding)
{
    if (!finding)
        return;
    json_member_text(out, "severity", severity_name((enum finding_severity)severity));
    json_member_text(out, "finding", finding);
}

static void put_json_edge(struct buffer *out, const struct topology_edge *edge)
{
    buffer_printf(out,
                  "{\"map\":\"edge\",\"from\":%" PRIu32 ",\"to\":%" PRIu32
                  ",\"port\":%u,\"connections\":%" PRIu32,
                  edge->from, edge->to, edge->port, edge->connections);
    if (edge->has_rates)
        buffer_printf(out, ",\"out_bytes_per_s\":%" PRIu64 ",\"in_bytes_per_s\":%" PRIu64,
                      edge->sent_per_s, edge->received_per_s);
    if (edge->rtt_count)
        buffer_printf(out, ",\"rtt_p50_us\":%" PRIu32 ",\"rtt_p95_us\":%" PRIu32, edge->rtt_p50_us,
                      edge->rtt_p95_us);
    if (share_of(edge) >= 0)
        buffer_printf(out, ",\"retrans_percent\":%.3f", (double)share_of(edge) / 1000);
    put_json_finding(out, edge->severity, edge->finding);
    buffer_text(out, "}\n");
}

void topology_json(const struct topology *topology, struct buffer *out)
{
    for (uint32_t i = 0; i < topology->node_count; i++) {
        const struct topology_node *node = &topology->nodes[i];
        buffer_printf(out, "{\"map\":\"node\",\"id\":%" PRIu32, i);
        json_member_text(out, "name", node->name);
        json_member_text_if(out, "host", node->host);
        if (node->outside)
            json_member_true(out, "outside");
        put_json_finding(out, node->severity, node->finding);
        buffer_text(out, "}\n");
    }
    for (uint32_t i = 0; i < topology->edge_count; i++)
        put_json_edge(out, &topology->edges[i]);
}
