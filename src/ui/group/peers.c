/* Peers: hosts at the other end. */
#include "core/grouping/heat.h"
#include "core/text/text.h"
#include "ui/group/pane.h"
#include "ui/pages.h"
#include "ui/views.h"

#include <stdio.h>
#include <string.h>

static uint64_t peer_key(const struct picture *picture, const struct grouping_row *row)
{
    return group_end_key(picture, row, "remote");
}

static void peer_text(const struct picture *picture, const struct grouping_row *row, char *out,
                      size_t size)
{
    const struct conn *conn = group_conn(picture, row);
    const struct lookup *lookup = picture->context.lookup;
    const char *interface =
        addr_is_link_local(&conn->tuple.remote, conn->tuple.family)
            ? frame_interface_name(picture->frame, conn->netns, conn->tuple.scope)
            : NULL;
    const char *name = lookup && lookup->host
                           ? lookup->host(lookup->data, &conn->tuple.remote, conn->tuple.family)
                           : NULL;
    char address[ADDR_TEXT_MAX];

    addr_format(address, sizeof address, &conn->tuple.remote, conn->tuple.family, interface);
    if (name)
        snprintf(out, size, "%s (%s)", name, address);
    else
        snprintf(out, size, "%s", address);
}

static const struct group_fact PEER = {.title = "PEER",
                                       .help = "address of the other end, with its name (key n)",
                                       .key = peer_key,
                                       .address = true,
                                       .text = peer_text};

static void port_name(const struct picture *picture, uint16_t port, char *out, size_t size)
{
    const struct lookup *lookup = picture->context.lookup;
    const char *name = lookup && lookup->service ? lookup->service(lookup->data, port) : NULL;

    if (name)
        snprintf(out, size, "%s", name);
    else
        snprintf(out, size, "%u", port);
}

static void ports_text(const struct picture *picture, const struct grouping_row *row, char *out,
                       size_t size)
{
    size_t used = (size_t)snprintf(out, size, "%s", row->inbound ? "↓" : "");
    char name[40];

    for (uint8_t i = 0; i < row->port_count && i < GROUPING_PORTS && used + 1 < size; i++) {
        port_name(picture, row->ports[i], name, sizeof name);
        used += (size_t)snprintf(out + used, size - used, "%s%s", i ? "," : "", name);
    }
    if (row->port_count > GROUPING_PORTS && used + 1 < size)
        snprintf(out + used, size - used, ",…");
}

static const struct group_fact PORTS = {.title = "PORTS",
                                        .help = "ports used; ↓ a port of ours that it connects to",
                                        .text = ports_text};

static uint64_t rtt_key(const struct picture *picture, const struct grouping_row *row)
{
    (void)picture;
    return row->worst_rtt_us;
}

static void rtt_text(const struct picture *picture, const struct grouping_row *row, char *out,
                     size_t size)
{
    (void)picture;
    if (row->worst_rtt_us)
        text_span(out, size, (int64_t)row->worst_rtt_us * 1000);
    else
        out[0] = '\0';
}

static const struct group_fact WORST_RTT = {
    .title = "RTT worst",
    .help = "longest smoothed round-trip time of its connections",
    .right = true,
    .descending = true,
    .key = rtt_key,
    .text = rtt_text};

/* Stalled ones first, then those with many retransmissions, then by round trip time in powers of
 * two, so that rows do not swap at each measurement; then by size. */
static uint64_t stalled_key(const struct picture *picture, const struct grouping_row *row)
{
    const uint64_t most = 0xffffff, stalled = row->stalled < most ? row->stalled : most;
    const uint64_t lossy = conn_share_is_high(row->retrans_10s, row->sent_10s);
    uint64_t octaves = 0;

    (void)picture;
    for (uint32_t us = row->worst_rtt_us; us > 0; us >>= 1)
        octaves++;
    return stalled << 40 | lossy << 32 | octaves << 24 | (row->rows < most ? row->rows : most);
}

static void stalled_text(const struct picture *picture, const struct grouping_row *row, char *out,
                         size_t size)
{
    (void)picture;
    snprintf(out, size, "%u", row->stalled);
}

static bool is_stalled(const struct grouping_row *row)
{
    return row->stalled > 0;
}

static const struct group_fact STALLED = {
    .title = "STALLED",
    .help = "no answer to SYN or data, or its window is shut; slow ones first",
    .right = true,
    .descending = true,
    .alarms = is_stalled,
    .key = stalled_key,
    .text = stalled_text};

static uint64_t recent_key(const struct picture *picture, const struct grouping_row *row)
{
    (void)picture;
    return heat_of(row);
}

static void no_text(const struct picture *picture, const struct grouping_row *row, char *out,
                    size_t size)
{
    (void)picture;
    (void)row;
    if (size > 0)
        out[0] = '\0';
}

static const struct group_fact RECENT = {
    .title = "RECENT",
    .help = "last periods of 10 s: low ok, higher retransmits, full stalled",
    .descending = true,
    .heat = true,
    .key = recent_key,
    .text = no_text};

/* Processes with the same name count as one here. */
static bool name_stands(const struct picture *picture, const struct grouping_row *row, uint32_t at)
{
    const struct proc *procs = picture->frame->procs;

    for (uint32_t i = 0; i < at; i++)
        if (strcmp(procs[row->procs[i]].comm, procs[row->procs[at]].comm) == 0)
            return true;
    return false;
}

static void names_text(const struct picture *picture, const struct grouping_row *row, char *out,
                       size_t size)
{
    size_t used = 0;

    out[0] = '\0';
    for (uint32_t i = 0; i < row->proc_count && i < GROUPING_NAMES && used + 1 < size; i++)
        if (!name_stands(picture, row, i))
            used += (size_t)snprintf(out + used, size - used, "%s%s", used ? ", " : "",
                                     picture->frame->procs[row->procs[i]].comm);
    if (row->proc_count > GROUPING_NAMES && used + 1 < size)
        snprintf(out + used, size - used, ", …");
    if (row->proc_count == 0)
        snprintf(out, size, "%s", owner_word_name(row->owner_word));
}

static const struct group_fact NAMES = {
    .title = "PROCESSES", .help = "our processes that talk to it", .text = names_text};

static const struct group_column COLUMNS[] = {
    {&PEER, .width = 32, .min_width = 15, .grow = 3},
    {&PORTS, .width = 14, .min_width = 8, .grow = 1, .leave = 1},
    {&GROUP_CONNS, .width = 6},
    {&STALLED, .width = 7, .leave = 2},
    {&GROUP_ESTABLISHED, .width = 6, .leave = 8},
    {&GROUP_CLOSE_WAIT, .width = 7, .leave = 10},
    {&GROUP_TIME_WAIT, .width = 6, .leave = 11},
    {&GROUP_IN, .width = 5},
    {&GROUP_OUT, .width = 5},
    {&WORST_RTT, .width = 9, .leave = 5},
    {&GROUP_RETRANSMITTED_SHARE, .width = 6, .leave = 7},
    {&GROUP_RETRANSMITTED, .width = 8, .leave = 12},
    {&GROUP_OPENED, .width = 5, .leave = 9},
    {&RECENT, .width = 12, .min_width = 6, .leave = 3},
    {&NAMES, .width = 16, .min_width = 8, .grow = 1, .leave = 4},
};

static bool is_reachable(const struct tuple *tuple)
{
    return !addr_is_link_local(&tuple->remote, tuple->family);
}

static void address_filter(const struct tuple *tuple, char *out, size_t size)
{
    char address[ADDR_TEXT_MAX];

    addr_format(address, sizeof address, &tuple->remote, tuple->family, NULL);
    snprintf(out, size, tuple->family == FAMILY_INET6 ? "dst [%s]" : "dst %s", address);
}

/* Opens Connections, filtered by the peer; or its own table, if its address cannot be used in a
 * filter. */
static void peer_open(struct screen *screen, const struct grouping_row *row)
{
    const struct tuple *tuple = &grouping_conn(row, screen_picture(screen)->frame)->tuple;
    char filter[ADDR_TEXT_MAX + 16];

    address_filter(tuple, filter, sizeof filter);
    if (is_reachable(tuple) && screen_set_filter(screen, filter))
        screen_show_view(screen, VIEW_CONNECTIONS);
    else
        group_open_members(screen, &GROUPING_PEERS, row);
}

static void port_open(struct screen *screen, const struct grouping_row *row)
{
    const struct tuple *tuple = &grouping_conn(row, screen_picture(screen)->frame)->tuple;
    char filter[ADDR_TEXT_MAX + 48];

    address_filter(tuple, filter, sizeof filter);
    const size_t length = strlen(filter);
    snprintf(filter + length, sizeof filter - length, " and %s = :%u",
             row->inbound ? "sport" : "dport", row->ports[0]);
    if (is_reachable(tuple) && screen_set_filter(screen, filter))
        screen_show_view(screen, VIEW_CONNECTIONS);
    else
        group_open_members(screen, &GROUPING_PEER_PORTS, row);
}

static bool is_subject(const struct picture *picture, const struct grouping_row *row,
                       const struct finding_subject *subject)
{
    const struct tuple *tuple = &grouping_conn(row, picture->frame)->tuple;

    return (subject->kind == SUBJECT_PEER || subject->kind == SUBJECT_TARGET) &&
           subject->family == tuple->family && addr_compare(&subject->address, &tuple->remote) == 0;
}

/* A target is one port of the peer. */
static bool is_port_subject(const struct picture *picture, const struct grouping_row *row,
                            const struct finding_subject *subject)
{
    return is_subject(picture, row, subject) &&
           (subject->kind == SUBJECT_PEER || (!row->inbound && subject->port == row->ports[0]));
}

#define STALLED_COLUMN 3

static const struct group_view VIEW_PORTS, VIEW = {
                                               .kind = &GROUPING_PEERS,
                                               .columns = COLUMNS,
                                               .count = sizeof COLUMNS / sizeof *COLUMNS,
                                               .sort = STALLED_COLUMN,
                                               .needs = NEED_OWNER,
                                               .empty = "no connection has a peer",
                                               .counted = " by host (P: by port)",
                                               .other = &VIEW_PORTS,
                                               .is_subject = is_subject,
                                               .open = peer_open,
};

static const struct group_view VIEW_PORTS = {
    .kind = &GROUPING_PEER_PORTS,
    .columns = COLUMNS,
    .count = sizeof COLUMNS / sizeof *COLUMNS,
    .sort = STALLED_COLUMN,
    .needs = NEED_OWNER,
    .empty = "no connection has a peer",
    .counted = " by port (P: by host)",
    .other = &VIEW,
    .is_subject = is_port_subject,
    .open = port_open,
};

static const struct pane_key KEYS_HERE[] = {
    {"Enter", "the connections with this peer, by a filter"},
    {"P", "by host, or by host and port"},
    {NULL, NULL}};

const struct pane_ops PANE_PEERS =
    GROUP_PANE_WITH(&VIEW, .open = group_pane_open, .keys = KEYS_HERE);
