/* destroy: a netlink socket on the SOCK_DIAG destroy groups, and its messages. core/lifecycle.c
 * decides what the end of a socket means for its connection. */
#include "source/netns/destroy.h"

#include "base/clock.h"
#include "base/error.h"
#include "source/diag.h"
#include "source/netns/netlink.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BUFFER_WANTED (8 * 1024 * 1024) /* holds 10,000 ends; the default holds 166 (measured) */
#define BUFFER_CALM   (4 * 1024 * 1024)
#define JUST_MS       8 /* two clock ticks */
#define TEXT_SIZE     128

struct destroy {
    int descriptor;
    int room; /* SO_RCVBUF as the kernel counts it */
    struct netns netns;
    struct netlink *netlink; /* looks up what remains */
    _Alignas(8) uint8_t buffer[DIAG_BUFFER_SIZE];
};

/* As large as permitted: SO_RCVBUF is silently limited to net.core.rmem_max. */
static int widen(int descriptor)
{
    const int wanted = BUFFER_WANTED;
    int room = 0;
    socklen_t size = sizeof(room);
    if (setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &wanted, sizeof(wanted)) < 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &wanted, sizeof(wanted));
    getsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &room, &size);
    return room;
}

static int join_groups(int descriptor)
{
    static const int GROUPS[] = {SKNLGRP_INET_TCP_DESTROY, SKNLGRP_INET6_TCP_DESTROY};
    const struct sockaddr_nl address = {.nl_family = AF_NETLINK};
    if (bind(descriptor, (const struct sockaddr *)&address, sizeof(address)) < 0)
        return -errno;
    for (size_t i = 0; i < sizeof(GROUPS) / sizeof(GROUPS[0]); i++) {
        if (setsockopt(descriptor, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &GROUPS[i],
                       sizeof(GROUPS[i])) < 0)
            return -errno;
    }
    return 0;
}

int destroy_open(struct destroy **destroy, const struct netns *netns, char *text)
{
    struct destroy *made = calloc(1, sizeof(*made));
    int result = -ENOMEM;
    if (!made)
        goto out;
    made->descriptor = netns_open_diag(netns, SOCK_NONBLOCK);
    result = made->descriptor < 0 ? made->descriptor : join_groups(made->descriptor);
    if (result < 0)
        goto out;
    made->room = widen(made->descriptor);
    made->netns = *netns;
    result = netlink_open(&made->netlink, netns);
    if (result < 0)
        goto out;
    *destroy = made;
    return 0;
out:
    if (text)
        snprintf(text, TEXT_SIZE, "the kernel does not report the end of sockets: %s",
                 error_text(result));
    destroy_close(made);
    return result;
}

void destroy_close(struct destroy *destroy)
{
    if (!destroy)
        return;
    if (destroy->descriptor >= 0)
        close(destroy->descriptor);
    netlink_close(destroy->netlink);
    free(destroy);
}

int destroy_descriptor(const struct destroy *destroy)
{
    return destroy->descriptor;
}

bool destroy_may_nap(const struct destroy *destroy)
{
    return destroy->room >= BUFFER_CALM;
}

bool destroy_has_listener(struct destroy *destroy, const struct tuple *at)
{
    return netlink_has_listener(destroy->netlink, at);
}

static bool read_info(const struct conn_detail *detail, size_t at, void *value, size_t size)
{
    if (detail->info_length < at + size)
        return false;
    memcpy(value, detail->info + at, size);
    return true;
}

/* A socket that was reset, or that closed in order, is freed only when its process closes the
 * descriptor. So the message is timely only if a segment came just before it; tcp_disconnect clears
 * the evidence. */
static bool has_just_ended(const struct conn *conn, const struct conn_detail *detail)
{
    uint32_t idle_ms;
    return conn->tuple.remote_port &&
           read_info(detail, offsetof(struct tcp_info, tcpi_last_ack_recv), &idle_ms,
                     sizeof(idle_ms)) &&
           idle_ms <= JUST_MS;
}

/* A segment received without any data was the peer's FIN. */
static bool received_fin_alone(const struct conn *conn, const struct conn_detail *detail)
{
    uint32_t segments;
    return conn->in_bytes == 1 &&
           read_info(detail, offsetof(struct tcp_info, tcpi_data_segs_in), &segments,
                     sizeof(segments)) &&
           segments == 0;
}

/* Acknowledged in addition to the bytes sent: a SYN (of the side that connected), a FIN. False:
 * unknown. */
static bool acknowledged_beyond(const struct conn *conn, const struct conn_detail *detail,
                                int64_t *more)
{
    uint64_t acknowledged;
    if (!read_info(detail, offsetof(struct tcp_info, tcpi_bytes_acked), &acknowledged,
                   sizeof(acknowledged)))
        return false;
    *more = (int64_t)(acknowledged - conn_out_bytes(conn));
    return true;
}

/* If a socket's FIN was acknowledged and no TIME-WAIT remains, the peer's FIN came before. */
static uint32_t fin_signs(const struct conn *conn, const struct conn_detail *detail)
{
    int64_t more;
    if (received_fin_alone(conn, detail))
        return LIFE_FIN;
    if (!acknowledged_beyond(conn, detail, &more))
        return 0;
    return more == 2 ? LIFE_FIN : more == 1 ? LIFE_SEQUENCE : 0;
}

/* Only a socket whose FIN was acknowledged continues as TIME-WAIT or FIN-WAIT-2, and the look-up is
 * most of the cost of an end. (Fewer than were sent: data refused by a full queue is counted as
 * sent twice.) */
static bool may_leave_remains(const struct conn *conn, const struct conn_detail *detail)
{
    int64_t more;
    return conn->tuple.remote_port && (!acknowledged_beyond(conn, detail, &more) || more != 0);
}

/* By the time the message is read, a row with the same tuple is what remains of the socket, and
 * frames will show its cookie. */
static void find_remains(struct destroy *destroy, const struct conn *ended,
                         struct transition *transition)
{
    struct conn left;
    if (netlink_find(destroy->netlink, ended, &left) != 0)
        return;
    if (left.state != STATE_TIME_WAIT && !(left.state == STATE_FIN_WAIT_2 && left.timer == 3))
        return; /* the tuple was reused */
    transition->event.to = left.state;
    if (left.cookie)
        transition->event.cookie = left.cookie;
}

/* The message has no state. Before a connection is established the times are meaningless and the
 * counters 0. */
static int64_t idle_ns(const struct conn_detail *detail)
{
    uint32_t sent_ms, received_ms;
    if (!read_info(detail, offsetof(struct tcp_info, tcpi_last_data_sent), &sent_ms,
                   sizeof(sent_ms)) ||
        !read_info(detail, offsetof(struct tcp_info, tcpi_last_data_recv), &received_ms,
                   sizeof(received_ms)))
        return -1;
    return (int64_t)(sent_ms < received_ms ? sent_ms : received_ms) * 1000000;
}

static void fill_happening(const struct destroy *destroy, const struct conn *conn,
                           const struct conn_detail *detail, struct transition *transition)
{
    const uint32_t bytes = KNOWN_BYTES_IN | KNOWN_BYTES_OUT;
    struct event *event = &transition->event;
    *transition = (struct transition){.signs = LIFE_ENDED};
    event->mono_ns = clock_mono_ns();
    event->wall_ns = event->mono_ns + clock_wall_offset_ns();
    event->origin = EVENT_FROM_DESTROY;
    event->exact = has_just_ended(conn, detail);
    event->to = STATE_DELETE_TCB;
    event->cookie = conn->cookie;
    event->netns = destroy->netns.inode;
    event->tuple = conn->tuple;
    event->uid = UINT32_MAX;
    /* tcp_disconnect() (a close with SO_LINGER 0) has cleared the remote port and the counters. */
    if ((conn->known & bytes) == bytes && conn->tuple.remote_port) {
        event->has_totals = 1;
        event->in_bytes = conn->in_bytes;
        event->out_bytes = conn_out_bytes(conn);
        event->rtt_us = conn->rtt_us;
        event->retrans = conn->retrans;
        transition->bytes_retrans = conn->bytes_retrans;
        transition->signs |= fin_signs(conn, detail);
    }
    transition->idle_ns = idle_ns(detail);
}

/* False: not a message about the end of a socket. */
static bool read_message(struct destroy *destroy, size_t got, struct transition *transition)
{
    const struct nlmsghdr *header = (const void *)destroy->buffer;
    struct conn_detail detail = {0};
    struct conn conn;
    if (got < NLMSG_HDRLEN || header->nlmsg_len < NLMSG_HDRLEN || header->nlmsg_len > got ||
        header->nlmsg_type != SOCK_DIAG_BY_FAMILY)
        return false;
    if (diag_parse_row(destroy->buffer + NLMSG_HDRLEN, header->nlmsg_len - NLMSG_HDRLEN, false,
                       &conn, &detail) < 0)
        return false;
    fill_happening(destroy, &conn, &detail, transition);
    if (may_leave_remains(&conn, &detail))
        find_remains(destroy, &conn, transition);
    return true;
}

int destroy_drain(struct destroy *destroy, destroy_take take, void *context, uint32_t most,
                  uint32_t *overruns)
{
    uint32_t count = 0;
    while (count < most) {
        struct sockaddr_nl from = {0};
        socklen_t size = sizeof(from);
        struct transition transition;
        ssize_t got = recvfrom(destroy->descriptor, destroy->buffer, sizeof(destroy->buffer), 0,
                               (struct sockaddr *)&from, &size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && errno == ENOBUFS) {
            ++*overruns;
            continue;
        }
        if (got < 0)
            return errno == EAGAIN ? (int)count : -errno;
        if (from.nl_pid == 0 && read_message(destroy, (size_t)got, &transition)) {
            take(context, &transition);
            count++;
        }
    }
    return (int)count;
}
