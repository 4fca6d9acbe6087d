/* Accepted connections by listener and process. */
#include "core/finding/acceptors.h"

#include "base/clock.h"
#include "base/hash.h"

#include <math.h>

static bool is_shared(const struct census *census, const struct listener_tally *listener)
{
    return listener->sockets > 1 || census->frame->conns[listener->row].owner_count > 1;
}

static bool is_of(const struct accept_group *group, const struct tuple *tuple)
{
    return group->port == tuple->local_port && group->family == tuple->family &&
           addr_compare(&group->address, &tuple->local) == 0;
}

/* Hash of sockets and their holders, independent of their order. */
static uint64_t hash_set(const struct census *census, const struct listener_tally *listener)
{
    const struct frame *frame = census->frame;
    const struct tuple *tuple = &frame->conns[listener->row].tuple;
    uint64_t set = 0;

    for (uint32_t i = 0; i < census->listen_row_count; i++) {
        const struct conn *conn = &frame->conns[census->listen_rows[i]];
        if (!census_same_place(&conn->tuple, tuple))
            continue;
        set += hash_number(conn->cookie);
        for (uint32_t n = 0; n < conn->owner_count; n++) {
            const struct proc *holder = frame_holder(frame, conn, n);
            set += hash_number((uint64_t)(uint32_t)holder->pid << 32 ^ holder->start_ticks);
        }
    }
    return set;
}

/* Its index; acceptors->count: there is none. */
static uint32_t find_group(const struct acceptors *acceptors, const struct tuple *tuple)
{
    uint32_t i = 0;

    while (i < acceptors->count && !is_of(&acceptors->groups[i], tuple))
        i++;
    return i;
}

static void begin_group(struct accept_group *group, const struct tuple *tuple, uint64_t set,
                        int64_t now_ns)
{
    group->since_ns = now_ns;
    group->address = tuple->local;
    group->port = tuple->local_port;
    group->family = tuple->family;
    group->set = set;
    group->unknown = 0;
    group->count = 0;
    group->overflow = false;
}

/* False: its listener is no longer shared. */
static bool keep_group(struct accept_group *group, const struct census *census, double kept)
{
    const struct tuple tuple = {
        .family = group->family, .local = group->address, .local_port = group->port};
    const struct listener_tally *listener = census_listener(census, &tuple, true);

    if (!listener || !is_shared(census, listener))
        return false;
    const uint64_t set = hash_set(census, listener);
    if (set != group->set)
        begin_group(group, &tuple, set, census->frame->mono_ns);
    group->unknown *= kept;
    for (uint32_t i = 0; i < group->count; i++)
        group->members[i].accepts *= kept;
    return true;
}

void acceptors_update(struct acceptors *acceptors, const struct census *census, double kept)
{
    uint32_t left = 0;

    for (uint32_t i = 0; i < acceptors->count; i++) {
        if (!keep_group(&acceptors->groups[i], census, kept))
            continue;
        if (left != i)
            acceptors->groups[left] = acceptors->groups[i];
        left++;
    }
    acceptors->count = left;
    for (uint32_t i = 0; i < census->listener_count && acceptors->count < ACCEPT_GROUPS_MAX; i++) {
        const struct listener_tally *listener = &census->listeners[i];
        const struct tuple *tuple = &census->frame->conns[listener->row].tuple;
        if (is_shared(census, listener) && find_group(acceptors, tuple) == acceptors->count)
            begin_group(&acceptors->groups[acceptors->count++], tuple, hash_set(census, listener),
                        census->frame->mono_ns);
    }
}

static void count_accept(struct accept_group *group, int32_t pid, double weight)
{
    for (uint32_t i = 0; i < group->count; i++) {
        if (group->members[i].pid == pid) {
            group->members[i].accepts += weight;
            return;
        }
    }
    if (group->count == ACCEPT_MEMBERS_MAX)
        group->overflow = true;
    else
        group->members[group->count++] = (struct acceptor){.pid = pid, .accepts = weight};
}

static struct unnamed_accept *unnamed_slot(struct acceptors *acceptors, uint64_t cookie)
{
    return &acceptors->unnamed[hash_number(cookie) % ACCEPT_UNNAMED_MAX];
}

static void count_unnamed(struct acceptors *acceptors, struct accept_group *group, uint64_t cookie,
                          int64_t now_ns)
{
    group->unknown += 1;
    *unnamed_slot(acceptors, cookie) = (struct unnamed_accept){cookie, now_ns};
}

/* What was counted as unknown, and faded since, is the process's. */
static void name_accept(struct acceptors *acceptors, struct accept_group *group,
                        const struct event *event, int64_t now_ns)
{
    struct unnamed_accept *unnamed = unnamed_slot(acceptors, event->cookie);
    const double seconds = (double)(now_ns - unnamed->at_ns) / (double)SECOND_NS;
    const double weight = exp(-seconds / ACCEPT_TAU_S);

    unnamed->cookie = 0;
    if (unnamed->at_ns < group->since_ns)
        return;
    group->unknown = fmax(group->unknown - weight, 0);
    count_accept(group, event->pid, weight);
}

static bool is_of_accept(struct acceptors *acceptors, const struct event *event)
{
    if (acceptors->count == 0 || event->origin != EVENT_FROM_BPF || !event->cookie)
        return false;
    return event->kind == EVENT_OPEN ||
           (event->pid > 0 && unnamed_slot(acceptors, event->cookie)->cookie == event->cookie);
}

void acceptors_count(struct acceptors *acceptors, const struct event *event,
                     const struct census *census)
{
    const struct listener_tally *listener =
        is_of_accept(acceptors, event) ? census_listener(census, &event->tuple, false) : NULL;
    if (!listener)
        return;
    const uint32_t at = find_group(acceptors, &census->frame->conns[listener->row].tuple);
    if (at == acceptors->count)
        return;
    struct accept_group *group = &acceptors->groups[at];
    const int64_t now_ns = census->frame->mono_ns;
    if (event->kind != EVENT_OPEN)
        name_accept(acceptors, group, event, now_ns);
    else if (event->pid > 0)
        count_accept(group, event->pid, 1);
    else
        count_unnamed(acceptors, group, event->cookie, now_ns);
}

const struct accept_group *acceptors_of(const struct acceptors *acceptors,
                                        const struct census *census,
                                        const struct listener_tally *listener)
{
    const uint32_t at = find_group(acceptors, &census->frame->conns[listener->row].tuple);

    return at < acceptors->count ? &acceptors->groups[at] : NULL;
}

double accept_group_sum(const struct accept_group *group)
{
    double sum = 0;

    for (uint32_t i = 0; i < group->count; i++)
        sum += group->members[i].accepts;
    return sum;
}

double accept_group_by(const struct accept_group *group, int32_t pid)
{
    for (uint32_t i = 0; i < group->count; i++)
        if (group->members[i].pid == pid)
            return group->members[i].accepts;
    return 0;
}
