/* Compares frames member by member. Must not know how a log is written. */
#include "equal.h"

#include "core/info.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TICK_MS 101 /* and the time of the dump: doc/session-log.md */

static char what[512];
static uint32_t tick_ms = TICK_MS; /* of the frames at work */

static const char *say(uint64_t serial, const char *member, int64_t a, int64_t b)
{
    snprintf(what, sizeof(what), "row %" PRIu64 ": %s: %" PRId64 " and %" PRId64, serial, member, a,
             b);
    return what;
}

static bool near(uint32_t a, uint32_t b)
{
    return (a > b ? a - b : b - a) <= tick_ms;
}

#define SAME(member)                                                                               \
    do {                                                                                           \
        if (a->member != b->member)                                                                \
            return say(serial, #member, (int64_t)a->member, (int64_t)b->member);                   \
    } while (0)

/* What a row cannot show is not recorded: a timer that does not run. */
static uint32_t visible(const struct conn *conn)
{
    return conn->timer ? conn->known : conn->known & ~(uint32_t)KNOWN_TIMER;
}

static const char *facts_differ(const struct conn *a, const struct conn *b)
{
    uint64_t serial = a->serial;

    if (visible(a) != visible(b))
        return say(serial, "known", visible(a), visible(b));
    if (memcmp(&a->tuple, &b->tuple, sizeof(a->tuple)) != 0)
        return say(serial, "tuple", 0, 0);
    SAME(cookie);
    SAME(netns);
    SAME(state);
    SAME(kernel_state);
    SAME(mark);
    SAME(from);
    SAME(inode);
    SAME(uid);
    SAME(receive_queue);
    SAME(send_queue);
    SAME(drops);
    SAME(cgroup_id);
    SAME(timer);
    SAME(owner_word);
    SAME(unit_from);
    SAME(in_bytes);
    SAME(bytes_sent);
    SAME(bytes_retrans);
    SAME(sent_10s);
    SAME(retrans_10s);
    SAME(cwnd);
    SAME(changed_ns);
    SAME(owner_count);
    if (a->state != STATE_LISTEN)
        SAME(retrans);
    if (a->known & KNOWN_ULP) {
        SAME(ulp);
        SAME(offload);
    }
    SAME(tls_tx);
    SAME(tls_rx);
    if (a->known & KNOWN_RTT)
        SAME(rtt_us);
    if (a->known & KNOWN_CREATED_MIN)
        SAME(created_min_ns);
    if (a->known & KNOWN_CREATED_MAX)
        SAME(created_max_ns);
    if (a->known & KNOWN_STATE_SINCE)
        SAME(state_since_ns);
    if ((a->known & KNOWN_RATES) &&
        (conn_in_rate(a) != conn_in_rate(b) || conn_out_rate(a) != conn_out_rate(b)))
        return say(serial, "rates", 0, 0);
    if ((a->known & KNOWN_TIMER) && a->timer && !near(a->timer_ms, b->timer_ms))
        return say(serial, "timer_ms", a->timer_ms, b->timer_ms);
    if ((a->known & KNOWN_LAST_DATA) && (!near(a->last_data_sent_ms, b->last_data_sent_ms) ||
                                         !near(a->last_data_received_ms, b->last_data_received_ms)))
        return say(serial, "last_data_sent_ms", a->last_data_sent_ms, b->last_data_sent_ms);
    return NULL;
}

static bool text_differs(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") != 0;
}

static const char *procs_differ(const struct proc *a, const struct proc *b)
{
    uint64_t serial = a ? (uint64_t)a->pid : 0;

    if (!a || !b)
        return a || b ? say(serial, "proc", a != NULL, b != NULL) : NULL;
    SAME(pid);
    SAME(parent);
    SAME(start_ticks);
    SAME(start_ns);
    SAME(uid);
    SAME(cpu_permille);
    SAME(threads);
    SAME(files);
    SAME(memory_bytes);
    SAME(sockets);
    SAME(kernel_thread);
    SAME(gone);
    if (text_differs(a->comm, b->comm) || text_differs(a->exe, b->exe))
        return say(serial, "comm, exe", 0, 0);
    return NULL;
}

static const char *groups_differ(const struct group *a, const struct group *b, uint64_t serial)
{
    if (!a || !b)
        return a || b ? say(serial, "group", a != NULL, b != NULL) : NULL;
    if (text_differs(a->path, b->path) || text_differs(a->unit, b->unit) ||
        text_differs(a->container, b->container))
        return say(serial, "group", 0, 0);
    return NULL;
}

static bool is_tick(const struct info_field *field)
{
    return strncmp(field->name, "last_", 5) == 0;
}

static const char *details_differ(const struct conn_detail *a, const struct conn_detail *b,
                                  uint64_t serial)
{
    if (!a || !b)
        return a || b ? say(serial, "detail", a != NULL, b != NULL) : NULL;
    for (size_t i = 1; i < tcp_info_count; i++) {
        uint64_t was = 0, is = 0;
        bool had = info_value(&TCP_INFO[i], a->info, a->info_length, &was);
        bool has = info_value(&TCP_INFO[i], b->info, b->info_length, &is);
        bool same = is_tick(&TCP_INFO[i]) ? near((uint32_t)was, (uint32_t)is) : was == is;
        if (had != has || !same)
            return say(serial, TCP_INFO[i].name, (int64_t)was, (int64_t)is);
    }
    SAME(info_length);
    SAME(meminfo_count);
    SAME(has_tos);
    SAME(tos);
    SAME(has_tclass);
    SAME(tclass);
    SAME(has_mark);
    SAME(mark);
    SAME(has_shutdown);
    SAME(shutdown);
    SAME(tls_version_known);
    SAME(tls_version);
    SAME(tls_cipher);
    SAME(class_id);
    SAME(mptcp_token);
    if (memcmp(a->meminfo, b->meminfo, a->meminfo_count * sizeof(a->meminfo[0])) != 0)
        return say(serial, "meminfo", 0, 0);
    if (strcmp(a->congestion, b->congestion) != 0 || strcmp(a->ulp_text, b->ulp_text) != 0)
        return say(serial, "congestion, ulp", 0, 0);
    return NULL;
}

static const char *rows_differ(const struct frame *fa, const struct frame *fb, const struct conn *a,
                               const struct conn *b)
{
    const char *found = facts_differ(a, b);

    if (!found)
        found = procs_differ(frame_owner(fa, a), frame_owner(fb, b));
    for (uint32_t i = 0; i < a->owner_count && !found; i++)
        found = procs_differ(frame_holder(fa, a, i), frame_holder(fb, b, i));
    if (!found)
        found = groups_differ(frame_group(fa, a), frame_group(fb, b), a->serial);
    if (!found)
        found = details_differ(frame_detail(fa, a), frame_detail(fb, b), a->serial);
    if (!found && (a->known & KNOWN_UID) &&
        text_differs(frame_user_name(fa, a->uid), frame_user_name(fb, b->uid)))
        found = say(a->serial, "user", a->uid, b->uid);
    if (!found && a->tuple.scope &&
        text_differs(frame_interface_name(fa, a->netns, a->tuple.scope),
                     frame_interface_name(fb, b->netns, b->tuple.scope)))
        found = say(a->serial, "interface", a->tuple.scope, b->tuple.scope);
    return found;
}

static int by_serial(const void *a, const void *b)
{
    const struct conn *const *left = a, *const *right = b;
    return ((*left)->serial > (*right)->serial) - ((*left)->serial < (*right)->serial);
}

static const struct conn **sorted(const struct frame *frame)
{
    const struct conn **rows = calloc(frame->conn_count + 1, sizeof(const struct conn *));
    if (!rows)
        abort();
    for (uint32_t i = 0; i < frame->conn_count; i++)
        rows[i] = &frame->conns[i];
    qsort(rows, frame->conn_count, sizeof(*rows), by_serial);
    return rows;
}

static const char *heads_differ(const struct frame *a, const struct frame *b)
{
    uint64_t serial = 0;

    SAME(number);
    SAME(wall_ns);
    SAME(mono_ns);
    SAME(dump_ns);
    SAME(netns);
    SAME(live_count);
    SAME(conn_count);
    SAME(missing.reasons);
    SAME(missing.error);
    SAME(missing.hidden_users);
    SAME(missing.hidden_rows);
    SAME(missing.events_lost);
    SAME(cost.interval_ns);
    SAME(cost.stretched);
    SAME(totals.opened);
    SAME(totals.changed);
    SAME(totals.closed);
    SAME(totals.in_interval);
    SAME(totals.out_interval);
    SAME(totals.in_total);
    SAME(totals.out_total);
    SAME(totals.out_bytes_per_s);
    SAME(totals.segs_known);
    SAME(totals.segs_in);
    SAME(totals.segs_out);
    SAME(totals.segs_retrans);
    SAME(flow_count);
    SAME(totals.sent_interval);
    SAME(totals.retrans_interval);
    SAME(totals.in_bytes_per_s);
    SAME(totals.orphans);
    if (memcmp(a->totals.states, b->totals.states, sizeof(a->totals.states)) != 0)
        return say(0, "totals.states", 0, 0);
    if (strcmp(a->host, b->host) != 0 || strcmp(a->missing.text, b->missing.text) != 0)
        return say(0, "host, missing", 0, 0);
    return NULL;
}

/* A reader numbers and orders flows as it likes: the sums are what is shown. */
static const char *flows_differ(const struct frame *a, const struct frame *b)
{
    uint64_t sent = 0, retrans = 0;

    for (uint32_t i = 0; i < a->flow_count && i < b->flow_count; i++) {
        sent += a->flows[i].conn.sent_10s - b->flows[i].conn.sent_10s;
        retrans += a->flows[i].conn.retrans_10s - b->flows[i].conn.retrans_10s;
    }
    if (sent || retrans)
        return say(0, "flows: sent, retransmitted", (int64_t)sent, (int64_t)retrans);
    return NULL;
}

static const char *counters_differ(const struct frame *a, const struct frame *b)
{
    for (int i = 1; i < FACT_COUNT; i++) {
        const enum host_fact fact = (enum host_fact)i;
        if (host_fact_known(a->facts, fact) != host_fact_known(b->facts, fact) ||
            host_fact(a->facts, fact) != host_fact(b->facts, fact))
            return say(0, HOST_FACT_ROWS[fact].name, (int64_t)host_fact(a->facts, fact),
                       (int64_t)host_fact(b->facts, fact));
    }
    return NULL;
}

/* Not when each was read: a log has only whether that was for this frame. */
static const char *namespaces_differ(const struct frame *a, const struct frame *b)
{
    if (a->namespace_count != b->namespace_count)
        return say(0, "namespaces", a->namespace_count, b->namespace_count);
    for (uint32_t i = 0; i < a->namespace_count; i++) {
        const struct frame_netns *left = &a->namespaces[i], *right = &b->namespaces[i];
        if (left->key != right->key || left->inode != right->inode ||
            left->cookie != right->cookie || left->kind != right->kind ||
            left->reach != right->reach || left->is_own != right->is_own ||
            left->is_host != right->is_host || left->other_user != right->other_user ||
            left->pid != right->pid || left->processes != right->processes ||
            (left->read_ns < a->mono_ns) != (right->read_ns < b->mono_ns) ||
            strcmp(left->name, right->name) != 0 || strcmp(left->pod, right->pod) != 0 ||
            strcmp(left->container, right->container) != 0 ||
            strcmp(left->pod_namespace, right->pod_namespace) != 0)
            return say(0, "namespace", left->key, right->key);
    }
    return NULL;
}

const char *frames_differ(const struct frame *a, const struct frame *b)
{
    tick_ms = TICK_MS + (uint32_t)(a->dump_ns / 1000000);
    const char *found = heads_differ(a, b);
    if (!found)
        found = counters_differ(a, b);
    if (!found)
        found = flows_differ(a, b);
    if (!found)
        found = namespaces_differ(a, b);
    if (found)
        return found;
    const struct conn **left = sorted(a), **right = sorted(b);
    for (uint32_t i = 0; i < a->conn_count && !found; i++) {
        found = left[i]->serial != right[i]->serial
                    ? say(left[i]->serial, "serial", (int64_t)left[i]->serial,
                          (int64_t)right[i]->serial)
                    : rows_differ(a, b, left[i], right[i]);
    }
    free(left);
    free(right);
    return found;
}

const char *events_differ(const struct event *a, const struct event *b)
{
    uint64_t serial = a->serial;

    SAME(kind);
    SAME(wall_ns);
    SAME(from);
    SAME(to);
    SAME(exact);
    SAME(has_totals);
    SAME(has_duration);
    SAME(created_min_ns);
    SAME(created_max_ns);
    SAME(end);
    SAME(reset_why);
    SAME(error);
    SAME(polled_jump);
    SAME(cookie);
    SAME(serial);
    SAME(netns);
    SAME(uid);
    SAME(pid);
    SAME(in_bytes);
    SAME(out_bytes);
    SAME(retrans);
    if (a->has_duration && llabs(a->duration_ns - b->duration_ns) > 1000)
        return say(serial, "duration_ns", a->duration_ns, b->duration_ns);
    if (memcmp(&a->tuple, &b->tuple, sizeof(a->tuple)) != 0 || strcmp(a->name, b->name) != 0)
        return say(serial, "tuple, name", 0, 0);
    return NULL;
}
