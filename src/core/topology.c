/* topology: see topology.h. */
#include "core/topology.h"

#include "base/grow.h"
#include "base/hash.h"
#include "base/sort.h"
#include "core/filter/filter.h"
#include "core/other_end.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OUTSIDE_MOST 24u /* addresses outside with a node of their own; the rest share one */
#define NO_EDGE      UINT32_MAX

static const char *const BY[TOPOLOGY_BY_COUNT] = {[TOPOLOGY_UNIT] = "unit",
                                                  [TOPOLOGY_PROCESS] = "process",
                                                  [TOPOLOGY_CONTAINER] = "container",
                                                  [TOPOLOGY_POD] = "pod",
                                                  [TOPOLOGY_HOST] = "host"};
const struct words TOPOLOGY_BY_WORDS = WORDS(BY);

struct outside { /* an address of no machine shown */
    struct addr addr;
    uint8_t family, role; /* role: enum topology_outside */
    uint32_t count, node;
};

struct sample {
    uint32_t edge, rtt_us;
};

struct builder {
    struct topology *made;
    const struct column_context *context;
    const struct frame *frame;
    const struct topology_wish *wish;
    struct other_ends ends;
    struct hash_index listeners; /* of (netns, port), the rows */
    struct hash_index places;    /* of local addresses of rows, one row for each namespace */
    struct outside *outside;
    uint32_t outside_count, outside_capacity;
    struct hash_index outside_index;
    struct sample *samples;
    uint32_t sample_count, sample_capacity;
    uint32_t *edge_of; /* of each row, NO_EDGE = none */
};

/* --- nodes --- */

static uint32_t hash_of_node(const char *name, uint32_t number, uint8_t outside)
{
    return hash_number(hash_text(name, HASH_SEED + number * 4u + outside));
}

static uint32_t take_node(struct topology *made, const char *name, const struct frame_host *host,
                          uint8_t outside)
{
    const uint32_t number = host ? host->number : 0;
    const uint32_t hash = hash_of_node(name, number, outside);
    struct hash_cursor cursor;

    for (uint32_t i = hash_index_first(&made->node_index, hash, &cursor); i != HASH_INDEX_NONE;
         i = hash_index_next(&made->node_index, &cursor)) {
        const struct topology_node *node = &made->nodes[i];
        if (node->number == number && node->outside == outside && strcmp(node->name, name) == 0)
            return i;
    }
    const char *copy = arena_copy(&made->arena, name, strlen(name));
    const char *host_name = host ? arena_copy(&made->arena, host->name, strlen(host->name)) : "";
    if (!copy || !host_name || GROW(made->nodes, made->node_capacity, made->node_count + 1) ||
        hash_index_reserve(&made->node_index, made->node_count + 1) ||
        hash_index_add(&made->node_index, hash, made->node_count))
        return HASH_INDEX_NONE;
    made->nodes[made->node_count] = (struct topology_node){
        .name = copy, .host = host_name, .number = number, .outside = outside};
    return made->node_count++;
}

static const char *first_of(const char *a, const char *b, const char *c)
{
    return a && a[0] ? a : b && b[0] ? b : c && c[0] ? c : "?";
}

static const char *place_name(const struct frame_netns *netns)
{
    if (netns && !netns->is_host && netns->name[0])
        return netns->name;
    return "host";
}

static const char *process_name(const struct builder *builder, const struct conn *row)
{
    const struct proc *owner = frame_owner(builder->frame, row);
    return owner ? owner->comm : owner_word_name(row->owner_word);
}

/* The name of the node that the row belongs to. */
static const char *name_of(const struct builder *builder, const struct conn *row,
                           const struct frame_host *host)
{
    const struct frame *frame = builder->frame;
    const struct group *group = frame_group(frame, row);
    const struct frame_netns *netns = frame_find_netns(frame, row->netns);
    const char *container = group && group->container[0] ? group->container
                            : netns                      ? netns->container
                                                         : NULL;

    switch (builder->wish->by) {
    case TOPOLOGY_PROCESS:
        return first_of(process_name(builder, row), NULL, NULL);
    case TOPOLOGY_CONTAINER:
        return first_of(container, place_name(netns), NULL);
    case TOPOLOGY_POD:
        return first_of(netns ? netns->pod : NULL, place_name(netns), NULL);
    case TOPOLOGY_HOST:
        return first_of(host ? host->name : NULL, frame->host, "host");
    case TOPOLOGY_UNIT:
    case TOPOLOGY_BY_COUNT:
        break;
    }
    return first_of(group ? group->unit : NULL, container, process_name(builder, row));
}

static uint32_t node_of(struct builder *builder, const struct conn *row)
{
    const struct frame_host *host = frame_host_of(builder->frame, row->netns);
    return take_node(builder->made, name_of(builder, row, host), host, TOPOLOGY_SHOWN);
}

/* --- addresses outside --- */

static uint32_t hash_of_addr(const struct addr *addr, uint8_t family, uint8_t role)
{
    return hash_number(hash_bytes(addr, sizeof(*addr), HASH_SEED + family * 4u + role));
}

static struct outside *find_outside(const struct builder *builder, const struct conn *row,
                                    uint8_t role)
{
    const struct tuple *tuple = &row->tuple;
    const uint32_t hash = hash_of_addr(&tuple->remote, tuple->family, role);
    struct hash_cursor cursor;

    for (uint32_t i = hash_index_first(&builder->outside_index, hash, &cursor);
         i != HASH_INDEX_NONE; i = hash_index_next(&builder->outside_index, &cursor)) {
        struct outside *outside = &builder->outside[i];
        if (outside->family == tuple->family && outside->role == role &&
            addr_compare(&outside->addr, &tuple->remote) == 0)
            return outside;
    }
    return NULL;
}

static int count_outside(struct builder *builder, const struct conn *row, uint8_t role)
{
    const struct tuple *tuple = &row->tuple;
    struct outside *known = find_outside(builder, row, role);

    if (known) {
        known->count++;
        return 0;
    }
    const uint32_t at = builder->outside_count;
    if (GROW(builder->outside, builder->outside_capacity, at + 1) ||
        hash_index_reserve(&builder->outside_index, at + 1) ||
        hash_index_add(&builder->outside_index, hash_of_addr(&tuple->remote, tuple->family, role),
                       at))
        return -ENOMEM;
    builder->outside[builder->outside_count++] = (struct outside){.addr = tuple->remote,
                                                                  .family = tuple->family,
                                                                  .role = role,
                                                                  .count = 1,
                                                                  .node = HASH_INDEX_NONE};
    return 0;
}

static int compare_down(const void *a, const void *b)
{
    const uint32_t one = *(const uint32_t *)a, other = *(const uint32_t *)b;
    return one > other ? -1 : one < other;
}

/* The number of connections from which an address gets a node of its own; 0 = out of memory. */
static uint32_t least_count(const struct builder *builder)
{
    const uint32_t count = builder->outside_count;
    uint32_t least = 1;

    if (count <= OUTSIDE_MOST)
        return least;
    uint32_t *counts = malloc(count * sizeof(*counts));
    if (!counts)
        return 0;
    for (uint32_t i = 0; i < count; i++)
        counts[i] = builder->outside[i].count;
    sort_items(counts, count, sizeof(*counts), compare_down);
    least = counts[OUTSIDE_MOST] + 1;
    free(counts);
    return least;
}

static int make_outside_nodes(struct builder *builder)
{
    const uint32_t least = least_count(builder);
    char text[ADDR_TEXT_MAX];

    if (least == 0)
        return -ENOMEM;
    for (uint32_t i = 0; i < builder->outside_count; i++) {
        struct outside *outside = &builder->outside[i];
        if (outside->count >= least)
            addr_format(text, sizeof(text), &outside->addr, outside->family, NULL);
        const char *others = outside->role == TOPOLOGY_CLIENT ? "other clients" : "other servers";
        outside->node =
            take_node(builder->made, outside->count >= least ? text : others, NULL, outside->role);
        if (outside->node == HASH_INDEX_NONE)
            return -ENOMEM;
    }
    return 0;
}

/* --- edges --- */

static uint32_t hash_of_listener(uint32_t netns, uint16_t port)
{
    return hash_number((uint64_t)netns << 16 | port);
}

static int find_listeners(struct builder *builder)
{
    const struct frame *frame = builder->frame;
    int error = hash_index_begin(&builder->listeners, 0);

    for (uint32_t i = 0; i < frame->live_count && !error; i++) {
        const struct conn *row = &frame->conns[i];
        if (row->state != STATE_LISTEN)
            continue;
        error = hash_index_reserve(&builder->listeners, builder->listeners.count + 1);
        if (!error)
            error = hash_index_add(&builder->listeners,
                                   hash_of_listener(row->netns, row->tuple.local_port), i);
    }
    return error;
}

static bool is_listened(const struct builder *builder, uint32_t netns, uint16_t port)
{
    struct hash_cursor cursor;
    const uint32_t hash = hash_of_listener(netns, port);

    for (uint32_t i = hash_index_first(&builder->listeners, hash, &cursor); i != HASH_INDEX_NONE;
         i = hash_index_next(&builder->listeners, &cursor)) {
        const struct conn *row = &builder->frame->conns[i];
        if (row->netns == netns && row->tuple.local_port == port)
            return true;
    }
    return false;
}

static uint32_t hash_of_place(const struct addr *addr)
{
    return hash_number(hash_bytes(addr, sizeof(*addr), HASH_SEED));
}

/* A row that shows that the namespace has that address. NULL: none. */
static const struct conn *place_of(const struct builder *builder, const struct addr *addr,
                                   uint8_t family, uint32_t netns)
{
    struct hash_cursor cursor;

    for (uint32_t i = hash_index_first(&builder->places, hash_of_place(addr), &cursor);
         i != HASH_INDEX_NONE; i = hash_index_next(&builder->places, &cursor)) {
        const struct conn *row = &builder->frame->conns[i];
        if (row->tuple.family == family && (!netns || row->netns == netns) &&
            addr_compare(&row->tuple.local, addr) == 0)
            return row;
    }
    return NULL;
}

static int find_places(struct builder *builder)
{
    const struct frame *frame = builder->frame;
    int error = hash_index_begin(&builder->places, 0);

    for (uint32_t i = 0; i < frame->live_count && !error; i++) {
        const struct conn *row = &frame->conns[i];
        const struct addr *addr = &row->tuple.local;
        if (addr_is_zero(addr) || addr_is_loopback(addr, row->tuple.family) ||
            place_of(builder, addr, row->tuple.family, row->netns))
            continue;
        error = hash_index_reserve(&builder->places, builder->places.count + 1);
        if (!error)
            error = hash_index_add(&builder->places, hash_of_place(addr), i);
    }
    return error;
}

/* The listener for an attempt without another end yet. NULL: none shown. */
static const struct conn *service_of(const struct builder *builder, const struct conn *row)
{
    const struct tuple *tuple = &row->tuple;
    const struct conn *place =
        row->state == STATE_SYN_SENT ? place_of(builder, &tuple->remote, tuple->family, 0) : NULL;
    struct hash_cursor cursor;

    if (!place)
        return NULL;
    const uint32_t hash = hash_of_listener(place->netns, tuple->remote_port);
    for (uint32_t i = hash_index_first(&builder->listeners, hash, &cursor); i != HASH_INDEX_NONE;
         i = hash_index_next(&builder->listeners, &cursor)) {
        const struct conn *listener = &builder->frame->conns[i];
        if (listener->netns == place->netns && listener->tuple.local_port == tuple->remote_port &&
            (addr_is_zero(&listener->tuple.local) ||
             addr_compare(&listener->tuple.local, &tuple->remote) == 0))
            return listener;
    }
    return NULL;
}

/* A listener decides; without one, the lower port is the service. */
static bool is_server(const struct builder *builder, const struct conn *row,
                      const struct conn *other)
{
    if (is_listened(builder, row->netns, row->tuple.local_port))
        return true;
    if (row->state == STATE_SYN_SENT)
        return false;
    if (other && is_listened(builder, other->netns, other->tuple.local_port))
        return false;
    return row->tuple.local_port < row->tuple.remote_port;
}

/* True for connections that carry data, or are being opened. */
static bool is_edge(const struct builder *builder, const struct conn *row)
{
    const uint32_t none = STATE_BIT(STATE_LISTEN) | STATE_BIT(STATE_TIME_WAIT) |
                          STATE_BIT(STATE_CLOSED) | STATE_BIT(STATE_DELETE_TCB);

    return !(none & STATE_BIT(row->state)) && row->tuple.remote_port &&
           (!builder->wish->accept ||
            builder->wish->accept(builder->wish->accept_data, builder->context, row));
}

/* The row at its other end, or the listener that will accept it. */
static const struct conn *end_of(const struct builder *builder, const struct conn *row)
{
    const struct conn *other = other_ends_find(&builder->ends, row, NULL);
    return other ? other : service_of(builder, row);
}

static uint32_t take_edge(struct topology *made, uint32_t from, uint32_t to, uint16_t port)
{
    const uint64_t key[2] = {(uint64_t)from << 32 | to, port};
    const uint32_t hash = hash_number(hash_bytes(key, sizeof(key), HASH_SEED));
    struct hash_cursor cursor;

    for (uint32_t i = hash_index_first(&made->edge_index, hash, &cursor); i != HASH_INDEX_NONE;
         i = hash_index_next(&made->edge_index, &cursor))
        if (made->edges[i].from == from && made->edges[i].to == to && made->edges[i].port == port)
            return i;
    if (GROW(made->edges, made->edge_capacity, made->edge_count + 1) ||
        hash_index_reserve(&made->edge_index, made->edge_count + 1) ||
        hash_index_add(&made->edge_index, hash, made->edge_count))
        return NO_EDGE;
    made->edges[made->edge_count] = (struct topology_edge){.from = from, .to = to, .port = port};
    made->nodes[from].edges_out++;
    made->nodes[to].edges_in++;
    return made->edge_count++;
}

static int add_sample(struct builder *builder, uint32_t edge, const struct conn *row)
{
    if (!(row->known & KNOWN_RTT))
        return 0;
    if (GROW(builder->samples, builder->sample_capacity, builder->sample_count + 1))
        return -ENOMEM;
    builder->samples[builder->sample_count++] = (struct sample){edge, row->rtt_us};
    return 0;
}

static void add_loss(struct topology_edge *edge, const struct conn *row)
{
    if (!(row->known & KNOWN_BYTES_OUT))
        return;
    edge->has_sent = true;
    edge->sent += row->bytes_sent;
    edge->retrans += row->bytes_retrans;
}

static void add_traffic(struct topology_edge *edge, const struct conn *row, bool at_server)
{
    if (!(row->known & KNOWN_RATES))
        return;
    edge->has_rates = true;
    edge->sent_per_s += at_server ? conn_in_rate(row) : conn_out_rate(row);
    edge->received_per_s += at_server ? conn_out_rate(row) : conn_in_rate(row);
}

/* If both ends are shown, the client's row counts; retransmissions of the server are added. */
static int add_row(struct builder *builder, uint32_t index)
{
    const struct conn *row = &builder->frame->conns[index];
    const struct conn *other = end_of(builder, row);
    const bool at_server = is_server(builder, row, other);
    const struct outside *outside =
        other ? NULL : find_outside(builder, row, at_server ? TOPOLOGY_CLIENT : TOPOLOGY_SERVER);
    const uint32_t here = node_of(builder, row);
    const uint32_t there = other     ? node_of(builder, other)
                           : outside ? outside->node
                                     : HASH_INDEX_NONE;

    if (here == HASH_INDEX_NONE || there == HASH_INDEX_NONE)
        return -ENOMEM;
    const uint32_t edge =
        take_edge(builder->made, at_server ? there : here, at_server ? here : there,
                  at_server ? row->tuple.local_port : row->tuple.remote_port);
    if (edge == NO_EDGE)
        return -ENOMEM;
    builder->edge_of[index] = edge;
    struct topology_edge *made = &builder->made->edges[edge];
    const bool counts = !other || !at_server;
    made->connections += counts;
    if (counts)
        add_traffic(made, row, at_server);
    add_loss(made, row);
    return add_sample(builder, edge, row);
}

static int add_rows(struct builder *builder)
{
    const struct frame *frame = builder->frame;
    int error = 0;

    for (uint32_t i = 0; i < frame->live_count && !error; i++) {
        builder->edge_of[i] = NO_EDGE;
        const struct conn *row = &frame->conns[i];
        if (is_edge(builder, row) && !end_of(builder, row))
            error = count_outside(
                builder, row, is_server(builder, row, NULL) ? TOPOLOGY_CLIENT : TOPOLOGY_SERVER);
    }
    if (!error)
        error = make_outside_nodes(builder);
    for (uint32_t i = 0; i < frame->live_count && !error; i++)
        if (is_edge(builder, &frame->conns[i]))
            error = add_row(builder, i);
    return error;
}

/* --- round trip times --- */

static int compare_samples(const void *a, const void *b)
{
    const struct sample *one = a, *other = b;

    if (one->edge != other->edge)
        return one->edge < other->edge ? -1 : 1;
    return one->rtt_us < other->rtt_us ? -1 : one->rtt_us > other->rtt_us;
}

static void set_round_trips(struct builder *builder)
{
    struct sample *samples = builder->samples;
    const uint32_t count = builder->sample_count;

    if (count == 0)
        return;
    sort_items(samples, count, sizeof(*samples), compare_samples);
    for (uint32_t begin = 0, end; begin < count; begin = end) {
        for (end = begin; end < count && samples[end].edge == samples[begin].edge;)
            end++;
        struct topology_edge *edge = &builder->made->edges[samples[begin].edge];
        const uint32_t last = end - begin - 1;
        edge->rtt_count = last + 1;
        edge->rtt_p50_us = samples[begin + last / 2].rtt_us;
        edge->rtt_p95_us = samples[begin + (uint32_t)((uint64_t)last * 95 / 100)].rtt_us;
    }
}

/* --- findings --- */

static void mark(uint8_t *severity, const char **text, const struct finding *finding,
                 const char *title)
{
    if (finding->severity <= *severity)
        return;
    *severity = finding->severity;
    *text = title;
}

/* Findings about a listener mark all edges to its port. */
static void mark_listener(struct builder *builder, const struct conn *row,
                          const struct finding *finding, const char *title)
{
    const uint32_t node = node_of(builder, row);

    if (node == HASH_INDEX_NONE)
        return;
    mark(&builder->made->nodes[node].severity, &builder->made->nodes[node].finding, finding, title);
    for (uint32_t i = 0; i < builder->made->edge_count; i++) {
        struct topology_edge *edge = &builder->made->edges[i];
        if (edge->to == node && edge->port == row->tuple.local_port)
            mark(&edge->severity, &edge->finding, finding, title);
    }
}

static void mark_rows(struct builder *builder, const struct finding *finding, const char *title)
{
    static const struct filter_names NAMES = {.several_hosts = true};
    const struct frame *frame = builder->frame;
    struct filter *filter = NULL;
    struct filter_error error;

    if (filter_parse(&filter, finding->filter, &NAMES, &error) != 0)
        return;
    for (uint32_t i = 0; i < frame->live_count; i++) {
        const struct conn *row = &frame->conns[i];
        const bool is_listener = row->state == STATE_LISTEN;
        if ((!is_listener && builder->edge_of[i] == NO_EDGE) ||
            !filter_accepts(filter, builder->context, row))
            continue;
        if (is_listener) {
            mark_listener(builder, row, finding, title);
            continue;
        }
        struct topology_edge *edge = &builder->made->edges[builder->edge_of[i]];
        mark(&edge->severity, &edge->finding, finding, title);
    }
    filter_free(filter);
}

static void mark_findings(struct builder *builder)
{
    for (uint32_t i = 0; i < builder->wish->finding_count; i++) {
        const struct finding *finding = builder->wish->findings[i];
        if (!finding->filter[0] || finding->ended_ns)
            continue;
        const char *title =
            arena_copy(&builder->made->arena, finding->title, strlen(finding->title));
        if (title)
            mark_rows(builder, finding, title);
    }
}

/* --- all --- */

static int compare_edges(const void *a, const void *b)
{
    const struct topology_edge *one = a, *other = b;

    if (one->connections != other->connections)
        return one->connections > other->connections ? -1 : 1;
    if (one->from != other->from)
        return one->from < other->from ? -1 : 1;
    if (one->to != other->to)
        return one->to < other->to ? -1 : 1;
    return one->port < other->port ? -1 : one->port > other->port;
}

static int build(struct builder *builder)
{
    int error = other_ends_build(&builder->ends, builder->frame);

    if (!error)
        error = find_listeners(builder);
    if (!error)
        error = find_places(builder);
    if (!error)
        error = add_rows(builder);
    if (error)
        return error;
    set_round_trips(builder);
    mark_findings(builder);
    sort_items(builder->made->edges, builder->made->edge_count, sizeof(*builder->made->edges),
               compare_edges);
    return 0;
}

int topology_build(struct topology *topology, const struct column_context *context,
                   const struct topology_wish *wish)
{
    struct builder builder = {
        .made = topology, .context = context, .frame = context->frame, .wish = wish};

    builder.edge_of = calloc(builder.frame->live_count + 1u, sizeof(*builder.edge_of));
    const int error = builder.edge_of ? build(&builder) : -ENOMEM;
    other_ends_done(&builder.ends);
    hash_index_done(&builder.listeners);
    hash_index_done(&builder.places);
    hash_index_done(&builder.outside_index);
    free(builder.outside);
    free(builder.samples);
    free(builder.edge_of);
    return error;
}

void topology_done(struct topology *topology)
{
    arena_done(&topology->arena);
    hash_index_done(&topology->node_index);
    hash_index_done(&topology->edge_index);
    free(topology->nodes);
    free(topology->edges);
    *topology = (struct topology){.node_count = 0};
}
