/* fleet: see fleet.h. */
#include "core/fleet.h"

#include "base/clock.h"
#include "base/hash.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* bits of a serial; above them are the generation and the host's number */
#define SERIAL_BITS     44u
#define GENERATION_BITS 8u
#define NO_NETNS        (UINT64_C(1) << 32) /* 0 is no key of a map */

/* Offsets of a part's arrays in the merged ones. */
struct bases {
    uint32_t procs, groups, owner_refs, details;
};

void fleet_keys_done(struct fleet_keys *keys)
{
    map_done(&keys->keys);
}

uint32_t fleet_key(struct fleet_keys *keys, uint32_t netns)
{
    const uint64_t wanted = netns ? netns : NO_NETNS;
    const uint32_t known = map_find(&keys->keys, wanted);

    if (known != MAP_NONE)
        return known;
    if (keys->keys.count >= FLEET_KEYS_MAX) /* more than a host ever has: start again */
        map_clear(&keys->keys);
    if (*keys->next == MAP_NONE - 1 || map_put(&keys->keys, wanted, *keys->next + 1))
        return 0;
    return ++*keys->next;
}

static uint64_t serial_of(const struct fleet_part *part, uint64_t serial)
{
    const uint64_t generation = part->generation & ((1u << GENERATION_BITS) - 1);

    if (!serial)
        return 0;
    return (uint64_t)part->host.number << (SERIAL_BITS + GENERATION_BITS) |
           generation << SERIAL_BITS | (serial & ((UINT64_C(1) << SERIAL_BITS) - 1));
}

/* --- what rows refer to --- */

static int add_hosts(struct frame *to, const struct fleet_part *parts, uint32_t count)
{
    if (frame_add_hosts(to, count))
        return -ENOMEM;
    for (uint32_t i = 0; i < count; i++) {
        struct frame_host *host = &to->hosts[i];
        *host = parts[i].host;
        host->name = frame_copy_text(to, host->name);
        host->place = frame_copy_text(to, host->place);
        host->why = frame_copy_text(to, host->why);
        host->version = frame_copy_text(to, host->version);
        host->events = frame_copy_text(to, host->events);
        host->live = parts[i].frame ? parts[i].frame->live_count : 0;
        host->missing = parts[i].frame ? parts[i].frame->missing.reasons : 0;
    }
    return 0;
}

static int64_t shift_time(int64_t ns, int64_t by_ns)
{
    return ns ? clock_add(ns, by_ns) : 0;
}

static void shift_failures(struct call_failures *failures, int64_t by_ns)
{
    for (uint8_t i = 0; i < failures->count; i++) {
        struct call_failure *row = &failures->rows[i];
        row->first_ns = shift_time(row->first_ns, by_ns);
        for (size_t n = 0; n < sizeof(row->last_ns) / sizeof(row->last_ns[0]); n++)
            row->last_ns[n] = shift_time(row->last_ns[n], by_ns);
    }
}

static struct host_facts *copy_facts(struct frame *to, const struct fleet_part *part,
                                     const struct host_facts *facts, uint32_t key)
{
    struct host_facts *copy = facts ? arena_alloc(&to->arena, sizeof(*copy)) : NULL;

    if (!copy)
        return NULL;
    *copy = *facts;
    copy->netns = key;
    copy->mono_ns = clock_add(copy->mono_ns, part->mono_shift_ns);
    shift_failures(&copy->bind_failures, part->mono_shift_ns);
    shift_failures(&copy->connect_failures, part->mono_shift_ns);
    return copy;
}

/* Unique among all hosts, for as long as the host's own id is. */
static uint64_t netns_id(const struct fleet_part *part, const struct frame_netns *netns)
{
    const uint64_t own[2] = {part->host.number, netns->id ? netns->id : netns->key};
    return hash_bytes(own, sizeof(own), HASH_SEED);
}

static int64_t read_time(const struct fleet_part *part, const struct frame_netns *from)
{
    const int64_t own_ns = from && from->read_ns ? from->read_ns : part->frame->mono_ns;
    return clock_add(own_ns, part->mono_shift_ns);
}

static int add_netns(struct frame *to, const struct fleet_part *part,
                     const struct frame_netns *from)
{
    const struct frame *frame = part->frame;
    const uint32_t key = fleet_key(part->keys, from->key);
    struct frame_netns *netns = key ? frame_add_netns(to, key) : NULL;

    if (!netns)
        return -ENOMEM;
    *netns = *from;
    netns->key = key;
    netns->id = netns_id(part, from);
    netns->host = part->host.number;
    netns->is_own = false;
    netns->read_ns = read_time(part, from);
    netns->rest_ns = from->rest_ns ? clock_add(from->rest_ns, part->mono_shift_ns) : 0;
    netns->bound_ns = from->bound_ns ? clock_add(from->bound_ns, part->mono_shift_ns) : 0;
    netns->name = frame_copy_text(to, from->name);
    netns->container = frame_copy_text(to, from->container);
    netns->pod = frame_copy_text(to, from->pod);
    netns->pod_namespace = frame_copy_text(to, from->pod_namespace);
    netns->why = frame_copy_text(to, from->why);
    netns->facts = copy_facts(to, part, frame_netns_facts(frame, from), key);
    return 0;
}

/* A namespace that the host's frame does not list: its only one, or that of an older log. */
static int add_unlisted(struct frame *to, const struct fleet_part *part, uint32_t netns)
{
    const bool is_main = netns == part->frame->netns;
    const bool is_host = is_main && part->frame->netns_is_host;
    const uint32_t key = fleet_key(part->keys, netns);

    if (key && frame_find_netns(to, key))
        return 0;
    const struct frame_netns blank = {.key = netns,
                                      .inode = netns,
                                      .is_host = is_host,
                                      .kind = is_host ? NETNS_KIND_HOST : NETNS_KIND_PROCESS,
                                      .name = is_host ? "host" : ""};
    return add_netns(to, part, &blank);
}

static int add_namespaces(struct frame *to, const struct fleet_part *part)
{
    const struct frame *frame = part->frame;
    int error = 0;

    for (uint32_t i = 0; i < frame->namespace_count && !error; i++)
        error = add_netns(to, part, &frame->namespaces[i]);
    return error ? error : add_unlisted(to, part, frame->netns);
}

static int add_groups(struct frame *to, const struct frame *from)
{
    for (uint32_t i = 0; i < from->group_count; i++) {
        struct group *group = frame_add_group(to);
        if (!group)
            return -ENOMEM;
        group->path = frame_copy_text(to, from->groups[i].path);
        group->unit = frame_copy_text(to, from->groups[i].unit);
        group->container = frame_copy_text(to, from->groups[i].container);
    }
    return 0;
}

static uint32_t moved(uint32_t index, uint32_t base)
{
    return index == CONN_NO_INDEX ? index : index + base;
}

static int add_procs(struct frame *to, const struct fleet_part *part, const struct bases *bases)
{
    for (uint32_t i = 0; i < part->frame->proc_count; i++) {
        const struct proc *from = &part->frame->procs[i];
        struct proc *proc = frame_add_proc(to);
        if (!proc)
            return -ENOMEM;
        *proc = *from;
        proc->host = part->host.number;
        proc->group = moved(from->group, bases->groups);
        proc->start_ns = shift_time(from->start_ns, part->wall_shift_ns);
        frame_copy_proc_texts(to, proc);
    }
    return 0;
}

static int add_names(struct frame *to, const struct fleet_part *part)
{
    const struct frame *from = part->frame;
    int error = 0;

    for (uint32_t i = 0; i < from->user_count && !error; i++)
        error = frame_add_host_user(to, part->host.number, from->users[i].uid, from->users[i].name);
    for (uint32_t i = 0; i < from->interface_count && !error; i++) {
        const struct interface *interface = &from->interfaces[i];
        error = frame_add_interface(to, fleet_key(part->keys, interface->netns), interface->index,
                                    interface->name);
    }
    return error;
}

static int add_details(struct frame *to, const struct fleet_part *part, const struct bases *bases)
{
    const struct frame *from = part->frame;
    int error = 0;

    for (uint32_t i = 0; i < from->detail_count; i++) {
        struct conn_detail *detail = frame_add_detail(to);
        if (!detail)
            return -ENOMEM;
        *detail = from->details[i];
    }
    for (uint32_t i = 0; i < from->owner_ref_count && !error; i++)
        error = frame_add_owner_ref(to, moved(from->owner_refs[i], bases->procs));
    return error;
}

static int add_around(struct frame *to, const struct fleet_part *part, struct bases *bases)
{
    *bases = (struct bases){to->proc_count, to->group_count, to->owner_ref_count, to->detail_count};
    int error = add_namespaces(to, part);
    if (!error)
        error = add_groups(to, part->frame);
    if (!error)
        error = add_procs(to, part, bases);
    if (!error)
        error = add_names(to, part);
    return error ? error : add_details(to, part, bases);
}

/* --- rows --- */

static int move_row(struct frame *to, struct conn *conn, const struct fleet_part *part,
                    const struct bases *bases)
{
    const uint32_t netns = conn->netns;

    conn->netns = fleet_key(part->keys, netns);
    if (!conn->netns)
        return -ENOMEM;
    conn->serial = serial_of(part, conn->serial);
    conn->owner = moved(conn->owner, bases->procs);
    conn->owners = moved(conn->owners, bases->owner_refs);
    conn->group = moved(conn->group, bases->groups);
    conn->detail = moved(conn->detail, bases->details);
    conn_move_times(conn, part->wall_shift_ns);
    return frame_find_netns(to, conn->netns) ? 0 : add_unlisted(to, part, netns);
}

static int add_rows(struct frame *to, const struct fleet_part *part, const struct bases *bases,
                    bool ghosts)
{
    const struct frame *from = part->frame;
    const uint32_t begin = ghosts ? from->live_count : 0;
    const uint32_t end = ghosts ? from->conn_count : from->live_count;

    for (uint32_t i = begin; i < end; i++) {
        struct conn *conn = ghosts ? frame_add_ghost(to) : frame_add_conn(to);
        if (!conn)
            return -ENOMEM;
        *conn = from->conns[i];
        if (move_row(to, conn, part, bases))
            return -ENOMEM;
    }
    return 0;
}

/* Traffic of ended connections is counted once. */
static int add_flows(struct frame *to, const struct fleet_part *part, const struct bases *bases)
{
    for (uint32_t i = 0; i < part->frame->flow_count; i++) {
        struct flow *flow = frame_add_flow(to);
        if (!flow)
            return -ENOMEM;
        *flow = part->frame->flows[i];
        if (move_row(to, &flow->conn, part, bases))
            return -ENOMEM;
        if (part->is_new)
            continue;
        flow->in_bytes = flow->out_bytes = 0;
    }
    return 0;
}

/* --- sums --- */

/* Rates of hosts that are not read are no present traffic. */
static void leave_out_rates(struct frame *to)
{
    struct totals *totals = &to->totals;

    totals->in_bytes_per_s = totals->out_bytes_per_s = 0;
    for (uint32_t i = 0; i < to->live_count + to->flow_count; i++) {
        const struct conn *conn =
            i < to->live_count ? &to->conns[i] : &to->flows[i - to->live_count].conn;
        const struct frame_host *host = frame_host_of(to, conn->netns);
        if (!host || host_state_is_old(host->state))
            continue;
        totals->in_bytes_per_s += conn_in_rate(conn);
        totals->out_bytes_per_s += conn_out_rate(conn);
    }
}

/* Since the frame before. */
static void add_intervals(struct totals *sum, const struct totals *part)
{
    sum->in_interval += part->in_interval;
    sum->out_interval += part->out_interval;
    sum->sent_interval += part->sent_interval;
    sum->retrans_interval += part->retrans_interval;
    sum->segs_in += part->segs_in;
    sum->segs_out += part->segs_out;
    sum->segs_retrans += part->segs_retrans;
    sum->opened += part->opened;
    sum->changed += part->changed;
    sum->closed += part->closed;
}

static void add_totals(struct totals *sum, const struct totals *part, bool is_new)
{
    sum->in_total += part->in_total;
    sum->out_total += part->out_total;
    if (is_new)
        add_intervals(sum, part);
}

/* Flows keep their order: the search continues after the one found last. */
static struct flow *find_flow(struct frame *frame, uint64_t serial, uint32_t *at)
{
    for (uint32_t n = 0; n < frame->flow_count; n++) {
        struct flow *flow = &frame->flows[*at];
        *at = *at + 1 < frame->flow_count ? *at + 1 : 0;
        if (flow->conn.serial == serial)
            return flow;
    }
    return NULL;
}

void fleet_add_skipped(struct frame *frame, const struct frame *skipped, bool same_rows)
{
    uint32_t at = 0;

    add_intervals(&frame->totals, &skipped->totals);
    frame->totals.segs_known &= skipped->totals.segs_known;
    for (uint32_t i = 0; i < skipped->flow_count && same_rows; i++) {
        const struct flow *from = &skipped->flows[i];
        const bool has_bytes = from->in_bytes || from->out_bytes;
        struct flow *flow = has_bytes ? find_flow(frame, from->conn.serial, &at) : NULL;
        if (!flow)
            continue;
        flow->in_bytes += from->in_bytes;
        flow->out_bytes += from->out_bytes;
    }
}

/* "web2: lost: Connection refused (and 2 more hosts)" */
static void describe_hosts(struct frame *to)
{
    const struct frame_host *worst = NULL;
    uint32_t count = 0;
    char more[24] = "";

    for (uint32_t i = 0; i < to->host_count; i++) {
        if (!host_state_is_old(to->hosts[i].state) || to->hosts[i].state == HOST_ENDED)
            continue;
        if (!worst || to->hosts[i].state > worst->state)
            worst = &to->hosts[i];
        count++;
    }
    if (!worst)
        return;
    to->missing.reasons |= MISSING_HOSTS;
    if (count > 1)
        snprintf(more, sizeof(more), " (and %u more)", count - 1);
    snprintf(to->missing.text, sizeof(to->missing.text), "%.32s: %.16s%s%.48s%s", worst->name,
             words_name(&HOST_STATE_WORDS, worst->state), worst->why[0] ? ": " : "", worst->why,
             more);
}

static void add_sums(struct frame *to, const struct fleet_part *parts, uint32_t count)
{
    bool segs_known = true;

    for (uint32_t i = 0; i < count; i++) {
        const struct frame *from = parts[i].frame;
        if (!from)
            continue;
        add_totals(&to->totals, &from->totals, parts[i].is_new);
        segs_known &= from->totals.segs_known;
        to->missing.reasons |= from->missing.reasons;
        to->missing.events_lost += from->missing.events_lost;
        to->missing.hidden_rows += from->missing.hidden_rows;
        to->missing.hidden_users += from->missing.hidden_users;
        if (from->missing.text[0] && !to->missing.text[0])
            snprintf(to->missing.text, sizeof(to->missing.text), "%.40s: %.80s", parts[i].host.name,
                     from->missing.text);
    }
    to->totals.segs_known = segs_known;
    frame_count_totals(to);
    leave_out_rates(to);
    describe_hosts(to);
}

int fleet_merge(struct frame *to, const struct fleet_part *parts, uint32_t count)
{
    struct bases bases[HOSTS_MAX];
    int error = add_hosts(to, parts, count);

    for (uint32_t i = 0; i < count && !error; i++)
        if (parts[i].frame)
            error = add_around(to, &parts[i], &bases[i]);
    for (unsigned ghosts = 0; ghosts < 2; ghosts++)
        for (uint32_t i = 0; i < count && !error; i++)
            if (parts[i].frame)
                error = add_rows(to, &parts[i], &bases[i], ghosts);
    for (uint32_t i = 0; i < count && !error; i++)
        if (parts[i].frame)
            error = add_flows(to, &parts[i], &bases[i]);
    if (!error)
        add_sums(to, parts, count);
    return error;
}

void fleet_stamp_event(struct event *event, const struct fleet_part *part)
{
    event->wall_ns = clock_add(event->wall_ns, part->wall_shift_ns);
    event->mono_ns = clock_add(event->mono_ns, part->mono_shift_ns);
    event->host = part->host.number;
    if (event_is_of_connection(event))
        event->serial = serial_of(part, event->serial);
}

void fleet_key_event(struct event *event, struct fleet_keys *keys)
{
    if (event_is_of_connection(event))
        event->netns = fleet_key(keys, event->netns);
}

void fleet_move_event(struct event *event, const struct fleet_part *part)
{
    fleet_stamp_event(event, part);
    fleet_key_event(event, part->keys);
}
