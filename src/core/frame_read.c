/* Reading a frame: look-ups and sums. Changes nothing but the totals. */
#include "core/frame.h"

#include <string.h>

#define CLOCK_SET_NS INT64_C(10000000) /* less may be due to reading one clock after the other */

int64_t frame_time_of(const struct frame *frame, int64_t wall_ns, int64_t mono_ns)
{
    /* A log may contain any time: differences wrap rather than overflow. */
    const uint64_t offset = (uint64_t)frame->wall_ns - (uint64_t)frame->mono_ns;
    const int64_t set_ns = (int64_t)(offset - ((uint64_t)wall_ns - (uint64_t)mono_ns));

    if (set_ns < CLOCK_SET_NS && set_ns > -CLOCK_SET_NS)
        return wall_ns;
    return (int64_t)((uint64_t)mono_ns + offset);
}

static const char *const MISSING[] = {"dump_part", "sock_diag", "owners_hidden", "owners_late",
                                      "events",    "ulp",       "log",           "proc",
                                      "ipv6",      "netns",     "hosts",         "memory"};
const struct words MISSING_WORDS = WORDS(MISSING);

static const struct proc *proc_at(const struct frame *frame, uint32_t index)
{
    return index < frame->proc_count ? &frame->procs[index] : NULL;
}

const struct proc *frame_owner(const struct frame *frame, const struct conn *conn)
{
    return proc_at(frame, conn->owner);
}

const struct proc *frame_holder(const struct frame *frame, const struct conn *conn, uint32_t n)
{
    if (n >= conn->owner_count || conn->owners >= frame->owner_ref_count ||
        n >= frame->owner_ref_count - conn->owners)
        return NULL;
    return proc_at(frame, frame->owner_refs[conn->owners + n]);
}

const struct group *frame_group(const struct frame *frame, const struct conn *conn)
{
    return conn->group < frame->group_count ? &frame->groups[conn->group] : NULL;
}

const struct conn_detail *frame_detail(const struct frame *frame, const struct conn *conn)
{
    return conn->detail < frame->detail_count ? &frame->details[conn->detail] : NULL;
}

const struct proc *frame_find_host_proc(const struct frame *frame, uint32_t host, int32_t pid)
{
    for (uint32_t i = 0; i < frame->proc_count; i++) {
        if (frame->procs[i].pid == pid && frame->procs[i].host == host)
            return &frame->procs[i];
    }
    return NULL;
}

const struct proc *frame_find_proc(const struct frame *frame, int32_t pid)
{
    return frame_find_host_proc(frame, 0, pid);
}

const struct conn *frame_find_serial(const struct frame *frame, uint64_t serial)
{
    for (uint32_t i = 0; i < frame->conn_count; i++) {
        if (frame->conns[i].serial == serial)
            return &frame->conns[i];
    }
    return NULL;
}

const char *frame_host_user_name(const struct frame *frame, uint32_t host, uint32_t uid)
{
    const uint64_t wanted = (uint64_t)host << 32 | uid;
    uint32_t low = 0, high = frame->user_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct user *user = &frame->users[middle];
        const uint64_t found = (uint64_t)user->host << 32 | user->uid;
        if (found == wanted)
            return user->name;
        if (found < wanted)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const char *frame_user_name(const struct frame *frame, uint32_t uid)
{
    return frame_host_user_name(frame, 0, uid);
}

const char *frame_interface_name(const struct frame *frame, uint32_t netns, uint32_t index)
{
    for (uint32_t i = 0; i < frame->interface_count; i++) {
        if (frame->interfaces[i].index == index && frame->interfaces[i].netns == netns)
            return frame->interfaces[i].name;
    }
    return NULL;
}

const struct frame_netns *frame_find_netns(const struct frame *frame, uint32_t key)
{
    uint32_t low = 0, high = frame->namespace_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (frame->namespaces[middle].key == key)
            return &frame->namespaces[middle];
        if (frame->namespaces[middle].key < key)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

uint32_t frame_host_number(const struct frame *frame, uint32_t key)
{
    const struct frame_netns *netns = frame->host_count ? frame_find_netns(frame, key) : NULL;
    return netns ? netns->host : 0;
}

const struct frame_host *frame_find_host(const struct frame *frame, uint32_t number)
{
    return number > 0 && number <= frame->host_count ? &frame->hosts[number - 1] : NULL;
}

const struct frame_host *frame_host_of(const struct frame *frame, uint32_t key)
{
    return frame_find_host(frame, frame_host_number(frame, key));
}

int64_t frame_read_ns(const struct frame *frame, uint32_t key, enum netns_rows rows)
{
    const struct frame_netns *netns = frame_find_netns(frame, key);

    if (netns && rows == NETNS_ROWS_UNHELD && netns->rest_ns)
        return netns->rest_ns;
    if (netns && rows == NETNS_ROWS_BOUND && netns->bound_ns)
        return netns->bound_ns;
    return netns && netns->read_ns ? netns->read_ns : frame->mono_ns;
}

const struct host_facts *frame_netns_facts(const struct frame *frame,
                                           const struct frame_netns *netns)
{
    return netns->facts ? netns->facts : netns->key == frame->netns ? frame->facts : NULL;
}

bool frame_same_netns(const struct frame *a, const struct frame *b, uint32_t key)
{
    const struct frame_netns *in_a = frame_find_netns(a, key);
    const struct frame_netns *in_b = frame_find_netns(b, key);
    return !in_a || !in_b || !in_a->id || !in_b->id || in_a->id == in_b->id;
}

void totals_add_flows(struct totals *totals, const struct frame *frame)
{
    for (uint32_t i = 0; i < frame->flow_count; i++) {
        totals->in_bytes_per_s += conn_in_rate(&frame->flows[i].conn);
        totals->out_bytes_per_s += conn_out_rate(&frame->flows[i].conn);
    }
}

void frame_count_totals(struct frame *frame)
{
    struct totals *totals = &frame->totals;

    memset(totals->states, 0, sizeof(totals->states));
    totals->listeners = totals->orphans = 0;
    totals->in_bytes_per_s = totals->out_bytes_per_s = 0;
    for (uint32_t i = 0; i < frame->live_count; i++)
        totals_add(totals, &frame->conns[i]);
    totals_add_flows(totals, frame);
    totals->states[STATE_DELETE_TCB] += frame->conn_count - frame->live_count;
    totals->live = frame->live_count;
}

size_t frame_footprint(const struct frame *frame)
{
    return sizeof(*frame) + arena_footprint(&frame->arena) +
           frame->conn_capacity * sizeof(*frame->conns) +
           frame->proc_capacity * sizeof(*frame->procs) +
           frame->group_capacity * sizeof(*frame->groups) +
           frame->detail_capacity * sizeof(*frame->details) +
           frame->owner_ref_capacity * sizeof(*frame->owner_refs) +
           frame->user_capacity * sizeof(*frame->users) +
           frame->interface_capacity * sizeof(*frame->interfaces) +
           frame->flow_capacity * sizeof(*frame->flows) +
           frame->namespace_capacity * sizeof(*frame->namespaces);
}
