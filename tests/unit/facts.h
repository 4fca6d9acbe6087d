/* Rows for tests of columns, JSON and views: a frame with one row that has every fact, and one with
 * none. */
#ifndef TCPLENS_UNIT_FACTS_H
#define TCPLENS_UNIT_FACTS_H

#include "core/column/column.h"
#include "core/frame.h"
#include "core/info.h"
#include "unit.h"

#include <string.h>

#define FACTS_NOW_NS INT64_C(1795436191104000000) /* 2026-11-23T12:16:31.104Z */

static inline struct frame *facts_new_frame(void)
{
    struct frame_pool *pool = frame_pool_new();
    struct frame *frame = frame_new(pool);

    assert_non_null(frame);
    frame_pool_release(pool);
    frame->wall_ns = FACTS_NOW_NS;
    return frame;
}

/* Known to be IPv4 10.0.0.5:52344 - 140.82.121.5:443, and nothing else. */
static inline struct conn *facts_add_bare(struct frame *frame)
{
    static const uint8_t local[4] = {10, 0, 0, 5}, remote[4] = {140, 82, 121, 5};
    struct conn *conn = frame_add_conn(frame);

    conn->state = STATE_ESTABLISHED;
    conn->tuple.family = FAMILY_INET;
    memcpy(conn->tuple.local.bytes, local, sizeof(local));
    memcpy(conn->tuple.remote.bytes, remote, sizeof(remote));
    conn->tuple.local_port = 52344;
    conn->tuple.remote_port = 443;
    conn->serial = frame->conn_count;
    conn->offload = OFFLOAD_UNKNOWN;
    return conn;
}

static inline void facts_add_owner(struct frame *frame, struct conn *conn, const char *comm)
{
    struct proc *proc = frame_add_proc(frame);
    struct group *group = frame_add_group(frame);

    *proc = (struct proc){.pid = 2210, .start_ns = FACTS_NOW_NS - 60, .uid = 1000};
    proc->comm = frame_copy_text(frame, comm);
    proc->exe = "/usr/bin/java";
    proc->command_line = "";
    proc->serves = "blog";
    *group = (struct group){.id = 42, .path = "/system.slice/web.service"};
    group->unit = "web.service";
    group->container = "docker:4f2a91c03b7e";
    conn->owner_word = OWNER_PROCESS;
    conn->owner = frame->proc_count - 1;
    conn->owners = frame->owner_ref_count;
    conn->owner_count = 1;
    conn->group = frame->group_count - 1;
    conn->unit_from = UNIT_FROM_PROCESS;
    assert_int_equal(frame_add_owner_ref(frame, conn->owner), 0);
}

/* tcp_info with the value 3 in each field, which is none of those that mean "not known". */
static inline void facts_add_detail(struct frame *frame, struct conn *conn)
{
    struct conn_detail *detail = frame_add_detail(frame);

    detail->info_length = 280;
    for (size_t i = 0; i < tcp_info_count; i++)
        info_set(&TCP_INFO[i], detail->info, 3);
    detail->meminfo_count = 9;
    strcpy(detail->congestion, "cubic");
    strcpy(detail->ulp_text, "tls");
    detail->has_tos = detail->has_tclass = detail->has_mark = detail->has_shutdown = 1;
    detail->tls_version_known = 1;
    detail->tls_version = 0x0304;
    detail->tls_cipher = 51;
    detail->class_id = 7;
    detail->mptcp_token = 0x7d96ac56;
    conn->detail = frame->detail_count - 1;
}

static inline struct conn *facts_add_full(struct frame *frame, const char *comm)
{
    struct conn *conn = facts_add_bare(frame);

    conn->cookie = 0x4f21;
    conn->netns = 4026531840u;
    conn->tuple.scope = 2;
    conn->known = ((KNOWN_OPENED << 1) - 1) | KNOWN_SUBFLOW;
    conn->inode = 88123;
    conn->uid = 1000;
    conn->cgroup_id = 42;
    conn->timer = 2;
    conn->timer_ms = 7000;
    conn->ulp = ULP_TLS;
    conn->offload = OFFLOAD_OFFLOADED;
    conn->tls_tx = conn->tls_rx = TLS_CONF_IS_HW;
    conn->in_bytes = 1000;
    conn->bytes_sent = 2500;
    conn->bytes_retrans = 500;
    conn->sent_10s = 1000;
    conn->retrans_10s = 51;
    conn->rtt_us = 12100;
    conn->cwnd = 10;
    conn->retrans = 1;
    conn_set_rates(conn, 1200000, 30000);
    conn->created_min_ns = conn->created_max_ns = FACTS_NOW_NS - INT64_C(2000000000);
    conn->state_since_ns = FACTS_NOW_NS - INT64_C(1000000000);
    facts_add_owner(frame, conn, comm);
    facts_add_detail(frame, conn);
    assert_int_equal(frame_add_user(frame, 1000, "ann"), 0);
    assert_int_equal(frame_add_interface(frame, conn->netns, 2, "eth0"), 0);
    return &frame->conns[frame->conn_count - 1];
}

static inline struct column_context facts_context(const struct frame *frame)
{
    return (struct column_context){.frame = frame, .now_ns = frame->wall_ns};
}

static inline const char *facts_format(const char *id, const struct column_context *context,
                                       const struct conn *conn)
{
    static char text[512];
    const struct column *column = column_find(id, strlen(id));
    size_t length;

    assert_non_null(column);
    length = column_format(column, context, conn, text, sizeof(text));
    assert_int_equal(length, strlen(text));
    return text;
}

#endif
